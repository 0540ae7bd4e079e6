"""Social Security numbers that belong to no real person: areas 900 to 998, which are never issued.

A synthetic registry must not contain a real person's number even by chance, so every number starts with 9.
The only other numbers in the files are well-known dummies (such as 123-45-6789), which clerks enter if
the number is not known.

The range has 98 million numbers. Patients and the first strangers get even ones; odd ones are reserved for
twins, who sometimes have consecutive numbers, until the even ones are used up. A registry of a hundred million
deaths (`national`) then uses the odd ones too, and the last few million strangers
have no number.
"""

import numpy as np

from synthetic.chance import Bools, Chance, Ints

AREAS, GROUPS, SERIALS = 99, 99, 9_998  # areas 900-998, groups 01-99, serials 0001-9998
CAPACITY = AREAS * GROUPS * SERIALS
_HALF = CAPACITY // 2
_FIRST_STRANGER = 2**22  # patients have smaller indices
_STRIDE = 30_262_043  # prime, so every number is used once; about 0.618 of a half, so that numbers are spread well
NONE = 0


def _written(place: Ints) -> Ints:
    area, rest = np.divmod(place, GROUPS * SERIALS)
    group, serial = np.divmod(rest, SERIALS)
    return np.asarray((900 + area) * 1_000_000 + (1 + group) * 10_000 + (1 + serial))


def assigned_number(chance: Chance, key: Ints, never: Bools) -> Ints:
    """The number of each person, unique among people; `NONE` for those who `never` had one.

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
    """The number of a relative who is not in the files, which no other person has."""
    return _written(2 * chance.whole(key, "ssn/unlisted", _HALF) + 1)


def neighbor(number: Ints) -> Ints:
    """The next number, for twins who were registered together."""
    return np.where(number == NONE, NONE, number + 1)
