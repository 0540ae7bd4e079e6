"""The evidence model of the reference engine: how it is fitted and how probable each pattern is.

`evidence_weights` weighs pairs by it, and `evidence` is the entry.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from linkage.method.evidence_levels import (
    COUNTED,
    DOUBLES,
    HOUSEHOLD,
    NAMES,
    NAMESAKES,
    NAMESAKES_SSN,
    PRIOR_DEATHS,
    PRIOR_NAMESAKES,
    PRIOR_PAIRS,
    PRIOR_TIED,
    ROUNDS,
    SHARED_EXACT,
    START_SHARE,
    TIED,
    TWINS,
    TWINS_SSN,
    USUAL_EXACT,
    USUAL_EXACT_OTHERS,
    USUAL_RELATIVES,
    USUAL_SEXES,
    Weighed,
)
from linkage.reference.cascade import Vector
from linkage.reference.commonness import Commonness, Row
from linkage.reference.evidence_levels import Levels, PairLevels
from linkage.reference.evidence_reach import OTHER, KeyReach, Missed

PairOfIds = tuple[str, str]
_AS_ONE_PERSON: Mapping[str, frozenset[str]] = {
    "stranger": frozenset(),
    TWINS: frozenset({"last_name", "birth_date"}),
    TWINS_SSN: frozenset({"last_name", "birth_date"}),
    HOUSEHOLD: frozenset({"last_name"}),
    NAMESAKES: frozenset({*NAMES, "sex"}),
    NAMESAKES_SSN: frozenset({*NAMES, "sex"}),
}
"""Fields on which two people of a class agree as often as two records of one person."""


class FittedModel:
    """The evidence model, with its tables as lists."""

    def __init__(
        self,
        levels: PairLevels,
        drawn: Iterable[Vector],
        patients: Mapping[str, Row],
        deaths: Mapping[str, Row],
        ssn_digits: int,
    ) -> None:
        self.fields, self.place = levels.fields, levels.place
        self.with_slips = next((field.with_slips for field in self.fields if field.name == "full_name"), frozenset())
        self.all_pairs = float(len(patients)) * len(deaths)
        self.matches = START_SHARE * min(len(patients), len(deaths))
        self.compared = 0.0
        self.relatives: dict[str, float] = {}
        self.m = {field.name: _usual(field) for field in self.fields}
        self.common = {name: Commonness(name, patients.values(), deaths.values()) for name in COUNTED}
        seen = Counter(levels(vector) for vector in drawn)
        self.known = self._known(seen)
        self.u = {field.name: self._strangers(n, field, seen) for n, field in enumerate(self.fields)}
        for name, share in {**{n: self.common[n].same for n in COUNTED}, "ssn": 10.0**-ssn_digits}.items():
            self._set_exact(name, min(max(share, 1e-12), 0.5))
        if "full_name" in self.u:
            named = [self._crossed(level) for level in range(1, len(self.u["full_name"]))]
            self.u["full_name"] = [max(1 - sum(named), 1e-12), *named]
        self.u_sex_of_namesakes = self._sexes(seen)
        self.names_together = self._names_together([list(patients.values()), list(deaths.values())])

    def _known(self, seen: Counter[Levels]) -> dict[str, float]:
        """The share of pairs in which both values are known, by field."""
        pairs = sum(seen.values())
        return {
            field.name: (1 + sum(number for levels, number in seen.items() if levels[n] is not None)) / (1 + pairs)
            for n, field in enumerate(self.fields)
        }

    def _strangers(self, place: int, field: Weighed, seen: Counter[Levels]) -> list[float]:
        counts = [0.5] * len(field.levels)
        for levels, pairs in seen.items():
            if (level := levels[place]) is not None:
                counts[level] += pairs
        return [count / sum(counts) for count in counts]

    def _crossed(self, level: int) -> float:
        """How often strangers' names stand in each other's place."""
        near = 2 if level in self.with_slips else 1
        return max(sum(self.u["first_name"][:-1][:near]) * sum(self.u["last_name"][:-1][:near]), 1e-12)

    def _set_exact(self, name: str, exact: float) -> None:
        rest = self.u[name][1:]
        self.u[name] = [exact, *(share * (1 - exact) / max(sum(rest), 1e-12) for share in rest)]

    def _names_together(self, files: Sequence[Sequence[Row]]) -> float:
        """How many times as often as by chance strangers share both first and last name."""
        found, expected = 0.0, 0.0
        chance = self.common["first_name"].same * self.common["last_name"].same
        for rows in files:
            known = [tuple(row[n] for n in ("first_name", "last_name", "birth_date")) for row in rows]
            known = [values for values in known if all(values)]
            of_names, alike = Counter(values[:2] for values in known), Counter(known)
            found += sum(n * (n - 1) / 2 for n in of_names.values()) - sum(n * (n - 1) / 2 for n in alike.values())
            expected += len(known) * (len(known) - 1) / 2 * chance
        return max((found + PRIOR_NAMESAKES) / (expected + PRIOR_NAMESAKES), 1.0)

    def _sexes(self, seen: Counter[Levels]) -> list[float]:
        counts = list(USUAL_SEXES)
        for levels, pairs in seen.items():
            first, sex = levels[self.place["first_name"]], levels[self.place["sex"]]
            if first in (0, 1) and sex is not None:
                counts[sex] += pairs
        return [count / sum(counts) for count in counts]

    def chance(self, field: str, level: int, first: int | None, kind: str) -> float:
        """The probability of a level of one field in a class of pairs."""
        if kind == "match" or field in _AS_ONE_PERSON[kind]:
            return self.m[field][level]
        if field == "ssn" and kind in (TWINS_SSN, HOUSEHOLD, NAMESAKES_SSN):
            return SHARED_EXACT if level == 0 else (1 - SHARED_EXACT) / max(len(self.u[field]) - 1, 1)
        if field == "sex":
            if first in (0, 1):
                return self.u_sex_of_namesakes[level]
            return (2 * self.u[field][level] + (level == 0)) / 3 if kind in (TWINS, TWINS_SSN) else self.u[field][level]
        return self.u[field][level]

    def likelihood(self, levels: Levels, kind: str) -> float:
        """The probability of a pattern in a class of pairs."""
        first = levels[self.place["first_name"]]
        product = math.prod(
            self.chance(field.name, level, first, kind)
            for field, level in zip(self.fields, levels, strict=True)
            if level is not None
        )
        return product * self.together(levels) if kind == "stranger" else product

    def together(self, levels: Levels) -> float:
        names = [levels[self.place[name]] for name in NAMES[::2]]
        return self.names_together if names == [0, 0] else 1.0

    def fit(
        self,
        counts: Mapping[Levels, int],
        reach: KeyReach,
        least_and_most: Mapping[str, tuple[float, float]],
        shares: Mapping[str, float],
    ) -> None:
        """Fit the model by expectation-maximization over counts of patterns."""
        strangers = {levels: self.likelihood(levels, "stranger") for levels in counts}
        reached = {levels for levels in counts if reach.finds(levels)}
        counted = reached or set(counts)
        self.relatives = self._kept({kind: most for kind, (_, most) in least_and_most.items()}, least_and_most, shares)
        for _ in range(ROUNDS):
            others = max(self.all_pairs - self.matches - sum(self.relatives.values()), 1.0)
            found: dict[str, float] = defaultdict(float)
            by_key = 0.0
            by_level = {field.name: [share * PRIOR_PAIRS for share in _usual(field)] for field in self.fields}
            for levels, pairs in counts.items():
                parts = {kind: number * self.likelihood(levels, kind) for kind, number in self.relatives.items()}
                parts["match"] = self.matches * self.likelihood(levels, "match")
                total = max(sum(parts.values()) + others * strangers[levels], 1e-300)
                for kind, part in parts.items():
                    found[kind] += part / total * pairs
                if levels in counted:
                    by_key += parts["match"] / total * pairs
                    self._add(by_level, levels, parts["match"] / total * pairs)
            self.compared, matches = found["match"], max(by_key, 0.5)
            matches, missed = reach.missed(matches, self.m) if reached else (matches, [])
            self._add_missed(by_level, missed)
            self.m = {name: [float(one / sum(each)) for one in each] for name, each in by_level.items()}
            self.matches = matches
            self.relatives = self._kept(found, least_and_most, shares)

    def _add(self, by_level: Mapping[str, list[float]], levels: Levels, pairs: float) -> None:
        for field, level in zip(self.fields, levels, strict=True):
            if level is not None:
                by_level[field.name][level] += pairs

    def _add_missed(self, by_level: Mapping[str, list[float]], missed: Missed) -> None:
        for pattern, pairs in missed:
            for field, level in zip(self.fields, pattern, strict=True):
                m = self.m[field.name]
                if level is not None and (level != OTHER or field.name == "full_name"):
                    by_level[field.name][level] += pairs
                elif level is not None:
                    for other in range(1, len(m)):
                        by_level[field.name][other] += pairs * m[other] / (1 - m[0])

    @staticmethod
    def _kept(
        found: Mapping[str, float], least_and_most: Mapping[str, tuple[float, float]], shares: Mapping[str, float]
    ) -> dict[str, float]:
        kept = {kind: min(max(found.get(kind, 0.0), low), high) for kind, (low, high) in least_and_most.items()}
        return kept | {kind: kept[TIED[kind][0]] * share for kind, share in shares.items()}

    def relatives_per_death(self, others: Mapping[Levels, int], sure: int, patients: int) -> dict[str, float]:
        """The relatives of each kind among the patients per death, estimated from deaths with a sure match."""
        rates, doubles = dict(USUAL_RELATIVES), DOUBLES
        if not others:
            return {kind: rate * PRIOR_DEATHS / (PRIOR_DEATHS + sure) for kind, rate in rates.items()}
        chances = {levels: {kind: self.likelihood(levels, kind) for kind in rates} for levels in others}
        again = {levels: self.likelihood(levels, "match") for levels in others}
        strangers = {levels: patients * self.likelihood(levels, "stranger") for levels in others}
        for _ in range(ROUNDS):
            found: dict[str, float] = defaultdict(float)
            for levels, pairs in others.items():
                parts = {kind: rates[kind] * chance for kind, chance in chances[levels].items()}
                parts["doubles"] = doubles * again[levels]
                total = max(sum(parts.values()) + strangers[levels], 1e-300)
                for kind, part in parts.items():
                    found[kind] += part / total * pairs
            doubles = (found["doubles"] + DOUBLES) / max(sure, 1)
            rates = {k: (found[k] + USUAL_RELATIVES[k] * PRIOR_DEATHS) / (sure + PRIOR_DEATHS) for k in rates}
        return rates

    @staticmethod
    def limits(
        rates: Mapping[str, float], sure: int, deaths: int
    ) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
        """The least and greatest number of relatives of each kind, and the shares of kinds that depend on another."""
        counted = {kind: rate * (sure + PRIOR_DEATHS) for kind, rate in rates.items()}
        limits = {}
        for kind in (kind for kind in rates if kind not in TIED):
            most = (counted[kind] + 2 * math.sqrt(counted[kind] + 1)) / (sure + PRIOR_DEATHS)
            least = rates[kind] * (deaths if kind == NAMESAKES else sure)
            limits[kind] = (least, rates[kind] * sure + most * max(deaths - sure, 0))
        shares = {
            kind: (counted[kind] + share * PRIOR_TIED) / (counted[other] + PRIOR_TIED)
            for kind, (other, share) in TIED.items()
        }
        return limits, shares


def _usual(field: Weighed) -> list[float]:
    """The prior of the agreement of two records of one person: each further level is half as likely."""
    exact, others = USUAL_EXACT.get(field.name, USUAL_EXACT_OTHERS), len(field.levels) - 1
    halves = [2.0 ** (others - place) for place in range(others)]
    return [exact, *((1 - exact) * half / sum(halves) for half in halves)]
