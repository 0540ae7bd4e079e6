"""Search: the cascade that finds most, among those whose links are right often enough.

A hill is climbed by small steps that a person could take too: leave a rule out or take one from the pool,
change places with a neighbour, move one limit. Every step is a real decision about all pairs,
one-to-one and ties included. The same input gives the same cascade; nothing is drawn by chance.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from linkage.errors import InputError
from linkage.relink.reach import limits, with_limits
from linkage.rules.cascade import Cascade
from linkage.rules.text import rule_text
from linkage.tuning.judging import Belief, Judged
from linkage.values.measures import MEASURES

if TYPE_CHECKING:
    import pandas

STEPS = {
    "jaro_winkler_similarity": (0.7, 0.75, 0.8, 0.83, 0.85, 0.87, 0.9, 0.92, 0.94, 0.96, 0.98),
    "levenshtein_distance": (0, 1, 2),
    "digits_changed": (0, 1, 2),
    "prefix_letters": (2, 3, 4, 5),
}
"""The limits that are tried, by measure."""

Point = tuple[tuple[str, ...], tuple[tuple[str, float], ...]]


@dataclass(frozen=True)
class Found:
    """What a search found. `judged` is the best cascade with its counts, `tried` every other one; `floor` is the
    PPV that was asked for and `source` what the links were judged by."""

    judged: Judged
    tried: tuple[Judged, ...]
    floor: float
    source: str

    @property
    def cascade(self) -> Cascade:
        """The best cascade, whose rules say in their `why` what they did."""
        told = []
        for rule in self.judged.cascade.rules:
            links, judged, true = self.judged.by_rule[rule.id]
            ppv = f", PPV {100 * true / judged:.2f} %" if judged else ""
            told.append(replace(rule, why=f"{rule.why} Tuned by {self.source}: {links:,} links{ppv}.".strip()))
        return replace(self.judged.cascade, rules=tuple(told))

    @property
    def text(self) -> str:
        """The best cascade as a rule file."""
        return rule_text(self.cascade)

    @property
    def table(self) -> "pandas.DataFrame":
        """Every cascade tried: links, sensitivity, ppv, rules, and whether it lies on the front: no other one
        has both a higher sensitivity and a higher PPV."""
        import pandas as pd

        rows = [
            {
                "links": one.links,
                "sensitivity": one.sensitivity,
                "ppv": one.ppv,
                "rules": " ".join(rule.id for rule in one.cascade.rules),
                **limits(one.cascade),
            }
            for one in self.tried
        ]
        told = pd.DataFrame(rows).sort_values(["ppv", "sensitivity"], ascending=False, kind="stable", ignore_index=True)
        told.insert(4, "front", told["sensitivity"] > told["sensitivity"].cummax().shift(fill_value=-1.0))
        return told

    def chart(self) -> Any:
        """The cascades tried, and the front, as a matplotlib figure. Raises LinkageError without matplotlib."""
        from linkage.tuning.chart import front_chart

        return front_chart(self.table, self.judged, self.floor)

    def __repr__(self) -> str:
        return f"Found({self.judged!r} by {self.source}, of {len(self.tried):,} cascades tried, PPV {self.floor})"


@dataclass
class _Climb:
    """Where a search stands, and what it has tried."""

    belief: Belief
    pool: Cascade
    floor: float
    budget: int
    seen: dict[Point, Judged] = field(default_factory=dict)

    def judge(self, point: Point) -> Judged | None:
        """The judgement of a point; None when the budget is used up."""
        if point not in self.seen:
            if len(self.seen) >= self.budget:
                return None
            self.seen[point] = self.belief.judge(self.cascade(point))
        return self.seen[point]

    def cascade(self, point: Point) -> Cascade:
        """The cascade of a point."""
        by_id = {rule.id: rule for rule in self.pool.rules}
        chosen = replace(self.pool, rules=tuple(by_id[id] for id in point[0]))
        wanted = {name: limit for name, limit in point[1] if name in limits(chosen)}
        return with_limits(chosen, wanted)

    def worth(self, judged: Judged) -> tuple[float, ...]:
        """What is better: first to keep the floor, then to find more, then to be right. A rule that does no harm
        here stays, because it may find somebody elsewhere."""
        return (min(judged.ppv, self.floor), round(judged.true, 6), judged.ppv)


def search(belief: Belief, pool: Cascade, *, floor: float = 0.995, at_most: int = 300) -> Found:
    """The cascade of the highest sensitivity whose PPV is at least `floor`, by what is believed.

    `pool` holds the rules to choose from, and the limits to begin with; the comparisons behind the belief
    must reach as far as `loosened(pool)` for all steps to be open, and steps beyond them are left out. At
    most `at_most` cascades are tried. Where none reaches the floor, the one that comes closest is found.

    Raises InputError for a floor that is no share, and for nothing to try.
    """
    if not 0 < floor < 1:
        raise InputError(f"floor = {floor} is not a PPV. Give a share between 0 and 1, such as 0.995.")
    if at_most < 1:
        raise InputError(f"at_most = {at_most} is not a number of cascades to try. Give 1 or more.")
    climb = _Climb(belief, pool, floor, at_most)
    best = _start(climb)
    improved = True
    while improved:
        improved = False
        for step in _steps(climb, best):
            judged = climb.judge(step)
            if judged is not None and climb.worth(judged) > climb.worth(climb.seen[best]):
                best, improved = step, True
                break
    return Found(climb.seen[best], tuple(climb.seen.values()), floor, belief.source)


def _start(climb: _Climb) -> Point:
    """The pool as it stands; or, where that is worse, its rules in the order of their own PPV, as many as help."""
    chosen = tuple(sorted(limits(climb.pool).items()))
    pool: Point = (tuple(rule.id for rule in climb.pool.rules), chosen)
    climb.judge(pool)
    alone = {id: judged for id in pool[0] if (judged := climb.judge(((id,), chosen))) is not None}
    order = sorted(alone, key=lambda id: (-alone[id].ppv, -alone[id].true))
    best: Point = (tuple(order[:1]), chosen)
    for id in order[1:]:
        longer: Point = ((*best[0], id), chosen)
        judged = climb.judge(longer)
        if judged is not None and climb.worth(judged) > climb.worth(climb.seen[best]):
            best = longer
    return best if order and climb.worth(climb.seen[best]) > climb.worth(climb.seen[pool]) else pool


def _steps(climb: _Climb, point: Point) -> Iterator[Point]:
    rules, chosen = point
    for id in (rule.id for rule in climb.pool.rules if rule.id not in rules):
        yield ((*rules, id), chosen)
    for name, limit in chosen:
        for value in _other_values(name, limit):
            if _is_reached(climb, name, value):
                yield (rules, tuple((other, value if other == name else its) for other, its in chosen))
    if len(rules) > 1:
        for n in range(len(rules)):
            yield (rules[:n] + rules[n + 1 :], chosen)
        for n in range(len(rules) - 1):
            yield ((*rules[:n], rules[n + 1], rules[n], *rules[n + 2 :]), chosen)


def _other_values(name: str, limit: float) -> Sequence[float]:
    """Every other limit, the nearest first: one step may change nothing where two do."""
    values = STEPS.get(name.rsplit("__", 1)[1], ())
    return sorted((value for value in values if value != limit), key=lambda value: (abs(value - limit), value))


def _is_reached(climb: _Climb, name: str, value: float) -> bool:
    reach: Mapping[str, float] = limits(climb.belief.comparisons.reach)
    if name not in reach:
        return False
    way = MEASURES[name.rsplit("__", 1)[1]].limit
    return value >= reach[name] if way == "at_least" else value <= reach[name]
