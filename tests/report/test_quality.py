"""The tables of true, false and missed matches together reveal no small number."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import linkage
from linkage.evaluation import Evaluation, evaluate
from linkage.evaluation.accuracy import rates
from linkage.evaluation.truth import STAGES
from linkage.report import make_report, quality, quality_by_group
from linkage.report.parts import Bound, Cell, Interval, Table
from linkage.report.suppress import SMALLEST
from linkage.report.withholding import numbers_of
from synthetic import make_registry

count = st.one_of(st.integers(0, 14), st.integers(15, 400))


@st.composite
def parts(draw: st.DrawFn, total: int, size: int) -> list[int]:
    """Numbers that sum to a total."""
    cuts = sorted(draw(st.lists(st.integers(0, total), min_size=size - 1, max_size=size - 1)))
    return [after - before for before, after in pairwise([0, *cuts, total])]


class Judged(NamedTuple):
    """Found, missed, and false matches, and their subdivisions."""

    true: int
    missed: int
    false: int
    groups: dict[str, list[int]]
    rules: dict[str, list[int]]
    stages: list[int]


@st.composite
def judged(draw: st.DrawFn) -> Judged:
    """A linkage, judged."""
    true, missed, false = draw(st.integers(20, 900)), draw(count), draw(count)
    totals = {"true": true, "missed": missed, "false": false}
    groups = {name: draw(parts(total, draw(st.just(3)))) for name, total in totals.items()}
    rules = {name: draw(parts(totals[name], 4)) for name in ("true", "false")}
    return Judged(true, missed, false, groups, rules, [*draw(parts(missed, len(STAGES) - 1)), true])


def counted(true: Any, missed: Any, false: Any, **names: Any) -> pd.DataFrame:
    """Rows with counts and rates, as an evaluation has them."""
    true, missed, false = map(np.asarray, (true, missed, false))
    table = pd.DataFrame({**names, "labeled": 5_000, "matches": true + missed, "links": true + false})
    table = table.assign(true_matches=true, false_matches=false, missed_matches=missed)
    return rates(table.assign(linked_without_match=false, ceiling_matches=true))


def people(found: Judged) -> Mapping[str, pd.DataFrame]:
    """One patient per match and per false match, all different, and 5,000 patients without either."""
    size = found.true + found.missed + found.false
    names = [str(n) for n in range(5_000)]
    judged = pd.DataFrame({"patient_id": names, "is_match": False, "is_linked": False, "is_true_link": False})
    places = judged.index
    judged["is_match"] = places < found.true + found.missed
    judged["is_true_link"] = places < found.true
    judged["is_linked"] = judged["is_true_link"] | ((places >= found.true + found.missed) & (places < size))
    judged["is_met"] = judged["is_true_link"]
    none = 5_000 - size
    rules = np.repeat(list("abcd"), found.rules["true"]).tolist() + [None] * found.missed
    judged["rule"] = [*rules, *np.repeat(list("abcd"), found.rules["false"]), *[None] * none]
    stages = np.repeat(STAGES[:-1], found.stages[:-1]).tolist()
    judged["stage"] = [*["linked"] * found.true, *stages, *[None] * (found.false + none)]
    judged["key_0"] = judged["is_met"]
    groups = [group for kind in ("true", "missed", "false") for group in np.repeat(list("xyz"), found.groups[kind])]
    race = pd.Series([*groups, *np.repeat(list("xyz"), [none // 3, none // 3, none - 2 * (none // 3)])], index=names)
    return {"judged": judged, "groups": race.astype("category").to_frame("race")}


def evaluation(found: Judged) -> Mapping[str, pd.DataFrame]:
    """The tables of an evaluation."""
    stages = pd.DataFrame({"stage": STAGES, "number": found.stages})
    stages = stages.assign(share=stages["number"] / max(stages["number"].sum(), 1), share_low=0.0, share_high=1.0)
    matches = found.true + found.missed
    own = {name: np.array(numbers) for name, numbers in found.rules.items()}
    scopes = {"in the cascade": own, "cumulative": {name: numbers.cumsum() for name, numbers in own.items()}}
    by_rule = [
        counted(kind["true"], matches - kind["true"], kind["false"], rule=list("abcd"), scope=scope)
        for scope, kind in scopes.items()
    ]
    return {
        "overall": counted([found.true], [found.missed], [found.false]),
        "by_rule": pd.concat(by_rule, ignore_index=True),
        "by_subgroup": counted(**found.groups, variable="race", group=list("xyz")),
        "missed": stages,
    }


class Attack:
    """A reader's knowledge, as linear equations and inequalities over the numbers behind the tables."""

    def __init__(self, found: Judged) -> None:
        self.names = [f"{kind} {n}" for kind in ("true", "missed", "false") for n in range(3)]
        self.names += [f"rule {kind} {n}" for kind in ("true", "false") for n in range(4)]
        self.names += [f"stage {n}" for n in range(len(STAGES))]
        self.equal: list[tuple[Any, float]] = []
        self.most: list[tuple[Any, float]] = []
        groups = {kind: self.sum(kind, range(3)) for kind in ("true", "missed", "false")}
        rules = {kind: self.sum(f"rule {kind}", range(4)) for kind in ("true", "false")}
        self.true, self.links, self.matches = (
            groups["true"],
            groups["true"] + groups["false"],
            found.true + found.missed,
        )
        self.equal += [(groups[kind] - rules[kind], 0) for kind in rules]
        self.equal += [(self.line(f"stage {len(STAGES) - 1}") - groups["true"], 0)]
        self.equal += [(self.sum("stage", range(len(STAGES))), self.matches)]
        self.equal += [(groups["true"] + groups["missed"], self.matches), (self.links, found.true + found.false)]

    def line(self, name: str) -> Any:
        return np.eye(len(self.names))[self.names.index(name)]

    def sum(self, kind: str, places: Sequence[int] | range) -> Any:
        return sum(self.line(f"{kind} {n}") for n in places)

    def observe(self, what: Any, cell: Cell) -> None:
        """A count as it is shown."""
        if isinstance(cell, int):
            self.equal.append((what, cell))
        elif cell == f"< {SMALLEST}":
            self.most += [(what, SMALLEST - 1), (-what, -1)]

    def share(self, part: Any, whole: Any, cell: Cell) -> None:
        """A share as it is shown."""
        if isinstance(cell, Interval) and cell.value == cell.value:
            self.equal.append((part - cell.value * whole, 0))
        elif isinstance(cell, Bound):
            sign = -1 if cell.is_least else 1
            self.most.append((sign * (part - cell.value * whole), 0))

    def width(self, name: str) -> float:
        """The difference between the greatest and least possible value of a number."""
        ends = [
            linprog(
                sign * self.line(name),
                A_eq=[line for line, _ in self.equal],
                b_eq=[value for _, value in self.equal],
                A_ub=[line for line, _ in self.most] or None,
                b_ub=[value for _, value in self.most] or None,
                bounds=(0, None),
            )
            for sign in (1, -1)
        ]
        assert all(end.status == 0 for end in ends), "what is shown must be possible"
        return float(-ends[1].fun - ends[0].fun)


