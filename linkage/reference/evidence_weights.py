"""The weight of each pair by the fitted model of the reference engine."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from linkage.method.evidence_levels import LEAST_BITS, LESS_BY_CLASS, MOST_BITS, ONE, PER_BIT, RARITY_FIELDS
from linkage.reference.evidence_model import Agreed, FittedModel, PairOfIds


@dataclass(frozen=True)
class PairWeight:
    """The weight of one pair: its probability in millionths, and its evidence in thousandths of a bit."""

    millionths: int
    bits: int
    prior_bits: int
    relatives_bits: int
    by_field: Mapping[str, int]


class WeighingModel(FittedModel):
    """A fitted model that weighs pairs."""

    def described(self, rates: Mapping[str, float], found: Iterable[Agreed]) -> dict[str, Any]:
        """What was estimated, in the form of the manifest; `found` is the agreement of all compared pairs."""
        strangers = max(self.all_pairs - self.matches - sum(self.relatives.values()), 1.0)
        kinds = {
            kind: {"per_death": round(rates[kind], 6), "pairs": round(pairs, 2)}
            for kind, pairs in self.relatives.items()
        }
        fields: dict[str, dict[str, Any]] = {
            field.name: {
                level: _estimate(m, u)
                for level, m, u in zip(field.levels, self.m[field.name], self.u[field.name], strict=True)
            }
            for field in self.fields
        }
        return {
            "matches": round(self.matches, 2),
            "matches_per_compared": round(max(self.matches / max(self.compared, 0.5), 1.0), 6),
            "prior_bits": _thousandths(self.matches / strangers) / PER_BIT,
            "relatives": kinds,
            "fields": fields,
            "rarer_of_similar_names": {name: self._by_rarity(name, found) for name in RARITY_FIELDS},
            "names_together": {both: round(times, 4) for both, times in self.names_together.items()},
            "sex_of_strangers_of_one_first_name": [round(share, 6) for share in self.u_sex_of_namesakes],
        }

    def _by_rarity(self, name: str, found: Iterable[Agreed]) -> dict[str, dict[str, dict[str, float]]]:
        place, column = self.place[name], RARITY_FIELDS.index(name)
        by_level: dict[str, dict[str, dict[str, float]]] = {level: {} for level in self.fields[place].levels[1:-1]}
        for level, rare in {(agreed[0][place], agreed[2][column]) for agreed in found}:
            if level is not None and rare is not None:
                m, u = (shares[name][level][rare] for shares in (self.m_rarity, self.u_rarity))
                by_level[self.fields[place].levels[level]][str(LESS_BY_CLASS**rare)] = _estimate(m, u)
        return by_level

    def weights(self, found: Mapping[PairOfIds, Agreed]) -> dict[PairOfIds, tuple[int, PairWeight]]:
        """The odds and weight of every pair, without its probability."""
        of_agreed = {agreed: self._weight(agreed) for agreed in set(found.values())}
        return {pair: of_agreed[agreed] for pair, agreed in found.items()}

    def _weight(self, agreed: Agreed) -> tuple[int, PairWeight]:
        strangers = max(self.all_pairs - self.matches - sum(self.relatives.values()), 1.0)
        by_field = {}
        for field, level in zip(self.fields, agreed[0], strict=True):
            ratio = 1.0
            if level is not None:
                ratio = self.of_one_person(field.name, agreed[0], agreed[2]) / self.by_chance(
                    field.name, agreed, "stranger"
                )
            by_field[field.name] = _thousandths(ratio)
        prior = _thousandths(self.matches / strangers)
        bits = prior + sum(by_field.values())
        against = sum(number * self.likelihood(agreed, kind) for kind, number in self.relatives.items())
        match = max(self.matches * self.likelihood(agreed, "match"), 1e-300)
        relatives = _thousandths(1 + against / match * 2.0 ** (bits / PER_BIT))
        bits -= relatives
        odds = round(2.0 ** min(max(bits / PER_BIT, LEAST_BITS), MOST_BITS) * ONE)
        return odds, PairWeight(0, bits, prior, -relatives, by_field)


def _estimate(m: float, u: float) -> dict[str, float]:
    return {"m": round(m, 6), "u": float(f"{u:.4g}"), "bits": _thousandths(m / u) / PER_BIT}


def _thousandths(ratio: float) -> int:
    return round(math.log2(min(max(ratio, 1e-30), 1e30)) * PER_BIT)
