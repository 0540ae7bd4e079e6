"""Learn a cascade without truth: from agreement patterns to a rule file that states the estimated PPV of each rule."""

from dataclasses import dataclass, replace

import pandas as pd

from linkage.errors import InputError
from linkage.printing import counted
from linkage.rules.cascade import Cascade
from linkage.rules.text import rule_text
from linkage.tuning.judging import Judged
from linkage.tuning.merging import as_rule, merged_rules
from linkage.tuning.patterns import Patterns

_HALVINGS = 8
"""How often the allowed share of false pairs may be halved before the links of the rules must reach the floor."""

_LEAST_SHARE = 0.8
"""The least share of true pairs of an accepted pattern, however few pairs it has."""


@dataclass(frozen=True)
class Learned:
    """A cascade learned from estimates. `judged` is the cascade with its estimated counts, `patterns` the agreement
    patterns it was learned from, `accepted` which of them its rules cover, and `floor` the required PPV. For an
    example, see `learn`, which makes it."""

    patterns: Patterns
    accepted: pd.Series
    judged: Judged
    floor: float

    @property
    def cascade(self) -> Cascade:
        """The cascade; the `why` of each rule states its number of links and their estimated PPV."""
        rules = []
        for rule in self.judged.cascade.rules:
            links, _, true = self.judged.by_rule[rule.id]
            ppv = f"estimated PPV {100 * true / links:.2f} %" if links else "no link here"
            rules.append(replace(rule, why=f"Learned without truth: {counted(links, 'link')}, {ppv}."))
        return replace(self.judged.cascade, rules=tuple(rules))

    @property
    def text(self) -> str:
        """The cascade as a rule file."""
        return rule_text(self.cascade)

    def __repr__(self) -> str:
        return (
            f"Learned({len(self.cascade.rules)} rules from {int(self.accepted.sum()):,} of {len(self.accepted):,}"
            f" patterns: {self.judged.links:,} links, estimated PPV {self.judged.ppv:.4f}, estimated sensitivity"
            f" {self.judged.sensitivity:.4f} of {self.judged.of})"
        )


def learn(patterns: Patterns, *, floor: float = 0.995) -> Learned:
    """Learn a cascade whose estimated PPV is at least `floor` (0 to 1) from patterns alone.

    Patterns are accepted in the order of their share of true pairs, as long as all accepted patterns together reach
    the floor, and are merged into rules that also reach it. Sensitivity refers to the matches estimated among the
    compared pairs. Patterns are merged by the covering principle (see `merging`).

    Raises InputError if `floor` is not between 0 and 1, or if no pattern has a high enough share of true pairs.

    >>> import linkage
    >>> from linkage.tuning import estimate_patterns
    >>> from synthetic import make_registry
    >>> town = make_registry("small", patients=200)
    >>> with linkage.link(town.patients, town.deaths, "exact") as run:
    ...     learned = learn(estimate_patterns(run), floor=0.95)
    >>> learned.cascade.rules[0].id, learned.judged.ppv >= 0.95
    ('L1', True)
    """
    if not 0 < floor < 1:
        raise InputError(f"floor = {floor} is not a PPV. Give a share between 0 and 1, such as 0.995.")
    belief = patterns.believe()
    for halvings in range(_HALVINGS):
        accepted = _accepted(patterns.table, 1 - (1 - floor) / 2**halvings)
        if not accepted.any():
            break
        learned = Learned(patterns, accepted, belief.judge(_cascade(patterns, accepted, floor)), floor)
        if learned.judged.ppv >= floor:
            return learned
    raise InputError(
        f"No agreement pattern has a high enough share of true pairs for a PPV of {floor}. Lower the floor, or see the"
        " patterns in .table."
    )


def _cascade(patterns: Patterns, accepted: pd.Series, floor: float) -> Cascade:
    levels = patterns.comparisons.reach
    blocks = merged_rules(patterns.table, levels, accepted)
    return replace(
        levels,
        name="learned",
        title="Learned without truth from agreement patterns",
        source=f"Estimated from {len(patterns.pairs):,} pairs of the registry itself, for a PPV of {floor}",
        rules=tuple(as_rule(block, levels, f"L{n}", "") for n, block in enumerate(blocks, start=1)),
        closeness=tuple(name for name in levels.closeness if name != "full_name"),
        path=None,
        digest="",
    )


def _accepted(table: pd.DataFrame, floor: float) -> pd.Series:
    """Which patterns to accept: from the highest share down, as long as all accepted ones together reach the floor."""
    true = (table["pairs"] * table["share"]).cumsum()
    together = true / table["pairs"].cumsum().where(lambda pairs: pairs > 0)
    return (together >= floor) & (table["share"] >= _LEAST_SHARE) & (table["pairs"] > 0)
