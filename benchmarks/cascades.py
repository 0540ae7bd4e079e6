"""Compare the shipped cascades, Splink and learned baselines: sensitivity, PPV and seconds.

    python -m benchmarks.cascades                                    # FEBRL and the synthetic profiles
    python -m benchmarks.cascades --pseudopeople FOLDER              # and what make_pseudopeople wrote; may be repeated
    python -m benchmarks.cascades --files FOLDER                     # only patients.csv, deaths.csv and truth.csv there
    python -m benchmarks.cascades --splink PYTHON                    # run Splink with another interpreter
    python -m benchmarks.cascades --only "mimic_iv, few dead"        # paper size; --list names every set

All methods get the same records: names, sex, birth date and SSN, and no encounters. Splink gets them as
standardized by this toolkit (without dummies, with uniform dates and letters). Learned baselines are trained on one
half of the people, with their truth, and judged on the other half, and vice versa. Seconds are those of linking only
for cascades and baselines, and of the whole process for Splink; the machine was not idle otherwise.

The cascades were developed on the seeds 11 to 16; the default seed here is a different one.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

import linkage
from benchmarks import registries
from benchmarks.registries import Registry
from linkage.errors import LinkageError
from linkage.method import agreement_sql
from linkage.rules.cascade import Cascade

CASCADES = ("mimic_iv", "exact", "hiv_surveillance", "evidence")
LEARNED = ("logistic regression", "expectation-maximization", "splink, same pairs")
SPLINK = {"splink": (), "splink, wider keys": ("--wide",), "splink, best limit": ("--wide", "--scores")}
"""Splink's options by contender. The best limit is chosen with the truth, which no user has: the most matches at a PPV
of at least 99.5 %."""
LEAST_PPV = 0.995
CONTENDERS = (*CASCADES, *LEARNED, *SPLINK)
LARGE = ("mimic_iv", "mimic_iv, few dead")
FEW = 0.025
"""The share of patients with a death in the registries named "few dead"."""


@dataclass(frozen=True)
class Result:
    """The result of one contender on one registry."""

    sensitivity: float
    ppv: float
    seconds: float
    expected: float | None = None

    def __str__(self) -> str:
        ppv = f"{100 * self.ppv:.2f}" if self.sensitivity else "-"
        expected = f" (expected {100 * self.expected:.2f})" if self.expected else ""
        return f"{100 * self.sensitivity:.2f} / {ppv}{expected} / {self.seconds:.1f}"


def without_ssn(registry: Registry) -> Registry:
    """The same registry with an empty column of SSNs on both sides."""
    return replace(registry, patients=registry.patients.assign(ssn=None), deaths=registry.deaths.assign(ssn=None))


def makers(seed: int, pseudopeople: Sequence[Path]) -> dict[str, Callable[[], Registry]]:
    """Functions that make the registries, by name."""
    found: dict[str, Callable[[], Registry]] = {f"FEBRL {n}": (lambda n=n: registries.febrl(n)) for n in (1, 2, 3, 4)}
    for profile in registries.SYNTHETIC:
        found[profile] = lambda profile=profile: registries.synthetic(profile, seed)
    for profile in registries.SYNTHETIC:
        found[f"{profile}, few dead"] = lambda profile=profile: registries.synthetic(
            profile, seed + 1, FEW, patients=60_000
        )
    for folder in pseudopeople:
        for form in ("census", "tax", "both"):
            found[f"{folder.name} {form}"] = lambda folder=folder, form=form: registries.pseudopeople(folder, form)
    for name, make in list(found.items()):
        if name in ("FEBRL 4", *registries.SYNTHETIC) or name.endswith(" both"):
            found[f"{name} without SSN"] = lambda make=make: without_ssn(make())
    found["mimic_iv"] = lambda: registries.synthetic("mimic_iv", seed)
    found["mimic_iv, few dead"] = lambda: registries.synthetic("mimic_iv", seed + 1, FEW)
    return found


def cascade_for(name: str, registry: Registry) -> Cascade:
    """A shipped cascade, adapted to the length of the registry's numbers."""
    cascade = linkage.read_rules(name)
    return replace(cascade, ssn=replace(cascade.ssn, digits=registry.ssn_digits))


def by_cascade(registry: Registry, name: str) -> Result:
    """Link with one of the shipped cascades."""
    started = time.perf_counter()
    with linkage.link(registry.patients, registry.deaths, cascade_for(name, registry)) as run:
        links, expected = run.links, run.counts.get("expected", {}).get("ppv")
    return Result(*registry.judge(links), time.perf_counter() - started, expected)


def ceiling(registry: Registry) -> float:
    """The share of matches that meet a blocking key of `evidence`; its rules cannot find more."""
    cascade = cascade_for("evidence", registry)
    pairs = [(patient, death) for patient, deaths in registry.truth.items() for death in deaths]
    columns = {"patient_id": [pair[0] for pair in pairs], "death_id": [pair[1] for pair in pairs]}
    with linkage.link(registry.patients, registry.deaths, cascade) as run:
        met = " OR ".join(agreement_sql.meets(key) for key in run.cascade.keys)  # those that the run used
        run.engine.insert("matches", columns, dict.fromkeys(columns, "VARCHAR"))
        found = run.engine.rows(
            f"SELECT count(DISTINCT matches.patient_id) FROM matches"
            " JOIN patient ON matches.patient_id = CAST(patient.patient_id AS VARCHAR)"
            f" JOIN death ON matches.death_id = CAST(death.death_id AS VARCHAR) WHERE {met}"
        )
    return int(found[0][0]) / max(len(registry.truth), 1)


