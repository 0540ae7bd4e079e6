"""Expected false links are scaled by deaths at risk, never exceed the links, and are given by group."""

import pandas as pd
import pytest

from linkage.evaluation.tables import Cohort, expected_false, shares

GROUPS = pd.DataFrame({"sex": pd.Categorical(["F", "F", "M", "M"], ["F", "M", "X"])}, index=list("abcd"))
LINKS = pd.DataFrame({"patient_id": ["a", "b", "c"], "death_id": ["1", "2", "3"], "rule": ["R1", "R1", "R2"]})
COHORT = Cohort(GROUPS, LINKS, ("R1", "R2", "R3"))
SEEN = pd.DataFrame({"patient_id": ["a", "d"], "rule": ["R1", "R3"]})
AT_RISK = pd.DataFrame({"patient_id": list("abcd"), "seen_at_risk": [1, 1, 2, 0], "run_at_risk": [1, 1, 1, 1]})


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    """The table by group."""
    return expected_false(SEEN, AT_RISK, COHORT).set_index("group")


def test_a_subgroup_has_its_own_deaths_at_risk_and_a_rule_all_of_them(found: pd.DataFrame) -> None:
    assert found["scale"].drop("X").to_dict() == {"all": 1, "R1": 1, "R2": 1, "R3": 1, "F": 1, "M": 1}
    assert pd.isna(found.loc["X", "scale"])


def test_false_links_and_ppv_belong_together(found: pd.DataFrame) -> None:
    one = found.loc["F"]
    assert (one["false_links"], one["ppv"]) == (1, 0.5)
    assert one["ppv_low"] == 1 - one["false_links_high"] / one["links"]


def test_no_more_links_are_false_than_there_are(found: pd.DataFrame) -> None:
    assert found.loc["R3", ["seen", "links", "false_links", "false_links_high"]].tolist() == [1, 0, 0, 0]
    assert (found["false_links_high"].fillna(0) <= found["links"]).all()


def test_shares_are_of_the_rows_of_a_group() -> None:
    frame = pd.DataFrame({"patient_id": list("abc"), "rule": ["R1", "R1", "R2"], "is_odd": [True, False, True]})
    table = shares(frame, ["is_odd"], COHORT, ["all", "rule", "sex"]).set_index(["variable", "group"])
    assert table.loc[("all", "all"), ["number", "of"]].tolist() == [2, 3]
    assert table.loc[("rule", "R1"), ["number", "of"]].tolist() == [1, 2]
    assert table.loc[("sex", "M"), ["number", "of"]].tolist() == [1, 1]
    assert table["measure"].unique().tolist() == ["is odd"]
