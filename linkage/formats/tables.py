"""Files of statistics packages and workbooks, as tables of text: SAS, Stata, SPSS and Excel.

These keep ids and SSNs as numbers, of which every one is a fraction to them: 12345.0 is written as 12345. Zeros that a
number has lost cannot be seen here; `ssn_lost_zeros` puts back those of SSNs.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from linkage.errors import InputError, LinkageError, did_you_mean
from linkage.extras import needs

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
    """Whether a file is one of SAS, Stata or SPSS, by its name."""
    return path.suffix.lower() in _STAT


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook, by its name."""
    return path.suffix.lower() in _WORKBOOKS


def read_stat(path: Path, encoding: str | None = None) -> Any:
    """The rows of a file of SAS, Stata or SPSS as a data frame of texts, with value labels in the place of values.

    Raises InputError when it cannot be read, and LinkageError, naming the extra, when the library is missing.
    """
    import pandas as pd

    reader = getattr(needs("pyreadstat"), _STAT[path.suffix.lower()])
    try:
        columns, told = reader(str(path), output_format="dict", **({"encoding": encoding} if encoding else {}))
    except LinkageError:
        raise
    except Exception as problem:  # the library's own errors, whatever their kind; their words may quote a value
        raise InputError(
            f"{path.name} cannot be read as {path.suffix.lower()[1:]} ({type(problem).__name__}). Is it complete, and"
            " of this format? Declare its encoding if it is neither UTF-8 nor the one that it names."
        ) from None
    labels: Mapping[str, Mapping[Any, str]] = told.variable_value_labels or {}
    texts = {
        str(name): [_text(_labelled(value, labels.get(name, {}))) for value in values]
        for name, values in columns.items()
    }
    frame = pd.DataFrame(texts, dtype=object)
    frame.attrs["encoding"] = str(encoding or told.file_encoding or "not told by the file")
    return frame


def read_workbook(path: Path, sheet: str = "") -> Any:
    """The rows of a sheet as a data frame of texts; the first of its rows with anything in it is the header.

    Raises InputError when it cannot be read, or has several sheets with rows and none is named.
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
    except Exception as problem:  # the library's own errors, whatever their kind
        raise InputError(
            f"{path.name} cannot be read as a workbook ({type(problem).__name__}). Is it complete, and without a"
            " password?"
        ) from None
    filled = {name: rows for name, rows in found.items() if any(_filled(row) for row in rows)}
    if len(filled) != 1:
        raise InputError(
            f"{path.name} has {len(filled)} sheets with rows: {', '.join(filled) or 'none'}."
            + (f' Say which: table = "{next(iter(filled))}".' if filled else "")
        )
    (rows,) = filled.values()
    if not _filled(rows[0]):
        raise InputError(f"{path.name}: its first row is empty. It must be the header, which names the columns.")
    names = [_text(cell) or "" for cell in rows[0]]
    width = max(place for place, name in enumerate(names, start=1) if name)
    beyond = [number for number, row in enumerate(rows, start=1) if _filled(row[width:])]
    if beyond:
        raise InputError(f"{path.name}, row {beyond[0]:,}, has values in columns that the header does not name.")
    if any(not name for name in names[:width]):
        raise InputError(f"{path.name}: a column of its header has no name.")
    lowered = [name.lower() for name in names[:width]]
    if len(set(lowered)) < width:
        raise InputError(f"{path.name}: two columns have the same name. Each needs a name of its own.")
    texts = [[_text(cell) for cell in row[:width]] for row in rows[1:]]
    while texts and not any(texts[-1]):
        texts.pop()
    return pd.DataFrame(texts, columns=names[:width], dtype=object)


def _filled(row: Any) -> bool:
    return any(cell not in ("", None) for cell in row)


def _labelled(value: Any, labels: Mapping[Any, str]) -> Any:
    try:
        return labels.get(value, value)
    except TypeError:
        return value


def _text(value: Any) -> str | None:
    """A value as a file of text has it; whole numbers without decimals, and nothing for what is missing.

    >>> _text(12345.0), _text(1.5), _text("00123 "), _text(float("nan")), _text(datetime(2015, 6, 12))
    ('12345', '1.5', '00123', None, '2015-06-12')
    """
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip() or None
