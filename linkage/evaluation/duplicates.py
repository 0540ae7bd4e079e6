"""The duplicate method: a person dies once, so a second death for which a patient qualifies is a false one.

Blakely & Salmond (Int J Epidemiol 2002) estimate the probability of a true link and the false links per record from
the numbers of records that qualify for 0, 1, and 2 or more deaths. Here false links per record are proportional to
the deaths at risk, because patients who died are older than the others and more strangers of their age died. With
equal risks, the result equals theirs except for terms of the order of the share of false links.

To count second deaths as false links are counted, only deaths without a link are considered, and the same
one-to-one assignment picks one for each patient: a patient with a common name may qualify for several strangers, but
would be linked to one.
"""

from typing import TYPE_CHECKING

import pandas as pd

from linkage.evaluation.tables import Cohort, expected_false
from linkage.relink.relinking import assign_again

if TYPE_CHECKING:
    from linkage.engines.duck.engine import DuckDBEngine
    from linkage.rules.cascade import Cascade

# Certificates dated within a week are assumed to be one death under two numbers.
_SECOND_DEATHS = """
WITH taken AS (
    SELECT coalesce(death_person.person_id, link.death_id) AS death_of
    FROM link LEFT JOIN death_person ON link.death_id = death_person.death_id
)
SELECT decided.*
FROM decided
JOIN link ON decided.patient_id = link.patient_id
JOIN death AS own ON link.death_id = own.death_id
JOIN death AS other ON decided.death_id = other.death_id
LEFT JOIN death_person ON decided.death_id = death_person.death_id
WHERE coalesce(death_person.person_id, decided.death_id) NOT IN (SELECT death_of FROM taken)
    AND (
        days_between(earliest_day(other.death_date_partial), latest_day(own.death_date_partial)) > 7
        OR days_between(earliest_day(own.death_date_partial), latest_day(other.death_date_partial)) > 7
    )
"""


def duplicate_method(engine: "DuckDBEngine", cascade: "Cascade", at_risk: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """The expected false links, from the second deaths to which linked patients would be linked.

    `at_risk` has patient_id and `allowed`, the number of deaths that the run may link to the patient.
    """
    with engine.separate_schema():
        engine.create("decided", _SECOND_DEATHS)
        assign_again(engine, cascade)
        second: pd.DataFrame = engine.frame("SELECT patient_id, rule_position FROM relinked")
    second = second.assign(rule=second["rule_position"].map(lambda place: cascade.rules[place - 1].id))
    linked = at_risk["patient_id"].isin(set(cohort.links["patient_id"]))
    risks = at_risk[["patient_id"]].assign(
        seen_at_risk=at_risk["allowed"].where(linked, 0), run_at_risk=at_risk["allowed"].where(~linked, 0)
    )
    return expected_false(second, risks, cohort)
