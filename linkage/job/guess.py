"""Guess the contents and format of a file from its header and first rows.

A guess is written down with its reason and never acted on: `linkage init` puts it into a job file for a person to
check. No value of a file is shown.
"""

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, columns_found, shown_names, without_cause
from linkage.formats.fhir import is_fhir
from linkage.formats.layout import layout_of_lines, read_layout
from linkage.formats.tables import is_stat, is_workbook
from linkage.known_names import is_header
from linkage.method.records import HOSPITAL_DEATH
from linkage.quoting import quoted_name
from linkage.run.likely_names import COLUMNS, NAMES, alike, by_name, dates_in_parts, words_of
from linkage.sources.column_names import columns_called, each_name
from linkage.sources.make_source import source
from linkage.sources.reading import DATE_COLUMNS, Reading
from linkage.sources.source import ColumnName, Source
from linkage.system.intact import require_regular
from linkage.system.text_pipe import open_text
from linkage.values.codes import DEATH_WORDS, read_codes, standard_sex, word_of
from linkage.values.dates import forms_found, standard_date

ROWS = 5_000
"""The number of rows inspected."""
_MOST = 0.5
_FEW_WORDS = 100
_SOME = 0.02
_SSN = re.compile(r"[0-9]{3}-?[0-9]{2}-?[0-9]{4}")
_WHOLE_NAME = re.compile(r"[^,]+, ?[^,]+")
_NUMBER = re.compile(r"[0-9]{5}(\.[0-9]+)?")


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
    """Inspect one CSV or Parquet file.

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
    guess.remarks += _whole_names(columns, texts) if role != "encounters" else []
    _guess_dates(guess, columns, texts)
    _guess_zeros(guess, columns, texts)
    if role == "deaths" and "death_id" not in columns:
        guess.remarks.append("There is no column of death ids: the row number will be used as the death_id.")
    taken = [name for theirs in columns.values() for name in each_name(theirs)]
    unused = [name for name in texts if name not in taken]
    guess.remarks += _unused_death_columns(unused, texts) if role != "deaths" else []
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
    raise InputError(f"{path} is not a text file. CSV, CSV.gz and Parquet files can be inspected.")


def _first_rows(looked_at: Source) -> dict[str, list[str]]:
    """The known values of each column, in the first rows."""
    engine = DuckDBEngine(sources=[looked_at])
    try:
        found = engine.columns(looked_at)
        texts = ", ".join(f"trim(text_of({quoted_name(name)})) AS {quoted_name(name)}" for name in found)
        frame = engine.frame(f"SELECT {texts} FROM source LIMIT {ROWS}", looked_at)
    finally:
        engine.close()
    return {name: [text for text in frame[name] if isinstance(text, str) and text] for name in found}


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


def guess_columns(role: str, texts: Mapping[str, Sequence[str]]) -> dict[str, ColumnName]:
    """Which column holds what, by names and, where they say nothing, by values.

    >>> guess_columns("patients", {"MRN": ["7", "8"], "Surname": ["LEE"], "nr": ["212-34-5678"]})
    {'last_name': 'Surname', 'patient_id': 'MRN', 'ssn': 'nr'}
    """
    parts = dates_in_parts(role, list(texts))
    in_parts = {name for names in parts.values() for name in names}
    chosen = by_name(role, [name for name in texts if name not in in_parts])
    # A year alone would turn every date into a partial one: its column is used only together with that of the month,
    # and not if a column with the whole date can be read.
    parts = {ours: names for ours, names in parts.items() if _read(texts.get(chosen.get(ours, ""), ())) <= _MOST}
    chosen = {ours: name for ours, name in chosen.items() if ours not in parts}
    for flag, vocabulary in _FLAGS.items():
        words = Counter(texts[chosen[flag]]) if flag in chosen else Counter()
        if read_codes(vocabulary, words, called=chosen.get(flag, "")).unread:
            del chosen[flag]
    _prefer_readable_sex(chosen, texts)
    free = [name for name in texts if name not in chosen.values() and name not in in_parts]
    if role != "encounters" and "ssn" not in chosen:
        numbers = [name for name in free if _share(_SSN, texts[name]) > _MOST and not re.search("ids?$", name.lower())]
        chosen |= {"ssn": numbers[0]} if len(numbers) == 1 else {}
    id_column = "death_id" if role == "deaths" else "patient_id"
    if id_column not in chosen and role != "encounters":
        distinct = [name for name in free if texts[name] and len(set(texts[name])) == len(texts[name])]
        chosen |= {id_column: distinct[0]} if distinct and distinct[0] not in chosen.values() else {}
    return {**chosen, **parts}


_FLAGS = {"died_in_hospital": "died_in_hospital", "void": "void", "deceased": "died_in_hospital"}
"""The columns of flags, each with the vocabulary that reads it."""


def _unused_death_columns(unused: Sequence[str], texts: Mapping[str, Sequence[str]]) -> list[str]:
    """What to do about columns that are not used although some of their words say that somebody died."""
    return [
        f"{name} has a word for death, and others that are not understood. If it says who died, map it\n"
        "to died_in_hospital (in the patients file: deceased), and declare the meaning of its words:\n"
        'words = { died_in_hospital = { WORD = "no" } }'
        for name in unused
        if len(set(texts[name])) <= _FEW_WORDS and DEATH_WORDS & set(map(word_of, texts[name]))
    ]


def _prefer_readable_sex(chosen: dict[str, str], texts: Mapping[str, Sequence[str]]) -> None:
    """If two columns have the sex, such as a system's code and its word, choose the one that can be read."""
    if "sex" in chosen:
        named = [name for name in texts if re.search("|".join(NAMES["sex"]), words_of(name))]
        read = [name for name in (chosen["sex"], *named) if _share_of_sexes(texts[name]) > _MOST]
        chosen["sex"] = (read or [chosen["sex"]])[0]


