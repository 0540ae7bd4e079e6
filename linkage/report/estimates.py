"""The tables of a report on accuracy without truth: the estimate of each method and its bias."""

from collections.abc import Mapping
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from linkage.evaluation.tables import with_share
from linkage.report.numbers import Numbers
from linkage.report.parts import Bound, Cell, Column, Interval, Table, row_of, written
from linkage.report.quality import difference, guarded, interval, rounded_note
from linkage.report.suppress import WITHHELD, shown, withhold
from linkage.rules.wording import field_name

if TYPE_CHECKING:
    import pandas

EXPECTED = {
    "known_alive": "Seen alive later",
    "before_first_contact": "Before the first contact",
    "duplicate_method": "Second deaths",
    "decoys": "Decoys",
}
"""The methods that estimate false links by rule, and their column headings."""

_NOBODY = ("decoys",)
"""Methods that count artificial patients, whose numbers need not be withheld."""

_FOUND = "found within 7 days"
_HOSPITAL = (_FOUND, "on another date", "date not known", "not found")
_NAMES = {"sensitivity": "Sensitivity", "ppv": "PPV", "specificity": "Specificity"}


def summary(evaluation: Any, numbers: Numbers) -> Table:
    """A table of the estimates of all methods, by measure."""
    rows = []
    found = evaluation["estimates"]
    for _, row in found.sort_values(
        "measure", key=lambda names: names.map(list(_NAMES).index), kind="stable"
    ).iterrows():
        method = str(row["method"])
        estimate = interval(row, "estimate")
        counts = _counted(evaluation, method)
        if counts and not counts[1]:
            continue  # there are no patients to whom the method applies
        false: Cell = interval(row, "false_links")
        rate: Cell = estimate
        if counts:
            of_hospital = method.startswith("hospital deaths")
            is_hidden = of_hospital and numbers.hides("hospital", _FOUND)
            no_bound = of_hospital and numbers.hides_bound("bound", "hospital", _FOUND)
            rate = guarded(estimate, *counts, numbers.smallest, is_hidden, no_bound)
        elif seen := _few_seen(evaluation, method, numbers):
            false, rate = seen
        rows.append(row_of([_NAMES[row["measure"]], row["method"], rate, false, row["bias"]]))
    columns = (
        Column("Measure"),
        Column("Method"),
        Column("Estimate (95 % CI)", "share"),
        Column("Expected false links", "count"),
        Column("Direction of bias"),
    )
    caption = "Estimates of accuracy that need no truth"
    return Table("estimates", caption, columns, tuple(rows), "Each method detects errors of one kind.")


def _few_seen(evaluation: Any, method: str, numbers: Numbers) -> tuple[Cell, Cell] | None:
    """Bounds on the false links and the PPV if a method saw a small number of patients; otherwise None. The bounds
    are the estimates for the largest small number, because an exact estimate or interval would reveal the number."""
    name = method.removesuffix(", scaled").replace(" ", "_")
    if name not in EXPECTED or name in _NOBODY:
        return None
    row = evaluation[name].query("variable == 'all'").iloc[0]
    if not numbers.is_small(int(row["seen"])):
        return None
    if method.endswith("scaled"):
        return None, WITHHELD
    most = min((numbers.smallest - 1) * float(row["scale"]), float(row["links"]))
    return f"at most {ceil(most):,}", Bound(floor(1000 * (1 - most / row["links"])) / 1000, is_least=True)


def _counted(evaluation: Any, method: str) -> tuple[int, int] | None:
    """The numerator and denominator of an estimate that is a share of patients; None for other methods."""
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


def hospital_deaths(evaluation: Any, numbers: Numbers) -> Table:
    """A table of the deaths in hospital by whether the linkage found them without the hospital's date."""
    number = _of_all(evaluation["hospital_deaths"])
    of_all = evaluation["hospital_deaths"].query("variable == 'all'").set_index("measure")
    total = sum(number.values())
    whole = numbers.cell(total, "hospital deaths")
    rows = []
    for name, count in number.items():
        cell = numbers.cell(count, "hospital", name)
        share: Cell = WITHHELD
        if isinstance(whole, int):
            is_hidden, no_bound = isinstance(cell, str), numbers.hides_bound("bound", "hospital", name)
            estimate = interval(of_all.loc[name], "share")
            share = guarded(estimate, count, total, numbers.smallest, is_hidden, no_bound)
        rows.append(row_of([name, cell, share]))
    rows.append(("all", whole, 1.0 if total else None))
    columns = (Column("In the registry"), Column("Deaths in hospital", "count"), Column("Share (95 % CI)", "share"))
    caption = f"Deaths in hospital ({written(whole, 'count')}), found by the linkage without the hospital's date"
    return Table("hospital_deaths", caption, columns, tuple(rows))


