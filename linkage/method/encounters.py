"""The encounters of patients: hospital stays and emergency department visits, in one table.

Their times decide when follow-up begins. A column of times that can be read in two ways is therefore refused, and a
single time that cannot be read is counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from linkage.engines import Engine, LookUp, count_rows
from linkage.errors import InputError, columns_found
from linkage.method.coded_columns import SAYS_NOT_KNOWN, read_flag, rows_by_word
from linkage.method.records import Loaded, as_text, not_used, reject, reject_unfit
from linkage.method.standardise.as_read import id_of
from linkage.method.standardise.date_forms import orders_shown
from linkage.printing import agreeing, counted
from linkage.quoting import literal, quoted
from linkage.sources.column_names import each_name, matched_columns, shown_name
from linkage.sources.source import Source, Theirs
from linkage.values.codes import NOT_KNOWN
from linkage.values.dates import BOTH_ORDERS, NOT_KNOWN_WORDS, DateForm, FormFound, forms_shown, standard_moment
from linkage.values.no_dates import NO_YEARS, no_dates

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
_ED_WORDS = (
    *("ed", "er", "e", "emer", "emergency", "emergency department", "emergency room", "emergency room visit"),
    *("emergency visit", "9203"),
)
_NO_STAY_WORDS = (
    *("outpatient", "outpatient visit", "op", "o", "ambulatory", "amb", "9202", "office visit", "581477", "clinic"),
    *("clinic visit", "appointment", "telehealth", "telemedicine", "telephone", "phone", "virtual", "vr", "5083"),
    *("home health", "hh", "home visit", "581476", "laboratory", "lab", "refill", "referral"),
    *("preadmit", "preadmission", "pre-admission", "prenc", "p", "recurring", "recurring patient", "r"),
)
KIND_WORDS = (
    *(*_ED_WORDS, "hospital", "inpatient", "inpatient visit", "ip", "i", "imp", "9201", "262"),
    *("observation", "obs", "obsenc", "acute", "nonac"),
)
"""Recognized values of a kind column for a stay, in lower case; any other value counts as a hospital stay."""
NO_STAY = "a visit without a stay"
_ED_SIGNS = ("outtime", "stay_id")

TIMES = {"start": "start_time", "discharge": "discharge_time", "death_time": "death_time"}
"""Our name for a column of times, in a file and in the table `encounter`."""
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
    no_stay = (
        f"kind_text IN ({quoted(_NO_STAY_WORDS)}) AND death_time IS NULL AND NOT coalesce(died_in_hospital, FALSE)"
    )
    reasons = [
        *(("no patient_id", "patient_id IS NULL"), ("patient_id is not among the patients", strangers)),
        (NO_STAY, no_stay),
    ]
    reject(engine, "encounter", placed, reasons)
    for source in sources:
        reject_unfit(engine, source)
    rejected: dict[str, int] = dict(engine.rows("SELECT file, count(*) FROM rejected GROUP BY file"))
    for table in loaded:
        if rejected.get(table.name, 0) == table.rows:
            if count_rows(engine, f"rejected WHERE file = {literal(table.name)} AND reason = '{NO_STAY}'"):
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
    deaths = _load(engine, replace(source, columns=theirs, reading=reading), start, tuple(theirs))
    alive = "patient_id IS NULL OR death_time IS NULL AND NOT coalesce(died_in_hospital, FALSE)"
    here = f"{engine.row_numbers('encounter')} >= {start}"
    engine.replace_rows("encounter", f"{here} AND ({alive})", "SELECT * FROM encounter WHERE FALSE")
    ours = {theirs: ours for ours, theirs in _AS_ENCOUNTER.items()}
    return replace(
        patients,
        times_not_read={ours[column]: found for column, found in deaths.times_not_read.items()},
        forms={**patients.forms, **{ours[column]: found for column, found in deaths.forms.items()}},
    )


def _of_death_alone(given: Mapping[str, Any]) -> dict[str, Any]:
    """A setting for the hospital's date of death in the patients file, as a setting for encounters."""
    return {"death_time": given["hospital_death_date"]} if "hospital_death_date" in given else {}


_AS_ENCOUNTER = {"patient_id": "patient_id", "hospital_death_date": "death_time", "deceased": "died_in_hospital"}


