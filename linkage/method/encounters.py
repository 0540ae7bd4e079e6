"""The encounters of patients: hospital stays and emergency department visits, in one table.

Their times decide when follow-up begins. A column of times that can be read in two ways is therefore refused, and a
single time that cannot be read is counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from linkage.engines import Engine
from linkage.errors import InputError, columns_found
from linkage.method.encounter_times import TIMES, drop_no_dates, minutes_of_day, read_odd_times
from linkage.method.flags_and_sex import SAYS_NOT_KNOWN, read_flag, rows_by_word
from linkage.method.nines import count_nines, day_of_time
from linkage.method.records import IS_ROUNDED, ROUNDED_ID, Loaded, as_text, not_used, refuse_nested
from linkage.method.rejected import reject, reject_unfit, without_rows
from linkage.method.standardize.as_read import id_of
from linkage.printing import counted
from linkage.quoting import literal, quoted
from linkage.sources.column_names import each_name, matched_columns, shown_name
from linkage.sources.source import ColumnName, Source
from linkage.values.clocks import shifted_midnights
from linkage.values.codes import NOT_KNOWN
from linkage.values.dates import NOT_KNOWN_WORDS

ENCOUNTER_COLUMNS: dict[str, tuple[str, ...]] = {
    "patient_id": ("subject_id",),
    "kind": ("encounter_kind",),
    "start": ("admittime", "intime", "admit_date", "start_date", "start_time"),
    "discharge": ("dischtime", "outtime", "discharge_date", "discharge_time"),
    "death_time": ("deathtime", "death_date"),
    "died_in_hospital": ("hospital_expire_flag",),
    "organ_donor": (),
}
# Words and codes: class E in HL7 version 2, EMER in HL7 version 3 and FHIR, OMOP concept 9203; likewise I, IMP, 9201
# and 262 (an inpatient admitted through the emergency room).
ED_WORDS = (
    *("ed", "er", "e", "emer", "emergency", "emergency department", "emergency room", "emergency room visit"),
    *("emergency visit", "9203"),
)
NO_STAY_WORDS = (
    *("outpatient", "outpatient visit", "op", "o", "ambulatory", "amb", "9202", "office visit", "581477", "clinic"),
    *("clinic visit", "appointment", "telehealth", "telemedicine", "telephone", "phone", "virtual", "vr", "5083"),
    *("home health", "hh", "home visit", "581476", "laboratory", "lab", "refill", "referral"),
    *("documentation", "documentation only", "orders only", "order only", "letter", "letter (out)", "patient message"),
    *("results only", "prior authorization", "erroneous encounter"),
    *("preadmit", "preadmission", "pre-admission", "prenc", "p", "recurring", "recurring patient", "r"),
)
"""Recognized values of a kind column, in lower case, for emergency department visits and visits without a stay."""
KIND_WORDS = (
    *(*ED_WORDS, "hospital", "inpatient", "inpatient visit", "ip", "i", "imp", "9201", "262"),
    *("observation", "obs", "obsenc", "acute", "nonac"),
)
"""Recognized values of a kind column for a stay, in lower case; any other value counts as a hospital stay."""
NO_STAY = "a visit without a stay"
ED_SIGNS = ("outtime", "stay_id")
"""Columns of a file of emergency department visits that has no column of kinds."""

OTHER_KIND = "counts as a hospital stay"
"""What happens to an encounter with an unrecognized kind."""
_FLAGS = ("died_in_hospital", "organ_donor")


def load_encounters(
    engine: Engine, sources: Sequence[Source], *, then: Callable[[int], None] = lambda rows: None
) -> list[Loaded]:
    """Read hospital and emergency department encounters into the table `encounter`.

    Several files are combined. A file without a `kind` column and without a declared kind is read as ED stays if it has
    MIMIC's ED columns (`outtime`, `stay_id`), otherwise as hospital admissions. Encounters of people who are not among
    the patients are rejected. `then` is called with the number of rows read, if there are any, before rows are
    rejected: it can append rows whose numbers follow.

    Returns what was read from each source. Raises InputError for a source without a start, discharge or death_time, for
    a column of times that can be read in two ways, and if all rows of a source are rejected.
    """
    loaded: list[Loaded] = []
    placed: list[tuple[Source, int]] = []
    start = 0
    for source in sources:
        table = _load(engine, source, start)
        placed.append((source, start))
        loaded.append(table)
        start += table.used
    if not placed:
        return []
    then(start)
    strangers = "NOT EXISTS (SELECT 1 FROM patient WHERE patient.patient_id = encounter.patient_id)"
    no_stay = f"kind_text IN ({quoted(NO_STAY_WORDS)}) AND death_time IS NULL AND NOT coalesce(died_in_hospital, FALSE)"
    reasons = [
        *(("no patient_id", "patient_id IS NULL"), (ROUNDED_ID, IS_ROUNDED)),
        *(("patient_id is not among the patients", strangers), (NO_STAY, no_stay)),
    ]
    reject(engine, "encounter", placed, reasons)
    for source in sources:
        reject_unfit(engine, source)
    rejected: dict[str, int] = dict(engine.rows("SELECT file, count(*) FROM rejected GROUP BY file"))
    for table in loaded:
        if rejected.get(table.name, 0) == table.rows:
            if engine.count(f"rejected WHERE file = {literal(table.name)} AND reason = '{NO_STAY}'"):
                raise InputError(
                    f"{table.name}: none of its {counted(table.rows, 'row')} is a patient's stay. Leave the file out."
                )
            raise InputError(
                f"{table.name}: none of its {counted(table.rows, 'row')} has a patient_id of the patients file."
                f" Is {shown_name(table.columns['patient_id'])} written the same way in both files, with the same"
                " leading zeros and without .0?"
            )
    return [replace(table, rejected=int(rejected.get(table.name, 0))) for table in loaded]


def load_patient_deaths(engine: Engine, source: Source, patients: Loaded, start: int) -> Loaded:
    """Add the deaths recorded in the patients file to `encounter`, as rows with only a death, which are not stays.

    `patients` describes what was read from that file; it is returned with the times of death that could not be read.
    `start` is the number of rows in `encounter`, none of which may have been rejected yet.
    """
    theirs = {_AS_ENCOUNTER[ours]: patients.columns[ours] for ours in _AS_ENCOUNTER if ours in patients.columns}
    if len(theirs) < 2:
        return patients
    reading = replace(
        source.reading,
        dates=_of_death_alone(source.reading.dates),
        two_digit_years_up_to=_of_death_alone(source.reading.two_digit_years_up_to),
    )
    read = _load(engine, replace(source, columns=theirs, reading=reading), start, tuple(theirs))
    alive = "death_time IS NULL AND NOT coalesce(died_in_hospital, FALSE)"
    # A row of the patients file that was rejected is counted there, and is no row of the encounters.
    rejected = "patient_id IS NULL OR patient_id NOT IN (SELECT patient_id FROM patient WHERE patient_id IS NOT NULL)"
    here = f"{engine.row_numbers('encounter')} >= {start}"
    engine.replace_rows("encounter", f"{here} AND ({rejected} OR {alive})", "SELECT * FROM encounter WHERE FALSE")
    ours = {theirs: ours for ours, theirs in _AS_ENCOUNTER.items()}
    return replace(
        patients,
        times_not_read={ours[column]: found for column, found in read.times_not_read.items()},
        forms={**patients.forms, **{ours[column]: found for column, found in read.forms.items()}},
        nines={ours[column]: found for column, found in read.nines.items()},
        clocks={ours[column]: found for column, found in read.clocks.items()},
    )


def _of_death_alone(given: Mapping[str, Any]) -> dict[str, Any]:
    """A setting for the hospital's date of death in the patients file, as a setting for encounters."""
    return {"death_time": given["hospital_death_date"]} if "hospital_death_date" in given else {}


