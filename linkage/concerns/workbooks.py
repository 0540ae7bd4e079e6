"""What looks wrong in workbooks: cells whose value is lost, and days counted from another year than declared."""

import re
from collections.abc import Sequence

from linkage.formats.workbook_cells import concerns_of_cells
from linkage.method.encounters import ENCOUNTER_COLUMNS
from linkage.method.records import DEATH_COLUMNS, PATIENT_COLUMNS, Loaded
from linkage.sources.column_names import columns_called, each_name
from linkage.sources.source import Source

_DAYS = {1900: "EXCEL", 1904: "EXCEL 1904"}
_NAMES = {**PATIENT_COLUMNS, **DEATH_COLUMNS, **ENCOUNTER_COLUMNS}


def concerns_of_workbooks(sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about all sources that are workbooks. Cells in columns that are not read do not matter."""
    return [
        f"{source.name}: {concern}"
        for source, one in zip(sources, loaded, strict=True)
        if source.format == "excel"
        for concern in (*_of_sheet(source, one), *_other_calendar(source))
    ]


def _of_sheet(source: Source, one: Loaded) -> list[str]:
    stored = source.stored
    read = {name for theirs in one.columns.values() for name in each_name(theirs)} | set(one.groups.values())
    columns = [place for place, name in enumerate(stored) if name in read]
    concerns = concerns_of_cells(stored.attrs["lost"], columns)
    if hidden := stored.attrs["hidden"]:
        concerns.append(f"the sheet {hidden}, which is read, is hidden. Is it the right one?")
    return concerns


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
