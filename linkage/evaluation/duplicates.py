"""The duplicate method: nobody dies twice, so a second qualifying death is a false one.

Blakely & Salmond (Int J Epidemiol 2002) solve for the chance of a true link and for false links per record from how
many records qualify for 0, 1 and 2 or more. Here the false links per record are taken in proportion to
the deaths at risk, because those who died are older than those who did not and meet more strangers of their age. With
equal risks it is their method, but for terms of the order of the false share.
"""

from typing import TYPE_CHECKING

import pandas as pd

from linkage.evaluation.tables import Cohort, expected_false

if TYPE_CHECKING:
    from linkage.engines.duckdb import DuckDBEngine
    from linkage.rules import Cascade

# Certificates within a week are taken for one death under two numbers, whatever else they say.
_SECOND_DEATHS = """
WITH other AS (
    SELECT decided.patient_id, death.death_date_partial AS died, min(decided.rule_position) AS rule_position
    FROM decided JOIN death ON decided.death_id = death.death_id
    WHERE decided.impossible IS NULL
    GROUP BY decided.patient_id, died
)
SELECT other.patient_id, other.rule_position
FROM other
JOIN link ON other.patient_id = link.patient_id
JOIN death ON link.death_id = death.death_id
WHERE days_between(earliest_day(other.died), latest_day(death.death_date_partial)) > 7
    OR days_between(earliest_day(death.death_date_partial), latest_day(other.died)) > 7
"""


def duplicate_method(engine: "DuckDBEngine", cascade: "Cascade", at_risk: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """False links expected, from the second deaths for which linked patients qualify.

    `at_risk` has patient_id and `allowed`, the deaths that the run may link.
    """
    second: pd.DataFrame = engine.frame(_SECOND_DEATHS)
    second = second.assign(rule=second["rule_position"].map(lambda place: cascade.rules[place - 1].id))
    linked = at_risk["patient_id"].isin(set(cohort.links["patient_id"]))
    risks = at_risk[["patient_id"]].assign(
        seen_at_risk=at_risk["allowed"].where(linked, 0), run_at_risk=at_risk["allowed"].where(~linked, 0)
    )
    return expected_false(second, risks, cohort)
