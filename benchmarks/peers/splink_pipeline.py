"""Splink on DuckDB, as its documentation recommends: train, predict, keep the best link per record.

Comparisons of names and birth dates are the library's own, the prior comes from deterministic rules,
u from random sampling, and m from expectation-maximization on blocks that leave each comparison free once.
With a saved model it only predicts, the fastest possible run of Splink. Unneeded columns
are not retained, unlikely pairs are removed during prediction, and DuckDB reads the CSV files
itself: each of these choices saves Splink time and memory.
"""

import argparse
import logging
from pathlib import Path
from typing import Any

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.internals.comparison_level_creator import ComparisonLevelCreator
from splink.internals.splink_dataframe import SplinkDataFrame

KEYS = [("first_name", "last_name"), ("ssn",), ("last_name", "birth_date")]
WIDE = [*KEYS, ("first_name", "birth_date")]
COLUMNS = ("first_name", "last_name", "ssn", "birth_date")
SURE = [("ssn", "birth_date"), ("first_name", "last_name", "birth_date"), ("first_name", "last_name", "ssn")]
# Expectation-maximization on a block estimates the comparisons of fields outside the block; each is estimated at least
# once.
TRAINED = [("last_name", "birth_date"), ("ssn",), ("first_name", "birth_date"), ("first_name", "last_name")]
MATCH_PROBABILITY, LEAST_PROBABILITY = 0.95, 0.01
# The documentation calls 1e7 "often adequate whilst testing" and advises up to 1e9 for a final model, which
# would take minutes. Sampling stops early once every level has been seen often enough: this is a ceiling.
MAX_PAIRS = 1e7
SEED = 2023


def same_ssn() -> cl.CustomComparison:
    """Compare SSNs by edits, as LevenshteinAtThresholds does, with u of an exact match given, not sampled.

    Ten million random pairs have at most one pair with the same SSN, and with ten times the records Splink reported
    that it could not train this u. But it is known: there are a billion numbers, each of one person.
    """
    exact = cll.ExactMatchLevel("ssn").configure(u_probability=1e-9, fix_u_probability=True)
    levels: list[ComparisonLevelCreator | dict[str, Any]]
    levels = [cll.NullLevel("ssn"), exact]
    levels += [*(cll.LevenshteinLevel("ssn", edits) for edits in (1, 2)), cll.ElseLevel()]
    return cl.CustomComparison(levels, output_column_name="ssn")


def settings(known: set[str], *, wide: bool = False) -> SettingsCreator:
    """The settings of the model: the identifiers in both files, compared on the paper's blocking keys or wider ones."""
    comparisons: dict[str, Any] = {
        "first_name": cl.NameComparison("first_name"),
        "last_name": cl.NameComparison("last_name"),
        "ssn": same_ssn(),
        "birth_date": cl.DateOfBirthComparison("birth_date", input_is_string=False),
    }
    return SettingsCreator(
        link_type="link_only",
        comparisons=[comparison for name, comparison in comparisons.items() if name in known],
        blocking_rules_to_generate_predictions=[
            block_on(*key) for key in (WIDE if wide else KEYS) if known >= set(key)
        ],
        retain_matching_columns=False,
    )


def register(db: DuckDBAPI, name: str, folder: Path, *own_columns: str) -> SplinkDataFrame:
    """Load one CSV file with common column names; the SSN is read as text."""
    columns = ", ".join([*own_columns, "first_name", "last_name", "ssn"])
    types = "{'ssn': 'VARCHAR', 'first_name': 'VARCHAR', 'last_name': 'VARCHAR'}"
    file = f"read_csv('{folder / name}.csv', types = {types})"
    db.duckdb_con.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM {file}")
    return db.register(name, dataset_display_name=name, table_name=f"{name}_input")


def both_know(db: DuckDBAPI) -> set[str]:
    """The identifiers that both files have."""
    found = [
        db.duckdb_con.execute(f"SELECT {', '.join(f'count({name})' for name in COLUMNS)} FROM {table}").fetchall()[0]
        for table in ("patients", "deaths")
    ]
    return {name for name, *counts in zip(COLUMNS, *found, strict=True) if all(counts)}


