"""Birth dates of which only the year, or year and month, is known are evidence if they agree."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import md5
from itertools import product

import numpy as np
import pandas as pd
import pytest

import linkage
from linkage.method.evidence_levels import weighed_fields
from linkage.method.evidence_model import usual
from linkage.method.evidence_reach import reach_of
from linkage.method.further_records import FurtherRecords
from linkage.rules.file import read_rules
from synthetic import make_registry
from tests.method.test_evidence_model import new_model
from tests.method.test_weigh import estimated
from tests.stages import draw_fewer

TOWN = make_registry("no_ssn", patients=1_000, seed=31)
PATIENTS = TOWN.patients.rename(columns={"subject_id": "patient_id", "dob": "birth_date"})
DEATHS = TOWN.deaths
Rewrite = Callable[[str], str]


def year(born: str) -> str:
    """Only the year of a date."""
    return born[:4]


def month(born: str) -> str:
    """Only the year and month of a date."""
    return born[:7]


def new_year(born: str) -> str:
    """The first day of a date's year."""
    return f"{born[:4]}-01-01"


def known_in_part(file: pd.DataFrame, rewrite: Rewrite, share: float = 1.0) -> pd.DataFrame:
    """The file with a share of its birth dates rewritten, chosen by a hash of the id and the way."""
    ids = file["patient_id" if "patient_id" in file else "death_id"].astype(str)
    chosen = ids.map(lambda one: int(md5(f"{rewrite.__name__} {one}".encode()).hexdigest()[:6], 16) < share * 16**6)
    return file.assign(birth_date=file["birth_date"].where(~chosen, file["birth_date"].astype(str).map(rewrite)))


def found(links: pd.DataFrame) -> tuple[int, int]:
    """The numbers of true and of false links."""
    told = TOWN.truth.astype(str)
    truth = {
        patient: {death, *others.split(";")}
        for patient, death, others in zip(told["subject_id"], told["death_id"], told["other_death_ids"], strict=True)
    }
    right = sum(death in truth[patient] for patient, death in zip(links["patient_id"], links["death_id"], strict=True))
    return right, len(links) - right


def linked(patients: pd.DataFrame, deaths: pd.DataFrame) -> pd.DataFrame:
    with linkage.link(patients, deaths, "evidence") as run:
        return run.links


@pytest.fixture(scope="module")
def complete() -> pd.DataFrame:
    """The links if all birth dates are complete."""
    return linked(PATIENTS, DEATHS)


@pytest.mark.parametrize(
    ("of_patients", "of_deaths"), [(year, year), (month, month), (year, str), (str, year)], ids=lambda way: way.__name__
)
def test_dates_known_in_part_find_nearly_what_the_first_of_january_finds(
    of_patients: Rewrite, of_deaths: Rewrite
) -> None:
    """Blocking keys of the complete date find some pairs of the first of January that no other key finds."""
    right, false = found(linked(known_in_part(PATIENTS, of_patients), known_in_part(DEATHS, of_deaths)))
    most, usual = found(linked(known_in_part(PATIENTS, new_year), known_in_part(DEATHS, new_year)))
    assert most > 100
    assert right > 0.85 * most
    assert false <= usual + 1


def test_links_of_complete_dates_hardly_change_if_a_tenth_of_the_others_is_known_in_part(
    complete: pd.DataFrame,
) -> None:
    links = linked(PATIENTS, known_in_part(DEATHS, year, 0.1))
    both = complete.merge(links, on=["patient_id", "death_id"], suffixes=("", "_mixed"))
    assert len(both) > 100
    assert len(both) >= len(complete) - 1
    exact = both[both["birth_date_agreement_mixed"] == "exact"]
    assert 50 < len(exact) < len(both)
    assert (exact["probability"] - exact["probability_mixed"]).abs().max() < 0.01


@pytest.mark.parametrize(("share", "within"), [(0.5, 500), (0.9, 1_000)])
def test_a_complete_date_weighs_the_same_however_many_others_are_known_in_part(
    complete: pd.DataFrame, share: float, within: int
) -> None:
    """The frequency of a date does not tell how many dates are complete, so the model has to know their share: without
    it, a complete date weighs 1 or 3.3 bits less."""
    both = complete.merge(
        linked(PATIENTS, known_in_part(DEATHS, year, share)), on=["patient_id", "death_id"], suffixes=("", "_mixed")
    )
    exact = both[both["birth_date_agreement_mixed"] == "exact"]
    assert len(exact) > 3
    assert (exact["birth_date_bits_mixed"] - exact["birth_date_bits"]).median() == pytest.approx(0, abs=within)


AGREEMENT = [
    ("1951-02-11", "1951-02-11", "exact"),
    ("1951-02", "1951-02-11", "year_and_month"),
    ("1951-02", "1951-02", "year_and_month"),
    ("1951-02-11", "1951-02-28", "near"),  # two complete dates keep their level
    ("1951-02-11", "1951-12-28", "loose"),
    ("1951-02-11", "1951-02-29", "not_known"),  # the 29th is no date in 1951
    ("1951", "1951-02-11", "year"),
    ("1951", "1951-02", "year"),
    ("1951", "1951", "year"),
    ("1951-02", "1951-03", "disagree"),
    ("1951-02", "1951-03-11", "disagree"),
    ("1951", "1952-02-11", "disagree"),
    ("1951", "1921-02-11", "disagree"),  # not a generation apart: that level is for complete dates
    ("1951", None, "not_known"),
]


