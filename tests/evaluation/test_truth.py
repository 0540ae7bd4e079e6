"""Truth: which matches count, why matches are missed, and what a labeled sample leaves out."""

from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.evaluation import Evaluation, evaluate
from linkage.evaluation.truth import STAGES, judge, load_truth
from tests.evaluation.conftest import PATIENTS, TRUTH, link_town


def judged_rows(run: linkage.Linkage, truth: pd.DataFrame, **options: str) -> pd.DataFrame:
    """The table `judged`."""
    with run.engine.separate_schema():
        load_truth(run.engine, truth, **options)
        judge(run.engine, run.cascade)
        frame: pd.DataFrame = run.engine.frame("SELECT * FROM judged ORDER BY length(patient_id), patient_id")
    return frame


@pytest.mark.parametrize("row", list(TRUTH.itertuples()), ids=lambda row: row.patient_id)
def test_every_match_is_lost_where_it_was_lost(town: linkage.Linkage, row: "pd.Series[str]") -> None:
    found = judged_rows(town, TRUTH).set_index("patient_id").loc[row.patient_id]
    assert found["is_match"] == bool(row.death_id)
    assert (found["stage"] if found["is_match"] else "") == row.expected


def test_every_stage_has_its_row_in_the_town() -> None:
    assert set(STAGES) == set(TRUTH["expected"]) - {""}


def test_any_certificate_of_the_death_is_the_right_one(town: linkage.Linkage) -> None:
    alias = judged_rows(town, TRUTH).set_index("patient_id").loc["alias"]
    assert (alias["death_id"], alias["is_true_link"]) == ("3", True)
    alone = judged_rows(town, TRUTH.assign(other_death_ids="")).set_index("patient_id").loc["alias"]
    assert (alone["death_id"], alone["is_true_link"], alone["stage"]) == ("3", False, "not a candidate")


def test_a_patient_may_stand_on_several_rows_of_the_truth(town: linkage.Linkage) -> None:
    rows = pd.DataFrame({"patient_id": ["alias", "alias", "alive"], "death_id": ["2", "3", None]})
    found = judged_rows(town, rows)
    assert found["is_true_link"].tolist() == [True, False]


def test_in_a_labeled_sample_the_others_are_left_out(town: linkage.Linkage) -> None:
    sample = TRUTH[TRUTH["patient_id"].isin(["found", "renamed", "alive"])]
    found = evaluate(town, sample, by=[])
    one = found["overall"].iloc[0]
    assert one[["labeled", "matches", "links", "true_matches"]].tolist() == [3, 2, 1, 1]
    assert found["by_rule"].query("scope == 'alone'")["links"].max() == 1
    assert any("10 of 13 patients are not labeled" in note for note in found.notes)


def test_a_sample_of_links_is_told_from_a_random_one(registry: tuple[linkage.Linkage, pd.DataFrame]) -> None:
    run, truth = registry
    is_linked = truth["subject_id"].astype(str).isin(run.links["patient_id"])
    of_links, at_random = (evaluate(run, sample, by=[]).notes for sample in (truth[is_linked], truth.iloc[::7]))
    assert any("not a random sample" in note for note in of_links)
    assert not any("not a random sample" in note for note in at_random)


def test_a_list_of_all_matches_makes_everybody_else_a_non_match(town: linkage.Linkage) -> None:
    matches = TRUTH.loc[TRUTH["death_id"] != "", ["patient_id", "death_id", "other_death_ids"]]
    whole = evaluate(town, matches, by=[], unlisted="no_match")["overall"].iloc[0]
    assert whole["labeled"] == len(PATIENTS)
    assert whole["false_matches"] == 2  # the robber's, and the one that misled
    pd.testing.assert_series_equal(whole, evaluate(town, TRUTH, by=[])["overall"].iloc[0])


def test_a_list_of_matches_alone_is_noted(town: linkage.Linkage) -> None:
    matches = TRUTH.loc[TRUTH["death_id"] != "", ["patient_id", "death_id"]]
    found = evaluate(town, matches, by=[])
    assert any("lists only matches" in note for note in found.notes)
    assert pd.isna(found["overall"]["specificity"].iloc[0])


def test_rows_of_others_and_deaths_of_other_registries_are_noted(town: linkage.Linkage) -> None:
    rows = pd.DataFrame({"patient_id": ["found", "nobody", "alive"], "death_id": ["1", "2", "999"]})
    found = evaluate(town, rows, by=[])
    assert any("1 row of the truth refers to no patient" in note for note in found.notes)
    assert any("1 row of the truth names a death that the run did not use" in note for note in found.notes)
    assert found["overall"][["labeled", "matches"]].iloc[0].tolist() == [2, 1]


def test_ids_written_in_another_way_are_refused(town: linkage.Linkage) -> None:
    with pytest.raises(linkage.InputError, match="none of its 1 row refers to a patient"):
        evaluate(town, pd.DataFrame({"patient_id": ["00found"], "death_id": ["1"]}))


def test_an_unknown_way_to_take_the_unlisted_is_refused(town: linkage.Linkage) -> None:
    with pytest.raises(linkage.InputError, match=r"unlisted = 'no match' is not one of.*no_match"):
        evaluate(town, TRUTH, unlisted="no match")  # intentionally wrong


def test_a_truth_without_its_columns_is_refused(town: linkage.Linkage) -> None:
    with pytest.raises(linkage.InputError, match="column death_id is missing"):
        evaluate(town, TRUTH[["patient_id"]])


def test_the_truth_may_be_a_file(town: linkage.Linkage, judged: Evaluation, tmp_path: Path) -> None:
    TRUTH.rename(columns={"patient_id": "subject_id"}).to_csv(tmp_path / "truth.csv", index=False)
    found = evaluate(town, tmp_path / "truth.csv", by=[])
    pd.testing.assert_frame_equal(found["overall"], judged["overall"])


def test_whole_numbers_of_a_truth_are_ids_though_gaps_made_fractions_of_them(tmp_path: Path) -> None:
    """In pandas, a truth table with patients without a match has floating-point ids."""
    person = pd.DataFrame({"first_name": ["ANN", "BOB"], "last_name": ["LEE", "ROE"], "birth_date": "1950-02-11"})
    truth = pd.DataFrame({"patient_id": [7, 8], "death_id": [40, None]})
    truth.to_parquet(tmp_path / "truth.parquet")
    patients, deaths = person.assign(patient_id=[7, 8]), person.head(1).assign(death_id=40)
    with linkage.link(patients, deaths) as run:
        found = [evaluate(run, one, by=[])["overall"] for one in (truth, tmp_path / "truth.parquet")]
    assert [table[["matches", "true_matches"]].iloc[0].tolist() for table in found] == [[1, 1], [1, 1]]


def test_records_that_are_linked_together_are_both_found() -> None:
    from dataclasses import replace

    together = replace(linkage.read_rules("mimic_iv"), duplicates="link_together")
    with link_town(rules=together) as run:
        found = judged_rows(run, TRUTH).set_index("patient_id")
    assert found.loc[["record 1", "record 2"], "stage"].tolist() == ["linked", "linked"]
