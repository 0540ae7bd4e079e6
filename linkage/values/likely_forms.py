"""The form that numbers seem to have which are not read as dates: 06012015, 150601, or the day numbers of a program.

Only a proposal for the person who declares the form of a column. No date is read by it, because the same digits can be
two days.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable

from linkage.values.date_forms import DateForm, date_form
from linkage.values.dates import standard_date

NUMBER = "-?[0-9]+([.][0-9]+)?"
"""A pattern of the texts that `likely_forms` can judge."""
SECONDS = "SECONDS"
"""What `likely_forms` answers for numbers of seconds or milliseconds, which cannot be declared."""
DAY_OF_YEAR = "YYYYDDD"
"""What `likely_forms` answers for a year with the day of the year, which cannot be declared either."""
_DAY_OF_YEAR = "([0-9]{2}|(1[89]|20)[0-9]{2})(0(0[1-9]|[1-9][0-9])|[12][0-9]{2}|3([0-5][0-9]|6[0-6]))"
_MANY = 10  # a third of all day numbers end like a day of the year
_NEARLY_ALL, _MOST = 0.9, 0.75
_EIGHT, _SIX = ("MMDDYYYY", "DDMMYYYY"), ("YYMMDD", "MMDDYY", "DDMMYY", "YYYYMM", "MMYYYY")
_SERIALS = ("EXCEL", "SAS", "UNIX")
_FIRST_YEAR, _LAST_YEAR = 1880, 2039
_FIRST_YEAR_OF_RECORDS = 1975  # deaths and encounters; numbers of months since 1960 are no days then


def likely_forms(texts: Collection[str], column: str) -> tuple[str, ...]:
    """The forms that could be declared for numbers that cannot be read as dates; several if these fit equally well.

    >>> likely_forms(["06012015", "12312014"], "death_date"), likely_forms(["06012015"], "death_date")
    (('MMDDYYYY',), ('MMDDYYYY', 'DDMMYYYY'))
    >>> likely_forms(["42156", "42157.5"], "death_date"), likely_forms(["20240"], "death_date")
    (('EXCEL',), ('SAS', 'UNIX'))
    >>> likely_forms(["soon"], "death_date"), likely_forms(["1433116800"], "death_date")
    ((), ('SECONDS',))
    """
    plain = [re.sub(r"[.]0+$", "", text.strip()) for text in texts]
    first_year = _FIRST_YEAR if column == "birth_date" else _FIRST_YEAR_OF_RECORDS
    years = _years_with_days(plain, first_year)
    with_days = len(plain) >= _MANY and years.total() >= _NEARLY_ALL * len(plain)
    # The day numbers of one calendar year can all end like a day of the year, those of several years cannot.
    if with_days and max(years.values()) <= _MOST * years.total():
        return (DAY_OF_YEAR,)
    if _share(plain, "-?[0-9]{1,5}([.][0-9]+)?") >= _NEARLY_ALL:
        return (*_reading_most(plain, _SERIALS, first_year), *((DAY_OF_YEAR,) if with_days else ()))
    if with_days:
        return (DAY_OF_YEAR,)
    if _share(plain, "[0-9]{7,8}") >= _NEARLY_ALL:
        return _reading_most(plain, _EIGHT, _FIRST_YEAR)
    if _share(plain, "[0-9]{5,6}") >= _NEARLY_ALL:
        return _reading_most(plain, _SIX, _FIRST_YEAR)
    return (SECONDS,) if _share(plain, "-?[0-9]{9,14}([.][0-9]+)?") >= _NEARLY_ALL else ()


def advice(forms: Collection[str], column: str) -> str:
    """What to do about a column with these likely forms; empty if there are none.

    >>> advice(["MMDDYYYY"], "start")
    'They seem to be dates in the form MMDDYYYY: declare dates = { start = "MMDDYYYY" }.'
    """
    if not forms:
        return ""
    if SECONDS in forms:
        return "They seem to be numbers of seconds or milliseconds. Write them as 2015-01-31 or 2015-01-31 07:30:00."
    if DAY_OF_YEAR in forms and len(forms) == 1:
        return "They seem to be years with the day of the year (YYYYDDD or YYDDD). Write them as 2015-01-31."
    first, *others = forms
    seem = ("" if first in _DAYS else "dates in the form ") + " or ".join(_DAYS.get(one, one) for one in forms)
    century = f" and two_digit_years_up_to = {{ {column} = ... }}" if first in _SIX and "YYYY" not in first else ""
    return (
        f"They seem to be {seem}: declare {'the right one, such as ' if others else ''}"
        f'dates = {{ {column} = "{first}" }}{century}.'
    )


_DAYS = {
    "EXCEL": "days of a spreadsheet (EXCEL, or EXCEL 1904)",
    "SAS": "days since 1960 (SAS)",
    "UNIX": "days since 1970 (UNIX)",
    DAY_OF_YEAR: "years with the day of the year (YYDDD, which cannot be declared)",
}


def _years_with_days(texts: Collection[str], first_year: int) -> Counter[str]:
    """The number of texts that can be a plausible year with the day of the year, by that year as written."""
    found = Counter(match[1] for text in texts if (match := re.fullmatch(_DAY_OF_YEAR, text)))
    whole = {year: int(year) if len(year) == 4 else _LAST_YEAR - (_LAST_YEAR - int(year)) % 100 for year in found}
    return Counter({year: number for year, number in found.items() if first_year <= whole[year] <= _LAST_YEAR})


def _share(texts: Collection[str], pattern: str) -> float:
    return sum(bool(re.fullmatch(pattern, text)) for text in texts) / len(texts) if texts else 0.0


def _reading_most(texts: Collection[str], patterns: Iterable[str], first_year: int) -> tuple[str, ...]:
    """The patterns by which nearly all texts are days of plausible years."""
    forms = {pattern: date_form(pattern, _LAST_YEAR) for pattern in patterns}
    return tuple(one for one, form in forms.items() if _share_read(texts, form, first_year) >= _NEARLY_ALL)


def _share_read(texts: Collection[str], form: DateForm, first_year: int) -> float:
    found = [standard_date(text, (), form).digits for text in texts]
    return sum(digits is not None and first_year <= int(digits[:4]) <= _LAST_YEAR for digits in found) / len(found)
