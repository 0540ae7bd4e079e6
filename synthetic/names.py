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

from synthetic.chance import Chance, Floats, Ints

DATA = Path(__file__).parent / "data"
GROUPS = ("white", "black", "hispanic", "asian", "other")
DECADES = tuple(range(1900, 2010, 10))
Texts = npt.NDArray[np.object_]

# Names below the top 30,000: 160,000 are borne by a hundred people or more in the 2010 Census.
_RARE_NAMES = {"white": 100_000, "black": 30_000, "hispanic": 30_000, "asian": 30_000, "other": 30_000}
_VOWELS = frozenset("AEIOUY")


def _compose(heads: list[str], tails: list[str]) -> list[str]:
    """Join each head up to its second vowel with each tail from its last but one vowel."""
    composed = []
    for head, tail in zip(heads, tails, strict=True):
        front = [i for i, letter in enumerate(head) if letter in _VOWELS]
        back = [i for i, letter in enumerate(tail) if letter in _VOWELS]
        cut = front[1] if len(front) > 1 else len(head)
        start = back[-2] if len(back) > 1 else max(len(tail) - 3, 0)
        composed.append(head[:cut] + tail[start:] if head[:cut] else tail)
    return composed


@lru_cache(maxsize=1)
def _last_names() -> tuple[Texts, Floats, Ints]:
    """All surnames, and per group the running shares laid end to end (group g lies between g and g + 1)."""
    table = pd.read_csv(DATA / "last_names.csv.gz", keep_default_na=False)
    listed = table["name"].tolist()
    chance, names, steps, positions = Chance(0), list(listed), [], []
    for number, group in enumerate(GROUPS):
        people = table[group].to_numpy(dtype=np.float64)
        rare = np.arange(_RARE_NAMES[group]) + number * 1_000_000
        heads, tails = (chance.choice(rare, f"rare/{part}", people) for part in ("head", "tail"))
        position = np.r_[0 : len(listed), len(names) : len(names) + len(rare)]
        names += _compose([listed[i] for i in heads], [listed[i] for i in tails])
        share = np.r_[people, np.full(len(rare), (1e7 - people.sum()) / len(rare))] / 1e7
        steps.append(number + np.minimum(np.cumsum(share), 1.0))
        positions.append(position)
    return np.array(names, dtype=object), np.concatenate(steps), np.concatenate(positions)


@lru_cache(maxsize=1)
def _first_names() -> tuple[Texts, Floats, Ints]:
    """All first names, and running shares of each (sex, decade, group) laid end to end."""
    table = pd.read_csv(DATA / "first_names.csv.gz", keep_default_na=False)
    steps, positions = [], []
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


def draw_last_names(chance: Chance, keys: Ints, decision: str, group: Ints) -> Texts:
    """A surname for each key, as common as it is in the group.

    >>> import numpy as np
    >>> draw_last_names(Chance(1), np.arange(3), "last_name", np.zeros(3, dtype=int)).tolist()
    []
    """
    return _look_up(_last_names(), group, chance.uniform(keys, decision))


def draw_first_names(
    chance: Chance, keys: Ints, decision: str, female: "npt.NDArray[np.bool_]", birth_year: Ints, group: Ints
) -> Texts:
    """A first name for each key, by sex, group and birth year; fashions change gradually."""
    fashion = birth_year + chance.whole(keys, decision + "/fashion", 11) - 5
    decade = np.clip((fashion - DECADES[0]) // 10, 0, len(DECADES) - 1)
    cell = (np.where(female, 0, 1) * len(DECADES) + decade) * len(GROUPS) + group
    return _look_up(_first_names(), cell, chance.uniform(keys, decision))
