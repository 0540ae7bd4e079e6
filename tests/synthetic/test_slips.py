"""Each slip makes the change of its name and no other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthetic.chance import Chance
from synthetic.names import Texts
from synthetic.people import People
from synthetic.slips import SLIPS, Slip
from synthetic.slips.letters import letters_of, texts_of
from synthetic.slips.records import Dice, Record

BY_NAME = {slip.name: slip for slip in SLIPS}


def texts(*values: str) -> Texts:
    """An array of texts."""
    return np.array(values, dtype=object)


def people(length: int, **changes: object) -> People:
    """This many women named MARY ANN JONES, born SMITH."""
    columns = {
        "key": np.arange(length),
        "female": np.full(length, True),
        "group": np.full(length, 2),
        "foreign_born": np.full(length, False),
        "birth": np.zeros(length, dtype=int),
        "first": texts(*["MARY"] * length),
        "middle": texts(*["ANN"] * length),
        "birth_last": texts(*["SMITH"] * length),
        "last": texts(*["JONES"] * length),
        "suffix": texts(*[""] * length),
        "ssn": np.full(length, 912345678),
        "relative_ssn": np.full(length, 987650001),
    }
    return People(**{**columns, **changes})


def records(field: str, value: str, length: int = 400, **others: str) -> Record:
    """The same record many times, so that every result of an error occurs."""
    fields = {
        "first_name": "MARY",
        "middle_name": "ANN",
        "last_name": "JONES",
        "suffix": "",
        "sex": "F",
        "ssn": "",
        **others,
    }
    columns = {name: texts(*[text] * length) for name, text in {**fields, field: value}.items()}
    return Record(columns, people(length), np.arange(length))


def outcomes(name: str, field: str, value: str, **others: str) -> set[str]:
    """All results of the error for a value."""
    record = records(field, value, **others)
    slip: Slip = BY_NAME[name]
    assert slip.possible(record, field).all()
    return set(slip.act(record, field, Dice(Chance(1), np.arange(400), name))[field].tolist())


# error, field, value, all possible results
WHOLE = [
    ("nickname", "first_name", "CHARLES", {"CHUCK", "CHARLIE"}),
    ("initial_only", "first_name", "MARY", {"M"}),
    ("middle_as_first", "first_name", "MARY", {"ANN"}),
    ("maiden_name", "last_name", "JONES", {"SMITH"}),
    ("part_dropped", "last_name", "GARCIA LOPEZ", {"GARCIA", "LOPEZ"}),
    ("part_dropped", "last_name", "SMITH-JONES", {"SMITH", "JONES"}),
    ("parts_reversed", "last_name", "SMITH-JONES", {"JONES-SMITH"}),
    ("particle", "last_name", "MCDONALD", {"MC DONALD", "DONALD"}),
    ("particle", "last_name", "OBRIEN", {"O'BRIEN", "BRIEN"}),
    ("particle", "last_name", "DELACRUZ", {"DE LA CRUZ", "CRUZ"}),
    ("particle", "last_name", "STPIERRE", {"ST PIERRE", "SAINT PIERRE", "PIERRE"}),
    ("letters_swapped", "last_name", "ABC", {"BAC", "ACB"}),
    ("letter_dropped", "last_name", "ABC", {"BC", "AC", "AB"}),
    ("letter_doubled", "last_name", "ABC", {"AABC", "ABBC", "ABCC"}),
    ("names_swapped", "last_name", "JONES", {"MARY"}),
    ("title", "first_name", "MARY", {"MRS MARY", "DR MARY"}),
    ("truncated", "last_name", "A" * 25, {"A" * 20}),
    ("truncated", "first_name", "A" * 25, {"A" * 15}),
    ("small_letters", "last_name", "JONES", {"jones", "Jones"}),
    ("accents", "last_name", "PENA", {"PENÁ", "PÉNA", "PEÑA"}),
    ("name_placeholder", "last_name", "JONES", {"UNKNOWN", "DOE"}),
    ("unnamed_infant", "first_name", "MARY", {"BABY GIRL"}),
    ("ssn_of_relative", "ssn", "912345678", {"987650001"}),
    ("ssn_last_four", "ssn", "912345678", {"5678"}),
    ("ssn_dashes", "ssn", "912345678", {"912-34-5678"}),
    ("day_and_month_swapped", "birth_date", "1938-08-04", {"1938-04-08"}),
    ("date_digits_swapped", "birth_date", "1938-08-12", {"1983-08-12", "1938-08-21"}),
    ("day_off_by_one", "birth_date", "1940-03-01", {"1940-02-29", "1940-03-02"}),
    ("year_off_by_one", "birth_date", "1940-02-29", {"1939-02-28", "1941-02-28"}),
    ("year_off_by_ten", "birth_date", "1940-06-01", {"1930-06-01", "1950-06-01"}),
    ("default_date", "birth_date", "1940-06-07", {"1940-01-01", "1940-06-15", "1900-01-01"}),
    ("partial_date", "birth_date", "1940-06-07", {"1940-06", "1940-06-00", "1940"}),
    ("date_missing", "birth_date", "1940-06-07", {""}),
    ("sex_wrong", "sex", "F", {"M"}),
]


@pytest.mark.parametrize(("name", "field", "value", "expected"), WHOLE)
def test_a_slip_makes_of_a_value_exactly_this(name: str, field: str, value: str, expected: set[str]) -> None:
    assert outcomes(name, field, value) <= expected | {value}
    assert len(outcomes(name, field, value) - {value}) >= min(len(expected - {value}), 1)


IMPOSSIBLE = [
    ("nickname", "first_name", "ZEBULON", "has no nickname here"),
    ("part_dropped", "last_name", "SMITH", "has one part"),
    ("particle", "last_name", "STONE", "begins like a particle and is none"),
    ("day_and_month_swapped", "birth_date", "1938-08-21", "no month 21"),
    ("day_and_month_swapped", "birth_date", "1938-08", "is partial"),
    ("letter_changed", "first_name", "JO", "is too short to misspell"),
    ("ssn_digit_changed", "ssn", "123456789", "is a dummy"),
    ("ssn_dashes", "ssn", "5678", "has four digits"),
    ("suffix_dropped", "suffix", "", "is empty"),
]


@pytest.mark.parametrize(("name", "field", "value", "why"), IMPOSSIBLE)
def test_a_slip_spares_what_it_cannot_befall(name: str, field: str, value: str, why: str) -> None:
    assert not BY_NAME[name].possible(records(field, value), field).any(), why


def test_sounds_are_respelt() -> None:
    assert {"KATHERINE", "CATERINE"} <= outcomes("sounds_alike", "first_name", "CATHERINE")


@pytest.mark.parametrize("name", ["ssn_digit_changed", "ssn_digits_swapped"])
def test_a_wrong_digit_never_makes_a_number_that_could_be_issued(name: str) -> None:
    assert all(len(ssn) == 9 and ssn.startswith("9") for ssn in outcomes(name, "ssn", "912345678"))


def test_a_changed_digit_leaves_a_date_that_exists_and_differs_in_one_digit() -> None:
    changed = outcomes("date_digit_changed", "birth_date", "1938-02-28")
    assert all(np.datetime64(date) for date in changed)
    assert {sum(a != b for a, b in zip(date, "1938-02-28", strict=True)) for date in changed} == {1}


def test_the_suffix_moves_into_the_last_name() -> None:
    record = records("last_name", "JONES", suffix="JR")
    changes = BY_NAME["suffix_in_last_name"].act(record, "last_name", Dice(Chance(1), np.arange(400), "s"))
    assert changes["last_name"][0] == "JONES JR"
    assert changes["suffix"][0] == ""


@given(st.lists(st.text("ABCDEFGHÉÑ -'", min_size=1, max_size=30), min_size=1, max_size=20))
def test_letters_and_texts_are_two_forms_of_the_same(values: list[str]) -> None:
    table, lengths = letters_of(texts(*values))
    assert texts_of(table).tolist() == values
    assert lengths.tolist() == [len(value) for value in values]
