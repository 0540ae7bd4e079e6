"""Mortality corrected for what a linkage misses: linkage errors, and deaths that the registry does not include."""

from typing import Any

import linkage.report.estimates as estimates
import linkage.report.quality as quality
from linkage.evaluation.study import Study
from linkage.report.counted import shown_scenarios
from linkage.report.numbers import Numbers
from linkage.report.parts import Cell, Column, Interval, Table, row_of
from linkage.report.suppress import WITHHELD
from linkage.survival.kaplan_meier import Estimate, corrected

Errors = dict[str, dict[str, Estimate]]
"""Sensitivity and PPV, by their source."""


def correction(
    study: Study, evaluation: Any, numbers: Numbers, share: float | None, *, with_hospital: bool
) -> list[str | Table]:
    """The explanation of corrected mortality; empty if neither errors are known nor deaths elsewhere stated.

    `share` is the stated share of the deaths outside the hospital that occurred elsewhere.
    """
    errors = known_errors(evaluation, numbers)
    blocks: list[str | Table] = []
    if errors:
        blocks.append(CORRECTION.format(what=_WITH_HOSPITAL if with_hospital else _LINKS_ONLY))
    if share is not None:
        errors[ELSEWHERE] = {"sensitivity": Estimate(*[1 - share] * 3), "ppv": Estimate(1.0, 1.0, 1.0)}
        blocks.append(
            f"As stated, the registry does not hold {100 * share:g} % of the deaths outside the hospital, because they"
            " occurred elsewhere. For the column of deaths elsewhere, the mortality found by links alone was divided by"
            f" {1 - share:g}. This assumes that such deaths are equally frequent at all times after the index date."
        )
    return [*blocks, corrected_table(study, errors, numbers)] if errors else []


ALONE = "hospital alone"
ELSEWHERE = "for deaths elsewhere"
"""How mortality is corrected with the share of deaths that the user stated."""


CORRECTION = (
    "Mortality was corrected for false and missed links. The corrected value is {what} times PPV / sensitivity: the"
    " estimator of Rogan and Gladen (Am J Epidemiol 1978; 107: 71-76), with specificity expressed by PPV. It assumes"
    " that linkage errors were equally frequent at all times after the index date. Intervals are by the delta method"
    " on the logarithm."
)
_WITH_HOSPITAL = "the mortality known to the hospital, plus the mortality found by links alone"
_LINKS_ONLY = "the mortality found by links"


def known_errors(evaluation: Any, numbers: Numbers) -> Errors:
    """Sensitivity and PPV against the truth and without it, for each method with estimates of both that can be
    shown."""
    errors: Errors = {}
    if evaluation is not None and "overall" in evaluation.tables and not numbers.hides("true"):
        row = evaluation["overall"].iloc[0]
        errors["by the truth"] = {name: Estimate(*quality.ends(row, name)) for name in ("sensitivity", "ppv")}
    if evaluation is not None and "estimates" in evaluation.tables:
        found = evaluation["estimates"].set_index("method")
        pair = {"sensitivity": "hospital deaths, reweighted", "ppv": "before first contact"}
        shown = {row[1] for row in estimates.summary(evaluation, numbers).rows if isinstance(row[2], Interval)}
        if set(pair.values()) <= set(found.index) & shown:
            errors["without truth"] = {
                name: Estimate(*quality.ends(found.loc[method], "estimate")) for name, method in pair.items()
            }
    return errors


def corrected_table(study: Study, errors: Errors, numbers: Numbers) -> Table:
    """Mortality as observed and as corrected, at each horizon for which the underlying numbers can be shown."""
    rows = []
    for horizon in study.horizons:
        alone, main = (study.risk(name, horizon) for name in (ALONE, study.main.name))
        cells: list[Cell] = [
            Interval(*main[2:]),
            *(Interval(*corrected(alone, main, **known)) for known in errors.values()),
        ]
        rows.append(
            row_of([f"{horizon} days", *(cells if _is_shown(study, horizon, numbers) else [WITHHELD] * len(cells))])
        )
    columns = [Column("Horizon"), Column("Observed (95 % CI)", "share")]
    columns += [Column(f"Corrected {how}", "share") for how in errors]
    of = [*["errors of linkage"] * bool(set(errors) - {ELSEWHERE}), *["deaths elsewhere"] * (ELSEWHERE in errors)]
    caption = f"Mortality, observed and corrected for {' and '.join(of)}"
    note = (
        "Without truth: sensitivity from deaths in hospital, reweighted; PPV from deaths before the first contact."
        if "without truth" in errors
        else ""
    )
    return Table("corrected", caption, tuple(columns), tuple(rows), note)


def _is_shown(study: Study, horizon: int, numbers: Numbers) -> bool:
    """Whether the deaths by a day can be shown, as well as those known to the hospital: a reader who knows the observed
    and the corrected mortality can compute the latter."""
    names = [study.main.name, *(each.name for each in study.scenarios if each.name == ALONE and each.died.any())]
    shown = {each.name for each in shown_scenarios(study, numbers.smallest)}
    return all(name in shown and not numbers.hides("deaths", name, str(horizon)) for name in names)
