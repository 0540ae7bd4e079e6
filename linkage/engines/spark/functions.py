"""The house functions in Spark, under the names used in generated SQL.

Functions that Spark SQL can express are SQL functions, inlined into each plan. Functions whose results would differ
between engines run the same code as in the other engines on the workers: Jaro-Winkler from jellyfish, and
DuckDB's macros for times in unusual formats.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow

from linkage.engines.duck.functions import HOUSE_FUNCTIONS as DUCKDB_FUNCTIONS
from linkage.values.measure_functions import jaro_winkler_similarity
from linkage.values.ssn import LONGEST

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import SparkSession


def _digit(name: str, place: int) -> str:
    return f"substr({name}, {place}, 1)"


_CHANGED = " + ".join(
    f"CAST({_digit('these', place)} <> {_digit('those', place)} AS INT)" for place in range(1, LONGEST + 1)
)
# If two digits differ, they are transposed when they are adjacent and each equals the other's counterpart.
_CROSSED = " OR ".join(
    f"{_digit('these', n)} = {_digit('those', n + 1)} AND {_digit('these', n + 1)} = {_digit('those', n)}"
    f" AND {_digit('these', n)} <> {_digit('those', n)}"
    for n in range(1, LONGEST)
)
_YEAR, _MONTH, _DAY = (f"CAST(substr(digits, {start}, {length}) AS INT)" for start, length in ((1, 4), (5, 2), (7, 2)))

SQL_FUNCTIONS = {
    "full_match(value STRING, pattern STRING)": "BOOLEAN RETURN value RLIKE ('^(?:' || pattern || ')$')"
    " AND value NOT LIKE '%\n'",  # Java's $ also matches before a final line break
    "starts_with(whole STRING, part STRING)": "BOOLEAN RETURN startswith(whole, part)",
    "share_any(these ARRAY<STRING>, those ARRAY<STRING>)": "BOOLEAN RETURN arrays_overlap(these, those)",
    "words_of(barred STRING)": "ARRAY<STRING> RETURN split(barred, '[|]')",
    "digits_changed(these STRING, those STRING)": f"BIGINT RETURN {_CHANGED}",
    "digits_transposed(these STRING, those STRING)": f"BOOLEAN RETURN {_CHANGED} = 2 AND ({_CROSSED})",
    "row_hash(a STRING, b STRING, c STRING, d STRING)": "BIGINT RETURN xxhash64(a, b, c, d)",
    "days_between(later DATE, earlier DATE)": "BIGINT RETURN datediff(later, earlier)",
    "middle_day(earliest DATE, latest DATE)": (
        "DATE RETURN date_add(earliest, CAST(datediff(latest, earliest) DIV 2 AS INT))"
    ),
    "one_year_after(day DATE)": "DATE RETURN add_months(day, 12)",
    "day_of(digits STRING)": f"DATE RETURN make_date({_YEAR}, {_MONTH}, {_DAY})",
    "earliest_day(digits STRING)": f"DATE RETURN make_date({_YEAR}, greatest({_MONTH}, 1), greatest({_DAY}, 1))",
    "latest_day(digits STRING)": f"DATE RETURN CASE WHEN {_DAY} > 0 THEN make_date({_YEAR}, {_MONTH}, {_DAY})"
    f" ELSE last_day(make_date({_YEAR}, CASE WHEN {_MONTH} > 0 THEN {_MONTH} ELSE 12 END, 1)) END",
    # Integers in floating-point columns are converted to text when they are read; see `linkage.engines.spark.rows`.
    "text_of(value STRING)": "STRING RETURN value",
}
MACROS = {
    "timestamp_of": ("timestamp_ntz", "VARCHAR"),
}
"""Functions that run as DuckDB macros on the workers: the types of the result and the argument."""


def register(session: "SparkSession") -> None:
    """Register the house functions in a session."""
    from pyspark.sql.pandas.functions import arrow_udf

    for signature, body in SQL_FUNCTIONS.items():
        session.sql(f"CREATE OR REPLACE TEMPORARY FUNCTION {signature} RETURNS {body}")
    # PySpark's type stubs do not cover Arrow functions whose kind follows from annotations, nor types given by name.
    session.udf.register("jaro_winkler", arrow_udf(_jaro_winkler, "double"))  # type: ignore[call-overload]  # PySpark's stubs are incomplete
    for name, (answer, argument) in MACROS.items():
        session.udf.register(name, arrow_udf(_macro(name, argument), answer))  # type: ignore[call-overload]  # PySpark's stubs are incomplete


def _jaro_winkler(these: pyarrow.Array, those: pyarrow.Array) -> pyarrow.Array:
    both = zip(these.to_pylist(), those.to_pylist(), strict=True)
    similar = [None if one is None or other is None else jaro_winkler_similarity(one, other) for one, other in both]
    return pyarrow.array(similar, pyarrow.float64())


def _macro(name: str, argument: str) -> Callable[..., Any]:
    def asked(a0: pyarrow.Array) -> pyarrow.Array:
        return _asked(f"SELECT {name}(CAST(a0 AS {argument})) AS answer FROM batch", {"a0": a0})

    return asked


def _asked(select: str, columns: dict[str, Any]) -> Any:
    connection = _database()
    connection.register("batch", pyarrow.table(columns))
    answer = connection.sql(select).to_arrow_table()["answer"].combine_chunks()
    connection.unregister("batch")
    return answer


@cache  # one for each worker process
def _database() -> "duckdb.DuckDBPyConnection":
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    for function in DUCKDB_FUNCTIONS:
        connection.execute(function)
    return connection
