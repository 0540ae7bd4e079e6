"""Names as Americans bear them: by sex, decade of birth and group, with their real frequencies.

How often two strangers share a name decides how many candidate pairs a linkage must look at, so frequencies
come from the Census and the Social Security Administration (see `derive_names.py`). The listed surnames
cover about four people in five; everyone else bears one of many rare names, composed here from the first
part of one listed name and the last part of another.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from synthetic.chance import Bools, Chance, Floats, Ints

DATA = Path(__file__).parent / "data"
GROUPS = ("white", "black", "hispanic", "asian", "other")
DECADES = tuple(range(1900, 2010, 10))
Texts = npt.NDArray[np.object_]

# Names below the top 30,000: 160,000 are borne by a hundred people or more in the 2010 Census.
_RARE_NAMES = {"white": 100_000, "black": 30_000, "hispanic": 30_000, "asian": 30_000, "other": 30_000}
# Calibrated: the surnames of one state are more concentrated than those of the nation, here by raising the
# national shares to this power. It moves the number of pairs of strangers who share a full name.
CONCENTRATION = 1.044
_VOWELS = frozenset("AEIOUY")


def _concentrated(people: Floats) -> Floats:
    """People per name with the common names made somewhat commoner, and as many people in all."""
    raised = people**CONCENTRATION
    return np.asarray(raised * people.sum() / raised.sum())


def _head(name: str) -> str:
    """A name up to its second vowel."""
    vowels = [place for place, letter in enumerate(name) if letter in _VOWELS]
    return name[: vowels[1]] if len(vowels) > 1 else name


def _tail(name: str) -> str:
    """A name from its last but one vowel."""
    vowels = [place for place, letter in enumerate(name) if letter in _VOWELS]
    return name[vowels[-2] :] if len(vowels) > 1 else name[-3:]


@lru_cache(maxsize=1)
def _last_names() -> tuple[tuple[Texts, Floats, Ints], Floats]:
    """All surnames, and per group the running shares laid end to end (group g lies between g and g + 1).

    Also the share of each group that bears a listed name.
    """
    table = pd.read_csv(DATA / "last_names.csv.gz", keep_default_na=False)
    listed = np.array(table["name"].tolist(), dtype=object)
    head, tail = (np.array([part(name) for name in listed], dtype=object) for part in (_head, _tail))
    chance, names, steps, positions = Chance(0), [listed], [], []
    number_of_names = len(listed)
    for number, group in enumerate(GROUPS):
        people = _concentrated(table[group].to_numpy(dtype=np.float64))
        rare = np.arange(_RARE_NAMES[group]) + number * 1_000_000
        heads, tails = (chance.choice(rare, f"rare/{part}", people) for part in ("head", "tail"))
        position = np.r_[0 : len(listed), number_of_names : number_of_names + len(rare)]
        names.append(head[heads] + tail[tails])
        number_of_names += len(rare)
        share = np.r_[people, np.full(len(rare), (1e7 - people.sum()) / len(rare))] / 1e7
        steps.append(number + np.minimum(np.cumsum(share), 1.0))
        positions.append(position)
    shares = table[list(GROUPS)].sum().to_numpy() / 1e7
    return (np.concatenate(names), np.concatenate(steps), np.concatenate(positions)), shares


@lru_cache(maxsize=1)
def _first_names() -> tuple[Texts, Floats, Ints]:
    """All first names, and running shares of each (sex, decade, group) laid end to end."""
    table = pd.read_csv(DATA / "first_names.csv.gz", keep_default_na=False)
    steps: list[Floats] = []
    positions = []
    for sex in ("F", "M"):
        of_sex = np.flatnonzero(table["sex"] == sex)
        for decade in DECADES:
            for group in GROUPS:
                weight = (table[str(decade)] * table[group]).to_numpy(dtype=np.float64)[of_sex]
                steps.append(len(steps) + np.minimum(np.cumsum(weight) / weight.sum(), 1.0))
                positions.append(of_sex)
    return table["name"].to_numpy(dtype=object), np.concatenate(steps), np.concatenate(positions)


def _look_up(table: tuple[Texts, Floats, Ints], cell: Ints, uniform: Floats) -> Texts:
    names, steps, positions = table
    place = np.searchsorted(steps, cell + uniform, side="right")
    return names[positions[np.minimum(place, len(positions) - 1)]]


def draw_last_names(chance: Chance, keys: Ints, decision: str, group: Ints, rare: "Bools | None" = None) -> Texts:
    """A surname for each key, as common as it is in the group; where `rare`, one that no list holds.

    >>> import numpy as np
    >>> draw_last_names(Chance(1), np.arange(3), "last_name", np.zeros(3, dtype=int)).tolist()[0]
    'JONES'
    """
    table, listed = _last_names()
    uniform = chance.uniform(keys, decision)
    if rare is not None:
        uniform = np.where(rare, listed[group] + (1 - listed[group]) * uniform, uniform)
    return _look_up(table, group, uniform)


def draw_first_names(
    chance: Chance, keys: Ints, decision: str, *, female: Bools, birth_year: Ints, group: Ints
) -> Texts:
    """A first name for each key, by sex, group and birth year; fashions change gradually."""
    fashion = birth_year + chance.whole(keys, decision + "/fashion", 11) - 5
    decade = np.clip((fashion - DECADES[0]) // 10, 0, len(DECADES) - 1)
    cell = (np.where(female, 0, 1) * len(DECADES) + decade) * len(GROUPS) + group
    return _look_up(_first_names(), cell, chance.uniform(keys, decision))
