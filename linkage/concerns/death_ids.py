"""What looks wrong in the ids of certificates."""

from collections.abc import Sequence

from linkage.concerns.counts import Counts
from linkage.method.records import Loaded
from linkage.printing import agreeing, counted
from linkage.sources.column_names import shown_name


def concerns_of_death_ids(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about ids that name no certificate."""
    return [*_amends_nothing(loaded), *_rounded_death_ids(counts, loaded)]


def _amends_nothing(loaded: Sequence[Loaded]) -> list[str]:
    """Certificates that amend one that is not in the file: if it is there under another number, both are in force."""
    deaths = loaded[1]
    if not deaths.amends_nothing:
        return []
    number = deaths.amends_nothing
    return [
        f"{deaths.name}, {shown_name(deaths.columns['amends'])} (read as amends):"
        f" {counted(number, 'row names', 'rows name')} a death_id that the file does not hold, so"
        f" {agreeing(number, 'it amends', 'they amend')} nothing. Is the number written in the same way in both"
        " columns, or is the amended certificate in another file?"
    ]


def _rounded_death_ids(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    number = counts.get("rounded_death_id", {}).get("yes", 0)
    if not number:
        return []
    return [
        f"{loaded[1].name}: {counted(number, 'row has', 'rows have')} a death_id such as 1.23457E+11. A spreadsheet or"
        " a program rounded it, so that it names no certificate. Export ids as text."
    ]
