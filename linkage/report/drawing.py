"""The common style of all figures: colors that color-blind readers can distinguish, and reproducible SVG."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from linkage.extras import needs

# Okabe and Ito's palette, designed for all common kinds of color vision.
BLUE, ORANGE, GREEN, PINK, GRAY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6B6B6B"
PALE = "#D9E6EE"
INK = "#222222"

_STYLE = {
    "axes.edgecolor": GRAY,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titlesize": 9,
    "font.size": 9,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.4,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,  # names of groups may contain dollar signs
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
}


@dataclass(frozen=True)
class Drawing:
    """A figure that notebooks display. `figure` is the matplotlib figure, which may be changed or saved.

    `alternative` describes the figure in words.
    """

    figure: Any
    alternative: str

    @property
    def svg(self) -> str:
        """The figure as SVG: reproducible byte for byte, with text as text and without external references."""
        matplotlib = needs("matplotlib")
        file = BytesIO()
        with matplotlib.rc_context(_STYLE | {"svg.hashsalt": self.alternative}):
            self.figure.savefig(file, format="svg", metadata={"Date": None}, bbox_inches="tight", pad_inches=0.04)
        return _plain(file.getvalue().decode("utf-8"), self.alternative)

    def save(self, path: str | Path) -> None:
        """Write the figure in the format of the file name: .svg, .png or .pdf."""
        if Path(path).suffix == ".svg":
            Path(path).write_text(self.svg, "utf-8")
        else:
            with needs("matplotlib").rc_context(_STYLE):
                self.figure.savefig(path, dpi=200, bbox_inches="tight")

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<figure: {self.alternative}>"


@contextmanager
def canvas(width: float, height: float, columns: int = 1, **options: Any) -> Iterator[tuple[Any, Any]]:
    """Yield a figure of the given size in inches and its axes, in the common style and without a window."""
    matplotlib = needs("matplotlib")
    needs("matplotlib.figure")
    with matplotlib.rc_context(_STYLE):
        figure = matplotlib.figure.Figure(figsize=(width, height))
        yield figure, figure.subplots(1, columns, **options)


def percent_axis(axis: Any, decimals: int | None = None) -> None:
    """Format the ticks of an axis of shares (0 to 1) as percentages."""
    axis.set_major_formatter(needs("matplotlib.ticker").PercentFormatter(1.0, decimals=decimals, symbol=" %"))


def _plain(svg: str, alternative: str) -> str:
    """SVG for inclusion in a page: with a description, without metadata, unused ids and unnecessary digits."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    # Coordinates have a tenth of a point, so that counts cannot be calculated from a curve.
    svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"-?\d+\.\d{2,}", _to_a_tenth, tag[0]), svg)
    svg = re.sub(r'font-family: [^;"]*', "font-family: var(--sans, sans-serif)", svg)
    words = alternative.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    start = f'<svg role="img" aria-label="{words}" '
    # A function, because backslashes in a replacement text would be interpreted.
    return re.sub(r'<svg (.*?)width="[^"]*"', lambda tag: start + tag[1], svg, count=1, flags=re.DOTALL)


def _to_a_tenth(found: re.Match[str]) -> str:
    return f"{float(found[0]):.1f}".replace("-0.0", "0.0")
