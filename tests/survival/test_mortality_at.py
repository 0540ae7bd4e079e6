"""Mortality at an index date: dead, alive or unknown, without guesses."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.errors import InputError
from linkage.survival.mortality_at import mortality_at

ANCHOR, CENSOR = "2150-01-01", "2151-01-01"


def patient(dod: str | None = None, **columns: Any) -> pandas.DataFrame:
    """The outcome of one patient, last discharged on 2150-01-01."""
    return pandas.DataFrame([{"patient_id": "a", "dod": dod, "censor_date": CENSOR, **columns}])


def ask(outcomes: pandas.DataFrame, index_date: Any, horizon: int | str = "1 year", **how: Any) -> tuple[Any, ...]:
    """Answer, followup_days and death_observed for one index date."""
    answer = mortality_at(outcomes, {"a": index_date}, horizon, **how)
    (row,) = answer[["answer", "followup_days", "death_observed"]].itertuples(index=False, name=None)
    return tuple(row)


@pytest.mark.parametrize(
    ("dod", "index_date", "horizon", "expected", "why"),
    [
        ("2151-01-01", "2150-01-01", "1 year", ("dead", 365, True), "the last day belongs to the year"),
        ("2150-01-31", "2150-01-01", 30, ("dead", 30, True), "and to the thirty days"),
        ("2150-02-01", "2150-01-01", "30 days", ("alive", 30, False), "died on day 31"),
        ("2150-01-01", "2150-01-01", "30 days", ("dead", 0, True), "died on the day of discharge"),
        ("2149-12-31", "2150-01-01", "30 days", ("dead", 0, True), "died before an administrative discharge"),
        (None, "2150-01-01", "1 year", ("alive", 365, False), "nothing found within the released year"),
        (None, "2150-01-02", "1 year", ("unknown", 364, False), "the release ends a day before the horizon"),
        (None, "2150-01-01", "2 years", ("unknown", 365, False), "later deaths are withheld from release"),
        (None, "2151-06-01", "30 days", ("unknown", 0, False), "an index date after the followed year"),
        (None, "2148-02-29", "1 year", ("alive", 365, False), "29 February to 28 February"),
        ("2149-02-28", "2148-02-29", "1 year", ("dead", 365, True), "28 February still belongs to it"),
        ("2149-03-01", "2148-02-29", "1 year", ("alive", 365, False), "1 March does not"),
        ("2150-02-28", "2149-08-31", "6 months", ("dead", 181, True), "six months after 31 August end in February"),
    ],
)
def test_released_dates_answer_up_to_the_censoring_date(
    dod: str | None, index_date: str, horizon: int | str, expected: tuple[Any, ...], why: str
) -> None:
    assert ask(patient(dod), index_date, horizon) == expected, why


def test_each_stay_of_a_patient_has_its_own_answer() -> None:
    stays = pandas.DataFrame(
        {"patient_id": ["a"] * 4, "index_date": ["2147-01-01", "2149-09-01", "2150-01-01", "2150-06-01"]},
        index=[7, 7, 8, 9],
    )
    answers = mortality_at(patient("2150-07-01"), stays, "1 year")
    assert answers["answer"].tolist() == ["alive", "dead", "dead", "dead"]
    assert answers["followup_days"].tolist() == [365, 303, 181, 30]
    assert answers.index.tolist() == [7, 7, 8, 9]


@pytest.mark.parametrize(
    ("columns", "index_date", "horizon", "expected", "why"),
    [
        ({"coverage_last": "2150-06-30"}, ANCHOR, "1 year", ("unknown", 180, False), "coverage ended before the year"),
        ({"coverage_last": "2150-06-30"}, ANCHOR, "90 days", ("alive", 90, False), "but after ninety days"),
        ({"coverage_last": "2149-06-30"}, ANCHOR, "90 days", ("unknown", 0, False), "coverage ended before discharge"),
        (
            {"coverage_last": "2140-01-01", "anchor_date": ANCHOR},
            "2147-01-01",
            "1 year",
            ("alive", 365, False),
            "came back alive after the horizon, whatever the registry covers",
        ),
        ({"coverage_first": "2150-01-02"}, ANCHOR, "90 days", ("unknown", 0, False), "coverage began after discharge"),
        ({"coverage_first": "2150-01-01"}, ANCHOR, "90 days", ("alive", 90, False), "coverage began on the day"),
        (
            {"coverage_first": "2150-01-02", "dod": "2150-02-01"},
            ANCHOR,
            "90 days",
            ("unknown", 0, False),
            "a death found, and a living patient could not have been",
        ),
        (
            {"coverage_first": "2150-01-02", "dod": "2150-01-01"},
            ANCHOR,
            "90 days",
            ("dead", 0, True),
            "dead on the day of discharge, which the hospital saw",
        ),
        ({"status": "in_review"}, ANCHOR, "90 days", ("unknown", 0, False), "held in review"),
        ({"status": "in_review"}, "2140-01-01", "90 days", ("unknown", 0, False), "held in review, at any time"),
        ({"status": "died_date_partial"}, ANCHOR, "90 days", ("unknown", 0, False), "died, nobody says when"),
        ({"status": "died_date_partial"}, "2140-01-01", "90 days", ("alive", 90, False), "not before discharge"),
        ({"status": "died_date_not_known"}, ANCHOR, "90 days", ("unknown", 0, False), "died, nobody knows when"),
        (
            {"status": "unknown_not_covered"},
            ANCHOR,
            "90 days",
            ("unknown", 0, False),
            "coverage ended nobody says when",
        ),
        ({"status": "died_later"}, ANCHOR, "1 year", ("alive", 365, False), "alive when the release ends"),
        ({"status": "no_anchor", "censor_date": None}, ANCHOR, 30, ("unknown", 0, False), "no year was followed"),
    ],
)
def test_alive_is_only_said_of_time_that_was_followed(
    columns: dict[str, Any], index_date: str, horizon: int | str, expected: tuple[Any, ...], why: str
) -> None:
    assert ask(patient(**columns), index_date, horizon) == expected, why


INTERNAL: dict[str, Any] = {"anchor_date": ANCHOR, "coverage_last": "2152-06-30"}


@pytest.mark.parametrize(
    ("columns", "index_date", "horizon", "expected", "why"),
    [
        ({"death_date": "2151-06-01"}, ANCHOR, "2 years", ("dead", 516, True), "a withheld death is used inside"),
        ({"death_date": None}, ANCHOR, "2 years", ("alive", 730, False), "followed by the registry beyond release"),
        ({"death_date": None}, ANCHOR, "3 years", ("unknown", 911, False), "but not beyond its coverage"),
        ({"death_date": "2152-08-01"}, ANCHOR, "3 years", ("unknown", 911, False), "nor is a death beyond it used"),
        ({"death_date": None, "status": "in_review"}, ANCHOR, 30, ("unknown", 0, False), "held in review"),
        (
            {"death_date": "2151-01-15", "death_date_precision": "month", "status": "died_date_partial"},
            ANCHOR,
            "1 year",
            ("unknown", 365, False),
            "some day of January: on the first or after it",
        ),
        (
            {"death_date": "2151-01-15", "death_date_precision": "month"},
            ANCHOR,
            "13 months",
            ("dead", 379, True),
            "all of January is before the horizon",
        ),
        (
            {"death_date": "2151-07-01", "death_date_precision": "year"},
            ANCHOR,
            "364 days",
            ("alive", 364, False),
            "the year had not begun",
        ),
        (
            {"death_date": "2150-07-01", "death_date_precision": "year"},
            "2149-12-01",
            "30 days",
            ("alive", 30, False),
            "discharged alive in that year",
        ),
        (
            {"death_date": "2150-03-01", "censor_date": None, "anchor_date": None, "status": "no_anchor"},
            ANCHOR,
            "90 days",
            ("dead", 59, True),
            "a death needs no anchor inside",
        ),
    ],
)
def test_internal_dates_answer_up_to_the_end_of_coverage(
    columns: dict[str, Any], index_date: str, horizon: int | str, expected: tuple[Any, ...], why: str
) -> None:
    assert ask(patient(**{**INTERNAL, **columns}), index_date, horizon, uncensored=True) == expected, why


def test_a_hospital_death_at_the_stay_needs_no_coverage() -> None:
    outcomes = patient(ANCHOR, death_date=ANCHOR, **{**INTERNAL, "coverage_last": "2140-01-01"})
    for uncensored in (False, True):
        assert ask(outcomes, "2149-12-20", 30, uncensored=uncensored) == ("dead", 12, True)


def test_a_release_alone_knows_the_dead_and_nothing_else() -> None:
    release = pandas.DataFrame({"patient_id": ["a", "b"], "dod": ["2150-03-01", None]})
    asked = pandas.DataFrame({"patient_id": ["a", "b"], "index_date": [ANCHOR, ANCHOR]})
    assert mortality_at(release, asked, 90)["answer"].tolist() == ["dead", "unknown"]
    assert mortality_at(release, asked, 30)["answer"].tolist() == ["alive", "unknown"]


@pytest.mark.parametrize(
    "index_date",
    [
        "2150-01-01",
        "2150-01-01 23:59:00",
        "2150-01-01T23:59:00.123456789",
        date(2150, 1, 1),
        datetime(2150, 1, 1, 23, 59),
        pandas.Timestamp("2150-01-01 23:59"),
        numpy.datetime64("2150-01-01"),
    ],
)
def test_dates_of_any_type_are_the_same_day(index_date: Any) -> None:
    assert ask(patient("2150-01-31"), index_date, 30) == ("dead", 30, True)
    outcomes = patient("2150-01-31").assign(dod=lambda frame: pandas.to_datetime(frame["dod"]))
    assert ask(outcomes, index_date, 30) == ("dead", 30, True)


def test_columns_of_time_are_read_in_any_time_zone_and_century() -> None:
    asked = pandas.DataFrame({"patient_id": ["a"], "index_date": pandas.to_datetime(["2150-01-01 23:59"])})
    local = asked.assign(index_date=asked["index_date"].dt.tz_localize("America/New_York"))
    for frame in (asked, local):
        assert mortality_at(patient("2150-01-31"), frame, 30)["followup_days"].tolist() == [30]
    assert ask(patient("3150-01-31"), "3150-01-01", 30) == ("dead", 30, True)


def test_ids_read_back_as_numbers_are_the_same_patients() -> None:
    outcomes = pandas.DataFrame({"patient_id": [10, 11], "dod": ["2150-01-31", None], "censor_date": CENSOR})
    assert mortality_at(outcomes, {"11": ANCHOR, "10": ANCHOR}, 30)["answer"].tolist() == ["alive", "dead"]


def test_a_horizon_may_be_a_number_of_numpy_s() -> None:
    asked = {"a": ANCHOR}
    pandas.testing.assert_frame_equal(
        mortality_at(patient(), asked, numpy.int64(90)), mortality_at(patient(), asked, 90)
    )


def test_nobody_asked_is_nobody_answered() -> None:
    answers = mortality_at(patient(), {}, 30)
    assert list(answers.columns) == [
        "patient_id",
        "index_date",
        "answer",
        "followup_days",
        "followup_time_days",
        "death_observed",
    ]
    assert len(answers) == 0


@pytest.mark.parametrize(
    ("outcomes", "index_dates", "how", "message"),
    [
        (patient(), {"a": ANCHOR, "x": ANCHOR}, {}, "1 row has a patient_id without an outcome, first in row 2"),
        (patient(), {"a": "soon"}, {}, "index_dates: the value in row 1 is not a date"),
        (patient(), {"a": None}, {}, "index_dates: no date in row 1"),
        (patient("soon"), {"a": ANCHOR}, {}, "outcomes, dod: the value in row 1 is not a date"),
        (patient(), pandas.DataFrame({"subject_id": ["a"]}), {}, "index_dates: column patient_id is missing"),
        (pandas.DataFrame({"patient_id": ["a"]}), {"a": ANCHOR}, {}, "outcomes: column dod is missing"),
        (pandas.concat([patient(), patient()]), {"a": ANCHOR}, {}, "1 row repeats a patient_id"),
        (
            patient(),
            pandas.Series({"a": ANCHOR}),
            {},
            "index_dates is a Series. Give a pandas data frame or a mapping",
        ),
        (patient(), {"a": ANCHOR}, {"horizon": "a year"}, "horizon = 'a year' is not a length of time"),
        (patient(), {"a": ANCHOR}, {"horizon": -1}, "horizon = -1"),
        (patient(), {"a": ANCHOR}, {"horizon": True}, "horizon = True"),
        (patient(), {"a": ANCHOR}, {"uncensored": True}, "outcomes: column death_date is missing"),
        (patient(death_date=None), {"a": ANCHOR}, {"uncensored": True}, "Give coverage_last"),
        (patient(), {"a": ANCHOR}, {"coverage_last": "never"}, "coverage_last: the value in row 1 is not a date"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    outcomes: pandas.DataFrame, index_dates: Any, how: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        mortality_at(outcomes, index_dates, **how)


offsets = st.integers(0, 1200)
start = date(2147, 6, 1)


@st.composite
def internal(draw: st.DrawFn) -> dict[str, Any]:
    """One patient as the mortality step would leave them: released dates follow from internal ones."""
    anchor = start + timedelta(days=draw(offsets))
    leap = (anchor.month, anchor.day) == (2, 29)
    censor = anchor.replace(year=anchor.year + 1, day=28 if leap else anchor.day)
    death = draw(st.one_of(st.none(), st.integers(-20, 900).map(lambda n: anchor + timedelta(days=n))))
    first, last = sorted((draw(offsets), draw(offsets)))
    return {
        "patient_id": "a",
        "anchor_date": anchor,
        "censor_date": censor,
        "death_date": death,
        "dod": death if death and death <= censor else None,
        "coverage_first": draw(st.sampled_from([None, start + timedelta(days=first)])),
        "coverage_last": start + timedelta(days=last),
        "status": draw(st.sampled_from(["alive_at_one_year", "in_review"])) if death is None else "died_later",
    }


@settings(max_examples=150, deadline=None)
@given(internal(), st.lists(offsets, min_size=1, max_size=5), st.sampled_from([0, 30, "6 months", "1 year"]))
def test_what_the_release_knows_the_internal_dates_confirm(
    outcome: dict[str, Any], index_days: list[int], horizon: int | str
) -> None:
    outcomes = pandas.DataFrame([outcome])
    index_dates = [start + timedelta(days=n) for n in index_days]
    asked = pandas.DataFrame({"patient_id": "a", "index_date": index_dates})
    released = mortality_at(outcomes, asked, horizon).to_dict("records")
    inside = mortality_at(outcomes, asked, horizon, uncensored=True).to_dict("records")
    for index, one, other in zip(index_dates, released, inside, strict=True):
        assert one["answer"] in ("unknown", other["answer"])
        for row in (one, other):
            end = index + timedelta(days=row["followup_days"])
            assert end >= index
            assert row["death_observed"] == (row["answer"] == "dead")
            assert end == index or end <= max(outcome["coverage_last"], outcome["anchor_date"])
            assert row["answer"] != "dead" or end == max(outcome["death_date"], index)
