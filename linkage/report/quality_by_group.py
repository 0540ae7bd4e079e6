"""For whom the links are worse, as a report shows it: sensitivity and PPV by subgroup, with what is small withheld."""

from collections.abc import Collection
from math import floor
from typing import TYPE_CHECKING, Any

from linkage.evaluation.intervals import proportion_interval
from linkage.report.parts import Bound, Cell, Column, Interval, Table, row_of
from linkage.report.quality import difference, guarded, has_details, interval, is_telling, rounded_note
from linkage.report.suppress import WITHHELD, shown, withhold
from linkage.rules.wording import field_name

if TYPE_CHECKING:
    import pandas


def by_subgroup(evaluation: Any, smallest: int) -> Table:
    """Sensitivity and PPV by subgroup, with the difference in sensitivity from everybody else."""
    rows = []
    for _, group in evaluation["by_subgroup"].groupby("variable", sort=False):
        rows += _rows_of_groups(evaluation, group.reset_index(drop=True), smallest)
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
        "Matches: deaths in the registry. Difference: sensitivity less that of all other groups, in percentage points,"
        f" with Newcombe's interval. {rounded_note(smallest)}"
        + (" Beside a PPV that is a bound or withheld, sensitivity is right to half a point." if approximate else "")
    )
    return Table("accuracy_by_subgroup", "For whom the links are worse", columns, tuple(rows), note)


def _rows_of_groups(evaluation: Any, group: "pandas.DataFrame", smallest: int) -> list[tuple[Cell, ...]]:
    """The groups of one variable. Where true matches are withheld, sensitivity is worked out from numbers that are
    shown (see `_as_told`), as a reader would."""
    detailed, is_told = has_details(evaluation, smallest), not is_telling(evaluation["overall"].iloc[0], smallest)
    if not detailed:
        return [
            row_of([field_name(str(row["variable"])), row["group"], *[WITHHELD] * 5]) for _, row in group.iterrows()
        ]
    hidden = _withheld_in_groups(group, is_told, smallest)
    told, off = _as_told(group, hidden["false_matches"], None if is_told else smallest - 1)
    rows = []
    for n, row in group.iterrows():
        place = int(str(n))
        withheld = {name for name in _KINDS if place in hidden[name]}
        right, of, matches = (int(row[name]) for name in ("true_matches", "links", "matches"))
        sensitivity: Cell = WITHHELD
        apart: Cell = WITHHELD
        if not withheld & {"matches", "missed_matches", "true_matches"}:
            # What the others have is known where the total is told, and estimated where it is not.
            sensitivity, apart = _sensitivity(group if is_told else told, place)
        elif not withheld & {"matches", "links"} and off <= 0.005 * matches:
            sensitivity, apart = _sensitivity(told, place)
        elif not withheld & {"links", "false_matches"} and 0 < matches - right < smallest <= right:
            sensitivity = Bound(floor(1000 * right / (right + smallest - 1)) / 1000, is_least=True)
        is_hidden = "false_matches" in withheld
        ppv = WITHHELD if "links" in withheld else guarded(interval(row, "ppv"), right, of, smallest, is_hidden)
        cells: list[Cell] = [field_name(str(row["variable"])), row["group"]]
        cells += [shown(matches, "matches" in withheld, smallest), sensitivity, apart]
        rows.append(row_of([*cells, shown(of, "links" in withheld, smallest), ppv]))
    return rows


_KINDS = ("matches", "links", "missed_matches", "false_matches", "true_matches")


def _withheld_in_groups(group: "pandas.DataFrame", is_told: bool, smallest: int) -> dict[str, set[int]]:
    """The groups of which each kind of number is withheld. All are looked at together, because matches are true and
    missed ones, and links are true and false ones. `is_told` is whether the totals of all kinds are told, not of
    matches and links alone."""
    size, cells, sums = len(group), [], []
    place = {name: range(k * (size + 1), k * (size + 1) + size) for k, name in enumerate(_KINDS)}
    for name, places in place.items():
        numbers = group[name].astype(int).tolist()
        cells += [*numbers, sum(numbers)]
        sums.append((places.stop, list(places)))
    for whole, part in (("matches", "missed_matches"), ("links", "false_matches")):
        parts = zip(place[whole], place["true_matches"], place[part], strict=True)
        sums += [(total, [true, other]) for total, true, other in parts]
    known = [places.stop for name, places in place.items() if is_told or name in ("matches", "links")]
    totals = {places.stop for places in place.values()} - set(known)
    hidden = withhold(cells, sums, smallest=smallest, known=known, also=totals)
    return {name: {n for n in range(size) if places[n] in hidden} for name, places in place.items()}


def _as_told(group: "pandas.DataFrame", false: Collection[int], few: int | None) -> tuple["pandas.DataFrame", float]:
    """The groups with true matches as a reader can estimate them: false ones that are withheld are divided equally.
    And by how many, at most, that is off. `few` is what all false ones are at most, where not even that is told."""
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
