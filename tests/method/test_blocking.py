"""Pairs are counted before they are created, and large blocks are handled separately."""

import re
from dataclasses import replace

import pandas as pd
import pytest

import linkage
from linkage.method.block import PairCounts
from linkage.method.block_sql import within
from linkage.method.columns import column, stored_columns
from linkage.rules.cascade import KEY_COLUMNS
from linkage.rules.file import read_rules


@pytest.mark.parametrize("people", [1, 40])
def test_pairs_are_counted_alike_where_they_are_few_and_where_they_are_many(people: int) -> None:
    """Forty people with one name in each file are compared as groups; a single pair is compared directly."""
    rows = pd.DataFrame({"first_name": "Ann", "last_name": "Lee", "ssn": [f"2123456{n:02}" for n in range(people)]})
    files = rows.assign(patient_id=range(people)), rows.assign(death_id=range(people))
    with linkage.link(*files, "mimic_iv") as run:
        counts = PairCounts(run.engine, records=2 * people)
        assert counts(("first_name", "last_name")) == people**2
        assert counts(("ssn",)) == people
        assert counts(("ssn", "last_name")) == people
        assert counts.is_large(("first_name", "last_name")) == (people > 2)


def test_a_key_of_a_value_that_is_part_of_a_name_is_used_without_its_column() -> None:
    names = pd.DataFrame({"first_name": ["Ann Q", "Bill"], "last_name": ["Lee", "Roe Jr"], "ssn": ["212345678"] * 2})
    deaths = names.assign(last_name=["Law", "Rowe Jr"], first_name=["Anna Q", "Will"], death_id=[1, 2])
    for key in (("ssn", "middle_name"), ("suffix", "ssn")):
        cascade = replace(read_rules("exact"), keys=(key,))
        with linkage.link(names.assign(patient_id=[1, 2]), deaths, cascade) as run:
            assert run.counts["candidate_links"] == 1


def test_what_is_counted_once_is_not_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pd.DataFrame({"first_name": ["Ann"], "last_name": ["Lee"], "ssn": ["212345678"]})
    with linkage.link(rows.assign(patient_id=1), rows.assign(death_id=1)) as run:
        counts = PairCounts(run.engine, 2)
        assert counts(("ssn", "last_name")) == 1
        monkeypatch.setattr(run.engine, "rows", pytest.fail)
        assert counts(("last_name", "ssn")) == 1


def test_of_a_large_block_only_what_its_joins_can_use_is_kept() -> None:
    cascade = read_rules("mimic_iv")
    names, *small = cascade.keys
    tables = dict(within(cascade, names, small))
    assert list(tables) == ["death_within", "patient_within"]
    used = ("death_id", "birth_date", "birth_date_partial", "first_name", "last_name", "ssn", "ssn_last_four")
    head = f"SELECT {', '.join(f'death.{name}' for name in used)}"
    assert tables["death_within"].startswith(f"{head}\nFROM death\nWHERE EXISTS (SELECT 1 FROM patient WHERE ")


def test_pairs_that_are_many_are_foretold_from_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """The estimate has two digits and is independent of row order; counted numbers are reported exactly."""
    rows = pd.DataFrame({"first_name": "Ann", "last_name": "Lee", "ssn": [f"2123{n:05}" for n in range(1, 401)]})
    patients, deaths = rows.assign(patient_id=range(400)), rows.assign(death_id=range(400))
    monkeypatch.setattr("linkage.method.block._ESTIMATED_AT_LEAST", 1)
    foretold = []
    for order in (1, -1):
        with linkage.link(patients[::order], deaths[::order], threads=1 if order > 0 else 2) as run:
            counts = PairCounts(run.engine, records=800)
            foretold.append([counts.about(("ssn",)), counts.about(("first_name", "ssn"))])
            assert counts(("ssn",)) == counts.about(("ssn",)) == 400
    assert foretold[0] == foretold[1]
    assert all(100 < about < 1000 and about % 10 == 0 for about in foretold[0])


@pytest.mark.parametrize("name", [*KEY_COLUMNS, "full_name", "birth_date_partial"])
def test_the_stored_columns_of_a_value_are_those_of_its_expression(name: str) -> None:
    assert set(re.findall(r"patient[.](\w+)", column("patient", name))) == set(stored_columns([name]))
