"""The records to which a slip is applied, and its random numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synthetic.chance import Chance, Floats, Ints
from synthetic.names import Texts
from synthetic.people import People


@dataclass(frozen=True)
class Record:
    """Some rows of a file with the slips applied so far, and the people they belong to.

    >>> Record({"last_name": np.array(["LEE", "NG"])}, people=None, rows=np.array([1])).text("last_name").tolist()
    ['NG']
    """

    texts: Mapping[str, Texts]
    people: People
    rows: Ints

    def text(self, field: str) -> Texts:
        """One field of these rows."""
        return self.texts[field][self.rows]

    def person(self, attribute: str) -> npt.NDArray[Any]:
        """One column of `People` for these rows."""
        column: npt.NDArray[Any] = getattr(self.people, attribute)
        return column[self.rows]


@dataclass(frozen=True)
class Dice:
    """Random numbers of one slip in one field of one file, independent of all other slips.

    >>> first, second = (Dice(Chance(1), np.arange(3), slip) for slip in ("title", "accents"))
    >>> first.whole("which", 100).tolist() == Dice(Chance(1), np.arange(3), "title").whole("which", 100).tolist()
    True
    >>> first.whole("which", 100).tolist() == second.whole("which", 100).tolist()
    False
    """

    chance: Chance
    keys: Ints
    slip: str

    def uniform(self, decision: str) -> Floats:
        """Numbers in [0, 1), one per record."""
        return self.chance.uniform(self.keys, f"{self.slip}/{decision}")

    def whole(self, decision: str, below: int | Ints) -> Ints:
        """Whole numbers from 0 to `below` - 1, one per record."""
        return self.chance.whole(self.keys, f"{self.slip}/{decision}", below)

    def matrix(self, decision: str, columns: int) -> Floats:
        """One row of numbers in (0, 1) per record."""
        return np.stack([self.uniform(f"{decision}/{column}") for column in range(columns)], axis=1) + 1e-12
