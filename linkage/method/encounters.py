"""The encounters of patients: hospital stays and emergency department visits, in one table.

Their times decide when follow-up begins, so that a column of times that can be read in two ways is refused,
and a single one that cannot be read is counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from linkage.engines import Engine
from linkage.errors import InputError, columns_found
from linkage.method.records import Loaded, as_text, not_used, reject, reject_unfit
from linkage.method.standardise.as_read import TRUE_WORDS
from linkage.method.standardise.date_forms import orders_shown
from linkage.quoting import literal, quoted
from linkage.sources.column_names import matched_columns
from linkage.sources.source import Source
from linkage.values.dates import BOTH_ORDERS, NOT_KNOWN_WORDS, DateForm, FormFound, forms_shown, standard_date

ENCOUNTER_COLUMNS: dict[str, tuple[str, ...]] = {
    "patient_id": ("subject_id",),
    "kind": ("encounter_kind",),
    "start": ("admittime", "intime", "admit_date", "start_date", "start_time"),
    "discharge": ("dischtime", "outtime", "discharge_date", "discharge_time"),
    "death_time": ("deathtime", "death_date"),
    "died_in_hospital": ("hospital_expire_flag",),
    "organ_donor": (),
}
# Words and codes: E of HL7's patient class in version 2, EMER in version 3 and FHIR, OMOP's concept 9203; likewise I,
# IMP, 9201 and 262 (an inpatient who came through the emergency room).
_ED_WORDS = ("ed", "er", "e", "emer", "emergency", "emergency department", "emergency room", "9203")
KIND_WORDS = (*_ED_WORDS, "hospital", "inpatient", "ip", "i", "imp", "9201", "262")
"""What a column of kinds may say, in small letters; whatever else it says counts as a hospital stay."""
_ED_SIGNS = ("outtime", "stay_id")

_TIMES = {"start": "start_time", "discharge": "discharge_time", "death_time": "death_time"}
"""Our name for a column of times in a file, and in the table `encounter`."""
_FAR_AWAY = "(2[2-9]|[3-9][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}.*"


def load_encounters(engine: Engine, sources: Sequence[Source]) -> list[Loaded]:
    """Read hospital and emergency department encounters into the table `encounter`.

    Several files are put together. A file without a `kind` column, of which nobody has said what it
    holds, is taken as ED stays when it has MIMIC's ED columns (`outtime`, `stay_id`), otherwise as hospital
    admissions. Encounters of people who are not among the patients are rejected.
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
    strangers = "NOT EXISTS (SELECT 1 FROM patient WHERE patient.patient_id = encounter.patient_id)"
    reasons = [("no patient_id", "patient_id IS NULL"), ("patient_id is not among the patients", strangers)]
    reject(engine, "encounter", placed, reasons)
    for source in sources:
        reject_unfit(engine, source)
    rejected: dict[str, int] = dict(engine.rows("SELECT file, count(*) FROM rejected GROUP BY file"))
    for table in loaded:
        if rejected.get(table.name, 0) == table.rows:
            raise InputError(
                f"{table.name}: none of its {table.rows:,} rows is of a patient in the patients file. Is"
                f" {table.columns['patient_id']} written in the same way in both, with the same leading zeros"
                " and without .0?"
            )
    return [replace(table, rejected=int(rejected.get(table.name, 0))) for table in loaded]


def _load(engine: Engine, source: Source, start: int) -> Loaded:
    found = engine.columns(source)
    columns = matched_columns(source, found, ENCOUNTER_COLUMNS, ("patient_id",))
    if not set(_TIMES) & set(columns):
        raise InputError(f"{source.name}: there is no start, discharge or death_time. {columns_found(found)}")
    rows = engine.load("encounter", source, _select(source, columns, found, engine.carried), append=start > 0)
    if rows == 0:
        raise InputError(f"{source.name} has a header but no rows.")
    here = f"{engine.row_numbers('encounter')} >= {start}"
    forms = _read_odd_times(engine, source, here)
    not_read = _times_not_read(engine, source, start, rows)
    unfit = len(source.csv_rows.unfit) if source.format == "csv" else 0
    return Loaded(source.name, rows + unfit, unfit, columns, {}, not_used(found, columns), forms, not_read)


