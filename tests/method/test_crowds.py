"""Records that are equal in all relevant fields get the result that each would get alone."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import linkage
from linkage.method import crowds
from linkage.rules.cascade import Cascade
from linkage.rules.file import read_rules
from linkage.run.link import foresee
from linkage.run.output import table_select
from tests.rules import MANY_FEATURES
from tests.stages import decided, prepared
from tests.strategies import Registry, assume_usable, cascades, examples, registries

some = settings(
    max_examples=examples(20),
    # `few` patches a module for all examples alike, and few registries have crowds.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat three equal records as a crowd."""
    monkeypatch.setattr(crowds, "CROWD", 2)


@st.composite
def crowded(draw: st.DrawFn) -> Registry:
    """A registry in which some records are repeated under other ids."""
    registry = draw(registries(most=4))
    contacts = dict(registry.last_contact)
    files = []
    for name, rows in (("patient_id", registry.patient_rows), ("death_id", registry.death_rows)):
        copies = []
        for row in rows:
            for number in range(draw(st.sampled_from((0, 0, 2, 3, 4)))):
                copies.append(row | {name: f"{number}{row[name]}9"})
                if name == "patient_id" and (day := contacts.get(str(row[name]))):
                    contacts[str(copies[-1][name])] = day
        files.append((*rows, *copies))
    return Registry(files[0], files[1], registry.columns, contacts)


def encounters_of(registry: Registry) -> pd.DataFrame | None:
    known = set(registry.patients["patient_id"]) if len(registry.patients) else set()
    rows = [
        {"patient_id": one, "start": str(day), "discharge": str(day)}
        for one, day in registry.last_contact.items()
        if one in known
    ]
    return pd.DataFrame(rows) if rows else None


def everything(linked: linkage.Linkage) -> dict[str, Any]:
    """The complete output of a run."""
    tables = ["links", "review", *(["outcomes"] if linked.has_mortality else [])]
    found: dict[str, Any] = {name: linked.engine.rows(table_select(linked, name)) for name in tables}
    found["fates"] = sorted(linked.engine.rows("SELECT patient_id, stage FROM fate"))
    return found | {"counts": linked.counts}


def run(registry: Registry, cascade: Cascade) -> linkage.Linkage:
    return linkage.link(registry.patients, registry.deaths, cascade, encounters=encounters_of(registry))


def assert_same(registry: Registry, cascade: Cascade) -> None:
    """Both engines decide the same about one registry."""
    with prepared(
        registry.patients, registry.deaths, cascade, encounters=encounters_of(registry), threads=None
    ) as ready:
        found = []
        for engine in ("duckdb", "reference"):
            with decided(ready, cascade, engine) as linked:
                found.append(everything(linked))
    for name in found[1]:
        assert found[0][name] == found[1][name], name


@some
@given(registry=crowded(), cascade=cascades())
def test_a_crowd_gets_what_the_reference_engine_gives_it_under_any_cascade(
    few: None, registry: Registry, cascade: Cascade
) -> None:
    assume_usable(registry, cascade)
    assert_same(registry, cascade)


@some
@given(
    registry=crowded(),
    rules=st.sampled_from(["mimic_iv", MANY_FEATURES, "evidence"]),
    duplicates=st.sampled_from(["report", "link_together"]),
)
def test_a_crowd_gets_what_the_reference_engine_gives_it_under_rule_files(
    few: None, registry: Registry, rules: str, duplicates: str
) -> None:
    cascade = replace(read_rules(rules), duplicates=duplicates)
    assume_usable(registry, cascade)
    assert_same(registry, cascade)


def alike(patients: int, deaths: int, *, dates: str = "one", contacts: str = "one") -> Registry:
    """People of one name and birth date: all have died on one day, so that their certificates are of one person, or on
    days far apart; or their certificates differ in sex; or one follows the other by days."""
    person = {"first_name": "ANN", "last_name": "SMITH", "birth_date": "1930-05-06", "sex": "F"}
    day = {"one": 0, "sexes": 0, "far": 9, "near": 1}[dates]
    died = [date(1960, 1, 1) + timedelta(days=n * day) for n in range(deaths)]
    seen = [date(1950, 1, 1) + timedelta(days=n * 30 if contacts == "several" else 0) for n in range(patients)]
    return Registry(
        tuple({"patient_id": f"{n}", **person} for n in range(patients)),
        tuple(
            {"death_id": f"d{n}", **person, "sex": "FM"[n % 2 if dates == "sexes" else 0], "death_date": str(died[n])}
            for n in range(deaths)
        ),
        ("first_name", "last_name", "birth_date", "sex", "death_date"),
        {f"{n}": seen[n] for n in range(patients)},
    )


