"""The quality of the links in a report: the tables of an evaluation, with small numbers withheld."""

from math import ceil, floor
from typing import TYPE_CHECKING, Any

from linkage.extras import needs
from linkage.printing import counted
from linkage.report.numbers import Numbers
from linkage.report.parts import Bound, Cell, Column, Interval, Table, row_of, written
from linkage.report.suppress import WITHHELD
from linkage.report.system import BOUNDS
from linkage.rules.wording import field_name

if TYPE_CHECKING:
    import pandas

MEASURES = {
    "sensitivity": ("true_matches", "matches", "deaths in the registry that were linked to their patient"),
    "ppv": ("true_matches", "links", "links that are right"),
    "specificity": ("right_non_links", "without_match", "patients without a death in the registry who were not linked"),
    "ceiling": ("ceiling_matches", "matches", "deaths in the registry that share a blocking key with their patient"),
}
"""Each measure: its numerator, its denominator, and what it measures."""

NAMES = {"sensitivity": "Sensitivity", "ppv": "PPV", "specificity": "Specificity", "ceiling": "Blocking ceiling"}


def guarded(
    estimate: Interval, number: int, of: int, smallest: int, hidden: bool = False, without_bound: bool = False
) -> Cell:
    """A share that does not reveal a small number: exact, as a bound, or withheld.

    A numerator (or its complement) of 1 to `smallest` - 1 gives a bound, unless it is `without_bound`. A share in
    `hidden` is withheld to protect another: even rounded, it could reveal the other together with totals.

    >>> str(guarded(Interval(0.9995, 0.999, 0.9999), 11_796, 11_801, 11))
    'at least 99.9 %'
    >>> guarded(Interval(0.958, 0.94, 0.97), 1_150, 1_200, 11, hidden=True)
    'withheld'
    """
    rest = of - number
    if 0 < rest < smallest or 0 < number < smallest:
        return WITHHELD if without_bound else _bound(number, of, smallest)
    return WITHHELD if hidden and of else estimate


def _bound(number: int, of: int, smallest: int) -> Cell:
    if of < 2 * smallest:
        return WITHHELD
    few = (smallest - 1) / of
    if of - number < smallest:
        return Bound(floor(1000 * (1 - few)) / 1000, is_least=True)
    return Bound(ceil(1000 * few) / 1000, is_least=False)


