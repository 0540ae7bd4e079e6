"""The births, families and numbers of synthetic people are realistic."""

import math

import numpy as np
import pytest

from synthetic import load_profile
from synthetic.chance import Chance
from synthetic.families import ALONE, CHILD, JUNIOR, SIBLING, SPOUSE, TWIN
from synthetic.mortality import NEVER, LifeTable, death_from_age
from synthetic.patients import make_patients, relations
from synthetic.people import STRANGERS, YEAR_DAYS
from synthetic.ssn import _HALF, _STRIDE, CAPACITY, NONE, assigned_number, neighbor
from synthetic.strangers import make_strangers

CHANCE = Chance(8)
FAMILIES = load_profile("twins_and_families")
INDEX = np.arange(40_000)
PEOPLE = make_patients(CHANCE, FAMILIES, INDEX).people
RELATION = relations(CHANCE, FAMILIES, INDEX)
HEAD = PEOPLE.at(INDEX // 4 * 4)
# A drawn relation is dropped if the ages do not allow it; other relatives know the number of the head of household.
HOLDS = (PEOPLE.relative_ssn == HEAD.ssn) & (HEAD.ssn != NONE)


def test_numbers_are_of_the_range_that_is_never_issued_and_unique() -> None:
    keys = np.r_[0:300_000, STRANGERS : STRANGERS + 300_000]
    numbers = assigned_number(CHANCE, keys, np.zeros(len(keys), dtype=bool))
    assert len(np.unique(numbers)) == len(keys)
    area, group, serial = numbers // 1_000_000, numbers // 10_000 % 100, numbers % 10_000
    assert area.min() >= 900
    assert area.max() <= 998
    assert group.min() >= 1
    assert serial.min() >= 1


def test_when_the_range_runs_out_the_last_strangers_have_no_number() -> None:
    keys = STRANGERS + np.array([0, CAPACITY - 2**22 - 1, CAPACITY - 2**22, CAPACITY])
    numbers = assigned_number(CHANCE, keys, np.zeros(4, dtype=bool))
    assert (numbers[:2] > NONE).all()
    assert (numbers[2:] == NONE).all()


def test_the_stride_through_the_range_visits_every_number() -> None:
    assert math.gcd(_STRIDE, _HALF) == 1


def test_neighbors_of_assigned_numbers_are_nobody_elses() -> None:
    numbers = assigned_number(CHANCE, np.arange(100_000), np.zeros(100_000, dtype=bool))
    assert not np.isin(neighbor(numbers), numbers).any()


def test_twins_share_birth_date_and_birth_name_but_not_the_first_name() -> None:
    twins = (RELATION == TWIN) & (PEOPLE.birth == HEAD.birth)
    assert twins.sum() > 1_000
    assert (PEOPLE.birth_last[twins] == HEAD.birth_last[twins]).all()
    assert (PEOPLE.first[twins] == HEAD.first[twins]).mean() < 0.01
    initials = PEOPLE.first[twins].astype("U1") == HEAD.first[twins].astype("U1")
    assert 0.15 < initials.mean() < 0.5, "parents like initials"
    beside = np.abs(PEOPLE.ssn[twins] - HEAD.ssn[twins]) == 1
    assert 0.02 < beside.mean() < 0.2, "registered together"


@pytest.mark.parametrize(
    ("relation", "years"), [(SPOUSE, (-25, 25)), (CHILD, (15, 49)), (JUNIOR, (15, 49)), (SIBLING, (-15, 15))]
)
def test_relatives_are_of_an_age_to_be_so(relation: int, years: tuple[int, int]) -> None:
    rows = (relation == RELATION) & HOLDS
    assert rows.sum() > 200
    gap = (PEOPLE.birth[rows] - HEAD.birth[rows]) / YEAR_DAYS
    assert np.mean((gap >= years[0]) & (gap <= years[1])) > 0.999


def test_juniors_have_their_fathers_full_name() -> None:
    juniors = (RELATION == JUNIOR) & (PEOPLE.first == HEAD.first) & (PEOPLE.last == HEAD.last)
    assert juniors.sum() > 100
    assert not PEOPLE.female[juniors].any()
    assert 0.6 < (PEOPLE.suffix[juniors] == "JR").mean() < 0.9


def test_without_families_nobody_is_related() -> None:
    none = load_profile("small", spouse=0, child=0, junior=0, sibling=0, twin=0)
    assert (relations(CHANCE, none, INDEX) == ALONE).all()


def test_people_born_abroad_share_default_birthdays() -> None:
    january = PEOPLE.birth.astype("datetime64[D]") == PEOPLE.birth.astype("datetime64[D]").astype("datetime64[Y]")
    assert january[PEOPLE.foreign_born].mean() > 5 * january[~PEOPLE.foreign_born].mean()


def test_some_strangers_are_relatives_of_patients() -> None:
    strangers = make_strangers(CHANCE, FAMILIES, np.arange(20_000)).people
    related = np.isin(strangers.relative_ssn, PEOPLE.ssn)
    assert 0.05 < related.mean() < 0.4
    shared = np.isin(strangers.last[related].astype(str), PEOPLE.last.astype(str))
    assert shared.mean() > 0.6, "the parents of married women have another name"


def test_death_comes_when_hazards_add_up_to_the_waiting_time() -> None:
    table = LifeTable.shipped()
    female, age = np.array([True]), np.array([70.5])
    hazards = [-math.log1p(-float(table.yearly(female, age + year)[0])) for year in range(20)]

    def day_for(waiting: float) -> int:
        return int(
            death_from_age(
                female=female,
                age=age,
                from_day=np.array([0]),
                multiplier=np.array([1.0]),
                waiting=np.array([waiting]),
                years=20,
            )[0]
        )

    assert day_for(hazards[0] / 2) == int(YEAR_DAYS / 2)
    assert day_for(sum(hazards[:3]) + hazards[3] / 2) == int(3.5 * YEAR_DAYS)
    assert day_for(100.0) == NEVER


def test_the_life_table_is_that_of_the_2010s() -> None:
    """SSA period table 2015: a man of 60 dies within a year with 1.1 %, a woman of 85 with 7.6 %."""
    table = LifeTable.shipped()
    assert table.yearly(np.array([False]), np.array([60.0]))[0] == pytest.approx(0.011, rel=0.15)
    assert table.yearly(np.array([True]), np.array([85.0]))[0] == pytest.approx(0.076, rel=0.15)
