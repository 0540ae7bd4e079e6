"""Further records of a person that differ, and that only the evidence shows to be of one person."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import linkage
from linkage.reference.links import reference_links
from tests.agreement.test_engines_agree import assert_same
from tests.stages import draw_fewer
from tests.strategies import examples

PEOPLE = 60
"""The people of the hospital. The first half of them died, and so did as many other people."""
DIED = PEOPLE // 2
LETTERS = "ABCDEFGHIKLMNOPRSTUVWZ"
NUMBERS = ["212345678", "345678912", "456789123", "567891234"]
NUMBERED = replace(linkage.read_rules("evidence"), ssn=replace(linkage.read_rules("evidence").ssn, people_at_most=1000))
"""The rules with any number of people of one SSN."""
COVERED = linkage.MortalityPolicy(coverage_first=date(2012, 1, 1), coverage_last=date(2017, 12, 31))
ANCHOR = pd.Timestamp("2015-01-09")


def record(chance: random.Random, letters: str = LETTERS) -> dict[str, Any]:
    first, last = ("".join(chance.sample(letters, k=7)) for _ in range(2))
    born = f"19{chance.randrange(20, 60)}-{chance.randrange(1, 13):02}-{chance.randrange(10, 29)}"
    return {"first_name": first, "last_name": last, "birth_date": born, "sex": chance.choice("MF")}


def with_a_slip(one: dict[str, Any], n: int) -> dict[str, Any]:
    """A record of the same person with another day of birth, or with two letters of a name exchanged."""
    if n % 3 == 0:
        return one | {"birth_date": f"{one['birth_date'][:-1]}{(int(one['birth_date'][-1]) + 1) % 9}"}
    name = "first_name" if n % 3 == 1 else "last_name"
    return one | {name: f"{one[name][:3]}{one[name][4]}{one[name][3]}{one[name][5:]}"}


@cache
def files(*, records: int = 4, days_apart: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Patients, deaths and stays. Every person has as many records in each file: the first two are identical, the
    others have a slip. The certificates of one person are dated so many days apart."""
    chance = random.Random(4)
    patients, deaths, stays = [], [], []
    for n in range(PEOPLE * 3 // 2):
        one = record(chance)
        own = [one if k < 2 else with_a_slip(one, n + k) for k in range(records)]
        if n < PEOPLE:
            patients += [{"patient_id": f"p{n}-{k}", **each} for k, each in enumerate(own)]
            stays.append({"patient_id": f"p{n}-{records - 1}", "start": "2015-01-02", "discharge": "2015-01-09"})
            stays.append({"patient_id": f"p{n}-0", "start": "2014-01-02", "discharge": "2014-01-09"})
        if not DIED <= n < PEOPLE:
            died = pd.Timestamp("2015-03-01") + pd.Timedelta(days=n)
            dates = [died + pd.Timedelta(days=days_apart * max(k - 1, 0)) for k in range(records)]
            deaths += [
                {"death_id": f"d{n}-{k}", **each, "death_date": f"{day:%Y-%m-%d}"}
                for k, (each, day) in enumerate(zip(own[::-1], dates, strict=True))
            ]
    return pd.DataFrame(patients), pd.DataFrame(deaths), pd.DataFrame(stays)


def linked(engine: str, duplicates: Any = "link_together", **chosen: int) -> linkage.Linkage:
    patients, deaths, stays = files(**chosen)
    cascade = replace(linkage.read_rules("evidence"), duplicates=duplicates)
    return linkage.link(patients, deaths, cascade, encounters=stays, policy=COVERED, engine=engine)


def test_every_record_of_a_person_is_linked_and_has_the_persons_anchor(monkeypatch: pytest.MonkeyPatch) -> None:
    draw_fewer(monkeypatch)
    with linked("duckdb") as run, linked("reference") as by_reference:
        for name in ("links", "outcomes"):
            pd.testing.assert_frame_equal(getattr(run, name), getattr(by_reference, name))
        person = run.links["patient_id"].str.split("-").str[0]
        assert person.value_counts().tolist() == [4] * DIED
        assert (person.str[1:] == run.links["death_id"].str[1:].str.split("-").str[0]).all()
        # Those without a partner have only their identical records.
        found = run.counts["records_of_persons_with_several"]
        assert found == by_reference.counts["records_of_persons_with_several"] == {"patient": 180, "death": 180}
        assert run.outcomes.set_index("patient_id").loc[run.links["patient_id"], "anchor_date"].eq(ANCHOR).all()


def test_records_of_one_person_are_rivals_if_they_are_only_reported() -> None:
    with linked("duckdb", "report") as run:
        assert run.links["patient_id"].str.split("-").str[0].is_unique
        assert run.counts["records_of_persons_with_several"]["patient"] == PEOPLE * 2


def test_certificates_dated_far_apart_are_rivals() -> None:
    with linked("duckdb", days_apart=100) as run:
        # Of four certificates only the first two have one date.
        assert run.counts["records_of_persons_with_several"]["death"] <= DIED * 2
        assert run.links["probability"].max() < 0.9


def test_records_that_resemble_each_other_are_rivals_if_nobody_has_two() -> None:
    """Nothing in these files shows that anybody has a second record."""
    with linked("duckdb", records=1) as run:
        assert run.counts["records_of_persons_with_several"] == {"patient": 0, "death": 0}
        assert len(run.links) == DIED


@pytest.mark.parametrize("values", ["0123", "0011", "..12", ".1.2", "12.."])
@pytest.mark.parametrize(("name", "known"), [("suffix", ["Jr", "Sr", "III", "IV"]), ("ssn", NUMBERS)])
def test_no_person_has_two_numbers_or_two_suffixes(name: str, known: list[str], values: str) -> None:
    """`values` says which of the four records of each person have which value; a dot is no value."""
    patients, deaths, _ = files()
    value = patients["patient_id"].str[-1].map({str(n): one for n, one in enumerate(values)})
    given = {str(n): one for n, one in enumerate(known)}
    with linkage.link(patients.assign(**{name: value.map(given)}), deaths, NUMBERED) as run:
        linked = run.links.merge(pd.DataFrame({"patient_id": patients["patient_id"], "value": value}))
        assert len(linked)
        assert linked[linked["value"] != "."].groupby("death_id")["value"].nunique().max() == 1


def test_certificates_with_two_numbers_are_of_two_people() -> None:
    """Twins with similar names who died in one week. A third record, without a number, fits both."""
    patients, deaths, _ = files()
    maria = {"first_name": "MARIA", "last_name": "KOWALZEK", "birth_date": "1944-05-17", "sex": "F"}
    marta, (one, two) = maria | {"first_name": "MARTA"}, NUMBERS[:2]
    mine = [{"patient_id": "m1", "ssn": one, **maria}, {"patient_id": "m2", "ssn": two, **marta}]
    mine.append({"patient_id": "m3", **maria})
    theirs = [{"death_id": "c1", "ssn": one, "death_date": "2015-05-05", **maria}]
    theirs.append({"death_id": "c2", "ssn": two, "death_date": "2015-05-08", **marta})
    files_of_both = pd.concat([patients, pd.DataFrame(mine)]), pd.concat([deaths, pd.DataFrame(theirs)])
    with linkage.link(*files_of_both, NUMBERED) as run:
        found = dict(zip(run.links["patient_id"], run.links["death_id"], strict=True))
        assert {one: found.get(one) for one in ("m1", "m2", "m3")} == {"m1": "c1", "m2": "c2", "m3": "c1"}


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
@pytest.mark.parametrize(("sex", "records"), [("F", 2), ("M", 1)])
def test_another_sex_and_another_first_name_are_of_another_person(
    sex: str, records: int, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where many people have records with errors, MARIAN is MARIA with an error, unless he is a man."""
    draw_fewer(monkeypatch)
    patients, deaths, _ = files()
    maria = {"first_name": "MARIA", "last_name": "KOWALZEK", "birth_date": "1944-05-17", "sex": "F"}
    mine = [{"patient_id": "m1", **maria, "first_name": "MARIAN", "sex": sex}, {"patient_id": "m2", **maria}]
    theirs = [{"death_id": "c1", "death_date": "2015-05-05", **maria}]
    files_of_both = pd.concat([patients, pd.DataFrame(mine)]), pd.concat([deaths, pd.DataFrame(theirs)])
    with linkage.link(*files_of_both, "evidence", engine=engine) as run:
        assert list(run.links["death_id"]).count("c1") == records


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_a_stay_after_the_death_of_one_record_is_one_of_all(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_fewer(monkeypatch)
    patients, deaths, stays = files()
    died = pd.Timestamp(deaths.set_index("death_id").loc["d3-0", "death_date"])
    late = {"patient_id": "p3-3", "start": died + pd.Timedelta(days=97), "discharge": died + pd.Timedelta(days=100)}
    stays = pd.concat([stays, pd.DataFrame([late]).astype(str)], ignore_index=True)
    with linkage.link(patients, deaths, "evidence", encounters=stays, policy=COVERED, engine=engine) as run:
        status = run.outcomes.set_index("patient_id")["status"]
        assert set(status[[f"p3-{n}" for n in range(4)]]) == {"in_review"}


def test_the_summary_counts_the_persons_that_were_joined() -> None:
    """Two identical records, and two others that are identical: two persons become one."""
    patients, deaths, _ = files()
    twice = patients["patient_id"].str[-1].map({"0": "0", "1": "0", "2": "2", "3": "2"})
    source = patients.set_index("patient_id").loc[patients["patient_id"].str[:-1] + twice].reset_index(drop=True)
    source["patient_id"] = patients["patient_id"]
    with linkage.link(source, deaths, "evidence") as run:
        assert run.counts["expected"]["joined"]["patient"] == DIED
        assert f"{DIED} patients and " in str(run)
        assert "recognized as further records" in str(run)


@settings(max_examples=examples(10))
@given(seed=st.integers(0, 10**6), letters=st.integers(2, 7))
def test_both_engines_join_the_same_records(seed: int, letters: int) -> None:
    """With few letters, different people have similar names, and chains of records that agree occur."""
    chance = random.Random(seed)
    people = [record(chance, LETTERS[: letters + 7]) for _ in range(12)]
    rows = [with_a_slip(chance.choice(people), chance.randrange(9)) for _ in range(60)]
    days = [f"2015-03-{chance.randrange(1, 29):02}" for _ in rows]
    patients = pd.DataFrame([{"patient_id": n, **row} for n, row in enumerate(rows[:30])])
    deaths = pd.DataFrame(
        [{"death_id": n, "death_date": day, **row} for n, (row, day) in enumerate(zip(rows[30:], days, strict=False))]
    )
    with linkage.link(patients, deaths, "evidence") as run:
        by_reference = reference_links(patients.astype(str), deaths.astype(str), linkage.read_rules("evidence"))
        assert_same(run, by_reference)
        joined = run.counts["records_of_persons_with_several"]
    for side, person_of in zip(("patient", "death"), by_reference.persons, strict=True):
        several = Counter(person_of.values())
        assert joined[side] == sum(several[person] > 1 for person in person_of.values())
