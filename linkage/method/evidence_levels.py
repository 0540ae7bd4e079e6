"""What the evidence model uses of a pair: the levels of its fields, and the constants of the model.

The engines share this module as they share the rule file, and compute levels and weights in their own code.
docs/decisions/0020-constants-of-the-model.md gives the reason for the constants, and the effect of halving and doubling
most of them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linkage.rules.cascade import EXACT, Cascade, Field, Line

DISAGREE, NONE = "disagree", "none"
NAMES = ("first_name", "middle_name", "last_name")
COUNTED = ("first_name", "last_name", "middle_name", "birth_date")
"""Fields in which a common value weighs less than a rare one. Two persons can share such a value by chance."""
TOGETHER = (("first_name", "last_name"), ("first_name", "middle_name"), ("last_name", "middle_name"))
"""Names that strangers can share more often than by chance, because both have one origin, or one name follows from the
other: a patronymic, or the second surname of a family."""
BUCKETS, STEPS_PER_BIT = 64, 2
"""How common a value is, in buckets of half a bit: bucket 20 is a value on 1 of 2 to the power of 10 records."""
RARITY_FIELDS = ("first_name", "last_name")
"""Names of which two that are similar but not equal also weigh by how rare the rarer of them is."""
RARITY_STEPS = 4
"""The buckets in one class of rarity: 4 are 2 bits, so that names of one class differ in frequency by a factor of 4."""
RARITIES = BUCKETS // RARITY_STEPS
LESS_BY_CLASS = 2 ** (RARITY_STEPS // STEPS_PER_BIT)
"""How much less frequent a name is than one of the class before."""
MANY_VALUES = 10
"""The number of values with the same frequency from which the Good-Turing estimate applies."""
SAMPLED = 400
"""The approximate number of records drawn from each file; all pairs of them are compared to estimate chance
agreement."""
HASH_DIGITS = 6
"""Hexadecimal digits of the hash of an id by which records are drawn."""
PER_BIT = 1000
"""Weights are whole thousandths of a bit, so that sums do not depend on their order."""
ONE = 2**16
"""The whole number that represents odds of 1."""
MOST_BITS, LEAST_BITS = 28, -18
"""Odds beyond these limits are truncated, which keeps sums of odds far below 2 to the power of 53."""
ROUNDS = 100
"""Rounds of expectation-maximization: a fixed number, so that no convergence threshold decides when it ends."""
USUAL_EXACT = {"ssn": 0.9, "sex": 0.98, "suffix": 0.9, "full_name": 0.985, "birth_date": 0.9}
USUAL_EXACT_OTHERS = 0.85
"""How often two records of one person usually agree exactly, by field."""
PRIOR_PAIRS = 20.0
"""The weight of the usual agreement within a person, as a number of pairs: it matters if a file has few. Also the
weight of the assumption that the rarity of similar names has the same distribution at every level, and for one person
as for strangers, and the number of records without a partner that are added to each file."""
PRIOR_NAMESAKES = 5.0
"""The weight of the assumption that names are independent, as a number of pairs of strangers with one full name."""
SHARED_EXACT = 0.97
"""The probability that a relative's SSN, entered in error, agrees exactly: without a further mistake."""
SIMILAR_TWINS = 0.05
"""The share of twins with similar first names, such as MARIA and MARIE, when records are joined as of one person."""
ADJACENT = 0.3
"""The share of twins whose SSNs differ in one digit: numbers that are issued together follow each other."""
A_GENERATION = 0.95
"""The share of namesakes of two generations whose birth dates are a generation apart, of those whose dates are not
similar. The others are grandchildren, nephews, and sons of very young or old fathers."""
USUAL_SEXES = (10.0, 0.5)
"""Prior for the agreement on sex of strangers with the same first name, as numbers of pairs that agree and do not."""
START_SHARE = 0.3
"""The share of records of the smaller file that are assumed to have a partner in the other, before the first round."""
LEAST_REACH = 0.5
"""The least share of the pairs of one person that the blocking keys are assumed to find. How many they miss follows
from the error rates of the fields if errors are independent. If every pair has exactly one error, as in some test data,
they are not, and without this limit a file would seem to hold ever more matches."""
EITHER_ORDER = ("names_in_either_order", "initials_in_either_order")
"""Parts of blocking keys in which first and last name may be swapped."""
IMPLIED_PARTS: Mapping[str, tuple[str, ...]] = {
    "first_and_last_swapped": EITHER_ORDER,
    "swapped_with_slips": ("initials_in_either_order",),
    "middle_name_as_first": ("last_name", "last_name_sound", "last_name_initial"),
}
"""Parts of blocking keys that agree whenever a measure of the full name holds."""
PARTS_OF_DATES = ("birth_year", "birth_month")
"""Parts of blocking keys that agree if so many parts of two partial birth dates do."""
PARTIAL_DATE = "partial_date"
"""In the code of a pair: whether one of two birth dates that can be compared is partial."""
LEAST_PARTIAL, LEAST_COMPLETE = 1e-6, 1 / 400
"""The least share of pairs that are assumed to have a partial birth date, and the least assumed to have two complete
ones: a share that is smaller than one record of `SAMPLED` cannot be estimated."""