def by_learning(registry: Registry, name: str) -> Result:
    """Train on half of the people, on the pairs that `evidence` compares, and link the other half."""
    from sklearn.model_selection import GroupKFold, cross_val_predict

    from linkage import tuning

    started = time.perf_counter()
    cascade = cascade_for("evidence", registry)
    with linkage.link(registry.patients, registry.deaths, cascade) as run:
        kept = tuning.compare_once(run, cascade)
        found = tuning.vectors(kept)
        pairs = found.index.to_frame(index=False)
        matches = registry.right(pairs).astype(int).to_numpy()
        model = tuning.learned(name.partition(",")[0], comparisons=kept)
        linked = cross_val_predict(model, found, matches, groups=tuning.people(found), cv=GroupKFold(2))
    return Result(*registry.judge(pairs[linked == 1]), time.perf_counter() - started)


def by_splink(registry: Registry, python: str, options: tuple[str, ...]) -> Result | None:
    """Link with Splink in a separate process, from files of standardized records; None if it failed."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_standardized(registry, folder)
        script = Path(__file__).parent / "peers" / "splink_pipeline.py"
        command = [python, str(script), str(folder), str(folder / "links.csv"), *options]
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr.strip().splitlines()[-1], file=sys.stderr)
            return None
        links = pd.read_csv(folder / "links.csv", dtype=str).rename(columns={"subject_id": "patient_id"})
        if "match_weight" in links:
            links = at_best_limit(registry, links.astype({"match_weight": float}))
        return Result(*registry.judge(links), time.perf_counter() - started)


def at_best_limit(registry: Registry, pairs: pd.DataFrame) -> pd.DataFrame:
    """The links of the limit with the most matches at a PPV of `LEAST_PPV`: one-to-one, the heaviest pairs first."""
    ordered = pairs.sort_values(["match_weight", "patient_id", "death_id"], ascending=[False, True, True])
    patients: set[str] = set()
    deaths: set[str] = set()
    kept = []
    for patient, death in zip(ordered["patient_id"], ordered["death_id"], strict=True):
        kept.append(patient not in patients and death not in deaths)
        if kept[-1]:
            patients.add(patient)
            deaths.add(death)
    links = ordered[kept].reset_index(drop=True)
    ppv = registry.right(links).cumsum() / (links.index + 1)
    is_last = links["match_weight"] != links["match_weight"].shift(-1)
    good = links.index[is_last & (ppv >= LEAST_PPV)]
    return links.loc[: good.max()] if len(good) else links.head(0)


def write_standardized(registry: Registry, folder: Path) -> None:
    """Write both files for Splink, standardized by the rule file."""
    files = {"patient": ("patients", "subject_id", "dob"), "death": ("deaths", "death_id", "birth_date")}
    with linkage.link(registry.patients, registry.deaths, cascade_for("mimic_iv", registry)) as run:
        for side, (file, id_name, date_name) in files.items():
            run.engine.frame(
                f"SELECT {side}_id AS {id_name}, first_name, last_name, ssn,"
                f" strptime(birth_date, '%Y%m%d')::DATE AS {date_name} FROM {side} ORDER BY ALL"
            ).to_csv(folder / f"{file}.csv", index=False)


def result(registry: Registry, contender: str, splink: str) -> Result | None:
    """The result of one contender, or None if it cannot link the registry."""
    if contender in SPLINK:
        return by_splink(registry, splink, SPLINK[contender])
    if contender not in LEARNED:
        return by_cascade(registry, contender)
    try:
        return by_learning(registry, contender)
    except LinkageError as problem:  # Splink cannot be trained without birth dates
        print(problem, file=sys.stderr)
        return None


def main() -> None:
    """Print a table in Markdown, row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="SET", help="judge on this registry alone; may be repeated")
    parser.add_argument("--list", action="store_true", help="name the registries")
    parser.add_argument("--seed", type=int, default=2023)
    parser.add_argument("--pseudopeople", type=Path, metavar="FOLDER", action="append", default=[])
    parser.add_argument(
        "--files",
        type=Path,
        metavar="FOLDER",
        action="append",
        default=[],
        help="only these files; may be repeated",
    )
    parser.add_argument(
        "--contender", action="append", choices=CONTENDERS, help="leave the others out; may be repeated"
    )
    parser.add_argument("--splink", default=sys.executable, metavar="PYTHON", help="an interpreter that has splink")
    arguments = parser.parse_args()
    every = makers(arguments.seed, arguments.pseudopeople)
    own = {folder.name: (lambda folder=folder: registries.files(folder)) for folder in arguments.files}
    every |= own
    if arguments.list:
        print("\n".join(every))
        return
    chosen = arguments.only or list(own) or [name for name in every if name not in LARGE]
    names = arguments.contender or CONTENDERS
    print(f"| registry | patients | matches | ceiling | {' | '.join(names)} |\n|---|--:|--:|--:|{'--:|' * len(names)}")
    for name in chosen:
        registry = every[name]()
        print(
            f"| {name} | {len(registry.patients):,} | {len(registry.truth):,} | {100 * ceiling(registry):.2f}", end=""
        )
        for contender in names:
            print(f" | {result(registry, contender, arguments.splink) or ''}", end="", flush=True)
        print(" |", flush=True)


if __name__ == "__main__":
    main()
