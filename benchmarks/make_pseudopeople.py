"""Write the sample population of pseudopeople as hospital and registry files, for `registries`.

    pip install pseudopeople                      # best in a separate environment: it needs a newer pandas
    python benchmarks/make_pseudopeople.py FOLDER
    python benchmarks/make_pseudopeople.py NOISY --noise 4      # every kind of error four times as often

Patients are its simulated people as recorded in the census of 2020 (names, birth date, sex; no SSN), in their
employers' tax forms of that year (names, SSN; no birth date), or in both, joined by person. Each file has its own
errors. Deaths are those that its Social Security file records until 2040, with the identifiers of that
file. `person` is the true identity.
"""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import pseudopeople

YEAR, UNTIL = 2020, 2040
Noise = dict[str, Any]


def noise(factor: float) -> Noise:
    """The errors that are the default of pseudopeople, each cell `factor` times as often wrong."""
    return {name: _scaled(dataset, factor) for name, dataset in pseudopeople.get_config().items()}


def _scaled(part: Any, factor: float) -> Any:
    if not isinstance(part, dict):
        return part
    return {
        key: min(value * factor, 0.5)
        if key == "cell_probability" and isinstance(value, float)
        else _scaled(value, factor)
        for key, value in part.items()
        if key != "row_noise"
    }


def census(config: Noise) -> pd.DataFrame:
    """The census record of each person; the first one if there are several."""
    records = pseudopeople.generate_decennial_census(year=YEAR, config=config).drop_duplicates("simulant_id")
    records = records.rename(
        columns={"simulant_id": "person", "middle_initial": "middle_name", "date_of_birth": "birth_date"}
    )
    return records[["person", "first_name", "middle_name", "last_name", "birth_date", "sex"]]


def tax(config: Noise) -> pd.DataFrame:
    """The tax record of each person; the first one if there are several."""
    records = pseudopeople.generate_taxes_w2_and_1099(year=YEAR, config=config).drop_duplicates("simulant_id")
    records = records.rename(columns={"simulant_id": "person", "middle_initial": "middle_name"})
    return records[["person", "first_name", "middle_name", "last_name", "ssn"]]


def deaths(config: Noise) -> pd.DataFrame:
    """The deaths in the Social Security file. Some births are miscoded as deaths, so the last of several records of one
    person is used."""
    records = pseudopeople.generate_social_security(year=UNTIL, config=config)
    records = records[records["event_type"].astype(str) == "death"]
    names = {"simulant_id": "person", "date_of_birth": "birth_date", "event_date": "death_date"}
    columns = ["person", "first_name", "middle_name", "last_name", "ssn", "birth_date", "sex", "death_date"]
    last = records.drop_duplicates("simulant_id", keep="last")  # the file is in order of time
    return last.rename(columns=names)[columns].reset_index(drop=True)


def main() -> None:
    """Write census.csv, tax.csv, both.csv and deaths.csv."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--noise", type=float, default=1, help="how many times as often a value is wrong (default: 1)")
    arguments = parser.parse_args()
    folder, config = arguments.folder, noise(arguments.noise)
    folder.mkdir(parents=True, exist_ok=True)
    people, forms = census(config), tax(config)
    both = people.merge(forms[["person", "ssn"]], on="person", how="left")
    files = {"census": people, "tax": forms, "both": both, "deaths": deaths(config)}
    for name, frame in files.items():
        frame.to_csv(folder / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
