"""The differences between two cascades in sentences, for the reader of a changed rule file."""

from collections.abc import Iterator, Mapping
from typing import Any

from linkage.rules.cascade import Cascade, Field, Rule
from linkage.rules.wording import field_name, field_sentence, rule_sentence, two_values


def rules_diff(before: Cascade, after: Cascade) -> list[str]:
    """One sentence per difference: keys, fields, rules, order and settings. Descriptive texts are not compared.

    >>> from dataclasses import replace
    >>> from linkage.rules.file import read_rules
    >>> mimic = read_rules("mimic_iv")
    >>> rules_diff(mimic, replace(mimic, rules=mimic.rules[:-1], ties="lowest_id"))
    ['Rule R10 is left out.', 'ties is lowest_id; it was review.']
    """
    return [*_keys(before, after), *_fields(before, after), *_rules(before, after), *_settings(before, after)]


def _keys(before: Cascade, after: Cascade) -> Iterator[str]:
    for verb, these, those in (("no longer a", before, after), ("a new", after, before)):
        for key in these.fixed_keys:
            if key not in those.fixed_keys:
                yield f"{_key(key)} is {verb} blocking key."
        for key in these.keys_if_few_pairs:
            if key not in those.keys_if_few_pairs:
                yield f"{_key(key)} is {verb} blocking key that is used only if few pairs agree on it."


def _key(key: tuple[str, ...]) -> str:
    return " + ".join(map(field_name, key))


def _fields(before: Cascade, after: Cascade) -> Iterator[str]:
    for name, field in after.fields.items():
        was = before.fields[name]
        if field.levels != was.levels:
            yield f"{_agreement(field)} Before: {_agreement(was)}"
        for verb, these, those in (("now", field, was), ("no longer", was, field)):
            values = [value for value in these.not_known if value not in those.not_known]
            if values:
                counted = "1 value" if len(values) == 1 else f"{len(values)} values"
                yield f"Not known {verb}: {counted} of {field_name(name)}."
        if field.steps != was.steps:
            yield f"{field_name(name)} is standardized by: {', '.join(field.steps)}; it was: {', '.join(was.steps)}."


def _agreement(field: Field) -> str:
    return field_sentence(field) if field.levels else f"{two_values(field.name)} agreed only if they were equal."


def _rules(before: Cascade, after: Cascade) -> Iterator[str]:
    old, new = _by_id(before), _by_id(after)
    yield from (f"Rule {id} is left out." for id in old if id not in new)
    for id, rule in new.items():
        if id not in old:
            yield f"Rule {id} is new: {rule_sentence(rule)}"
        elif _demands(rule) != _demands(old[id]):
            yield f"Rule {id} is changed: {rule_sentence(rule)} Before: {rule_sentence(old[id])}"
    shared = [id for id in old if id in new]
    order = [id for id in new if id in old]
    if order != shared:
        yield f"The order of the rules is {', '.join(order)}; it was {', '.join(shared)}."


def _by_id(cascade: Cascade) -> Mapping[str, Rule]:
    return {rule.id: rule for rule in cascade.rules}


def _demands(rule: Rule) -> Any:
    return (
        {condition.field: set(condition.levels) for condition in rule.agree},
        set(rule.rare),
        rule.unique,
        rule.probability,
    )


def _settings(before: Cascade, after: Cascade) -> Iterator[str]:
    for name in ("closeness", "ties", "duplicates", "one_sided_names", "ppv", "ssn", "plausibility"):
        was, found = getattr(before, name), getattr(after, name)
        if was != found:
            yield f"{_plain(name)} is {_value(found)}; it was {_value(was)}."


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_plain(one) for one in value)
    if value is None:
        return "not set"
    if isinstance(value, str | float):
        return str(value)
    return ", ".join(f"{_plain(name)} {getattr(value, name)}" for name in value.__dataclass_fields__)


def _plain(name: str) -> str:
    return name.replace("_", " ")