STRIKING_KEYS = (
    ("ssn",),
    ("birth_date",),
    ("first_name", "last_name", "birth_year"),
    ("first_name", "last_name", "birth_month", "birth_day"),
)
"""A pair whose dates are impossible is weighed only if it agrees on one of these keys. With less agreement, it is more
probable that the records are of two people than that a date is wrong. docs/decisions/0028-impossible-pairs.md."""

MOST_WEIGHED, RECORDS_PER_WEIGHED = 300_000, 4
"""The most pairs of one key that are weighed: this number, or if it is more, one pair for every four records of the
smaller file. docs/decisions/0026-dense-blocks.md shows what the limit saves and loses."""

TWINS, TWINS_SSN = "twins", "twins with one SSN"
HOUSEHOLD = "household with one SSN"
NAMESAKES, NAMESAKES_SSN = "namesakes", "namesakes with one SSN"
USUAL_RELATIVES = {TWINS: 2e-3, TWINS_SSN: 4e-5, HOUSEHOLD: 2e-3, NAMESAKES: 2e-3, NAMESAKES_SSN: 2e-4}
"""Assumed relatives of each kind among the patients per death, before any are counted."""
PRIOR_DEATHS = 100.0
"""The weight of the assumed number of relatives, as a number of deaths with a known partner."""
TIED = {TWINS_SSN: (TWINS, 0.02), NAMESAKES_SSN: (HOUSEHOLD, 0.1)}
"""Kinds that look like pairs of one person with a replaced name or date. Their number is estimated only from their
usual ratio to another kind."""
PRIOR_TIED = 20.0
"""The weight of that ratio, as a number of relatives of the other kind."""
DOUBLES = 1e-3
"""Assumed further records of a person among the patients per death, before any are counted."""
JOINED_ODDS = 9
"""The odds above which a pair shows that a record is a further record of a person: a probability above 0.9."""
LEAST_ALONE = 0.1
"""The least share of each file's records that is assumed to have no partner in the other: their number is only
estimated. docs/decisions/0031-records-without-a-partner.md."""
SURE_MILLIONTHS = 990_000
"""When relatives are counted, pairs with at least this probability that also agree on names and on a number are taken
as pairs of one person."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A field in the model: its levels of agreement, closest first; the last is disagreement.

    The full name has a level only for swapped names; its first level is that they are not swapped. `with_slips` are the
    positions of the levels whose names need not be equal; `generation` is that of birth dates a generation apart.
    `partial` has the positions of the levels of partial birth dates, each with the parts of blocking keys that then
    agree.
    """

    name: str
    levels: tuple[str, ...]
    with_slips: frozenset[int] = frozenset()
    generation: int | None = None
    partial: tuple[tuple[int, tuple[str, ...]], ...] = ()

    @property
    def as_known(self) -> list[int]:
        """The levels at which two values agree as far as both are known: exact, and those of partial dates."""
        return [0, *(level for level, _ in self.partial)]


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
    apart = (n for n, level in enumerate(field.levels, start=1) if any(map(_is_of_generations, level.lines)))
    parts = ((n, _parts_that_agree(level.lines)) for n, level in enumerate(field.levels, start=1))
    partial = tuple((n, found) for n, found in parts if found)
    return Weighed(field.name, (EXACT, *named, DISAGREE), generation=next(apart, None), partial=partial)


def _parts_that_agree(lines: Sequence[Line]) -> tuple[str, ...]:
    """The parts of blocking keys that agree if a level of partial dates is met; empty for other levels."""
    if any(line.measure != "parts_agree" for line in lines):
        return ()
    return PARTS_OF_DATES[: math.ceil(min(line.limit or 0 for line in lines))]


def _is_of_generations(line: Line) -> bool:
    return line.measure == "a_generation_apart"


def _allows_slips(line: Line) -> bool:
    return line.measure not in ("first_and_last_swapped", "middle_name_as_first")


def digits(fields: Sequence[Weighed]) -> list[tuple[str, int]]:
    """The parts of a code, lowest first, each with its number of possible values."""
    levels = [(field.name, len(field.levels) + 1) for field in fields]  # one more value for not known
    return [*levels, *((f"{name}_bucket", BUCKETS) for name in COUNTED), (PARTIAL_DATE, 2)]
