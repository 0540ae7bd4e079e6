"""What looks wrong in the days of birth: after the death, a default day, or too many on one day of the year or month.

Some files write the 15th for a day that is not known, or 1 July for a month and day. Both look like whole dates, which
differ from the true date in the other file, so the links are lost.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from linkage.concerns.counts import (
    FIRST_OF_JANUARY,
    MANY,
    NEARLY_ALL,
    SEVERAL,
    Counts,
    all_and_yes,
    is_beyond_chance,
)
from linkage.concerns.days import MONTHS, OF_ONE_DAY
from linkage.method.columns import SIDES
from linkage.method.records import Loaded
from linkage.printing import share
from linkage.sources.column_names import shown_name

_YEARS = 6
"""A cohort of newborns shares a birthday in one year; in so many years, it is a habit of writing."""


def concerns_of_births(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about the birth dates of patients and of deaths."""
    return [
        *_before_birth(counts, loaded),
        *_default_days(counts, loaded),
        *_coded_days(counts, loaded),
    ]


def _coded_days(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    """Too many births on one day of the year, or of the month."""
    return [
        f"{one.name}, {shown_name(one.columns['birth_date'])} (read as birth_date): {problem}"
        for side, one in zip(SIDES, loaded, strict=False)
        if "birth_date" in one.columns
        for problem in _problems(counts[f"births {side}"], counts[f"birth dates {side}"])
    ]


def _problems(births: Mapping[str, int], dates: Mapping[str, int]) -> list[str]:
    """What looks wrong in the numbers of births and of different birth dates by month and day, such as "0701"."""
    people = {day: number for day, number in births.items() if day != FIRST_OF_JANUARY}
    problems = []
    if people:
        day, number = _most(people)
        born = sum(people.values())
        if number > SEVERAL * born and is_beyond_chance(number, born, 1 / 365) and dates[day] >= _YEARS:
            problems.append(
                f"{share(number, born)} were born on day {int(day[2:])} of month {int(day[:2])}, in {dates[day]:,}"
                " different years. Is it written for a month and day that are not known? Write only the year, as 1950."
            )
            del people[day]
    return problems + _of_days(people, dates)


def _of_days(people: Mapping[str, int], dates: Mapping[str, int]) -> list[str]:
    """The same by day of the month."""
    days, months = Counter[str](), Counter[str]()
    for day, number in people.items():
        days[day[2:]] += number
        months[day[2:]] += dates[day]
    if not days:
        return []
    day, number = _most(days)
    born = days.total()
    if number <= OF_ONE_DAY * born or not is_beyond_chance(number, born, 1 / 30) or months[day] < MONTHS:
        return []
    return [
        f"{share(number, born)} were born on day {int(day)} of {months[day]:,} different months. Is it written for a"
        " day that is not known? Write such dates without a day, as 1950-07."
    ]


def _most(numbers: Mapping[str, int]) -> tuple[str, int]:
    """The most frequent name, and its number; of equally frequent ones, the first."""
    return min(numbers.items(), key=lambda one: (-one[1], one[0]))


def _before_birth(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    """People who died before they were born."""
    both, before = all_and_yes(counts["died_before_birth"])
    if before <= SEVERAL * both:
        return []
    swapped = " Are the two columns swapped?" if before > MANY * both else ""
    return [f"{loaded[1].name}: {share(before, both)} died before they were born.{swapped}"]


def _default_days(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    """Too many births on 1 January, or on a day from which programs count."""
    concerns = []
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
                " programs count. Are these numbers of days, stored or read as seconds? Store them with a date"
                " format, or write the dates as text."
            )
    return concerns
