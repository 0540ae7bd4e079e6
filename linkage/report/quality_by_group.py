"""The quality of the links by subgroup in a report: sensitivity and PPV, with small numbers withheld."""

from collections.abc import Collection
from math import floor
from typing import TYPE_CHECKING, Any

from linkage.evaluation.accuracy import rates
from linkage.evaluation.intervals import proportion_interval
from linkage.report.numbers import Numbers
from linkage.report.parts import Bound, Cell, Column, Interval, Table, row_of
from linkage.report.quality import difference, guarded, interval, rounded_note
from linkage.report.suppress import WITHHELD
from linkage.report.system import BOUNDS, SIZES
from linkage.rules.wording import field_name

if TYPE_CHECKING:
    import pandas


def by_subgroup(evaluation: Any, numbers: Numbers) -> Table:
    """Sensitivity and PPV by subgroup, with the difference in sensitivity from all other patients."""
    rows = []
    found = evaluation["by_subgroup"]
    if numbers.called:
        found = rates(numbers.regrouped(found[["variable", "group", *_COUNTED]]).assign(linked_without_match=0))
    for _, group in found.groupby("variable", sort=False):
        rows += _rows_of_groups(group.reset_index(drop=True), numbers)
    columns = (
        Column("Variable"),
        Column("Group"),
        Column("Matches", "count"),
        Column("Sensitivity (95 % CI)", "share"),
        Column("Difference", "points"),
        Column("Links", "count"),
        Column("PPV (95 % CI)", "share"),
    )
    approximate = any(isinstance(row[3], Interval) and isinstance(row[6], Bound | str) for row in rows)
    note = (
        "Matches: deaths in the registry. Difference: sensitivity minus that of all other groups, in percentage points,"
        f" with Newcombe's interval. {rounded_note(numbers.smallest)}"
        + (" If the PPV is a bound or withheld, sensitivity is accurate to half a point." if approximate else "")
        + f" {numbers.note()}"
    )
    return Table("accuracy_by_subgroup", "Accuracy of the links by subgroup", columns, tuple(rows), note.strip())


_COUNTED = ("labeled", "matches", "links", "true_matches", "false_matches", "missed_matches", "ceiling_matches")
_KINDS = ("matches", "links", "false", "true")


def _rows_of_groups(group: "pandas.DataFrame", numbers: Numbers) -> list[tuple[Cell, ...]]:
    """The groups of one variable. If true matches are withheld, sensitivity is computed from the numbers that are
    shown, as a reader would (see `_readers_estimate`)."""
    is_shown, shows_bounds, smallest = not numbers.hides("true"), not numbers.hides(*BOUNDS), numbers.smallest
    hides_sizes = numbers.hides(*SIZES)
    names = [(str(row["variable"]), str(row["group"])) for _, row in group.iterrows()]
    hidden = {kind: {n for n, name in enumerate(names) if numbers.hides(kind, *name)} for kind in _KINDS}
    estimated, off = _readers_estimate(group, hidden["false"], None if is_shown else smallest - 1)
    rows = []
    for place, (_, row) in enumerate(group.iterrows()):
        withheld = {name for name in _KINDS if place in hidden[name]}
        right, of, matches = (int(row[name]) for name in ("true_matches", "links", "matches"))
        sensitivity: Cell = WITHHELD
        apart: Cell = WITHHELD
        if not withheld & {"matches", "true"}:
            # The result of the other groups is known if the total is shown, and estimated if not.
            sensitivity, apart = _sensitivity(group if is_shown else estimated, place)
        elif not withheld & {"matches", "links"} and off <= 0.005 * matches and not hides_sizes:
            sensitivity, apart = _sensitivity(estimated, place)
        elif shows_bounds and not withheld & {"links", "false"} and 0 < matches - right < smallest <= right:
            sensitivity = Bound(floor(1000 * right / (right + smallest - 1)) / 1000, is_least=True)
        is_hidden = "false" in withheld
        ppv: Cell = WITHHELD
        if "links" not in withheld:
            ppv = guarded(interval(row, "ppv"), right, of, smallest, is_hidden, hides_sizes)
        cells: list[Cell] = [field_name(str(row["variable"])), row["group"]]
        cells += [numbers.cell(matches, "matches", *names[place]), sensitivity, apart]
        rows.append(row_of([*cells, numbers.cell(of, "links", *names[place]), ppv]))
    return rows


def _readers_estimate(
    group: "pandas.DataFrame", false: Collection[int], few: int | None
) -> tuple["pandas.DataFrame", float]:
    """The groups with true matches as a reader can estimate them: withheld numbers of false links are divided equally.
    Also returns the largest possible error. `few` is the upper bound on all false links, if even that is withheld."""
    hidden = group.index.isin(list(false))
    withheld = float(group.loc[hidden, "false_matches"].sum()) if few is None else few / 2
    true = group["true_matches"].where(~hidden, group["links"] - withheld / max(hidden.sum(), 1))
    return group.assign(true_matches=true.clip(0, group["matches"])), withheld if few is None else few


def _sensitivity(group: "pandas.DataFrame", place: int) -> tuple[Cell, Cell]:
    """The sensitivity of a group with its interval, and its difference from all other groups."""
    row: Any = group.loc[place]
    low, high = proportion_interval(row["true_matches"], row["matches"])
    share = row["true_matches"] / row["matches"] if row["matches"] else float("nan")
    return Interval(share, float(low), float(high)), difference(group, row, "true_matches", "matches")
