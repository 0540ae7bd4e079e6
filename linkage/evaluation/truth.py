"""Load a truth table, which says which patient is which death, into the database of a run.

A *match* is a labeled patient with at least one certificate among the deaths that the run used. Any
certificate of that death is correct. Each record of a patient counts separately, because it
is a row of a study; sensitivity is also computed for persons if the truth names them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, did_you_mean, without_cause
from linkage.method import agreement_sql
from linkage.method.records import trimmed
from linkage.printing import counted
from linkage.rules.cascade import Cascade
from linkage.sources.column_names import matched_columns
from linkage.sources.make_source import as_source
from linkage.sources.source import ColumnName

TRUTH_COLUMNS: dict[str, tuple[str, ...]] = {
    "patient_id": ("subject_id",),
    "death_id": ("certificate_id",),
    "other_death_ids": (),
    "person_id": (),
    "patient_slips": (),
    "death_slips": (),
}
Unlisted = Literal["unknown", "no_match"]

STAGES = (
    "not a candidate",
    "no rule satisfied",
    "impossible in time",
    "lost to another patient",
    "lost to another record of the person",
    "linked to another death",
    "tie",
    "linked",
)
"""How far a true pair got in the linkage; all but the last are ways to miss it."""


@dataclass(frozen=True)
class Labels:
    """Counts and properties of a truth table.

    `strangers` are rows that refer to no patient of the run, `matches_not_used` rows whose death the run did not use;
    `only_matches` means that no row says that a patient has no death.
    """

    rows: int
    strangers: int
    matches_not_used: int
    only_matches: bool
    has_persons: bool
    has_slips: bool


@without_cause
def load_truth(engine: DuckDBEngine, truth: Any, unlisted: Unlisted = "unknown") -> Labels:
    """Read a truth table into the tables `labeled` (one row per labeled patient) and `true_pair`.

    `truth` is a path or a data frame with patient_id (or subject_id) and death_id, empty for a patient known to have no
    death in the registry, and optionally other_death_ids (separated by semicolons), person_id, patient_slips and
    death_slips. A patient may be on several rows. Patients who are not listed are left out of every
    number (`unlisted` = "unknown": a labeled sample), or have no death ("no_match": a list of all matches).

    Raises InputError when no row refers to a patient of the run.
    """
    if unlisted not in get_args(Unlisted):
        allowed = ", ".join(get_args(Unlisted))
        raise InputError(
            f"unlisted = {unlisted!r} is not one of: {allowed}.{did_you_mean(unlisted, get_args(Unlisted))}"
        )
    source = as_source(truth, None, "truth").as_seen()
    columns = matched_columns(source, engine.columns(source), TRUTH_COLUMNS, ("patient_id", "death_id"))
    rows = engine.load("truth_row", source, _truth_select(columns))
    source.digest()  # refuses what is damaged
    engine.create("true_pair", _TRUE_PAIRS)
    engine.create("labeled", _labeled(unlisted))
    of_patients = int(engine.rows("SELECT coalesce(sum(truth_rows), 0) FROM labeled")[0][0])
    not_used, without = engine.rows(_CHECKS)[0]
    if not of_patients:
        raise InputError(
            f"{source.name}: none of its {counted(rows, 'row')} refers to a patient of this run. Write"
            f" {columns['patient_id']} as in the patients file, with the same leading zeros."
        )
    slips = bool({"patient_slips", "death_slips"} & set(columns))
    only_matches = unlisted == "unknown" and not without
    return Labels(rows, rows - of_patients, int(not_used), only_matches, "person_id" in columns, slips)


def _truth_select(columns: Mapping[str, ColumnName]) -> str:
    read = [
        f"{trimmed(columns[ours])} AS {ours}" if ours in columns else f"CAST(NULL AS VARCHAR) AS {ours}"
        for ours in TRUTH_COLUMNS
    ]
    return f"SELECT {', '.join(read)} FROM source"


_TRUE_PAIRS = """
WITH certificate AS (
    SELECT patient_id, trim(unnest(string_split(concat_ws(';', death_id, other_death_ids), ';'))) AS death_id
    FROM truth_row WHERE death_id IS NOT NULL OR other_death_ids IS NOT NULL
)
SELECT DISTINCT certificate.patient_id, certificate.death_id
FROM certificate
JOIN patient ON certificate.patient_id = patient.patient_id
JOIN death ON certificate.death_id = death.death_id
"""

# Slips are differences between a patient and a death, so only matches have them.
_LABELED = """
WITH listed AS (
    SELECT patient_id, min(person_id) AS person_id, count(*) AS truth_rows FROM truth_row GROUP BY patient_id
),
slipped AS (
    SELECT patient_id, string_agg(DISTINCT slips, ';' ORDER BY slips) AS slips
    FROM (SELECT patient_id, concat_ws(';', patient_slips, death_slips) AS slips FROM truth_row) AS listed
    WHERE patient_id IN (SELECT patient_id FROM true_pair)
    GROUP BY patient_id
)
SELECT
    patient.patient_id,
    coalesce(listed.person_id, 'record ' || patient.patient_id) AS person_id,
    slipped.slips,
    coalesce(listed.truth_rows, 0) AS truth_rows
