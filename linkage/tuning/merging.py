"""Merge many agreement patterns into few readable rules.

A rule states for each field which levels it accepts, so it covers a block of patterns. Starting from the pattern with
the most pairs, conditions are widened, the least discriminating field first, as long as the rule covers no refused
pattern (the covering principle of Michalski's AQ, 1969). A rule may cover patterns that do not occur in the data.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from linkage.relink.reach import reaches
from linkage.rules.cascade import EXACT, NOT_KNOWN, Cascade, Condition, Rule

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
ANY = frozenset({"any"})
Ways = dict[str, frozenset[str]]
"""For each field the accepted levels; a field that is not named may have any."""

_IDENTIFYING = ("first_name", "last_name", "full_name", "birth_date", "ssn")
"""Fields that discriminate between people; a rule must require at least two of them."""
_WIDENED_IN_ORDER = ("suffix", "sex", "middle_name", "full_name", "first_name", "last_name", "birth_date", "ssn")
"""The order in which conditions are widened: fields whose values many people share come first."""


@dataclass(frozen=True)
class Block:
    """A rule under construction: its conditions, the patterns it covers, and their estimated pairs and true pairs."""

    ways: Ways
    covers: Flags
    pairs: float
    true: float

    @property
    def ppv(self) -> float:
        """The estimated share of true pairs."""
        return self.true / self.pairs if self.pairs else 0.0


def merged_rules(table: pd.DataFrame, levels: Cascade, accepted: pd.Series) -> list[Block]:
    """Blocks that together cover every accepted pattern and no refused one, highest estimated PPV first.

    `table` has a column per field of `levels` that is part of a pattern, `pairs`, `false` and `share`.
    """
    refused: Flags = ~accepted.to_numpy() & ((table["pairs"] > 0) | (table["false"] > 0)).to_numpy()
    fields = [name for name in levels.fields if name in table]
    open_rows = accepted.to_numpy().copy()
    blocks: list[Block] = []
    while open_rows.any():
        seed = int(np.argmax(np.where(open_rows, table["pairs"].to_numpy() + table["share"].to_numpy(), -1.0)))
        ways: Ways = {name: _narrowest(levels, name, str(table.loc[seed, name])) for name in fields}
        block = _widened(table, levels, _block(table, ways), refused)
        blocks.append(block)
        open_rows &= ~block.covers
    return sorted(_needed(blocks, accepted.to_numpy()), key=lambda block: (-round(block.ppv, 6), -block.pairs))


def _needed(blocks: Sequence[Block], accepted: Flags) -> list[Block]:
    """Remove blocks whose accepted patterns are all covered by other blocks."""
    kept = sorted(blocks, key=lambda block: block.pairs)
    for block in list(kept):
        others = [other.covers for other in kept if other is not block]
        if others and not (accepted & block.covers & ~np.logical_or.reduce(others)).any():
            kept.remove(block)
    return kept


def _narrowest(levels: Cascade, name: str, level: str) -> frozenset[str]:
    """The narrowest condition that accepts this level. A field that disagrees gets no condition."""
    if level == "disagree":
        return ANY
    if level == NOT_KNOWN:
        return frozenset({NOT_KNOWN})
    names = [found.name for found in levels.fields[name].levels]
    return frozenset({EXACT, *(names[: names.index(level) + 1] if level in names else ())})


def _wider(levels: Cascade, name: str, ways: frozenset[str]) -> list[frozenset[str]]:
    """The conditions that accept more levels, the widest first."""
    if ways == ANY:
        return []
    steps = [frozenset({EXACT})]
    for level in levels.fields[name].levels:
        steps.append(steps[-1] | {level.name})
    every = [*steps, *(step | {NOT_KNOWN} for step in steps)]
    found = sorted({step for step in every if ways < step}, key=lambda step: (-len(step), sorted(step)))
    return [ANY, *found]


def _block(table: pd.DataFrame, ways: Ways) -> Block:
    covers = np.ones(len(table), dtype=bool)
    for name, accepted in ways.items():
        if accepted != ANY:
            covers &= table[name].isin(accepted).to_numpy()
    pairs = np.maximum(table["pairs"].to_numpy(), table["false"].to_numpy())[covers]
    true = table["pairs"].to_numpy()[covers] * table["share"].to_numpy()[covers]
    return Block(ways, covers, float(pairs.sum()), float(true.sum()))


def _widened(table: pd.DataFrame, levels: Cascade, block: Block, refused: Flags) -> Block:
    """The block with each condition widened, the least discriminating field first, as far as no refused pattern is
    covered."""
    for name in sorted(block.ways, key=_WIDENED_IN_ORDER.index):
        for ways in _wider(levels, name, block.ways[name]):
            wider = _block(table, {**block.ways, name: ways})
            gains = ways == ANY or wider.pairs > block.pairs
            if gains and not (wider.covers & refused).any() and _may_be(wider, levels):
                block = wider
                break
    return block


def _may_be(block: Block, levels: Cascade) -> bool:
    """Whether the block requires two discriminating fields to agree and stays within the compared pairs."""
    asked = sum(1 for name in _IDENTIFYING if block.ways.get(name, ANY) != ANY and NOT_KNOWN not in block.ways[name])
    return asked >= 2 and reaches(levels, levels, as_rule(block, levels, "", ""))


def as_rule(block: Block, levels: Cascade, id: str, why: str) -> Rule:
    """A block as a rule: for each field exact only, or all levels up to the loosest accepted, and not known if it is
    accepted."""
    conditions = []
    for name, accepted in block.ways.items():
        if accepted == ANY:
            continue
        named = tuple(level.name for level in levels.fields[name].levels if level.name in accepted)
        exact = (EXACT,) if EXACT in accepted and not named else ()
        missing = (NOT_KNOWN,) if NOT_KNOWN in accepted else ()
        conditions.append(Condition(name, (*exact, *named, *missing)))
    return Rule(id, tuple(conditions), why)
