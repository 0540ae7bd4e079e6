"""How rare the rarer of two similar names is, in the reference engine: counted pair by pair."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from linkage.method.evidence_levels import PRIOR_PAIRS, RARITIES, RARITY_FIELDS, RARITY_STEPS
from linkage.reference.commonness import Commonness, Row
from linkage.reference.evidence_levels import Levels, PairLevels

Rarity = tuple[int | None, ...]
"""The class of rarity of each of `RARITY_FIELDS`; None unless the two names are similar."""
RarityShares = dict[str, list[list[float]]]
"""By field and level, how often similar names have each class of rarity."""


def rarity_of(
    levels: Levels, pair_levels: PairLevels, common: Mapping[str, Commonness], patient: Row, death: Row
) -> Rarity:
    """The classes of rarity of a pair's names."""
    return tuple(
        max(common[name].step(row[name]) or 0 for row in (patient, death)) // RARITY_STEPS
        if 0 < (levels[pair_levels.place[name]] or 0) < len(pair_levels.fields[pair_levels.place[name]].levels) - 1
        else None
        for name in RARITY_FIELDS
    )


def rarity_shares(
    pair_levels: PairLevels, counts: Iterable[tuple[Levels, Rarity, float]], usual: RarityShares | None = None
) -> RarityShares:
    """How often similar names have each class of rarity, from pairs with their numbers.

    Few pairs at a level leave what is usual there; without `usual`, that is the average of all levels.
    """
    seen: dict[str, dict[tuple[int, int], float]] = {name: defaultdict(float) for name in RARITY_FIELDS}
    for levels, rarity, pairs in counts:
        for name, rare in zip(RARITY_FIELDS, rarity, strict=True):
            level = levels[pair_levels.place[name]]
            if rare is not None and level is not None:
                seen[name][level, rare] += pairs
    return {
        name: _shares(len(pair_levels.fields[pair_levels.place[name]].levels), found, name, usual)
        for name, found in seen.items()
    }


def _shares(
    levels: int, found: Mapping[tuple[int, int], float], name: str, usual: RarityShares | None
) -> list[list[float]]:
    pairs = sum(found.values())
    shares = []
    for level in range(levels):
        counts = []
        for rare in range(RARITIES):
            if usual is None:
                of_class = sum(found.get((other, rare), 0) for other in range(levels))
                before = max(PRIOR_PAIRS * (of_class + 0.5) / (pairs + 0.5 * RARITIES), 0.5)
            else:
                before = PRIOR_PAIRS * usual[name][level][rare]
            counts.append(found.get((level, rare), 0) + before)
        shares.append([count / sum(counts) for count in counts])
    return shares
