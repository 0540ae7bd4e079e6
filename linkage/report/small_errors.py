"""Truth that a report cannot show without revealing a small number of patients.

Links and matches are counted in almost every table. Their difference is the number of false links minus that
of missed matches. If one of the two is 0, the difference is the other, and no choice of withheld cells protects it.
"""

from dataclasses import replace
from typing import Any

from linkage.report.parts import Section

OF_TRUTH = ("overall", "by_rule", "by_subgroup", "by_slip", "blocking", "missed", "missed_matches", "false_matches")
"""The tables of an evaluation that compare links with the truth."""


def reveals_errors(evaluation: Any, smallest: int) -> bool:
    """Whether links less matches are a number of 1 to `smallest` - 1 false links or missed matches."""
    if evaluation is None or "judged" not in evaluation.people:
        return False
    judged = evaluation.people["judged"]
    match, link, true = (judged[name].astype(bool) for name in ("is_match", "is_linked", "is_true_link"))
    false, missed = int((link & ~true).sum()), int((match & ~true).sum())
    return min(false, missed) == 0 < max(false, missed) < smallest


def without_truth(evaluation: Any) -> Any:
    """The evaluation without everything that was compared with the truth."""
    tables = {name: table for name, table in evaluation.tables.items() if name not in OF_TRUTH}
    people = {name: table for name, table in evaluation.people.items() if name != "judged"}
    return replace(evaluation, tables=tables, people=people)


def not_shown(smallest: int) -> Section:
    """The section that replaces the section on accuracy."""
    return Section(
        "truth",
        "Accuracy of the links against the truth",
        (
            "Not shown: either no match was missed or no link is false, so the numbers of links and of matches together"
            f" would reveal a number of 1 to {smallest - 1} patients. A report with `--smallest-cell 1`, for internal"
            " use, shows it.",
        ),
    )
