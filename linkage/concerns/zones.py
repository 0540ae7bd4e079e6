"""What looks wrong in times with a zone: the day that is read may not be the local day."""

import re
from collections.abc import Sequence

from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.records import Loaded
from linkage.printing import counted
from linkage.quoting import quoted_name
from linkage.sources.column_names import each_name, shown_name
from linkage.sources.frames import utc_columns
from linkage.sources.reading import DATE_COLUMNS
from linkage.sources.source import Source

_KEEP_INSTANTS = ("parquet", "duckdb", "frame")
_ZONE = "[T ][0-9]{1,2}:[0-9:.]+ ?(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{0,2})$"
_LOOKED_AT = 100_000
"""How many rows of a text file show whether times are written with a zone, as a system does for all or none."""
_WITHOUT_ZONES = ("fixed", "fhir")
_SUMMER = 60
"""By how many minutes summer time differs from winter time."""


def concerns_of_instants(engine: Engine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """Columns of instants in UTC, as Parquet and DuckDB files store them: their day in UTC can differ from the local
    day."""
    if not isinstance(engine, DuckDBEngine):  # Spark reads most times as instants
        return []
    concerns = []
    for source, one in zip(sources, loaded, strict=True):
        wanted = [ours for ours in DATE_COLUMNS if ours in one.columns] if source.format in _KEEP_INSTANTS else []
        pairs = [(column, name) for column in wanted for name in each_name(one.columns[column])]
        for ours, name in pairs:
            if not _is_in_utc(engine, source, name):
                continue
            not_midnight = (
                f"text_of({quoted_name(name)}) LIKE '%:%' AND text_of({quoted_name(name)}) NOT LIKE '% 00:00:00%'"
            )
            ((moved,),) = engine.rows_of(source, f"SELECT count(*) FROM source WHERE {not_midnight}")
            if moved:
                instants = counted(moved, "value is an instant", "values are instants")
                concerns.append(
                    f"{one.name}, {name} (read as {ours}): {instants}, read in UTC, and not midnight there, so the"
                    " local day may differ. Write local times without a zone, or days."
                )
    return concerns


def concerns_of_zones(engine: Engine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """Columns of times written with a zone, if the day that is read may not be the local day.

    A time is read as the clock time that is written. That is not local time if the zone is UTC, or if one column has
    zones further apart than summer and winter.
    """
    if not isinstance(engine, DuckDBEngine):
        return []
    concerns = []
    for source, one in zip(sources, loaded, strict=True):
        wanted = {
            shown_name(one.columns[ours]): ours for ours in DATE_COLUMNS if isinstance(one.columns.get(ours), str)
        }
        if source.format in _WITHOUT_ZONES or not wanted:
            continue
        for name in _zones(engine, source, list(wanted), f" LIMIT {_LOOKED_AT}"):
            if source.format in _KEEP_INSTANTS and _is_in_utc(engine, source, name):
                continue  # `concerns_of_instants` reports it
            ours, found = wanted[name], _zones(engine, source, [name])[name]
            utc = sum(number for zone, number in found.items() if _minutes(zone) == 0)
            minutes = [_minutes(zone) for zone in found]
            place, moved = f"{one.name}, {name} (read as {ours})", sum(found.values())
            if not utc and max(minutes) - min(minutes) <= _SUMMER:
                continue
            which = "in UTC" if utc else f"of {len(found):,} zones"
            times = counted(utc or moved, "value is a time", "values are times")
            concerns.append(
                f"{place}: {times} {which}, read as the clock time"
                " that is written, so the local day may differ. Write local times without a zone, or days."
            )
    return concerns


def _zones(engine: DuckDBEngine, source: Source, names: Sequence[str], limit: str = "") -> dict[str, dict[str, int]]:
    """For each column, the number of times that are not midnight, by the zone with which they are written."""
    # One pass, because text that comes through a pipe can be read once.
    times = ", ".join(f"text_of({quoted_name(name)})" for name in names)
    select = (
        f"SELECT place, zone, count(*) AS times FROM (SELECT place, regexp_extract(upper(trim(time)), '{_ZONE}', 1) AS"
        f" zone FROM (SELECT unnest([{times}]) AS time, unnest(range({len(names)})) AS place FROM (SELECT * FROM"
        f" source{limit}) AS read) AS listed WHERE length(time) > 15"
        " AND NOT regexp_matches(time, '[T ]00:00(:00([.]0+)?)? ?[^0-9:.]')) AS zoned WHERE zone <> ''"
        " GROUP BY place, zone ORDER BY place, zone"
    )
    zones: dict[str, dict[str, int]] = {}
    for place, zone, times in engine.rows_of(source, select):
        zones.setdefault(names[int(place)], {})[str(zone)] = int(times)
    return zones


def _minutes(zone: str) -> int:
    """How far a zone is from UTC.

    >>> _minutes("Z"), _minutes("-05:00"), _minutes("+0530"), _minutes("+01")
    (0, -300, 330, 60)
    """
    digits = re.sub("[^0-9]", "", zone).ljust(4, "0")
    return (-1 if zone.startswith("-") else 1) * (60 * int(digits[:2]) + int(digits[2:4]))


def _is_in_utc(engine: DuckDBEngine, source: Source, name: str) -> bool:
    if source.format == "frame" and hasattr(source.frame, "iloc"):  # pandas, whose times are read as text
        return name in utc_columns(source.frame)
    types = engine.rows_of(source, f"SELECT typeof({quoted_name(name)}) FROM source LIMIT 1")
    return any(re.match("TIMESTAMP(TZ| WITH)", str(type_)) for (type_,) in types)
