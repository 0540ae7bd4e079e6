"""What looks wrong in the times of day of columns of days: a local midnight written in UTC or another zone.

The day that is read is then the day before or after, in every row, and no zone is written that shows it.
"""

from collections.abc import Sequence

from linkage.method.records import Loaded
from linkage.sources.column_names import shown_name


def concerns_of_clocks(loaded: Sequence[Loaded], zones: Sequence[str]) -> list[str]:
    """The concerns about columns in which all times are one, or two that summer time sets apart.

    `zones` are the concerns about columns whose times have a zone, which are not reported again.
    """
    found = [
        (f"{one.name}, {shown_name(one.columns[ours])} (read as {ours}): ", " or ".join(clocks))
        for one in loaded
        for ours, clocks in one.clocks.items()
        if ours in one.columns
    ]
    return [
        f"{place}all times of day are {clocks}. Are they midnight in another time zone, such as UTC? Then each day is"
        " one too early or too late. Convert them to local time before the export, or write days."
        for place, clocks in found
        if not any(zone.startswith(place) for zone in zones)
    ]