def read(attack: Attack, tables: Mapping[str, pd.DataFrame], of: Mapping[str, pd.DataFrame]) -> None:
    """Read every table as a reader would."""
    found = Evaluation(tables, people=of)
    numbers = numbers_of(evaluation=found, smallest=SMALLEST)
    constant = attack.true * 0
    for name, number, _, estimate, _ in quality.overall(found, numbers).rows:
        if name in ("Sensitivity", "PPV"):
            attack.observe(attack.true, number)
        if name == "PPV":
            attack.share(attack.true, attack.links, estimate)
    for n, (_, links, false, ppv, _, ppv_up_to) in enumerate(quality.by_rule(found, numbers).rows):
        true, wrong = attack.line(f"rule true {n}"), attack.line(f"rule false {n}")
        attack.observe(true + wrong, links)
        attack.observe(wrong, false)
        attack.share(true, true + wrong, ppv)
        up_to = [attack.sum(f"rule {kind}", range(n + 1)) for kind in ("true", "false")]
        attack.share(up_to[0], up_to[0] + up_to[1], ppv_up_to)
    for n, row in enumerate(quality.missed(found, numbers).rows[:-1]):
        attack.observe(attack.line(f"stage {n}"), row[1])
    for row in quality_by_group.by_subgroup(found, numbers).rows:
        places = ["xyz".index(name) for name in str(row[1]).split(" or ")]
        true, missed, false = (attack.sum(kind, places) for kind in ("true", "missed", "false"))
        attack.observe(true + missed, row[2])
        if isinstance(row[6], Interval) or isinstance(row[3], Bound):  # otherwise derivable from others
            attack.share(true, true + missed, row[3])
        attack.observe(true + false, row[5])
        attack.share(true, true + false, row[6])
    assert not constant.any()


