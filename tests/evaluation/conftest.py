"""A town with one row per way to miss a death, a hospital with one row per way to find one, and a registry."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.evaluation import METHODS, Evaluation, evaluate
from synthetic import make_registry

PERSON = ["id", "first_name", "last_name", "birth_date", "ssn"]
# id, names, birth date, SSN; TRUTH gives the reason.
PATIENTS = [
    ("found", "ANNA", "ABBOT", "1950-01-10", "900-11-1001"),
    ("alias", "BERTA", "BAKER", "1950-01-11", "900-11-1002"),
    ("renamed", "CLARA", "CARTER", "1950-01-12", None),
    ("misdated", "DORA", "DIXON", "1950-01-13", None),
    ("seen later", "EMMA", "ELLIS", "1950-01-14", "900-11-1005"),
    ("robbed", "FANNY", "FORD", "1950-01-15", None),
    ("robber", "GRETA", "FORD", "1950-01-15", "900-11-1006"),
    ("record 1", "HILDA", "HALL", "1950-01-16", "900-11-1008"),
    ("record 2", "HILDA", "HALL", "1950-01-16", None),
    ("misled", "IDA", "IRVING", "1950-01-17", "900-11-1010"),
    ("tied 1", "JANE", "JONES", "1950-01-18", None),
    ("tied 2", "JANE", "JONES", "1950-01-18", None),
    ("alive", "KATE", "KING", "1950-01-19", "900-11-1012"),
]
DEATHS = [
    ("1", "ANNA", "ABBOT", "1950-01-10", "900-11-1001"),
    ("2", "ROBERTA", "BECKER", "1950-02-11", None),
    ("3", "BERTA", "BAKER", "1950-01-11", "900-11-1002"),
    ("4", "CLARA", "CONRAD", "1950-01-12", "900-11-1003"),
    ("5", "DORA", "DIXON", "1944-08-30", None),
    ("6", "EMMA", "ELLIS", "1950-01-14", "900-11-1005"),
    ("7", "FANNY", "FORD", "1950-01-15", "900-11-1006"),
    ("8", "HILDA", "HALL", "1950-01-16", "900-11-1008"),
    ("9", "IDA", "IRVING", "1950-01-17", None),
    ("10", "IRMA", "IRVING", "1950-01-17", "900-11-1010"),
    ("11", "JANE", "JONES", "1950-01-18", None),
]
TRUTH = pd.DataFrame(
    [
        ("found", "1", "", "a", "ssn_dashes:ssn", "", "linked"),
        ("alias", "2", "3", "b", "", "", "linked"),  # by the second certificate of the same death
        ("renamed", "4", "", "c", "ssn_missing:ssn", "maiden_name:last_name", "not a candidate"),
        ("misdated", "5", "", "d", "ssn_missing:ssn", "", "no rule satisfied"),
        ("seen later", "6", "", "e", "", "", "impossible in time"),
        ("robbed", "7", "", "f", "", "", "lost to another patient"),
        ("robber", "", "", "g", "", "", ""),
        ("record 1", "8", "", "h", "", "", "linked"),
        ("record 2", "8", "", "h", "ssn_missing:ssn", "", "lost to another record of the person"),
        ("misled", "9", "", "i", "", "", "linked to another death"),
        ("tied 1", "11", "", "j", "", "", "tie"),
        ("tied 2", "", "", "k", "", "", ""),
        ("alive", "", "", "l", "", "", ""),
    ],
    columns=["patient_id", "death_id", "other_death_ids", "person_id", "patient_slips", "death_slips", "expected"],
)


def people(rows: list[tuple[Any, ...]], side: str, **columns: Any) -> pd.DataFrame:
    """Rows of people as a patients or deaths table."""
    return pd.DataFrame(rows, columns=PERSON).rename(columns={"id": f"{side}_id"}).assign(**columns)


def stays(*rows: tuple[str, str, str, bool]) -> pd.DataFrame:
    """Encounters: patient, first and last day, and whether the patient died on the last."""
    table = pd.DataFrame(rows, columns=["patient_id", "start", "discharge", "died_in_hospital"])
    return table.assign(death_time=table["discharge"].where(table["died_in_hospital"]))


def link_town(**options: Any) -> linkage.Linkage:
    """The linked town: everyone was seen in 2014, and the patient "seen later" again after her death."""
    patients = people(PATIENTS, "patient", sex="F", race=["A", "B"] * 6 + ["A"])
    deaths = people(DEATHS, "death", death_date="2015-06-01", sex="F")
    seen = [(row[0], "2014-01-01", "2014-01-03", False) for row in PATIENTS]
    encounters = stays(*seen, ("seen later", "2016-01-01", "2016-01-02", False))
    return linkage.link(patients, deaths, encounters=encounters, **options)


@pytest.fixture(scope="session")
def town() -> Iterator[linkage.Linkage]:
    """The town, linked."""
    with link_town() as run:
        yield run


@pytest.fixture(scope="session")
def judged(town: linkage.Linkage) -> Evaluation:
    """The town, evaluated with its truth."""
    return evaluate(town, TRUTH, by=["sex", "race"])


# Patients who died in hospital on 2015-05-10, and the dates in the registry. All are linked by R1.
HOSPITAL = [
    ("on the day", "2015-05-10"),
    ("a day later", "2015-05-11"),
    ("five days before", "2015-05-05"),
    ("in that month", "2015-05-00"),
    ("in another month", "2015-09-01"),
    ("months before", "2015-01-01"),
    ("undated", ""),
    ("not found", None),
]
COVERED = linkage.MortalityPolicy(coverage_first=date(2012, 1, 1), coverage_last=date(2017, 12, 31))


def letters(place: int) -> str:
    """A different name for each position."""
    return "".join(chr(65 + (place + 1) * step % 26) for step in (1, 3, 5, 7, 11))


@pytest.fixture(scope="session")
def hospital() -> Iterator[linkage.Linkage]:
    """Deaths in hospital; one out of coverage; one link before the first contact and one between contacts."""
    rows = [(name, "ANNA", letters(n), "1950-01-10", f"900-12-{1000 + n}") for n, (name, _) in enumerate(HOSPITAL)]
    others = [
        ("out of coverage", "2019-01-01", ("2018-12-25", "2019-01-01", True)),
        ("before first contact", "2013-05-10", ("2015-01-01", "2015-01-03", False)),
        ("between contacts", "2014-05-10", ("2013-01-01", "2013-01-03", False)),
        ("after last contact", "2016-05-10", ("2013-01-01", "2013-01-03", False)),
    ]
    rows += [
        (name, "BERTA", letters(n), "1950-01-10", f"900-12-{1000 + n}")
        for n, (name, *_) in enumerate(others, start=len(rows))
    ]
    died = dict(HOSPITAL) | {name: day for name, day, _ in others}
    encounters = stays(
        *((name, "2015-05-01", "2015-05-10", True) for name, _ in HOSPITAL),
        *((name, *stay) for name, _, stay in others),
        ("between contacts", "2015-01-01", "2015-01-03", False),
    )
    deaths = people(rows, "death").assign(death_date=[died[row[0]] for row in rows])
    deaths = deaths[deaths["death_date"].notna()]
    with linkage.link(people(rows, "patient", sex="F"), deaths, encounters=encounters, policy=COVERED) as run:
        yield run


@pytest.fixture(scope="session")
def registry() -> Iterator[tuple[linkage.Linkage, pd.DataFrame]]:
    """A synthetic registry with enough strangers for some false links, linked by a loose cascade, and its truth."""
    from benchmarks.evaluation_study import loose_cascade

    made = make_registry("small", seed=5, patients=4_000, strangers_per_patient=10.0)
    with linkage.link(made.patients, made.deaths, loose_cascade(), encounters=[made.admissions, made.edstays]) as run:
        yield run, made.truth


@pytest.fixture(scope="session")
def estimated(registry: tuple[linkage.Linkage, pd.DataFrame]) -> Evaluation:
    """The registry, evaluated with and without truth."""
    run, truth = registry
    return evaluate(run, truth, by=["sex", "race"], methods=list(METHODS))
