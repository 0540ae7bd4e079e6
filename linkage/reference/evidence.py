"""Evidence in the reference engine: the same model as `evidence_model`, computed pair by pair in plain Python.

It shares only the constants of the model with the fast engines: levels are taken from the comparison
vectors, values are counted with Counter, and expectation-maximization is a loop over patterns. Weights are rounded to
thousandths of a bit, so that the order of summation does not matter.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from linkage.method.evidence_levels import (
    BUCKETS,
    COUNTED,
    DOUBLES,
    HASH_DIGITS,
    HOUSEHOLD,
    LEAST_BITS,
    MANY_VALUES,
    MOST_BITS,
    NAMES,
    NAMESAKES,
    NAMESAKES_SSN,
    ONE,
    PER_BIT,
    PRIOR_DEATHS,
    PRIOR_NAMESAKES,
    PRIOR_PAIRS,
    PRIOR_TIED,
    ROUNDS,
    SAMPLED,
    SHARED_EXACT,
    START_SHARE,
    STEPS_PER_BIT,
    SURE_MILLIONTHS,
    TIED,
    TWINS,
    TWINS_SSN,
    USUAL_EXACT,
    USUAL_EXACT_OTHERS,
    USUAL_RELATIVES,
    USUAL_SEXES,
    Weighed,
    weighed_fields,
)
from linkage.reference.cascade import Vector, closeness
from linkage.reference.frames import by_id
from linkage.rules.cascade import Cascade

Row = Mapping[str, Any]
PairOfIds = tuple[str, str]
Levels = tuple[int | None, ...]
_AS_ONE_PERSON: Mapping[str, frozenset[str]] = {
    "stranger": frozenset(),
    TWINS: frozenset({"last_name", "birth_date"}),
    TWINS_SSN: frozenset({"last_name", "birth_date"}),
    HOUSEHOLD: frozenset({"last_name"}),
    NAMESAKES: frozenset({*NAMES, "sex"}),
    NAMESAKES_SSN: frozenset({*NAMES, "sex"}),
}
"""Fields on which two people of a class agree as often as two records of one person."""


@dataclass(frozen=True)
class PairWeight:
    """The weight of one pair: its probability in millionths, and its evidence in thousandths of a bit."""

    millionths: int
    bits: int
    prior_bits: int
    relatives_bits: int
    by_field: Mapping[str, int]


class PairLevels:
    """Computes the agreement of pairs as levels of the weighed fields; None if a field is not known."""

    def __init__(self, cascade: Cascade) -> None:
        self.cascade = cascade
        self.fields = weighed_fields(cascade)
        self.place = {field.name: n for n, field in enumerate(self.fields)}

    def __call__(self, vector: Vector) -> Levels:
        """The levels of a pair. If first and last name are swapped, only the full name is weighed, not its parts."""
        found = {field.name: self._level(field, vector) for field in self.fields}
        if "full_name" in found:
            if self._is_replaced(vector):
                found |= dict.fromkeys(NAMES, None)
            else:
                found["full_name"] = 0
        return tuple(found.values())

    def _level(self, field: Weighed, vector: Vector) -> int | None:
        number = self._number(field.name, vector)
        named = len(self.cascade.fields[field.name].levels)
        if number == named + 1:
            return None
        return number if number <= named else len(field.levels) - 1

    def _number(self, name: str, vector: Vector) -> int:
        return closeness(self.cascade.fields[name], vector) // 10_000_000

    def _is_replaced(self, vector: Vector) -> bool:
        named = len(self.cascade.fields["full_name"].levels)
        if not 1 <= self._number("full_name", vector) <= named:
            return False
        close = (self._number(n, vector) <= min(1, len(self.cascade.fields[n].levels)) for n in NAMES[::2])
        return not all(close)


def weigh_pairs(
    vectors: Mapping[PairOfIds, Vector],
    drawn: Iterable[Vector],
    patients: Mapping[str, Row],
    deaths: Mapping[str, Row],
    cascade: Cascade,
    persons: tuple[Mapping[str, str], Mapping[str, str]],
    impossible: Iterable[PairOfIds],
) -> tuple[dict[PairOfIds, PairWeight], dict[str, Any]]:
    """The weights of all candidate pairs, and the estimates of the model for the manifest.

    `drawn` are the comparison vectors of the pairs of `drawn_ids`; `persons` maps each patient and each death to its
    person; `impossible` are the pairs that are impossible in time, which are not rivals of others.
    """
    levels = PairLevels(cascade)
    model = _PlainModel(levels, drawn, patients, deaths, cascade.ssn.digits)
    found = {pair: levels(vector) for pair, vector in vectors.items()}
    forbidden = set(impossible)
    allowed = [pair for pair in found if pair not in forbidden]
    counts = Counter(found[pair] for pair in allowed)
    model.fit(counts, {}, {})
    first = _probabilities(model.weights(found, patients, deaths), persons, forbidden)
    probable = (pair for pair in allowed if first[pair].millionths >= SURE_MILLIONTHS)
    sure = {pair for pair in probable if levels_complete(found[pair], levels)}
    sure_deaths = {death for _, death in sure}
    others = Counter(found[pair] for pair in allowed if pair[1] in sure_deaths and pair not in sure)
    rates = model.relatives_per_death(others, len(sure_deaths), len(patients))
    model.fit(counts, *model.limits(rates, len(sure_deaths), len(deaths)))
    estimated = {
        "compared_pairs": len(allowed),
        "patterns": len(counts),
        "sure_deaths": len(sure_deaths),
        **model.described(rates),
    }
    return _probabilities(model.weights(found, patients, deaths), persons, forbidden), estimated


def levels_complete(found: Levels, levels: PairLevels) -> bool:
    """Whether both names agree (exactly or at the first level), and the birth date or the SSN exactly."""
    names = (found[levels.place[name]] for name in NAMES[::2])
    return all(level in (0, 1) for level in names) and 0 in (found[levels.place[n]] for n in ("birth_date", "ssn"))


def drawn_ids(patients: Iterable[str], deaths: Iterable[str], candidates: Iterable[PairOfIds]) -> list[PairOfIds]:
    """All pairs of the records whose ids have the lowest hashes, except candidates."""

    def lowest(ids: Iterable[str]) -> list[str]:
        records = list(ids)
        limit = 16**HASH_DIGITS * SAMPLED // max(len(records), SAMPLED)
        return [one for one in records if int(md5(one.encode()).hexdigest()[:HASH_DIGITS], 16) < limit]

    met = set(candidates)
    pairs = [(patient, death) for patient in lowest(patients) for death in lowest(deaths)]
    return sorted((pair for pair in pairs if pair not in met), key=lambda pair: (by_id(pair[0]), by_id(pair[1])))


def _probabilities(
    weights: Mapping[PairOfIds, tuple[int, PairWeight]],
    persons: tuple[Mapping[str, str], Mapping[str, str]],
    forbidden: set[PairOfIds],
) -> dict[PairOfIds, PairWeight]:
    best: dict[PairOfIds, int] = {}
    for (patient, death), (odds, _) in weights.items():
        both = persons[0][patient], persons[1][death]
        if (patient, death) not in forbidden:
            best[both] = max(odds, best.get(both, 0))
    totals: tuple[dict[str, int], dict[str, int]] = (defaultdict(int), defaultdict(int))
    for both, odds in best.items():
        for total, person in zip(totals, both, strict=True):
            total[person] += odds
    found = {}
    for (patient, death), (odds, weight) in weights.items():
        both = persons[0][patient], persons[1][death]
        rivals = max(total.get(person, 0) for total, person in zip(totals, both, strict=True)) - best.get(both, 0)
        millionths = math.floor(1_000_000.0 * odds / (ONE + odds + rivals) + 0.5)
        found[patient, death] = PairWeight(
            millionths, weight.bits, weight.prior_bits, weight.relatives_bits, weight.by_field
        )
    return found


class _PlainModel:
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
        self.relatives: dict[str, float] = {}
        self.m = {field.name: _usual(field) for field in self.fields}
        self.common = {name: _Commonness(name, patients.values(), deaths.values()) for name in COUNTED}
        seen = Counter(levels(vector) for vector in drawn)
        self.u = {field.name: self._strangers(n, field, seen) for n, field in enumerate(self.fields)}
        for name, share in {**{n: self.common[n].same for n in COUNTED}, "ssn": 10.0**-ssn_digits}.items():
            self._set_exact(name, min(max(share, 1e-12), 0.5))
        if "full_name" in self.u:
            named = [self._crossed(level) for level in range(1, len(self.u["full_name"]))]
            self.u["full_name"] = [1 - sum(named), *named]
        self.u_sex_of_namesakes = self._sexes(seen)
        self.names_together = self._names_together([list(patients.values()), list(deaths.values())])

    def _strangers(self, place: int, field: Weighed, seen: Counter[Levels]) -> list[float]:
        counts = [0.5] * len(field.levels)
        for levels, pairs in seen.items():
            if (level := levels[place]) is not None:
                counts[level] += pairs
        return [count / sum(counts) for count in counts]

    def _crossed(self, level: int) -> float:
        """How often strangers' names stand in each other's place."""
        near = 2 if level in self.with_slips else 1
        return max(sum(self.u["first_name"][:near]) * sum(self.u["last_name"][:near]), 1e-12)

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

    def _chance(self, field: str, level: int, first: int | None, kind: str) -> float:
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
            self._chance(field.name, level, first, kind)
            for field, level in zip(self.fields, levels, strict=True)
            if level is not None
        )
        return product * self._together(levels) if kind == "stranger" else product

    def _together(self, levels: Levels) -> float:
        names = [levels[self.place[name]] for name in NAMES[::2]]
        return self.names_together if names == [0, 0] else 1.0

    def fit(
        self,
        counts: Mapping[Levels, int],
        least_and_most: Mapping[str, tuple[float, float]],
        shares: Mapping[str, float],
    ) -> None:
        """Fit the model by expectation-maximization over counts of patterns."""
        strangers = {levels: self.likelihood(levels, "stranger") for levels in counts}
        self.relatives = self._kept({kind: most for kind, (_, most) in least_and_most.items()}, least_and_most, shares)
        for _ in range(ROUNDS):
            others = max(self.all_pairs - self.matches - sum(self.relatives.values()), 1.0)
            found: dict[str, float] = defaultdict(float)
            by_level = {field.name: [share * PRIOR_PAIRS for share in _usual(field)] for field in self.fields}
            for levels, pairs in counts.items():
                parts = {kind: number * self.likelihood(levels, kind) for kind, number in self.relatives.items()}
                parts["match"] = self.matches * self.likelihood(levels, "match")
                total = max(sum(parts.values()) + others * strangers[levels], 1e-300)
                for kind, part in parts.items():
                    found[kind] += part / total * pairs
                for field, level in zip(self.fields, levels, strict=True):
                    if level is not None:
                        by_level[field.name][level] += parts["match"] / total * pairs
            self.m = {name: [float(one / sum(each)) for one in each] for name, each in by_level.items()}
            self.matches = max(found["match"], 0.5)
            self.relatives = self._kept(found, least_and_most, shares)

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
            limits[kind] = (rates[kind] * sure, rates[kind] * sure + most * max(deaths - sure, 0))
        shares = {
            kind: (counted[kind] + share * PRIOR_TIED) / (counted[other] + PRIOR_TIED)
            for kind, (other, share) in TIED.items()
        }
        return limits, shares

    def described(self, rates: Mapping[str, float]) -> dict[str, Any]:
        """What was estimated, in the form of the manifest."""
        strangers = max(self.all_pairs - self.matches - sum(self.relatives.values()), 1.0)
        kinds = {
            kind: {"per_death": round(rates[kind], 6), "pairs": round(pairs, 2)}
            for kind, pairs in self.relatives.items()
        }
        fields: dict[str, dict[str, Any]] = {
            field.name: {
                level: {"m": round(m, 6), "u": float(f"{u:.4g}"), "bits": _thousandths(m / u) / PER_BIT}
                for level, m, u in zip(field.levels, self.m[field.name], self.u[field.name], strict=True)
            }
            for field in self.fields
        }
        return {
            "matches": round(self.matches, 2),
            "prior_bits": _thousandths(self.matches / strangers) / PER_BIT,
            "relatives": kinds,
            "fields": fields,
            "names_together": round(self.names_together, 4),
            "sex_of_strangers_of_one_first_name": [round(share, 6) for share in self.u_sex_of_namesakes],
        }

    def weights(
        self, found: Mapping[PairOfIds, Levels], patients: Mapping[str, Row], deaths: Mapping[str, Row]
    ) -> dict[PairOfIds, tuple[int, PairWeight]]:
        """The odds and weight of every pair, without its probability."""
        return {pair: self._weight(levels, patients[pair[0]], deaths[pair[1]]) for pair, levels in found.items()}

    def _weight(self, levels: Levels, patient: Row, death: Row) -> tuple[int, PairWeight]:
        shares = self._shares(levels, patient, death)
        strangers = max(self.all_pairs - self.matches - sum(self.relatives.values()), 1.0)
        by_field = {}
        for field, level in zip(self.fields, levels, strict=True):
            m, u = 1.0, 1.0
            if level is not None:
                m = self.m[field.name][level]
                u = self._by_value(field.name, levels, "stranger", shares)
                u *= self._together(levels) if field.name == "last_name" else 1.0
            by_field[field.name] = _thousandths(m / u)
        prior = _thousandths(self.matches / strangers)
        bits = prior + sum(by_field.values())
        against = sum(number * self._of_values(levels, kind, shares) for kind, number in self.relatives.items())
        match = max(self.matches * self.likelihood(levels, "match"), 1e-300)
        relatives = _thousandths(1 + against / match * 2.0 ** (bits / PER_BIT))
        bits -= relatives
        odds = round(2.0 ** min(max(bits / PER_BIT, LEAST_BITS), MOST_BITS) * ONE)
        return odds, PairWeight(0, bits, prior, -relatives, by_field)

    def _of_values(self, levels: Levels, kind: str, shares: Mapping[str, float]) -> float:
        return math.prod(
            self._by_value(field.name, levels, kind, shares)
            for field, level in zip(self.fields, levels, strict=True)
            if level is not None
        )

    def _by_value(self, field: str, levels: Levels, kind: str, shares: Mapping[str, float]) -> float:
        """The probability of a level; if two different people must share a value by chance, it is how common that
        value is."""
        level = levels[self.place[field]]
        assert level is not None
        by_chance = {"stranger": COUNTED, NAMESAKES: ("birth_date",), NAMESAKES_SSN: ("birth_date",)}.get(
            kind, ("first_name", "middle_name", "birth_date") if kind == HOUSEHOLD else ("first_name", "middle_name")
        )
        if field == "full_name" and level in self.with_slips:
            return self.u[field][level] if kind == "stranger" else sum(self.u["first_name"][:2])
        if field == "full_name" and level > 0:
            last = shares["last_name"] if kind == "stranger" else 1.0
            return max(shares["first_name"] * last, 1e-12)
        if level == 0 and field in by_chance:
            return shares[field]
        return self._chance(field, level, levels[self.place["first_name"]], kind)

    def _shares(self, levels: Levels, patient: Row, death: Row) -> dict[str, float]:
        """How common the values of a pair are; for swapped names, on the side where they are more common."""
        steps = dict.fromkeys(COUNTED, 0)
        if "full_name" in self.place and levels[self.place["full_name"]]:
            both = [{name: self.common[name].step(row[name]) or 0 for name in NAMES[::2]} for row in (patient, death)]
            patients, deaths = (sum(side.values()) for side in both)
            steps |= both[0] if patients <= deaths else both[1]
        for name in COUNTED:
            if levels[self.place[name]] == 0:
                steps[name] = self.common[name].step(patient[name]) or 0
        return {name: 2.0 ** (-step / STEPS_PER_BIT) for name, step in steps.items()}


class _Commonness:
    """How common the values of a field are, estimated by Good and Turing's method, in steps of half a bit."""

    def __init__(self, name: str, patients: Iterable[Row], deaths: Iterable[Row]) -> None:
        self._counts = [Counter(row[name] for row in rows if row[name]) for rows in (patients, deaths)]
        self._records = [sum(counts.values()) for counts in self._counts]
        self._shares = [self._estimated(*both) for both in zip(self._counts, self._records, strict=True)]
        alike = sum(count * (count - 1) for counts in self._counts for count in counts.values())
        self.same = (alike + 0.5) / (sum(records * (records - 1) for records in self._records) + 1.0)

    @staticmethod
    def _estimated(counts: Counter[str], records: int) -> dict[int, float]:
        values = Counter(counts.values())
        shares: dict[int, float] = {}
        for number in sorted(values):
            share = number / records
            if values[number] >= MANY_VALUES:
                share = min(share, (number + 1) * (values[number + 1] + 0.5) / values[number] / records)
            shares[number] = max([share, *list(shares.values())[-1:]])
        return shares

    def step(self, value: str | None) -> int | None:
        """The step of a value; None for a value that no record has."""
        sides = [(n, counts[value]) for n, counts in enumerate(self._counts) if value and counts[value]]
        if not sides:
            return None
        share = sum(self._records[n] * self._shares[n][count] for n, count in sides)
        share /= sum(self._records[n] for n, _ in sides)
        return min(max(round(-STEPS_PER_BIT * math.log2(share)), 0), BUCKETS - 1)


