"""A synthetic hospital of a hundred people, linked once, for the tests of a release."""

import csv
import gzip
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import linkage
from linkage.release import Release, make_release

PEOPLE = 120


def write(path: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a CSV file."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


def changed(path: Path, here: Path, change: Callable[[int, dict[str, str]], Mapping[str, str]]) -> Path:
    """A copy of a CSV file in another folder, in which rows, by their place, have other values."""
    with path.open(newline="") as file:
        rows = [{**row, **change(place, row)} for place, row in enumerate(csv.DictReader(file))]
    with (here / path.name).open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return here / path.name


def letters(number: int) -> str:
    """An invented name."""
    return "QX" + "".join(chr(65 + number // 26**place % 26) for place in range(3))


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of patients, admissions, emergency stays, transfers and deaths."""
    folder = tmp_path_factory.mktemp("hospital")
    chance = random.Random(20)
    patients, admissions, edstays, transfers, deaths = [], [], [], [], []
    for number in range(PEOPLE):
        subject, ssn = 70_000_001 + number, f"9{11_000_000 + 7_919 * number:08d}"
        born = date(1915, 1, 1) + timedelta(days=chance.randrange(30_000))
        start = datetime(2012, 1, 1) + timedelta(minutes=chance.randrange(1_000_000))
        end = start + timedelta(minutes=chance.randrange(500, 9_000))
        sex = chance.choice("FM")
        patients.append((subject, letters(number), letters(number + 500), born, ssn, sex, f"555-01{number:04d}"))
        admissions.append((subject, 80_000_001 + number, start, end, "", "URGENT", "WHITE", 0, f"Dr {letters(900)}"))
        transfers.append((subject, 80_000_001 + number, 90_000_001 + number, "admit", "Medicine", start, end))
        if number % 3 == 0:
            later = end + timedelta(days=chance.randrange(1, 200))
            edstays.append((subject, "", 95_000_001 + number, later, later + timedelta(hours=5), sex, "HOME"))
        if number % 2 == 0:
            died = end.date() + timedelta(days=chance.randrange(201, 700))
            deaths.append((number, letters(number), letters(number + 500), born, ssn, died))
    write(
        folder / "patients.csv",
        ("subject_id", "first_name", "last_name", "dob", "ssn", "gender", "phone"),
        patients,
    )
    write(
        folder / "admissions.csv",
        ("subject_id", "hadm_id", "admittime", "dischtime", "deathtime", "admission_type", "race",
         "hospital_expire_flag", "doctor"),
        admissions,
    )  # fmt: skip
    write(
        folder / "transfers.csv",
        ("subject_id", "hadm_id", "transfer_id", "eventtype", "careunit", "intime", "outtime"),
        transfers,
    )
    write(
        folder / "edstays.csv",
        ("subject_id", "hadm_id", "stay_id", "intime", "outtime", "gender", "disposition"),
        edstays,
    )
    write(folder / "deaths.csv", ("death_id", "first_name", "last_name", "birth_date", "ssn", "death_date"), deaths)
    return folder


@pytest.fixture(scope="session")
def run(hospital: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The output folder of a linkage of the hospital."""
    out = tmp_path_factory.mktemp("runs") / "out"
    files = [hospital / "admissions.csv", hospital / "edstays.csv"]
    with linkage.link(hospital / "patients.csv", hospital / "deaths.csv", encounters=files) as linked:
        linked.write(out)
    return out


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a released table."""
    with gzip.open(folder / f"{name}.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def crosswalk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of the crosswalk of the release below."""
    return tmp_path_factory.mktemp("private") / "crosswalk.csv"


@pytest.fixture(scope="session")
def made(run: Path, hospital: Path, crosswalk: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the hospital."""
    shared = tmp_path_factory.mktemp("release") / "shared"
    return make_release(run, shared, tables={"transfers": hospital / "transfers.csv"}, crosswalk_file=crosswalk)


def numbers(crosswalk: Path, kind: str) -> dict[str, int]:
    """The released numbers of one kind by the true ones."""
    with crosswalk.open() as file:
        return {row["true_id"]: int(row["released"]) for row in csv.DictReader(file) if row["kind"] == kind}
