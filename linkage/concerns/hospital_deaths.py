"""What looks wrong when hospital deaths and contacts are compared with the certificates of people with the same names.

Before any pair is weighed, people with the same names and birth date in both files show whether the dates fit. If many
do not, dates are in the wrong rows, ids name other people, or a file gives another day than that of the death.
"""

from collections.abc import Mapping

from linkage.concerns.counts import FEW, MANY, SEVERAL, Counts, all_and_yes, is_beyond_chance
from linkage.method.hospital_death_sql import LONG_AFTER_DEATH_DAYS
from linkage.printing import counted, share

_BY_CHANCE = 0.02
"""The share of such people who are two people, or one with a wrong date."""
_ENOUGH = 20
"""So many hospital deaths show whether the registry holds them."""


def concerns_of_hospital_deaths(counts: Counts) -> list[str]:
    """The concerns about deaths in hospital, and about contacts after the death."""
    return [
        *_apart(counts["deaths_apart"]),
        *_not_found(counts["deaths_found"]),
        *_before_contact(counts["dead_before_contact"]),
        *_on_several_days(counts["died_on_several_days"]),
    ]


def _apart(apart: Mapping[str, int]) -> list[str]:
    """Flags or times of death with another meaning, detected from people who died in hospital and are in both files."""
    both, far, near = sum(apart.values()), apart.get("far", 0), apart.get("near", 0)
    of_those = "of those who died in hospital and have the same names and birth date in both files died"
    if far > max(MANY * both, FEW):
        return [
            f"{share(far, both)} {of_those} more than {LONG_AFTER_DEATH_DAYS} days earlier or later in the registry."
            " Does a flag mean that the patient left alive, or does a column of deaths hold other times?"
        ]
    if far + near > max(MANY * both, FEW):
        return [
            f"{share(far + near, both)} {of_those} on another day in the registry. Are the dates of a file shifted, or"
            " does one give the day on which a death became known, was registered, or the body was released?"
        ]
    return []


def _not_found(found: Mapping[str, int]) -> list[str]:
    """Hospital deaths that the registry should hold."""
    died, yes = all_and_yes(found)
    if died < _ENOUGH or yes >= MANY * died:
        return []
    return [
        f"Of {counted(died, 'patient')} who died in hospital while the registry has deaths, it has only"
        f" {share(yes, died)} with the same last name and birth date, or SSN. Is it of another region, or does it lack"
        " a part of the deaths? Deaths that it lacks count as survival."
    ]


def _before_contact(before: Mapping[str, int]) -> list[str]:
    both, yes = all_and_yes(before)
    if not is_beyond_chance(yes, both, _BY_CHANCE):
        return []
    return [
        f"{share(yes, both)} of those with the same names and birth date in both files died more than"
        f" {LONG_AFTER_DEATH_DAYS} days before their last contact. Are values of a column in the wrong rows, does a"
        " patient_id name different people in different files, or are there encounters without the patient?"
    ]


def _on_several_days(several: Mapping[str, int]) -> list[str]:
    """A flag of the patient that was copied to each stay."""
    flagged, yes = all_and_yes(several)
    if yes <= max(3, SEVERAL * flagged):
        return []
    return [
        f"{counted(yes, 'patient has', 'patients have')} stays on different days that all ended with a death by the"
        f" flag ({share(yes, flagged)} of those with such a stay). Does the flag say that the patient died at some"
        " time, and was it copied to each stay? Write it only for the stay that ended with the death."
    ]
