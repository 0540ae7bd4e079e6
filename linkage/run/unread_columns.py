"""Columns that nobody reads, although their names say that they tell of deaths.

A column of void certificates or of dates of death that goes by an unusual name is left unread without an error: a void
certificate is then linked, and a death has no date. So each such column looks wrong until it is mapped or left out.
"""

from collections.abc import Sequence

from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.records import Loaded
from linkage.printing import agreeing, counted
from linkage.quoting import literal, quoted, quoted_name
from linkage.run.likely_names import dates_in_parts, likely_columns, status_columns
from linkage.sources.column_names import each_name
from linkage.sources.source import ROW_NUMBER, Source
from linkage.system.closed_duckdb import as_pattern
from linkage.values.codes import NOT_IN_FORCE

_TELLING = {
    "patients": ("hospital_death_date", "deceased"),
    "deaths": ("death_date", "void"),
    "encounters": ("discharge", "death_time", "died_in_hospital"),
}
"""The columns of each table that can move a date of death or take a death back."""


def unread_columns(loaded: Sequence[Loaded]) -> list[str]:
    """What looks wrong in the columns that were not used: patients, deaths and encounters, in this order."""
    roles = ["patients", "deaths", *["encounters"] * len(loaded[2:])]
    concerns = [told for role, one in zip(roles, loaded, strict=True) for told in _of_file(role, one)]
    if loaded[2:] and "death_date" not in loaded[1].columns:
        concerns.append(f"{loaded[1].name}: no column is read as death_date, so that it dates no death.")
    return concerns


def _of_file(role: str, one: Loaded) -> list[str]:
    in_parts = dates_in_parts(role, one.unused)
    concerns = []
    for ours in _TELLING[role]:
        if ours in one.columns:
            continue
        parts = in_parts.get(ours)
        names = parts or likely_columns(role, ours, one.unused)[:1]
        if names:
            listed = ", ".join(f'"{name}"' for name in names)
            concerns.append(
                f"{one.name}: {', '.join(names)} {agreeing(len(names), 'is', 'are')} not read, and may hold {ours}."
                f" Map {agreeing(len(names), 'it', 'them')}: columns = {{ {ours} = {f'[{listed}]' if parts else listed}"
                f" }}, or leave {agreeing(len(names), 'it', 'them')} out of the file."
            )
    return concerns


def records_not_in_force(engine: Engine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """Columns that were not used and say of some rows that the record is void, deleted or merged.

    The rows count as any other, so that a patient of a deleted record, or a void certificate, is linked.
    """
    if not isinstance(engine, DuckDBEngine):
        return []
    concerns = []
    for source, one in zip(sources, loaded, strict=True):
        for name in status_columns(one.unused):
            told = f"upper(trim(text_of({quoted_name(name)}))) IN ({quoted(tuple(sorted(NOT_IN_FORCE)))})"
            found = engine.frame(f"SELECT count(*) AS found FROM source WHERE {told}", source)
            if number := int(found["found"][0]):
                remedy = f'Map it: columns = {{ void = "{name}" }}, or remove' if one is loaded[1] else "Remove"
                concerns.append(
                    f"{one.name}: {name} is not read, and says of {counted(number, 'row')} that the record is void,"
                    f" deleted, merged or inactive. {agreeing(number, 'It counts', 'They count')} like any other."
                    f" {remedy} such rows from the file."
                )
    return concerns


def files_without_columns(engine: Engine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """The columns that some files of a folder lack: in their rows nothing is known of them."""
    if not isinstance(engine, DuckDBEngine):
        return []
    concerns = []
    for source, one in zip(sources, loaded, strict=True):
        if source.format != "parquet" or len(source.files) < 2:
            continue
        paths = [literal(as_pattern(path)) for path in source.files]
        held = [
            {str(name).lower() for (name,) in engine.rows(f"SELECT name FROM parquet_schema({path})")} for path in paths
        ]
        pairs = [(ours, name) for ours, theirs in one.columns.items() for name in each_name(theirs)]
        for ours, name in pairs:
            lacking = sum(name.lower() not in names for names in held)
            if lacking and name != ROW_NUMBER:
                concerns.append(
                    f"{one.name}: {lacking:,} of its {len(held):,} files {agreeing(lacking, 'has', 'have')} no column"
                    f" {name} (read as {ours}), so that nothing is known of it there. Give it the same name in all."
                )
    return concerns
