"""The patients of the hospital and the days of their first visits.

Indices 4k to 4k + 3 may be one household, so that whole families are patients of the same hospital, while each
patient is still determined by the seed and the index only.
"""

from dataclasses import dataclass, replace

import numpy as np

from synthetic.chance import Bools, Chance, Floats, Ints
from synthetic.families import ALONE, CHILD, JUNIOR, SIBLING, SPOUSE, TWIN, adopt, relative_birth, relative_sex
from synthetic.people import YEAR_DAYS, People, draw_ages, make_people
from synthetic.profiles import Profile

HOUSEHOLD = 4
MOST_PATIENTS = 2**22  # so that record numbers have eight digits


@dataclass(frozen=True)
class Patients:
    """Patients with the day of their first visit, counted from 1970-01-01."""

    people: People
    first_visit: Ints


def days_since_1970(day: object) -> int:
    """Days from 1970-01-01 to a date."""
    return int(np.datetime64(day, "D").astype(np.int64))  # type: ignore[call-overload]  # the stub accepts fewer types of date


def make_patients(chance: Chance, profile: Profile, index: Ints) -> Patients:
    """The patients of these indices, including the effects of families."""
    single = _single(chance, profile, index)
    own, visit = single.people, single.first_visit
    relation = relations(chance, profile, index)
    head_index = index // HOUSEHOLD * HOUSEHOLD
    rows = np.flatnonzero(relation != ALONE)
    head = _single(chance, profile, head_index[rows]).people
    birth = relative_birth(chance, index[rows], relation[rows], head.birth)
    age = (visit[rows] - birth) / YEAR_DAYS
    # A relation is dropped if it would make a patient a child or older than a hundred.
    fits = (age >= 18) & (age < 100) & ~((relation[rows] == JUNIOR) & head.female)
    rows, head, birth = rows[fits], head.at(fits), birth[fits]
    female = relative_sex(chance, index[rows], relation[rows], head.female, own.female[rows])
    member = make_people(
        chance, profile, index[rows], female=female, group=head.group, birth=birth, foreign_born=head.foreign_born
    )
    return Patients(place(own, rows, adopt(chance, member, head, relation[rows])), visit)


def place(people: People, rows: Ints, members: People) -> People:
    """The people, with those at these rows replaced by `members`."""
    changed = {}
    for name, column in vars(people).items():
        column = column.copy()
        column[rows] = getattr(members, name)
        changed[name] = column
    return replace(people, **changed)


def relations(chance: Chance, profile: Profile, index: Ints) -> Ints:
    """The relation of each patient to the head of the household."""
    kinds = np.array([ALONE, SPOUSE, CHILD, JUNIOR, SIBLING, TWIN])
    family = profile.families
    weights = [family.spouse, family.child, family.junior, family.sibling, family.twin]
    drawn = kinds[chance.choice(index, "family/relation", [1 - sum(weights), *weights])]
    return np.where(index % HOUSEHOLD == 0, ALONE, drawn)


def _single(chance: Chance, profile: Profile, index: Ints) -> Patients:
    """The patients without the effects of families."""
    hospital = profile.hospital
    start, end = days_since_1970(hospital.first_visit_from), days_since_1970(hospital.last_visit_until)
    visit = start + chance.whole(index, "first_visit", end - start + 1)
    age = draw_ages(chance, index, "age", hospital.age_bands, hospital.age_weights)
    birth = visit - (age * YEAR_DAYS).astype(np.int64)
    group = _group(chance, index, age, hospital.group_shares_young, hospital.group_shares_old)
    foreign_born = chance.happens(index, "foreign_born", np.array(profile.people.foreign_born)[group])
    female: Bools = chance.happens(index, "female", hospital.female_share)
    return Patients(
        make_people(chance, profile, index, female=female, group=group, birth=birth, foreign_born=foreign_born), visit
    )


def _group(chance: Chance, index: Ints, age: Floats, young: list[float], old: list[float]) -> Ints:
    """Groups by age: the distribution changes from `young` to `old`."""
    weight = np.clip((age - 45) / 30, 0, 1)[:, None]
    steps = np.cumsum((1 - weight) * np.array(young) / sum(young) + weight * np.array(old) / sum(old), axis=1)
    return np.asarray((chance.uniform(index, "group")[:, None] >= steps[:, :-1]).sum(axis=1))
