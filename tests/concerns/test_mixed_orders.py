"""Dates of a part of a column with day and month in another order than the rest are told."""

import pandas as pd
import pytest

from linkage.sources.make_source import source
from tests.concerns.test_unread_dates import DEATHS, PATIENTS, many_deaths
from tests.stages import prepared


def told(dates: list[str], said: str, form: str | None = None, discharges: list[str] | None = None) -> list[bool]:
    """Whether it is said of these dates of death, and of the same times of discharge."""
    declared = {"death_date": form} if form else {}
    with prepared(PATIENTS, source(many_deaths(dates), dates=declared)) as ready:
        deaths = said in "\n".join(ready.concerns)
    times = discharges or [f"{one} 10:00" for one in dates]
    stays = pd.DataFrame({"patient_id": "1", "start": "2014-01-01", "discharge": times})
    given = source(stays, dates={"discharge": form} if form else {})
    with prepared(PATIENTS, DEATHS.assign(death_date="2020-01-01"), encounters=given) as ready:
        return [deaths, said in "\n".join(ready.concerns)]


DAYS = pd.date_range("2015-01-01", "2016-12-31", freq="3D")
ISO = [f"{day:%Y-%m-%d}" for day in DAYS]
PART = pd.date_range("2017-01-01", "2017-12-31", freq="9D")
CONVERTED = [f"{day:%Y-%d-%m}" if day.day <= 12 else f"{day:%d/%m/%Y}" for day in PART]
TO_MONTH_FIRST = [f"{day:%Y-%d-%m}" if day.day <= 12 else f"{day:%m/%d/%Y}" for day in PART]
LEFT = [text for text in CONVERTED if "/" in text]
IN_PART = [
    # dates, whether a conversion of a part of them is told
    ([*ISO, *CONVERTED], True),
    ([*ISO, *TO_MONTH_FIRST], True),
    ([*ISO, *CONVERTED, "05/06/2017"], False),
    ([*ISO, *LEFT[:11]], False),
    ([*ISO, *(f"{day:%d/%m/%Y}" for day in PART)], False),
    (CONVERTED, False),  # told as a conversion of the whole column
    (ISO, False),
]


@pytest.mark.parametrize(("dates", "is_told"), IN_PART)
def test_a_conversion_of_a_part_of_a_column_is_told(dates: list[str], is_told: bool) -> None:
    number, about = len(LEFT), round(0.6 * len(LEFT))
    assert told(dates, "none of them is valid in both orders") == [is_told] * 2
    said = f"about {about} different dates with the year first probably have their day and month exchanged"
    assert told(dates, said) == [is_told] * 2
    assert any(told(dates, f"{number} different dates have the year last")) == is_told


MONTHS_FIRST = [f"{day:%m/%d/%Y}" for day in DAYS]
FEW = ["13/02/2017", "03/04/2017", "28/05/2017", "30/06/2017", "01/07/2017"]
AGAINST = [
    # dates, how many can be read only in the other order, the first number of these
    ([*MONTHS_FIRST, *FEW], 3, "day"),
    ([*MONTHS_FIRST, *FEW[1:]], 0, "day"),
    ([f"{text[3:5]}/{text[:2]}{text[5:]}" for text in [*MONTHS_FIRST, *FEW]], 3, "month"),
    ([*ISO, *MONTHS_FIRST[::2], *FEW], 3, "day"),
    ([*ISO, *MONTHS_FIRST], 0, "day"),
]


@pytest.mark.parametrize(("dates", "number", "first"), AGAINST)
@pytest.mark.parametrize("is_declared", [False, True])
def test_few_dates_in_the_other_order_are_told(dates: list[str], number: int, first: str, is_declared: bool) -> None:
    form = ("MM/DD/YYYY" if first == "day" else "DD/MM/YYYY") if is_declared else None
    assert told(dates, f"dates are valid only with the {first} first", form) == [number > 0] * 2
    assert told(dates, f"{number} different dates are valid only", form) == [number > 0] * 2
    about = "about 2 more probably have their day and month exchanged"
    assert told(dates, about, form) == [number > 0 and not is_declared] * 2


DAY_SECOND = ["2017-16-07", "2017-12-07", "2017-28-02", "2017-03-02", "2017-31-01"]
YEAR_FIRST = [
    # dates, how many can be read only as year, day, month
    ([*ISO, *DAY_SECOND], 3),
    ([*ISO, *DAY_SECOND[:-1]], 0),
    ([text.replace("-", "/") for text in [*ISO, *DAY_SECOND]], 3),
    ([text.replace("-", "") for text in [*ISO, *DAY_SECOND]], 3),
    ([*ISO, *DAY_SECOND, "9999", "999", "-1"], 3),
    ([*DAY_SECOND, *["2017-03-02"] * 4], 0),  # told of the whole column
]


@pytest.mark.parametrize(("dates", "number"), YEAR_FIRST)
def test_dates_in_the_order_year_day_month_beside_others_are_told(dates: list[str], number: int) -> None:
    times = [one if len(one) < 8 else f"{one} 10:00" for one in dates]
    said = f"{number} different dates have the year first and then a number over 12; others have"
    for text in (said, "so about 2 more probably have their day and month exchanged"):
        assert told(dates, text, discharges=times) == [number > 0] * 2
