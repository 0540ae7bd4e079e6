"""How good the links are without truth, as a report shows it: each method's estimate, and where it errs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from linkage.report.parts import Cell, Column, Interval, Table, row_of
from linkage.report.quality import difference, guarded, interval, rounded_note
from linkage.report.suppress import WITHHELD, shown, withhold, withhold_table
from linkage.rules.wording import field_name

if TYPE_CHECKING:
    import pandas

EXPECTED = {
    "known_alive": "Seen alive later",
    "before_first_contact": "Before the first contact",
    "duplicate_method": "Second deaths",
    "decoys": "Decoys",
}
"""The methods that expect false links by rule, and the heading of each."""

_FOUND = "found within 7 days"
_HOSPITAL = (_FOUND, "on another date", "date not known", "not found")
_NAMES = {"sensitivity": "Sensitivity", "ppv": "PPV", "specificity": "Specificity"}


def summary(evaluation: Any, smallest: int) -> Table:
    """What each method estimates, in the order of the measures."""
    rows = []
    found = evaluation["estimates"]
    for _, row in found.sort_values(
        "measure", key=lambda names: names.map(list(_NAMES).index), kind="stable"
    ).iterrows():
        estimate = interval(row, "estimate")
        counts = _counted(evaluation, str(row["method"]))
        rate = guarded(estimate, *counts, smallest) if counts else estimate
        rows.append(row_of([_NAMES[row["measure"]], row["method"], rate, interval(row, "false_links"), row["bias"]]))
    columns = (
        Column("Measure"),
        Column("Method"),
        Column("Estimate (95 % CI)", "share"),
        Column("False links expected", "count"),
        Column("Where it errs"),
    )
    caption = "What can be known of the links without truth"
    return Table("estimates", caption, columns, tuple(rows), "Each method sees errors of one kind.")


def _counted(evaluation: Any, method: str) -> tuple[int, int] | None:
    """The numerator and denominator of an estimate that is a plain share of people."""
    tables: Mapping[str, pandas.DataFrame] = evaluation.tables
    if method == "alive linked":
        row = tables["alive_linked"].iloc[0]
        return int(row["of"] - row["number"]), int(row["of"])
    if not method.startswith("hospital deaths"):
        return None
    number = _of_all(tables["hospital_deaths"])
    found, of = number[_FOUND], sum(number.values())
    return (found, found + number["on another date"]) if method.endswith("dates") else (found, of)


def _of_all(table: "pandas.DataFrame") -> dict[str, int]:
    of_all = table[table["variable"] == "all"].set_index("measure")["number"]
    return {name: int(of_all[name]) for name in _HOSPITAL}


def hospital_deaths(evaluation: Any, smallest: int) -> Table:
    """Deaths in hospital, with the hospital's date hidden: what the linkage found of them."""
    number = _of_all(evaluation["hospital_deaths"])
    of_all = evaluation["hospital_deaths"].query("variable == 'all'").set_index("measure")
    total = sum(number.values())
    hidden = withhold([*number.values(), total], [(4, range(4))], smallest=smallest, known=[4])
    rows = [
        row_of(
            [name, shown(count, n in hidden, smallest), _share(of_all.loc[name], count, total, n in hidden, smallest)]
        )
        for n, (name, count) in enumerate(number.items())
    ]
    rows.append(("all", total, 1.0 if total else None))
    columns = (Column("In the registry"), Column("Deaths in hospital", "count"), Column("Share (95 % CI)", "share"))
    caption = f"{total:,} deaths in hospital, as the linkage found them with the hospital's date hidden"
    return Table("hospital_deaths", caption, columns, tuple(rows))


def _share(row: Any, count: int, of: int, hidden: bool, smallest: int) -> Cell:
    return guarded(interval(row, "share"), count, of, smallest, hidden)


def hospital_deaths_by_group(evaluation: Any, smallest: int) -> Table:
    """The share of deaths in hospital found within 7 days, by subgroup, with the difference from all others."""
    table = evaluation["hospital_deaths"]
    rows = []
    found = table[(table["measure"] == _FOUND) & ~table["variable"].isin(["all", "rule"])]
    for variable, group in found.groupby("variable", sort=False):
        both = [[int(row["number"]), int(row["of"] - row["number"])] for _, row in group.iterrows()]
        cells = withhold_table(both, smallest=smallest)
        for (_, row), (number, rest, of) in zip(group.iterrows(), cells, strict=False):
            hidden = isinstance(number, str) or isinstance(rest, str)
            rate = (
                WITHHELD if isinstance(of, str) else _share(row, int(row["number"]), int(row["of"]), hidden, smallest)
            )
            apart = difference(group, row, "number", "of") if isinstance(rate, Interval) else WITHHELD
            rows.append(row_of([field_name(str(variable)), str(row["group"]), number, of, rate, apart]))
    columns = (
        Column("Variable"),
        Column("Group"),
        Column("Found", "count"),
        Column("Of", "count"),
        Column("Share found (95 % CI)", "share"),
        Column("Difference", "points"),
    )
    note = (
        "Difference: less that of all other groups, in percentage points, with Newcombe's interval."
        f" {rounded_note(smallest)}"
    )
    caption = "Deaths in hospital found in the registry within 7 days, by subgroup"
    return Table("hospital_deaths_by_subgroup", caption, columns, tuple(rows), note)


def expected_by_rule(evaluation: Any, smallest: int) -> Table:
    """The false links that each method expects of each rule."""
    methods = [name for name in EXPECTED if name in evaluation.tables]
    tables = {name: evaluation[name][evaluation[name]["variable"].isin(["rule", "all"])] for name in methods}
    first = tables[methods[0]]
    first = first[first["variable"] == "rule"]
    links = [int(number) for number in first["links"]]
    hidden = withhold([*links, sum(links)], [(len(links), range(len(links)))], smallest=smallest, known=[len(links)])
    cells = {name: table.set_index("group") for name, table in tables.items()}
    rows = []
    for n, rule in enumerate(first["group"]):
        # An interval ends at the number of links, and would tell it.
        expected = [WITHHELD if n in hidden else _expected(cells[name], rule) for name in methods]
        rows.append(row_of([rule, shown(links[n], n in hidden, smallest), *expected]))
    rows.append(row_of(["all rules", sum(links), *(_expected(cells[name], "all") for name in methods)]))
    columns = (Column("Rule"), Column("Links", "count"), *(Column(EXPECTED[name], "count") for name in methods))
    note = "Expected false links, with 95 % intervals. Where a rule made no link, none is expected."
    return Table("expected_false", "False links expected of each rule, by method", columns, tuple(rows), note)


def _expected(table: "pandas.DataFrame", rule: str) -> Cell:
    row = table.loc[rule]
    return interval(row, "false_links") if row["links"] else None


def implausible(evaluation: Any, smallest: int) -> Table:
    """Pairs that a rule accepted, and links, that contradict time, sex or each other."""
    table = evaluation["implausible"].query("variable == 'all'")
    rows = []
    for _, row in table.iterrows():
        number, of = int(row["number"]), int(row["of"])
        rate = guarded(interval(row, "share"), number, of, smallest)
        rows.append(row_of([row["measure"], shown(number, 0 < number < smallest, smallest), of, rate]))
    columns = (
        Column("Contradiction"),
        Column("Number", "count"),
        Column("Of", "count"),
        Column("Share (95 % CI)", "share"),
    )
    note = "Sex is of links; the others are of pairs that a rule accepted, of which time has excluded the impossible."
    return Table("implausible", "Implausible pairs and links", columns, tuple(rows), note)