@pytest.fixture(scope="module")
def agreement() -> dict[tuple[str, ...], str]:
    """By ids, how the birth dates of `AGREEMENT` agree. Each pair has its own SSN and rare names."""
    names = ["".join(letters) for letters in product("BDFGKLMN", "AEIOU", "RSTVZ")]
    files = []
    for side, dates in zip(("patient", "death"), zip(*[case[:2] for case in AGREEMENT], strict=True), strict=True):
        rows = [
            {f"{side}_id": f"case {n}", "first_name": f"{names[n]}IA", "last_name": f"{names[-n - 1]}ELL",
             "ssn": f"4123{45_678 + 97 * n}", "birth_date": born}
            for n, born in enumerate(dates)
        ]  # fmt: skip
        files.append(pd.concat([PATIENTS if side == "patient" else DEATHS, pd.DataFrame(rows)]))
    links = linked(*files)
    ids = zip(links["patient_id"], links["death_id"], strict=True)
    return dict(zip(ids, links["birth_date_agreement"], strict=True))


@pytest.mark.parametrize(
    ("number", "expected"),
    [(n, case[2]) for n, case in enumerate(AGREEMENT)],
    ids=[f"{a}, {b}" for a, b, _ in AGREEMENT],
)
def test_dates_agree_as_far_as_both_are_known(
    agreement: dict[tuple[str, ...], str], number: int, expected: str
) -> None:
    assert agreement[f"case {number}", f"case {number}"] == expected


@pytest.mark.parametrize(("of_patients", "of_deaths"), [(0.3, 0.3), (1.0, 1.0)])
def test_the_reference_engine_finds_the_same_weights_of_partial_dates(
    monkeypatch: pytest.MonkeyPatch, of_patients: float, of_deaths: float
) -> None:
    draw_fewer(monkeypatch)
    town = make_registry("hard", patients=300, seed=8)
    patients = town.patients.rename(columns={"subject_id": "patient_id", "dob": "birth_date"})
    files = (
        known_in_part(known_in_part(patients, year, of_patients / 2), month, of_patients),
        known_in_part(known_in_part(town.deaths, year, of_deaths / 2), month, of_deaths),
    )
    with (
        linkage.link(*files, "evidence", engine="reference") as reference,
        linkage.link(*files, "evidence") as run,
    ):
        expected, links = reference.links, run.links
        assert estimated(reference.evidence) == pytest.approx(estimated(run.evidence), rel=1e-3, abs=2e-3)
    assert {"year", "year_and_month"} <= set(expected["birth_date_agreement"])
    pd.testing.assert_frame_equal(links, expected)


CASCADE = read_rules("evidence")
FIELDS = weighed_fields(CASCADE)
PLACE = {field.name: n for n, field in enumerate(FIELDS)}
BORN = FIELDS[PLACE["birth_date"]]


def test_complete_dates_keep_the_usual_agreement_and_partial_dates_share_it() -> None:
    partial = [level for level, _ in BORN.partial]
    complete, half, none = (usual(BORN, share) for share in (1.0, 0.5, 0.0))
    for found in (complete, half, none):
        assert found.sum() == pytest.approx(1)
    assert len(partial) == 2
    assert 0 < complete[partial].sum() < 1e-5
    assert complete[0] == pytest.approx(none[partial].sum(), abs=1e-5)
    assert half == pytest.approx((complete + none) / 2, abs=1e-5)


@pytest.mark.parametrize(
    ("key", "met_at"),
    [
        (("last_name", "birth_year"), {"exact", "year_and_month", "year"}),
        (("last_name", "birth_year", "birth_month"), {"exact", "year_and_month"}),
        (("last_name", "birth_day"), {"exact"}),
        (("last_name", "birth_date"), {"exact"}),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else "",
)
def test_partial_dates_imply_the_parts_of_keys_that_they_have(key: tuple[str, ...], met_at: set[str]) -> None:
    reach = reach_of(CASCADE, FIELDS, [key], np.ones(len(FIELDS)))
    levels = np.full((len(BORN.levels), len(FIELDS)), -1)
    levels[:, PLACE["last_name"]], levels[:, PLACE["birth_date"]] = 0, np.arange(len(BORN.levels))
    assert {level for level, met in zip(BORN.levels, reach.meets(levels), strict=True) if met} == met_at


def test_the_patterns_of_the_keys_share_out_all_pairs_of_one_person() -> None:
    """Also if some dates are partial: their levels are patterns of their own, and no pair is counted twice."""
    reach = reach_of(CASCADE, FIELDS, [("ssn", "birth_year")], np.full(len(FIELDS), 0.8))
    m = {field.name: usual(field, 0.7) for field in FIELDS}
    chance = reach.probabilities(FIELDS, m)
    by_level = reach.by_level(PLACE["birth_date"], BORN, 1_000 * chance, m["birth_date"])
    assert by_level == pytest.approx(1_000 * 0.8 * m["birth_date"], rel=1e-6)


def test_a_file_whose_partner_has_only_years_has_no_more_records_of_one_person() -> None:
    """No pair agrees exactly, but the records of one file that are identical show how many others differ."""
    complete, years = usual(BORN, 1.0), usual(BORN, 0.0)
    found = FurtherRecords((50, 0), (1_000, 1_000))
    expected, differing = (
        found.differing(replace(new_model(), fields=FIELDS, m={**new_model().m, "birth_date": born}))
        for born in (complete, years)
    )
    assert differing == pytest.approx(expected, rel=1e-3)
