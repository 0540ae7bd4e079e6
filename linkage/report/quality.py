"""How good the links are, as a report shows it: the tables of an evaluation with what is small withheld."""

from collections.abc import Collection, Sequence
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from linkage.extras import needs
from linkage.report.parts import Bound, Cell, Column, Interval, Table, row_of, written
from linkage.report.suppress import WITHHELD, shown, withhold
from linkage.rules.wording import field_name

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
    """A share that does not tell a small number: as it is, as a bound, or withheld.

    A numerator (or what it lacks) of 1 to `smallest` - 1 gives a bound. A share that is `hidden` for the sake of
    another is withheld: also when rounded it could, with totals, give the other away.

    >>> str(guarded(Interval(0.9995, 0.999, 0.9999), 11_796, 11_801, 11))
    'at least 99.9 %'
    >>> guarded(Interval(0.958, 0.94, 0.97), 1_150, 1_200, 11, hidden=True)
    'withheld'
    """
    rest = of - number
    if 0 < rest < smallest or 0 < number < smallest:
        return _bound(number, of, smallest)
    return WITHHELD if hidden and of else estimate


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


def is_telling(row: Any, smallest: int) -> bool:
    """Whether the number of true matches would tell a small one: links and matches stand everywhere, and what true
    matches lack of the one are false matches, of the other missed ones."""
    return any(0 < int(row[name]) < smallest for name in ("false_matches", "missed_matches"))


def has_details(evaluation: Any, smallest: int) -> bool:
    """Whether numbers of true and false matches can be divided at all. Where few are missed, or some few are false and
    none is missed, any of them would tell that number, because links and matches are known."""
    row = evaluation["overall"].iloc[0]
    return not is_telling(row, smallest) or int(row["missed_matches"]) >= smallest


def rate(row: Any, name: str, smallest: int) -> Cell:
    """Sensitivity or PPV where links and matches are shown, but not always the true matches: else a bound."""
    if not is_telling(row, smallest):
        return interval(row, name)
    of = int(row[MEASURES[name][1]])
    few = {"matches": "missed_matches", "links": "false_matches"}
    least = max(int(row[whole]) - smallest + 1 for whole, part in few.items() if 0 < int(row[part]) < smallest)
    return Bound(floor(1000 * least / of) / 1000, is_least=True) if of >= 2 * smallest else WITHHELD


def overall(evaluation: Any, smallest: int) -> Table:
    """Sensitivity, PPV, specificity and blocking ceiling of patient records, each with its denominator."""
    row = evaluation["overall"].iloc[0]
    without = int(row["labelled"] - row["matches"])
    counts = {name: int(row[name]) for name in ("true_matches", "matches", "links", "ceiling_matches")}
    right = round(float(row["specificity"]) * without) if without else 0
    counts |= {"without_match": without, "right_non_links": right}
    rows = []
    for name, (number, of, who) in MEASURES.items():
        if number == "true_matches":
            is_hidden, estimate = is_telling(row, smallest), rate(row, name, smallest)
        else:
            is_hidden = 0 < counts[of] - counts[number] < smallest or 0 < counts[number] < smallest
            estimate = guarded(interval(row, name), counts[number], counts[of], smallest)
        rows.append(row_of([NAMES[name], shown(counts[number], is_hidden, smallest), counts[of], estimate, who]))
    columns = (
        Column("Measure"),
        Column("Number", "count"),
        Column("Of", "count"),
        Column("Estimate (95 % CI)", "share"),
        Column("The number is of"),
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
    hidden_links = _in_a_column(links, smallest)
    # A rule has no fewer links than false ones, which would part the links of two rules that are withheld.
    hidden_false = _in_a_column(false, smallest, {n for n in hidden_links if false[n]})
    detailed = has_details(evaluation, smallest)
    hidden = hidden_links | hidden_false if detailed else set(range(len(links)))
    rows = []
    for n, rule in enumerate(own["rule"]):
        ppv = guarded(interval(own.loc[n], "ppv"), links[n] - false[n], links[n], smallest, n in hidden_false)
        wrong = shown(false[n], n in hidden_false, smallest) if detailed else WITHHELD
        cells = [rule, shown(links[n], n in hidden_links, smallest), wrong]
        # A running total in the middle of what is withheld would part it.
        parted = any(m <= n for m in hidden) and any(m > n for m in hidden)
        cells += [WITHHELD if n in hidden_links or not detailed else ppv]
        cells += [WITHHELD if parted else _rate_up_to(upto.loc[n], name, smallest) for name in ("sensitivity", "ppv")]
        rows.append(row_of(cells))
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


def _rate_up_to(row: Any, name: str, smallest: int) -> Cell:
    return rate(row, name, smallest) if row["links"] else None


def rounded_note(smallest: int) -> str:
    """What is said of shares where small numbers are withheld."""
    told = f"Shares are given as a bound, or withheld, where their digits would tell a number under {smallest}."
    return told if smallest > 1 else ""


def _in_a_column(
    numbers: Sequence[int], smallest: int, also: Collection[int] = (), known: Collection[int] = ()
) -> set[int]:
    """What to withhold of a column whose total is shown, see `withhold`."""
    total = len(numbers)
    sums = [(total, range(total))]
    return withhold([*numbers, sum(numbers)], sums, smallest=smallest, known=[total, *known], also=also)


def difference(group: "pandas.DataFrame", row: Any, number: str, of: str) -> Cell:
    """A group's share less that of all other groups, with Newcombe's interval (Stat Med 1998; 17: 873-890)."""
    others = group[group["group"] != row["group"]]
    counts = [float(row[number]), float(row[of]), float(others[number].sum()), float(others[of].sum())]
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
    linked = found["stage"].tolist().index("linked")
    also = {linked} if is_telling(evaluation["overall"].iloc[0], smallest) and numbers[linked] else set()
    # Those who are no candidates are what the ceiling lacks, which is told.
    ceiling = {0} if numbers[0] >= smallest else set()
    detailed = has_details(evaluation, smallest)
    # The linked ones are told elsewhere, or are known but for a few: nothing hides behind them alone.
    hidden = _in_a_column(numbers, smallest, also, ceiling) if also else set()
    hidden |= _in_a_column(numbers, smallest, hidden - also, {*ceiling, linked})
    if not detailed:
        hidden = set(range(len(numbers)))
    rows = [
        row_of(
            [
                row["stage"],
                shown(numbers[n], n in hidden, smallest) if detailed else WITHHELD,
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
