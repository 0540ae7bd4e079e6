"""The weight of each pair by the fitted model of the reference engine."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linkage.method.evidence_levels import (
    COUNTED,
    HOUSEHOLD,
    LEAST_BITS,
    MOST_BITS,
    NAMES,
    NAMESAKES,
    NAMESAKES_SSN,
    ONE,
    PER_BIT,
    STEPS_PER_BIT,
)
from linkage.reference.commonness import Row
from linkage.reference.evidence_levels import Levels
from linkage.reference.evidence_model import FittedModel, PairOfIds


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
            "matches_per_compared": round(max(self.matches / max(self.compared, 0.5), 1.0), 6),
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
                u *= self.together(levels) if field.name == "last_name" else 1.0
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
            return self.u[field][level] if kind == "stranger" else sum(self.u["first_name"][:-1][:2])
        if field == "full_name" and level > 0:
            last = shares["last_name"] if kind == "stranger" else 1.0
            return max(shares["first_name"] * last, 1e-12)
        if level == 0 and field in by_chance:
            return shares[field]
        return self.chance(field, level, levels[self.place["first_name"]], kind)

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


def _thousandths(ratio: float) -> int:
    return round(math.log2(min(max(ratio, 1e-30), 1e30)) * PER_BIT)
