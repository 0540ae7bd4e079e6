"""What looks wrong in the days of birth: too many on one day of the year, or on one day of the month.

Some files write the 15th for a day that is not known, or 1 July for a month and day. Both look like whole dates, which
differ from the true date in the other file, so the links are lost. Births on 1 January are reported separately.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from linkage.concerns.counts import FIRST_OF_JANUARY, SEVERAL, SIDES, Counts, is_beyond_chance
from linkage.concerns.days import MONTHS, OF_ONE_DAY
from linkage.method.records import Loaded
from linkage.printing import share
from linkage.sources.column_names import shown_name

_YEARS = 6
"""A cohort of newborns shares a birthday in one year; in so many years, it is a habit of writing."""


def concerns_of_births(counts: Counts, loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about the birth dates of patients and of deaths."""
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
