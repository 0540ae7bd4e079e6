"""Tables of estimates as text: a share and its interval in one cell, counts with thousands separators."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from linkage.printing import counted, table

NUMBERS = ("false_links",)
"""Columns of estimates that are numbers of links; all other estimates are shares."""


def printed(tables: Mapping[str, pd.DataFrame], notes: Sequence[str]) -> str:
    """The tables with their titles, followed by the notes, as one text."""
    parts = [f"{title}\n\n{as_text(found)}" for title, found in tables.items()]
    return "\n\n".join([*parts, *(f"Note. {note}" for note in notes)])


_MOST_LINES = 9


def summary_lines(tables: Mapping[str, pd.DataFrame], notes: Sequence[str]) -> list[str]:
    """The most important estimates with their intervals, in nine lines at most."""
    lines = []
    if "overall" in tables:
        lines += _against_the_truth(tables["overall"].to_dict("records")[0], tables["missed"])
    if "estimates" in tables:
        found = [(row["measure"], row["method"], row) for row in tables["estimates"].to_dict("records")]
        room = _MOST_LINES - len(lines) - 1 - bool(notes)
        chosen = found if len(found) <= room else _one_of_each(found, room)
        left = f" ({len(chosen)} of {len(found)} estimates)" if len(found) > room else ""
        lines.append(f"Without truth{left}")
        lines += [f"  {_name(measure)} {_cell(row, 'estimate')}, by {method}" for measure, method, row in chosen]
    if notes:
        lines.append(f"{len(notes)} note{'s' if len(notes) > 1 else ''}: {notes[0]}")
    return lines[:_MOST_LINES]


def _against_the_truth(overall: Mapping[Any, Any], missed: pd.DataFrame) -> list[str]:
    found, matches, links = (f"{overall[name]:,}" for name in ("true_matches", "matches", "links"))
    lost = missed[(missed["stage"] != "linked") & (missed["number"] > 0)].sort_values("number", ascending=False)
    stages = "; ".join(f"{row['stage']} {row['number']:,}" for row in lost.head(3).to_dict("records"))
    return [
        f"Compared with the truth about {counted(overall['labeled'], 'patient')}, {matches} of them with a match",
        f"  sensitivity {_cell(overall, 'sensitivity')}: {found} of {matches} matches"
        f" (blocking ceiling {_cell(overall, 'ceiling')})",
        f"  PPV {_cell(overall, 'ppv')}: {found} of {links} links",
        f"  specificity {_cell(overall, 'specificity')}",
        *([f"  missed: {stages}"] if stages else []),
    ]


def _one_of_each(found: list[tuple[str, str, Any]], room: int) -> list[tuple[str, str, Any]]:
    """The first estimate of each measure and as many others as there is room for, in their original order."""
    first = {measure: place for place, (measure, _, _) in reversed(list(enumerate(found)))}
    places = [*first.values(), *(place for place in range(len(found)) if place not in first.values())]
    return [found[place] for place in sorted(places[:room])]


def _name(measure: str) -> str:
    return "PPV" if measure == "ppv" else measure


def as_text(found: pd.DataFrame) -> str:
    """A table of estimates as text, with each interval in the cell of its estimate.

    >>> print(as_text(pd.DataFrame({"rule": ["R1"], "links": [1200], "ppv": [0.991], "ppv_low": [0.98],
    ...     "ppv_high": [0.9961]})))
    rule  links  ppv
    ----  -----  -------------------
    R1    1,200  99.1 % (98.0-99.61)
    """
    if "measure" in found and "share" in found:
        found = _wide(found)
    names = [str(name) for name in found.columns]
    bounds = {f"{name}{end}" for name in names for end in ("_low", "_high") if f"{name}_low" in names}
    shown = [name for name in names if name not in bounds]
    rows = [[name.replace("_", " ") for name in shown]]
    for row in found.to_dict("records"):
        rows.append([_cell(row, name) for name in shown])
    numbers = [n for n, name in enumerate(shown) if pd.api.types.is_integer_dtype(found[name])]
    return table(rows, right=numbers)


def _wide(shares: pd.DataFrame) -> pd.DataFrame:
    """One row per group and one column per measure; empty groups are left out."""
    some = shares[shares["of"] > 0]
    cells = [f"{row['number']:,}: {_cell(row, 'share')}" for row in some.to_dict("records")]
    wide = some.assign(cell=cells).pivot_table("cell", ["variable", "group", "of"], "measure", "first", sort=False)
    return wide.reset_index()


def _cell(row: Mapping[Any, Any], name: str) -> str:
    value = row[name]
    if pd.isna(value):
        return "-"
    if f"{name}_low" in row:
        low, high = row[f"{name}_low"], row[f"{name}_high"]
        if name in NUMBERS:
            return f"{value:,.1f} ({low:,.1f}-{high:,.1f})"
        return f"{_percent(value)} % ({_percent(low)}-{_percent(high)})"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if isinstance(value, float) else str(value)


def _percent(share: float) -> str:
    """A percentage with enough decimals that only exact values read 100 or 0.

    >>> _percent(0.5), _percent(0.99961), _percent(1.0), _percent(0.0004)
    ('50.0', '99.96', '100.0', '0.04')
    """
    away = min(share, 1 - share)
    return f"{100 * share:.{1 if away == 0 or away >= 0.005 else 2 if away >= 0.00005 else 4}f}"
