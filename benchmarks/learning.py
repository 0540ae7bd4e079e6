"""Compare estimates without truth, and cascades learned from them, with the truth.

    python -m benchmarks.learning [--patients 10000]

Each profile is generated and linked, estimates are made and a cascade is learned without truth, and both are compared
with the truth. docs/tuning.md has the table.
"""

import argparse
from collections.abc import Iterator

import linkage
from linkage import tuning
from linkage.printing import table
from synthetic import make_registry

PROFILES = ("small", "hard", "no_ssn", "twins_and_families")
SEEDS = (21, 22)
HEADER = [
    *("profile", "seed", "matches", "estimated", "PPV", "estimated", "rules", "sensitivity"),
    *("mimic_iv: PPV", "sensitivity"),
]


def measure(profile: str, seed: int, patients: int) -> list[str]:
    """One row: matches among the compared pairs, and the accuracy of the learned cascade, each estimated and true."""
    town = make_registry(profile, patients=patients, seed=seed)
    with linkage.link(town.patients, town.deaths, encounters=[town.admissions, town.edstays]) as run:
        patterns = tuning.estimate_patterns(run)
        learned = tuning.learn(patterns)
        truth = tuning.believe_truth(patterns.comparisons, town.truth)
        found, usual = truth.judge(learned.cascade), truth.judge(run.cascade)
        with patterns.comparisons.separate_schema():
            shares = patterns.comparisons.engine.frame(f"SELECT * FROM {truth.table}")
    left = patterns.pairs[patterns.pairs["left"]].merge(shares, on=["patient_id", "death_id"])
    return [
        profile,
        str(seed),
        f"{left['share'].sum():,.0f}",
        f"{patterns.matches:,.0f}",
        f"{100 * found.ppv:.2f} %",
        f"{100 * learned.judged.ppv:.2f} %",
        str(len(learned.cascade.rules)),
        f"{100 * found.sensitivity:.2f} %",
        f"{100 * usual.ppv:.2f} %",
        f"{100 * usual.sensitivity:.2f} %",
    ]


def rows(patients: int) -> Iterator[list[str]]:
    """One row for each profile and seed."""
    for profile in PROFILES:
        for seed in SEEDS:
            yield measure(profile, seed, patients)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=10_000)
    print(table([HEADER, *rows(parser.parse_args().patients)], right=range(1, len(HEADER))))


if __name__ == "__main__":
    main()
