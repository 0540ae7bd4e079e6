"""The MIMIC-IV demo is released twice: intervals, counts and the 31 dates of death are kept."""

import csv
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import linkage
from linkage.release import check_release, make_release
from tests.test_mimic_demo import FOLDER, Row, invented, pytestmark, read, write

__all__ = ["pytestmark"]
TABLES = ("admissions", "transfers")
POLICY = linkage.MortalityPolicy(coverage_first=date(2100, 1, 1), coverage_last=date(2499, 12, 31))


def encounters(folder: Path) -> list[Path]:
    """The two tables of encounters in a folder."""
    return [next(folder.glob(f"{name}.csv*")) for name in TABLES]


def linked(folder: Path, died: dict[str, str], out: Path) -> Path:
    """Link the patients of a folder, with invented identities, to a registry of these deaths among strangers."""
    patients = [
        {**row, **invented(number, int(row["anchor_year"]) - min(int(row["anchor_age"]), 90)), "dod": ""}
        for number, row in enumerate(
            sorted(read(next(folder.glob("patients.csv*"))), key=lambda row: row["subject_id"])
        )
    ]
    names = ("first_name", "last_name", "ssn", "birth_date")
    deaths: list[Row] = [
        {**{name: row[name] for name in names}, "death_date": died[row["subject_id"]]}
        for row in patients
        if died[row["subject_id"]]
    ]
    deaths += [{**invented(1000 + n, 2030 + n), "death_date": f"{2150 + n % 40}-03-01"} for n in range(100)]
    registry = [{"death_id": str(1 + number), **row} for number, row in enumerate(deaths)]
    files = (
        write(out.with_name(f"{out.name}_patients.csv"), patients),
        write(out.with_name(f"{out.name}.csv"), registry),
    )
    with linkage.link(*files, encounters=encounters(folder), policy=POLICY) as result:
        result.write(out)
    return out


def released(crosswalk: Path) -> dict[str, dict[str, int]]:
    """The crosswalk by kind and true id."""
    found: dict[str, dict[str, int]] = {}
    with crosswalk.open() as file:
        for row in csv.DictReader(file):
            found.setdefault(row["kind"], {})[row["true_id"]] = int(row["released"])
    return found


def intervals(folder: Path, name: str, start: str, end: str) -> dict[str, Counter[timedelta]]:
    """The lengths of each patient's stays."""
    found: dict[str, Counter[timedelta]] = {}
    for row in read(next(folder.glob(f"{name}.csv*"))):
        if row[start] and row[end]:
            lasted = datetime.fromisoformat(row[end]) - datetime.fromisoformat(row[start])
            found.setdefault(row["subject_id"], Counter())[lasted] += 1
    return found


def moved(before: Path, after: Path, crosswalk: Path) -> dict[str, str]:
    """Compare a release with its source; return the expected dates of death in the release, by new id."""
    numbers = released(crosswalk)
    for name, start, end in (("admissions", "admittime", "dischtime"), ("transfers", "intime", "outtime")):
        old = {str(numbers["subject_id"][k]): v for k, v in intervals(before, name, start, end).items()}
        assert intervals(after, name, start, end) == old
        counts = [len(read(next(folder.glob(f"{name}.csv*")))) for folder in (before, after)]
        assert counts[0] == counts[1]
    expected = {}
    for row in read(next(before.glob("patients.csv*"))):
        there = row["dod"] and date.fromisoformat(row["dod"]) + timedelta(numbers["offset_days"][row["subject_id"]])
        expected[str(numbers["subject_id"][row["subject_id"]])] = str(there)
    return expected


def test_the_demo_itself_is_a_release() -> None:
    failed = [check.claim for check in check_release(FOLDER).failed]
    assert failed == ["admissions: only listed columns"]  # its language and its provider of admission


@pytest.mark.slow
def test_the_demo_goes_in_and_out_and_in_again(tmp_path: Path) -> None:
    folder = Path(FOLDER)
    for round_ in ("first", "second"):
        died = {row["subject_id"]: row["dod"] for row in read(next(folder.glob("patients.csv*")))}
        run = linked(folder, died, tmp_path / round_)
        shared, crosswalk = tmp_path / f"{round_}_shared", tmp_path / f"{round_}_crosswalk.csv"
        tables = {"transfers": encounters(folder)[1]}
        made = make_release(run, shared, tables=tables, crosswalk_file=crosswalk)
        assert not made.failed
        assert not check_release(shared).failed
        expected = moved(folder, shared, crosswalk)
        assert {row["subject_id"]: row["dod"] for row in read(next(shared.glob("patients.csv*")))} == expected
        assert sum(bool(day) for day in expected.values()) == 31
        folder = shared
