"""Evaluate a finished run: what it found, what it missed, what it linked wrongly, and for whom."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from linkage.errors import InputError, told_alone
from linkage.evaluation.accuracy import accuracy_tables, judged_people
from linkage.evaluation.intervals import proportion_interval
from linkage.evaluation.printing import printed, summary_lines
from linkage.evaluation.subgroups import default_variables, make_subgroups, subgroups
from linkage.evaluation.tables import Cohort
from linkage.evaluation.truth import Labels, Unlisted, judge, load_truth
from linkage.evaluation.without_truth import METHODS, chosen_methods, without_truth
from linkage.printing import agreeing, counted
from linkage.run.repeat import repeat_run

if TYPE_CHECKING:
    from linkage.run.result import Linkage

TABLES = {
    "overall": "Sensitivity, PPV, F1, specificity and blocking ceiling, of patient records and of persons.",
    "by_rule": "The same by rule: in the cascade, cumulative, alone, and what only this rule finds.",
    "by_subgroup": "The same by subgroup.",
    "by_slip": "Sensitivity and ceiling by what stands between the two records of a match.",
    "blocking": "Pairs completeness of each blocking key and of their union.",
    "missed": "Matches by the stage that they reached.",
    "estimates": "What each method without truth estimates, and in which direction it errs.",
    **METHODS,
    "missed_matches": "One row per missed match: patient_id, death_id, stage, slips. Internal.",
    "false_matches": "One row per false match: patient_id, death_id, rule, whether the patient has a match. Internal.",
}
"""Every table that an evaluation may hold; docs/evaluation.md describes their columns."""

ROW_LEVEL = ("missed_matches", "false_matches")
"""Tables that speak of single patients, and so are not printed."""


@dataclass(frozen=True)
class Evaluation:
    """Named tables of estimates, each with its exact interval. It prints itself.

    `tables` maps the names of `TABLES` to data frames; `notes` say what to bear in mind when reading them. `people`
    has one row per patient behind the tables, from which a report works out what it must withhold: `judged` (what the
    truth says of each labelled patient), `groups` (the values of each variable) and `hospital_deaths`. Internal.
    """

    tables: Mapping[str, pd.DataFrame]
    notes: tuple[str, ...] = ()
    people: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    @property
    def summary(self) -> str:
        """The most important estimates, in nine lines at most."""
        return "\n".join(summary_lines(self.tables, self.notes))

    def as_json(self) -> str:
        """The tables and notes as JSON, those left out that speak of single patients."""
        tables = {
            name: json.loads(table.to_json(orient="records", date_format="iso"))
            for name, table in self.tables.items()
            if name not in ROW_LEVEL
        }
        return json.dumps({"tables": tables, "notes": list(self.notes)}, indent=2, ensure_ascii=False)

    def __str__(self) -> str:
        shown = {name: table for name, table in self.tables.items() if name not in ROW_LEVEL and len(table)}
        return printed({TABLES[name]: table for name, table in shown.items()}, self.notes)

    def __repr__(self) -> str:
        return str(self)


@told_alone
def evaluate(
    run: "Linkage | str | Path",
    truth: Any = None,
    *,
    by: Sequence[str] | None = None,
    unlisted: Unlisted = "unknown",
    methods: Sequence[str] | None = None,
    trust_queries: bool = False,
) -> Evaluation:
    """Judge a run, or the run behind an output folder, which is then repeated from its files.

    `truth` is a path or frame as `load_truth` describes. `by` names the variables of subgroups: built-in ones
    (sex, age_band, ssn_known, compound_surname) or columns of the patients file; None takes the built-in ones, those
    carried along with the run, and race or ethnicity. `unlisted` says what patients are that the truth does not list.
    `methods` names methods that need no truth, see `METHODS`; None takes all of them when there is no truth, and
    none when there is. `trust_queries` lets queries that the manifest of a folder holds be asked again.

    Raises InputError, and OutputError for a folder whose run cannot be repeated.

    >>> import pandas as pd
    >>> from linkage import link
    >>> person = {"first_name": ["ANN"], "last_name": ["LEE"], "birth_date": ["1950-02-11"]}
    >>> with link(pd.DataFrame({"patient_id": ["7"], **person}), pd.DataFrame({"death_id": ["40"], **person})) as run:
    ...     found = evaluate(run, pd.DataFrame({"patient_id": ["7"], "death_id": ["40"]}), by=["sex"])
    >>> found["overall"][["matches", "true_matches", "sensitivity"]].to_numpy().tolist()
    [[1.0, 1.0, 1.0]]
    """
    if isinstance(run, str | Path):
        with repeat_run(Path(run), trust_queries=trust_queries) as repeated:
            return evaluate(repeated, truth, by=by, unlisted=unlisted, methods=methods)
    for name, several in (("by", by), ("methods", methods)):
        if isinstance(several, str):
            raise InputError(f"{name} is a text. Write it as a list: [{several!r}].")
    usual = default_variables(run)
    by = usual if by is None else tuple(dict.fromkeys(by))
    tables: dict[str, pd.DataFrame] = {}
    people: dict[str, pd.DataFrame] = {}
    notes: list[str] = []
    if truth is not None:
        with_truth, people, notes = _with_truth(run, truth, by, unlisted)
        tables |= with_truth
    if methods or (methods is None and truth is None):
        every = subgroups(run, tuple(dict.fromkeys([*by, *usual])))
        rules = tuple(rule.id for rule in run.cascade.rules)
        cohort = Cohort(every[list(by)], run.links[["patient_id", "death_id", "rule"]], rules)
        strata = every[[name for name in usual if name != "compound_surname"]]
        estimated, died = without_truth(run, cohort, strata, chosen_methods(run, methods))
        tables |= estimated
        people["groups"] = cohort.groups
        if died is not None:
            people["hospital_deaths"] = died
        if not run.has_mortality:
            notes.append("The run was given no encounters, and four of the methods need them.")
    return Evaluation(tables, tuple(notes), people)


def _with_truth(
    run: "Linkage", truth: Any, by: Sequence[str], unlisted: Unlisted
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame], list[str]]:
    with run.engine.aside():
        make_subgroups(run, by)
        labels = load_truth(run.engine, truth, unlisted)
        judge(run.engine, run.cascade)
        tables = accuracy_tables(run, labels, by)
        people = judged_people(run.engine)
    return tables, people, _truth_notes(run, labels, tables["overall"].iloc[0])


def _truth_notes(run: "Linkage", labels: Labels, judged: "pd.Series[Any]") -> list[str]:
    notes = []
    unlabelled = run.counts["patients"] - judged["labelled"]
    if unlabelled:
        notes.append(
            f"{unlabelled:,} of {counted(run.counts['patients'], 'patient')}"
            f" {agreeing(unlabelled, 'is', 'are')} not labelled"
            " and left out."
        )
        low, high = proportion_interval(judged["links"], judged["labelled"])
        if not low <= run.counts["patients_linked"] / run.counts["patients"] <= high:
            notes.append(
                "More or fewer of the labelled patients are linked than of all: they are no random sample, and the"
                " rates are of them alone."
            )
    if labels.strangers:
        notes.append(
            f"{counted(labels.strangers, 'row of the truth is', 'rows of the truth are')} of nobody among the"
            f" patients and left out."
        )
    if labels.matches_not_used:
        notes.append(
            f"{counted(labels.matches_not_used, 'row names', 'rows name')} a death that is not among those used: it"
            " counts as none, because no linkage with this file could find it."
        )
    if labels.only_matches:
        notes.append(
            "The truth lists matches alone, so that specificity is not known and PPV is of patients with a match."
            ' If whoever it does not list has no death, say so: unlisted="no_match".'
        )
    return notes
