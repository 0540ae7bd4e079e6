"""Convert data frames for the database: pandas columns become text, Arrow tables are kept.

A time with a time zone is converted to local time in that zone. For a time in UTC the local zone is not known;
`run.concerns` reports those that are not midnight.
"""

import math
import numbers
from decimal import Decimal
from typing import Any

from linkage.errors import InputError
from linkage.values.floating import EXACT_TO, EXACT_TO_32, text_of_rounded

_NESTED = (list, tuple, dict, set, frozenset)
_UTC = ("UTC", "Z", "Etc/UTC", "Zulu", "+00:00")


def is_of_arrow(data: Any) -> bool:
    """Whether a frame is an Arrow table."""
    return type(data).__module__.startswith("pyarrow.")


def with_local_times(table: Any) -> Any:
    """An Arrow table with times converted to local time in their time zone. Times in UTC are kept.

    If the time zone is unknown on this machine, the times are kept, and later read as UTC.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type) and column.type.tz and column.type.tz not in _UTC:
            try:
                local = pc.local_timestamp(table.column(place))
            except pa.ArrowInvalid:
                continue
            table = table.set_column(place, column.name, local)
    return table


def utc_columns(frame: Any) -> list[str]:
    """The columns of a pandas frame with times in UTC."""
    import pandas as pd

    return [
        str(name)
        for name, kind in frame.dtypes.items()
        if isinstance(kind, pd.DatetimeTZDtype) and str(kind.tz) in _UTC
    ]


def in_text(frame: Any) -> Any:
    """A pandas frame with every column as text."""
    return frame.reset_index(drop=True).apply(_as_text) if len(frame.columns) else frame


def _as_text(column: Any) -> Any:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        text = column.dt.strftime("%Y-%m-%d %H:%M:%S").str.removesuffix(" 00:00:00")
    elif pd.api.types.is_integer_dtype(column) or pd.api.types.infer_dtype(column, skipna=True) == "string":
        text = column.astype("string")
    elif column.dtype == object and column.map(lambda value: isinstance(value, _NESTED)).any():
        return column  # which the database sees as lists or structs, and a run refuses if it uses the column
    elif column.dtype == "float32":
        text = column.astype(object).map(lambda value: _one_as_text(value, EXACT_TO_32), na_action="ignore")
    else:
        text = column.astype(object).map(_one_as_text, na_action="ignore")
    return text.astype(object).where(column.notna(), None)


def _one_as_text(value: Any, exact_to: int = EXACT_TO) -> str:
    """A value of a column of mixed types as text: whole numbers without decimals, bytes decoded.

    >>> _one_as_text(3.0), _one_as_text("A7"), _one_as_text(4.5), _one_as_text("García".encode())
    ('3', 'A7', '4.5', 'García')
    >>> _one_as_text(2.0**53), _one_as_text(2**53)
    ('9.0071992547409920e+15', '9007199254740992')
    """
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise InputError("A column of the frame contains bytes that are not UTF-8. Decode them first.") from None
    is_number = isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool)
    if is_number and math.isfinite(value):
        if abs(value) >= exact_to and not isinstance(value, numbers.Rational | Decimal):
            return text_of_rounded(float(value))
        if value == int(value) and abs(value) < 1e18:
            return str(int(value))
    return str(value)


def is_of_spark(frame: Any) -> bool:
    """Whether a frame is a data frame of Spark."""
    return type(frame).__module__.startswith("pyspark.")
