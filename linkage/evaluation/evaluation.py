"""Evaluate a finished run: true, missed and false links, overall and by subgroup."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from linkage.errors import InputError, without_cause
from linkage.evaluation.accuracy import accuracy_tables, judged_people
from linkage.evaluation.expected import expected_by_subgroup
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
    "overall": "Sensitivity, PPV, F1, specificity and blocking ceiling, for patient records and for persons.",
    "by_rule": "The same by rule: in the cascade, cumulative, alone, and links that only this rule makes.",
    "by_subgroup": "The same by subgroup.",
    "by_slip": "Sensitivity and ceiling by the differences between the two records of a match.",
    "blocking": "Pairs completeness of each blocking key and of their union.",
    "missed": "Matches by the stage that they reached.",
    "estimates": "The estimate of each method without truth, and the direction of its bias.",
    **METHODS,
    "expected_by_subgroup": "The expected errors of a run that weighs its pairs: false links, PPV and missed matches.",
    "missed_matches": "One row per missed match: patient_id, death_id, stage, slips. Internal.",
    "false_matches": "One row per false match: patient_id, death_id, rule, whether the patient has a match. Internal.",
}
"""All tables that an evaluation may have, with their titles; docs/evaluation.md describes their columns."""

ROW_LEVEL = ("missed_matches", "false_matches")
"""Tables with one row per patient, which are not printed."""


@dataclass(frozen=True)
class Evaluation:
    """Named tables of estimates with exact intervals. `print` shows them.

    `tables` maps the names of `TABLES` to data frames; `notes` are remarks on their interpretation. `people` has
    internal tables with one row per patient, from which a report determines the numbers to withhold: `judged` (the
    truth about each labeled patient), `groups` (the values of each variable) and `hospital_deaths`.

    >>> found = Evaluation({"blocking": pd.DataFrame({"key": ["ssn"], "matches": [9]})})
    >>> json.loads(found.as_json())["tables"]["blocking"]
    [{'key': 'ssn', 'matches': 9}]
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
        """The tables and notes as JSON, without the tables that have one row per patient."""
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


@without_cause
def evaluate(
    run: "Linkage | str | Path",
    truth: Any = None,
    *,
    by: Sequence[str] | None = None,
    unlisted: Unlisted = "unknown",
    methods: Sequence[str] | None = None,
    trust_queries: bool = False,
) -> Evaluation:
    """Evaluate a run, or an output folder, whose run is then repeated from its files.

    `truth` is a path or data frame as `load_truth` describes. `by` names the variables of subgroups: built-in ones
    (sex, age_band, ssn_known, compound_surname) or columns of the patients file; None takes the built-in ones, the
    group columns of the run, and race or ethnicity. `unlisted` says how to treat patients who are not in the truth.
    `methods` names methods that need no truth, see `METHODS`; None takes all of them without truth, and
    none with truth. `trust_queries` allows database queries in the manifest of a folder to be run again.

    Raises InputError for unusable arguments, and OutputError for a folder whose run cannot be repeated.

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
            raise InputError(f"{name} is a string. Write it as a list: [{several!r}].")
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
        if run.cascade.weighs:
            tables["expected_by_subgroup"] = expected_by_subgroup(run, cohort.groups)
        if died is not None:
            people["hospital_deaths"] = died
        if not run.has_mortality:
            notes.append("The run has no encounters, which four of the methods need.")
    return Evaluation(tables, tuple(notes), people)


def _with_truth(
    run: "Linkage", truth: Any, by: Sequence[str], unlisted: Unlisted
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame], list[str]]:
    with run.engine.separate_schema():
        make_subgroups(run, by)
        labels = load_truth(run.engine, truth, unlisted)
        judge(run.engine, run.cascade)
        tables = accuracy_tables(run, labels, by)
        people = judged_people(run.engine)
    return tables, people, _truth_notes(run, labels, tables["overall"].iloc[0])


def _truth_notes(run: "Linkage", labels: Labels, judged: "pd.Series[Any]") -> list[str]:
    notes = []
    unlabeled = run.counts["patients"] - judged["labeled"]
    if unlabeled:
        notes.append(
            f"{unlabeled:,} of {counted(run.counts['patients'], 'patient')}"
            f" {agreeing(unlabeled, 'is', 'are')} not labeled and"
            f" {agreeing(unlabeled, 'was', 'were')} left out."
        )
        low, high = proportion_interval(judged["links"], judged["labeled"])
        if not low <= run.counts["patients_linked"] / run.counts["patients"] <= high:
            notes.append(
                "The share of linked patients differs between the labeled patients and all patients: the labeled"
                " patients are not a random sample, and the rates apply only to them."
            )
    if labels.strangers:
        notes.append(
            f"{counted(labels.strangers, 'row of the truth refers', 'rows of the truth refer')} to no patient of the"
            f" run and {agreeing(labels.strangers, 'was', 'were')} left out."
        )
    if labels.matches_not_used:
        named = counted(labels.matches_not_used, "row of the truth names", "rows of the truth name")
        notes.append(
            f"{named} a death that the run did not use. They count as having no death, because no linkage with this"
            " file could find it."
        )
    if labels.only_matches:
        notes.append(
            "The truth lists only matches, so specificity is not known and PPV applies to patients with a match."
            ' If the patients it does not list have no death, set unlisted="no_match".'
        )
    return notes
