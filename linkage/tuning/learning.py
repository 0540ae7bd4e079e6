"""Learn a cascade without truth: from agreement patterns to a rule file that says how sure each rule is."""

from dataclasses import dataclass, replace

import pandas as pd

from linkage.errors import InputError
from linkage.rules.cascade import Cascade
from linkage.rules.text import rule_text
from linkage.tuning.judging import Judged
from linkage.tuning.merging import as_rule, merged_rules
from linkage.tuning.patterns import Patterns

_HALVINGS = 8
"""How often the false share that is allowed may be halved, until the links made by the rules keep the floor too."""

_LEAST_SHARE = 0.8
"""A pattern is never accepted when more than a fifth of its pairs are thought false, however few they are."""


@dataclass(frozen=True)
class Learned:
    """A cascade learnt from estimates. `judged` is what the estimates say of it, `patterns` what it was learnt from;
    `accepted` says which of these its rules were made for."""

    patterns: Patterns
    accepted: pd.Series
    judged: Judged
    floor: float

    @property
    def cascade(self) -> Cascade:
        """The cascade, whose rules say in their `why` how many links they make and how many are thought right."""
        told = []
        for rule in self.judged.cascade.rules:
            links, _, true = self.judged.by_rule[rule.id]
            ppv = f"estimated PPV {100 * true / links:.2f} %" if links else "no link here"
            told.append(replace(rule, why=f"Learnt without truth: {links:,} links, {ppv}."))
        return replace(self.judged.cascade, rules=tuple(told))

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
    """A cascade whose estimated PPV is at least `floor`, from patterns alone.

    The surest patterns are accepted for as long as all that are accepted keep the floor, and are merged into rules
    that keep it too. Sensitivity is of the matches that are thought to be among the compared pairs.

    Raises InputError for a floor that is no share, or when no pattern is sure enough.
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
    raise InputError(f"No agreement pattern is sure enough for a PPV of {floor}. Lower the floor, or look at .table.")


def _cascade(patterns: Patterns, accepted: pd.Series, floor: float) -> Cascade:
    levels = patterns.comparisons.reach
    blocks = merged_rules(patterns.table, levels, accepted)
    return replace(
        levels,
        name="learned",
        title="Learnt without truth from agreement patterns",
        source=f"Estimated from {len(patterns.pairs):,} pairs of the registry itself, for a PPV of {floor}",
        rules=tuple(as_rule(block, levels, f"L{n}", "") for n, block in enumerate(blocks, start=1)),
        closeness=tuple(name for name in levels.closeness if name != "full_name"),
        path=None,
        digest="",
    )


def _accepted(table: pd.DataFrame, floor: float) -> pd.Series:
    """Patterns, the surest first, up to where all accepted together would fall below the floor."""
    true = (table["pairs"] * table["share"]).cumsum()
    together = true / table["pairs"].cumsum().where(lambda pairs: pairs > 0)
    return (together >= floor) & (table["share"] >= _LEAST_SHARE) & (table["pairs"] > 0)
