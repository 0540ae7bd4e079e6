"""The other deceased people in the registry, who never were patients; some are relatives of patients.

Stranger j can only be a relative of patient j / strangers_per_patient, so any part of the strangers can be
made separately.
"""

from dataclasses import dataclass

import numpy as np

from synthetic.chance import Chance, Floats, Ints
from synthetic.families import CHILD, PARENT, SENIOR, SIBLING, SPOUSE, TWIN, adopt, relative_birth, relative_sex
from synthetic.mortality import LifeTable
from synthetic.patients import make_patients, place
from synthetic.people import STRANGERS, YEAR_DAYS, People, draw_ages, make_people
from synthetic.profiles import Profile

_KINDS = np.array([SPOUSE, PARENT, SIBLING, CHILD, SENIOR, TWIN])
_WEIGHTS = [0.35, 0.40, 0.17, 0.03, 0.04, 0.01]
_ACCEPTED = 12.0  # a relation is kept with this many times the yearly probability of death at that age
_WINTER = 0.08  # share by which deaths in January exceed the mean


@dataclass(frozen=True)
class Dead:
    """People with their day of death, counted from 1970-01-01."""

    people: People
    death: Ints


def make_strangers(chance: Chance, profile: Profile, index: Ints) -> Dead:
    """The strangers of these indices (0, 1, 2 ...)."""
    key = index + STRANGERS
    registry = profile.registry
    death = _death_day(chance, profile, key)
    age = draw_ages(chance, key, "age", registry.age_bands, registry.age_weights)
    group = chance.choice(key, "group", registry.group_shares)
    people = make_people(
        chance, profile, key,
        female=chance.happens(key, "female", np.clip(registry.female_share + (age - 78) / 150, 0.35, 0.75)),
        group=group, birth=death - (age * YEAR_DAYS).astype(np.int64),
        foreign_born=chance.happens(key, "foreign_born", np.array(profile.people.foreign_born)[group]),
    )  # fmt: skip
    return Dead(_with_families(chance, profile, index, people, death), death)


def _death_day(chance: Chance, profile: Profile, key: Ints) -> Ints:
    """Days of death: a year drawn by its share of deaths, and a day within it, more often in winter."""
    registry = profile.registry
    year = registry.first_year + chance.choice(key, "death/year", registry.year_weights)
    part: Floats = chance.uniform(key, "death/day")
    part = part + _WINTER * np.sin(2 * np.pi * part) / (2 * np.pi)
    start = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    length = (year - 1969).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64) - start
    return np.asarray(start + np.clip((part * length).astype(np.int64), 0, length - 1))


def _with_families(chance: Chance, profile: Profile, index: Ints, people: People, death: Ints) -> People:
    key = people.key
    of_patient = (index / profile.size.strangers_per_patient).astype(np.int64)
    rows = np.flatnonzero(chance.happens(key, "family/of_a_patient", profile.families.dead_relatives))
    relation = _KINDS[chance.choice(key[rows], "family/relation", _WEIGHTS)]
    head = make_patients(chance, profile, of_patient[rows]).people
    birth = relative_birth(chance, key[rows], relation, head.birth)
    age = (death[rows] - birth) / YEAR_DAYS
    hazard = LifeTable.shipped().yearly(people.female[rows], age)
    fits = (age >= 0) & chance.happens(key[rows], "family/dies", _ACCEPTED * hazard)
    fits &= ~((relation == SENIOR) & head.female)
    rows, relation, head, birth = rows[fits], relation[fits], head.at(fits), birth[fits]
    female = relative_sex(chance, key[rows], relation, head.female, people.female[rows])
    member = make_people(
        chance, profile, key[rows], female=female, group=head.group, birth=birth, foreign_born=head.foreign_born
    )
    return place(people, rows, adopt(chance, member, head, relation))
