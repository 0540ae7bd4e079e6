"""Columns that are not read although, by their names, they concern deaths.

A column with an unusual name that marks void certificates or gives dates of death is not read, and this is not an
error: a void certificate is then linked, or a death has no date. So every such column is reported until it is mapped or
removed.
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

_OF_DEATHS = {
    "patients": ("hospital_death_date", "deceased"),
    "deaths": ("death_date", "void"),
    "encounters": ("discharge", "death_time", "died_in_hospital"),
}
"""The columns of each table that can change a date of death, or void a death."""


def unread_columns(loaded: Sequence[Loaded]) -> list[str]:
    """What looks wrong in the columns that were not used: patients, deaths and encounters, in this order."""
    roles = ["patients", "deaths", *["encounters"] * len(loaded[2:])]
    concerns = [concern for role, one in zip(roles, loaded, strict=True) for concern in _of_file(role, one)]
    if loaded[2:] and "death_date" not in loaded[1].columns:
        concerns.append(f"{loaded[1].name}: no column is read as death_date, so it gives no date of death.")
    return concerns


def _of_file(role: str, one: Loaded) -> list[str]:
    in_parts = dates_in_parts(role, one.unused)
    concerns = []
    for ours in _OF_DEATHS[role]:
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
            says_so = f"upper(trim(text_of({quoted_name(name)}))) IN ({quoted(tuple(sorted(NOT_IN_FORCE)))})"
            found = engine.frame(f"SELECT count(*) AS found FROM source WHERE {says_so}", source)
            if number := int(found["found"][0]):
                remedy = f'Map it: columns = {{ void = "{name}" }}, or remove' if one is loaded[1] else "Remove"
                concerns.append(
                    f"{one.name}: {name} is not read, and says of {counted(number, 'row')} that the record is void,"
                    f" deleted, merged or inactive. {agreeing(number, 'It counts', 'They count')} like any other."
                    f" {remedy} such rows from the file."
                )
    return concerns


def files_without_columns(engine: Engine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """Columns that are missing in some files of a folder, and so not known in the rows of these files."""
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
                    f" {name} (read as {ours}), so its values are not known there. Use the same name in all files."
                )
    return concerns
