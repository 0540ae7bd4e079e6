"""American names by sex, decade of birth and group, with their real frequencies.

How often two strangers share a name determines the number of candidate pairs of a linkage, so frequencies
come from the Census and the Social Security Administration (see `derive_names.py`). The listed surnames
cover about four people in five; all others have one of many rare names, composed from the first
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

# Names below the top 30,000: in the 2010 Census, 160,000 names have a hundred people or more.
_RARE_NAMES = {"white": 100_000, "black": 30_000, "hispanic": 30_000, "asian": 30_000, "other": 30_000}
# Calibrated: surnames are more concentrated in one state than in the nation, which is simulated by raising
# national shares to this power. It changes the number of pairs of strangers who share a full name.
CONCENTRATION = 1.044
_VOWELS = frozenset("AEIOUY")


def _concentrated(people: Floats) -> Floats:
    """People per name, with common names made more frequent and the total unchanged."""
    raised = people**CONCENTRATION
    return np.asarray(raised * people.sum() / raised.sum())


def _head(name: str) -> str:
    """A name up to its second vowel."""
    vowels = [place for place, letter in enumerate(name) if letter in _VOWELS]
    return name[: vowels[1]] if len(vowels) > 1 else name


def _tail(name: str) -> str:
    """A name from its second-to-last vowel."""
    vowels = [place for place, letter in enumerate(name) if letter in _VOWELS]
    return name[vowels[-2] :] if len(vowels) > 1 else name[-3:]


@lru_cache(maxsize=1)
def _last_names() -> tuple[tuple[Texts, Floats, Ints], Floats]:
    """All surnames, with the cumulative shares of all groups in one array (group g between g and g + 1).

    Also returns the share of each group with a listed name.
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
    """All first names, with the cumulative shares of each (sex, decade, group) in one array."""
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
    """Draw a surname for each key by its frequency in the group; where `rare`, an unlisted one.

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
    """Draw a first name for each key by sex, group and birth year; frequencies change gradually over the years."""
    fashion = birth_year + chance.whole(keys, decision + "/fashion", 11) - 5
    decade = np.clip((fashion - DECADES[0]) // 10, 0, len(DECADES) - 1)
    cell = (np.where(female, 0, 1) * len(DECADES) + decade) * len(GROUPS) + group
    return _look_up(_first_names(), cell, chance.uniform(keys, decision))
