"""Certificates with different dates of death: which belong to one person, and which date is used."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.report.counted import dates_of_death

NAMES = ["ABEL", "BORIS", "CLARA", "DORA", "EDITH", "FELIX", "GRETA", "HUGO", "IDA", "JONAS", "KARL", "LENA"]
NAMES += ["MAX", "NORA", "OTTO", "PAULA", "RALPH"]
BORN = {name: f"19{40 + n}-05-06" for n, name in enumerate(NAMES)}
SSN = {name: f"0123{n + 10}{n + 21}1" for n, name in enumerate(NAMES)}


def certificate(death_id: str, name: str, died: str | None, *, ssn: bool = True, amends: str = "") -> dict[str, Any]:
    """One certificate of a person in the table below."""
    number = SSN[name] if ssn else None
    return {
        "death_id": death_id,
        "first_name": name,
        "last_name": f"{name}SON",
        "birth_date": BORN[name],
        "ssn": number,
        "death_date": died,
        "amends": amends,
    }


CASES: list[tuple[str, list[dict[str, Any]], str, str | None, int, str]] = [
    # patient, certificates, status, dod, certificates in review, why
    (
        "ABEL",
        [certificate("a1", "ABEL", "2015-06-12"), certificate("a2", "ABEL", "2015-06-21")],
        "died_within_one_year",
        "2015-06-12",
        2,
        "nothing says which amends which: the earliest",
    ),
    (
        "BORIS",
        [certificate("b1", "BORIS", "2015-06-12"), certificate("b2", "BORIS", "2015-07-21", amends="b1")],
        "died_within_one_year",
        "2015-07-21",
        2,
        "the one that amends the other",
    ),
    (
        "CLARA",
        [
            certificate("c1", "CLARA", "2015-06-12"),
            certificate("c2", "CLARA", "2015-06-13", amends="c1"),
            certificate("c3", "CLARA", "2015-06-10", amends="c2"),
        ],
        "died_within_one_year",
        "2015-06-10",
        3,
        "the last of a chain",
    ),
    (
        "DORA",
        [certificate("d1", "DORA", "2015-06-12", ssn=False), certificate("d2", "DORA", "2015-06-13", ssn=False)],
        "died_within_one_year",
        "2015-06-12",
        2,
        "without a number, a day apart",
    ),
    (
        "EDITH",
        [certificate("e1", "EDITH", "2015-06-12", ssn=False), certificate("e2", "EDITH", "2016-03-13", ssn=False)],
        "in_review",
        None,
        0,
        "without a number, months apart: perhaps two people of one name, so a tie",
    ),
    (
        "FELIX",
        [certificate("f1", "FELIX", "2015-06"), certificate("f2", "FELIX", "2015-06-20")],
        "died_within_one_year",
        "2015-06-20",
        0,
        "a month that holds the other's day says nothing of its own",
    ),
    (
        "GRETA",
        [certificate("g1", "GRETA", "2014-06-12"), certificate("g2", "GRETA", "2015-06-12")],
        "died_within_one_year",
        "2015-06-12",
        2,
        "the earlier one is from before the last contact",
    ),
    (
        "HUGO",
        [certificate("h1", "HUGO", "2015-06-12"), certificate("h2", "HUGO", "2015-06-12")],
        "died_within_one_year",
        "2015-06-12",
        0,
        "twice the same date",
    ),
    (
        "IDA",
        [certificate("i1", "IDA", "2015-06-12"), certificate("i2", "IDA", "2015-08-01", amends="nowhere")],
        "died_within_one_year",
        "2015-06-12",
        2,
        "it amends a certificate that is not in the file",
    ),
    (
        "JONAS",
        [
            certificate("j1", "JONAS", "2015-06-12", ssn=False),
            {**certificate("j2", "JONAS", "2015-08-01", amends="j1"), "first_name": "JON"},
        ],
        "died_within_one_year",
        "2015-08-01",
        2,
        "the file says that one amends the other, although the names differ",
    ),
    (
        "KARL",
        [certificate("k1", "KARL", "2013-06-12")],
        "in_review",
        None,
        0,
        "the only claim is impossible in time",
    ),
    (
        "MAX",
        [certificate("m1", "MAX", None), certificate("m2", "MAX", "2015-06-12")],
        "died_within_one_year",
        "2015-06-12",
        0,
        "one awaits its date",
    ),
    (
        "NORA",
        [certificate("n1", "NORA", "9999-12-31"), certificate("n2", "NORA", None)],
        "died_date_not_known",
        None,
        0,
        "none has a date",
    ),
    (
        "OTTO",
        [certificate("o1", "OTTO", "2015-06-12"), certificate("o2", "OTTO", None, amends="o1")],
        "died_within_one_year",
        "2015-06-12",
        0,
        "the one that amends says nothing of the date",
    ),
    (
        "PAULA",
        [certificate("p1", "PAULA", "2014-06-12"), certificate("p2", "PAULA", None)],
        "in_review",
        None,
        0,
        "the only date is from before the last contact",
    ),
    (
        "RALPH",
        [certificate("r1", "RALPH", "2015-06-12"), certificate("r2", "RALPH", "2014-06-13", amends="r1")],
        "died_within_one_year",
        "2015-06-12",
        2,
        "the one that amends is from before the last contact",
    ),
    ("LENA", [], "alive_at_one_year", None, 0, "no certificate"),
]


def registry() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The patients, their certificates and their stays."""
    patients = pd.DataFrame([certificate(name, name, None) for name in NAMES]).rename(
        columns={"death_id": "patient_id"}
    )
    deaths = pd.DataFrame([one for _, certificates, *_ in CASES for one in certificates])
    stays = pd.DataFrame({"patient_id": NAMES, "start": "2015-01-02", "discharge": "2015-01-09"})
    return patients[["patient_id", "first_name", "last_name", "birth_date", "ssn"]], deaths, stays


