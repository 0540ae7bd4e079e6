"""Synthetic people: sex, birth, group, names and number of each, computed from the person's index.

Patients have the indices 0, 1, 2 ...; strangers, who are only in the registry, start at `STRANGERS`. All data
of a person are a function of the seed and the index, so any part of the population can be made separately.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from synthetic.chance import Bools, Chance, Floats, Ints
from synthetic.names import Texts, draw_first_names, draw_last_names
from synthetic.profiles import Profile
from synthetic.ssn import assigned_number, unlisted_number

STRANGERS = 2**40
YEAR_DAYS = 365.25


@dataclass(frozen=True)
class People:
    """Columns of equal length, one row per person; days are counted from 1970-01-01."""

    key: Ints
    female: Bools
    group: Ints
    foreign_born: Bools
    birth: Ints
    first: Texts
    middle: Texts
    birth_last: Texts
    last: Texts
    suffix: Texts
    ssn: Ints
    relative_ssn: Ints

    def at(self, rows: "Ints | Bools") -> "People":
        """The people in these rows."""
        return replace(self, **{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def date_of(days: Ints) -> "npt.NDArray[np.datetime64]":
    """Dates from days since 1970-01-01."""
    return days.astype("datetime64[D]")


def year_of(days: Ints) -> Ints:
    """Calendar years from days since 1970-01-01.

    >>> import numpy as np
    >>> year_of(np.array([-1, 0])).tolist()
    [1969, 1970]
    """
    return date_of(days).astype("datetime64[Y]").astype(np.int64) + 1970


def draw_ages(chance: Chance, keys: Ints, decision: str, bands: list[int], weights: list[float]) -> Floats:
    """Ages in years: a band drawn by weight, and a uniform age within it."""
    band = chance.choice(keys, decision, weights)
    starts, widths = np.array(bands[:-1], dtype=np.float64), np.diff(bands)
    return np.asarray(starts[band] + widths[band] * chance.uniform(keys, decision + "/within"))


def make_people(
    chance: Chance, profile: Profile, key: Ints, *, female: Bools, group: Ints, birth: Ints, foreign_born: Bools
) -> People:
    """People of given sex, group and birth with names and numbers, without the effects of families."""
    birth = _registered_birth(
        birth, foreign_born & chance.happens(key, "born_without_papers", profile.people.born_without_papers)
    )
    year = year_of(birth)
    unlisted = foreign_born & chance.happens(key, "name_not_american", np.array(profile.people.unlisted_names)[group])
    born = _two_part(chance, key, draw_last_names(chance, key, "last_name", group, unlisted), group)

    def given_name(decision: str) -> Texts:
        return draw_first_names(chance, key, decision, female=female, birth_year=year, group=group)

    has_middle = chance.happens(key, "has_middle_name", profile.people.middle_name)
    number = assigned_number(
        chance, key, foreign_born & chance.happens(key, "never_had_a_number", profile.people.never_had_a_number)
    )
    return People(
        key=key, female=female, group=group, foreign_born=foreign_born, birth=birth,
        first=given_name("first_name"), middle=np.where(has_middle, given_name("middle_name"), ""),
        birth_last=born, last=_after_marriage(chance, key, born, female=female, group=group, year=year),
        suffix=_suffix(chance, key, female), ssn=number, relative_ssn=unlisted_number(chance, key),
    )  # fmt: skip


def _registered_birth(birth: Ints, default: Bools) -> Ints:
    """Recorded birth dates: January 1 for people whose birth was not registered."""
    first_of_january = date_of(birth).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return np.where(default, first_of_january, birth)


def _two_part(chance: Chance, key: Ints, last: Texts, group: Ints) -> Texts:
    """Surnames of two parts for some people: the father's and the mother's (mostly Hispanic), or hyphenated ones."""
    both = np.flatnonzero(chance.happens(key, "two_surnames", np.array([0.004, 0.006, 0.12, 0.005, 0.02])[group]))
    second = draw_last_names(chance, key[both], "second_surname", group[both])
    between = np.where(group[both] == 2, " ", "-").astype(object)
    last = last.copy()
    last[both] = last[both] + between + second
    return last


def _after_marriage(chance: Chance, key: Ints, born: Texts, *, female: Bools, group: Ints, year: Ints) -> Texts:
    """Last names after marriage: most women take the husband's name, but fewer young, Hispanic and Asian women."""
    took = np.clip((1995 - year) / 40, 0.05, 0.8) * np.array([1.0, 0.8, 0.5, 0.4, 0.8])[group]
    taken = np.flatnonzero(female & chance.happens(key, "husbands_name", took))
    husband = draw_last_names(chance, key[taken], "husband", group[taken])
    joined = chance.happens(key[taken], "hyphenated", 0.04)
    last = born.copy()
    last[taken] = np.where(joined, born[taken] + "-" + husband, husband)
    return last


def _suffix(chance: Chance, key: Ints, female: Bools) -> Texts:
    kinds = np.array(["", "JR", "SR", "II", "III"], dtype=object)
    return np.where(female, "", kinds[chance.choice(key, "suffix", [0.965, 0.022, 0.004, 0.003, 0.006])])
