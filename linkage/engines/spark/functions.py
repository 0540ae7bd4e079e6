"""The house functions as Spark knows them, under the names by which generated SQL calls them.

What Spark says in SQL of its own is a function of SQL, inlined into each plan. What engines would answer
in different ways runs on the workers in the very code that the others run: Jaro-Winkler is jellyfish's, and
times in odd forms are read by DuckDB's macros.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow

from linkage.engines.duck.functions import HOUSE_FUNCTIONS as DUCKDB_FUNCTIONS
from linkage.values.measures import jaro_winkler_similarity
from linkage.values.ssn import LONGEST

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import SparkSession


def _digit(name: str, place: int) -> str:
    return f"substr({name}, {place}, 1)"


_CHANGED = " + ".join(
    f"CAST({_digit('these', place)} <> {_digit('those', place)} AS INT)" for place in range(1, LONGEST + 1)
)
# Of two digits that differ, both have changed places when they are neighbours and cross over.
_CROSSED = " OR ".join(
    f"{_digit('these', n)} = {_digit('those', n + 1)} AND {_digit('these', n + 1)} = {_digit('those', n)}"
    f" AND {_digit('these', n)} <> {_digit('those', n)}"
    for n in range(1, LONGEST)
)
_YEAR, _MONTH, _DAY = (f"CAST(substr(digits, {start}, {length}) AS INT)" for start, length in ((1, 4), (5, 2), (7, 2)))

SQL_FUNCTIONS = {
    "full_match(value STRING, pattern STRING)": "BOOLEAN RETURN value RLIKE ('^(?:' || pattern || ')$')"
    " AND value NOT LIKE '%\n'",  # Java's $ also stands before the last line break
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
    # A whole number that a column of fractions holds is written without one; see `spark_rows`.
    "text_of(value STRING)": "STRING RETURN value",
}
MACROS = {
    "timestamp_of": ("timestamp_ntz", "VARCHAR"),
}
"""Functions that run as DuckDB's macros on the workers: the type of the answer, and of the argument."""


def register(session: "SparkSession") -> None:
    """Teach a session the house functions."""
    from pyspark.sql.pandas.functions import arrow_udf

    for signature, body in SQL_FUNCTIONS.items():
        session.sql(f"CREATE OR REPLACE TEMPORARY FUNCTION {signature} RETURNS {body}")
    # Of what kind a function is, its types say; Spark's own types do not know that.
    # A type may be given by its name, which the overloads do not say.
    session.udf.register("jaro_winkler", arrow_udf(_jaro_winkler, "double"))  # type: ignore[call-overload]  # its stubs
    for name, (answer, argument) in MACROS.items():
        session.udf.register(name, arrow_udf(_macro(name, argument), answer))  # type: ignore[call-overload]  # its stubs


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
