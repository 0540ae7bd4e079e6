"""Write a cascade as a rule file: proposed by a program, for a person to read and change."""

import json
from collections.abc import Iterable, Sequence

from linkage.rules.cascade import Cascade, Field, Line, Plausibility, Rule
from linkage.rules.shipped import placeholders
from linkage.values.measures import MEASURES
from linkage.values.names import STEPS
from linkage.values.one_sided import REPORT
from linkage.values.ssn import SsnPolicy

_ON_ONE_LINE = 3
"""The most blocking keys on one line of a rule file."""


def rule_text(cascade: Cascade) -> str:
    """The TOML text of a cascade; reading it gives the same cascade.

    >>> from linkage.rules.file import read_rules
    >>> print(rule_text(read_rules("exact")).splitlines()[0])
    format = 1
    """
    parts = [
        _lines([
            ("format", "1"),
            ("title", _text(cascade.title)),
            ("source", _text(cascade.source) if cascade.source else None),
        ]),
        _lines([
            ("closeness", _texts(cascade.closeness)),
            ("ties", _text(cascade.ties)),
            ("duplicates", _text(cascade.duplicates)),
            ("one_sided_names", _text(cascade.one_sided_names) if cascade.one_sided_names != REPORT else None),
            ("ppv", None if cascade.ppv is None else repr(cascade.ppv)),
        ]),
        "[blocking]\n"
        + _lines([
            ("keys", _keys(cascade.fixed_keys)),
            ("keys_if_few_pairs", _keys(cascade.keys_if_few_pairs)),
        ]),
        *(_field(field, cascade.ssn) for field in cascade.fields.values()),
        _plausibility(cascade.plausibility),
        *(_rule(rule) for rule in cascade.rules),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _lines(settings: Iterable[tuple[str, str | None]]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in settings if value is not None)


def _keys(keys: Sequence[tuple[str, ...]]) -> str | None:
    if len(keys) > _ON_ONE_LINE:
        return "[\n" + "".join(f"    {_texts(key)},\n" for key in keys) + "]"
    return "[" + ", ".join(map(_texts, keys)) + "]" if keys else None


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _texts(values: Iterable[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"


def _field(field: Field, ssn: SsnPolicy) -> str:
    shipped = placeholders().get(field.name, ())
    settings = [
        ("standardize", _texts(field.steps) if field.kind == "name" and field.steps != STEPS else None),
        ("not_known", _values(field, [value for value in field.not_known if value not in shipped])),
        ("known", _values(field, [value for value in shipped if value not in field.not_known])),
        *(_ssn_settings(ssn) if field.name == "ssn" else []),
    ]
    settings += [(f"agree.{level.name}", _agreement(level.lines)) for level in field.levels]
    text = _lines(settings)
    return f"[fields.{field.name}]\n{text}" if text else ""


def _values(field: Field, values: Sequence[str]) -> str | None:
    if not values:
        return None
    if field.kind == "date":
        return "[" + ", ".join(f"{value[:4]}-{value[4:6]}-{value[6:]}" for value in values) + "]"
    return _texts(values)


def _ssn_settings(policy: SsnPolicy) -> list[tuple[str, str | None]]:
    standard = SsnPolicy()
    return [
        ("digits", str(policy.digits) if policy.digits != standard.digits else None),
        ("taxpayer_numbers", None if policy.keep_taxpayer_numbers else '"drop"'),
        ("shared_by_at_most", str(policy.people_at_most) if policy.people_at_most != standard.people_at_most else None),
    ]


def _agreement(lines: Sequence[Line]) -> str:
    written = [_line(line) for line in lines]
    if len(written) == 1:
        return f"[{written[0]}]"
    return "[\n" + "".join(f"    {line},\n" for line in written) + "]"


def _line(line: Line) -> str:
    way = MEASURES[line.measure].limit
    limit = "" if way is None or line.limit is None else f", {way} = {_number(line.limit)}"
    return f'{{ measure = "{line.measure}"{limit} }}'


def _number(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else repr(limit)


def _plausibility(limits: Plausibility) -> str:
    if limits == Plausibility():
        return ""
    return (
        f"[plausibility]\ncontact_tolerance_days = {limits.contact_tolerance_days}\n"
        f"oldest_age_years = {limits.oldest_age_years}"
    )


def _rule(rule: Rule) -> str:
    agree = [
        f"{condition.field} = {_text(condition.levels[0]) if len(condition.levels) == 1 else _texts(condition.levels)}"
        for condition in rule.agree
    ]
    rare = [f"{rarity.field} = {{ at_most = {rarity.at_most} }}" for rarity in rule.rare]
    settings = [
        ("id", _text(rule.id)),
        ("agree", "{ " + ", ".join(agree) + " }" if agree else None),
        ("rare", "{ " + ", ".join(rare) + " }" if rare else None),
        ("unique", "true" if rule.unique else None),
        ("probability", None if rule.probability is None else f"{{ at_least = {rule.probability!r} }}"),
        ("why", _text(rule.why) if rule.why else None),
    ]
    return "[[rule]]\n" + _lines(settings)