def small(found: Judged) -> Iterator[str]:
    """The numbers of 1 to 10 people."""
    for kind in ("true", "missed", "false"):
        yield from (f"{kind} {n}" for n, number in enumerate(found.groups[kind]) if 0 < number < SMALLEST)
    for kind in ("true", "false"):
        yield from (f"rule {kind} {n}" for n, number in enumerate(found.rules[kind]) if 0 < number < SMALLEST)
    yield from (f"stage {n}" for n, number in enumerate(found.stages[:-1]) if 0 < number < SMALLEST)


def revealed(found: Judged) -> list[str]:
    """The small numbers for which fewer than five whole numbers remain possible."""
    attack = Attack(found)
    read(attack, evaluation(found), people(found))
    return [name for name in small(found) if attack.width(name) < 4 - 1e-6]


def is_revealed_by_totals(found: Judged) -> bool:
    """Whether links minus matches is a small number that is revealed, because none is missed or none is false.

    Such a report leaves out all that was compared with the truth: see the test at the end.
    """
    return min(found.missed, found.false) == 0 < max(found.missed, found.false) < SMALLEST


@settings(max_examples=20, deadline=None)  # each solves several hundred linear programs
@given(judged())
@example(
    # At most 10 of the last rule's links are true, so at least 198 are false, and the other rules have 5 at most.
    Judged(
        291,
        203,
        203,
        {"true": [90, 95, 106], "missed": [90, 95, 18], "false": [0, 6, 197]},
        {"true": [6, 234, 41, 10], "false": [1, 2, 2, 198]},
        [5, 8, 11, 49, 35, 15, 80, 291],
    )
)
def test_no_small_number_follows_from_all_tables_together(found: Judged) -> None:
    assume(not is_revealed_by_totals(found))
    assert not revealed(found)


