"""Subgroups of a study, and linked, unlinked and in-review patients side by side."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from linkage.evaluation.subgroups import subgroups
from linkage.extras import needs
from linkage.report.parts import Cell, Column, Interval, Table, row_of, written
from linkage.report.quality import difference
from linkage.report.suppress import WITHHELD, withhold_table
from linkage.report.tables import followed
from linkage.rules.wording import field_name
from linkage.survival.kaplan_meier import Risk, risk_at

if TYPE_CHECKING:
    import pandas

    from linkage.evaluation.study import Study
    from linkage.run.result import Linkage

SIDES = ("linked", "in review", "not linked")


def mortality_by_group(study: "Study", groups: "pandas.DataFrame", smallest: int) -> Table:
    """Linked patients and mortality at the longest horizon for each value of each variable, with the difference in
    mortality from everybody else."""
    horizon = max(study.horizons)
    of_each = groups.reindex(study.patients["patient_id"])
    is_linked = study.patients["rule"].notna().to_numpy()
    died = study.main.died & (study.main.days <= horizon)
    rows: list[tuple[Cell, ...]] = []
    for variable in of_each:
        values = of_each[variable].astype(str).to_numpy()
        found = _counts(values, is_linked, died)
        members = [values == group for group in found["group"]]
        risks = [risk_at(study.main.days[here], study.main.died[here], horizon) for here in members]
        rows += [row_of([field_name(str(variable)), *cells]) for cells in _cells(found, risks, smallest)]
    columns = (
        Column("Variable"),
        Column("Group"),
        Column("Patients", "count"),
        Column("Linked", "count"),
        Column("Share linked", "share"),
        Column(f"Deaths by day {horizon}", "count"),
        Column("Mortality (95 % CI)", "share"),
        Column("Difference", "points"),
    )
    people = written(followed(study, smallest), "count")
    caption = f"Links and {horizon}-day mortality by subgroup, of all patients followed ({people})"
    note = (
        "Difference: share who died less that of all other groups, in percentage points, with"
        " Newcombe's interval. Groups may differ in"
        " mortality, in the quality of their identifiers, or in both: compare with the sensitivity by subgroup."
    )
    return Table("mortality_by_subgroup", caption, columns, tuple(rows), note)


def _cells(found: "pandas.DataFrame", risks: Sequence[Risk], smallest: int) -> Iterator[list[Cell]]:
    """The cells of each group of a variable, behind the variable's name, with small numbers withheld."""
    linked = withhold_table(found[["linked", "not_linked"]].to_numpy().tolist(), smallest=smallest)
    deaths = withhold_table(found[["died", "survived"]].to_numpy().tolist(), smallest=smallest)
    # Both tables end with a row of sums.
    for (_, row), of_links, of_deaths, risk in zip(found.iterrows(), linked, deaths, risks, strict=False):
        known = not any(isinstance(cell, str) for cell in of_deaths)
        yield [
            row["group"],
            of_deaths[2] if isinstance(of_links[2], int) else WITHHELD,
            of_links[0],
            _share(of_links[0], of_links[2]),
            of_deaths[0],
            Interval(*risk[2:]) if known else WITHHELD,
            difference(found, row, "died", "patients") if known else WITHHELD,
        ]


def _counts(values: Any, is_linked: Any, died: Any) -> "pandas.DataFrame":
    import pandas as pd

    frame = pd.DataFrame({"group": values, "patients": 1, "linked": is_linked, "died": died}).astype(
        {"linked": int, "died": int}
    )
    found = frame.groupby("group").sum().reset_index()
    return found.assign(not_linked=found["patients"] - found["linked"], survived=found["patients"] - found["died"])


def _share(part: Cell, whole: Cell) -> Cell:
    if isinstance(part, int) and isinstance(whole, int):
        return part / whole if whole else None
    return WITHHELD


def side_by_side(run: "Linkage", by: Sequence[str], smallest: int) -> Table | str:
    """In-hospital deaths that were linked, are in review, and were not linked, with standardised mean differences.

    Against a death registry linked and unlinked patients should differ: the linked are dead. Only among patients who
    died in hospital, while the registry covered the day, should all have been linked, so that a difference is one of
    linkage (Harron et al., Int J Popul Data Sci 2017). A sentence instead, where too few were not linked.
    """
    frame = _hospital_deaths(run, by)
    sizes = frame["side"].value_counts().reindex(SIDES, fill_value=0)
    if too_few := _too_few(len(frame), sizes["linked"], smallest):
        return too_few
    if min(sizes["in review"], sizes["not linked"]) < smallest:
        frame = frame.assign(side=frame["side"].replace("in review", "not linked"))
    sides = [side for side in SIDES if (frame["side"] == side).any()]
    differences = _standardised_differences(frame, by)
    everybody: list[Cell] = ["all", ""]
    for side in sides:
        everybody += [int((frame["side"] == side).sum()), 1.0]
    rows: list[tuple[Cell, ...]] = [(*everybody, "")]
    for variable in by:
        counts = frame.groupby([variable, "side"], observed=True).size().unstack(fill_value=0)[sides]
        table = withhold_table(counts.to_numpy().tolist(), smallest=smallest)
        for place, group in enumerate(counts.index):
            cells: list[Cell] = [field_name(variable), str(group)]
            for column in range(len(sides)):
                cells += [table[place][column], _share(table[place][column], table[-1][column])]
            rows.append(row_of([*cells, differences[variable] if not place else ""]))
    columns = [Column("Variable"), Column("Group")]
    for side in sides:
        name = "not linked or in review" if side == "not linked" and "in review" not in sides else side
        columns += [Column(name.capitalize(), "count"), Column("Share", "share")]
    columns.append(Column("SMD", "number"))
    note = "SMD: standardised mean difference of linked and not linked, over all groups of the variable (tableone)."
    caption = f"Patients who died in hospital while the registry covered the day ({len(frame):,}), by linkage"
    return Table("side_by_side", caption, tuple(columns), tuple(rows), note)


def _too_few(died: int, linked: int, smallest: int) -> str:
    if not died:
        return (
            "No patient died in hospital while the registry covered the day, so linked and unlinked cannot be compared."
        )
    if min(linked, died - linked) >= smallest:
        return ""
    return (
        f"Of {died:,} in-hospital deaths fewer than {smallest} were "
        + ("linked" if linked < smallest else "in review or not linked")
        + ": too few to set linked and unlinked patients side by side."
    )


def _hospital_deaths(run: "Linkage", by: Sequence[str]) -> "pandas.DataFrame":
    outcomes = run.outcomes
    day = outcomes["hospital_death_date"]
    died = outcomes[day.notna() & (day >= outcomes["coverage_first"]) & (day <= outcomes["coverage_last"])]
    side = died["fate"].map({"linked": "linked", "tie": "in review"}).fillna("not linked")
    frame = died[["patient_id"]].assign(side=side).join(subgroups(run, by), on="patient_id")
    return frame.astype(dict.fromkeys(by, str))


def _standardised_differences(frame: "pandas.DataFrame", by: Sequence[str]) -> dict[str, float]:
    two = frame[frame["side"] != "in review"]
    varying = [name for name in by if two[name].nunique() > 1]
    if not varying or two["side"].nunique() < 2:
        return dict.fromkeys(by, float("nan"))
    table = needs("tableone").TableOne(
        two[[*varying, "side"]], columns=varying, categorical=varying, groupby="side", smd=True
    )
    found = table.smd_table
    return {name: float(found.loc[[name]].iloc[0, 0]) if name in varying else float("nan") for name in by}
