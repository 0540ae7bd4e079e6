"""The order in which the dates of a column are written: as declared, or as inferred from the column.

A separate step because one date is not enough: 02/03/1980 is read like the rest of its column.
"""

from collections.abc import Mapping
from dataclasses import replace

from linkage.engines import Engine
from linkage.method.standardize.as_read import DATES
from linkage.quoting import quoted
from linkage.sources.reading import Reading
from linkage.values.date_forms import FormFound, forms_shown, is_half_converted, order_shown
from linkage.values.dates import standard_date
from linkage.values.likely_forms import NUMBER, likely_forms

_YEAR_FIRST = "(1[89]|2[0-9])[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"


def date_forms(engine: Engine, side: str, reading: Reading) -> dict[str, FormFound]:
    """How each date column of a side is read: as declared, or as inferred from its dates. Call `list_values` first."""
    columns, values = DATES[side], f"{side}_value"
    shown: dict[str, dict[str, int]] = {ours: {} for ours in columns.values()}
    odd = f"field IN ({quoted(tuple(columns))}) AND NOT full_match(value, '[0-9]{{8}}')"
    if _look_up(engine, f"SELECT DISTINCT value FROM {values} WHERE {odd}"):
        counted = f"SELECT field, shown, count(*) FROM {values} JOIN date_shown USING (value) WHERE {odd} GROUP BY 1, 2"
        for column, what, number in engine.rows(counted):
            shown[columns[column]][str(what)] = int(number)
        engine.drop("date_shown")
    found = forms_shown(shown, reading.forms, reading.two_digit_years_up_to)
    texts = f"SELECT field, value FROM {values} WHERE field IN ({quoted(tuple(columns))})"
    found = with_likely_forms(engine, found, texts, columns)
    days = (
        f"SELECT field, substr(replace(value, '-', ''), 7, 2) AS day FROM ({texts}) AS listed"
        " WHERE full_match(value, '[0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].*')"
    )
    for field, number, latest in engine.rows(f"SELECT field, count(*), max(day) FROM ({days}) AS dated GROUP BY field"):
        ours = columns[field]
        if is_half_converted(shown[ours], int(number), int(latest)):
            found[ours] = replace(found[ours], swapped=int(number))
    return found


def with_likely_forms(
    engine: Engine, found: Mapping[str, FormFound], select: str, columns: Mapping[str, str]
) -> dict[str, FormFound]:
    """The forms found, with those that numbers seem to have which cannot be read.

    `select` gives the distinct values (`field`, `value`); `columns` maps its fields to our columns.
    """
    unread: dict[str, list[str]] = {}
    odd = f"full_match(value, '{NUMBER}') AND NOT full_match(value, '{_YEAR_FIRST}')"
    for field, value in engine.rows(f"SELECT field, value FROM ({select}) AS listed WHERE {odd}"):
        ours = columns[field]
        form = found[ours].form
        if not form.days_since and standard_date(value, (), form).digits is None:
            unread.setdefault(ours, []).append(value)
    likely = {ours: likely_forms(texts, ours) for ours, texts in unread.items()}
    return {ours: replace(one, likely=likely.get(ours, ())) for ours, one in found.items()}


def orders_shown(engine: Engine, select: str) -> dict[str, int]:
    """The number of dates in a SELECT by what they show about their order."""
    if not _look_up(engine, select):
        return {}
    rows = engine.rows("SELECT shown, count(*) FROM date_shown GROUP BY shown")
    shown = {str(one): int(number) for one, number in rows}
    engine.drop("date_shown")
    return shown


def _look_up(engine: Engine, select: str) -> int:
    return engine.look_up("date_shown", select, lambda text: (order_shown(text),), ("shown",))
