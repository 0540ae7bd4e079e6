"""Dates of death: a life table by sex and age, multiplied by each person's frailty.

The table is the Social Security Administration's for the 2010s (see `derive_names.py`).
The additional risk after a hospital stay is in `hospital.py`.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from synthetic.chance import Bools, Floats, Ints
from synthetic.names import DATA
from synthetic.people import YEAR_DAYS

NEVER = 10**7  # a day that no registry reaches
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class LifeTable:
    """The probability of death within a year, by sex (male, female) and age in whole years."""

    chances: Floats

    @staticmethod
    @lru_cache(maxsize=1)
    def shipped() -> "LifeTable":
        """The table that comes with the toolkit."""
        table = pd.read_csv(DATA / "life_table.csv.gz")
        return LifeTable(table[["male", "female"]].to_numpy(dtype=np.float64).T)

    def yearly(self, female: Bools, age: Floats) -> Floats:
        """The probability of death within a year, for each person's sex and age.

        >>> import numpy as np
        >>> LifeTable.shipped().yearly(np.array([True, False]), np.array([60.5, 60.5])).round(3).tolist()
        [0.007, 0.011]
        """
        whole = np.clip(age, 0, self.chances.shape[1] - 1).astype(np.int64)
        return self.chances[female.astype(np.int64), whole]


def death_from_age(
    *, female: Bools, age: Floats, from_day: Ints, multiplier: Floats, waiting: Floats, years: int
) -> Ints:
    """The day on which each person's cumulative hazard from `from_day` reaches an exponential waiting time of mean 1;
    or `NEVER`.

    Hazards are constant within a year of age; people who survive `years` years are not followed further.
    """
    table = LifeTable.shipped()
    day = np.full(len(age), NEVER, dtype=np.int64)
    left = waiting.copy()
    for year in range(years):
        hazard = -np.log1p(-np.minimum(table.yearly(female, age + year), 0.999)) * multiplier
        dies = (left < hazard) & (day == NEVER)
        within = (year + left[dies] / hazard[dies]) * YEAR_DAYS
        day[dies] = from_day[dies] + within.astype(np.int64)
        left -= hazard
    return day