FOUND_BEFORE = {
    "all links of a rule are false, which revealed its links, those of the last rule, and its one false match": Judged(
        400,
        157,
        42,
        {"true": [215, 8, 177], "missed": [0, 76, 81], "false": [0, 37, 5]},
        {"true": [0, 365, 35, 0], "false": [21, 13, 7, 1]},
        [19, 77, 16, 4, 16, 25, 0, 400],
    ),
    "the last rule made no link, so that its running total is that of all": Judged(
        89,
        13,
        2,
        {"true": [26, 31, 32], "missed": [1, 12, 0], "false": [0, 1, 1]},
        {"true": [11, 27, 51, 0], "false": [1, 1, 0, 0]},
        [5, 1, 2, 3, 1, 1, 0, 89],
    ),
    "270 links where 260 have a match: at least 10 are false": Judged(
        788,
        12,
        12,
        {"true": [143, 260, 385], "missed": [2, 0, 10], "false": [0, 10, 2]},
        {"true": [18, 100, 591, 79], "false": [0, 10, 0, 2]},
        [0, 0, 2, 2, 1, 0, 7, 788],
    ),
    "where none is missed, links less matches are false": Judged(
        192,
        0,
        11,
        {"true": [115, 70, 7], "missed": [0, 0, 0], "false": [5, 4, 2]},
        {"true": [13, 150, 2, 27], "false": [0, 2, 7, 2]},
        [0, 0, 0, 0, 0, 0, 0, 192],
    ),
    "the true matches of one group are all there are": Judged(
        671,
        15,
        15,
        {"true": [0, 0, 671], "missed": [0, 0, 15], "false": [6, 1, 8]},
        {"true": [16, 122, 454, 79], "false": [0, 4, 3, 8]},
        [0, 0, 0, 0, 0, 0, 15, 671],
    ),
    "ten links are false at most, and one stage and the linked ones are known together": Judged(
        738,
        350,
        10,
        {"true": [459, 166, 113], "missed": [26, 277, 47], "false": [0, 3, 7]},
        {"true": [126, 36, 64, 512], "false": [0, 1, 9, 0]},
        [11, 53, 26, 152, 67, 40, 1, 738],
    ),
    "the linked ones, withheld among the stages, stand in another table": Judged(
        20,
        253,
        253,
        {"true": [0, 0, 20], "missed": [0, 1, 252], "false": [180, 35, 38]},
        {"true": [0, 0, 0, 20], "false": [1, 214, 3, 35]},
        [0, 0, 1, 0, 0, 1, 251, 20],
    ),
    "seven more matches than links, and a bound that shows that at most ten are missed: three are false": Judged(
        611,
        8,
        1,
        {"true": [242, 1, 368], "missed": [7, 1, 0], "false": [0, 1, 0]},
        {"true": [136, 101, 134, 240], "false": [0, 1, 0, 0]},
        [0, 1, 0, 1, 2, 2, 2, 611],
    ),
    "none is missed, so 14 links are false, of which one group has at least 11": Judged(
        492,
        0,
        14,
        {"true": [13, 408, 71], "missed": [0, 0, 0], "false": [1, 12, 1]},
        {"true": [12, 50, 125, 305], "false": [0, 1, 12, 1]},
        [0, 0, 0, 0, 0, 0, 0, 492],
    ),
    "no link is false, so 14 matches are missed, of which one stage has at least 11": Judged(
        594,
        14,
        0,
        {"true": [52, 403, 139], "missed": [0, 0, 14], "false": [0, 0, 0]},
        {"true": [97, 236, 129, 132], "false": [0, 0, 0, 0]},
        [0, 0, 0, 0, 1, 1, 12, 594],
    ),
    "nine more links than matches, and one rule has all false links, at most ten: one match is missed": Judged(
        668,
        1,
        10,
        {"true": [11, 180, 477], "missed": [1, 0, 0], "false": [0, 10, 0]},
        {"true": [72, 60, 349, 187], "false": [0, 10, 0, 0]},
        [0, 0, 0, 1, 0, 0, 0, 668],
    ),
}


@pytest.mark.parametrize("found", FOUND_BEFORE.values(), ids=list(FOUND_BEFORE))
def test_no_small_number_follows_where_one_did(found: Judged) -> None:
    assert not revealed(found)


@pytest.fixture(scope="module")
def run() -> Iterator[linkage.Linkage]:
    """A small registry, linked."""
    town = make_registry("small", seed=3, patients=1200)
    with linkage.link(town.patients, town.deaths, encounters=[town.admissions, town.edstays]) as linked:
        yield linked


@pytest.mark.parametrize(("missed", "false"), [(0, 3), (3, 0)])
def test_where_none_is_missed_or_none_is_false_a_small_number_of_errors_leaves_out_the_truth(
    run: linkage.Linkage, missed: int, false: int
) -> None:
    truth = run.links[["patient_id", "death_id"]].copy()
    others = run.outcomes.loc[run.outcomes["death_id"].isna(), ["patient_id"]].assign(death_id=None)
    truth.loc[truth.index[:false], "death_id"] = None
    used = set(run.links["death_id"])
    free = [one for (one,) in run.engine.rows("SELECT death_id FROM death ORDER BY death_id") if one not in used]
    others.loc[others.index[:missed], "death_id"] = free[:missed]
    found = evaluate(run, pd.concat([truth, others]), methods=("implausible",))
    judged = found["overall"].iloc[0]
    assert (judged["missed_matches"], judged["false_matches"]) == (missed, false)
    made, internal = make_report(run, found), make_report(run, found, smallest_cell=1)
    names = {block.name for section in made.sections for block in section.blocks if isinstance(block, Table)}
    assert not names & {"accuracy", "accuracy_by_rule", "missed", "blocking", "accuracy_by_subgroup"}
    assert "would reveal a number of 1 to 10 patients" in made.markdown
    assert "Sensitivity" not in made.markdown.split("## Accuracy of the links estimated")[0]
    assert internal.table("accuracy").rows
