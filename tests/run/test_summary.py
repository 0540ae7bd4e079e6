"""A run prints the paragraph and table of the paper, with numbers that add up."""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.run import summary
from tests.small_town.town import link_town


@pytest.fixture(scope="module")
def run() -> Iterator[linkage.Linkage]:
    """The small town."""
    with link_town() as linked:
        yield linked


def test_the_paragraph_counts_as_the_paper_counts(run: linkage.Linkage) -> None:
    assert summary.paragraph(run.cascade, run.counts) == (
        "52 individuals and 49 deaths. 44 candidate links (1.05 per individual with any) for 42 individuals (80.8 %)."
        " 32 individuals linked (61.5 % of all, 76.2 % of those with a candidate), by mimic_iv."
    )


def test_candidates_are_what_the_reference_engine_lists(run: linkage.Linkage) -> None:
    with link_town(engine="reference") as reference:
        for count in ("candidate_links", "patients_with_candidate"):
            assert run.counts[count] == reference.counts[count]


def test_the_table_of_links_has_a_row_per_rule_and_adds_up(run: linkage.Linkage) -> None:
    lines = summary.links_by_rule(run.cascade, run.counts).splitlines()
    found = {line.split()[0]: int(line.split()[1]) for line in lines[2:]}
    assert list(found) == [*(f"R{n}" for n in range(1, 11)), "all"]
    assert found.pop("all") == sum(found.values()) == 32


def test_a_run_prints_itself(run: linkage.Linkage) -> None:
    text = str(run)
    assert text == repr(run)
    for part in (
        summary.paragraph(run.cascade, run.counts),
        summary.links_by_rule(run.cascade, run.counts),
        summary.fates(run.counts),
        summary.statuses(run.counts),
        "3 rows could not be used: see the table rejected.",
        "2014-01-01 to 2017-06-30",
    ):
        assert part in text


def test_every_table_adds_up_to_all_patients(run: linkage.Linkage) -> None:
    for text in (summary.fates(run.counts), summary.statuses(run.counts)):
        numbers = [int(match) for line in text.splitlines()[2:] for match in re.findall(r"  (\d+) ", line)[:1]]
        patients = [number for number in numbers if number != 52]
        assert sum(patients) == 52


def test_a_run_without_encounters_says_nothing_of_mortality() -> None:
    with link_town(encounters=None) as run:
        assert "mortality" not in run.counts
        assert "status" not in str(run)


def test_a_run_that_links_nobody_divides_by_nothing() -> None:
    patients = pd.DataFrame({"patient_id": ["1"], "ssn": ["212345678"]})
    deaths = pd.DataFrame({"death_id": ["9"], "ssn": ["313456789"]})
    with linkage.link(patients, deaths) as run:
        assert "0 candidate links (- per individual with any) for 0 individuals (0.0 %)" in str(run)


def test_numbers_of_many_digits_are_written_with_commas() -> None:
    counts = {
        "patients": 590_325, "deaths": 720_000, "candidate_links": 717_092,
        "patients_with_candidate": 150_832, "patients_linked": 65_805,
    }  # fmt: skip
    text = summary.paragraph(linkage.read_rules("mimic_iv"), counts)
    assert "717,092 candidate links (4.75 per individual with any) for 150,832 individuals (25.6 %)" in text
    assert "65,805 individuals linked (11.1 % of all, 43.6 % of those with a candidate)" in text


@pytest.mark.parametrize(("rules", "told"), [("mimic_iv", True), ("evidence", False)])
def test_records_of_a_person_that_cannot_all_be_linked_are_told(rules: str, told: bool) -> None:
    person = {"first_name": "ANN", "last_name": "LEE", "birth_date": "1950-02-11"}
    patients = pd.DataFrame([{"patient_id": number, **person} for number in ("1", "2")])
    deaths = pd.DataFrame([{"death_id": "8", **person, "death_date": "2015-06-01"}])
    with linkage.link(patients, deaths, rules) as run:
        assert ("2 patient records are of people with several records." in str(run)) == told


_WRONG = re.compile(
    r"\b1 (individuals|patients|deaths|candidate links|links|rows|lines|values|times|encounters|released dates|notes"
    r"|registered deaths|candidate pairs|linked patients|matches)\b"
)


def test_one_of_a_thing_is_written_in_the_singular(tmp_path: Path) -> None:
    """In every message about one patient: run, check, evaluation, and report."""
    person = {"first_name": "ANN", "last_name": "LEE", "birth_date": "1950-02-11"}
    patients = pd.DataFrame([{"patient_id": "1", **person}])
    deaths = pd.DataFrame([{"death_id": "8", **person, "death_date": "2015-06"}, {"death_id": "", **person}])
    stay = {"patient_id": "1", "start": "2015-01-01"}
    stays = pd.DataFrame([{**stay, "discharge": day} for day in ("2015-01-02", "2015-01-03", "2015-01-40")])
    for name, table in (("p", patients), ("d", deaths), ("s", stays)):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "d.csv").write_text((tmp_path / "d.csv").read_text() + "1,2\n")
    with linkage.link(tmp_path / "p.csv", tmp_path / "d.csv", encounters=tmp_path / "s.csv", threads=1) as run:
        evaluation = linkage.evaluate(run, truth=pd.DataFrame([{"patient_id": "1", "death_id": "8"}]))
        report = linkage.make_report(run, evaluation, smallest_cell=1).markdown
        said = "\n".join([str(run), str(evaluation), *evaluation.notes, report])
    assert "1 individual linked" in said
    assert [line for line in said.splitlines() if _WRONG.search(line)] == []
