"""Accepted pairs and links that contradict time or each other, counted by rule and subgroup.

These counts are not rates of false links; they show which rules and links to inspect.
"""

from typing import TYPE_CHECKING

import pandas as pd

from linkage.evaluation.tables import Cohort, shares
from linkage.method.crowds import everyone

if TYPE_CHECKING:
    from linkage.engines.duck.engine import DuckDBEngine
    from linkage.rules.cascade import Cascade

_DECISION = "rule_position, impossible"
IMPOSSIBLE = ("death before last contact", "death before birth", "impossible age")

_DECIDED = everyone(
    "death",
    everyone(
        "patient", "SELECT patient_id, death_id, rule_position, impossible FROM decided", f"death_id, {_DECISION}"
    ),
    f"patient_id, {_DECISION}",
)
# Claims are compared between persons: a second certificate of the same death, or a second record of the same patient,
# is not a contradiction if the run recognized it.
_CLAIMS = f"""
WITH taken AS (
    SELECT
        coalesce(patient_person.person_id, link.patient_id) AS patient_of,
        coalesce(death_person.person_id, link.death_id) AS death_of,
        death.death_date_partial AS died
    FROM link
    JOIN death ON link.death_id = death.death_id
    LEFT JOIN patient_person ON link.patient_id = patient_person.patient_id
    LEFT JOIN death_person ON link.death_id = death_person.death_id
),
claim AS (
    SELECT
        decided.patient_id, decided.rule_position, decided.impossible, death.death_date_partial AS died,
        coalesce(patient_person.person_id, decided.patient_id) AS patient_of,
        coalesce(death_person.person_id, decided.death_id) AS death_of
    FROM ({_DECIDED}) AS decided
    JOIN death ON decided.death_id = death.death_id
    LEFT JOIN patient_person ON decided.patient_id = patient_person.patient_id
    LEFT JOIN death_person ON decided.death_id = death_person.death_id
)
SELECT
    claim.patient_id, claim.rule_position, claim.impossible,
    claim.impossible IS NULL
        AND EXISTS (SELECT 1 FROM taken WHERE taken.death_of = claim.death_of AND taken.patient_of <> claim.patient_of)
        AS death_linked_to_another_patient,
    claim.impossible IS NULL
        AND EXISTS (SELECT 1 FROM taken WHERE taken.patient_of = claim.patient_of AND taken.died <> claim.died)
        AS patient_linked_to_another_date
FROM claim
"""

_SEX = """
SELECT link.patient_id, link.rule, patient.sex <> death.sex AS sex_disagrees
FROM link
JOIN patient ON link.patient_id = patient.patient_id
JOIN death ON link.death_id = death.death_id
WHERE patient.sex IS NOT NULL AND death.sex IS NOT NULL
"""


def implausible(engine: "DuckDBEngine", cascade: "Cascade", cohort: Cohort) -> pd.DataFrame:
    """Accepted pairs that are impossible in time or contradict a link, and links whose sexes disagree, as shares of
    all pairs (or links) of the rule or subgroup."""
    claims: pd.DataFrame = engine.frame(_CLAIMS)
    claims = claims.assign(
        rule=claims["rule_position"].map(lambda place: cascade.rules[place - 1].id),
        **{reason.replace(" ", "_"): claims["impossible"] == reason for reason in IMPOSSIBLE},
    )
    kinds = [reason.replace(" ", "_") for reason in IMPOSSIBLE]
    kinds += ["death_linked_to_another_patient", "patient_linked_to_another_date"]
    sex: pd.DataFrame = engine.frame(_SEX)
    return pd.concat([
        shares(claims, kinds, cohort, cohort.variables), shares(sex, ["sex_disagrees"], cohort, cohort.variables),
    ], ignore_index=True)  # fmt: skip
