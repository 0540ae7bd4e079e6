"""Columns that are not read although they have a value in rows in which the column that is read has none.

Such columns come from files of several sources that were put together: some rows have `last_name`, others `Surname`.
"""

from collections.abc import Sequence

from linkage.concerns.likely_names import likely_columns
from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.records import Loaded
from linkage.printing import counted
from linkage.quoting import quoted_name
from linkage.sources.column_names import each_name, shown_name
from linkage.sources.source import Source

_IDENTITY = ("last_name", "first_name", "birth_date", "ssn")


def concerns_of_split_columns(engine: Engine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about names, birth dates and SSNs of patients and deaths, in this order."""
    if not isinstance(engine, DuckDBEngine):
        return []
    concerns = []
    for role, source, one in zip(("patients", "deaths"), sources, loaded, strict=False):
        read = [ours for ours in _IDENTITY if ours in one.columns]
        pairs = [(ours, other) for ours in read for other in likely_columns(role, ours, one.unused)]
        if not pairs:
            continue
        only_there = (f"{_is_blank(each_name(one.columns[ours])[0])} AND NOT {_is_blank(name)}" for ours, name in pairs)
        counts = ", ".join(f"count(CASE WHEN {condition} THEN 1 END)" for condition in only_there)
        (numbers,) = engine.rows_of(source, f"SELECT {counts} FROM source")
        concerns += [
            f"{one.name}: {name} is not read, and has a value in {counted(int(rows), 'row')} in which"
            f" {shown_name(one.columns[ours])} (read as {ours}) has none. Write both into one column: these rows are"
            f" compared without {ours}."
            for (ours, name), rows in zip(pairs, numbers, strict=True)
            if rows
        ]
    return concerns


def _is_blank(name: str) -> str:
    return f"coalesce(trim(text_of({quoted_name(name)})), '') = ''"
