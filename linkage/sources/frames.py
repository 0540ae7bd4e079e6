"""Data frames as the database takes them: pandas as text, Arrow as it is.

A time with a zone is the day and hour that the clock on the wall showed there, as in a text. Of a time in UTC nobody
can say where it was written; `run.concerns` tells of those that are not midnights.
"""

import math
import numbers
from decimal import Decimal
from typing import Any

from linkage.errors import InputError

_UTC = ("UTC", "Z", "Etc/UTC", "Zulu", "+00:00")


def is_of_arrow(data: Any) -> bool:
    """Whether a frame is a table of Arrow."""
    return type(data).__module__.startswith("pyarrow.")


def with_local_times(table: Any) -> Any:
    """A table of Arrow with its times in a zone as the clock there showed them. Times in UTC stay what they are.

    A zone that this machine does not know is left as it is, and then read in UTC.
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
    """The columns of a pandas frame that hold times in UTC."""
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
    else:
        text = column.astype(object).map(_one_as_text, na_action="ignore")
    return text.astype(object).where(column.notna(), None)


def _one_as_text(value: Any) -> str:
    """A value of a column that may hold anything: whole numbers without decimals, as a file of text has them.

    >>> _one_as_text(3.0), _one_as_text("A7"), _one_as_text(4.5), _one_as_text("García".encode())
    ('3', 'A7', '4.5', 'García')
    """
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise InputError("A column of the frame holds bytes that are not UTF-8. Decode them first.") from None
    is_number = isinstance(value, numbers.Real | Decimal) and not isinstance(value, bool)
    if is_number and math.isfinite(value) and abs(value) < 1e18 and value == int(value):
        return str(int(value))
    return str(value)


def is_of_spark(frame: Any) -> bool:
    """Whether a frame is a data frame of Spark."""
    return type(frame).__module__.startswith("pyspark.")
