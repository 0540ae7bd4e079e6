"""Columns that are not read although, by their names, they hold dates of death like the column that is read.

Which of two dates is right, only the user can say. A file in which they differ gives each death the date of one column,
so the other is reported with the number of rows in which it would change something.
"""

from collections import Counter
from collections.abc import Sequence

from linkage.concerns.likely_names import dates_in_parts, is_of_the_record, likely_columns
from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.records import Loaded, as_text
from linkage.printing import counted
from linkage.sources.column_names import shown_name
from linkage.sources.source import ColumnName, Source
from linkage.values.date_forms import MONTH_FIRST, DateForm, forms_found
from linkage.values.dates import differ, standard_date
from linkage.values.no_dates import no_dates

_DATE = {"patients": "hospital_death_date", "deaths": "death_date", "encounters": "death_time"}


def concerns_of_second_dates(engine: Engine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about further columns of dates of death: of patients, deaths and encounters, in this order."""
    if not isinstance(engine, DuckDBEngine):
        return []
    roles = ["patients", "deaths", *["encounters"] * len(loaded[2:])]
    concerns = []
    for role, source, one in zip(roles, sources, loaded, strict=True):
        ours = _DATE[role]
        for other in _others(role, ours, one) if ours in one.columns else ():
            differs, more = _compared(engine, source, one, ours, other)
            if differs or more:
                concerns.append(_concern(one, ours, other, differs, more))
    return concerns


def _others(role: str, ours: str, one: Loaded) -> list[ColumnName]:
    """The unused columns that by their names hold such a date, also in parts."""
    names = [name for name in one.unused if not is_of_the_record(name)]
    parts = dates_in_parts(role, names).get(ours)
    whole = [name for name in likely_columns(role, ours, names) if name not in (parts or ())]
    return [*whole, *([tuple(parts)] if parts else [])]


def _concern(one: Loaded, ours: str, other: ColumnName, differs: int, more: int) -> str:
    used, name = shown_name(one.columns[ours]), shown_name(other)
    found = [f"differs from {used} (read as {ours}) in {counted(differs, 'row')}"] if differs else []
    found += [f"has a date in {counted(more, 'row')} without a readable {used}"] if more else []
    listed = f'"{other}"' if isinstance(other, str) else "[" + ", ".join(f'"{part}"' for part in other) + "]"
    return (
        f"{one.name}: {name} is not read, and seems to be a date of death too. It {' and '.join(found)}. If it is the"
        f" better one, map it: columns = {{ {ours} = {listed} }}. Otherwise leave it out of the file."
    )


def _compared(engine: DuckDBEngine, source: Source, one: Loaded, ours: str, other: ColumnName) -> tuple[int, int]:
    """In how many rows the other column has another date, and in how many it has a date and the column read none."""
    texts = f"{as_text(one.columns[ours])} AS used, {as_text(other)} AS other"
    rows = engine.rows_of(
        source,
        f"SELECT used, other, count(*) AS times FROM (SELECT {texts} FROM source) AS read"
        " WHERE trim(other) <> '' AND used IS DISTINCT FROM other GROUP BY used, other",
    )
    form = one.forms[ours].form if ours in one.forms else MONTH_FIRST
    others = forms_found({"other": [text for _, text, _ in rows]}, {})["other"].form
    placeholders = no_dates("death_date")
    found: Counter[str] = Counter()
    for used, text, times in rows:
        date = _digits(text, others, placeholders)
        if date and date[4:6] != "00":  # a year alone can be a time of day: 1930
            read = _digits(used, form, placeholders) if isinstance(used, str) else ""
            found["more" if not read else "differs" if differ(read, date) else "same"] += int(times)
    return found["differs"], found["more"]


def _digits(text: str, form: DateForm, placeholders: frozenset[str]) -> str:
    return standard_date(text, placeholders, form).digits or ""
