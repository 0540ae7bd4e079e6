"""Properties of the fast engine for any registry and any cascade.

tests/engines has the same for the reference engine, and tests/agreement that both agree.
"""

import re
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import linkage
from linkage.method.decide import FATES
from linkage.rules.cascade import EXACT, Cascade, Rule
from linkage.run.reading_summary import rules_out_of_reach
from tests.agreement.test_engines_agree import encounters_of
from tests.strategies import Registry, assume_usable, cascades, examples, registries

few = settings(max_examples=examples(12))
TABLES = ("links", "outcomes", "release", "review")


def run(registry: Registry, cascade: Cascade, **options: Any) -> linkage.Linkage:
    """A complete run; each patient's last contact is a hospital stay on that day."""
    assume_usable(registry, cascade)
    encounters = encounters_of(registry)
    settings = {"encounters": encounters, "threads": 1, **options}
    return linkage.link(registry.patients, registry.deaths, cascade, **settings)


def tables(run: linkage.Linkage) -> dict[str, list[dict[str, Any]]]:
    """All tables of a run as rows, with NULL as None."""
    names = TABLES if run.has_mortality else ("links", "review")
    frames = {name: getattr(run, name).astype(object) for name in names}
    return {name: frame.where(frame.notna(), None).to_dict("records") for name, frame in frames.items()}


def shuffled(registry: Registry, chance: Random) -> Registry:
    """The same registry with the rows of both files in another order."""
    return replace(
        registry,
        patient_rows=tuple(chance.sample(registry.patient_rows, len(registry.patient_rows))),
        death_rows=tuple(chance.sample(registry.death_rows, len(registry.death_rows))),
        last_contact=dict(chance.sample(sorted(registry.last_contact.items()), len(registry.last_contact))),
    )


@few
@given(registries(), cascades(), st.randoms(use_true_random=False))
def test_any_registry_and_cascade_have_these_properties(registry: Registry, cascade: Cascade, chance: Random) -> None:
    """All properties that concern one cascade, because linking costs more than looking at the links."""
    with run(registry, cascade) as found:
        assert_properties(found, registry, cascade)
        assert_neither_the_order_of_rows_nor_the_number_of_threads_matters(found, registry, cascade, chance)
        assert_other_ids_in_the_same_order_change_nothing_but_the_ids(found, registry, cascade)
        assert_standardized_files_link_as_raw_files_do(found, registry, cascade)


@few
@given(registries(), cascades(fewest_rules=2))
def test_a_rule_at_the_end_changes_no_earlier_link(registry: Registry, cascade: Cascade) -> None:
    shorter = replace(cascade, rules=cascade.rules[:-1])
    with run(registry, shorter) as before, run(registry, cascade) as after:
        kept = after.links[after.links["rule"] != cascade.rules[-1].id]
        columns = ["patient_id", "death_id", "rule", "tie"]
        assert before.links[columns].to_numpy().tolist() == kept[columns].to_numpy().tolist()
        assert_properties(before, registry, shorter)
        assert_properties(after, registry, cascade)


def assert_properties(found: linkage.Linkage, registry: Registry, cascade: Cascade) -> None:
    """The properties of one run."""
    assert_each_patient_and_each_death_is_linked_at_most_once(found, registry, cascade)
    assert_no_link_is_by_a_rule_that_is_said_to_be_out_of_reach(found, cascade)
    assert_no_link_violates_its_rule_and_none_satisfies_an_earlier_one(found, cascade)


def assert_each_patient_and_each_death_is_linked_at_most_once(
    found: linkage.Linkage, registry: Registry, cascade: Cascade
) -> None:
    links, review, counts = found.links, found.review, found.counts
    assert links["patient_id"].is_unique
    if cascade.duplicates == "report":
        assert links["death_id"].is_unique
    held = review[review["kind"] == "tie"]
    assert set(links["patient_id"]).isdisjoint(held["patient_id"])
    assert cascade.ties == "review" or held.empty
    assert sum(counts["patients_by_fate"].values()) == len(registry.patient_rows)
    if found.has_mortality:  # every patient has exactly one outcome
        fates = found.outcomes["fate"]
        assert fates.value_counts().to_dict() == {name: n for name, n in counts["patients_by_fate"].items() if n}
        assert set(fates) <= set(FATES)


def assert_no_link_is_by_a_rule_that_is_said_to_be_out_of_reach(found: linkage.Linkage, cascade: Cascade) -> None:
    message = rules_out_of_reach(cascade, found.loaded)
    named = set(re.findall(r"R[0-9]+", message))
    assert named.isdisjoint(found.links["rule"])
    assert bool(named) == bool(message)


