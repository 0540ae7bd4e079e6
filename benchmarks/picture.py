"""A chart of time and memory by number of records, for all contenders that finished at two sizes or more."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.table import Measured, finished

# Okabe and Ito's colors, which people with common kinds of color blindness can distinguish; markers differ too.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000", "#7F7F7F")
MARKERS = "osD^vP*X"


def draw(measured: Sequence[Measured], path: Path) -> None:
    """Write the picture as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.5, 4.6), layout="constrained")
    times, memory = figure.subplots(1, 2)
    found = finished(measured)
    for place, (name, rows) in enumerate(found.items()):
        style = {
            "color": COLORS[place % len(COLORS)], "marker": MARKERS[place % len(MARKERS)], "label": name, "ms": 6,
            "lw": 2.4 if place == 0 else 1.4, "zorder": 3 if place == 0 else 2,
        }  # fmt: skip
        times.plot([scale for scale, _ in rows], [row.wall for _, row in rows], **style)
        memory.plot([scale for scale, _ in rows], [row.peak_mb / 1024 for _, row in rows], **style)
    scales = sorted({scale for rows in found.values() for scale, _ in rows})
    _finish(times, "seconds from files to links", scales, [row.wall for rows in found.values() for _, row in rows])
    _finish(memory, "peak memory, GB", scales, [row.peak_mb / 1024 for rows in found.values() for _, row in rows])
    handles, labels = times.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path, dpi=130)


def _finish(axes: Any, title: str, scales: Sequence[float], values: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xticks(scales, [f"{scale:g}" for scale in scales])
    axes.minorticks_off()
    ticks = [tick for tick in _NICE if min(values) / 2 <= tick <= max(values) * 2]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xlabel("times the paper's size (590,325 patients x 720,000 deaths)")
    axes.grid(True, which="major", color="#e4e4e4", lw=0.8)
    axes.spines[["top", "right"]].set_visible(False)


_NICE = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000)