FROM patient
{join} listed ON patient.patient_id = listed.patient_id
LEFT JOIN slipped ON patient.patient_id = slipped.patient_id
"""


def _labeled(unlisted: Unlisted) -> str:
    return _LABELED.format(join="LEFT JOIN" if unlisted == "no_match" else "JOIN")


_CHECKS = """
SELECT
    count(*) FILTER (
        WHERE death_id IS NOT NULL AND patient_id IN (SELECT patient_id FROM patient)
        AND patient_id NOT IN (SELECT patient_id FROM true_pair)
    ),
    count(*) FILTER (WHERE death_id IS NULL)
FROM truth_row
"""


def judge(engine: DuckDBEngine, cascade: Cascade) -> None:
    """Create the table `judged`, one row per labeled patient: is_match, is_linked, is_true_link, rule, key_N, is_met
    (by any key), stage, and the certificate that got farthest (true_death_id)."""
    keys = ", ".join(f"{agreement_sql.meets(key)} AS key_{n}" for n, key in enumerate(cascade.keys))
    engine.create(
        "true_met",
        f"SELECT true_pair.*, {keys} FROM true_pair JOIN patient ON true_pair.patient_id = patient.patient_id"
        " JOIN death ON true_pair.death_id = death.death_id",
    )
    met = [f"key_{n}" for n in range(len(cascade.keys))]
    stages = " ".join(f"WHEN {n} THEN '{stage}'" for n, stage in enumerate(STAGES))
    engine.create("true_fate", _TRUE_FATE.format(candidate=" OR ".join(met)))
    engine.create(
        "judged",
        _JUDGED.format(
            any_met="".join(f", bool_or({key}) AS {key}" for key in met),
            keys="".join(f", coalesce(fate.{key}, FALSE) AS {key}" for key in met),
            is_met=" OR ".join(f"fate.{key}" for key in met),
            stages=f"CASE fate.stage {stages} END",
        ),
    )


# A death represents all certificates that the run treated as the same death; a patient in a tie represents all records
# of the person.
_TRUE_FATE = """
WITH placed AS (
    SELECT
        true_met.*,
        coalesce(patient_person.person_id, true_met.patient_id) AS patient_of,
        coalesce(death_person.person_id, true_met.death_id) AS death_of,
        coalesce(patient_alike.kept_id, true_met.patient_id) AS patient_kept,
        coalesce(death_alike.kept_id, true_met.death_id) AS death_kept
    FROM true_met
    LEFT JOIN patient_alike ON true_met.patient_id = patient_alike.patient_id
    LEFT JOIN death_alike ON true_met.death_id = death_alike.death_id
    LEFT JOIN patient_person ON true_met.patient_id = patient_person.patient_id
    LEFT JOIN death_person ON true_met.death_id = death_person.death_id
),
taken AS (
    SELECT
        link.patient_id, coalesce(death_person.person_id, link.death_id) AS death_of,
        true_pair.patient_id IS NOT NULL AS is_true
    FROM link
    LEFT JOIN death_person ON link.death_id = death_person.death_id
    LEFT JOIN true_pair ON link.patient_id = true_pair.patient_id AND link.death_id = true_pair.death_id
),
tied AS (
    SELECT DISTINCT placed.patient_id, placed.death_id
    FROM placed
    JOIN held ON held.death_id IN (placed.death_of, placed.death_kept)
        AND held.patient_id IN (placed.patient_of, placed.patient_id, placed.patient_kept)
)
SELECT
    placed.* EXCLUDE (patient_kept, death_kept),
    CASE
        WHEN link.patient_id IS NOT NULL THEN 7
        WHEN tied.patient_id IS NOT NULL THEN 6
        WHEN decided.patient_id IS NOT NULL AND decided.impossible IS NULL THEN CASE
            WHEN placed.death_of IN (SELECT death_of FROM taken WHERE is_true) THEN 4
            WHEN placed.patient_id IN (SELECT patient_id FROM taken) THEN 5
            ELSE 3 END
        WHEN decided.patient_id IS NOT NULL THEN 2
        WHEN {candidate} THEN 1
        ELSE 0
    END AS stage
FROM placed
LEFT JOIN link ON placed.patient_id = link.patient_id AND placed.death_id = link.death_id
LEFT JOIN tied ON placed.patient_id = tied.patient_id AND placed.death_id = tied.death_id
LEFT JOIN decided ON placed.patient_kept = decided.patient_id AND placed.death_kept = decided.death_id
"""

_JUDGED = """
WITH fate AS (
    SELECT
        patient_id, max(stage) AS stage, arg_max(death_id, (stage, -length(death_id), death_id)) AS death_id{any_met}
    FROM true_fate GROUP BY patient_id
)
SELECT
    labeled.patient_id, labeled.person_id, labeled.slips,
    fate.patient_id IS NOT NULL AS is_match,
    link.patient_id IS NOT NULL AS is_linked,
    coalesce(fate.stage = 7, FALSE) AS is_true_link,
    link.rule, link.death_id, fate.death_id AS true_death_id,
    {stages} AS stage{keys},
    coalesce({is_met}, FALSE) AS is_met
FROM labeled
LEFT JOIN fate ON labeled.patient_id = fate.patient_id
LEFT JOIN link ON labeled.patient_id = link.patient_id
"""
