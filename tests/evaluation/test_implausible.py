"""Contradictions of time, sex or other links are counted under their rule."""

import pytest

import linkage
from linkage.evaluation import evaluate
from tests.evaluation.conftest import people, stays

PATIENTS = [
    ("seen later", "ANN", "LEE", "1950-01-10", "900-11-1001"),
    ("unborn", "BEA", "FOX", "2015-01-10", "900-11-1002"),
    ("too old", "CAT", "DAY", "1890-01-10", "900-11-1003"),
    ("twice dead", "DOT", "MAY", "1950-01-10", "900-11-1004"),
    ("rival 1", "EVE", "ROY", "1950-01-11", "900-11-1005"),
    ("rival 2", "EVA", "ROY", "1950-01-11", None),
    ("other sex", "FAY", "SIM", "1950-01-10", "900-11-1006"),
]
DEATHS = [
    ("1", *PATIENTS[0][1:], "2014-01-10"),
    ("2", *PATIENTS[1][1:], "2014-06-10"),
    ("3", *PATIENTS[2][1:], "2016-06-10"),
    ("4", *PATIENTS[3][1:], "2016-06-10"),
    ("5", *PATIENTS[3][1:4], None, "2017-06-10"),
    ("6", *PATIENTS[4][1:], "2016-06-10"),
    ("7", *PATIENTS[6][1:], "2016-06-10"),
]
EXPECTED = [
    # kind, rule of the pair, pairs; of all pairs that the rule accepts
    ("death before last contact", "R1", 1, 6),
    ("death before birth", "R1", 1, 6),
    ("impossible age", "R1", 1, 6),
    ("patient linked to another date", "R2", 1, 2),
    ("death linked to another patient", "R2", 1, 2),
    ("sex disagrees", "R1", 1, 3),
]


@pytest.mark.parametrize(("kind", "rule", "number", "of"), EXPECTED, ids=[row[0] for row in EXPECTED])
def test_each_contradiction_is_counted(kind: str, rule: str, number: int, of: int) -> None:
    deaths = people([row[:-1] for row in DEATHS], "death").assign(death_date=[row[-1] for row in DEATHS], sex="F")
    deaths.loc[deaths["death_id"] == "7", "sex"] = "M"
    encounters = stays(("seen later", "2015-01-01", "2015-01-02", False))
    with linkage.link(people(PATIENTS, "patient", sex="F"), deaths, encounters=encounters) as run:
        found = evaluate(run, by=[], methods=["implausible"])["implausible"]
    one = found.set_index(["measure", "variable", "group"])
    assert one.loc[(kind, "rule", rule), ["number", "of"]].tolist() == [number, of]
    assert one.loc[(kind, "all", "all"), "number"] == number
