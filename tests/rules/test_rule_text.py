"""Writing a cascade to a rule file and reading it gives the same cascade."""

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.rules.cascade import Cascade, Plausibility
from linkage.rules.file import read_rules
from linkage.rules.shipped import shipped_rules
from linkage.rules.text import rule_text
from linkage.rules.wording import field_name, rule_sentence
from linkage.values.names import STEPS
from linkage.values.ssn import SsnPolicy
from tests.rules import MANY_FEATURES, rules_id
from tests.strategies import cascades


def again(cascade: Cascade, folder: Path) -> Cascade:
    path = folder / f"{cascade.name}.toml"
    path.write_text(rule_text(cascade), "utf-8")
    return replace(read_rules(path), path=cascade.path, digest=cascade.digest)


@pytest.mark.parametrize("name", [*shipped_rules(), MANY_FEATURES], ids=rules_id)
def test_a_cascade_in_a_file_survives_being_written(name: str, tmp_path: Path) -> None:
    cascade = read_rules(name)
    assert again(cascade, tmp_path) == cascade


@pytest.mark.parametrize("used", [0, 1, 6])
def test_the_keys_that_a_run_used_are_not_written_as_keys_for_every_file(tmp_path: Path, used: int) -> None:
    cascade = read_rules("evidence")
    of_run = cascade.using(cascade.keys_if_few_pairs[:used])
    assert len(of_run.keys) == len(cascade.keys) + used
    assert again(of_run, tmp_path) == cascade


@settings(max_examples=40)
@given(cascades(), st.text(min_size=1).filter(str.strip))
def test_any_cascade_survives_being_written(
    tmp_path_factory: pytest.TempPathFactory, cascade: Cascade, title: str
) -> None:
    # A file without fields for closeness uses all of them, and placeholders have no order.
    fields = {
        name: replace(one, not_known=tuple(sorted(one.not_known)), steps=one.steps if one.kind == "name" else STEPS)
        for name, one in cascade.fields.items()
    }
    closeness = cascade.closeness or ("ssn",)
    named = replace(cascade, name="drawn", title=title, fields=fields, closeness=closeness)
    found = again(named, tmp_path_factory.mktemp("rules"))
    ordered = {name: replace(one, not_known=tuple(sorted(one.not_known))) for name, one in found.fields.items()}
    assert replace(found, fields=ordered) == named


def test_settings_that_differ_from_the_usual_are_written() -> None:
    base = read_rules("mimic_iv")
    birth = replace(base.fields["birth_date"], not_known=(*base.fields["birth_date"].not_known, "19110101"))
    name = replace(base.fields["last_name"], not_known=base.fields["last_name"].not_known[1:])
    cascade = replace(
        base,
        fields={**base.fields, "birth_date": birth, "last_name": name},
        ssn=SsnPolicy(digits=7, keep_taxpayer_numbers=False, people_at_most=9),
        plausibility=Plausibility(60, 120),
    )
    data = tomllib.loads(rule_text(cascade))
    assert data["fields"]["birth_date"]["not_known"] == [date(1911, 1, 1)]
    assert data["fields"]["last_name"]["known"] == [base.fields["last_name"].not_known[0]]
    assert [data["fields"]["ssn"][key] for key in ("digits", "taxpayer_numbers", "shared_by_at_most")] == [7, "drop", 9]
    assert data["plausibility"] == {"contact_tolerance_days": 60, "oldest_age_years": 120}


def test_limits_are_written_as_a_person_would() -> None:
    text = rule_text(read_rules("mimic_iv"))
    assert "at_least = 0.85" in text
    assert "at_most = 2 }" in text


@pytest.mark.parametrize("name", [*shipped_rules(), MANY_FEATURES], ids=rules_id)
def test_the_sentence_of_a_rule_states_every_condition(name: str) -> None:
    for rule in read_rules(name).rules:
        sentence = rule_sentence(rule)
        fields = {field_name(each.field).replace("birth date", "date of birth") for each in rule.agree}
        assert not [field for field in fields if field not in sentence]
        assert ("had a probability of at least" in sentence) == (rule.probability is not None)
        assert ("found on at most" in sentence) == bool(rule.rare)
