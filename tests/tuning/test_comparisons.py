"""Applying a cascade to stored comparisons gives the result of a new run; anything else is refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import linkage
from linkage import tuning
from linkage.rules.cascade import EXACT, NOT_KNOWN, Cascade, Condition, Field, Level, Line, Plausibility, Rule
from linkage.values.measures import MEASURES
from tests.method.test_properties import run as link_registry
from tests.small_town.town import link_town
from tests.strategies import Registry, cascades, examples, registries

few = settings(max_examples=examples(12))


@st.composite
def narrowed(draw: st.DrawFn, reach: Cascade) -> Cascade:
    """A cascade that accepts no more than `reach`: tighter limits, fewer rules and keys, another order."""
    tighter = {}
    for name, limit in tuning.limits(reach).items():
        measure = name.rsplit("__", 1)[1]
        nearer = (limit + 1) / 2 if measure == "jaro_winkler_similarity" else limit + 1
        tighter[name] = draw(st.sampled_from([limit, nearer if MEASURES[measure].limit == "at_least" else limit / 2]))
    rules = draw(st.lists(st.sampled_from(reach.rules), min_size=1, unique_by=lambda rule: rule.id))
    keys = draw(st.lists(st.sampled_from(reach.keys), min_size=1, unique=True))
    return replace(
        tuning.with_limits(reach, tighter),
        rules=tuple(rules),
        keys=tuple(keys),
        closeness=tuple(draw(st.permutations(reach.closeness))),
        ties=draw(st.sampled_from(["review", "lowest_id"])),
    )


def rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    table = frame.astype(object)
    return table.where(table.notna(), None).to_dict("records")


@few
@given(registries(), cascades(), st.data())
def test_a_redecision_is_what_a_fresh_run_would_be(registry: Registry, reach: Cascade, data: st.DataObject) -> None:
    cascade = data.draw(narrowed(reach))
    with link_registry(registry, reach) as wide:
        before = rows(wide.links)
        again = tuning.compare_once(wide, reach).decide(cascade)
        assert rows(wide.links) == before  # the run itself is unchanged
        with link_registry(registry, cascade) as fresh:
            columns = [column for column in fresh.links if column in again.links]
            assert rows(again.links[columns]) == rows(fresh.links)
            ties = fresh.engine.frame("SELECT patient_id, death_id FROM held ORDER BY ALL")
            assert rows(again.held) == rows(ties)


@pytest.fixture(scope="module")
def town() -> Iterator[tuning.Comparisons]:
    """The small town, compared once with loosened limits."""
    with link_town() as run:
        yield tuning.compare_once(run)


MIMIC = linkage.read_rules("mimic_iv")
LIMITS = {"first_name__jaro_winkler_similarity": 0.75, "ssn__levenshtein_distance": 1}


def test_looser_limits_than_the_runs_are_within_the_loosened_reach(town: tuning.Comparisons) -> None:
    cascade = tuning.with_limits(MIMIC, LIMITS)
    with link_town(rules=cascade) as fresh:
        assert rows(town.decide(cascade).links) == rows(fresh.links)
    assert "first_name__jaro_winkler_similarity 0.7" in repr(town)
    assert repr(town.decide(cascade)).startswith("Decision(mimic_iv: ")


def loosen(field: str, *lines: Line) -> Cascade:
    fields = {**MIMIC.fields, field: Field(field, (Level("similar", lines),), MIMIC.fields[field].not_known)}
    return replace(MIMIC, fields=fields)


def ruled(**agree: str | tuple[str, ...]) -> Cascade:
    conditions = (Condition(name, (levels,) if isinstance(levels, str) else levels) for name, levels in agree.items())
    return replace(MIMIC, rules=(Rule("X", tuple(conditions), ""),))


BEYOND = [
    (replace(MIMIC, keys=(("birth_date", "first_name"),)), "blocking key birth_date \\+ first_name was not compared"),
    (loosen("first_name", Line("levenshtein_distance", 1)), "first_name: levenshtein_distance was not measured"),
    (loosen("first_name", Line("jaro_winkler_similarity", 0.6)), "rule R2 accepts pairs"),
    (loosen("ssn", Line("levenshtein_distance", 3)), "rule R7 accepts pairs"),
    (ruled(last_name="exact", birth_date="exact"), "rule X accepts pairs"),
    (ruled(ssn="similar", birth_date="exact"), "rule X accepts pairs"),
    (ruled(last_name="exact", birth_date="exact", first_name=("similar", "not_known")), "rule X accepts pairs"),
    (replace(MIMIC, plausibility=Plausibility(oldest_age_years=90)), "settings of SSN or plausibility"),
    (replace(MIMIC, fields={**MIMIC.fields, "sex": Field("sex", (), ("X",))}), "sex would be standardized differently"),
]


@pytest.mark.parametrize(("cascade", "problem"), BEYOND, ids=[problem[:40] for _, problem in BEYOND])
def test_what_was_not_compared_is_refused(town: tuning.Comparisons, cascade: Cascade, problem: str) -> None:
    with pytest.raises(linkage.RulesError, match=rf"mimic_iv could accept pairs that were not compared: .*{problem}"):
        town.decide(cascade)


def test_a_field_that_no_rule_of_the_reach_looks_at_was_not_compared() -> None:
    people = pd.DataFrame({"ssn": ["212345678"], "birth_date": [date(1950, 2, 11)], "first_name": ["ANN"]})
    exact = linkage.read_rules("exact")
    reach = replace(exact, closeness=("ssn",), rules=(Rule("A", (Condition("ssn", (EXACT,)),), ""),))
    wider = replace(reach, rules=(Rule("A", tuple(Condition(name, (EXACT,)) for name in ("ssn", "sex")), ""),))
    with linkage.link(people.assign(patient_id="1"), people.assign(death_id="2"), reach) as run:
        kept = tuning.compare_once(run)
        assert len(kept.decide(reach).links) == 1
        with pytest.raises(linkage.RulesError, match="sex was not compared"):
            kept.decide(wider)


def test_a_reach_must_standardize_as_the_run_did(town: tuning.Comparisons) -> None:
    odd = replace(MIMIC, fields={**MIMIC.fields, "last_name": Field("last_name", (), ("SMITH",))})
    with pytest.raises(linkage.RulesError, match=r"mimic_iv standardizes values differently from mimic_iv.*last_name"):
        tuning.compare_once(town.run, odd)
    sounding = loosen("first_name", Line("sounds_alike"))
    with pytest.raises(linkage.RulesError, match="first_name_sound"):
        tuning.compare_once(town.run, sounding)


@pytest.mark.parametrize("line", [Line("same_year_and_month"), Line("parts_agree", 1.0)], ids=str)
def test_a_part_that_is_known_keeps_a_date_from_being_not_known(line: Line) -> None:
    # The reach treats a partial date as similar; a cascade without that line would treat it as not known.
    with_parts = Field("birth_date", (Level("similar", (line,)),))
    without = Field("birth_date")
    rule = Rule("A", (Condition("ssn", (EXACT,)), Condition("birth_date", (NOT_KNOWN,))), "")
    reach = replace(MIMIC, rules=(rule,), fields={**MIMIC.fields, "birth_date": with_parts})
    narrow = replace(reach, fields={**MIMIC.fields, "birth_date": without})
    with link_town(rules=reach) as run, pytest.raises(linkage.RulesError, match=r"birth_date would be|rule A accepts"):
        tuning.compare_once(run).decide(narrow)


def test_an_unknown_limit_is_refused_with_the_nearest() -> None:
    with pytest.raises(linkage.RulesError, match='Did you mean "first_name__jaro_winkler_similarity"'):
        tuning.with_limits(MIMIC, {"first_name__jaro_winkler": 0.9})


def test_a_measure_used_by_two_levels_is_named_with_its_level() -> None:
    levels = (
        Level("close", (Line("jaro_winkler_similarity", 0.95),)),
        Level("similar", (Line("jaro_winkler_similarity", 0.8),)),
    )
    cascade = replace(MIMIC, fields={**MIMIC.fields, "first_name": Field("first_name", levels)})
    changed = tuning.with_limits(cascade, {"first_name__similar__jaro_winkler_similarity": 0.85})
    assert [line.limit for line in changed.fields["first_name"].lines] == [0.95, 0.85]
    assert [line.limit for line in tuning.loosened(cascade).fields["first_name"].lines] == [0.7, 0.7]
