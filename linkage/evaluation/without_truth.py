"""Without truth: what a hospital can learn of its linkage from nothing but its own files and the registry.

Each method sees errors of one kind or in one part of the data, and is biased in a direction that is known.
Together they bracket the truth (Newman & Brown 1997, Foster 2000, Blakely & Salmond 2002; docs/evaluation.md says which
is whose).
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
    "hospital_deaths": "Deaths in hospital, with the hospital's date hidden: found in the registry on that day?",
    "known_alive": "False links expected, from links to deaths before a later contact with the hospital.",
    "alive_linked": "Of patients seen alive after some death in the registry: linked to a death before that.",
    "before_first_contact": "False links expected, from links to deaths before the first contact.",
    "duplicate_method": "False links expected, from second deaths for which linked patients qualify.",
    "decoys": "False links expected, from links of decoys who are nobody.",
    "implausible": "Accepted pairs and links that contradict time, sex or each other.",
}
"""The tables that need no truth, and what each is."""

NEED_ENCOUNTERS = ("hospital_deaths", "known_alive", "alive_linked", "before_first_contact")

BIAS = {
    "hospital_deaths": "too high, as those who die in hospital are better identified;"
    " too low where the registry lacks deaths",
    "hospital_deaths, reweighted": "less too high: by SSN, age, sex and group it speaks of all who are linked",
    "hospital_deaths, dates": "too high, as a death of one's own leaves little room for a stranger's",
    "known_alive": "too low where wrong contacts or dates make true links look false",
    "known_alive, scaled": "too low where wrong contacts or dates make true links look false",
    "alive_linked": "too high where a patient was seen alive only early in the registry's years",
    "before_first_contact": "too low where a record before the first contact is another person's",
    "duplicate_method": "too low where a death has two certificates that nobody joined, or relatives die alike",
    "decoys": "too high, as decoys have no relatives, whose names and numbers are alike",
}
"""In which direction each estimate errs, and why. Measured in docs/evaluation.md."""


def without_truth(
    run: "Linkage", cohort: Cohort, strata: pd.DataFrame, methods: Sequence[str]
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame | None]:
    """The tables of the chosen methods, by name, and `estimates`, which sums them up; and one row per death in
    hospital, where those were looked at.

    `strata` is indexed by patient_id and has the columns ssn_known, age_band and sex, by which deaths in hospital are
    reweighted, and groups of the user's, within which decoys are made too.
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
    with engine.aside():
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
    """One less the share falsely linked of those who are not rightly linked, nearly all of whom have no match."""
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
    """The methods to use: those asked for, or all that the run has the data for.

    Raises InputError for one that there is not, or that needs encounters when the run has none.
    """
    if asked is None:
        return tuple(name for name in METHODS if run.has_mortality or name not in NEED_ENCOUNTERS)
    for name in asked:
        if name not in METHODS:
            raise InputError(
                f"There is no method {name!r}. Methods: {', '.join(METHODS)}.{did_you_mean(name, METHODS)}"
            )
        if name in NEED_ENCOUNTERS and not run.has_mortality:
            raise InputError(f"{name} needs encounters, and the run was given none. Use link(..., encounters=...).")
    return tuple(asked)
