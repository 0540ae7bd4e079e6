"""Guess the contents and format of a file from its header and first rows.

A guess is written down with its reason and never acted on: `linkage init` puts it into a job file for a person to
check. No value of a file is shown.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linkage.concerns.likely_names import COLUMNS, alike, by_name
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, columns_found, shown_names, without_cause
from linkage.formats.fhir import is_fhir
from linkage.formats.layout import layout_of_lines, read_layout
from linkage.formats.tables import is_stat, is_workbook
from linkage.job.guess_columns import (
    MOST,
    advice_on_death_columns,
    advice_on_whole_names,
    guess_columns,
    share_of,
    share_read,
)
from linkage.known_names import is_header
from linkage.method.records import HOSPITAL_DEATH
from linkage.quoting import quoted_name
from linkage.sources.column_names import columns_called, each_name
from linkage.sources.make_source import source
from linkage.sources.reading import DATE_COLUMNS
from linkage.sources.source import ColumnName, Source
from linkage.system.intact import require_regular
from linkage.system.text_pipe import open_text
from linkage.values.date_forms import ASSUMED, forms_found
from linkage.values.dates import standard_date
from linkage.values.likely_forms import DAY_OF_YEAR, advice, likely_forms

ROWS = 5_000
"""The number of rows inspected."""
_SOME = 0.02
_DAY_NUMBER, _YEAR = re.compile(r"-?[0-9]{1,5}(\.[0-9]+)?"), re.compile("(1[89]|20)[0-9]{2}")


@dataclass
class FileGuess:
    """One file: the table that it seems to be, and its settings (key, value, reason)."""

    path: Path
    role: str
    why: str
    settings: list[tuple[str, object, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    rows: int = 0


@without_cause
def guess_file(path: Path) -> FileGuess:
    """Inspect one file.

    Raises InputError if it cannot be read at all.
    """
    if (guess := _of_a_registry(path)) is not None:
        return guess
    require_regular(path)
    encoding, why = _encoding(path)
    looked_at = source(path, encoding=encoding)
    texts = _first_rows(looked_at)
    if shown_names(texts) != list(texts):
        raise InputError(f"{path.name}: {columns_found(list(texts))}")
    remarks = []
    if not is_header(texts) and len(alike(texts)) < 2:  # one could be a person's: Firstenberg is like first
        remarks.append(
            f"None of its {len(texts):,} columns has a known name, so none is written here:\n"
            "its first line may be a row of data. It needs a header line; if it has one, map its columns."
        )
        texts = {}
    role, reason = _role(list(texts))
    guess = FileGuess(path, role, reason, remarks=remarks, rows=len(next(iter(texts.values()), [])))
    if encoding != "utf-8":
        guess.settings.append(("encoding", encoding, why))
    if looked_at.format == "csv" and looked_at.delimiter() != ",":
        guess.settings.append(("delimiter", looked_at.delimiter(), "the header line uses it most"))
    columns = guess_columns(role, texts)
    wanted = COLUMNS[role]
    mapped = {
        ours: theirs
        for ours, theirs in columns.items()
        # Columns that date a death are written down even if their names are always understood.
        if ours in HOSPITAL_DEATH or columns_called((ours, *wanted[ours]), list(texts)) != [theirs]
    }
    if mapped:
        guess.settings.append(("columns", mapped, "guessed from the names of columns and the form of their values"))
    guess.remarks += advice_on_whole_names(columns, texts) if role != "encounters" else []
    _guess_dates(guess, columns, texts)
    _guess_zeros(guess, columns, texts)
    if role == "deaths" and "death_id" not in columns:
        guess.remarks.append("There is no column of death ids: the row number will be used as the death_id.")
    taken = [name for theirs in columns.values() for name in each_name(theirs)]
    unused = [name for name in texts if name not in taken]
    guess.remarks += advice_on_death_columns(unused, texts) if role != "deaths" else []
    if unused:
        guess.remarks.append(f"Columns that would not be used: {', '.join(unused)}.")
    return guess


def _of_a_registry(path: Path) -> FileGuess | None:
    """The guess for a file in an official format: its columns need no mapping."""
    if path.exists():
        require_regular(path)
    if is_fhir(path):
        return FileGuess(path, "deaths", "it holds FHIR bundles")
    name = None if path.is_dir() or is_stat(path) or is_workbook(path) else layout_of_lines(path)
    if name is None:
        return None
    guess = FileGuess(path, "deaths", "its lines have the length of an official layout, and digits where it has them")
    encoding, why = _encoding(path)
    guess.settings.append(("layout", name, read_layout(name).title))
    if encoding != "utf-8":
        guess.settings.append(("encoding", encoding, why))
    guess.remarks.append(
        'If there are several consecutive files, list all in order: file = ["first.txt", "second.txt"].'
    )
    return guess


def _encoding(path: Path) -> tuple[str, str]:
    """The encoding of the first part of a file. All but five bytes are valid in cp1252."""
    if path.is_dir() or path.suffix.lower() in (".parquet", ".pq") or is_stat(path) or is_workbook(path):
        return "utf-8", ""
    for encoding, why in (
        ("utf-8", ""),
        ("utf-16", "it begins with the byte order mark of UTF-16"),
        ("cp1252", "it is not UTF-8; this is the Windows encoding of the Americas and western Europe"),
        ("latin-1", "it is neither UTF-8 nor cp1252"),
    ):
        try:
            with open_text(path, encoding) as text:
                part = text.read(1 << 20)
        except (UnicodeError, EOFError):
            continue
        except (OSError, zlib.error) as problem:
            fault = getattr(problem, "strerror", None) or type(problem).__name__
            raise InputError(f"{path}: cannot be read: {fault}.") from None
        if "\0" not in part:
            return encoding, why
    raise InputError(
        f"{path} is not a text file, nor in another format that can be inspected: CSV, Parquet, Excel, SAS, Stata,"
        " SPSS, FHIR, or an official layout of fixed width. For a database, write the job file by hand: see"
        " docs/job.md."
    )


def _first_rows(looked_at: Source) -> dict[str, list[str]]:
    """The known values of each column, in the first rows."""
    engine = DuckDBEngine(sources=[looked_at])
    try:
        found = engine.columns(looked_at)
        texts = ", ".join(f"trim(text_of({quoted_name(name)})) AS {quoted_name(name)}" for name in found)
        rows = engine.rows_of(looked_at, f"SELECT {texts} FROM source LIMIT {ROWS}")
    finally:
        engine.close()
    return {name: [row[place] for row in rows if row[place]] for place, name in enumerate(found)}


def _role(names: Sequence[str]) -> tuple[str, str]:
    """The one of the three tables that has such columns."""
    fitting = {role: set(by_name(role, names)) for role in COLUMNS}
    named = {"first_name", "last_name", "birth_date", "ssn"} & fitting["patients"]
    times = {"start", "discharge"} & fitting["encounters"]
    if times and not {"first_name", "last_name", "ssn"} & fitting["patients"]:
        return "encounters", f"it has {' and '.join(sorted(times))} and no names"
    if {"patient_id", "death_time"} <= fitting["encounters"] and not named and "death_id" not in fitting["deaths"]:
        return "encounters", "it has patient_id, death_time and no names"
    if "death_id" in fitting["deaths"] or (
        "death_date" in fitting["deaths"] and "patient_id" not in fitting["patients"]
    ):
        return "deaths", "it has " + " and ".join(sorted({"death_id", "death_date"} & fitting["deaths"]))
    if named:
        return "patients", f"it has {', '.join(sorted(named))} and no certificate"
    return "patients", "nothing in it resembles a registry or a list of stays: check this"


def _guess_dates(guess: FileGuess, columns: Mapping[str, ColumnName], texts: Mapping[str, Sequence[str]]) -> None:
    whole = {ours: theirs for ours, theirs in columns.items() if ours in DATE_COLUMNS and isinstance(theirs, str)}
    dates = {ours: texts[theirs] for ours, theirs in whole.items()}
    in_parts = {
        ours: each_name(theirs)[0] for ours, theirs in columns.items() if ours in DATE_COLUMNS and ours not in whole
    }
    patterns = {}
    centuries = [ours for ours, year in in_parts.items() if share_of(re.compile("[0-9]{2}"), texts[year]) > MOST]
    for ours, found in forms_found(dates, {}).items():
        days = [re.sub(r"[T ][0-9]{1,2}:.*$", "", text) for text in dates[ours]]
        are_numbers = share_of(_DAY_NUMBER, days) > MOST > share_of(_YEAR, days)
        if are_numbers and (likely := likely_forms(days, ours)):
            if len(likely) == 1 and likely[0] != DAY_OF_YEAR:
                patterns[ours] = likely[0]
            else:
                guess.remarks.append(
                    f"The dates of {ours} are numbers, and are not known without a declaration. {advice(likely, ours)}"
                )
        elif sum(standard_date(day).note == "two-digit year" for day in days) > _SOME * len(days):
            centuries.append(ours)
        elif share_of(re.compile("[0-9]{7,8}"), days) > MOST and share_read(days) < MOST:
            patterns[ours] = max(("MMDDYYYY", "DDMMYYYY"), key=lambda form: share_read(days, form))
        elif share_of(re.compile("[0-9]{6}"), days) > MOST and share_read(days) < MOST:
            patterns[ours] = max(("MMDDYY", "DDMMYY", "YYMMDD", "YYYYMM"), key=lambda form: share_read(days, form))
            centuries += [ours] if "YYYY" not in patterns[ours] else []
        elif found.form.either_order:
            guess.remarks.append(
                f"The dates of {ours} are in two orders. Dates valid in both are not known unless you declare the\n"
                f'correct one: dates = {{ {ours} = "MM/DD/YYYY" }}'
            )
        elif found.how == ASSUMED:
            guess.remarks.append(
                f"No date of {ours} in the first rows shows whether the month or the day is first. Unless other rows\n"
                f'show it, the month is taken to be first. If it is not: dates = {{ {ours} = "DD/MM/YYYY" }}'
            )
        elif found.how:
            patterns[ours] = "DD/MM/YYYY" if found.form.order == "DMY" else "MM/DD/YYYY"
    if patterns:
        guess.settings.append(("dates", patterns, "from the first rows; check that day and month are not swapped"))
    if centuries:
        guess.remarks.append(
            f"There are two-digit years in {', '.join(centuries)}. Declare their century, or they are not known:\n"
            f"two_digit_years_up_to = {{ {', '.join(f'{ours} = 20..' for ours in centuries)} }}"
        )


def _guess_zeros(guess: FileGuess, columns: Mapping[str, ColumnName], texts: Mapping[str, Sequence[str]]) -> None:
    numbers = texts[each_name(columns["ssn"])[0]] if "ssn" in columns else []
    short = share_of(re.compile(r"[0-9]{7,8}(\.0)?"), numbers)
    if short > _SOME and not any(number.startswith("0") for number in numbers):
        guess.remarks.append(
            f"{100 * short:.0f} % of the SSNs have 7 or 8 digits and none begins with 0: a spreadsheet may have removed"
            ' the zeros.\nTo restore them: ssn_lost_zeros = "restore"'
        )
