"""Read SAS, Stata, SPSS, and Excel files as tables of text.

These formats store ids and SSNs as floating-point numbers: 12345.0 becomes the text 12345. Leading zeros that a number
has lost cannot be detected here; `ssn_lost_zeros` restores those of SSNs.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from linkage.errors import InputError, LinkageError, did_you_mean
from linkage.extras import needs
from linkage.formats.stored_dates import Reader, reader_of
from linkage.formats.workbook_cells import first_year, lost_cells_of
from linkage.formats.xport import require_complete
from linkage.known_names import is_header
from linkage.values.codes import NOT_KNOWN, WORDS, word_of
from linkage.values.floating import EXACT_TO, text_of_rounded

_STAT = {
    ".sas7bdat": "read_sas7bdat",
    ".xpt": "read_xport",
    ".dta": "read_dta",
    ".sav": "read_sav",
    ".zsav": "read_sav",
    ".por": "read_por",
}
_WORKBOOKS = (".xlsx", ".xls", ".xlsb", ".xlsm", ".ods")


def is_stat(path: Path) -> bool:
    """Whether a file name is that of a SAS, Stata, or SPSS file."""
    return path.suffix.lower() in _STAT


def is_workbook(path: Path) -> bool:
    """Whether a file name is that of a workbook."""
    return path.suffix.lower() in _WORKBOOKS


def read_stat(path: Path, encoding: str | None = None) -> Any:
    """Read a SAS, Stata, or SPSS file as a data frame of texts, with value labels in place of coded values.

    Raises InputError if the file cannot be read, and LinkageError, which names the extra, if the library is missing.
    """
    import pandas as pd

    reader = getattr(needs("pyreadstat"), _STAT[path.suffix.lower()])
    try:
        columns, metadata = reader(
            str(path),
            output_format="dict",
            disable_datetime_conversion=True,
            **({"encoding": encoding} if encoding else {}),
        )
    except LinkageError:
        raise
    except Exception as problem:  # the library raises many types, and their messages may quote a value
        raise InputError(
            f"{path.name} cannot be read as {path.suffix.lower()[1:]} ({type(problem).__name__}). Is it complete, and"
            " in this format? Declare its encoding if it is neither UTF-8 nor the encoding named in the file."
        ) from None
    suffix = path.suffix.lower()
    if suffix == ".xpt":
        require_complete(path, metadata.number_rows, sum(metadata.variable_storage_width.values()))
    labels: Mapping[str, Mapping[Any, str]] = metadata.variable_value_labels or {}
    formats = metadata.original_variable_types
    texts = {
        str(name): _texts(values, labels.get(name, {}), reader_of(suffix, formats.get(name)))
        for name, values in columns.items()
    }
    frame = pd.DataFrame(texts, dtype=object)
    frame.attrs["encoding"] = str(encoding or metadata.file_encoding or "an encoding that the file does not name")
    return frame


def read_workbook(path: Path, sheet: str = "") -> Any:
    """Read a sheet as a data frame of texts; the first row must be the header.

    Raises InputError if the file cannot be read, or if several sheets have rows and none is named.
    """
    import pandas as pd

    calamine = needs("python_calamine")
    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
        names = list(book.sheet_names)
        hidden = {one.name for one in book.sheets_metadata if one.visible != calamine.SheetVisibleEnum.Visible}
        if sheet and sheet not in names:
            raise InputError(
                f"{path.name} has no sheet {sheet!r}. Sheets: {', '.join(names)}.{did_you_mean(sheet, names)}"
            )
        sheets = {name: book.get_sheet_by_name(name) for name in ([sheet] if sheet else names)}
        found = {name: one.to_python(skip_empty_area=False) for name, one in sheets.items()}
        merges = {name: one.merged_cell_ranges or [] for name, one in sheets.items()}
    except InputError:
        raise
    except Exception as problem:  # the library raises many types
        raise InputError(
            f"{path.name} cannot be read as a workbook ({type(problem).__name__}). Is it complete, and not"
            " protected by a password?"
        ) from None
    filled = {name: rows for name, rows in found.items() if any(_filled(row) for row in rows)}
    if len(filled) != 1:
        raise InputError(
            f"{path.name} has {len(filled)} sheets with rows:"
            f" {', '.join(f'{one} (hidden)' if one in hidden else one for one in filled) or 'none'}."
            + (f' Name one: table = "{next(iter(filled))}".' if filled else "")
        )
    ((read, rows),) = filled.items()
    names, width = _header(path.name, rows)
    texts = [[_text(cell) for cell in row[:width]] for row in rows[1:]]
    while texts and not any(texts[-1]):
        texts.pop()
    frame = pd.DataFrame(texts, columns=names, dtype=object)
    merged = [one for one in merges[read] if one[0][0] > 0]
    frame.attrs.update(
        lost=lost_cells_of(path, read, merged), hidden=read if read in hidden else "", day_0=first_year(path)
    )
    return frame


def _header(file: str, rows: Sequence[Sequence[Any]]) -> tuple[list[str], int]:
    """The column names in the first row, and their number. Raises InputError."""
    below = next((place for place, row in enumerate(rows[1:20], start=2) if _are_names(row)), None)
    advice = (
        f" Row {below:,} seems to be the header: remove what is above it." if below and not _are_names(rows[0]) else ""
    )
    if not _filled(rows[0]):
        raise InputError(f"{file}: the first row is empty. It must be the header with the column names.{advice}")
    names = [_text(cell) or "" for cell in rows[0]]
    width = max(place for place, name in enumerate(names, start=1) if name)
    beyond = [number for number, row in enumerate(rows, start=1) if _filled(row[width:])]
    if beyond:
        raise InputError(f"{file}, row {beyond[0]:,}, has values in columns without a header.{advice}")
    if any(not name for name in names[:width]):
        raise InputError(
            f"{file}: a column has no name in the header. In merged cells, only the first has a name.{advice}"
        )
    lowered = [name.lower() for name in names[:width]]
    if len(set(lowered)) < width:
        raise InputError(f"{file}: two columns have the same name. Column names must be unique.{advice}")
    return names[:width], width


def _are_names(row: Sequence[Any]) -> bool:
    """Whether a row holds texts, one of which is the name of a column that is always understood."""
    cells = [cell for cell in row if cell not in ("", None)]
    return len(cells) > 1 and all(isinstance(cell, str) for cell in cells) and is_header(cells)


def _filled(row: Any) -> bool:
    return any(cell not in ("", None) for cell in row)


def _texts(values: Sequence[Any], labels: Mapping[Any, str], dated: Reader | None) -> list[str | None]:
    """The values of a column as texts: labels in place of codes, and dates in place of numbers."""
    if labels:
        values = _labeled(values, labels)
    if dated:
        values = [dated(value) if _is_number(value) and math.isfinite(value) else value for value in values]
    return [_text(value) for value in values]


def _is_number(value: Any) -> bool:
    """Whether a value is a number; columns of bytes and other integers hold numbers without decimals."""
    return isinstance(value, float | int) and not isinstance(value, bool)


def _labeled(values: Sequence[Any], labels: Mapping[Any, str]) -> Sequence[Any]:
    """The values of a column with the labels of its codes.

    Codes are numbers and texts of one or two digits or letters; other values are replaced only if all have a label,
    because a label of one id or date is not the value of its row. A code without a label in a column that is coded
    (`_is_coded`) is marked: 1 would be read as yes, although 2 is labeled as a death.

    >>> _labeled([1.0, 2.0], {2.0: "Dead"}), _labeled([4.0, 5.0, 99.0], {99.0: "Unknown"})
    (['1 (no label)', 'Dead'], [4.0, 5.0, 'Unknown'])
    >>> _labeled([901.0, 902.0, 903.0], {902.0: "checked"})
    [901.0, 902.0, 903.0]
    """
    try:
        different = {value for value in values if value is not None and value == value}
    except TypeError:
        return values
    labeled = different & labels.keys()
    if not all(map(_is_code, different)) and labeled != different:
        return values
    if (2 * len(labeled) >= len(different) or len(different) <= _FEW_CODES) and _is_coded(labels):
        return [labels.get(value) or ((text := _text(value)) and f"{text} (no label)") for value in values]
    return [labels.get(value, value) for value in values]


def _is_code(value: Any) -> bool:
    if isinstance(value, str):
        return len(value.strip()) <= 2
    return _is_number(value) and abs(value) < 100 and value == int(value)


def _is_coded(labels: Mapping[Any, str]) -> bool:
    """Whether labels say that a column has codes: one is a word for a flag or the sex, or two are not missing values.

    Labels of missing values alone (99 = "Unknown") leave the other values of a column what they are, such as months.

    >>> _is_coded({2.0: "Dead"}), _is_coded({1.0: "White", 2.0: "Black"}), _is_coded({98.0: "Refused", -1.0: "None"})
    (True, True, False)
    """
    present = [label for code, label in labels.items() if not _MISSING.fullmatch(_text(code) or "")]
    return len(present) > 1 or any(word_of(label) in _WORDS for label in present)


_FEW_CODES = 4
_MISSING = re.compile("-.*|7+|8+|9+|[.]?[a-z]?")
_WORDS = frozenset(
    word for words in WORDS.values() for meaning in words if meaning != NOT_KNOWN for word in words[meaning]
)
"""Words for a flag or the sex."""


def _text(value: Any) -> str | None:
    """A value as text: whole numbers without decimals, and None for a missing value.

    >>> _text(12345.0), _text(1.5), _text("00123 "), _text(float("nan")), _text(datetime(2015, 6, 12))
    ('12345', '1.5', '00123', None, '2015-06-12')
    """
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and math.isfinite(value):
        if abs(value) >= EXACT_TO:
            return text_of_rounded(value)
        if value == int(value):
            return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip() or None
