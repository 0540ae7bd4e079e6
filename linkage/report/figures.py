"""The figures of a report, which can also be used in notebooks.

Each function takes a run, a study or an evaluation and returns a `Drawing`. With `smallest_cell`, numbers of fewer
people are withheld as in the report; by default nothing is withheld.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import linkage.report.estimates as without_truth
import linkage.report.quality as quality
import linkage.report.tables as tables
import linkage.report.thresholds as sweeps
from linkage.report.drawing import BLUE, GRAY, GREEN, INK, ORANGE, PALE, PINK, Drawing, canvas, percent_axis
from linkage.report.numbers import Numbers
from linkage.report.parts import Bound, Cell, Interval, written
from linkage.report.quality_by_group import by_subgroup
from linkage.report.suppress import WITHHELD
from linkage.report.withholding import numbers_of

if TYPE_CHECKING:
    import pandas

    from linkage.evaluation.study import Study
    from linkage.run.result import Linkage

WIDTH = 7.8
"""The width of figures in inches: that of the text on the page."""


def flow(run: "Linkage", *, smallest_cell: int = 1, numbers: Numbers | None = None) -> Drawing:
    """The flow of patients through the linkage: how many left at each stage, and how many were linked (RECORD 6.3)."""
    stages = tables.flow(run.counts, numbers or numbers_of(run, smallest=smallest_cell))
    height = 0.78 * len(stages)
    with canvas(WIDTH, height) as (figure, axes):
        axes.set(xlim=(0, 10), ylim=(-len(stages) + 0.45, 0.45))
        axes.axis("off")
        for place, stage in enumerate(stages):
            last = place == len(stages) - 1
            _box(axes, 0.05, -place, 4.6, stage.here, strong=last)
            if not last:
                axes.annotate("", (2.35, -place - 0.7), (2.35, -place - 0.3), arrowprops=_ARROW)
            if stage.left:
                axes.annotate("", (5.4, -place - 0.5), (2.35, -place - 0.5), arrowprops=_ARROW)
                _box(axes, 5.4, -place - 0.5, 4.55, stage.left, pale=True)
    text = "; ".join(stage.here + (f"; excluded: {stage.left}" if stage.left else "") for stage in stages)
    return Drawing(figure, f"Flow of patients. {text}.")


_ARROW = {"arrowstyle": "-|>", "color": GRAY, "lw": 0.9, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9}


def _box(
    axes: Any, left: float, middle: float, width: float, text: str, strong: bool = False, pale: bool = False
) -> None:
    from matplotlib.patches import Rectangle

    face = PALE if strong else "white" if not pale else "#F6F6F6"
    axes.add_patch(Rectangle((left, middle - 0.3), width, 0.6, fc=face, ec=INK if not pale else GRAY, lw=0.8, zorder=3))
    # Each line is separate text, so that it stays centered in whatever font the browser uses.
    for line, up in zip(text.split("\n"), (0.13, -0.13), strict=True):
        axes.text(left + width / 2, middle + up, line, ha="center", va="center", fontsize=8.6, zorder=4)


def rules(run: "Linkage", *, smallest_cell: int = 1, numbers: Numbers | None = None) -> Drawing:
    """The number of links by rule, on a logarithmic scale."""
    table = tables.links_by_rule(run.cascade, run.counts, numbers or numbers_of(run, smallest=smallest_cell))
    rows = [(str(row[0]), row[1]) for row in table.rows[:-1]]
    with canvas(WIDTH, 0.3 * len(rows) + 0.7) as (figure, axes):
        shown = [count if isinstance(count, int) else 0 for _, count in rows]
        axes.barh(range(len(rows)), shown, color=BLUE, height=0.62, log=any(shown))  # a log axis needs a count above 0
        for place, (_, count) in enumerate(rows):
            beside = max(count, 1) if isinstance(count, int) else 1
            label = written(count, "count")
            axes.annotate(label, (beside, place), (4, 0), textcoords="offset points", va="center", fontsize=8.5)
        axes.set(
            yticks=range(len(rows)),
            yticklabels=[name for name, _ in rows],
            xlabel="links (logarithmic scale)",
        )
        axes.set_xlim(1, max([*shown, 10]) * 3)
        axes.xaxis.set_major_formatter(lambda count, _: f"{count:,.0f}")
        axes.minorticks_off()
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
    words = ", ".join(f"{name} {written(count, 'count')}" for name, count in rows)
    return Drawing(figure, f"Bars: links by rule. {words}.")


def survival(
    study: "Study",
    scenarios: Sequence[str] | None = None,
    *,
    smallest_cell: int = 1,
    numbers: Numbers | None = None,
) -> Drawing:
    """Mortality since the index date under several scenarios, by Kaplan-Meier with 95 % bands.

    The default scenarios are no links, and at most four cumulative ones, chosen by the deaths that they add.
    """
    numbers = numbers or numbers_of(study=study, smallest=smallest_cell)
    smallest_cell = numbers.smallest
    chosen = list(scenarios or tables.distinct_scenarios(study, numbers))
    looks = [
        (GRAY, (0, (1, 1.2))),
        (PINK, (0, (4, 1.5))),
        (ORANGE, (0, (6, 1.5, 1, 1.5))),
        (GREEN, (0, (2, 1))),
        (BLUE, "-"),
    ]
    looks = looks[: len(chosen) - 1] + looks[-1:]
    ends = []
    with canvas(WIDTH, 3.7) as (figure, axes):
        for name, (color, dash) in zip(chosen, looks, strict=False):
            day, dead, low, high = _mortality_line(tables.coarse(study.curve(name), smallest_cell), max(study.horizons))
            if smallest_cell > 1:  # lines between points several deaths apart, because steps would show single deaths
                axes.plot(day, dead, color=color, linestyle=dash, label=name)
                axes.fill_between(day, low, high, color=color, alpha=0.13, lw=0)
            else:
                axes.step(day, dead, where="post", color=color, linestyle=dash, label=name)
                axes.fill_between(day, low, high, step="post", color=color, alpha=0.13, lw=0)
            ends.append((name, dead[-1]))
        axes.set(xlabel="days since the index date", ylabel="cumulative mortality", xlim=(0, max(study.horizons)))
        axes.set_ylim(0, None)
        axes.set_xticks(_days(study))
        percent_axis(axes.yaxis)
        if ends:
            axes.legend(loc="upper left", reverse=True, handlelength=3)
    words = "; ".join(f"{name}: {100 * end:.1f} % at {max(study.horizons)} days" for name, end in ends)
    return Drawing(figure, f"Curves of cumulative mortality with 95 % bands. {words}.")


def _mortality_line(steps: "pandas.DataFrame", last: int) -> tuple[list[float], ...]:
    """Days from 0 to `last`, and mortality with its lower and upper limits."""
    begins = [] if len(steps) and steps["day"].iloc[0] == 0 else [0.0]
    lines = [
        [*begins, *(1 - steps[name]), *(1 - steps[name].tail(1))]
        for name in ("survival", "survival_high", "survival_low")
    ]
    day = [*begins, *steps["day"], *([float(last)] if len(steps) else [])]
    return day, *lines


def _days(study: "Study") -> list[int]:
    last = max(study.horizons)
    return sorted({0, *study.horizons, *(day for day in (180, 270) if day < last)})


def mortality(study: "Study", *, smallest_cell: int = 1, numbers: Numbers | None = None) -> Drawing:
    """Mortality at each horizon under each scenario, as points with 95 % intervals."""
    found = tables.shown_mortality(study, numbers or numbers_of(study=study, smallest=smallest_cell))
    names = list(dict.fromkeys(found["scenario"]))
    colors = {"hospital": GRAY, "cumulative": BLUE, "without": ORANGE, "other": GREEN}
    with canvas(WIDTH, 0.25 * len(names) + 0.9, len(study.horizons), sharey=True) as (figure, axes):
        for panel, horizon in zip(axes if len(study.horizons) > 1 else [axes], study.horizons, strict=True):
            at = found[(found["horizon_days"] == horizon) & found["risk"].notna()]
            rows: Any = at.itertuples()
            for row in rows:
                place = names.index(row.scenario)
                panel.plot([row.risk_low, row.risk_high], [place, place], color=colors[row.kind], lw=1.4)
                panel.plot(row.risk, place, _MARK[row.kind], color=colors[row.kind], ms=4.5)
            main = at[at["scenario"] == study.main.name]
            if len(main):
                panel.axvline(main["risk"].iloc[0], color=GRAY, lw=0.9, linestyle=(0, (4, 2)), zorder=0)
            panel.set(title=f"{horizon} days", yticks=range(len(names)), yticklabels=names)
            panel.margins(x=0.12)
            panel.locator_params(axis="x", nbins=4)
            percent_axis(panel.xaxis)
            panel.tick_params(axis="y", length=0)
        panel.invert_yaxis()
        figure.subplots_adjust(wspace=0.12)
    last = found[found["horizon_days"] == max(study.horizons)].dropna(subset="risk")
    ends: Any = last.itertuples()
    words = "; ".join(f"{row.scenario}: {100 * row.risk:.1f} %" for row in ends)
    return Drawing(figure, f"Points with intervals: mortality at {_and(study.horizons)} days. At the last: {words}.")


_MARK = {"hospital": "D", "cumulative": "o", "without": "s", "other": "^"}


def _and(numbers: Sequence[int]) -> str:
    return " and ".join(filter(None, [", ".join(map(str, numbers[:-1])), str(numbers[-1])]))


def subgroups(evaluation: Any, *, smallest_cell: int = 1, numbers: Numbers | None = None) -> Drawing:
    """Sensitivity by subgroup, as points with 95 % intervals; a line marks the overall sensitivity."""
    numbers = numbers or numbers_of(evaluation=evaluation, smallest=smallest_cell)
    table = by_subgroup(evaluation, numbers)
    rows = [row for row in table.rows if isinstance(row[3], Interval) and row[3].value == row[3].value]
    everybody = quality.rate(evaluation["overall"].iloc[0], "sensitivity", numbers)
    return _forest(rows, everybody, "sensitivity", "sensitivity by subgroup")


def _forest(rows: Sequence[Sequence[Any]], everybody: Cell, label: str, what: str) -> Drawing:
    variables = list(dict.fromkeys(row[0] for row in rows))
    places = [n + variables.index(row[0]) * 0.6 for n, row in enumerate(rows)]
    with canvas(WIDTH, 0.2 * (places[-1] if places else 0) + 0.9) as (figure, axes):
        if isinstance(everybody, Interval):
            axes.axvline(everybody.value, color=GRAY, lw=0.9, linestyle=(0, (4, 2)))
        for place, row in zip(places, rows, strict=True):
            axes.plot([row[3].low, row[3].high], [place, place], color=BLUE, lw=1.4)
            axes.plot(row[3].value, place, "o", color=BLUE, ms=4.5)
        axes.set(yticks=places, yticklabels=[f"{row[0]}: {row[1]}" for row in rows], xlabel=label)
        percent_axis(axes.xaxis)
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
    words = "; ".join(f"{row[0]} {row[1]}: {written(row[3], 'share')}" for row in rows)
    return Drawing(figure, f"Points with intervals: {what}, all {written(everybody, 'share')}. {words}.")


def estimates(evaluation: Any, *, smallest_cell: int = 1, numbers: Numbers | None = None) -> Drawing:
    """Sensitivity and PPV as estimated by each method without truth and, if available, measured with truth."""
    panels = estimated(evaluation, numbers or numbers_of(evaluation=evaluation, smallest=smallest_cell))
    most = max(1, *map(len, panels.values()))
    with canvas(WIDTH, 0.27 * most + 0.9, 2) as (figure, axes):
        for axis, (label, points) in zip(axes, panels.items(), strict=True):
            for place, (name, point) in enumerate(points):
                color, mark = (ORANGE, "D") if name == "the truth" else (BLUE, "o")
                if isinstance(point, Bound):
                    axis.plot([point.value, float(point.is_least)], [place, place], ":", color=color, lw=1.4)
                    continue
                axis.plot([point.low, point.high], [place, place], color=color, lw=1.4)
                axis.plot(point.value, place, mark, color=color, ms=4.5)
            axis.set(title=label, yticks=range(len(points)), yticklabels=[name for name, _ in points])
            axis.set_ylim(most - 0.5, -0.5)
            axis.locator_params(axis="x", nbins=3)
            percent_axis(axis.xaxis)
            axis.grid(axis="y", visible=False)
            axis.tick_params(axis="y", length=0)
        figure.subplots_adjust(wspace=0.75)
    words = "; ".join(
        f"{label} by {name} {written(point, 'share')}" for label, points in panels.items() for name, point in points
    )
    return Drawing(figure, f"Points with intervals: estimates of each method. {words}.")


def estimated(evaluation: Any, numbers: Numbers) -> dict[str, list[tuple[str, Interval | Bound]]]:
    """What can be drawn of sensitivity and PPV: the truth and the estimates of methods that are not withheld."""
    known = evaluation["overall"].iloc[0] if "overall" in evaluation.tables else None
    panels: dict[str, list[tuple[str, Interval | Bound]]] = {}
    for name, label in (("sensitivity", "Sensitivity"), ("ppv", "PPV")):
        shown = [row for row in without_truth.summary(evaluation, numbers).rows if row[0] == label]
        points = [(str(row[1]), row[2]) for row in shown if isinstance(row[2], Interval | Bound)]
        truth = WITHHELD if known is None else quality.rate(known, name, numbers)
        panels[label] = [*([("the truth", truth)] if isinstance(truth, Interval | Bound) else []), *points]
    return panels


def thresholds(swept: "pandas.DataFrame", *, smallest_cell: int = 1) -> Drawing:
    """Sensitivity and PPV for several values of each limit, one line per limit; a star marks the run.

    `swept` is the result of `tuning.sweep` with a truth.
    """
    looks = [(BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PINK, "v"), (GRAY, "D"), (INK, "P")]
    words = []
    with canvas(WIDTH, 3.8) as (figure, axes):
        for n, (limit, group) in enumerate(sweeps.drawn(swept, smallest_cell)):
            color, mark = looks[n % len(looks)]
            name = sweeps.limit_name(limit)
            axes.plot(group["sensitivity"], group["ppv"], color=color, marker=mark, ms=4.5, lw=1.0, label=name)
            ends: Any = group.iloc[[0, -1]].itertuples()
            for row in ends:
                place = (row.sensitivity, row.ppv)
                axes.annotate(f"{row.value:g}", place, (4, 4), textcoords="offset points", fontsize=8, color=color)
            words.append(f"{name} from {group['value'].iloc[0]:g} to {group['value'].iloc[-1]:g}")
        run = swept[swept["is_chosen"]].iloc[0]
        axes.plot(run["sensitivity"], run["ppv"], "*", color=INK, ms=13, label="the run", zorder=5)
        axes.set(xlabel="sensitivity", ylabel="PPV")
        axes.margins(x=0.08)
        span = max(1 - float(swept["ppv"].min()), 0.005)
        axes.set_ylim(1 - 1.15 * span, 1 + 0.12 * span)
        percent_axis(axes.xaxis)
        percent_axis(axes.yaxis)
        axes.legend(loc="best")
    where = f"the run at {100 * run['sensitivity']:.1f} % and {100 * run['ppv']:.1f} %"
    return Drawing(figure, f"Lines of PPV against sensitivity as one limit varies: {'; '.join([*words, where])}.")
