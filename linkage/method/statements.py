"""The static statements of the method: `sql/NAME.sql`, each with a header that says what one row of its result is."""

from functools import cache
from importlib.resources import files


def statement(name: str, **values: str | int) -> str:
    """The statement in `sql/NAME.sql`, without its header, with a value for each {placeholder}.

    Raises KeyError if a placeholder has no value. DuckDB and Spark both accept every statement.

    >>> print(statement("contested"))
    SELECT
        patient_id,
        death_id,
        rank,
        count(*) OVER (PARTITION BY patient_id) + count(*) OVER (PARTITION BY death_id) - 2 AS rivals
    FROM qualified
    """
    return _text(name).format(**values)


@cache
def _text(name: str) -> str:
    lines = files("linkage.method").joinpath("sql", f"{name}.sql").read_text("utf-8").splitlines()
    header = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return "\n".join(lines[header:])