@pytest.mark.parametrize("rules", ["mimic_iv", "evidence"])
@pytest.mark.parametrize("dates", ["one", "sexes", "far", "near"])
@pytest.mark.parametrize("contacts", ["one", "several"])
def test_people_of_one_name_get_what_the_reference_engine_gives_them(
    monkeypatch: pytest.MonkeyPatch, rules: str, dates: str, contacts: str
) -> None:
    monkeypatch.setattr(crowds, "CROWD", 10)
    assert_same(alike(25, 22, dates=dates, contacts=contacts), read_rules(rules))


@pytest.mark.parametrize("rules", ["mimic_iv", "evidence"])
@pytest.mark.parametrize("dates", ["one", "sexes", "far"])
def test_two_records_stand_for_a_crowd(rules: str, dates: str) -> None:
    found = run(alike(300, 300, dates=dates), read_rules(rules))
    with found:
        pairs = found.engine.rows("SELECT count(*) FROM decided")[0][0]
        assert pairs <= 2 * 300
        assert found.counts["candidate_links"] == 300 * 300
        assert found.counts["patients_with_candidate"] == 300
        assert len(found.review) <= 600


def test_a_large_tie_has_one_row_for_each_record() -> None:
    with run(alike(101, 150, dates="far"), read_rules("mimic_iv")) as found:
        review = found.review
        assert set(review["kind"]) == {"tie"}
        assert set(review["rule"]) == {"R2"}
        patients, deaths = review[review["death_id"].isna()], review[review["patient_id"].isna()]
        assert (len(patients), len(deaths), len(review)) == (101, 150, 251)
        assert set(patients["doubt"]) == {"with 150 deaths"}
        assert set(deaths["doubt"]) == {"with 101 patients"}
        assert found.counts["review"] == {"tie": 251}


def test_a_tie_that_can_be_read_is_listed_pair_by_pair() -> None:
    with run(alike(20, 30, dates="far"), read_rules("mimic_iv")) as found:
        assert len(found.review[["patient_id", "death_id"]].dropna()) == 600


def test_certificates_of_one_death_are_listed_once_for_a_crowd() -> None:
    with run(alike(150, 130, dates="near"), replace(read_rules("mimic_iv"), duplicates="link_together")) as found:
        assert len(found.links) == 150
        review = found.review[found.review["kind"] == "dates of death differ"]
        assert len(review) == 150 + 129
        assert set(review.loc[review["patient_id"].notna(), "death_id"]) == {"d0"}
        assert set(found.outcomes["death_id"]) == {"d0"}


def test_the_lowest_id_wins_in_a_crowd_as_elsewhere() -> None:
    cascade = replace(read_rules("mimic_iv"), ties="lowest_id")
    with run(alike(110, 120, dates="far"), cascade) as found:
        links = found.links[["patient_id", "death_id"]].to_numpy().tolist()
        assert sorted(links, key=lambda link: int(link[0])) == [[f"{n}", f"d{n}"] for n in range(110)]


def test_one_of_a_crowd_is_explained_as_those_that_stand_for_it(few: None) -> None:
    with run(alike(5, 1), read_rules("mimic_iv")) as found:
        explanations = [found.explain(patient) for patient in ("0", "1", "4")]
        assert explanations[0].pairs == explanations[1].pairs == explanations[2].pairs
        assert explanations[0].pairs[0].rule == "R2"


def test_what_became_of_true_matches_does_not_depend_on_crowds(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = alike(6, 7, dates="far")
    truth = pd.DataFrame({"patient_id": [f"{n}" for n in range(6)], "death_id": [f"d{n}" for n in range(6)]})
    stages = []
    for crowd in (2, 100):
        monkeypatch.setattr(crowds, "CROWD", crowd)
        with run(registry, read_rules("mimic_iv")) as found:
            missed = linkage.evaluate(found, truth, methods=["implausible"])
            stages.append([missed[name].to_numpy().tolist() for name in ("missed", "implausible")])
    assert repr(stages[0]) == repr(stages[1])


def test_a_forecast_counts_the_pairs_that_crowds_leave() -> None:
    def foreseen(registry: Registry) -> Any:
        return foresee(registry.patients, registry.deaths, encounters=encounters_of(registry))

    usual, apart = foreseen(alike(300, 300, dates="far")), foreseen(alike(300, 300, dates="far", contacts="several"))
    assert usual.made_pairs == 0
    assert apart.made_pairs == 300 * 300
    assert sum(apart.seconds.values()) > sum(usual.seconds.values())
    assert apart.memory_bytes > usual.memory_bytes
    assert "Pairs among groups of equal records: about 90,000." in str(apart)