_IN_PATIENTS = {"death_time": "hospital_death_date"}
_AS_ENCOUNTER = {"patient_id": "patient_id", "hospital_death_date": "death_time", "deceased": "died_in_hospital"}


def _load(engine: Engine, source: Source, start: int, only: tuple[str, ...] = ()) -> Loaded:
    found = engine.columns(source)
    wanted = {ours: others for ours, others in ENCOUNTER_COLUMNS.items() if ours in only or not only}
    columns = matched_columns(source, found, wanted, ("patient_id",))
    refuse_nested(engine, source, columns)
    if not only and not set(TIMES) & set(columns):
        names = [name for theirs in columns.values() for name in each_name(theirs)]
        raise InputError(
            f"{source.name}: there is no start, discharge or death_time. {columns_found(found, mapped=names)}"
        )
    rows = engine.load("encounter", source, _select(source, columns, found, engine.carried), append=start > 0)
    if rows == 0:
        raise without_rows(source)
    here = f"{engine.row_numbers('encounter')} >= {start}"
    not_read, held, odd_texts = drop_no_dates(engine, here)
    forms = read_odd_times(engine, source, start, rows, not_read, odd_texts, _IN_PATIENTS if only else {})
    times_not_read = {ours: reasons for ours, reasons in not_read.items() if reasons}
    flags = {
        ours: not_known
        for ours in _FLAGS
        if ours in columns and (not_known := _read_flag(engine, source, ours, columns[ours], start))
    }
    if "kind" in columns and (other_kinds := _other_kinds(engine, start)):
        flags["kind"] = {OTHER_KIND: other_kinds}
    unfit = len(source.rows_found.unfit)
    unused = not_used(found, columns)
    without = [ours for ours in ("start", "discharge") if ours in columns]
    return Loaded(
        source.name, rows + unfit, unfit, columns, {}, unused, forms, times_not_read, flags, forgiven=source.forgiven,
        without_times=tuple(ours for ours in without if held[ours] <= sum(not_read[ours].values())),
        nines={
            ours: count_nines(engine, "encounter", day_of_time(TIMES[ours]), one.form, here)
            for ours, one in forms.items()
            if one.form.days_since
        },
        clocks={
            ours: clocks
            for ours, minutes in minutes_of_day(engine, here, [ours for ours in TIMES if ours in columns]).items()
            if (clocks := shifted_midnights(minutes))
        },
    )  # fmt: skip