def ends(row: Any, name: str) -> tuple[float, float, float]:
    """An estimate in an evaluation's table, and the two ends of its interval."""
    value, low, high = (float(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    return value, low, high


def interval(row: Any, name: str) -> Interval:
    """An estimate in an evaluation's table, with its interval."""
    return Interval(*ends(row, name))


def rate(row: Any, name: str, numbers: Numbers) -> Cell:
    """Sensitivity or PPV, or a bound if the true matches are withheld; links and matches are shown in either case."""
    if not numbers.hides("true"):
        return interval(row, name)
    of, smallest = int(row[MEASURES[name][1]]), numbers.smallest
    few = {"matches": "missed_matches", "links": "false_matches"}
    least = [int(row[whole]) - smallest + 1 for whole, part in few.items() if 0 < int(row[part]) < smallest]
    if not least or of < 2 * smallest or numbers.hides(*BOUNDS):
        return WITHHELD
    return Bound(floor(1000 * max(least) / of) / 1000, is_least=True)


def notes(evaluation: Any, numbers: Numbers) -> list[str]:
    """Warnings, with small numbers at the beginning of a sentence withheld."""
    found = []
    for note in evaluation.notes:
        head, space, rest = note.partition(" ")
        number = head.replace(",", "")
        few = number.isdigit() and numbers.is_small(int(number))
        found.append(f"Fewer than {numbers.smallest}{space}{rest}" if few else note)
    return found


def overall(evaluation: Any, numbers: Numbers) -> Table:
    """Sensitivity, PPV, specificity and blocking ceiling of patient records, each with its denominator."""
    row = evaluation["overall"].iloc[0]
    without = int(row["labeled"] - row["matches"])
    counts = {name: int(row[name]) for name in ("true_matches", "matches", "links", "ceiling_matches")}
    right = round(float(row["specificity"]) * without) if without else 0
    counts |= {"without_match": without, "right_non_links": right}
    rows = []
    for name, (number, of, who) in MEASURES.items():
        part, whole = (numbers.cell(counts[count], *_KEYS[count]) for count in (number, of))
        if number == "true_matches":
            estimate = rate(row, name, numbers)
        elif isinstance(whole, str):
            estimate = WITHHELD
        else:
            is_hidden, no_bound = isinstance(part, str), numbers.hides_bound("bound", *_KEYS[number])
            estimate = guarded(interval(row, name), counts[number], counts[of], numbers.smallest, is_hidden, no_bound)
        rows.append(row_of([NAMES[name], part, whole, estimate, who]))
    columns = (
        Column("Measure"),
        Column("Number", "count"),
        Column("Of", "count"),
        Column("Estimate (95 % CI)", "share"),
        Column("The number is of"),
    )
    return Table("accuracy", "Accuracy of the links", columns, tuple(rows), "Intervals are exact (Clopper-Pearson).")


_KEYS = {
    "true_matches": ("true",),
    "matches": ("matches",),
    "links": ("links",),
    "ceiling_matches": ("ceiling",),
    "without_match": ("without match",),
    "right_non_links": ("right non-links",),
}


def by_rule(evaluation: Any, numbers: Numbers) -> Table:
    """PPV of each rule's links, and sensitivity and PPV of the cascade that ends with it."""
    found = evaluation["by_rule"]
    own = found[found["scope"] == "in the cascade"].set_index("rule")
    upto = found[found["scope"] == "cumulative"].set_index("rule")
    rows = []
    for rule, row in own.iterrows():
        name = str(rule)
        links, false = int(row["links"]), int(row["false_matches"])
        made = numbers.cell(links, *numbers.first(("judged rule", name), ("rule", name)))
        wrong = numbers.cell(false, "rule false", name)
        ppv: Cell = WITHHELD
        if isinstance(made, int):
            is_hidden, no_bound = isinstance(wrong, str), numbers.hides_bound("bound", "rule true", name)
            ppv = guarded(interval(row, "ppv"), links - false, links, numbers.smallest, is_hidden, no_bound)
        rows.append(row_of([name, made, wrong, ppv, *_rates_up_to(upto.loc[name], name, numbers)]))
    columns = (
        Column("Rule"),
        Column("Links", "count"),
        Column("False", "count"),
        Column("PPV of its links", "share"),
        Column("Sensitivity up to it", "share"),
        Column("PPV up to it", "share"),
    )
    caption = f"Links by rule against the truth ({counted(int(own['matches'].iloc[0]), 'death')} in the registry)"
    return Table("accuracy_by_rule", caption, columns, tuple(rows), rounded_note(numbers.smallest))


def _rates_up_to(row: Any, rule: str, numbers: Numbers) -> list[Cell]:
    """Sensitivity and PPV of the rules up to one, if the true and all links up to it can be shown."""
    if not row["links"]:
        return [None, None]
    if numbers.hides("true up to", rule):
        return [WITHHELD, WITHHELD]
    return [interval(row, "sensitivity"), WITHHELD if numbers.hides("links up to", rule) else interval(row, "ppv")]


def rounded_note(smallest: int) -> str:
    """The note on shares if small numbers are withheld."""
    note = f"Shares are given as a bound, or withheld, if their digits would reveal a number under {smallest}."
    return note if smallest > 1 else ""


def difference(group: "pandas.DataFrame", row: Any, number: str, of: str) -> Cell:
    """A group's share minus that of all other groups, with Newcombe's interval (Stat Med 1998; 17: 873-890)."""
    others = group[group["group"] != row["group"]]
    counts = [float(row[number]), float(row[of]), float(others[number].sum()), float(others[of].sum())]
    if not counts[1] or not counts[3]:
        return None
    low, high = needs("statsmodels.stats.proportion").confint_proportions_2indep(
        *counts, compare="diff", method="newcomb"
    )
    return Interval(counts[0] / counts[1] - counts[2] / counts[3], float(low), float(high))


def missed(evaluation: Any, numbers: Numbers) -> Table:
    """All deaths in the registry by the result for their match."""
    rows = []
    for _, row in evaluation["missed"].iterrows():
        key = ("true",) if row["stage"] == "linked" else ("stage", str(row["stage"]))
        cell = numbers.cell(int(row["number"]), *key)
        rows.append(row_of([row["stage"], cell, interval(row, "share") if isinstance(cell, int) else WITHHELD]))
    total = int(evaluation["missed"]["number"].sum())
    rows.append(("all", total, 1.0 if total else None))
    columns = (Column("Result for the match"), Column("Number", "count"), Column("Share (95 % CI)", "share"))
    return Table("missed", f"Results for the {counted(total, 'death')} in the registry", columns, tuple(rows))


def blocking(evaluation: Any, numbers: Numbers) -> Table:
    """The upper limits on sensitivity set by each blocking key and by their union: no rule can find more."""
    rows = []
    for n, (_, row) in enumerate(evaluation["blocking"].iterrows()):
        is_any = row["key"] == "any"
        key = ("ceiling",) if is_any else ("key", str(n))
        met = int(row["ceiling_matches"])
        is_hidden, no_bound = numbers.hides(*key), numbers.hides_bound("bound", *key)
        rate = guarded(interval(row, "ceiling"), met, int(row["matches"]), numbers.smallest, is_hidden, no_bound)
        name = "any key" if is_any else field_name(str(row["key"])).replace("+", " and ")
        only = None if is_any else numbers.cell(int(row["only_matches"]), "key only", str(n))
        rows.append(row_of([name, rate, only]))
    total = int(evaluation["blocking"]["matches"].iloc[0])
    columns = (Column("Key"), Column("Reached (95 % CI)", "share"), Column("By this key alone", "count"))
    return Table(
        "blocking",
        f"Share of the {counted(total, 'death')} in the registry that agree on each blocking key",
        columns,
        tuple(rows),
    )


def in_words(cell: Cell) -> str:
    """A share for a sentence.

    >>> in_words(Interval(0.958, 0.956, 0.961)), in_words(Bound(0.999, is_least=True))
    ('95.8 % (95 % CI 95.6 to 96.1)', 'at least 99.9 %')
    """
    return written(cell, "share").replace("(", "(95 % CI ", 1)
