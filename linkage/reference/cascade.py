"""The decisions of the reference engine: agreement, rules, plausibility in time, and the rules applied in order.

A pair is given by its row of the comparison vectors: for each field one column (1 equal,
0 different, NaN not known), and one column per measure (NaN if either side is not known).
"""

import calendar
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Protocol

from linkage.reference.frames import by_id
from linkage.rules.cascade import EXACT, NOT_KNOWN, Cascade, Field, Level, Line, Plausibility, Rule
from linkage.values.measures import MEASURES

Vector = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of records that satisfies some rule, with the person behind each and its closeness."""

    patient_id: str
    death_id: str
    patient: str
    death: str
    rules: frozenset[int]
    closeness: tuple[int, ...]

    @property
    def ids(self) -> tuple[tuple[int, str], tuple[int, str]]:
        """The sort key by which equally close pairs are ordered."""
        return by_id(self.patient_id), by_id(self.death_id)


@dataclass(frozen=True, slots=True)
class Assigned:
    """A pair with the rule that linked or held it. `tie` says whether it was linked only because of the lowest id, or
    held in a tie."""

    pair: Pair
    rule: str
    tie: bool


@dataclass(slots=True)
class Walk:
    """The state while rules are applied: the links and held ties so far, and the patients and deaths in them."""

    links: list[Assigned] = field(default_factory=list)
    tied: list[Assigned] = field(default_factory=list)
    patients: set[str] = field(default_factory=set)
    deaths: set[str] = field(default_factory=set)

    def free(self, pair: Pair) -> bool:
        """Whether neither the patient nor the death is linked or held."""
        return pair.patient not in self.patients and pair.death not in self.deaths

    def link(self, pairs: Iterable[Pair], rule: str, *, tie: bool) -> None:
        """Link the pairs in order, skipping those that are no longer free."""
        for pair in pairs:
            if self.free(pair):
                self.links.append(Assigned(pair, rule, tie))
                self._use(pair)

    def hold(self, pairs: Iterable[Pair], rule: str) -> None:
        """Hold all pairs of a tie for review: their patients and deaths are not available to later rules."""
        for pair in pairs:
            self.tied.append(Assigned(pair, rule, tie=True))
            self._use(pair)

    def _use(self, pair: Pair) -> None:
        self.patients.add(pair.patient)
        self.deaths.add(pair.death)


def measure_column(field_name: str, measure: str) -> str:
    """The column of the comparison vectors that holds a measure of a field.

    >>> measure_column("last_name", "sounds_alike")
    'last_name sounds_alike'
    """
    return f"{field_name} {measure}"


def _met(field_name: str, line: Line, vector: Vector) -> bool:
    value = vector[measure_column(field_name, line.measure)]
    return not math.isnan(value) and line.holds(value)


def _meets_level(field_name: str, level: Level, vector: Vector) -> bool:
    return vector[field_name] == 1 or any(_met(field_name, line, vector) for line in level.lines)


def closeness(compared: Field, vector: Vector) -> int:
    """The closeness of a pair on one field; smaller is closer. It is ordered by level (exact, the named levels in the
    order of the file, not known, disagree), then by the line that met the level, then by the value of its measure.
    """
    if vector[compared.name] == 1:
        return 0
    for number, level in enumerate(compared.levels, start=1):
        for position, line in enumerate(level.lines):
            if _met(compared.name, line, vector):
                value = vector[measure_column(compared.name, line.measure)]
                return number * 10_000_000 + position * 100_000 + _value_code(line, value)
    return (_not_known_number(compared) + (not math.isnan(vector[compared.name]))) * 10_000_000


def _not_known_number(compared: Field) -> int:
    return len(compared.levels) + 1


def _value_code(line: Line, value: float) -> int:
    way = MEASURES[line.measure].limit
    if way is None:
        return 0
    if line.measure in ("prefix_letters", "first_letters", "parts_agree"):
        return 100 - int(value)
    return 10_000 - math.floor(value * 10_000 + 0.5) if way == "at_least" else int(value)


def condition_holds(compared: Field, wanted: Iterable[str], vector: Vector) -> bool:
    """Whether the agreement of a pair on a field is one of the wanted ones."""
    named = {level.name: level for level in compared.levels}
    for way in wanted:
        if way == EXACT:
            holds = vector[compared.name] == 1
        elif way == NOT_KNOWN:
            holds = closeness(compared, vector) == _not_known_number(compared) * 10_000_000
        else:
            holds = _meets_level(compared.name, named[way], vector)
        if holds:
            return True
    return False


def rules_held(cascade: Cascade, vector: Vector) -> frozenset[int]:
    """The positions of all rules that a pair satisfies."""

    def holds(rule: Rule) -> bool:
        return all(condition_holds(cascade.fields[one.field], one.levels, vector) for one in rule.agree)

    return frozenset(position for position, rule in enumerate(cascade.rules) if holds(rule))


Names = Mapping[str, Any]
"""The standardized fields of a record."""


def bearers(records: Iterable[Names], asked: Iterable[str]) -> dict[str, Counter[str]]:
    """The number of records with each value of the given fields.

    >>> bearers([{"last_name": "LEE"}, {"last_name": "LEE"}, {"last_name": None}], ["last_name"])
    {'last_name': Counter({'LEE': 2})}
    """
    rows = list(records)
    return {name: Counter(value for row in rows if (value := _borne(row, name))) for name in asked}


def _borne(row: Names, name: str) -> str | None:
    if name != "full_name":
        return row[name] or None
    return f"{row['first_name']} {row['last_name']}" if row["first_name"] and row["last_name"] else None


def is_rare_enough(rule: Rule, sides: Iterable[Names], counts: Mapping[str, Counter[str]]) -> bool:
    """Whether the names of both records are on no more records than the rule allows."""
    rows = list(sides)
    for rarity in rule.rare:
        values = [_borne(row, rarity.field) for row in rows]
        if not all(value and counts[rarity.field][value] <= rarity.at_most for value in values):
            return False
    return True


class Weight(Protocol):
    """The weight of a pair."""

    @property
    def millionths(self) -> int:
        """The probability of the pair, in millionths."""


def is_probable_enough(rule: Rule, weight: Weight | None) -> bool:
    """Whether a pair reaches the probability that the rule requires; a pair without a weight does not."""
    if rule.probability is None:
        return True
    return weight is not None and weight.millionths >= round(rule.probability * 1_000_000, 6)


def keep_unique(pairs: Sequence[Pair], rules: Sequence[Rule]) -> list[Pair]:
    """Remove from each pair the rules that require a unique pair if it is not the only one of its patient and death."""
    kept = list(pairs)
    for position in (place for place, rule in enumerate(rules) if rule.unique):
        people = {(pair.patient, pair.death) for pair in pairs if position in pair.rules}
        patients, deaths = (Counter(person[side] for person in people) for side in (0, 1))
        kept = [
            pair if patients[pair.patient] == deaths[pair.death] == 1 else replace(pair, rules=pair.rules - {position})
            for pair in kept
        ]
    return [pair for pair in kept if pair.rules]


def why_impossible(
    patient: Mapping[str, Any], death: Mapping[str, Any], last_contact: date | None, limits: Plausibility
) -> str | None:
    """Why this death is impossible in time for this patient; None if it is possible. Unknown dates exclude nothing.

    >>> born_1950 = {"birth_date_partial": "19500000"}
    >>> why_impossible(born_1950, {"death_date_partial": "19490600"}, None, Plausibility())
    'death before birth'
    """
    died, born = death["death_date_partial"], patient["birth_date_partial"]
    if died is None:
        return None
    latest = _latest_day(died)
    if last_contact and latest < last_contact - timedelta(days=limits.contact_tolerance_days):
        return "death before last contact"
    if born and latest < _earliest_day(born):
        return "death before birth"
    if born and int(died[:4]) - int(born[:4]) > limits.oldest_age_years:
        return "impossible age"
    return None


def _earliest_day(digits: str) -> date:
    return date(int(digits[:4]), int(digits[4:6]) or 1, int(digits[6:]) or 1)


def _latest_day(digits: str) -> date:
    year, month = int(digits[:4]), int(digits[4:6]) or 12
    return date(year, month, int(digits[6:]) or calendar.monthrange(year, month)[1])


def walk(pairs: Sequence[Pair], rules: Sequence[Rule], ties: str) -> Walk:
    """Apply the rules in order, each to patients and deaths that are not yet linked or held; within a rule, the closest
    pairs come first. `ties` is "review" or "lowest_id".
    """
    done = Walk()
    for position, rule in enumerate(rules):
        free = [pair for pair in pairs if position in pair.rules and done.free(pair)]
        for _, group in groupby(_best_of_people(free), key=lambda pair: pair.closeness):
            _assign_equals([pair for pair in group if done.free(pair)], rule.id, ties, done)
    return done


def _best_of_people(pairs: Iterable[Pair]) -> list[Pair]:
    """The closest pair of records for each patient and death (as persons), closest first."""
    best: dict[tuple[str, str], Pair] = {}
    for pair in sorted(pairs, key=lambda pair: (pair.closeness, pair.ids)):
        best.setdefault((pair.patient, pair.death), pair)
    return list(best.values())


def _assign_equals(pairs: list[Pair], rule: str, ties: str, done: Walk) -> None:
    """Among equally close pairs, link those without a rival; then hold or link the ties."""
    patients = Counter(pair.patient for pair in pairs)
    deaths = Counter(pair.death for pair in pairs)
    alone: list[Pair] = []
    contested: list[Pair] = []
    # A person with several records is identified by the lowest id, whichever record was the closest.
    for pair in sorted(pairs, key=lambda pair: (by_id(pair.patient), by_id(pair.death))):
        (alone if patients[pair.patient] == deaths[pair.death] == 1 else contested).append(pair)
    done.link(alone, rule, tie=False)
    if ties == "review":
        done.hold(contested, rule)
    else:
        done.link(contested, rule, tie=True)
