"""Names have the same frequencies among synthetic people as in the population."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthetic.chance import Chance
from synthetic.names import DATA, GROUPS, draw_first_names, draw_last_names

PEOPLE = np.arange(300_000)
CHANCE = Chance(11)


def share(names: "np.ndarray[tuple[int], np.dtype[np.object_]]", name: str) -> float:
    """The share of people who have a name."""
    return float((names == name).mean())


# Ranges around published shares of the group: Census 1990 and 2010 for last names, SSA births for first names.
# Surnames are slightly concentrated (see names.CONCENTRATION), so the most common ones exceed their Census share.
@pytest.mark.parametrize(
    ("group", "name", "low", "high"),
    [
        ("white", "SMITH", 0.010, 0.020),
        ("white", "MURPHY", 0.001, 0.003),
        ("black", "WILLIAMS", 0.020, 0.035),
        ("hispanic", "GARCIA", 0.020, 0.035),
        ("asian", "NGUYEN", 0.018, 0.035),
        ("white", "NGUYEN", 0.0, 0.0003),
    ],
)
def test_last_names_are_as_common_as_in_the_census(group: str, name: str, low: float, high: float) -> None:
    names = draw_last_names(CHANCE, PEOPLE, "last_name", np.full(len(PEOPLE), GROUPS.index(group)))
    assert low <= share(names, name) <= high


@pytest.mark.parametrize(
    ("female", "year", "name", "low", "high"),
    [
        (True, 1925, "MARY", 0.04, 0.08),
        (True, 1985, "MARY", 0.001, 0.008),
        (True, 1985, "JESSICA", 0.015, 0.035),
        (False, 1925, "JOHN", 0.03, 0.06),
        (False, 1955, "MICHAEL", 0.025, 0.05),
        (False, 1925, "JASON", 0.0, 0.0005),
    ],
)
def test_first_names_follow_the_fashion_of_the_birth_year(
    female: bool, year: int, name: str, low: float, high: float
) -> None:
    names = draw_first_names(
        CHANCE,
        PEOPLE,
        "first_name",
        female=np.full(len(PEOPLE), female),
        birth_year=np.full(len(PEOPLE), year),
        group=np.zeros(len(PEOPLE), dtype=int),
    )
    assert low <= share(names, name) <= high


def test_about_one_person_in_five_has_a_rare_surname() -> None:
    names = draw_last_names(CHANCE, PEOPLE, "last_name", np.zeros(len(PEOPLE), dtype=int))
    listed = pd.read_csv(DATA / "last_names.csv.gz", keep_default_na=False)["name"]
    assert 0.15 < 1 - np.isin(names.astype(str), listed.to_numpy(dtype=str)).mean() < 0.25


def test_where_a_rare_name_is_asked_for_no_listed_one_is_given() -> None:
    names = draw_last_names(CHANCE, PEOPLE[:20_000], "x", np.zeros(20_000, dtype=int), np.full(20_000, True))
    assert share(names, "SMITH") == 0


def test_names_are_plain_capitals() -> None:
    names = draw_last_names(CHANCE, PEOPLE, "last_name", PEOPLE % len(GROUPS))
    assert all(name.isascii() and name.isalpha() and name.isupper() for name in set(names.tolist()))


def test_the_tables_that_ship_are_small_and_their_gzip_has_no_time_stamp() -> None:
    files = sorted(Path(DATA).glob("*.csv.gz"))
    assert sum(file.stat().st_size for file in files) < 500_000
    assert all(file.read_bytes()[4:8] == b"\0\0\0\0" for file in files)
    assert gzip.decompress(files[0].read_bytes()).startswith(b"sex,name,1900")
