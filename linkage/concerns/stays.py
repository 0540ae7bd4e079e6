"""What looks wrong in the stays of patients: their kinds, columns without times, stays that do not end or end on a
default day.

A discharge begins the year of follow-up, and a death before it excludes a link.
"""

from collections.abc import Mapping, Sequence

from linkage.concerns.counts import FEW, SEVERAL, Counts, is_beyond_chance
from linkage.method.encounters import KIND_WORDS, OTHER_KIND
from linkage.method.records import Loaded
from linkage.printing import agreeing, counted, share
from linkage.sources.column_names import shown_name

_TIMES, _DAYS_ENOUGH = 8, 30
"""How many times as many discharges as on a mean day are no coincidence, and how many days show what is usual."""


def concerns_of_stays(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about files of encounters; none without such files."""
    if not loaded:
        return []
    return [
        *_without_times(loaded),
        *_of_kinds(loaded),
        *_never_ending(counts),
        *_on_one_day(counts["discharges"]),
    ]


def _on_one_day(discharges: Mapping[str, int]) -> list[str]:
    """Far too many discharges on one day, as if it was written for stays that had not ended."""
    most, total, days = (discharges[what] for what in ("most on one day", "all", "days"))
    others = total - most
    if days < _DAYS_ENOUGH or most <= max(FEW, _TIMES * others / (days - 1)):
        return []
    if not is_beyond_chance(most, total, 2 / days):
        return []
    return [
        f"{counted(most, 'discharge')} ({share(most, total)}) are on one day, {most * (days - 1) // others:,}"
        " times as many as on other days. Is it the day of the extraction, or of a new system, written for stays that"
        " had not ended? Leave such discharges empty: otherwise patients who died before that day are not linked."
    ]


def _without_times(loaded: Sequence[Loaded]) -> list[str]:
    """Columns of times that are empty or placeholders in every row, of more than a few rows."""
    return [
        f"{one.name}, {shown_name(one.columns[ours])} (read as {ours}): no row has a time that can be used. Each is"
        " empty or a placeholder. Name another column, or leave it out."
        for one in loaded
        for ours in one.without_times
        if one.rows > FEW and set(one.times_not_read.get(ours, {})) <= {"placeholder"}
    ]


def _of_kinds(loaded: Sequence[Loaded]) -> list[str]:
    """Unrecognized words for the kind of an encounter."""
    concerns = []
    for one in loaded:
        other = one.codes_not_known.get("kind", {}).get(OTHER_KIND, 0)
        if other > SEVERAL * one.rows:
            concerns.append(
                f"{one.name}, {shown_name(one.columns['kind'])} (read as kind): {share(other, one.rows)} have none of"
                f" {', '.join(KIND_WORDS)}, and count as hospital stays. Remove visits that are not stays."
            )
    return concerns


def _never_ending(counts: Counts) -> list[str]:
    """Stays that never end: a discharge or death in the far future keeps a patient alive until then."""
    long = counts["long_stay"]["yes"]
    if not long:
        return []
    return [
        f"{counted(long, 'encounter ends', 'encounters end')} more than ten years after"
        f" {agreeing(long, 'it', 'they')} began. Is a date in the far future a placeholder for no discharge or no"
        " death? Leave such a time empty; otherwise it is used as a real date."
    ]
