"""The duplicate method: nobody dies twice, so a second qualifying death is a false one.

Blakely & Salmond (Int J Epidemiol 2002) solve for the chance of a true link and for false links per record from how
many records qualify for 0, 1 and 2 or more. Here the false links per record are taken in proportion to
the deaths at risk, because those who died are older than those who did not and meet more strangers of their age. With
equal risks it is their method, but for terms of the order of the false share.

So that a second death counts as a false link would, it must be free (linked to nobody), and the same one-to-one
assignment picks one for each patient: who has a common name qualifies for several strangers, but is linked to one.
"""

from typing import TYPE_CHECKING

import pandas as pd

from linkage.evaluation.tables import Cohort, expected_false
from linkage.relink.relinking import assign_again

if TYPE_CHECKING:
    from linkage.engines.duck.engine import DuckDBEngine
    from linkage.rules.cascade import Cascade

# Certificates within a week are taken for one death under two numbers, whatever else they say.
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
    """False links expected, from the second deaths to which linked patients would be linked.

    `at_risk` has patient_id and `allowed`, the deaths that the run may link.
    """
    with engine.aside():
        engine.create("decided", _SECOND_DEATHS)
        assign_again(engine, cascade)
        second: pd.DataFrame = engine.frame("SELECT patient_id, rule_position FROM relinked")
    second = second.assign(rule=second["rule_position"].map(lambda place: cascade.rules[place - 1].id))
    linked = at_risk["patient_id"].isin(set(cohort.links["patient_id"]))
    risks = at_risk[["patient_id"]].assign(
        seen_at_risk=at_risk["allowed"].where(linked, 0), run_at_risk=at_risk["allowed"].where(~linked, 0)
    )
    return expected_false(second, risks, cohort)
