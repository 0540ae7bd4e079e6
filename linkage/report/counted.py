"""The patients whom a report counts: scenarios, patients in review, dates of death, deaths in hospital.

`numbers` determines which of these counts are shown, for all tables together.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from linkage.report.suppress import merged

if TYPE_CHECKING:
    import pandas

    from linkage.evaluation.study import Scenario, Study
    from linkage.run.result import Linkage

LINKAGE_RESULTS = ("linked", "in review", "not linked")
"""The groups by which deaths in hospital are compared: linkage results."""


_OF_THE_HOSPITAL = {"overruled", "hospital_dates_differ", "far_apart"}


def hospital_deaths_given(run: "Linkage") -> bool:
    """Whether the hospital's files record any death."""
    return bool(run.counts["mortality"]["hospital_deaths"].get("given", 0))


def dates_of_death(run: "Linkage") -> "dict[str, pandas.Series[bool]]":
    """Which patients (by id) had a date of death released, completed, withheld or overruled, or are in review."""
    import pandas as pd

    outcomes = run.outcomes.set_index("patient_id")
    known, review = outcomes["death_date_precision"], run.review
    of_kind = {
        "overruled": review["kind"] == "implausible hospital date",
        "hospital_dates_differ": review["kind"] == "hospital dates differ",
        "far_apart": review["kind"] == "hospital and registry differ",
        "certificates_differ": review["kind"] == "dates of death differ",
    }
    found: dict[str, Any] = {
        "released": outcomes["dod"].notna(),
        "completed": outcomes["dod"].notna() & known.isin(["month", "year"]),
        "withheld": outcomes["status"] == "died_date_partial",
        **{name: outcomes.index.isin(review.loc[rows, "patient_id"]) for name, rows in of_kind.items()},
        "in_review": outcomes["status"] == "in_review",
    }
    # Some runs have no counts of implausible dates.
    counted = {*run.counts["mortality"].get("dates_of_death", ("released", "completed", "withheld", "in_review"))}
    counted |= {"far_apart"} if "hospital_and_registry_far_apart" in run.counts["mortality"] else set()
    if not hospital_deaths_given(run):
        counted -= _OF_THE_HOSPITAL
    return {name: pd.Series(mask, outcomes.index) for name, mask in found.items() if name in counted}


def decided(study: "Study", run: "Linkage") -> "tuple[Study, pandas.Series[str]]":
    """A study without the patients in review, whose outcome is unknown, and the ids of these patients."""
    status = run.outcomes.set_index("patient_id")["status"].reindex(study.patients["patient_id"])
    stays = (status != "in_review").to_numpy()
    scenarios = tuple(replace(each, days=each.days[stays], died=each.died[stays]) for each in study.scenarios)
    patients = study.patients[stays].reset_index(drop=True)
    return replace(study, patients=patients, scenarios=scenarios), study.patients.loc[~stays, "patient_id"]


def shown_scenarios(study: "Study", smallest: int) -> "list[Scenario]":
    """The scenarios that can be shown without revealing a small number of deaths.

    A cumulative scenario is shown if, between any two horizons, it adds no deaths or at least `smallest` to the
    cumulative scenario shown before it. Other scenarios are shown if they differ from the run by no deaths or by at
    least `smallest`.
    """
    names = set(cumulative_shown(study, smallest))
    names |= {
        each.name for each in study.scenarios if each.kind in ("without", "other") and _apart(study, each, smallest)
    }
    # If the hospital recorded no death, its scenario is empty.
    alone = {each.name for each in study.scenarios if each.kind == "hospital" and not each.died.any()}
    return [each for each in study.scenarios if each.name in names - alone]


def _between_horizons(scenario: "Scenario", horizons: Sequence[int]) -> list[int]:
    """The number of deaths between consecutive horizons."""
    by_then = [int((scenario.died & (scenario.days <= horizon)).sum()) for horizon in horizons]
    return [now - before for now, before in zip(by_then, [0, *by_then], strict=False)]


def cumulative_shown(study: "Study", smallest: int) -> list[str]:
    nested = [each for each in study.scenarios if each.kind in ("hospital", "cumulative")]
    deaths = [_between_horizons(each, study.horizons) for each in nested]
    before = [[0] * len(study.horizons), *deaths]
    steps = [[now - then for now, then in zip(*pair, strict=True)] for pair in zip(deaths, before, strict=False)]
    return [nested[group.stop - 1].name for group in merged(steps, smallest=smallest)]


def _apart(study: "Study", scenario: "Scenario", smallest: int) -> bool:
    """Whether the difference of a scenario from the run, and from the step of a left-out rule, is not a small number
    of deaths."""
    main, here = (_between_horizons(each, study.horizons) for each in (study.main, scenario))
    differences = [abs(a - b) for a, b in zip(main, here, strict=True)]
    if scenario.kind == "without":
        own = _own_step(study, scenario, smallest)
        if own is None:
            return smallest <= 1
        differences += [abs(a - b) for a, b in zip(own, differences, strict=True)]
    return all(number == 0 or number >= smallest for number in differences)


def _own_step(study: "Study", scenario: "Scenario", smallest: int) -> list[int] | None:
    """The deaths that the left-out rule adds to the cascade; None if this step is not shown separately."""
    nested = [each for each in study.scenarios if each.kind in ("hospital", "cumulative")]
    names = cumulative_shown(study, smallest)
    place = [f"without {rule}" for rule in study.rules].index(scenario.name) + 1
    if not {nested[place].name, nested[place - 1].name} <= set(names):
        return None
    now, before = (_between_horizons(each, study.horizons) for each in (nested[place], nested[place - 1]))
    return [a - b for a, b in zip(now, before, strict=True)]


def compares_sides(frame: "pandas.DataFrame", smallest: int) -> bool:
    """Whether at least `smallest` of the deaths in hospital were linked, and at least as many were not."""
    linked = int((frame["side"] == "linked").sum())
    return len(frame) > 0 and min(linked, len(frame) - linked) >= smallest


def hospital_sides(run: "Linkage", smallest: int) -> "pandas.DataFrame":
    """The patients who died in hospital on a day that the registry covers: patient_id and `side`, one of
    `LINKAGE_RESULTS`."""
    outcomes = run.outcomes
    day = outcomes["hospital_death_date"]
    died = outcomes[day.notna() & (day >= outcomes["coverage_first"]) & (day <= outcomes["coverage_last"])]
    side = died["fate"].map({"linked": "linked", "tie": "in review"}).fillna("not linked")
    if smallest > 1 and min((side == "in review").sum(), (side == "not linked").sum()) < smallest:
        side = side.replace("in review", "not linked")
    return died[["patient_id"]].assign(side=side)
