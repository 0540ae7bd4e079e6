"""Social Security numbers that can belong to nobody: area 900 to 998, which is never issued.

A synthetic registry must not name a living person even by chance, so every person's number starts with 9.
The only other numbers in the files are famous dummies (123-45-6789 and its like), which clerks type when
they know none.

The range holds 98 million numbers. Patients and the first strangers take even ones; odd ones are left for
twins, whose numbers are sometimes neighbours, until the even ones run out. A registry of a hundred million
deaths (`national`) then hands out the odd ones too, and the few million strangers who come after those
have no number at all.
"""

import numpy as np

from synthetic.chance import Bools, Chance, Ints

AREAS, GROUPS, SERIALS = 99, 99, 9_998  # areas 900-998, groups 01-99, serials 0001-9998
CAPACITY = AREAS * GROUPS * SERIALS
_HALF = CAPACITY // 2
_FIRST_STRANGER = 2**22  # patients have smaller indices
_STRIDE = 30_262_043  # prime, so it visits every number once; about 0.618 of a half, so that it scatters well
NONE = 0


def _written(place: Ints) -> Ints:
    area, rest = np.divmod(place, GROUPS * SERIALS)
    group, serial = np.divmod(rest, SERIALS)
    return np.asarray((900 + area) * 1_000_000 + (1 + group) * 10_000 + (1 + serial))


def assigned_number(chance: Chance, key: Ints, never: Bools) -> Ints:
    """The number of each person, or `NONE` for those who `never` had one: no two people share a number.

    >>> import numpy as np
    >>> numbers = assigned_number(Chance(1), np.arange(1000), np.zeros(1000, dtype=bool))
    >>> len(set(numbers.tolist())), int(numbers.min()) >= 900_000_000
    (1000, True)
    """
    index = key % 2**40 + np.where(key >= 2**40, _FIRST_STRANGER, 0)
    offset = int(chance.whole(np.array([0]), "ssn/offset", _HALF)[0])
    place = 2 * ((index % _HALF * _STRIDE + offset) % _HALF) + index // _HALF
    return np.where(never | (index >= 2 * _HALF), NONE, _written(np.minimum(place, CAPACITY - 1)))


def unlisted_number(chance: Chance, key: Ints) -> Ints:
    """A number that no listed person was given: that of a relative outside the files."""
    return _written(2 * chance.whole(key, "ssn/unlisted", _HALF) + 1)


def neighbour(number: Ints) -> Ints:
    """The next number, as twins registered together sometimes have."""
    return np.where(number == NONE, NONE, number + 1)
