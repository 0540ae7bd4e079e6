"""How good the links are, as a report shows it: the tables of an evaluation with what is small withheld."""

from collections.abc import Sequence
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from linkage.extras import needs
from linkage.report.parts import Bound, Cell, Column, Interval, Table, row_of, written
from linkage.report.suppress import WITHHELD, shown, withhold, withhold_table
from linkage.wording import field_name

if TYPE_CHECKING:
    import pandas

MEASURES = {
    "sensitivity": ("true_matches", "matches", "deaths in the registry that were linked to their patient"),
    "ppv": ("true_matches", "links", "links that are right"),
    "specificity": ("right_non_links", "without_match", "patients without a death in the registry who were not linked"),
    "ceiling": ("ceiling_matches", "matches", "deaths in the registry that share a blocking key with their patient"),
}
"""Each measure: its numerator, its denominator, and of whom it speaks."""

NAMES = {"sensitivity": "Sensitivity", "ppv": "PPV", "specificity": "Specificity", "ceiling": "Blocking ceiling"}


def guarded(estimate: Interval, number: int, of: int, smallest: int, hidden: bool = False) -> Cell:
    """A share that does not tell a small number: as it is, as a bound, rounded, or withheld.

    A numerator (or what it lacks) of 1 to `smallest` - 1 gives a bound; a share that is `hidden` for the sake of
    another is rounded so coarsely that as many counts remain possible.

    >>> str(guarded(Interval(0.9995, 0.999, 0.9999), 11_796, 11_801, 11))
    'at least 99.9 %'
    >>> guarded(Interval(0.958, 0.94, 0.97), 1_150, 1_200, 11, hidden=True)
    '96 % (94 to 97)'
    """
    rest = of - number
    if 0 < rest < smallest or 0 < number < smallest:
        return _bound(number, of, smallest)
    if not hidden or not of:
        return estimate
    if number in (0, of):
        return f"{100 * number // of} %"
    decimals = [d for d in (1, 0) if of * 10.0 ** (-2 - d) >= smallest - 1]
    if not decimals:
        return WITHHELD
    value, low, high = (f"{100 * part:.{decimals[0]}f}" for part in (estimate.value, estimate.low, estimate.high))
    return f"{value} % ({low} to {high})"


def _bound(number: int, of: int, smallest: int) -> Cell:
    if of < 2 * smallest:
        return WITHHELD
    few = (smallest - 1) / of
    if of - number < smallest:
        return Bound(floor(1000 * (1 - few)) / 1000, is_least=True)
    return Bound(ceil(1000 * few) / 1000, is_least=False)


