"""The table of a threshold sweep: links gained and lost at each value of each limit, compared with the run."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from linkage.report.numbers import Numbers
from linkage.report.parts import Cell, Column, Table, row_of
from linkage.report.quality import rate, rounded_note
from linkage.report.suppress import WITHHELD, shown
from linkage.rules.wording import field_name

if TYPE_CHECKING:
    import pandas


def limit_name(limit: str) -> str:
    """The name of a limit in a table.

    >>> limit_name("first_name__jaro_winkler_similarity")
    'first name: Jaro-Winkler similarity'
    """
    field, _, measure = limit.partition("__")
    words = measure.replace("__", ", ").replace("jaro_winkler", "Jaro-Winkler").replace("levenshtein", "Levenshtein")
    return f"{field_name(field)}: {words.replace('_', ' ')}"


def can_be_shown(group: "pandas.DataFrame", smallest: int) -> list[bool]:
    """Which values of a limit can be shown: those whose numbers of links do not differ by a small number from those of
    the run and of the next shown value toward it. With a truth, this applies to true and false links too."""
    rows = group.reset_index(drop=True)
    compared = ["links", "gained", "lost"]
    if "true_matches" in rows:
        rows = rows.assign(wrong=rows["judged"] - rows["true_matches"])
        compared += ["true_matches", "wrong"]
    chosen = int(rows["is_chosen"].to_numpy().argmax())
    can = [False] * len(rows)
    for way in (range(chosen, -1, -1), range(chosen, len(rows))):
        last: Any = rows.loc[chosen]
        for place in way:
            row: Any = rows.loc[place]
            apart = [abs(int(row[name] - last[name])) for name in compared]
            if all(number == 0 or number >= smallest for number in apart):
                can[place], last = True, row
    return can


def drawn(swept: "pandas.DataFrame", smallest: int) -> list[tuple[str, "pandas.DataFrame"]]:
    """The limits that change any links, each with its rows that can be shown."""
    shown_of = [
        (str(limit), group[can_be_shown(group, smallest)]) for limit, group in swept.groupby("limit", sort=False)
    ]
    return [(limit, group) for limit, group in shown_of if group["lost"].any() or group["gained"].any()]


def table(swept: "pandas.DataFrame", numbers: Numbers) -> Table:
    """A table of each value of each limit: links gained and lost compared with the run, sensitivity and PPV."""
    with_truth, smallest = "sensitivity" in swept, numbers.smallest
    rows = []
    for limit, group in swept.groupby("limit", sort=False):
        can = can_be_shown(group, smallest)
        for (_, row), is_shown in zip(group.iterrows(), can, strict=True):
            value = f"{row['value']:g}" + (" (as run)" if row["is_chosen"] else "")
            cells: list[Cell] = [limit_name(str(limit)), value]
            cells += [int(row["links"]) if is_shown else WITHHELD]
            cells += [_moved(int(row[name]), is_shown, smallest) for name in ("gained", "lost")]
            if with_truth:
                cells += _rates(row, numbers) if is_shown else [WITHHELD, WITHHELD]
            rows.append(row_of(cells))
    columns = [Column("Limit"), Column("Value"), *(Column(name, "count") for name in ("Links", "Gained", "Lost"))]
    if with_truth:
        columns += [Column("Sensitivity (95 % CI)", "share"), Column("PPV (95 % CI)", "share")]
    caption = "Links if one limit is changed and the others are kept"
    note = f"Gained and lost: links compared with this run. {rounded_note(smallest) if with_truth else ''}".strip()
    return Table("thresholds", caption, tuple(columns), tuple(rows), note)


def _moved(count: int, is_shown: bool, smallest: int) -> Cell:
    return count if is_shown or not count else shown(count, True, smallest)


def _rates(row: Any, numbers: Numbers) -> list[Cell]:
    counts = {name: int(row[name]) for name in ("true_matches", "matches")} | {"links": int(row["judged"])}
    counts |= {"missed_matches": counts["matches"] - counts["true_matches"]}
    counts |= {"false_matches": counts["links"] - counts["true_matches"]}
    if any(numbers.is_small(counts[name]) for name in ("missed_matches", "false_matches")):
        numbers = replace(numbers, hidden=numbers.hidden | {("true",)})
    return [rate({**row, **counts}, name, numbers) for name in ("sensitivity", "ppv")]
