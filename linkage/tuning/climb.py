"""Search for the cascade with the highest sensitivity among those whose PPV reaches a floor.

The method is hill climbing: each step adds a rule from the pool, removes a rule, swaps two adjacent rules, or
changes one limit. Every cascade tried is applied to all pairs, including one-to-one assignment and ties.
The search is deterministic: the same input gives the same cascade.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from linkage.errors import InputError
from linkage.printing import counted
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
"""The limits to try, by measure."""

Point = tuple[tuple[str, ...], tuple[tuple[str, float], ...]]


@dataclass(frozen=True)
class Found:
    """The result of a search. `judged` is the best cascade with its counts, `tried` all cascades tried, `floor` the
    required PPV, and `source` what the links were judged by.

    >>> from linkage.rules.file import read_rules
    >>> judged = Judged(read_rules("exact"), {"E1": (40, 40, 39.0), "E2": (8, 8, 8.0), "E3": (2, 2, 2.0)}, 50)
    >>> found = Found(judged, (judged,), 0.95, "the truth about 90 patients")
    >>> found.cascade.rules[0].why
    'Rule E1 of exact. Tuned by the truth about 90 patients: 40 links, PPV 97.50 %.'
    >>> found.table[["links", "sensitivity", "ppv", "front"]].to_numpy().tolist()
    [[50, 0.98, 0.98, True]]
    """

    judged: Judged
    tried: tuple[Judged, ...]
    floor: float
    source: str

    @property
    def cascade(self) -> Cascade:
        """The best cascade; the `why` of each rule states its links and PPV.

        The title, source and reasons of the pool, such as published shares of links, do not apply to it.
        """
        rules, pool = [], self.judged.cascade
        for rule in pool.rules:
            links, judged, true = self.judged.by_rule[rule.id]
            ppv = f", PPV {100 * true / judged:.2f} %" if judged else ""
            why = f"Rule {rule.id} of {pool.name}. Tuned by {self.source}: {counted(links, 'link')}{ppv}."
            rules.append(replace(rule, why=why))
        title = f"Rules and limits of {pool.name}, chosen for a PPV of {self.floor}"
        return replace(pool, title=title, source=f"Tuned by {self.source}", rules=tuple(rules))

    @property
    def text(self) -> str:
        """The best cascade as a rule file."""
        return rule_text(self.cascade)

    @property
    def table(self) -> "pandas.DataFrame":
        """One row per cascade tried: links, sensitivity, ppv, rules, its limits, and `front`: whether no other cascade
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
        table = pd.DataFrame(rows)
        table = table.sort_values(["ppv", "sensitivity"], ascending=False, kind="stable", ignore_index=True)
        table.insert(4, "front", table["sensitivity"] > table["sensitivity"].cummax().shift(fill_value=-1.0))
        return table

    def chart(self) -> Any:
        """A matplotlib figure of the cascades tried and the front. Raises LinkageError if matplotlib is missing."""
        from linkage.tuning.chart import front_chart

        return front_chart(self.table, self.judged, self.floor)

    def __repr__(self) -> str:
        return f"Found({self.judged!r} by {self.source}, of {len(self.tried):,} cascades tried, PPV {self.floor})"


@dataclass
class _Climb:
    """The state of a search. A point is a cascade: its rule ids in order, and all limits of the pool."""

    belief: Belief
    pool: Cascade
    floor: float
    budget: int
    seen: dict[Point, Judged] = field(default_factory=dict)

    def judge(self, point: Point) -> Judged | None:
        """Judge a point, unless it was judged before; None when the budget is used up."""
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
        """The value by which cascades are ordered: first PPV up to the floor, then true matches, then PPV. A rule that
        changes none of these is kept, because it may find matches in other data."""
        return (min(judged.ppv, self.floor), round(judged.true, 6), judged.ppv)


def search(belief: Belief, pool: Cascade, *, floor: float = 0.995, at_most: int = 300) -> Found:
    """Search for the cascade with the highest sensitivity and a PPV of at least `floor` (0 to 1), judged by `belief`.

    `pool` holds the rules to choose from and the initial limits. Limits beyond the reach of the belief's comparisons
    are not tried; comparisons with the reach `loosened(pool)` allow all of them. At
    most `at_most` cascades are tried. If none reaches the floor, the result is the one that comes closest.

    Raises InputError if `floor` is not between 0 and 1, or `at_most` is below 1.

    >>> import linkage
    >>> from linkage.tuning import believe_truth, compare_once
    >>> from synthetic import make_registry
    >>> town = make_registry("small", patients=200)
    >>> with linkage.link(town.patients, town.deaths, "exact") as run:
    ...     found = search(believe_truth(compare_once(run), town.truth), run.cascade, floor=0.99, at_most=5)
    >>> len(found.tried), found.judged.ppv >= 0.99
    (5, True)
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
    """The start of the search: the better of the whole pool, and its rules in the order of their own PPV, without
    those that bring no improvement."""
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
    """All other limits, nearest first: a larger change can have an effect where a smaller one has none."""
    values = STEPS.get(name.rsplit("__", 1)[1], ())
    return sorted((value for value in values if value != limit), key=lambda value: (abs(value - limit), value))


def _is_reached(climb: _Climb, name: str, value: float) -> bool:
    reach: Mapping[str, float] = limits(climb.belief.comparisons.reach)
    if name not in reach:
        return False
    way = MEASURES[name.rsplit("__", 1)[1]].limit
    return value >= reach[name] if way == "at_least" else value <= reach[name]
