"""Tables of estimates as text: a share with its interval in one cell, counts with thousands."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from linkage.run.summary import table

NUMBERS = ("false_links",)
"""Estimates that are numbers of links; all others are shares."""


def printed(tables: Mapping[str, pd.DataFrame], notes: Sequence[str]) -> str:
    """Titled tables and then the notes, as one text."""
    parts = [f"{title}\n\n{as_text(found)}" for title, found in tables.items()]
    return "\n\n".join([*parts, *(f"Note. {note}" for note in notes)])


def as_text(found: pd.DataFrame) -> str:
    """A table of estimates with each interval beside its estimate.

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
    """One row per group and one column per measure; groups of nobody are left out."""
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
    """A percentage with as many decimals as keep it from reading 100 or 0 when it is not.

    >>> _percent(0.5), _percent(0.99961), _percent(1.0), _percent(0.0004)
    ('50.0', '99.96', '100.0', '0.04')
    """
    away = min(share, 1 - share)
    return f"{100 * share:.{1 if away == 0 or away >= 0.005 else 2 if away >= 0.00005 else 4}f}"