def train(linker: Linker, known: set[str]) -> None:
    """Estimate the prior, u and m; each comparison is free in at least one of the blocks."""
    sure = [key for key in SURE if known >= set(key)]
    linker.training.estimate_probability_two_random_records_match([block_on(*key) for key in sure[:2]], recall=0.95)
    linker.training.estimate_u_using_random_sampling(max_pairs=MAX_PAIRS, seed=SEED)
    blocks = [key for key in TRAINED if known >= set(key)]
    for key in blocks[:2] if "ssn" in known else blocks:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*key))


def single_best_links(linker: Linker, predicted: SplinkDataFrame) -> str:
    """The SELECT of the links by Splink's own one-to-one clustering."""
    clusters = linker.clustering.cluster_using_single_best_links(
        predicted,
        duplicate_free_datasets=["patients", "deaths"],
        threshold_match_probability=MATCH_PROBABILITY,
    ).physical_name
    return f"""
        SELECT patient.unique_id AS subject_id, death.unique_id AS death_id
        FROM {clusters} AS patient JOIN {clusters} AS death USING (cluster_id)
        WHERE patient.source_dataset = 'patients' AND death.source_dataset = 'deaths'
    """


def mutual_best_links(predicted: SplinkDataFrame) -> str:
    """The SELECT of the pairs in which each record is the best match of the other: faster, because most records have no
    pair."""
    return f"""
        WITH pair AS (
            SELECT match_weight,
                CASE WHEN source_dataset_l = 'patients' THEN unique_id_l ELSE unique_id_r END AS subject_id,
                CASE WHEN source_dataset_l = 'patients' THEN unique_id_r ELSE unique_id_l END AS death_id
            FROM {predicted.physical_name})
        SELECT subject_id, death_id FROM pair
        QUALIFY row_number() OVER (PARTITION BY subject_id ORDER BY match_weight DESC, death_id) = 1
            AND row_number() OVER (PARTITION BY death_id ORDER BY match_weight DESC, subject_id) = 1
    """


def scored_pairs(predicted: SplinkDataFrame) -> str:
    """The SELECT of all predicted pairs with their match weight in bits."""
    return f"""
        SELECT CASE WHEN source_dataset_l = 'patients' THEN unique_id_l ELSE unique_id_r END AS subject_id,
            CASE WHEN source_dataset_l = 'patients' THEN unique_id_r ELSE unique_id_l END AS death_id, match_weight
        FROM {predicted.physical_name}
    """


def main() -> None:
    """Link the two files of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with patients.csv and deaths.csv")
    parser.add_argument("links", type=Path, help="the CSV file to write: subject_id, death_id")
    parser.add_argument("--model", type=Path, help="predict only, with this saved model")
    parser.add_argument("--save-model", type=Path, help="train, and save the model here")
    parser.add_argument("--mutual-best", action="store_true", help="one-to-one in plain SQL")
    parser.add_argument("--wide", action="store_true", help="block on first name with birth date as well")
    parser.add_argument("--scores", action="store_true", help="write every pair from a probability of 0.01 on, scored")
    arguments = parser.parse_args()
    db = DuckDBAPI()
    tables = [
        register(db, "patients", arguments.folder, "subject_id AS unique_id", "dob AS birth_date"),
        register(db, "deaths", arguments.folder, "death_id AS unique_id", "birth_date"),
    ]
    known = both_know(db)
    model = arguments.model or settings(known, wide=arguments.wide)
    linker = Linker(tables, model, log_level=logging.WARNING)
    if not arguments.model:
        train(linker, known)
    if arguments.save_model:
        linker.misc.save_model_to_json(str(arguments.save_model), overwrite=True)
    least = LEAST_PROBABILITY if arguments.scores else MATCH_PROBABILITY
    predicted = linker.inference.predict(threshold_match_probability=least)
    if arguments.scores:
        links = scored_pairs(predicted)
    else:
        links = mutual_best_links(predicted) if arguments.mutual_best else single_best_links(linker, predicted)
    db.duckdb_con.execute(f"COPY ({links}) TO '{arguments.links}' (HEADER)")


if __name__ == "__main__":
    main()
