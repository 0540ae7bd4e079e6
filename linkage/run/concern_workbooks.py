"""What looks wrong in workbooks: cells whose value is lost, and days counted from another year than declared."""

import re
from collections.abc import Sequence

from linkage.method.encounters import ENCOUNTER_COLUMNS
from linkage.method.records import DEATH_COLUMNS, PATIENT_COLUMNS
from linkage.sources.column_names import columns_called, each_name
from linkage.sources.source import Source

_DAYS = {1900: "EXCEL", 1904: "EXCEL 1904"}
_NAMES = {**PATIENT_COLUMNS, **DEATH_COLUMNS, **ENCOUNTER_COLUMNS}


def concerns_of_workbooks(sources: Sequence[Source]) -> list[str]:
    """The concerns about all sources that are workbooks."""
    books = [source for source in sources if source.format == "excel"]
    return [
        f"{source.name}: {concern}"
        for source in books
        for concern in (*source.stored.attrs["concerns"], *_other_calendar(source))
    ]


def _other_calendar(source: Source) -> list[str]:
    day_0 = source.stored.attrs["day_0"]
    if day_0 is None:
        return []
    declared = {ours: form.days_since for ours, form in source.reading.forms.items() if form.days_since in _DAYS}
    return [
        f"its days count from {day_0}, and {ours} is declared as {_DAYS[year]}: each date that is a number would be"
        f' wrong by four years. Declare dates = {{ {ours} = "{_DAYS[day_0]}" }}.'
        for ours, year in declared.items()
        if year != day_0 and _holds_numbers(source, ours)
    ]


def _holds_numbers(source: Source, ours: str) -> bool:
    """Whether a column has a number in place of a date; date cells are read as the days that they show."""
    stored = source.stored
    names = each_name(source.columns.get(ours, ())) or columns_called((ours, *_NAMES[ours]), list(stored))
    texts = [text for name in names for text in stored[name]]
    return any(re.fullmatch("[0-9]+(?:[.][0-9]+)?", text) for text in texts if text)
