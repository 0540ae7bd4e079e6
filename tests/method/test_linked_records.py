"""Two record numbers of one person (`duplicates = "link_together"`) have one date, one anchor and one status."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

import linkage

PEOPLE = {
    # name: (records, their stays and deaths in hospital, certificate)
    "ABEL": (["a1", "a2"], [("a1", "2014-03-01", "2014-03-05", None), ("a2", "2015-01-02", "2015-01-09", None)]),
    "BORIS": (["b1", "b2"], [("b1", "2015-01-02", "2015-01-09", "2015-01-09"),
                             ("b2", "2014-03-01", "2014-03-05", None)]),
    "CLARA": (["c1", "c2", "c3"], [("c2", "2015-01-02", "2015-01-09", None)]),
    "DORA": (["d1", "d2"], [("d1", "2013-01-02", "2013-01-09", "2013-01-09"), ("d2", "2014-03-01", "2014-03-05", None),
                            ("d2", "2015-01-02", "2015-01-09", None)]),
    "EDITH": (["e1", "e2"], [("e1", "2014-03-01", "2014-03-05", None), ("e2", "2015-01-02", "2015-01-09", None)]),
    "FELIX": (["f1"], [("f1", "2015-01-02", "2015-01-09", None)]),
}  # fmt: skip
DIED = {"ABEL": "2015-06-01", "CLARA": "2015-06-01", "EDITH": "2014-06-01"}
EXPECTED = {
    "ABEL": ("died_within_one_year", "2015-06-01", "within a year of the person's last discharge, not of the record's"),
    "BORIS": ("died_within_one_year", "2015-01-09", "one record died in hospital: so did the other"),
    "CLARA": ("died_within_one_year", "2015-06-01", "records without any stay have the person's anchor"),
    "DORA": ("alive_at_one_year", None, "seen alive twice under the other number: the flag is wrong"),
    "EDITH": ("in_review", None, "the certificate is from before the last contact of the other record"),
    "FELIX": ("alive_at_one_year", None, "one record, one person"),
}


@pytest.fixture(scope="module", params=["duckdb", "reference"])
def outcomes(request: pytest.FixtureRequest) -> Iterator[pd.DataFrame]:
    """The outcomes of the people above, with each engine."""
    known = {name: {"first_name": name, "last_name": f"{name}SON", "birth_date": f"194{n}-05-06"}
             for n, name in enumerate(PEOPLE)}  # fmt: skip
    patients = [{"patient_id": record, **known[name]} for name, (records, _) in PEOPLE.items() for record in records]
    deaths = [{"death_id": name, **known[name], "death_date": day} for name, day in DIED.items()]
    columns = ["patient_id", "start", "discharge", "death_time"]
    stays = pd.DataFrame([stay for _, stays in PEOPLE.values() for stay in stays], columns=columns)
    cascade = replace(linkage.read_rules("mimic_iv"), duplicates="link_together")
    policy = linkage.MortalityPolicy(coverage_first=date(2012, 1, 1), coverage_last=date(2017, 12, 31))
    found = linkage.link(
        pd.DataFrame(patients), pd.DataFrame(deaths), cascade, encounters=stays, policy=policy, engine=request.param
    )
    with found as run:
        yield run.outcomes.set_index("patient_id")


@pytest.mark.parametrize("name", PEOPLE)
def test_all_records_of_a_person_have_one_date_one_anchor_and_one_status(outcomes: pd.DataFrame, name: str) -> None:
    status, dod, why = EXPECTED[name]
    own = outcomes.loc[PEOPLE[name][0]]
    assert set(own["status"]) == {status}, why
    assert set(own["dod"].dropna()) == ({pd.Timestamp(dod)} if dod else set()), why
    assert set(own["anchor_date"]) == {pd.Timestamp("2015-01-09")}, why
    assert own["dod"].isna().nunique() == own["followup_days"].nunique() == 1, why
