"""The results of a run with evidence do not depend on row order, threads, or engine."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import linkage
from linkage.cli.main import main
from linkage.method import evidence_scores
from linkage.method.limit import _limit
from linkage.reference.links import reference_links
from linkage.rules.cascade import EVIDENCE, Cascade
from linkage.rules.file import read_rules
from synthetic import make_registry
from tests.agreement.test_engines_agree import assert_same, run
from tests.stages import draw_fewer
from tests.strategies import Registry, assume_usable, cascades, examples, registries

TOWN = make_registry("twins_and_families", patients=1_200, seed=90_210)
PERSON = {"first_name": "ORVILLE", "last_name": "TREMBATH", "birth_date": "1931-04-05", "sex": "M"}
SWAPPED_WITH_A_SLIP = PERSON | {"first_name": "TREMBAHT", "last_name": "ORVILLE"}


def estimated(manifest: Mapping[str, Any], places: tuple[str, ...] = ()) -> dict[tuple[str, ...], float]:
    """Every estimated number, by its path in the manifest."""
    found: dict[tuple[str, ...], float] = {}
    for name, value in manifest.items():
        if isinstance(value, Mapping):
            found |= estimated(value, (*places, name))
        else:
            numbers = value if isinstance(value, list) else [value]
            found |= {(*places, name, str(n)): float(number) for n, number in enumerate(numbers)}
    return found


def linked(patients: pd.DataFrame, deaths: pd.DataFrame, **options: object) -> pd.DataFrame:
    with linkage.link(patients, deaths, "evidence", **options) as run:
        return run.links


@pytest.fixture(scope="module")
def town() -> linkage.Linkage:
    return linkage.link(TOWN.patients, TOWN.deaths, "evidence", threads=2)


def test_every_link_says_how_probable_it_is_and_what_each_field_weighs(town: linkage.Linkage) -> None:
    links = town.links
    assert links["probability"].between(0, 1).all()
    limit = min(rule.probability for rule in town.cascade.rules if rule.probability)
    weighed = links[links["rule"].str.startswith("E")]
    assert len(weighed)
    assert (weighed["probability"] >= limit).all()
    parts = [f"{name}_bits" for name in ("prior", "relatives", *town.cascade.fields)]
    own = links.dropna(subset=["bits"])
    assert (own[parts].sum(axis=1) == own["bits"]).all()


def test_the_run_states_how_many_of_its_links_it_expects_to_be_false(town: linkage.Linkage) -> None:
    expected = town.counts["expected"]
    assert expected["links"] == len(town.links)
    assert expected["false"] == pytest.approx((1 - town.links["probability"]).sum(), abs=0.02)
    assert sum(one["links"] for one in expected["by_rule"].values()) == len(town.links)
    assert "links are expected to be false" in str(town)


def test_a_pair_is_more_probable_if_most_records_have_a_partner(monkeypatch: pytest.MonkeyPatch) -> None:
    told = TOWN.truth[TOWN.truth["death_id"].astype(str) != ""]
    deaths = TOWN.deaths[TOWN.deaths["death_id"].astype(str).isin(told["death_id"].astype(str))]
    patients = TOWN.patients[TOWN.patients["subject_id"].isin(told["subject_id"])]
    links = linked(patients, deaths).set_index(["patient_id", "death_id"])["probability"]
    monkeypatch.setattr(evidence_scores, "LEAST_ALONE", 1.0)
    before = linked(patients, deaths).set_index(["patient_id", "death_id"])["probability"]
    assert set(before.index) <= set(links.index)
    both = links.loc[before.index]
    assert (both >= before).all()
    assert (1 - both).sum() < 0.5 * (1 - before).sum()


def test_the_weights_are_written_down_and_printed(
    town: linkage.Linkage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town.write(tmp_path / "out")
    assert main(["weights", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert {"first name", "birth date", "disagree"} <= {
        part.strip() for part in printed.replace("\n", "  ").split("  ")
    }
    assert "twins: " in printed
    assert "rarer name on one record in" in printed


def test_an_explanation_gives_the_bits_of_each_field(town: linkage.Linkage) -> None:
    link = town.links.iloc[0]
    (pair,) = town.explain(link["patient_id"], link["death_id"]).pairs
    assert pair.probability == pytest.approx(link["probability"])
    assert round(1000 * sum(pair.bits.values())) == link["bits"]
    assert "birth date +" in str(pair)


def test_links_and_weights_depend_on_no_order_of_rows_and_on_no_number_of_threads(town: linkage.Linkage) -> None:
    shuffled = linked(
        TOWN.patients.sample(frac=1, random_state=4), TOWN.deaths.sample(frac=1, random_state=5), threads=1
    )
    pd.testing.assert_frame_equal(town.links, shuffled)


def test_the_reference_engine_finds_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    draw_fewer(monkeypatch)
    small = make_registry("hard", patients=300, seed=7)
    patients = small.patients.rename(columns={"subject_id": "patient_id", "dob": "birth_date"})
    mine = pd.DataFrame([PERSON | {"patient_id": "P1"}])
    theirs = pd.DataFrame([SWAPPED_WITH_A_SLIP | {"death_id": "D1", "death_date": "2019-03-01"}])
    files = pd.concat([patients, mine]), pd.concat([small.deaths, theirs])
    with (
        linkage.link(*files, "evidence", engine="reference") as reference,
        linkage.link(*files, "evidence") as run,
    ):
        expected, links = reference.links, run.links
        numbers = estimated(reference.evidence)
        assert len(numbers) > 100
        assert numbers == pytest.approx(estimated(run.evidence), rel=1e-3, abs=2e-3)
    assert len(expected) > 10
    assert "P1" in set(expected["patient_id"])
    pd.testing.assert_frame_equal(links, expected)


@st.composite
def weighing(draw: st.DrawFn) -> Cascade:
    """A random cascade with limits on probability, and possibly ranking by evidence."""
    cascade = draw(cascades())
    asked = st.one_of(st.none(), st.sampled_from((0.01, 0.5, 0.9)))
    rules = [replace(rule, probability=draw(asked)) for rule in cascade.rules]
    rules[0] = replace(rules[0], probability=draw(st.sampled_from((0.01, 0.5))))
    closeness = (EVIDENCE, *cascade.closeness) if draw(st.booleans()) else cascade.closeness
    return replace(cascade, rules=tuple(rules), closeness=closeness, ppv=draw(st.sampled_from((None, 0.9, 0.995))))


@settings(max_examples=examples(8))
@given(registry=registries(), cascade=weighing())
def test_duckdb_weighs_as_the_reference_does_under_any_cascade(registry: Registry, cascade: Cascade) -> None:
    assume_usable(registry, cascade)
    with run(registry, cascade) as found:
        assert_same(found, reference_links(registry.patients, registry.deaths, cascade, registry.last_contact))


def test_every_pair_is_weighed_whatever_the_rules_require() -> None:
    """The model needs the pairs of strangers, which a strict rule would leave out."""
    cascade = read_rules("evidence")
    strict = replace(cascade, rules=tuple(rule for rule in cascade.rules if rule.id == "E1"))
    found = []
    for rules in (cascade, strict):
        with linkage.link(TOWN.patients, TOWN.deaths, rules) as run:
            found.append(run.evidence)
    assert found[0] == found[1]


def beside_a_town(patients: list[dict[str, str]], deaths: list[dict[str, str]]) -> pd.DataFrame:
    """The links of some people, with a model learned from them and a town. They died on one day unless a date is
    given."""
    sides = TOWN.patients.rename(columns={"subject_id": "patient_id", "dob": "birth_date"}), TOWN.deaths
    mine = pd.DataFrame(patients).assign(patient_id=[f"P{n}" for n in range(len(patients))])
    theirs = pd.DataFrame([{"death_date": "2019-03-01"} | death for death in deaths])
    theirs = theirs.assign(death_id=[f"D{n}" for n in range(len(deaths))])
    found = linked(pd.concat([sides[0], mine]), pd.concat([sides[1], theirs]))
    return found[found["patient_id"].str.startswith("P")]


def test_names_in_each_others_place_may_have_slips() -> None:
    (link,) = beside_a_town([PERSON], [SWAPPED_WITH_A_SLIP]).to_dict("records")
    assert (link["death_id"], link["full_name_agreement"]) == ("D0", "alike")
    assert link["full_name_bits"] > 0 == link["first_name_bits"] == link["last_name_bits"]


def test_two_certificates_of_one_death_are_one_rival() -> None:
    slip = PERSON | {"birth_date": "1931-04-06"}
    one, two = beside_a_town([PERSON], [slip]), beside_a_town([PERSON], [slip, slip])
    assert one["probability"].tolist() == pytest.approx(two["probability"].tolist(), abs=0.02)
    assert len(one) == 1


def test_two_deaths_that_fit_a_patient_equally_leave_neither_probable() -> None:
    rivals = [PERSON | {"birth_date": "1931-04-06"}, PERSON | {"birth_date": "1931-05-05", "death_date": "2019-05-01"}]
    assert beside_a_town([PERSON], rivals).empty


@pytest.mark.parametrize(
    ("limited", "fixed", "ppv", "limit"),
    [
        ([], [], 0.99, 0),
        ([(999_000, 5), (600_000, 1)], [], 0.9, 0),
        ([(999_000, 5), (600_000, 1)], [], 0.99, 999_000),
        ([(999_000, 5), (600_000, 1)], [(1_000_000, 100)], 0.99, 0),
        ([(999_000, 5), (600_000, 1)], [(500_000, 1)], 0.99, 999_000),  # values that no limit excludes are not counted
    ],
)
def test_a_limit_keeps_the_ppv_that_is_asked_for(
    limited: list[tuple[int, int]], fixed: list[tuple[int, int]], ppv: float, limit: int
) -> None:
    assert _limit(limited, fixed, ppv) == limit


@pytest.mark.parametrize(("born", "status"), [("1950-04-03", "in_review"), ("1947-11-28", "alive_at_one_year")])
def test_an_impossible_pair_is_weighed_if_its_agreement_is_striking(born: str, status: str) -> None:
    """Names and year of birth agree, or names alone; the patient was seen two years after the death."""
    known = {"first_name": "ORVILLE", "last_name": "TREMBATH", "middle_name": "QUINCY", "suffix": "III", "sex": "M"}
    patients = pd.DataFrame([{"patient_id": "1", "birth_date": "1950-03-04", **known}])
    deaths = pd.DataFrame([{"death_id": "2", "birth_date": born, "death_date": "2015-01-05", **known}])
    stays = pd.DataFrame([{"patient_id": "1", "start": "2017-01-01", "discharge": "2017-01-02"}])
    others = TOWN.patients.rename(columns={"subject_id": "patient_id", "dob": "birth_date"}), TOWN.deaths
    with linkage.link(
        pd.concat([others[0], patients]), pd.concat([others[1], deaths]), "evidence", encounters=stays
    ) as run:
        assert run.outcomes.set_index("patient_id").loc["1", "status"] == status


def test_strangers_whose_middle_name_follows_from_their_last_name_are_not_linked() -> None:
    drawn = random.Random(20_260_101)

    def names(letters: str, number: int) -> list[str]:
        return ["".join(drawn.choice(letters) + drawn.choice("AEIOU") for _ in range(3)) for _ in range(number)]

    first_names, fathers = names("TSVZHRNMLC", 60), names("BDFGKLMNPR", 60)
    rarer = [1 / (1 + n) for n in range(60)]

    def people(side: str) -> pd.DataFrame:
        of = drawn.choices(fathers, rarer, k=2_000)
        return pd.DataFrame({
            f"{side}_id": [f"{side}{n}" for n in range(2_000)],
            "first_name": drawn.choices(first_names, rarer, k=2_000),
            "middle_name": of,
            "last_name": [f"{father}SON" for father in of],
            "birth_date": [str(date(1920, 1, 1) + timedelta(days=drawn.randrange(25_000))) for _ in of],
        })  # fmt: skip

    with linkage.link(people("patient"), people("death"), "evidence") as run:
        assert len(run.links) < 20  # 131, with an expected PPV of 99.4 %, if middle names count as independent
