"""Tables of subgroups in a study, and of linked patients compared with patients who are in review or not linked."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from linkage.extras import needs
from linkage.report.counted import LINKAGE_RESULTS, hospital_sides
from linkage.report.numbers import Numbers
from linkage.report.parts import Cell, Column, Interval, Table, row_of, written
from linkage.report.quality import difference
from linkage.report.suppress import WITHHELD
from linkage.report.tables import IN_REVIEW, followed
from linkage.rules.wording import field_name
from linkage.survival.kaplan_meier import Risk, risk_at

if TYPE_CHECKING:
    import pandas

    from linkage.evaluation.study import Study
    from linkage.run.result import Linkage


def mortality_by_group(
    study: "Study", review: int, groups: "pandas.DataFrame", numbers: Numbers, *, with_links: bool = True
) -> Table:
    """A table of mortality at the longest horizon by subgroup, with the difference in mortality from all other
    patients; patients in review have their own row.

    `with_links` adds the number of linked patients. It is false if the truth is known for all patients, because the
    table of accuracy then has the links by subgroup of all patients: together with those of followed patients, they
    would reveal small differences.
    """
    import numpy as np

    horizon = max(study.horizons)
    of_each = groups.reindex(study.patients["patient_id"])
    is_linked = study.patients["rule"].notna().to_numpy()
    died = study.main.died & (study.main.days <= horizon)
    rows: list[tuple[Cell, ...]] = []
    for variable in of_each:
        name = str(variable)
        values = np.array([numbers.group(name, group) for group in of_each[variable].astype(str)], dtype=object)
        found = _counts(values, is_linked, died)
        members = [values == group for group in found["group"]]
        risks = [risk_at(study.main.days[here], study.main.died[here], horizon) for here in members]
        rows += _rows(name, found, risks, numbers, with_links)
    if review:
        cell = numbers.cell(review, "followed in review")
        rows.append(("all", IN_REVIEW, cell, *[None] * (5 if with_links else 3)))
    columns = (
        Column("Variable"),
        Column("Group"),
        Column("Patients", "count"),
        *((Column("Linked", "count"), Column("Share linked", "share")) if with_links else ()),
        Column(f"Deaths by day {horizon}", "count"),
        Column("Mortality (95 % CI)", "share"),
        Column("Difference", "points"),
    )
    people = written(followed(study, numbers), "count")
    caption = f"{'Links and ' * with_links}{horizon}-day mortality by subgroup, of all patients followed ({people})"
    note = (
        "Difference: the share who died minus that of all other groups, in percentage points, with"
        " Newcombe's interval. Groups may differ in"
        " mortality, in the quality of their identifiers, or in both: compare with the sensitivity by subgroup."
        f" {numbers.note()}"
    )
    return Table("mortality_by_subgroup", caption[0].upper() + caption[1:], columns, tuple(rows), note.strip())


def _rows(
    variable: str, found: "pandas.DataFrame", risks: Sequence[Risk], numbers: Numbers, with_links: bool
) -> Iterator[tuple[Cell, ...]]:
    """One row per group of a variable, with small numbers withheld."""
    is_shown = not numbers.hides("followed") and not any(
        numbers.hides("deaths", name, str(days)) for name, days in numbers.main
    )
    for (_, row), risk in zip(found.iterrows(), risks, strict=True):
        key = (variable, str(row["group"]))
        people = numbers.cell(int(row["patients"]), "followed", *key)
        deaths = numbers.cell(int(row["died"]), "deaths", *key)
        known = isinstance(people, int) and isinstance(deaths, int)
        links = numbers.cell(int(row["linked"]), "linked", *key)
        yield row_of([
            field_name(variable),
            row["group"],
            people,
            *([links, _share(links, people)] if with_links else []),
            deaths,
            Interval(*risk[2:]) if known else WITHHELD,
            # The numbers of all other groups follow from the totals.
            difference(found, row, "died", "patients") if known and is_shown else WITHHELD,
        ])  # fmt: skip


def _counts(values: Any, is_linked: Any, died: Any) -> "pandas.DataFrame":
    import pandas as pd

    frame = pd.DataFrame({"group": values, "patients": 1, "linked": is_linked, "died": died}).astype(
        {"linked": int, "died": int}
    )
    return frame.groupby("group").sum().reset_index()


def _share(part: Cell, whole: Cell) -> Cell:
    if isinstance(part, int) and isinstance(whole, int):
        return part / whole if whole else None
    return WITHHELD


def side_by_side(run: "Linkage", groups: "pandas.DataFrame", numbers: Numbers) -> Table | str:
    """A table that compares in-hospital deaths that were linked, are in review, and were not linked, with standardized
    mean differences.

    With a death registry, linked and unlinked patients should differ, because the linked ones are dead. But all
    patients who died in hospital on a day that the registry covers should have been linked, so a difference among them
    is due to linkage (Harron et al., Int J Popul Data Sci 2017). If too few were linked or not linked, the result is a
    sentence instead.
    """
    frame = hospital_sides(run, numbers.smallest)
    sizes = frame["side"].value_counts().reindex(LINKAGE_RESULTS, fill_value=0)
    if too_few := _too_few(len(frame), sizes["linked"], numbers.smallest):
        return too_few
    sides = [side for side in LINKAGE_RESULTS if sizes[side]]
    by = [str(name) for name in groups]
    values = groups.reindex(frame["patient_id"]).astype(str).reset_index(drop=True)
    for name in by:
        values[name] = [numbers.group(name, group) for group in values[name]]
    frame = frame.reset_index(drop=True).join(values)
    differences = _standardized_differences(frame, by)
    totals = [numbers.cell(int(sizes[side]), "side", side) for side in sides]
    rows: list[tuple[Cell, ...]] = [
        ("all", "", *(cell for total in totals for cell in (total, 1.0 if isinstance(total, int) else WITHHELD)), "")
    ]
    for variable in by:
        counts = frame.groupby([variable, "side"], observed=True).size().unstack(fill_value=0)
        hides = False
        of_variable = []
        for group, row in counts.iterrows():
            cells: list[Cell] = [field_name(variable), str(group)]
            for side, total in zip(sides, totals, strict=True):
                cell = numbers.cell(int(row.get(side, 0)), f"side {side}", variable, str(group))
                hides |= isinstance(cell, str)
                cells += [cell, _share(cell, total)]
            of_variable.append(cells)
        # A standardized difference depends on all groups, so it could reveal a withheld number.
        smd: Cell = WITHHELD if hides else differences[variable]
        rows += [row_of([*cells, "" if n else smd]) for n, cells in enumerate(of_variable)]
    columns = [Column("Variable"), Column("Group")]
    for side in sides:
        name = "not linked or in review" if side == "not linked" and "in review" not in sides else side
        columns += [Column(name.capitalize(), "count"), Column("Share", "share")]
    columns.append(Column("SMD", "number"))
    note = "SMD: standardized mean difference of linked and not linked, over all groups of the variable (tableone)."
    caption = f"Patients who died in hospital while the registry covered the day ({len(frame):,}), by linkage"
    return Table("side_by_side", caption, tuple(columns), tuple(rows), note)


def _too_few(died: int, linked: int, smallest: int) -> str:
    if not died:
        return (
            "No patient died in hospital on a day that the registry covers, so linked and unlinked patients cannot be"
            " compared."
        )
    if min(linked, died - linked) >= smallest:
        return ""
    return (
        f"Of {died:,} in-hospital deaths, fewer than {smallest} were "
        + ("linked" if linked < smallest else "in review or not linked")
        + ": too few to compare linked and unlinked patients."
    )


def _standardized_differences(frame: "pandas.DataFrame", by: Sequence[str]) -> dict[str, float]:
    two = frame[frame["side"] != "in review"]
    varying = [name for name in by if two[name].nunique() > 1]
    if not varying or two["side"].nunique() < 2:
        return dict.fromkeys(by, float("nan"))
    table = needs("tableone").TableOne(
        two[[*varying, "side"]], columns=varying, categorical=varying, groupby="side", smd=True
    )
    found = table.smd_table
    return {name: float(found.loc[[name]].iloc[0, 0]) if name in varying else float("nan") for name in by}
