"""Compare what is estimated and learned without truth with the truth.

    python -m benchmarks.learning [--patients 10000]

Each profile is generated and linked with `mimic_iv`; a cascade is learned without truth for a PPV of 99.5 %, and both
are compared with the truth. docs/tuning.md has the table.
"""

import argparse
from collections.abc import Iterator

import linkage
from linkage import tuning
from linkage.evaluation import evaluate
from linkage.printing import table
from synthetic import make_registry

PROFILES = ("small", "hard", "no_ssn", "twins_and_families")
SEEDS = (21, 22)
HEADER = [
    *("profile", "seed", "matches", "expected", "PPV", "expected", "sensitivity", "expected"),
    *("mimic_iv: PPV", "expected", "sensitivity", "expected"),
]


def measure(profile: str, seed: int, patients: int) -> list[str]:
    """One row: the number of matches, and the accuracy of the learned cascade and of `mimic_iv`, each true and
    expected."""
    town = make_registry(profile, patients=patients, seed=seed)
    stays = [town.admissions, town.edstays]
    with linkage.link(town.patients, town.deaths, encounters=stays) as run:
        learned = tuning.learn(run)
        usual = tuning.believe_model(tuning.compare_once(run)).judge(run.cascade)
        published = evaluate(run, town.truth, by=[])["overall"].iloc[0]
    with linkage.link(town.patients, town.deaths, learned.cascade, encounters=stays) as again:
        found = evaluate(again, town.truth, by=[])["overall"].iloc[0]
    matches = int((town.truth["death_id"].astype(str) != "").sum())
    shares = [
        share
        for true, expected in ((found, learned), (published, usual))
        for share in (true["ppv"], expected.ppv, true["sensitivity"], expected.sensitivity)
    ]
    return [
        profile,
        str(seed),
        f"{matches:,}",
        f"{learned.matches:,.0f}",
        *(f"{100 * share:.2f} %" for share in shares),
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
