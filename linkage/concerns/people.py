"""What looks wrong in the people of the two files: columns swapped, codes reversed, names that only one file has, and
files that have nothing in common."""

from collections.abc import Mapping, Sequence

from linkage.concerns.counts import FEW, MANY, SEVERAL, Counts, all_and_yes, is_beyond_chance
from linkage.method.columns import SIDES
from linkage.method.records import Loaded
from linkage.printing import share
from linkage.sources.column_names import shown_name
from linkage.values.one_sided import TIMES_AS_COMMON, WHY
from linkage.values.ssn import LAST_FOUR_ONLY

Cleaning = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Changed values by side, column and reason."""


def concerns_of_people(
    counts: Counts, loaded: Sequence[Loaded], cleaning: Cleaning, one_sided: Mapping[str, Mapping[str, int]]
) -> list[str]:
    """The concerns about people, one kind after the other. `one_sided` counts by side and field the records whose name
    is far too common given the other file."""
    return [
        *_nameless(counts, loaded),
        *_swapped(counts, loaded),
        *_sexes_reversed(counts),
        *_one_sex(counts, loaded),
        *_nothing_in_common(counts, loaded, cleaning),
        *_one_sided(loaded, cleaning, one_sided),
    ]


def _nameless(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    """Rows in which nothing is known by which they could be linked, if there are more than a few."""
    return [
        f"{one.name}: {share(number, one.used)} of the rows have no name, birth date or SSN that can be read, so they"
        " cannot be linked. Are these in other columns, or not in all of the files that were put together?"
        for side, one in zip(SIDES, loaded, strict=False)
        if (number := counts[f"nameless {side}"]["yes"]) > SEVERAL * one.used
    ]


def _swapped(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    """First and last names that seem to be in each other's columns, judged by a list of nicknames and given names."""
    concerns = []
    for side, one in zip(SIDES, loaded, strict=False):
        if {"first_name", "last_name"} <= set(one.columns):
            found = (counts[f"given_name {side}.{column}"] for column in ("first_name", "last_name"))
            first, last = (column.get("yes", 0) / max(1, sum(column.values())) for column in found)
            if last > 2 * first and last > SEVERAL:
                concerns.append(
                    f"{one.name}: {100 * last:.0f} % of the last names and {100 * first:.0f} % of the first names are"
                    " common given names. Are the two columns swapped?"
                )
    return concerns


def _sexes_reversed(counts: Counts) -> list[str]:
    """Codes of sex with different meanings in the two files, detected from people who are in both."""
    both, differ = all_and_yes(counts["sex_differs"])
    if differ <= max(MANY * both, FEW):
        return []
    return [
        f"{share(differ, both)} of those with the same names and birth date in both files differ in sex. Does a code,"
        " such as 1, mean men in one file and women in the other? Write M and F."
    ]


def _one_sex(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    """A file of deaths of one sex, beside patients of both."""
    of_patients, of_deaths = (counts[f"sexes {side}"] for side in SIDES)
    both, most = sum(of_patients.values()), max(of_patients.values(), default=0)
    dead = sum(of_deaths.values())
    if len(of_deaths) != 1 or both - most <= SEVERAL * both or not is_beyond_chance(dead, dead, 1 - SEVERAL):
        return []
    (only,) = of_deaths
    return [
        f"{loaded[1].name}: all {dead:,} people whose sex is known have the sex {only}, and patients have both. Is a"
        " part of the deaths missing?"
    ]


def _nothing_in_common(counts: Counts, loaded: Sequence[Loaded], cleaning: Cleaning) -> list[str]:
    """Columns of both files that have no value in common. A column of last four digits has none with whole numbers."""
    last_four = (cleaning.get(side, {}).get("ssn", {}).get(LAST_FOUR_ONLY, 0) for side in SIDES)
    has_last_four = any(number > MANY * one.used for number, one in zip(last_four, loaded, strict=False))
    return [
        f"No value of {what.removeprefix('in_both ')} occurs in both files. Are they written in the same way?"
        for what, found in counts.items()
        if what.startswith("in_both ") and not found["yes"] and not (has_last_four and what == "in_both ssn")
    ]


def _one_sided(
    loaded: Sequence[Loaded],
    cleaning: Cleaning,
    found: Mapping[str, Mapping[str, int]],
) -> list[str]:
    """Names that only one file has, if the rules do not treat them as not known."""
    return [
        f"{one.name}, {shown_name(one.columns[name])} (read as {name}): {share(records, one.used)} of the records have"
        f" a name that is at least {TIMES_AS_COMMON} times as common as in {other.name}, such as a word for a missing"
        ' name. one_sided_names = "not_known" in the rule file treats such names as not known.'
        for side, one, other in zip(SIDES, loaded[:2], loaded[1::-1], strict=True)
        for name, records in found.get(side, {}).items()
        if WHY not in cleaning[side].get(name, {})
    ]