def _select(source: Source, columns: Mapping[str, ColumnName], found: Sequence[str], carried: Sequence[str]) -> str:
    """The SELECT that reads a file: times in unambiguous forms, and the text of all others."""

    # Converted to text once, because an engine inlines a function at every use.
    texts = ", ".join(
        f"{as_text(columns[ours]) if ours in columns else 'CAST(NULL AS STRING)'} AS written_{ours}"
        for ours in ENCOUNTER_COLUMNS
    )
    read = f"SELECT {', '.join([texts, *carried])} FROM source"

    def as_written(ours: str) -> str:
        return f"written_{ours}"

    def text(ours: str) -> str:
        return f"nullif(trim({as_written(ours)}), '')"

    # Spark treats a backslash as an escape, so that word is left to the function that reads odd times.
    words = quoted(tuple(sorted(word for word in NOT_KNOWN_WORDS if "\\" not in word)))
    is_ed = any(column.lower() in ED_SIGNS for column in found)
    kind = literal(source.reading.kind or ("ed" if is_ed else "hospital"))
    if "kind" in columns and not source.reading.kind:
        kind = f"CASE WHEN lower({text('kind')}) IN ({quoted(ED_WORDS)}) THEN 'ed' ELSE 'hospital' END"
    kind_text = text("kind")
    return ", ".join([
        f"SELECT {id_of(as_written('patient_id'))} AS patient_id",
        f"{kind} AS kind",
        *(f"timestamp_of({as_written(ours)}) AS {alias}" for ours, alias in TIMES.items()),
        # Nearly all flags are 1, 0 or empty. Their meaning is determined once the whole column is known.
        *(
            f"CASE WHEN {text(ours)} = '1' THEN TRUE WHEN {text(ours)} = '0' THEN FALSE END AS {ours}"
            for ours in _FLAGS
        ),
        *(f"upper({text(ours)}) AS {ours}_text" for ours in _FLAGS),
        f"{'CAST(NULL AS STRING)' if source.reading.kind else f'lower({kind_text})'} AS kind_text",
        *(
            f"CASE WHEN timestamp_of({as_written(ours)}) IS NULL AND upper({text(ours)}) NOT IN ({words})"
            f" THEN {text(ours)} END AS {ours}_text"
            for ours in TIMES
        ),
        *carried,
    ]) + f" FROM ({read}) AS read"  # fmt: skip


def _read_flag(engine: Engine, source: Source, ours: str, theirs: ColumnName, start: int) -> dict[str, int]:
    """Read a column of flags, of which a word that is not understood is an error; how many say "not known"."""
    codes = read_flag(engine, "encounter", f"{ours}_text", source, shown_name(theirs), ours, start)
    here = f"{engine.row_numbers('encounter')} >= {start}"
    plain = {"1": "yes", "0": "no"}
    other = {word: meaning for word, meaning in codes.meanings.items() if plain.get(word, NOT_KNOWN) != meaning}
    if other:
        texts = {"word": "STRING", "meaning": "STRING"}
        engine.insert("flag_read", {"word": list(other), "meaning": list(other.values())}, texts)
        meaning = "CASE WHEN flag_read.meaning = 'yes' THEN TRUE WHEN flag_read.meaning = 'no' THEN FALSE END"
        engine.update("encounter", ours, meaning, "flag_read", f"encounter.{ours}_text = flag_read.word AND {here}")
        engine.drop("flag_read")
    if not (words := codes.words(NOT_KNOWN)):
        return {}
    rows = rows_by_word(engine, f"encounter WHERE {here}", f"{ours}_text")
    return {SAYS_NOT_KNOWN: sum(rows[word] for word in words)}


def _other_kinds(engine: Engine, start: int) -> int:
    """The number of encounters, from a row on, whose kind is not one of `KIND_WORDS`."""
    here = f"{engine.row_numbers('encounter')} >= {start} AND kind_text IS NOT NULL"
    rows = rows_by_word(engine, f"encounter WHERE {here}", "kind_text")
    return sum(number for word, number in rows.items() if word not in (*KIND_WORDS, *NO_STAY_WORDS))