def _share_of_sexes(texts: Sequence[str]) -> float:
    return sum(standard_sex(text) is not None for text in texts) / len(texts) if texts else 0.0


def _whole_names(columns: Mapping[str, ColumnName], texts: Mapping[str, Sequence[str]]) -> list[str]:
    """What to do about columns that hold last and first name together, where the file has no others."""
    if {"first_name", "last_name"} <= set(columns):
        return []
    named = [name for name in texts if re.search(r"name|(^|_)nm($|_)", words_of(name))]
    whole = [name for name in named if _share(_WHOLE_NAME, texts[name]) > _MOST]
    return [
        f"{name} seems to have whole names, last name first. Split it into separate columns for last name, first name"
        "\nand middle name: whole names are never split automatically."
        for name in whole
    ]


def _share(pattern: re.Pattern[str], texts: Sequence[str]) -> float:
    return sum(bool(pattern.fullmatch(text)) for text in texts) / len(texts) if texts else 0.0


def _guess_dates(guess: FileGuess, columns: Mapping[str, ColumnName], texts: Mapping[str, Sequence[str]]) -> None:
    whole = {ours: theirs for ours, theirs in columns.items() if ours in DATE_COLUMNS and isinstance(theirs, str)}
    dates = {ours: texts[theirs] for ours, theirs in whole.items()}
    in_parts = {
        ours: each_name(theirs)[0] for ours, theirs in columns.items() if ours in DATE_COLUMNS and ours not in whole
    }
    patterns = {}
    centuries = [ours for ours, year in in_parts.items() if _share(re.compile("[0-9]{2}"), texts[year]) > _MOST]
    for ours, found in forms_found(dates, {}).items():
        days = [re.sub(r"[T ][0-9]{1,2}:.*$", "", text) for text in dates[ours]]
        if _share(_NUMBER, days) > _MOST:
            patterns[ours] = "EXCEL"
        elif sum(standard_date(day).note == "two-digit year" for day in days) > _SOME * len(days):
            centuries.append(ours)
        elif _share(re.compile("[0-9]{7,8}"), days) > _MOST and _read(days) < _MOST:
            patterns[ours] = max(("MMDDYYYY", "DDMMYYYY"), key=lambda form: _read(days, form))
        elif _share(re.compile("[0-9]{6}"), days) > _MOST and _read(days) < _MOST:
            patterns[ours] = max(("MMDDYY", "DDMMYY", "YYMMDD", "YYYYMM"), key=lambda form: _read(days, form))
            centuries += [ours] if "YYYY" not in patterns[ours] else []
        elif found.form.either_order:
            guess.remarks.append(
                f"The dates of {ours} are in two orders. Dates valid in both are not known unless you declare the\n"
                f'correct one: dates = {{ {ours} = "MM/DD/YYYY" }}'
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


def _read(days: Sequence[str], form: str = "") -> float:
    """The share of days that can be read in a form."""
    reading = Reading(dates={"start": form} if form else {}, two_digit_years_up_to={"start": 2020}).forms
    known = [standard_date(day, (), *reading.values()).digits for day in days]
    return sum(digits is not None for digits in known) / len(known) if known else 0.0


def _guess_zeros(guess: FileGuess, columns: Mapping[str, ColumnName], texts: Mapping[str, Sequence[str]]) -> None:
    numbers = texts[each_name(columns["ssn"])[0]] if "ssn" in columns else []
    short = _share(re.compile(r"[0-9]{7,8}(\.0)?"), numbers)
    if short > _SOME and not any(number.startswith("0") for number in numbers):
        guess.remarks.append(
            f"{100 * short:.0f} % of the SSNs have 7 or 8 digits and none begins with 0: a spreadsheet may have removed"
            ' the zeros.\nTo restore them: ssn_lost_zeros = "restore"'
        )
