"""Some people of every synthetic profile and many with the same name in one registry, as folders of Parquet files;
and files in which most people share a few names.
"""

from pathlib import Path
from typing import Any

import pandas as pd

import linkage
from synthetic.profiles import profile_names
from synthetic.registries import make_registry

PATIENTS_OF_EACH, CROWD = 100, 120
_IDS = ("subject_id", "death_id")
_TIMES = ["intime", "outtime"]


def write_everybody(folder: Path) -> dict[str, Any]:
    """Write the tables, each as two files, and return the arguments of `link`."""
    tables = {name: [_of(profile, name) for profile in profile_names()] for name in ("patients", "deaths")}
    stays = {name: [_of(profile, name) for profile in profile_names()] for name in ("admissions", "edstays")}
    tables["patients"].append(_crowd("subject_id", "dob"))
    tables["deaths"].append(_crowd("death_id", "birth_date").assign(death_date="2019-07-01"))
    for name, parts in (tables | stays).items():
        (folder / name).mkdir(parents=True)
        everybody = pd.concat(parts, ignore_index=True).astype("string")
        if name == "edstays":  # as pandas keeps and writes times: in nanoseconds
            everybody[_TIMES] = everybody[_TIMES].apply(pd.to_datetime, errors="coerce", format="mixed")
        half = len(everybody) // 2
        everybody[:half].to_parquet(folder / name / "1.parquet", index=False)
        everybody[half:].to_parquet(folder / name / "2.parquet", index=False)
    return {
        "patients": folder / "patients",
        "deaths": folder / "deaths",
        "encounters": [folder / "admissions", folder / "edstays"],
        "groups": ["race"],
        "policy": linkage.MortalityPolicy(anchor="hospital_or_ed"),
    }


def _of(profile: str, name: str) -> pd.DataFrame:
    number = profile_names().index(profile)
    # Each profile has its own seed, so that it has different people.
    table: pd.DataFrame = getattr(make_registry(profile, PATIENTS_OF_EACH, seed=number + 1), name).copy()
    for column in table.columns.intersection(list(_IDS)):
        table[column] = f"{number}" + table[column].astype(str)
    return table


def _crowd(id_column: str, birth: str) -> pd.DataFrame:
    """People with one name, who form more pairs than there are records; every third birth date has a typo."""
    days = [f"19{10 + n % 80}-{1 + n % 12:02}-{1 + n % 27:02}" for n in range(CROWD)]
    if birth == "birth_date":
        days = [f"{day[:3]}{(int(day[3]) + 1) % 10}{day[4:]}" if n % 3 == 0 else day for n, day in enumerate(days)]
    ids = [f"77{n}" for n in range(CROWD)]
    return pd.DataFrame({id_column: ids, "first_name": "JOHN", "last_name": "SMITH", "middle_name": "Q", birth: days})


FAMOUS, OTHERS = 700, 2_000
"""People of one name in either file, and others, of whom every second has one of twenty names."""


def write_common_names(folder: Path) -> dict[str, Path]:
    """Write patients, deaths and encounters as CSV, with lines that are blank or unfit, and return the arguments of
    `link`. Every fifth death is a patient's; no other number or birth date repeats."""
    people = pd.DataFrame({"number": range(2 * (FAMOUS + OTHERS))})
    number = people["number"]
    famous, common = number % (FAMOUS + OTHERS) < FAMOUS, number % 2 == 0
    named = number.where(~common, 3 + number % 20).map(_letters)
    people["first_name"] = named.where(~famous, "MARIA")
    people["last_name"] = named.str[::-1].where(~famous, "GARCIA")
    people["birth_date"] = (pd.Timestamp("1920-01-01") + pd.to_timedelta(number * 7919 % 30_000, unit="D")).astype(
        "string"
    )
    people["ssn"] = (100_010_001 + number * 104_729 % 500_000_000).astype("string")
    people["sex"] = number.mod(9).eq(4).map({True: "X", False: "F"})
    patients, deaths = people[: FAMOUS + OTHERS], people[FAMOUS + OTHERS :].copy()
    found = deaths.index[::5]
    deaths.loc[found] = patients.loc[found - (FAMOUS + OTHERS)].set_axis(found)
    deaths.loc[found[::3], "ssn"] = None
    deaths = deaths.drop(columns="number").assign(death_date="2019-07-01")  # ids are row numbers
    stays = patients[["number"]].head(9).assign(discharge="2019-01-02", kind="ward")
    stays.loc[3] = (3, "soon", "ed")
    texts = {
        "patients": _with_lines(patients, {1: "", 3: "7,LEE, JR,ANN", 5: ",,,,"}),
        "deaths": _with_lines(deaths, {2: ""}),
        "encounters": _with_lines(stays, {1: "", 3: f"{len(people)},2019-01-02,ed"}),
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text.replace("number", "patient_id", 1))
    return {name: folder / f"{name}.csv" for name in texts}


def _with_lines(table: pd.DataFrame, inserted: dict[int, str]) -> str:
    """A table as CSV, with further lines at these places."""
    lines = table.to_csv(index=False).splitlines()
    for place, line in inserted.items():
        lines.insert(place, line)
    return "\n".join([*lines, ""])


def _letters(number: int) -> str:
    return "".join(chr(65 + number // 26**place % 26) for place in range(4))
