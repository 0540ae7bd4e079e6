"""What looks wrong in workbooks: cells whose value is lost, and days counted from another year than declared."""

from collections.abc import Sequence

from linkage.sources.source import Source

_DAYS = {1900: "EXCEL", 1904: "EXCEL 1904"}


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
    declared = {ours: form.days_since for ours, form in source.reading.forms.items() if form.days_since in _DAYS}
    return [
        f"its days count from {day_0}, and {ours} is declared as {_DAYS[year]}: each date that is a number would be"
        f' wrong by four years. Declare dates = {{ {ours} = "{_DAYS[day_0]}" }}.'
        for ours, year in declared.items()
        if year != day_0
    ]
