"""Random numbers keyed by (seed, person, decision).

With a sequential generator, one more typing error for the first patient would change the name of the
ten-thousandth. Here every number is a hash of the seed, the person and the name of the
decision, so that enabling one slip does not change anything else, and the first thousand people are the same
whether a thousand or a million are generated. The hash is splitmix64 (Steele, Lea and Flood, 2014), computed on
whole arrays. It has no state, so the registry does not depend on blocks or the number of threads.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def _mix(values: Keys, spare: Keys) -> None:
    """Mix in place. `spare` is a buffer of the same length, because allocating memory would take most of the time."""
    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        np.right_shift(values, np.uint64(shift), out=spare)
        np.bitwise_xor(values, spare, out=values)
        np.multiply(values, factor, out=values)
    np.right_shift(values, np.uint64(31), out=spare)
    np.bitwise_xor(values, spare, out=values)


@lru_cache(maxsize=4096)
def _number_of(decision: str) -> int:
    return int.from_bytes(hashlib.blake2b(decision.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True)
class Chance:
    """The random numbers of one registry: the same seed, person and decision give the same number.

    >>> import numpy as np
    >>> chance = Chance(seed=1)
    >>> people = np.arange(3)
    >>> chance.uniform(people, "sex").round(3).tolist()
    [0.741, 0.615, 0.11]
    >>> chance.uniform(people[2:], "sex").round(3).tolist()
    [0.11]
    """

    seed: int

    def bits(self, keys: Ints, decision: str) -> Keys:
        """64 random bits per key."""
        start = np.uint64((_number_of(decision) + self.seed * 0xD1342543DE82EF95) % 2**64)
        values = keys.astype(np.uint64) * _GOLDEN
        values += start
        spare = np.empty_like(values)
        _mix(values, spare)
        values ^= start
        _mix(values, spare)
        return values

    def uniform(self, keys: Ints, decision: str) -> Floats:
        """Numbers in [0, 1)."""
        return (self.bits(keys, decision) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def happens(self, keys: Ints, decision: str, probability: float | Floats) -> Bools:
        """True with the given probability, which is one for all keys or one per key."""
        return self.uniform(keys, decision) < probability

    def whole(self, keys: Ints, decision: str, below: int | Ints) -> Ints:
        """Whole numbers from 0 to `below` - 1."""
        return (self.uniform(keys, decision) * below).astype(np.int64)

    def normal(self, keys: Ints, decision: str) -> Floats:
        """Standard normal numbers (Box and Muller)."""
        radius: Floats = np.sqrt(-2 * np.log1p(-self.uniform(keys, decision + "/radius")))
        angle: Floats = 2 * np.pi * self.uniform(keys, decision + "/angle")
        return np.asarray(radius * np.cos(angle))

    def waiting(self, keys: Ints, decision: str) -> Floats:
        """Exponential waiting times with mean 1."""
        return -np.log1p(-self.uniform(keys, decision))

    def choice(self, keys: Ints, decision: str, weights: "npt.ArrayLike") -> Ints:
        """Positions drawn with the given weights."""
        steps = np.cumsum(np.asarray(weights, dtype=np.float64))
        return np.searchsorted(steps[:-1] / steps[-1], self.uniform(keys, decision), side="right")


def shuffled(numbers: Ints, bits: int, salt: int = 0) -> Ints:
    """A pseudorandom permutation of the numbers below 2**bits.

    Record numbers made this way reveal nothing about their person, and do not depend on the number of
    people.

    >>> import numpy as np
    >>> sorted(shuffled(np.arange(16), bits=4).tolist()) == list(range(16))
    True
    """
    mask, half = np.uint64(2**bits - 1), np.uint64(max(bits // 2, 1))
    values = numbers.astype(np.uint64) + np.uint64(salt % 2**bits) & mask
    for factor in (_GOLDEN, _FIRST, _SECOND):
        values = (values * (factor | np.uint64(1))) & mask
        values ^= values >> half
    return values.astype(np.int64)
