"""What the evidence model of the reference engine assumes before it sees pairs of one person.

Partial birth dates have levels of their own, so it depends on how frequent they are.
"""

from collections.abc import Sequence

from linkage.method.evidence_levels import LEAST_COMPLETE, LEAST_PARTIAL, USUAL_EXACT, USUAL_EXACT_OTHERS, Weighed
from linkage.reference.evidence_levels import Levels, PairLevels


def complete_dates(pair_levels: PairLevels, drawn: Sequence[Levels], complete: Sequence[str | None]) -> float:
    """The share of pairs with two complete birth dates, of those whose birth dates can be compared.

    `complete` has a text for each drawn pair with two complete dates. The share is 1 if the rule file has no level for
    partial dates.
    """
    born = pair_levels.place["birth_date"]
    if not pair_levels.fields[born].partial:
        return 1.0
    found = [bool(both) for levels, both in zip(drawn, complete, strict=True) if levels[born] is not None]
    return max(sum(found) / len(found), LEAST_COMPLETE) if found else 1.0


def usual(field: Weighed, complete_dates: float) -> list[float]:
    """The prior of the agreement of two records of one person: each further level is half as likely. Levels of partial
    dates are as likely as such dates are frequent."""
    exact, partial = USUAL_EXACT.get(field.name, USUAL_EXACT_OTHERS), [level for level, _ in field.partial]
    last = len(field.levels) - 1
    others = [level for level in range(1, last + 1) if level not in partial]
    halves = {level: 2.0 ** (len(others) - place) for place, level in enumerate(others)}
    found = {0: exact} | {level: (1 - exact) * half / sum(halves.values()) for level, half in halves.items()}
    if not partial:
        return [found[level] for level in range(last + 1)]
    share = max(1 - complete_dates, LEAST_PARTIAL)
    of_partial = {last: 1 - exact} | {level: exact / len(partial) for level in partial}
    return [(1 - share) * found.get(level, 0.0) + share * of_partial.get(level, 0.0) for level in range(last + 1)]
