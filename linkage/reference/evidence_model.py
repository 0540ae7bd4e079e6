"""The evidence model of the reference engine: how it is fitted and how probable each pattern is.

`evidence_weights` weighs pairs by it, and `evidence` is the entry.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from linkage.method.evidence_levels import (
    A_GENERATION,
    ADJACENT,
    COUNTED,
    HOUSEHOLD,
    NAMES,
    NAMESAKES,
    NAMESAKES_SSN,
    PRIOR_NAMESAKES,
    PRIOR_PAIRS,
    RARITY_FIELDS,
    ROUNDS,
    SHARED_EXACT,
    START_SHARE,
    STEPS_PER_BIT,
    TIED,
    TOGETHER,
    TWINS,
    TWINS_SSN,
    USUAL_SEXES,
    Weighed,
)
from linkage.reference.cascade import Vector
from linkage.reference.commonness import Commonness, Row
from linkage.reference.evidence_levels import Levels, PairLevels
from linkage.reference.evidence_prior import complete_dates, usual
from linkage.reference.evidence_reach import OTHER, KeyReach, Missed
from linkage.reference.rarity import Rarity, RarityShares, rarity_of, rarity_shares

PairOfIds = tuple[str, str]
Agreed = tuple[Levels, tuple[float, ...], Rarity]
"""The agreement of a pair, the frequencies of its values in the order of `COUNTED` (1 if they do not agree), and the
rarity of similar names."""
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
        drawn: Mapping[PairOfIds, Vector],
        patients: Mapping[str, Row],
        deaths: Mapping[str, Row],
        ssn_digits: int,
    ) -> None:
        self.fields, self.place, self.pair_levels = levels.fields, levels.place, levels
        self.with_slips = next((field.with_slips for field in self.fields if field.name == "full_name"), frozenset())
        self.all_pairs = float(len(patients)) * len(deaths)
        self.matches = START_SHARE * min(len(patients), len(deaths))
        self.compared = 0.0
        self.relatives: dict[str, float] = {}
        self.similar_twins = 0.0
        self.common = {name: Commonness(name, patients.values(), deaths.values()) for name in COUNTED}
        strangers = [self.agreed(levels(vector), patients[one], deaths[two]) for (one, two), vector in drawn.items()]
        seen = Counter(levels for levels, *_ in strangers)
        self.known = self._known(seen)
        born = [patients[one]["birth_date"] and deaths[two]["birth_date"] for one, two in drawn]
        self.complete_dates = complete_dates(levels, [found for found, *_ in strangers], born)
        self.m = {field.name: usual(field, self.complete_dates) for field in self.fields}
        self.u = {field.name: self._strangers(n, field, seen) for n, field in enumerate(self.fields)}
        same = {**{n: self.common[n].same for n in COUNTED}, "ssn": 10.0**-ssn_digits}
        for name, share in {**same, "birth_date": same["birth_date"] * self.complete_dates}.items():
            self._set_exact(name, min(max(share, 1e-12), 0.5))
        if "full_name" in self.u:
            named = [self._crossed(level) for level in range(1, len(self.u["full_name"]))]
            self.u["full_name"] = [max(1 - sum(named), 1e-12), *named]
        self.u_rarity = rarity_shares(levels, ((found, rare, 1) for found, _, rare in strangers))
        self.m_rarity = self.u_rarity
        self.u_sex_of_namesakes = self._sexes(seen)
        files = [list(patients.values()), list(deaths.values())]
        self.names_together = {f"{one}+{other}": self._names_together(one, other, files) for one, other in TOGETHER}

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

    def _names_together(self, one: str, other: str, files: Sequence[Sequence[Row]]) -> float:
        """How many times as often as by chance strangers share both of two names."""
        found, expected = 0.0, 0.0
        chance = self.common[one].same * self.common[other].same
        for rows in files:
            known = [tuple(row[n] for n in (one, other, "birth_date")) for row in rows]
            known = [values for values in known if all(values)]
            of_names, alike = Counter(values[:2] for values in known), Counter(known)
            found += sum(n * (n - 1) / 2 for n in of_names.values()) - sum(n * (n - 1) / 2 for n in alike.values())
            expected += len(known) * (len(known) - 1) / 2 * chance
        return max((found + PRIOR_NAMESAKES) / (expected + PRIOR_NAMESAKES), 1.0)

    def _more_often(self, name: str, levels: Levels, kind: str) -> float:
        """How many times as often as by chance two people share a name, because they share those before it."""
        if name not in NAMES or (name == "last_name" and kind != "stranger"):
            return 1.0
        before = [one for one, other in TOGETHER if other == name and levels[self.place[one]] == 0]
        return math.prod(self.names_together[f"{one}+{name}"] for one in before)

    def _sexes(self, seen: Counter[Levels]) -> list[float]:
        counts = list(USUAL_SEXES)
        for levels, pairs in seen.items():
            first, sex = levels[self.place["first_name"]], levels[self.place["sex"]]
            if first in (0, 1) and sex is not None:
                counts[sex] += pairs
        return [count / sum(counts) for count in counts]

    def agreed(self, levels: Levels, patient: Row, death: Row) -> Agreed:
        """The agreement of a pair, with the frequencies of the values that agree exactly; for swapped names, on the
        side where they are more common."""
        steps = dict.fromkeys(COUNTED, 0)
        if "full_name" in self.place and levels[self.place["full_name"]]:
            both = [{name: self.common[name].step(row[name]) or 0 for name in NAMES[::2]} for row in (patient, death)]
            patients, deaths = (sum(side.values()) for side in both)
            steps |= both[0] if patients <= deaths else both[1]
        for name in COUNTED:
            if levels[self.place[name]] == 0:
                steps[name] = self.common[name].step(patient[name]) or 0
        frequencies = tuple(2.0 ** (-steps[name] / STEPS_PER_BIT) for name in COUNTED)
        return levels, frequencies, rarity_of(levels, self.pair_levels, self.common, patient, death)

    def likelihood(self, agreed: Agreed, kind: str) -> float:
        """The probability of a pattern in a class of pairs, given the values of one record."""
        return self._alike((agreed[0], agreed[2]), kind) * self._of_others(agreed, kind)

    def _alike(self, found: tuple[Levels, Rarity], kind: str) -> float:
        """The part of the fields on which a class of pairs agrees as often as two records of one person."""
        return math.prod(
            self.of_one_person(field.name, *found)
            for field, level in zip(self.fields, found[0], strict=True)
            if level is not None and self._is_alike(field.name, kind)
        )

    def of_one_person(self, field: str, levels: Levels, rarity: Rarity) -> float:
        """The probability of the level of one field among pairs of one person."""
        level = levels[self.place[field]]
        assert level is not None
        return self.m[field][level] * self._rarity(self.m_rarity, field, level, rarity)

    @staticmethod
    def _rarity(shares: RarityShares, field: str, level: int, rarity: Rarity) -> float:
        rare = rarity[RARITY_FIELDS.index(field)] if field in RARITY_FIELDS else None
        return 1.0 if rare is None else shares[field][level][rare]

    def _of_others(self, agreed: Agreed, kind: str) -> float:
        """The part of all other fields."""
        return math.prod(
            self.by_chance(field.name, agreed, kind)
            for field, level in zip(self.fields, agreed[0], strict=True)
            if level is not None and not self._is_alike(field.name, kind)
        )

    @staticmethod
    def _is_alike(field: str, kind: str) -> bool:
        return kind == "match" or field in _AS_ONE_PERSON[kind]

    def by_chance(self, field: str, agreed: Agreed, kind: str) -> float:
        """The probability of the level of one field among different people; if they must share a value by chance, it is
        the frequency of that value."""
        levels, frequency = agreed[0], dict(zip(COUNTED, agreed[1], strict=True))
        level = levels[self.place[field]]
        assert level is not None
        if field == "full_name" and level in self.with_slips:
            return self.u[field][level] if kind == "stranger" else sum(self.u["first_name"][:-1][:2])
        if field == "full_name" and level > 0:
            last = frequency["last_name"] if kind == "stranger" else 1.0
            return max(frequency["first_name"] * last, 1e-12)
        if field in COUNTED and level == 0:
            share = frequency[field] * (self.complete_dates if field == "birth_date" else 1.0)
            return min(share * self._more_often(field, levels, kind), 1.0)
        rarity = self._rarity(self.u_rarity, field, level, agreed[2])
        return self._average(field, level, levels[self.place["first_name"]], kind) * rarity

    def _average(self, field: str, level: int, first: int | None, kind: str) -> float:
        if field == "ssn" and kind in (TWINS_SSN, HOUSEHOLD, NAMESAKES_SSN):
            return SHARED_EXACT if level == 0 else (1 - SHARED_EXACT) / max(len(self.u[field]) - 1, 1)
        if field == "ssn" and kind == TWINS:
            return (1 - ADJACENT) * self.u[field][level] + ADJACENT * (level == 1)
        if field == "first_name" and kind in (TWINS, TWINS_SSN):
            return (1 - self.similar_twins) * self.u[field][level] + self.similar_twins * (level == 1)
        if field == "sex":
            if first in (0, 1):
                return self.u_sex_of_namesakes[level]
            return (2 * self.u[field][level] + (level == 0)) / 3 if kind in (TWINS, TWINS_SSN) else self.u[field][level]
        apart, last = self.fields[self.place[field]].generation, len(self.u[field]) - 1
        if apart is not None and kind in (NAMESAKES, NAMESAKES_SSN) and level in (apart, last):
            usually = A_GENERATION * self.complete_dates
            share = usually if level == apart else 1 - usually
            return share * (self.u[field][apart] + self.u[field][last])
        return self.u[field][level]

    def fit(
        self,
        counts: Mapping[Agreed, int],
        reach: KeyReach,
        least_and_most: Mapping[str, tuple[float, float]],
        shares: Mapping[str, float],
    ) -> None:
        """Fit the model by expectation-maximization over counts of patterns."""
        self.relatives = self._kept({kind: most for kind, (_, most) in least_and_most.items()}, least_and_most, shares)
        kinds, all_levels = ("match", "stranger", *self.relatives), {(agreed[0], agreed[2]) for agreed in counts}
        others = {agreed: {kind: self._of_others(agreed, kind) for kind in kinds} for agreed in counts}
        reached = {found for found in all_levels if reach.finds(found[0])}
        counted = reached or all_levels
        for _ in range(ROUNDS):
            alike = {found: {kind: self._alike(found, kind) for kind in kinds} for found in all_levels}
            sizes = {"match": self.matches, **self.relatives}
            sizes["stranger"] = max(self.all_pairs - sum(sizes.values()), 1.0)
            number: dict[str, float] = defaultdict(float)
            of_person: list[tuple[Levels, Rarity, float]] = []
            by_level = {
                field.name: [share * PRIOR_PAIRS for share in usual(field, self.complete_dates)]
                for field in self.fields
            }
            for agreed, pairs in counts.items():
                found = agreed[0], agreed[2]
                parts = {kind: size * others[agreed][kind] * alike[found][kind] for kind, size in sizes.items()}
                total = max(sum(parts.values()), 1e-300)
                for kind, part in parts.items():
                    number[kind] += part / total * pairs
                if found in counted:
                    of_person.append((*found, parts["match"] / total * pairs))
                    self._add(by_level, found[0], of_person[-1][2])
            self.compared, matches = number["match"], max(sum(pairs for *_, pairs in of_person), 0.5)
            matches, missed = reach.missed(matches, self.m) if reached else (matches, [])
            self._add_missed(by_level, missed)
            self.m = {name: [float(one / sum(each)) for one in each] for name, each in by_level.items()}
            self._spread_wrong_dates()
            self.m_rarity = rarity_shares(self.pair_levels, of_person, self.u_rarity)
            self.matches = matches
            self.relatives = self._kept(number, least_and_most, shares)

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
                    own = {0, *(partial for partial, _ in field.partial)}
                    others = [other for other in range(len(m)) if other not in own]
                    for other in others:
                        by_level[field.name][other] += pairs * m[other] / sum(m[one] for one in others)

    def _spread_wrong_dates(self) -> None:
        """A wrong date that is not similar is as often a generation apart as the date of a stranger."""
        for field in (one for one in self.fields if one.generation is not None):
            m, u, levels = self.m[field.name], self.u[field.name], (field.generation, len(field.levels) - 1)
            dissimilar, of_strangers = (sum(table[level] for level in levels if level is not None) for table in (m, u))
            for level in (level for level in levels if level is not None):
                m[level] = dissimilar * u[level] / of_strangers

    @staticmethod
    def _kept(
        found: Mapping[str, float], least_and_most: Mapping[str, tuple[float, float]], shares: Mapping[str, float]
    ) -> dict[str, float]:
        kept = {kind: min(max(found.get(kind, 0.0), low), high) for kind, (low, high) in least_and_most.items()}
        return kept | {kind: kept[TIED[kind][0]] * share for kind, share in shares.items()}
