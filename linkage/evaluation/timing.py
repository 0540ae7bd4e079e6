"""Controls that time gives: patients known to be alive, and deaths before a patient was ever seen.

The cascade forbids a link to a death before the last contact, so that in the links of the run these false
links cannot be seen. Here the pairs are decided about again with encounters withheld: the same rules and the
same one-to-one assignment, but nothing that the hospital knows of time. A link that then falls well before a later
bodily contact is false, and would be as likely (death for death) in the years in which the run may link.
"""

from typing import TYPE_CHECKING

import pandas as pd

from linkage.evaluation.relinking import accepted_pairs, relinked
from linkage.evaluation.tables import Cohort, expected_false, shares

if TYPE_CHECKING:
    from linkage.engines.duckdb import DuckDBEngine
    from linkage.rules import Cascade

_WITHHELD = """
SELECT
    relinked.patient_id,
    relinked.death_id,
    relinked.rule_position,
    earliest_day(death.death_date_partial) AS death_from,
    latest_day(death.death_date_partial) AS death_until,
    coalesce(latest_day(death.death_date_partial) < contact.first_contact - {tolerance}, FALSE) AS before_first_contact,
    coalesce(latest_day(death.death_date_partial) < contact.last_contact - {tolerance}, FALSE) AS before_last_contact
FROM relinked
JOIN death ON relinked.death_id = death.death_id
LEFT JOIN contact ON relinked.patient_id = contact.patient_id
ORDER BY length(relinked.patient_id), relinked.patient_id
"""

# False links need deaths that could be a patient's: those of people born in the same year, as the years of
# birth of the dead move on with the years of death.
_AT_RISK = """
WITH dated AS (
    SELECT
        coalesce(substr(coalesce(birth_date, birth_date_partial), 1, 4), '') AS born,
        latest_day(death_date_partial) AS day
    FROM death
),
running AS (
    SELECT born, day, sum(count(*)) OVER (PARTITION BY born ORDER BY day) AS deaths
    FROM dated WHERE day IS NOT NULL GROUP BY born, day
),
everything AS (
    SELECT born, count(*) AS deaths FROM dated GROUP BY born
),
person AS (
    SELECT
        patient.patient_id,
        coalesce(substr(coalesce(birth_date, birth_date_partial), 1, 4), '') AS born,
        contact.first_contact - {tolerance} AS first_day,
        contact.last_contact - {tolerance} AS last_day
    FROM patient LEFT JOIN contact ON patient.patient_id = contact.patient_id
)
SELECT
    person.patient_id,
    coalesce(before_first.deaths, 0) AS before_first_contact,
    coalesce(before_last.deaths, 0) AS before_last_contact,
    coalesce(everything.deaths, 0) - coalesce(before_last.deaths, 0) AS allowed
FROM person
LEFT JOIN everything ON person.born = everything.born
ASOF LEFT JOIN running AS before_first ON person.born = before_first.born AND person.first_day > before_first.day
ASOF LEFT JOIN running AS before_last ON person.born = before_last.born AND person.last_day > before_last.day
"""


def links_without_encounters(engine: "DuckDBEngine", cascade: "Cascade") -> pd.DataFrame:
    """The links that the cascade would make if it knew no encounters: patient_id, death_id, rule, the first and last
    day that the death may have been, and whether it lies before the first and before the last contact."""
    tolerance = cascade.plausibility.contact_tolerance_days
    with accepted_pairs(engine, cascade, contacts=False), relinked(engine, cascade):
        found: pd.DataFrame = engine.frame(_WITHHELD.format(tolerance=tolerance))
    return found.assign(rule=found["rule_position"].map(lambda place: cascade.rules[place - 1].id))


def deaths_at_risk(engine: "DuckDBEngine", cascade: "Cascade") -> pd.DataFrame:
    """For each patient the deaths, of people born in the same year, before the first contact, before the last one, and
    those that the run may link (`allowed`)."""
    found: pd.DataFrame = engine.frame(_AT_RISK.format(tolerance=cascade.plausibility.contact_tolerance_days))
    return found


def known_alive(withheld: pd.DataFrame, at_risk: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Links to a death before a later contact (Newman & Brown, JAMIA 1997), scaled to the links of the run."""
    return _from_window(withheld, at_risk, cohort, "before_last_contact")


def before_first_contact(withheld: pd.DataFrame, at_risk: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Links to deaths before the first contact (design of Foster 2000), scaled to the links of the run."""
    return _from_window(withheld, at_risk, cohort, "before_first_contact")


def _from_window(withheld: pd.DataFrame, at_risk: pd.DataFrame, cohort: Cohort, window: str) -> pd.DataFrame:
    # Whoever has a link, nearly always a true one, is not open to a false one: neither then nor in the run.
    is_open = ~at_risk["patient_id"].isin(set(cohort.links["patient_id"]))
    risks = at_risk[["patient_id"]].assign(
        seen_at_risk=at_risk[window].where(is_open, 0), run_at_risk=at_risk["allowed"].where(is_open, 0)
    )
    return expected_false(withheld[withheld[window]], risks, cohort)


def alive_linked(withheld: pd.DataFrame, at_risk: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Of the patients seen alive after some death of the registry, how many are linked to such a death."""
    linked = set(withheld.loc[withheld["before_last_contact"], "patient_id"])
    alive = at_risk.loc[at_risk["before_last_contact"] > 0, ["patient_id"]]
    frame = alive.assign(linked_though_alive=alive["patient_id"].isin(linked))
    return shares(frame, ["linked_though_alive"], cohort, [name for name in cohort.variables if name != "rule"])
