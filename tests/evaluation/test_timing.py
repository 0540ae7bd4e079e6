"""Links without encounters equal those of a run without any; and counts of deaths at risk."""

from datetime import timedelta

import pandas as pd
import pytest

import linkage
from linkage.evaluation import Evaluation, evaluate
from linkage.evaluation.timing import deaths_at_risk, links_without_encounters


def test_links_without_encounters_are_those_of_a_run_without_them(
    registry: tuple[linkage.Linkage, pd.DataFrame],
) -> None:
    run, _ = registry
    found = links_without_encounters(run.engine, run.cascade)
    with linkage.link(run.sources[0], run.sources[1], run.cascade) as without:
        columns = ["patient_id", "death_id", "rule"]
        pd.testing.assert_frame_equal(found[columns], without.links[columns])


def test_they_leave_the_run_as_it_was(registry: tuple[linkage.Linkage, pd.DataFrame]) -> None:
    run, _ = registry
    before = run.links
    links_without_encounters(run.engine, run.cascade)
    pd.testing.assert_frame_equal(run.links, before)


def test_a_link_before_a_contact_is_seen(hospital: linkage.Linkage) -> None:
    found = links_without_encounters(hospital.engine, hospital.cascade).set_index("patient_id")
    assert "before first contact" not in set(hospital.links["patient_id"])  # implausible dates prevent it in the run
    flags = found[["before_first_contact", "before_last_contact"]]
    assert flags.loc["before first contact"].tolist() == [True, True]
    assert flags.loc["between contacts"].tolist() == [False, True]
    assert flags.loc["after last contact"].tolist() == [False, False]
    assert flags.loc["undated"].tolist() == [False, False]


def test_a_run_in_which_everybody_is_linked_can_be_asked() -> None:
    """No unlinked patient is left who could be linked to a stranger's death."""
    person = {"first_name": ["ANN"], "last_name": ["LEE"], "birth_date": ["1950-01-31"]}
    patients, deaths = pd.DataFrame({"patient_id": ["1"], **person}), pd.DataFrame({"death_id": ["8"], **person})
    stays = pd.DataFrame({"patient_id": ["1"], "start": "2015-01-01", "discharge": "2015-01-02"})
    with linkage.link(patients, deaths.assign(death_date="2015-06-01"), encounters=stays) as run:
        found = evaluate(run)["known_alive"].set_index(["variable", "group"])
    assert found.loc[("all", "all"), ["seen", "links"]].tolist() == [0, 1]


def test_deaths_at_risk_are_those_of_the_same_year_of_birth(registry: tuple[linkage.Linkage, pd.DataFrame]) -> None:
    """Counted independently, patient by patient."""
    run, _ = registry
    found = deaths_at_risk(run.engine, run.cascade).set_index("patient_id")
    deaths = run.engine.frame(
        "SELECT substr(coalesce(birth_date, birth_date_partial), 1, 4) AS born, latest_day(death_date_partial) AS day"
        " FROM death"
    )
    patients = run.engine.frame(
        "SELECT patient.patient_id, substr(coalesce(birth_date, birth_date_partial), 1, 4) AS born, first_contact,"
        " last_contact FROM patient JOIN contact ON patient.patient_id = contact.patient_id"
        " WHERE birth_date IS NOT NULL ORDER BY patient.patient_id LIMIT 40"
    )
    for one in patients.itertuples():
        same = deaths.loc[deaths["born"] == one.born, "day"]
        before = [int((same < day - timedelta(days=30)).sum()) for day in (one.first_contact, one.last_contact)]
        assert found.loc[one.patient_id].tolist() == [*before, len(same) - before[1]]


def test_false_links_are_scaled_by_the_deaths_at_risk(hospital: linkage.Linkage) -> None:
    found = evaluate(hospital, by=["sex"], methods=["known_alive", "before_first_contact", "alive_linked"])
    risk = deaths_at_risk(hospital.engine, hospital.cascade).set_index("patient_id")
    risk = risk.drop(hospital.links["patient_id"]).sum()  # a linked patient cannot get another link
    alive, first = (found[name].set_index("group").loc["all"] for name in ("known_alive", "before_first_contact"))
    # Includes the death five months before the hospital's date: the link is correct and the date is wrong.
    assert (alive["seen"], first["seen"]) == (3, 2)
    assert alive["scale"] == pytest.approx(risk["allowed"] / risk["before_last_contact"])
    assert first["false_links"] == min(first["seen"] * first["scale"], first["links"])
    assert found["alive_linked"].set_index("group").loc["all", "number"] == 3


@pytest.mark.parametrize("method", ["known_alive", "before_first_contact"])
def test_the_truth_lies_in_the_interval(estimated: Evaluation, method: str) -> None:
    """For this registry; docs/evaluation.md reports many registries."""
    true = estimated["overall"]["false_matches"].iloc[0]
    one = estimated[method].set_index("variable").loc["all"]
    assert true > 10
    assert one["false_links_low"] <= true <= one["false_links_high"]
