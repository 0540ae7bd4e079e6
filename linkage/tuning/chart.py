"""A chart of the cascades that a search tried: sensitivity against PPV."""

from typing import TYPE_CHECKING, Any

from linkage.extras import needs
from linkage.tuning.judging import Judged

if TYPE_CHECKING:
    import pandas

_NEAR = 0.1
"""Cascades whose sensitivity is lower than that of the chosen one by more than this are not shown."""

_TRIED, _FRONT, _CHOSEN = "#b8b8b8", "#1f5a8a", "#c0392b"


def front_chart(table: "pandas.DataFrame", chosen: Judged, floor: float) -> Any:
    """A matplotlib figure of the cascades tried (see `Found.table`), the front, and the chosen cascade.

    Raises LinkageError when matplotlib is not installed.
    """
    figure = needs("matplotlib.figure").Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    front = table[table["front"]].sort_values("sensitivity")
    axes.scatter(100 * table["sensitivity"], 100 * table["ppv"], s=14, color=_TRIED, label="tried", zorder=2)
    axes.plot(100 * front["sensitivity"], 100 * front["ppv"], color=_FRONT, marker="o", ms=4, label="front", zorder=3)
    axes.scatter(
        [100 * chosen.sensitivity], [100 * chosen.ppv], s=90, color=_CHOSEN, marker="*", label="chosen", zorder=4
    )
    axes.axhline(100 * floor, color=_CHOSEN, lw=0.8, ls="--")
    axes.annotate(f"floor {100 * floor:g} %", (0.01, 100 * floor), xycoords=("axes fraction", "data"), va="bottom")
    near = table[table["sensitivity"] >= chosen.sensitivity - _NEAR]
    axes.set_xlim(100 * near["sensitivity"].min() - 0.5, 100 * near["sensitivity"].max() + 0.5)
    axes.set_ylim(100 * min(near["ppv"].min(), floor) - 0.1, 100.05)
    axes.set_xlabel("sensitivity, % of matches linked")
    axes.set_ylabel("PPV, % of links correct")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower left")
    return figure
