"""The conditions of a rule that a pair does not meet, in words.

Separate from the explanation of a pair, because a comparison of runs names these conditions too.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from linkage.rules.cascade import EXACT, Cascade, Rule


def closest_rule(
    cascade: Cascade, agreement: dict[str, str], records: dict[str, int | None], probability: float | None
) -> str:
    """The rule with the fewest unmet conditions, and these conditions, in words."""
    failed = [
        (rule, [*_failed(cascade, rule, agreement, records), *_improbable(rule, probability)]) for rule in cascade.rules
    ]
    rule, wanted = min(failed, key=lambda found: len(found[1]))
    # A pair that meets all these conditions but not the rule is not unique.
    return f"the closest rule is {rule.id}, which also requires " + (", ".join(wanted) or "that no other pair meets it")


def _improbable(rule: Rule, probability: float | None) -> list[str]:
    if rule.probability is None or (probability or 0.0) >= rule.probability:
        return []
    found = "below 0.001" if probability is None else f"{probability:.3g}"
    return [f"a probability of at least {rule.probability:.3g} (it is {found})"]


def unmet_conditions(cascade: Cascade, rule_id: str, agreement: dict[str, str]) -> list[str]:
    """The conditions of one rule that the agreement of a pair does not meet, in words."""
    rule = next(rule for rule in cascade.rules if rule.id == rule_id)
    return _failed(cascade, replace(rule, rare=()), agreement, {})


def _as_found(level: str) -> str:
    """The agreement of a field as a clause.

    >>> _as_found("disagree"), _as_found("not_known")
    ('it disagrees', 'it is not known')
    """
    return "it disagrees" if level == "disagree" else f"it is {level.replace('_', ' ')}"


def _failed(cascade: Cascade, rule: Rule, agreement: dict[str, str], records: dict[str, int | None]) -> list[str]:
    disagree = [
        f"{c.field.replace('_', ' ')} {' or '.join(c.levels).replace('_', ' ')} ({_as_found(agreement[c.field])})"
        for c in rule.agree
        if not _met(cascade, c.field, c.levels, agreement)
    ]
    common = [
        f"a rarer {rarity.field.replace('_', ' ')} (on at most {rarity.at_most:,} records; it is on {found:,})"
        if (found := records[rarity.field]) is not None
        else f"a {rarity.field.replace('_', ' ')} that is known"
        for rarity in rule.rare
        if (records[rarity.field] or math.inf) > rarity.at_most
    ]
    return disagree + common


def _met(cascade: Cascade, field: str, levels: Sequence[str], agreement: dict[str, str]) -> bool:
    found = agreement[field]
    if found in levels:
        return True
    named = [level.name for level in cascade.fields[field].levels]
    return found == EXACT and any(level in named for level in levels)