COVERED = linkage.MortalityPolicy(coverage_first=date(2012, 1, 1), coverage_last=date(2017, 12, 31))


@pytest.fixture(scope="module", params=["duckdb", "reference"])
def run(request: pytest.FixtureRequest) -> Iterator[linkage.Linkage]:
    """The registry, linked by each engine."""
    patients, deaths, stays = registry()
    with linkage.link(patients, deaths, encounters=stays, policy=COVERED, engine=request.param) as run:
        yield run


@pytest.mark.parametrize(("name", "certificates", "status", "dod", "listed", "why"), CASES)
def test_certificates_of_one_person_give_one_death_and_one_date(
    run: linkage.Linkage, name: str, certificates: list[Any], status: str, dod: str | None, listed: int, why: str
) -> None:
    outcome = run.outcomes.set_index("patient_id").loc[name]
    assert outcome["status"] == status, why
    assert outcome["dod"] == pd.Timestamp(dod) if dod else pd.isna(outcome["dod"]), why
    review = run.review
    review = review[(review["patient_id"] == name) & (review["kind"] == "dates of death differ")]
    assert list(review["death_id"]) == [one["death_id"] for one in certificates][:listed], why
    stands = review.loc[review["doubt"] == "this date was used", "registry_date"].tolist()
    assert stands == ([dod] if listed else []), why


def test_patients_whose_certificates_differ_are_counted_and_reported(run: linkage.Linkage) -> None:
    differ = sum(bool(listed) for _, _, _, _, listed, _ in CASES)
    dates = run.counts["mortality"]["dates_of_death"]
    assert (dates["certificates_differ"], dates["in_review"], dates["released"]) == (differ, 3, 12)
    assert f"{differ} linked patients have certificates with different dates of death: see the table" in str(run)
    assert dates_of_death(run)["certificates_differ"].sum() == differ, "the report counts the same"
    assert "3 patients are in review: their outcome is unknown until a person decides." in str(run)


def test_patients_in_review_are_followed_for_no_day_and_counted_in_every_mortality_table(run: linkage.Linkage) -> None:
    waiting = run.outcomes[run.outcomes["status"] == "in_review"]
    assert waiting["followup_days"].tolist() == [0, 0, 0]
    asked = run.mortality_at(dict.fromkeys(NAMES, "2015-01-09"), "90 days").set_index("patient_id")
    assert asked.loc[["EDITH", "KARL", "PAULA"], "answer"].tolist() == ["unknown"] * 3
    assert asked.loc["LENA", "answer"] == "alive"
    if run.decided_by == "duckdb":
        mortality = linkage.follow(run, horizons=[90]).mortality
        assert set(mortality["patients"]) == {len(NAMES)}
        run_itself = mortality[mortality["kind"].isin(["hospital", "cumulative"])]
        assert set(run_itself["in_review"]) == {3}
