"""The pipeline of recordlinkage's own manual, on the paper's blocking keys: index, compare, decide.

The paper used this library. This pipeline follows its documentation: three blocks, four
comparisons, and one rule on the comparison vectors. Options that save time are chosen
(positions in place of labels, which its documentation calls much faster). Its own one-to-one step takes
pairs in the order of the index and ignores the scores, so the pair with the best score is kept here instead.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
import recordlinkage
from recordlinkage.compare import Date, String

KEYS = (["first_name", "last_name"], ["ssn"], ["last_name", "birth_date"])
# Limits for a similar name, an SSN with at most one wrong digit of nine, and a date with day and month swapped.
AT_LEAST = {"first_name": 0.85, "last_name": 0.85, "ssn": 0.88, "birth_date": 0.5}
AGREEMENTS_NEEDED = 3


def read(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read an id, two names, the SSN and the birth date, which the library needs in nanoseconds."""
    names = ["id", "first_name", "last_name", "ssn", "birth_date"]
    table = pd.read_csv(path, usecols=columns, dtype=str, keep_default_na=False, na_values=[""])[columns]
    table = table.set_axis(names, axis="columns")
    table["birth_date"] = pd.to_datetime(table["birth_date"], format="%Y-%m-%d", errors="coerce")
    return table


def candidate_pairs(patients: pd.DataFrame, deaths: pd.DataFrame) -> pd.MultiIndex:
    """The pairs that agree exactly on at least one of the paper's three keys."""
    indexer = recordlinkage.Index()
    for key in KEYS:
        indexer.block(key)
    pairs: pd.MultiIndex = indexer.index(patients, deaths)
    return pairs


def comparison_vectors(
    pairs: pd.MultiIndex, patients: pd.DataFrame, deaths: pd.DataFrame, *, jobs: int
) -> pd.DataFrame:
    """Compare every pair on four identifiers; a missing value disagrees, which is the library's default."""
    features = [
        String("first_name", "first_name", method="jarowinkler", label="first_name"),
        String("last_name", "last_name", method="jarowinkler", label="last_name"),
        String("ssn", "ssn", method="levenshtein", label="ssn"),
        Date("birth_date", "birth_date", label="birth_date"),
    ]
    compare = recordlinkage.Compare(features, n_jobs=jobs, indexing_type="position")
    vectors: pd.DataFrame = compare.compute(pairs, patients, deaths)
    return vectors


def decide(vectors: pd.DataFrame) -> pd.DataFrame:
    """Accept three agreements of four, then let each record keep its best pair."""
    agreements = (vectors >= pd.Series(AT_LEAST)).sum(axis="columns")
    score: pd.Series[float] = vectors[agreements >= AGREEMENTS_NEEDED].sum(axis=1)
    best = score.rename("score").rename_axis(["patient", "death"]).reset_index()
    best = best.sort_values(["score", "patient", "death"], ascending=[False, True, True])
    return best.drop_duplicates("patient").drop_duplicates("death")


def main() -> None:
    """Link the two files of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with patients.csv and deaths.csv")
    parser.add_argument("links", type=Path, help="the CSV file to write: subject_id, death_id")
    # One process, because two were slower on two cores: the data frames are copied to each.
    parser.add_argument("--jobs", type=int, default=1, help="processes that compare")
    arguments = parser.parse_args()
    names = ["first_name", "last_name", "ssn"]
    patients = read(arguments.folder / "patients.csv", ["subject_id", *names, "dob"])
    deaths = read(arguments.folder / "deaths.csv", ["death_id", *names, "birth_date"])
    pairs = candidate_pairs(patients, deaths)
    links = decide(comparison_vectors(pairs, patients, deaths, jobs=arguments.jobs))
    table = pd.DataFrame({
        "subject_id": patients["id"].to_numpy()[links["patient"]],
        "death_id": deaths["id"].to_numpy()[links["death"]],
    })  # fmt: skip
    table.to_csv(arguments.links, index=False)


if __name__ == "__main__":
    main()