def ends(row: Any, name: str) -> tuple[float, float, float]:
    """An estimate of an evaluation's table, and the two ends of its interval."""
    value, low, high = (float(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    return value, low, high


def interval(row: Any, name: str) -> Interval:
    """An estimate of an evaluation's table with its interval."""
    return Interval(*ends(row, name))


def overall(evaluation: Any, smallest: int) -> Table:
    """Sensitivity, PPV, specificity and blocking ceiling of patient records, each with its denominator."""
    row = evaluation["overall"].iloc[0]
    without = int(row["labelled"] - row["matches"])
    counts = {name: int(row[name]) for name in ("true_matches", "matches", "links", "ceiling_matches")}
    right = round(float(row["specificity"]) * without) if without else 0
    counts |= {"without_match": without, "right_non_links": right}
    rows = []
    for name, (number, of, who) in MEASURES.items():
        hidden = withhold(
            [counts[number], counts[of] - counts[number], counts[of]], [(2, (0, 1))], smallest=smallest, known=[2]
        )
        cell = shown(counts[number], 0 in hidden, smallest)
        estimate = guarded(interval(row, name), counts[number], counts[of], smallest)
        rows.append(row_of([NAMES[name], cell, counts[of], estimate, who]))
    columns = (
        Column("Measure"),
        Column("Number", "count"),
        Column("Of", "count"),
        Column("Estimate (95 % CI)", "share"),
        Column("Of the"),
    )
    return Table(
        "accuracy", "The links against the truth", columns, tuple(rows), "Intervals are exact (Clopper-Pearson)."
    )


def by_rule(evaluation: Any, smallest: int) -> Table:
    """PPV of each rule's links, and sensitivity and PPV of the cascade that ends with it."""
    found = evaluation["by_rule"]
    own = found[found["scope"] == "in the cascade"].reset_index(drop=True)
    upto = found[found["scope"] == "cumulative"].reset_index(drop=True)
    links, false = (own[name].tolist() for name in ("links", "false_matches"))
    hidden_links, hidden_false = (_in_a_column(numbers, smallest) for numbers in (links, false))
    rows = []
    for n, rule in enumerate(own["rule"]):
        one, all_so_far = own.loc[n], upto.loc[n]
        is_hidden = n in hidden_links or n in hidden_false
        rows.append(
            row_of(
                [
                    rule,
                    shown(links[n], n in hidden_links, smallest),
                    shown(false[n], n in hidden_false, smallest),
                    WITHHELD if n in hidden_links else _rate(one, "ppv", smallest, is_hidden),
                    _rate(all_so_far, "sensitivity", smallest, bool(hidden_links or hidden_false)),
                    _rate(all_so_far, "ppv", smallest, bool(hidden_links or hidden_false)),
                ]
            )
        )
    columns = (
        Column("Rule"),
        Column("Links", "count"),
        Column("False", "count"),
        Column("PPV of its links", "share"),
        Column("Sensitivity up to it", "share"),
        Column("PPV up to it", "share"),
    )
    caption = f"Links by rule against the truth ({int(own['matches'].iloc[0]):,} deaths in the registry)"
    return Table("accuracy_by_rule", caption, columns, tuple(rows), rounded_note(smallest))


def rounded_note(smallest: int) -> str:
    """What is said of shares where small numbers are withheld."""
    told = f"Shares are rounded, or given as a bound, where their digits would tell a number under {smallest}."
    return told if smallest > 1 else ""


def _in_a_column(numbers: Sequence[int], smallest: int) -> set[int]:
    """What to withhold of a column whose total is shown."""
    total = len(numbers)
    return withhold([*numbers, sum(numbers)], [(total, range(total))], smallest=smallest, known=[total])


def _rate(row: Any, name: str, smallest: int, hidden: bool) -> Cell:
    number, of, _ = MEASURES[name]
    return guarded(interval(row, name), int(row[number]), int(row[of]), smallest, hidden)


def by_subgroup(evaluation: Any, smallest: int) -> Table:
    """Sensitivity and PPV by subgroup, with the difference in sensitivity from everybody else."""
    rows = []
    for _, group in evaluation["by_subgroup"].groupby("variable", sort=False):
        group = group.reset_index(drop=True)
        hidden = {name: _in_two_columns(group, *pair, smallest) for name, pair in _PAIRS.items()}
        for n, row in group.iterrows():
            cells = [field_name(str(row["variable"])), row["group"]]
            for name, (number, of, _) in _MEASURED.items():
                is_hidden = hidden[name][int(str(n))]
                of_cell = int(row[of])
                cells.append(shown(of_cell, is_hidden[1], smallest))
                rate = WITHHELD if is_hidden[1] else _rate(row, name, smallest, is_hidden[0])
                cells.append(rate)
                if name == "sensitivity":
                    cells.append(difference(group, row, number, of) if isinstance(rate, Interval) else WITHHELD)
            rows.append(row_of(cells))
    columns = (
        Column("Variable"),
        Column("Group"),
        Column("Matches", "count"),
        Column("Sensitivity (95 % CI)", "share"),
        Column("Difference", "points"),
        Column("Links", "count"),
        Column("PPV (95 % CI)", "share"),
    )
    note = (
        "Matches: deaths in the registry. Difference: sensitivity less that of all other groups, in percentage points,"
        f" with Newcombe's interval. {rounded_note(smallest)}"
    )
    return Table("accuracy_by_subgroup", "For whom the links are worse", columns, tuple(rows), note)


_MEASURED = {name: MEASURES[name] for name in ("sensitivity", "ppv")}
_PAIRS = {"sensitivity": ("true_matches", "missed_matches"), "ppv": ("true_matches", "false_matches")}


def _in_two_columns(group: "pandas.DataFrame", one: str, other: str, smallest: int) -> list[tuple[bool, bool]]:
    """Of each row, whether its rate and whether its denominator must be withheld."""
    table = withhold_table(group[[one, other]].astype(int).to_numpy().tolist(), smallest=smallest)
    return [(isinstance(row[0], str) or isinstance(row[1], str), isinstance(row[2], str)) for row in table[:-1]]


def difference(group: "pandas.DataFrame", row: Any, number: str, of: str) -> Cell:
    """A group's share less that of all other groups, with Newcombe's interval (Stat Med 1998; 17: 873-890)."""
    others = group[group["group"] != row["group"]]
    counts = [int(row[number]), int(row[of]), int(others[number].sum()), int(others[of].sum())]
    if not counts[1] or not counts[3]:
        return None
    low, high = needs("statsmodels.stats.proportion").confint_proportions_2indep(
        *counts, compare="diff", method="newcomb"
    )
    return Interval(counts[0] / counts[1] - counts[2] / counts[3], float(low), float(high))


def missed(evaluation: Any, smallest: int) -> Table:
    """Every death in the registry by what became of it."""
    found = evaluation["missed"]
    numbers = found["number"].tolist()
    hidden = _in_a_column(numbers, smallest)
    rows = [
        row_of(
            [
                row["stage"],
                shown(numbers[n], n in hidden, smallest),
                WITHHELD if n in hidden else interval(row, "share"),
            ]
        )
        for n, (_, row) in enumerate(found.iterrows())
    ]
    total = sum(numbers)
    rows.append(("all", total, 1.0 if total else None))
    columns = (Column("What became of the match"), Column("Number", "count"), Column("Share (95 % CI)", "share"))
    return Table("missed", f"What became of the {total:,} deaths in the registry", columns, tuple(rows))


def blocking(evaluation: Any, smallest: int) -> Table:
    """The ceiling that each blocking key and their union set: no rule can find more."""
    rows = []
    for _, row in evaluation["blocking"].iterrows():
        rate = guarded(interval(row, "ceiling"), int(row["ceiling_matches"]), int(row["matches"]), smallest)
        only = int(row["only_matches"])
        key = "any key" if row["key"] == "any" else field_name(str(row["key"])).replace("+", " and ")
        few = 0 < only < smallest
        rows.append(row_of([key, rate, None if row["key"] == "any" else shown(only, few, smallest)]))
    total = int(evaluation["blocking"]["matches"].iloc[0])
    columns = (Column("Key"), Column("Reached (95 % CI)", "share"), Column("By this key alone", "count"))
    return Table(
        "blocking", f"Share of the {total:,} deaths in the registry that each key reaches", columns, tuple(rows)
    )


def in_words(cell: Cell) -> str:
    """A share for a sentence.

    >>> in_words(Interval(0.958, 0.956, 0.961)), in_words(Bound(0.999, is_least=True))
    ('95.8 % (95 % CI 95.6 to 96.1)', 'at least 99.9 %')
    """
    return written(cell, "share").replace("(", "(95 % CI ", 1)
