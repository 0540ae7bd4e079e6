"""Evaluation without truth: estimates of linkage errors from only the hospital's files and the registry.

Each method detects errors of one kind or in one part of the data, and has a bias of known direction.
Together they bracket the true accuracy (Newman & Brown 1997, Foster 2000, Blakely & Salmond 2002; docs/evaluation.md
names the source of each method).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from linkage.errors import InputError, did_you_mean
from linkage.evaluation.decoys import decoy_method
from linkage.evaluation.duplicates import duplicate_method
from linkage.evaluation.hospital_deaths import hospital_deaths, hospital_table, reweighted_sensitivity
from linkage.evaluation.implausible import implausible
from linkage.evaluation.intervals import proportion_interval
from linkage.evaluation.tables import ALL, Cohort
from linkage.evaluation.timing import (
    alive_linked,
    before_first_contact,
    deaths_at_risk,
    known_alive,
    links_without_encounters,
)

if TYPE_CHECKING:
    from linkage.run.result import Linkage

METHODS = {
    "hospital_deaths": "Deaths in hospital that were found in the registry on that day, linked without that date.",
    "known_alive": "Expected false links, from links to deaths before a later contact with the hospital.",
    "alive_linked": "Patients seen alive after some death in the registry who were linked to such a death.",
    "before_first_contact": "Expected false links, from links to deaths before the first contact.",
    "duplicate_method": "Expected false links, from second deaths for which linked patients qualify.",
    "decoys": "Expected false links, from links of decoys (artificial patients).",
    "implausible": "Accepted pairs and links that contradict time, sex or each other.",
}
"""The tables that need no truth, with their titles."""

NEED_ENCOUNTERS = ("hospital_deaths", "known_alive", "alive_linked", "before_first_contact")

BIAS = {
    "hospital_deaths": "too high, because patients who die in hospital are better identified;"
    " too low if the registry lacks deaths",
    "hospital_deaths, reweighted": "slightly too high, although it is reweighted by SSN, age, sex and group to all"
    " links",
    "hospital_deaths, dates": "too high, because a patient with a death of their own is rarely linked to a stranger's",
    "known_alive": "too low if wrong contacts or dates make true links look false",
    "known_alive, scaled": "too low if wrong contacts or dates make true links look false",
    "alive_linked": "too high if patients were seen alive only early in the registry's years",
    "before_first_contact": "too low if records before the first contact belong to other people",
    "duplicate_method": "too low if two certificates of one death were not recognized, or similar relatives died",
    "decoys": "too high, because decoys have no relatives with similar names and numbers",
}
"""The direction of the bias of each estimate, and its reason. docs/evaluation.md has measurements."""


def without_truth(
    run: "Linkage", cohort: Cohort, strata: pd.DataFrame, methods: Sequence[str]
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame | None]:
    """The tables of the chosen methods by name, with `estimates`, their summary; and a table with one row per death in
    hospital, if that method was chosen.

    `strata` is indexed by patient_id and has the columns ssn_known, age_band and sex and the user's groups: deaths in
    hospital are reweighted by them, and decoys exchange values within them.
    """
    engine, cascade = run.engine, run.cascade

    @cache
    def withheld() -> pd.DataFrame:
        return links_without_encounters(engine, cascade)

    @cache
    def at_risk() -> pd.DataFrame:
        return deaths_at_risk(engine, cascade)

    @cache
    def died() -> pd.DataFrame:
        return hospital_deaths(engine, withheld(), run.policy.coverage_first, run.policy.coverage_last)

    makers: dict[str, Callable[[], pd.DataFrame]] = {
        "hospital_deaths": lambda: hospital_table(died(), cohort),
        "known_alive": lambda: known_alive(withheld(), at_risk(), cohort),
        "alive_linked": lambda: alive_linked(withheld(), at_risk(), cohort),
        "before_first_contact": lambda: before_first_contact(withheld(), at_risk(), cohort),
        "duplicate_method": lambda: duplicate_method(engine, cascade, at_risk(), cohort),
        "decoys": lambda: decoy_method(run, strata, at_risk(), cohort),
        "implausible": lambda: implausible(engine, cascade, cohort),
    }
    with engine.separate_schema():
        if not run.has_mortality:
            engine.create("contact", _NO_CONTACTS)
        tables = {name: make() for name, make in makers.items() if name in methods}
    estimates = [row for name, table in tables.items() for row in _estimates(name, table)]
    if "hospital_deaths" in tables and len(cohort.links) and died()["found_within_7_days"].any():
        share = reweighted_sensitivity(died(), cohort.links, strata)
        estimates.append(_row("hospital_deaths, reweighted", "sensitivity", *share))
    if "known_alive" in tables:
        estimates.append(_row("known_alive, scaled", "specificity", *_specificity(tables["known_alive"], cohort)))
    summed = pd.DataFrame(estimates, columns=_COLUMNS).sort_values("measure", kind="stable")
    return {"estimates": summed, **tables}, died() if "hospital_deaths" in tables else None


def _specificity(table: pd.DataFrame, cohort: Cohort) -> Iterator[float]:
    """1 minus the share of falsely linked patients among those without a true link, nearly all of whom have no
    match."""
    everybody = table[table["variable"] == ALL].iloc[0]
    for end in ("", "_high", "_low"):
        false = everybody[f"false_links{end}"]
        yield 1 - false / (len(cohort.groups) - len(cohort.links) + false)


_NO_CONTACTS = """
SELECT patient_id, CAST(NULL AS DATE) AS first_contact, CAST(NULL AS DATE) AS last_contact FROM patient WHERE FALSE
"""
_FALSE_LINKS = ("false_links", "false_links_low", "false_links_high")
_COLUMNS = ["measure", "method", "estimate", "estimate_low", "estimate_high", *_FALSE_LINKS, "bias"]


def _estimates(name: str, table: pd.DataFrame) -> Iterator[dict[str, object]]:
    everybody = table[table["variable"] == ALL]
    if name == "hospital_deaths":
        number = everybody.set_index("measure")["number"]
        found, elsewhere, of = number["found within 7 days"], number["on another date"], everybody["of"].iloc[0]
        yield _row(name, "sensitivity", *_share(found, of))
        yield _row(f"{name}, dates", "ppv", *_share(found, found + elsewhere))
    elif name == "alive_linked":
        wrong, of = everybody[["number", "of"]].iloc[0]
        yield _row(name, "specificity", *_share(of - wrong, of))
    elif name != "implausible":
        one = everybody.iloc[0]
        row = _row(name, "ppv", one["ppv"], one["ppv_low"], one["ppv_high"])
        yield row | {number: one[number] for number in _FALSE_LINKS}


def _share(number: int, of: int) -> tuple[float, float, float]:
    low, high = proportion_interval(number, of)
    return number / of if of else float("nan"), float(low), float(high)


def _row(method: str, measure: str, estimate: float, low: float, high: float) -> dict[str, object]:
    return {
        "measure": measure,
        "method": method.replace("_", " "),
        "estimate": estimate,
        "estimate_low": low,
        "estimate_high": high,
        "bias": BIAS[method],
    }


def chosen_methods(run: "Linkage", asked: Sequence[str] | None) -> tuple[str, ...]:
    """The requested methods, or all for which the run has the data.

    Raises InputError for an unknown method, or one that needs encounters if the run has none.
    """
    if asked is None:
        return tuple(name for name in METHODS if run.has_mortality or name not in NEED_ENCOUNTERS)
    for name in asked:
        if name not in METHODS:
            raise InputError(
                f"There is no method {name!r}. Methods: {', '.join(METHODS)}.{did_you_mean(name, METHODS)}"
            )
        if name in NEED_ENCOUNTERS and not run.has_mortality:
            raise InputError(f"{name} needs encounters, which the run does not have. Use link(..., encounters=...).")
    return tuple(asked)
