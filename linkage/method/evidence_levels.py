"""What the model of evidence sees of a pair: the levels of its fields, and the constants of the model.

Shared by the engines as the rule file is: each works out levels and numbers by its own code. What happens when a
constant is halved or doubled is told in docs/decisions/0020-constants-of-the-model.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.rules.cascade import EXACT, Cascade, Field, Line

DISAGREE, NONE = "disagree", "none"
NAMES = ("first_name", "middle_name", "last_name")
COUNTED = ("first_name", "last_name", "middle_name", "birth_date")
"""Fields of which a common value weighs less than a rare one. Two persons may share them by chance."""
BUCKETS, STEPS_PER_BIT = 64, 2
"""How common a value is, in half bits: bucket 20 is a value on one of 2 to the power of 10 records."""
MANY_VALUES = 10
"""From so many values on the same number of records, the estimate of Good and Turing tells how common they are."""
SAMPLED = 400
"""About so many records of each file are drawn, and every pair of them compared, to see how strangers agree."""
HASH_DIGITS = 6
"""Hexadecimal digits of the hash of an id by which records are drawn."""
PER_BIT = 1000
"""Weights are whole thousandths of a bit, so that sums do not depend on their order."""
ONE = 2**16
"""Odds of 1, as the whole number that stands for them."""
MOST_BITS, LEAST_BITS = 28, -18
"""Odds beyond these limits are cut off, which keeps sums of odds far below 2 to the power of 53."""
ROUNDS = 100
"""Rounds of expectation-maximisation: always as many, so that no threshold decides when it ends."""
USUAL_EXACT = {"ssn": 0.9, "sex": 0.98, "suffix": 0.9, "full_name": 0.985, "birth_date": 0.9}
USUAL_EXACT_OTHERS = 0.85
"""How often two records of one person usually agree exactly, by field."""
PRIOR_PAIRS = 20.0
"""The weight of the usual agreement of one person's records, as so many pairs: it decides where a file has few."""
PRIOR_NAMESAKES = 5.0
"""The weight of independent names, as so many pairs of strangers of one full name."""
SHARED_EXACT = 0.97
"""A relative's number, where it was entered, stands there as it is."""
USUAL_SEXES = (10.0, 0.5)
"""How strangers of one first name agree on the sex, as so many pairs that agree and that do not."""
START_SHARE = 0.3
"""The share of the smaller file of which the partner is in the other, before the first round."""

TWINS, TWINS_SSN = "twins", "twins with one SSN"
HOUSEHOLD = "household with one SSN"
NAMESAKES, NAMESAKES_SSN = "namesakes", "namesakes with one SSN"
USUAL_RELATIVES = {TWINS: 2e-3, TWINS_SSN: 4e-5, HOUSEHOLD: 2e-3, NAMESAKES: 2e-3, NAMESAKES_SSN: 2e-4}
"""Relatives of each kind among the patients, for one death, before any are counted."""
PRIOR_DEATHS = 100.0
"""The weight of the usual number of relatives, as so many deaths of which the partner is known."""
TIED = {TWINS_SSN: (TWINS, 0.02), NAMESAKES_SSN: (HOUSEHOLD, 0.1)}
"""Kinds that look like one person's pairs with a replaced name or date, so that only their usual share of another kind
tells how many there are."""
PRIOR_TIED = 20.0
"""The weight of that share, as so many relatives of the other kind."""
DOUBLES = 1e-3
"""Further records of a person among the patients, for one death, before any are counted."""
SURE_MILLIONTHS = 990_000
"""Pairs of this probability, which also agree on names and on a number, are taken to be one person's when relatives are
counted."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A field as the model sees it: its levels of agreement, closest first, of which the last is disagreement.

    The full name has a level only where names stand in each other's place; its first level is that they do not.
    `with_slips` are the places of its levels whose names need not be the same.
    """

    name: str
    levels: tuple[str, ...]
    with_slips: frozenset[int] = frozenset()


def weighed_fields(cascade: Cascade) -> tuple[Weighed, ...]:
    """The fields that are weighed, in the order of the rule file's fields.

    >>> from linkage.rules.file import read_rules
    >>> [field.name for field in weighed_fields(read_rules("exact"))][:3]
    ['first_name', 'middle_name', 'last_name']
    """
    return tuple(_weighed(field) for field in cascade.fields.values() if field.name != "full_name" or field.levels)


def _weighed(field: Field) -> Weighed:
    named = [level.name for level in field.levels]
    if field.name == "full_name":
        slips = (n for n, level in enumerate(field.levels, start=1) if any(map(_allows_slips, level.lines)))
        return Weighed(field.name, (NONE, *named), frozenset(slips))
    return Weighed(field.name, (EXACT, *named, DISAGREE))


def _allows_slips(line: Line) -> bool:
    return line.measure not in ("first_and_last_swapped", "middle_name_as_first")


def digits(fields: Sequence[Weighed]) -> list[tuple[str, int]]:
    """What a code is made of, the lowest first: each part with how many values it can have."""
    levels = [(field.name, len(field.levels) + 1) for field in fields]  # not known is one value more
    return levels + [(f"{name}_bucket", BUCKETS) for name in COUNTED]
