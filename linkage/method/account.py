"""The account: all counts of a run, with checks that the totals agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from linkage.engines import Engine, tallies
from linkage.method.block import Blocks
from linkage.method.censor import AccountingError, mortality_counts
from linkage.method.crowds import joined, times
from linkage.method.decide import FATES
from linkage.method.records import Loaded
from linkage.rules.cascade import Cascade

_TALLIES = {
    "rule": "SELECT rule, count(*) FROM link GROUP BY rule",
    "stage": "SELECT CAST(stage AS STRING), count(*) FROM fate GROUP BY stage",
    "tie": "SELECT 'links', count(*) FROM link WHERE tie",
    "impossible": f"SELECT impossible, sum({times()}) FROM decided{joined('decided')}"
    " WHERE impossible IS NOT NULL GROUP BY impossible",
    "review": "SELECT kind, count(*) FROM review GROUP BY kind",
}


def count_everything(
    engine: Engine,
    cascade: Cascade,
    loaded: Sequence[Loaded],
    blocks: Blocks,
    persons: Mapping[str, int],
    cleaning: Mapping[str, Mapping[str, Counter[str]]],
) -> dict[str, Any]:
    """The counts for the manifest: rows, cleaning, blocking, links by rule, fates and statuses.

    Raises AccountingError when rows, patients or links do not add up.
    """
    patients = loaded[0].used
    found = tallies(engine, _TALLIES)
    fates = {name: found["stage"].get(str(stage), 0) for stage, name in enumerate(FATES)}
    fates[FATES[0]] = patients - sum(fates.values())
    counts = {
        "rows": [
            {"file": table.name, "read": table.rows, "rejected": table.rejected, "used": table.used} for table in loaded
        ],
        "cleaned": {
            side: {column: dict(sorted(reasons.items())) for column, reasons in columns.items() if reasons}
            for side, columns in cleaning.items()
        },
        "times_not_read": {
            table.name: {column: dict(sorted(reasons.items())) for column, reasons in table.times_not_read.items()}
            for table in loaded
            if table.times_not_read
        },
        "codes_not_known": {
            table.name: {column: dict(reasons) for column, reasons in table.codes_not_known.items()}
            for table in loaded[2:]
            if table.codes_not_known
        },
        "records_of_persons_with_several": dict(persons),
        "patients": patients,
        "deaths": loaded[1].used,
        "candidate_links": blocks.candidate_links,
        "patients_with_candidate": blocks.patients_with_candidate,
        "patients_linked": sum(found["rule"].values()),
        "links_by_rule": {rule.id: found["rule"].get(rule.id, 0) for rule in cascade.rules},
        "links_settled_by_lowest_id": found["tie"]["links"],
        "impossible_in_time": found["impossible"],
        "patients_by_fate": fates,
        "review": found["review"],
    }
    if len(loaded) > 2:
        counts["mortality"] = mortality_counts(engine)
    _check(engine, loaded, counts)
    return counts


def _check(engine: Engine, loaded: Sequence[Loaded], counts: Mapping[str, Any]) -> None:
    tables = ("rejected", "link", "patient", "death")
    counted = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    (found,) = engine.rows(f"SELECT {counted}, (SELECT count(DISTINCT patient_id) FROM link)")
    rejected, linked, patients, deaths, once = map(int, found)
    claims = [
        ("rejected rows are all listed", sum(table.rejected for table in loaded), rejected),
        ("each patient has at most one link", linked, once),
        ("every link has a rule", linked, counts["patients_linked"]),
        ("every linked patient is counted as linked", linked, counts["patients_by_fate"]["linked"]),
        ("rows used of patient", loaded[0].used, patients),
        ("rows used of death", loaded[1].used, deaths),
    ]
    for claim, expected, found in claims:
        if expected != found:
            raise AccountingError(f"{claim}: expected {expected:,}, found {found:,}.")