def _load(engine: Engine, source: Source, start: int, only: tuple[str, ...] = ()) -> Loaded:
    found = engine.columns(source)
    wanted = {ours: others for ours, others in ENCOUNTER_COLUMNS.items() if ours in only or not only}
    columns = matched_columns(source, found, wanted, ("patient_id",))
    if not only and not set(TIMES) & set(columns):
        names = [name for theirs in columns.values() for name in each_name(theirs)]
        raise InputError(
            f"{source.name}: there is no start, discharge or death_time. {columns_found(found, mapped=names)}"
        )
    rows = engine.load("encounter", source, _select(source, columns, found, engine.carried), append=start > 0)
    if rows == 0:
        raise InputError(f"{source.name} has a header but no rows.")
    here = f"{engine.row_numbers('encounter')} >= {start}"
    not_read = _drop_no_dates(engine, here)
    forms = _read_odd_times(engine, source, start, rows, not_read)
    times_not_read = {ours: reasons for ours, reasons in not_read.items() if reasons}
    flags = {
        ours: not_known
        for ours in _FLAGS
        if ours in columns and (not_known := _read_flag(engine, source, ours, columns[ours], start))
    }
    if other_kinds := _other_kinds(engine, start):
        flags["kind"] = {OTHER_KIND: other_kinds}
    unfit = len(source.rows_found.unfit)
    unused = not_used(found, columns)
    return Loaded(
        source.name, rows + unfit, unfit, columns, {}, unused, forms, times_not_read, flags, forgiven=source.forgiven
    )


def _select(source: Source, columns: Mapping[str, Theirs], found: Sequence[str], carried: Sequence[str]) -> str:
    """The SELECT that reads a file: times that are in an unambiguous form, and the text of all others."""

    # Converted to text once, because an engine inlines a function at every use.
    texts = ", ".join(
        f"{as_text(columns[ours]) if ours in columns else 'CAST(NULL AS STRING)'} AS text_of_{ours}"
        for ours in ENCOUNTER_COLUMNS
    )
    read = f"SELECT {', '.join([texts, *carried])} FROM source"

    def raw(ours: str) -> str:
        return f"text_of_{ours}"

    def text(ours: str) -> str:
        return f"nullif(trim({raw(ours)}), '')"

    # Spark treats a backslash as an escape, so that word is left to the function that reads odd times.
    words = quoted(tuple(sorted(word for word in NOT_KNOWN_WORDS if "\\" not in word)))
    is_ed = any(column.lower() in _ED_SIGNS for column in found)
    kind = literal(source.reading.kind or ("ed" if is_ed else "hospital"))
    if "kind" in columns and not source.reading.kind:
        kind = f"CASE WHEN lower({text('kind')}) IN ({quoted(_ED_WORDS)}) THEN 'ed' ELSE 'hospital' END"
    kind_text = text("kind")
    return ", ".join([
        f"SELECT {id_of(raw('patient_id'))} AS patient_id",
        f"{kind} AS kind",
        *(f"timestamp_of({raw(ours)}) AS {alias}" for ours, alias in TIMES.items()),
        # Nearly all flags are 1, 0 or empty; the meaning of any other value is determined from the whole column.
        *(
            f"CASE WHEN {text(ours)} = '1' THEN TRUE WHEN {text(ours)} = '0' THEN FALSE END AS {ours}"
            for ours in _FLAGS
        ),
        *(f"upper({text(ours)}) AS {ours}_text" for ours in _FLAGS),
        f"{'CAST(NULL AS STRING)' if source.reading.kind else f'lower({kind_text})'} AS kind_text",
        *(
            f"CASE WHEN timestamp_of({raw(ours)}) IS NULL AND upper({text(ours)}) NOT IN ({words})"
            f" THEN {text(ours)} END AS {ours}_text"
            for ours in TIMES
        ),
        *carried,
    ]) + f" FROM ({read}) AS read"  # fmt: skip


def _drop_no_dates(engine: Engine, here: str) -> dict[str, dict[str, int]]:
    """Treat times on a placeholder day as not known. Returns how many, by column and reason."""
    conditions = {ours: f"{here} AND {_is_no_date(ours, alias)}" for ours, alias in TIMES.items()}
    counted = ", ".join(f"count(CASE WHEN {condition} THEN 1 END)" for condition in conditions.values())
    (numbers,) = engine.rows(f"SELECT {counted} FROM encounter")
    for (ours, condition), number in zip(conditions.items(), numbers, strict=True):
        if number:
            engine.blank("encounter", TIMES[ours], condition)
    return {ours: {"placeholder": int(n)} if n else {} for ours, n in zip(conditions, numbers, strict=True)}


def _is_no_date(ours: str, alias: str) -> str:
    days = ", ".join(f"DATE '{day[:4]}-{day[4:6]}-{day[6:]}'" for day in sorted(no_dates(ours)))
    years = ", ".join(map(str, NO_YEARS))
    # Nearly all times are in these years and need no further test.
    return (
        f"(year({alias}) < 1971 OR year({alias}) > 2037)"
        f" AND (CAST({alias} AS DATE) IN ({days}) OR year({alias}) IN ({years}))"
    )


