"""A higher limit on probability has the same effect whether all pairs are compared again or only some."""

from dataclasses import replace

import pandas as pd
import pytest

import linkage
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method import decide
from linkage.rules.cascade import Cascade, Condition
from synthetic import make_registry

TOWN = make_registry("twins_and_families", 3000, seed=5)


def cascade(*, unique: bool = False) -> Cascade:
    """`evidence` with a last rule without a limit on probability, which can accept pairs that others reject."""
    evidence = linkage.read_rules("evidence")
    agree = (Condition("birth_date", ("exact",)),)
    last = replace(evidence.rules[1], id="L", agree=agree, probability=None, unique=unique)
    return replace(evidence, ppv=None, rules=(*evidence.rules, last))


@pytest.mark.parametrize("unique", [False, True])
def test_a_higher_limit_decides_as_if_all_pairs_were_compared_anew(unique: bool) -> None:
    before = cascade(unique=unique)
    after = replace(before, rules=tuple(replace(r, probability=r.probability and 0.98) for r in before.rules))
    people = TOWN.patients.rename(columns={"subject_id": "patient_id", "dob": "birth_date"}), TOWN.deaths
    with linkage.link(*people, before) as run:
        engine = run.engine
        assert isinstance(engine, DuckDBEngine)
        found = []
        for qualify in (
            lambda: decide.qualify_within(engine, before, after, contacts=False),
            lambda: decide.qualify(engine, after, contacts=False),
        ):
            decide.qualify(engine, before, contacts=False)
            first = engine.frame("SELECT * FROM decided ORDER BY ALL")
            qualify()
            tables = (engine.frame(f"SELECT * FROM {name} ORDER BY ALL") for name in ("decided", "qualified"))
            found.append((first, *tables))
    (first, *within), (_, *anew) = found
    assert len(anew[0]) < len(first)
    last = len(after.rules)
    assert unique or (anew[0]["rule_position"] == last).sum() > (first["rule_position"] == last).sum()
    for one, other in zip(within, anew, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_a_floor_is_not_raised_in_files_too_small_for_the_target() -> None:
    rows = pd.DataFrame({"first_name": ["ANN", "ROBERT"], "last_name": ["SMITH", "LEE"], "birth_date": "1950-03-04"})
    with linkage.link(rows.assign(patient_id=[1, 2]), rows.assign(death_id=[3, 4]), "evidence") as run:
        assert run.links[["patient_id", "death_id", "rule"]].to_numpy().tolist() == [["1", "3", "R2"], ["2", "4", "R2"]]
        assert run.links["probability"].max() < linkage.read_rules("evidence").ppv


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_a_target_without_a_limit_to_raise_changes_nothing(engine: str) -> None:
    rows = pd.DataFrame({"first_name": ["ANN"], "last_name": ["SMITH"], "birth_date": "1950-03-04"})
    aimed = replace(linkage.read_rules("mimic_iv"), ppv=0.995)
    with linkage.link(rows.assign(patient_id=1), rows.assign(death_id=3), aimed, engine=engine) as run:
        assert run.links["rule"].tolist() == ["R2"]
