"""Write the sample population of pseudopeople as hospital and registry files, for `registries`.

    pip install pseudopeople                      # best in a separate environment: it needs a newer pandas
    python benchmarks/make_pseudopeople.py FOLDER

Patients are its simulated people as recorded in the census of 2020 (names, birth date, sex; no SSN), in their
employers' tax forms of that year (names, SSN; no birth date), or in both, joined by person. Each file has its own
errors. Deaths are those that its Social Security file records until 2040, with the identifiers of that
file. `person` is the true identity.
"""

import argparse
from pathlib import Path

import pandas as pd
import pseudopeople

YEAR, UNTIL = 2020, 2040


def census() -> pd.DataFrame:
    """The census record of each person; the first one if there are several."""
    records = pseudopeople.generate_decennial_census(year=YEAR).drop_duplicates("simulant_id")
    records = records.rename(
        columns={"simulant_id": "person", "middle_initial": "middle_name", "date_of_birth": "birth_date"}
    )
    return records[["person", "first_name", "middle_name", "last_name", "birth_date", "sex"]]


def tax() -> pd.DataFrame:
    """The tax record of each person; the first one if there are several."""
    records = pseudopeople.generate_taxes_w2_and_1099(year=YEAR).drop_duplicates("simulant_id")
    records = records.rename(columns={"simulant_id": "person", "middle_initial": "middle_name"})
    return records[["person", "first_name", "middle_name", "last_name", "ssn"]]


def deaths() -> pd.DataFrame:
    """The deaths in the Social Security file. Some births are miscoded as deaths, so the last of several records of one
    person is used."""
    records = pseudopeople.generate_social_security(year=UNTIL)
    records = records[records["event_type"].astype(str) == "death"]
    names = {"simulant_id": "person", "date_of_birth": "birth_date", "event_date": "death_date"}
    columns = ["person", "first_name", "middle_name", "last_name", "ssn", "birth_date", "sex", "death_date"]
    last = records.drop_duplicates("simulant_id", keep="last")  # the file is in order of time
    return last.rename(columns=names)[columns].reset_index(drop=True)


def main() -> None:
    """Write census.csv, tax.csv, both.csv and deaths.csv."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    people, forms = census(), tax()
    both = people.merge(forms[["person", "ssn"]], on="person", how="left")
    files = {"census": people, "tax": forms, "both": both, "deaths": deaths()}
    for name, frame in files.items():
        frame.to_csv(folder / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
