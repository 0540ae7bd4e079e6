"""The last section of a report: what its numbers do not show."""

from typing import TYPE_CHECKING, Any

from linkage.evaluation.study import Study
from linkage.report.parts import Section
from linkage.report.stated import limits_of_the_registry

if TYPE_CHECKING:
    from linkage.run.result import Linkage


def limits(run: "Linkage", evaluation: Any, study: Study | None) -> Section:
    """What the numbers do not show."""
    sentences = [
        "A link is a decision, not a fact: some links are false and some deaths are missed. The results are for"
        " research on groups. They must not be used to decide anything about an individual.",
        "Records that agree on no blocking key were never compared, however similar they are.",
        "Deaths outside the area or the period of the registry cannot be found. That no death was found therefore does"
        " not mean that a patient is alive.",
    ]
    if run.has_mortality and not run.coverage_stated:
        sentences.append(
            "The period that the registry covers was not stated. It was inferred from the first and last death in the"
            " file, which overstates follow-up if the last months are incomplete."
        )
    sentences += limits_of_the_registry(run)
    if run.concerns:
        wrong = "One thing" if len(run.concerns) == 1 else f"{len(run.concerns)} things"
        sentences.append(
            f"{wrong} looked wrong in the files that were read, and can have moved dates of death or lost some. The"
            " summary and the manifest of the run (what_looks_wrong) say what, with numbers that may be small."
        )
    if evaluation is None:
        sentences.append("The links were not evaluated. This report does not say how many are false or missed.")
    if study is not None:
        sentences.append(
            "Follow-up starts at the index date or, if none was given, at the last discharge. By definition, no"
            " patient was discharged again later, so mortality soon after it is higher than after other discharges."
        )
        sentences.append(
            "Patients in review count as neither dead nor alive. They were not followed, and are counted in a separate"
            " row."
        )
    return Section("limits", "Limits", (sentences,))
