"""What looks wrong in the input, in words: only shares and counts, no value of an identifier.

A separate step, because files that are read without an error can still be misinterpreted: two columns are swapped, a
code means women in one file and men in the other, a date is a placeholder.
"""

from collections.abc import Mapping, Sequence

from linkage.concerns.births import concerns_of_births
from linkage.concerns.bundles import concerns_of_bundles
from linkage.concerns.calendars import concerns_of_calendars
from linkage.concerns.clocks import concerns_of_clocks
from linkage.concerns.columns import columns_read, concerns_of_columns
from linkage.concerns.counts import (
    FEW,
    FIRST_OF_JANUARY,
    MANY,
    NEARLY_ALL,
    SEVERAL,
    SIDES,
    Counts,
    count_concerns,
    is_beyond_chance,
)
from linkage.concerns.coverage import concerns_of_coverage
from linkage.concerns.days import concerns_of_days
from linkage.concerns.letters import concerns_of_letters
from linkage.concerns.months import concerns_of_months
from linkage.concerns.nines import concerns_of_nines
from linkage.concerns.orders import concerns_of_orders
from linkage.concerns.rows import concerns_of_rows
from linkage.concerns.second_dates import second_dates
from linkage.concerns.stays import concerns_of_stays
from linkage.concerns.unread_columns import files_without_columns, rows_marked, unread_columns
from linkage.concerns.workbooks import concerns_of_workbooks
from linkage.concerns.zones import instants_in_utc, zones_in_text
from linkage.errors import InputError
from linkage.method.hospital_death_sql import LONG_AFTER_DEATH_DAYS
from linkage.method.linking import Linking
from linkage.method.records import Loaded
from linkage.printing import agreeing, counted, share
from linkage.sources.column_names import shown_name
from linkage.values.one_sided import TIMES_AS_COMMON, WHY
from linkage.values.ssn import LAST_FOUR_ONLY


def what_looks_wrong(concerns: Sequence[str]) -> str:
    """The concerns under their heading; empty if there are none."""
    return "\n".join(["What looks wrong", *(f"  {concern}" for concern in concerns)]) if concerns else ""


def require_nothing_wrong(concerns: Sequence[str]) -> None:
    """Raise InputError with everything that looks wrong, if anything does."""
    if concerns:
        raise InputError(
            f"{what_looks_wrong(concerns)}\nNothing was linked or written, because strict is set. Correct the files or"
            " the job, or run without strict."
        )


def find_concerns(linking: Linking) -> list[str]:
    """What looks wrong in the tables of an engine: patients, deaths and encounters, in the order of the sources."""
    engine, sources, loaded, cleaning = linking.engine, linking.sources, linking.loaded, linking.cleaning
    counts = count_concerns(engine, loaded)
    uncovered = [
        *concerns_of_coverage(loaded[1].name, counts["dates of death"], linking.policy, linking.study),
        *concerns_of_months(loaded[1].name, counts["months of death"], linking.policy, linking.study),
    ]
    zones = [*instants_in_utc(engine, sources, loaded), *zones_in_text(engine, sources, loaded)]
    return [
        *concerns_of_columns(columns_read(engine, loaded, cleaning)),
        *concerns_of_letters(loaded, linking.damaged),
        *unread_columns(loaded),
        *second_dates(engine, sources, loaded),
        *rows_marked(engine, sources, loaded),
        *files_without_columns(engine, sources, loaded),
        *_swapped(counts, loaded),
        *_sexes_reversed(counts),
        *_of_dates(counts, loaded),
        *concerns_of_births(counts, loaded),
        *concerns_of_calendars(counts),
        *concerns_of_days(engine, loaded),
        *concerns_of_nines(engine, loaded),
        *concerns_of_orders(loaded),
        *zones,
        *concerns_of_clocks(loaded, zones),
        *_nothing_in_common(counts, loaded, cleaning),
        *_one_sided(loaded, cleaning, linking.one_sided),
        *_amends_nothing(loaded),
        *_rounded_death_ids(counts, loaded),
        *concerns_of_rows(engine, sources, loaded),
        *concerns_of_bundles(sources),
        *concerns_of_workbooks(sources, loaded),
        *concerns_of_stays(counts, loaded[2:]),
        *(_of_hospital_deaths(counts) + uncovered if loaded[2:] else []),
    ]


def _one_sided(
    loaded: Sequence[Loaded],
    cleaning: Mapping[str, Mapping[str, Mapping[str, int]]],
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


def _of_dates(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    concerns = []
    both, before = _all_and_yes(counts["died_before_birth"])
    if before > SEVERAL * both:
        swapped = " Are the two columns swapped?" if before > MANY * both else ""
        concerns.append(f"{loaded[1].name}: {share(before, both)} died before they were born.{swapped}")
    for side, one in zip(SIDES, loaded, strict=False):
        births = counts[f"births {side}"]
        born, first_of_january = sum(births.values()), births.get(FIRST_OF_JANUARY, 0)
        if first_of_january > SEVERAL * born and is_beyond_chance(first_of_january, born, 1 / 365):
            concerns.append(
                f"{one.name}: {share(first_of_january, born)} were born on 1 January: a default date? See not_known in"
                " rule files."
            )
        beside_zero = counts[f"beside_zero {side}"].get("yes", 0)
        if beside_zero > max(1, NEARLY_ALL * born):
            concerns.append(
                f"{one.name}: {share(beside_zero, born)} were born within a day of 1960-01-01 or 1970-01-01, from which"
                " programs count. Are these numbers of days, stored or read as seconds? Store them under a format of"
                " days, or write dates as text."
            )
    return concerns


def _all_and_yes(counted: Mapping[str, int]) -> tuple[int, int]:
    return sum(counted.values()), counted.get("yes", 0)


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


def _sexes_reversed(counts: Counts) -> list[str]:
    """Codes of sex with different meanings in the two files, detected from people who are in both."""
    both, differ = _all_and_yes(counts["sex_differs"])
    if differ <= max(MANY * both, FEW):
        return []
    return [
        f"{share(differ, both)} of those with the same names and birth date in both files differ in sex. Does a code,"
        " such as 1, mean men in one file and women in the other? Write M and F."
    ]


def _of_hospital_deaths(counts: Counts) -> list[str]:
    """Flags or times of death with another meaning, detected from people who died in hospital and are in both files."""
    both, differ = _all_and_yes(counts["deaths_far_apart"])
    if differ <= max(MANY * both, FEW):
        return []
    return [
        f"{share(differ, both)} of those who died in hospital and have the same names and birth date in both files died"
        f" more than {LONG_AFTER_DEATH_DAYS} days earlier or later in the registry. Does a flag mean that the patient"
        " left alive, or does a column of deaths hold other times?"
    ]


def _nothing_in_common(
    counts: Counts, loaded: Sequence[Loaded], cleaning: Mapping[str, Mapping[str, Mapping[str, int]]]
) -> list[str]:
    """Columns of both files that have no value in common. A column of last four digits has none with whole numbers."""
    last_four = (cleaning.get(side, {}).get("ssn", {}).get(LAST_FOUR_ONLY, 0) for side in SIDES)
    has_last_four = any(number > MANY * one.used for number, one in zip(last_four, loaded, strict=False))
    return [
        f"No value of {what.removeprefix('in_both ')} occurs in both files. Are they written in the same way?"
        for what, found in counts.items()
        if what.startswith("in_both ") and not found["yes"] and not (has_last_four and what == "in_both ssn")
    ]