def assert_no_link_violates_its_rule_and_none_satisfies_an_earlier_one(
    found: linkage.Linkage, cascade: Cascade
) -> None:
    names = [rule.id for rule in cascade.rules]
    linked = found.links["death_id"].value_counts()
    for link in found.links.to_dict("records"):
        if link["blocking_keys"] is None:  # another record of a linked person, which no rule accepts on its own
            assert cascade.duplicates == "link_together"
            continue
        agreed = {field.name: link[f"{field.name}_agreement"] for field in cascade.compared}
        assert any(set(link["blocking_keys"].split("; ")) & {"+".join(key)} for key in cascade.keys)
        if linked[link["death_id"]] > 1:  # the other records of the person have reasons of their own
            assert cascade.duplicates == "link_together"
            assert any(may_satisfy(rule, agreed, cascade) for rule in cascade.rules)
            continue
        assert may_satisfy(cascade.rules[names.index(link["rule"])], agreed, cascade)
        for earlier in cascade.rules[: names.index(link["rule"])]:
            if earlier.rare or earlier.unique:  # their other conditions cannot be checked in one link
                continue
            assert not all(agreed[c.field] in c.levels for c in earlier.agree)


def may_satisfy(rule: Rule, agreed: dict[str, str], cascade: Cascade) -> bool:
    """Whether a link with these agreements can be by a rule. The reported level is the closest one: an exact field
    satisfies every level, and a closer one may or may not satisfy a looser one, which the agreement tests check."""
    for condition in rule.agree:
        levels = [EXACT, *(level.name for level in cascade.fields[condition.field].levels)]
        at = [levels.index(level) for level in condition.levels if level in levels]
        if agreed[condition.field] not in {*condition.levels, *levels[: max(at, default=0)]}:
            return False
    return True


def assert_neither_the_order_of_rows_nor_the_number_of_threads_matters(
    found: linkage.Linkage, registry: Registry, cascade: Cascade, chance: Random
) -> None:
    with run(shuffled(registry, chance), cascade, threads=2) as again:
        assert tables(found) == tables(again)
        assert found.counts == again.counts


def renamed(registry: Registry) -> tuple[Registry, dict[str, str]]:
    """The same registry with other ids in the same sort order: by length, then alphabetically."""
    ids = {row[f"{side}_id"] for side, rows in _sides(registry) for row in rows} | set(registry.last_contact)
    ordered = sorted(filter(None, ids), key=lambda id: (len(id), id))
    names = {id: str(place * 7 + 3) for place, id in enumerate(ordered)}
    patients, deaths = (
        tuple({**row, f"{side}_id": names[str(row[f"{side}_id"])]} for row in rows) for side, rows in _sides(registry)
    )
    seen = {names[id]: day for id, day in registry.last_contact.items()}
    return replace(registry, patient_rows=patients, death_rows=deaths, last_contact=seen), names


def _sides(registry: Registry) -> tuple[tuple[str, tuple[dict[str, str | None], ...]], ...]:
    return ("patient", registry.patient_rows), ("death", registry.death_rows)


def assert_other_ids_in_the_same_order_change_nothing_but_the_ids(
    found: linkage.Linkage, registry: Registry, cascade: Cascade
) -> None:
    other, names = renamed(registry)
    with run(other, cascade) as again:
        expected = [
            {column: names.get(value, value) if column.endswith("_id") else value for column, value in row.items()}
            for row in tables(found)["links"]
        ]
        assert expected == tables(again)["links"]
        assert found.counts == again.counts


def assert_standardized_files_link_as_raw_files_do(
    found: linkage.Linkage, registry: Registry, cascade: Cascade
) -> None:
    # Standardization is idempotent: the standardized values of a run are the input of another run.
    patients, deaths = (tuple(_standardized(found, side)) for side in ("patient", "death"))
    again = replace(registry, patient_rows=patients, death_rows=deaths, columns=_COLUMNS)
    # A number shared by many people may no longer be present to be counted.
    with run(again, cascade) as twice:
        for table in ("links", "review"):
            assert tables(found)[table] == tables(twice)[table]


_COLUMNS = (
    "first_name",
    "middle_name",
    "last_name",
    "former_last_names",
    "suffix",
    "ssn",
    "birth_date",
    "sex",
    "death_date",
)


def _standardized(found: linkage.Linkage, side: str) -> list[dict[str, str | None]]:
    """One side's table as the text of a file: names word for word, and full or partial dates."""
    died = "death_date_partial" if side == "death" else "NULL"
    rows = found.engine.rows(
        f"SELECT {side}_id, first_name, middle_name, last_name, former_last_names, suffix,"
        " coalesce(ssn, ssn_last_four), coalesce(birth_date, birth_date_partial), sex,"
        f" {died} FROM {side}"
    )
    return [dict(zip((f"{side}_id", *_COLUMNS), row, strict=True)) for row in rows]