def hospital_deaths_by_group(evaluation: Any, numbers: Numbers) -> Table:
    """A table of the share of deaths in hospital found within 7 days, by subgroup, with the difference from all
    other groups."""
    table = evaluation["hospital_deaths"]
    rows = []
    found = table[(table["measure"] == _FOUND) & ~table["variable"].isin(["all", "rule"])]
    found = numbers.regrouped(found[["variable", "group", "number", "of"]])
    found = with_share(found, "share", found["number"], found["of"])
    is_shown = not numbers.hides("hospital deaths") and not numbers.hides("hospital", _FOUND)
    for variable, group in found.groupby("variable", sort=False):
        for _, row in group.iterrows():
            key = (str(variable), str(row["group"]))
            count, whole = int(row["number"]), int(row["of"])
            number, of = (
                numbers.cell(n, name, *key) for n, name in ((count, "hospital found"), (whole, "hospital deaths"))
            )
            rate: Cell = WITHHELD
            if isinstance(of, int):
                is_hidden, no_bound = isinstance(number, str), numbers.hides_bound("bound hospital found", *key)
                rate = guarded(interval(row, "share"), count, whole, numbers.smallest, is_hidden, no_bound)
            apart = difference(group, row, "number", "of") if isinstance(rate, Interval) and is_shown else WITHHELD
            rows.append(row_of([field_name(str(variable)), key[1], number, of, rate, apart]))
    columns = (
        Column("Variable"),
        Column("Group"),
        Column("Found", "count"),
        Column("Of", "count"),
        Column("Share found (95 % CI)", "share"),
        Column("Difference", "points"),
    )
    note = (
        "Difference: the share minus that of all other groups, in percentage points, with Newcombe's interval."
        f" {rounded_note(numbers.smallest)} {numbers.note()}"
    )
    caption = "Deaths in hospital found in the registry within 7 days, by subgroup"
    return Table("hospital_deaths_by_subgroup", caption, columns, tuple(rows), note.strip())


def expected_by_rule(evaluation: Any, numbers: Numbers) -> Table:
    """A table of the expected false links of each rule by method."""
    methods = [name for name in EXPECTED if name in evaluation.tables]
    tables = {name: evaluation[name][evaluation[name]["variable"].isin(["rule", "all"])] for name in methods}
    first = tables[methods[0]].set_index("group")
    hidden = {name: _seen_hidden(table, numbers) if name not in _NOBODY else set() for name, table in tables.items()}
    cells = {name: table.set_index("group") for name, table in tables.items()}
    rows = []
    for rule in [*first.index[first["variable"] == "rule"], "all"]:
        links = int(first.loc[rule, "links"])
        made = numbers.cell(links, "rule", str(rule))
        # The interval cannot exceed the number of links, so it could reveal this number.
        expected = [
            WITHHELD if isinstance(made, str) or rule in hidden[name] else _expected(cells[name], str(rule))
            for name in methods
        ]
        rows.append(row_of(["all rules" if rule == "all" else rule, made, *expected]))
    columns = (Column("Rule"), Column("Links", "count"), *(Column(EXPECTED[name], "count") for name in methods))
    note = "Expected false links, with 95 % intervals. Rules without links have no estimate." + (
        f" Withheld if a method saw fewer than {numbers.smallest} patients, or to protect such a number."
        if any(hidden.values())
        else ""
    )
    return Table("expected_false", "Expected false links of each rule, by method", columns, tuple(rows), note)


def _seen_hidden(table: "pandas.DataFrame", numbers: Numbers) -> set[str]:
    """The rules ("all" for all rules) whose estimate is withheld because it would reveal that the method saw a small
    number of patients. No other table has the numbers that a method saw."""
    rules = table[table["variable"] == "rule"]
    seen = [int(number) for number in rules["seen"]]
    names = [*rules["group"], "all"]
    hidden = withhold([*seen, sum(seen)], [(len(seen), range(len(seen)))], smallest=numbers.smallest)
    return {names[n] for n in hidden}


def _expected(table: "pandas.DataFrame", rule: str) -> Cell:
    row = table.loc[rule]
    return interval(row, "false_links") if row["links"] else None


def implausible(evaluation: Any, numbers: Numbers) -> Table:
    """A table of accepted pairs and links that contradict time, sex or each other."""
    table = evaluation["implausible"].query("variable == 'all'")
    rows = []
    for _, row in table.iterrows():
        number, of = int(row["number"]), int(row["of"])
        rate = guarded(interval(row, "share"), number, of, numbers.smallest)
        cell = shown(number, numbers.is_small(number), numbers.smallest)
        rows.append(row_of([row["measure"], cell, of, rate]))
    columns = (
        Column("Contradiction"),
        Column("Number", "count"),
        Column("Of", "count"),
        Column("Share (95 % CI)", "share"),
    )
    note = (
        "Disagreement on sex was counted among links, the others among pairs that a rule accepted. Pairs that were"
        " impossible in time were then excluded."
    )
    return Table("implausible", "Implausible pairs and links", columns, tuple(rows), note)