def _select(source: Source, columns: Mapping[str, str], found: Sequence[str], carried: Sequence[str]) -> str:
    """The SELECT that reads a file: times in the forms that nobody can misread, and the text of all others."""

    # As text once: an engine writes out what a function stands for wherever it is called.
    texts = ", ".join(
        f"{as_text(columns[ours]) if ours in columns else 'CAST(NULL AS STRING)'} AS told_{ours}"
        for ours in ENCOUNTER_COLUMNS
    )
    read = f"SELECT {', '.join([texts, *carried])} FROM source"

    def told(ours: str) -> str:
        return f"told_{ours}"

    def text(ours: str) -> str:
        return f"nullif(trim({told(ours)}), '')"

    words = quoted(tuple(sorted(NOT_KNOWN_WORDS)))
    is_ed = any(column.lower() in _ED_SIGNS for column in found)
    kind = literal(source.reading.kind or ("ed" if is_ed else "hospital"))
    if "kind" in columns and not source.reading.kind:
        kind = f"CASE WHEN lower({text('kind')}) IN ({quoted(_ED_WORDS)}) THEN 'ed' ELSE 'hospital' END"
    return ", ".join([
        f"SELECT {text('patient_id')} AS patient_id",
        f"{kind} AS kind",
        *(f"timestamp_of({told(ours)}) AS {alias}" for ours, alias in _TIMES.items()),
        f"upper({text('died_in_hospital')}) IN {TRUE_WORDS} AS died_in_hospital",
        f"upper({text('organ_donor')}) IN {TRUE_WORDS} AS organ_donor",
        *(
            f"CASE WHEN timestamp_of({told(ours)}) IS NULL AND upper({text(ours)}) NOT IN ({words})"
            f" THEN {text(ours)} END AS {ours}_text"
            for ours in _TIMES
        ),
        *carried,
    ]) + f" FROM ({read}) AS read"  # fmt: skip


def _read_odd_times(engine: Engine, source: Source, here: str) -> dict[str, FormFound]:
    """Read the times that are written in some other form; how each column of them was read.

    Each day is looked at once in Python, whatever the hour: there are few different days.
    """
    declared, up_to = source.reading.forms, source.reading.two_digit_years_up_to
    days = {ours: _day_text(ours, declared.get(ours)) for ours in _TIMES}
    odd = {
        ours: f"SELECT DISTINCT {day} AS value FROM encounter WHERE {ours}_text IS NOT NULL AND {here}"
        for ours, day in days.items()
    }
    shown = {ours: orders_shown(engine, select) for ours, select in odd.items()}
    forms = forms_shown(shown, declared, up_to)
    for ours, alias in _TIMES.items():
        if shown[ours]:
            form = forms[ours].form
            engine.look_up("day_read", odd[ours], _day_function(form), ("day", "note"))
            _refuse_doubtful_form(engine, source, ours, forms[ours])
            engine.update(
                "encounter", alias, _time_of(ours, form), "day_read", f"{days[ours]} = day_read.value AND {here}"
            )
            engine.drop("day_read")
    return {ours: found for ours, found in forms.items() if shown[ours]}


def _day_function(form: DateForm) -> Callable[[str], tuple[str | None, ...]]:
    """What reads a day in full, as ISO writes it, and says what is amiss."""

    def read(text: str) -> tuple[str | None, ...]:
        found = standard_date(text, (), form)
        year, month, day = (found.digits or "")[:4], (found.digits or "")[4:6], (found.digits or "")[6:]
        return None if found.digits is None or "00" in (month, day) else f"{year}-{month}-{day}", found.note

    return read


def _day_text(ours: str, declared: DateForm | None) -> str:
    """The part of a time that is its day."""
    if declared and declared.excel:
        return f"regexp_replace({ours}_text, '[.].*$', '')"
    return f"day_text({ours}_text)"


def _time_of(ours: str, form: DateForm) -> str:
    if form.excel:
        return f"at_fraction(day_read.day, {ours}_text)"
    return f"at_hour(day_read.day, {ours}_text)"


def _refuse_doubtful_form(engine: Engine, source: Source, ours: str, found: FormFound) -> None:
    if found.how == BOTH_ORDERS:
        raise InputError(
            f"{source.name}: some times of {ours} put the month first and others the day. Make them one, or declare"
            f' which is right: dates = {{ {ours} = "MM/DD/YYYY" }}. The others are then not known.'
        )
    ((short,),) = engine.rows("SELECT count(*) FROM day_read WHERE note = 'two-digit year'")
    if short:
        raise InputError(
            f"{source.name}: {short:,} different days of {ours} have a year of two digits. Say which century they"
            f" mean by the last year that they can be: two_digit_years_up_to = {{ {ours} = 2024 }}."
        )


def _times_not_read(engine: Engine, source: Source, start: int, rows: int) -> dict[str, int]:
    """Single bad times are not known, and counted; a column of them is a form that nobody declared.

    A year that no date is read in (9999-12-31) is no other form: some systems write it for what has not happened.
    """
    number = engine.row_numbers("encounter")
    not_read: dict[str, int] = {}
    for ours, alias in _TIMES.items():
        bad = f"{ours}_text IS NOT NULL AND {alias} IS NULL AND {number} >= {start}"
        far_away = f"full_match({ours}_text, '{_FAR_AWAY}')"
        count, other_form, first = engine.rows(
            f"SELECT count(*), count(CASE WHEN NOT {far_away} THEN 1 END),"
            f" min(CASE WHEN NOT {far_away} THEN {number} END) FROM encounter WHERE {bad}"
        )[0]
        if other_form > rows / 2:
            line = source.row_number(first - start)
            raise InputError(
                f"{source.name}: {other_form:,} of {rows:,} rows hold a time that cannot be read as {ours}, first in"
                f" row {line:,}. Write times as 2015-01-31 or 2015-01-31 07:30:00, or declare their form:"
                f' dates = {{ {ours} = "DD/MM/YYYY" }}.'
            )
        if count:
            not_read[ours] = int(count)
    return not_read
