"""Whether a run knows how many of its links are false: the PPV that `evidence` expects, beside the truth.

    python -m benchmarks.calibration                                      # 72 registries, in some minutes
    python -m benchmarks.calibration --seeds 1 --patients 4000            # fewer
    python -m benchmarks.calibration --seeds 1 --constants                # each constant halved and doubled

Registries of every profile, of several sizes, with all and with few dead, with and without their SSN: what the model
has to know differs most between these. A line for each says how many links are false, how many the run expected,
and whether the truth lies in the interval that it gives. In a registry of 300 links one false link, which chance
decides, is 0.33 points of the PPV: the totals over many registries tell more.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

import linkage
from benchmarks import registries
from benchmarks.cascades import cascade_for
from benchmarks.registries import Registry
from linkage.method import evidence_levels
from linkage.rules.cascade import Cascade

PROFILES = ("small", "hard", "twins_and_families")
"""`no_ssn` and `mimic_iv` are `small` without SSN, and in another size."""
PREVALENCES: dict[str, float | None] = {"": None, "few dead": 0.025}
LEFT_OUT: dict[str, tuple[str, ...]] = {"": (), "without SSN": ("ssn",)}
SIZES = (1_000, 4_000, 12_000)
FIRST_SEED = 1201
TOO_HIGH = 0.003
"""How much more than the truth a run may expect of its PPV."""
CONSTANTS = (
    *("PRIOR_PAIRS", "PRIOR_NAMESAKES", "PRIOR_DEATHS", "PRIOR_TIED", "DOUBLES", "MANY_VALUES", "START_SHARE"),
    *("SAMPLED", "STEPS_PER_BIT", "USUAL_SEXES", "USUAL_RELATIVES", "TIED", "ROUNDS", "LEAST_ALONE", "ADJACENT"),
    *("LEAST_COMPLETE", "LEAST_PARTIAL", "LEAST_REACH", "JOINED_ODDS", "SIMILAR_TWINS"),
)

COMPLEMENTS = {
    "USUAL_EXACT": 1.0,
    "USUAL_EXACT_OTHERS": 1.0,
    "SHARED_EXACT": 1.0,
    "A_GENERATION": 1.0,
    "SURE_MILLIONTHS": 1_000_000,
}
"""Shares near the whole, with the whole: of these what is missing is halved and doubled."""


@dataclass(frozen=True)
class Judged:
    """What a run expected of its links, and what is true of them."""

    name: str
    links: int
    false: int
    expected: float
    interval: tuple[int, int]
    sensitivity: float

    @property
    def held(self) -> bool:
        """Whether the number of false links lies in the interval."""
        return self.interval[0] <= self.false <= self.interval[1]

    @property
    def too_high(self) -> float:
        """By how much the PPV that the run expected is above the truth."""
        return (self.false - self.expected) / max(self.links, 1)

    def __str__(self) -> str:
        ppv, expected = (100 - 100 * n / max(self.links, 1) for n in (self.false, self.expected))
        low, high = self.interval
        return (
            f"| {self.name} | {self.links:,} | {100 * self.sensitivity:.2f} | {ppv:.2f} | {expected:.2f} |"
            f" {self.false} | {self.expected:.1f} | {low} to {high} | {'yes' if self.held else 'NO'} |"
        )


def made(seeds: Sequence[int], sizes: Sequence[int]) -> Iterator[tuple[str, Registry]]:
    """Every registry with its name, made when its turn comes. Those with few dead have four times as many patients."""
    for profile, size, (prevalence, dead), seed in product(PROFILES, sizes, PREVALENCES.items(), seeds):
        patients = size if dead is None else 4 * size
        registry = registries.synthetic(profile, seed, dead, patients=patients)
        for how, columns in LEFT_OUT.items():
            blank = dict.fromkeys(columns)
            name = ", ".join(filter(None, (profile, f"{patients:,}", f"seed {seed}", prevalence, how)))
            yield name, Registry(registry.patients.assign(**blank), registry.deaths.assign(**blank), registry.truth)


def judge(name: str, registry: Registry, cascade: Cascade) -> Judged:
    """Link a registry and count."""
    with linkage.link(registry.patients, registry.deaths, cascade) as run:
        links, expected = run.links, run.counts["expected"]
    right = int(registry.right(links).sum())
    return Judged(
        name,
        len(links),
        len(links) - right,
        expected["false"],
        tuple(expected["false_interval"]),
        right / max(len(registry.truth), 1),
    )


def summary(judged: Sequence[Judged]) -> str:
    """What is asked: intervals that hold, no PPV expected too high, and how much was found."""
    links, false = sum(one.links for one in judged), sum(one.false for one in judged)
    worst = max(judged, key=lambda one: one.too_high)
    return (
        f"{sum(one.held for one in judged)} of {len(judged)} intervals hold the truth; {false:,} of {links:,} links are"
        f" false, {sum(one.expected for one in judged):,.1f} were expected; mean sensitivity"
        f" {100 * sum(one.sensitivity for one in judged) / len(judged):.2f} %; the expected PPV was more than"
        f" {100 * TOO_HIGH:g} points too high in {sum(one.too_high > TOO_HIGH for one in judged)}, by"
        f" {100 * worst.too_high:.2f} at most ({worst.name})"
    )


def by_constant(kept: Sequence[tuple[str, Registry]], only: Sequence[str] = ()) -> Iterator[str]:
    """What becomes of the same registries with each constant, or those of `only`, halved and doubled, as rows of a
    table."""
    for name in ("", *CONSTANTS, *COMPLEMENTS):
        if only and name not in only:
            continue
        for by in (0.5, 2.0) if name else (1.0,):
            with _changed(name, by):
                judged = [judge(one, registry, cascade_for("evidence", registry)) for one, registry in kept]
            false, links = sum(one.false for one in judged), sum(one.links for one in judged)
            expected, held = sum(one.expected for one in judged), sum(one.held for one in judged)
            sensitivity = 100 * sum(one.sensitivity for one in judged) / len(judged)
            what = f"{name} x {by:g}" if name else "as they are"
            yield (
                f"| {what} | {sensitivity:.2f} | {100 - 100 * false / links:.2f} | {100 - 100 * expected / links:.2f} |"
                f" {held} of {len(judged)} |"
            )


@contextmanager
def _changed(name: str, by: float) -> Iterator[None]:
    """Within it, a constant of the model is another one, in every module that has imported it."""
    constant = getattr(evidence_levels, name, None)
    holders = [one for key, one in sys.modules.items() if key.startswith("linkage.method.") and hasattr(one, name)]
    for module in holders:
        setattr(module, name, _scaled(constant, by, COMPLEMENTS.get(name)))
    try:
        yield
    finally:
        for module in holders:
            setattr(module, name, constant)


def _scaled(constant: Any, by: float, whole: float | None = None) -> Any:
    """A constant times a number, or of what it lacks of a whole; of several, each. Whole numbers stay whole."""
    if isinstance(constant, dict):
        return {key: _scaled(value, by, whole) for key, value in constant.items()}
    if whole is not None:
        return type(constant)(whole - (whole - constant) * by)
    if isinstance(constant, tuple):
        return tuple(one if isinstance(one, str) else _scaled(one, by) for one in constant)
    return max(int(constant * by), 1) if isinstance(constant, int) else constant * by


def main() -> None:
    """Print a table in Markdown, row by row, and what it amounts to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="seeds for each profile and size")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--patients", type=int, action="append", help="a size of the registries; may be repeated")
    parser.add_argument("--constants", action="store_true", help="halve and double each constant of the model")
    parser.add_argument("--constant", action="append", metavar="NAME", help="only this one; may be repeated")
    arguments = parser.parse_args()
    every = made(range(arguments.first_seed, arguments.first_seed + arguments.seeds), arguments.patients or SIZES)
    if arguments.constants or arguments.constant:
        print("| constant | sensitivity | PPV | expected PPV | intervals that hold |\n|---|--:|--:|--:|--:|")
        for row in by_constant(list(every), arguments.constant or ()):
            print(row, flush=True)
        return
    print("| registry | links | sensitivity | PPV | expected PPV | false | expected | interval | holds |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|---|")
    judged = []
    for name, registry in every:
        judged.append(judge(name, registry, cascade_for("evidence", registry)))
        print(judged[-1], flush=True)
    print(f"\n{summary(judged)}.")


if __name__ == "__main__":
    main()