def _read_odd_times(
    engine: Engine, source: Source, start: int, rows: int, not_read: dict[str, dict[str, int]]
) -> dict[str, FormFound]:
    """Read the times that are written in some other form, each text once. Returns how each column was read.

    Times that cannot be read are counted in `not_read`.
    """
    here = f"{engine.row_numbers('encounter')} >= {start}"
    odd = {
        ours: f"SELECT DISTINCT {ours}_text AS value FROM encounter WHERE {ours}_text IS NOT NULL AND {here}"
        for ours in TIMES
    }
    shown = {ours: orders_shown(engine, select) for ours, select in odd.items()}
    forms = forms_shown(shown, source.reading.forms, source.reading.two_digit_years_up_to)
    for ours, alias in TIMES.items():
        if shown[ours]:
            engine.look_up("time_read", odd[ours], _reader(ours, forms[ours].form), ("moment", "note"))
            _refuse_doubtful_form(engine, source, ours, forms[ours])
            is_it = f"{ours}_text = time_read.value AND {here}"
            engine.update("encounter", alias, "timestamp_of(time_read.moment)", "time_read", is_it)
            _count_not_read(engine, source, ours, start, rows, not_read[ours])
            engine.drop("time_read")
    return {ours: found for ours, found in forms.items() if shown[ours]}


def _read_flag(engine: Engine, source: Source, ours: str, theirs: Theirs, start: int) -> dict[str, int]:
    """Read a column of flags, in which an unknown word is an error. Returns how many say "not known"."""
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
    return sum(number for word, number in rows.items() if word not in (*KIND_WORDS, *_NO_STAY_WORDS))


def _reader(ours: str, form: DateForm) -> LookUp:
    """A function that returns a time in ISO format, or what is wrong with it."""
    without = no_dates(ours)

    def read(text: str) -> tuple[str | None, ...]:
        found = standard_moment(text, without, form)
        return found.text, found.note

    return read


def _refuse_doubtful_form(engine: Engine, source: Source, ours: str, found: FormFound) -> None:
    if found.how == BOTH_ORDERS:
        raise InputError(
            f"{source.name}: some times of {ours} have the month first and others the day. Write all in one"
            f' order, or declare the correct order: dates = {{ {ours} = "MM/DD/YYYY" }}. The others are then not known.'
        )
    if short := count_rows(engine, "time_read WHERE note = 'two-digit year'"):
        raise InputError(
            f"{source.name}: {counted(short, 'different time')} of {ours} {agreeing(short, 'has', 'have')} a"
            f" two-digit year. Declare the last year that it can mean, which settles the century:"
            f" two_digit_years_up_to = {{ {ours} = 2024 }}."
        )


def _count_not_read(engine: Engine, source: Source, ours: str, start: int, rows: int, counts: dict[str, int]) -> None:
    """Count single unreadable times as not known, by reason; refuse a column with mostly unreadable times.

    Placeholders (9999-12-31) do not count as unreadable: some systems write them for events that have not happened.
    """
    number = engine.row_numbers("encounter")
    read = f"FROM encounter JOIN time_read ON {ours}_text = time_read.value WHERE {number} >= {start}"
    reasons = engine.rows(f"SELECT note, count(*), min({number}) {read} AND note IS NOT NULL GROUP BY note")
    bad = {note: int(count) for note, count, _ in reasons if note != "placeholder"}
    if sum(bad.values()) > rows / 2:
        first = source.row_number(min(row for note, _, row in reasons if note != "placeholder") - start)
        raise InputError(
            f"{source.name}: {sum(bad.values()):,} of {rows:,} rows have a {ours} time that cannot be read, first in"
            f" row {first:,}. {_what_to_do(ours, max(bad, key=lambda note: (bad[note], note)))}"
        )
    for note, count, _ in reasons:
        counts[note] = counts.get(note, 0) + int(count)


def _what_to_do(ours: str, note: str) -> str:
    if note == "day not known":
        return f"They give only a month or year, and {ours} needs a day. Leave the column out if it has no days."
    if note == "impossible":
        return (
            f'These days do not exist. If the day comes before the month, declare: dates = {{ {ours} = "DD/MM/YYYY" }}.'
        )
    return (
        "Write times as 2015-01-31 or 2015-01-31 07:30:00, or declare their form:"
        f' dates = {{ {ours} = "DD/MM/YYYY" }}. See the forms of dates in docs/job.md.'
    )
