"""Read SAS, Stata, SPSS, and Excel files as tables of text.

These formats store ids and SSNs as floating-point numbers: 12345.0 becomes the text 12345. Leading zeros that a number
has lost cannot be detected here; `ssn_lost_zeros` restores those of SSNs.
"""

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from linkage.errors import InputError, LinkageError, did_you_mean
from linkage.extras import needs
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
        columns, metadata = reader(str(path), output_format="dict", **({"encoding": encoding} if encoding else {}))
    except LinkageError:
        raise
    except Exception as problem:  # the library raises many types, and their messages may quote a value
        raise InputError(
            f"{path.name} cannot be read as {path.suffix.lower()[1:]} ({type(problem).__name__}). Is it complete, and"
            " in this format? Declare its encoding if it is neither UTF-8 nor the encoding named in the file."
        ) from None
    labels: Mapping[str, Mapping[Any, str]] = metadata.variable_value_labels or {}
    texts = {
        str(name): [_text(_labeled(value, labels.get(name, {}))) for value in values]
        for name, values in columns.items()
    }
    frame = pd.DataFrame(texts, dtype=object)
    frame.attrs["encoding"] = str(encoding or metadata.file_encoding or "not given by the file")
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
        if sheet and sheet not in names:
            raise InputError(
                f"{path.name} has no sheet {sheet!r}. Sheets: {', '.join(names)}.{did_you_mean(sheet, names)}"
            )
        found = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in ([sheet] if sheet else names)
        }
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
            f"{path.name} has {len(filled)} sheets with rows: {', '.join(filled) or 'none'}."
            + (f' Name one: table = "{next(iter(filled))}".' if filled else "")
        )
    (rows,) = filled.values()
    if not _filled(rows[0]):
        raise InputError(f"{path.name}: the first row is empty. It must be the header with the column names.")
    names = [_text(cell) or "" for cell in rows[0]]
    width = max(place for place, name in enumerate(names, start=1) if name)
    beyond = [number for number, row in enumerate(rows, start=1) if _filled(row[width:])]
    if beyond:
        raise InputError(f"{path.name}, row {beyond[0]:,}, has values in columns without a header.")
    if any(not name for name in names[:width]):
        raise InputError(f"{path.name}: a column has no name in the header.")
    lowered = [name.lower() for name in names[:width]]
    if len(set(lowered)) < width:
        raise InputError(f"{path.name}: two columns have the same name. Column names must be unique.")
    texts = [[_text(cell) for cell in row[:width]] for row in rows[1:]]
    while texts and not any(texts[-1]):
        texts.pop()
    return pd.DataFrame(texts, columns=names[:width], dtype=object)


def _filled(row: Any) -> bool:
    return any(cell not in ("", None) for cell in row)


def _labeled(value: Any, labels: Mapping[Any, str]) -> Any:
    try:
        return labels.get(value, value)
    except TypeError:
        return value


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