def _usual(field: Weighed) -> list[float]:
    """The prior of the agreement of two records of one person: each further level is half as likely."""
    exact, others = USUAL_EXACT.get(field.name, USUAL_EXACT_OTHERS), len(field.levels) - 1
    halves = [2.0 ** (others - place) for place in range(others)]
    return [exact, *((1 - exact) * half / sum(halves) for half in halves)]


def _thousandths(ratio: float) -> int:
    return round(math.log2(min(max(ratio, 1e-30), 1e30)) * PER_BIT)


def limited(links: Sequence[tuple[int, bool]], ppv: float) -> int:
    """The lowest limit on probability, in millionths, with which the expected PPV is reached; 0 for no limit.

    `links` has the probability of each link in millionths, and whether the limit applies to it.
    """
    fixed = [p for p, is_limited in links if not is_limited]
    open_to_limit = sorted((p for p, is_limited in links if is_limited), reverse=True)
    limit, kept = 1_000_000, fixed if sum(fixed) >= ppv * 1_000_000 * len(fixed) else []
    for place, p in enumerate(open_to_limit):
        kept.append(p)
        last_of_its_kind = place + 1 == len(open_to_limit) or open_to_limit[place + 1] != p
        if last_of_its_kind and sum(kept) >= ppv * 1_000_000 * len(kept):
            limit = p
    return 0 if limit == min(open_to_limit, default=limit) else limit
