"""Negative controls by time: deaths before a patient's last contact, and before the first.

The cascade excludes links to a death before the last contact, so the links of the run do not show these false
links. Here pairs are assigned again with encounters withheld: the same rules and the same one-to-one assignment,
without the dates of hospital contacts. A resulting link to a death well before a later physical contact is false. Per
death, false links are equally likely in the years in which the run may link.
"""

from typing import TYPE_CHECKING

import pandas as pd

from linkage.evaluation.tables import Cohort, expected_false, shares
from linkage.method.columns import SIDES
from linkage.relink.relinking import accepted_pairs, relinked

if TYPE_CHECKING:
    from linkage.engines.duck.engine import DuckDBEngine
    from linkage.rules.cascade import Cascade

_WITHHELD = """
SELECT
    relinked.patient_id,
    relinked.death_id,
    relinked.rule_position,
    earliest_day(death.death_date_partial) AS death_from,
    latest_day(death.death_date_partial) AS death_until,
    {patient_born} - {death_born} AS years_apart,
    coalesce(latest_day(death.death_date_partial) < contact.first_contact - {tolerance}, FALSE) AS before_first_contact,
    coalesce(latest_day(death.death_date_partial) < contact.last_contact - {tolerance}, FALSE) AS before_last_contact
FROM relinked
JOIN patient ON relinked.patient_id = patient.patient_id
JOIN death ON relinked.death_id = death.death_id
LEFT JOIN contact ON relinked.patient_id = contact.patient_id
ORDER BY length(relinked.patient_id), relinked.patient_id
"""

# Only deaths of people born in the same year count as at risk, because the birth years of the deceased shift with the
# years of death.
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


# A rule that accepts a similar birth date links people born in different years, whose deaths are distributed
# over the years differently from those of people born in the same year.
_PAIRS = """
WITH dead AS (
    SELECT {death_born} AS born, date_trunc('month', latest_day(death_date_partial)) AS month, count(*) AS deaths
    FROM death GROUP BY ALL
),
seen AS (
    SELECT {patient_born} AS born, unnest(['first_contact', 'last_contact']) AS contact,
        unnest([contact.first_contact, contact.last_contact]) - {tolerance} AS day
    FROM patient LEFT JOIN contact ON patient.patient_id = contact.patient_id
    WHERE patient.patient_id NOT IN (SELECT patient_id FROM link)
),
person AS (
    SELECT born, contact, date_trunc('month', day) AS month, count(*) AS people FROM seen GROUP BY ALL
)
SELECT
    person.contact, apart.years_apart,
    coalesce(sum(people * deaths) FILTER (WHERE dead.month < person.month), 0) AS before,
    sum(people * deaths) AS everything
FROM (SELECT unnest([{years}]) AS years_apart) AS apart
CROSS JOIN person
JOIN dead ON dead.born = person.born - apart.years_apart
GROUP BY ALL
"""
_BORN = {
    f"{side}_born": f"try_cast(substr(coalesce({side}.birth_date, {side}.birth_date_partial), 1, 4) AS INTEGER)"
    for side in SIDES
}
_WINDOWS = ("before_first_contact", "before_last_contact")


def links_without_encounters(engine: "DuckDBEngine", cascade: "Cascade") -> pd.DataFrame:
    """The links that the cascade would make without encounters: patient_id, death_id, rule, the first and last
    possible day of the death, whether it is before the first and before the last contact, and the weight of
    such a link (see `expected_false`)."""
    tolerance = cascade.plausibility.contact_tolerance_days
    with accepted_pairs(engine, cascade, contacts=False), relinked(engine, cascade):
        found: pd.DataFrame = engine.frame(_WITHHELD.format(tolerance=tolerance, **_BORN))
    apart = found.loc[found["before_last_contact"], "years_apart"].dropna().astype(int)
    pairs = _pairs_by_years_apart(engine, tolerance, sorted({0, *apart}))
    allowed = pairs["everything"] - pairs["before_last_contact"]
    for window in _WINDOWS:
        scale = allowed / pairs[window].where(pairs[window] > 0)
        found[f"{window}_weight"] = found["years_apart"].map(scale / scale[0]).fillna(1.0)
    return found.assign(rule=found["rule_position"].map(lambda place: cascade.rules[place - 1].id))


def _pairs_by_years_apart(engine: "DuckDBEngine", tolerance: int, years: list[int]) -> pd.DataFrame:
    """Counts of all pairs of an unlinked patient and a death, by the difference of their birth years: `everything`, and
    the pairs whose death is (by month) before the first and before the last contact."""
    listed = ", ".join(str(number) for number in years)
    found: pd.DataFrame = engine.frame(_PAIRS.format(tolerance=tolerance, years=listed, **_BORN))
    before = found.pivot_table("before", "years_apart", "contact", "sum", fill_value=0).add_prefix("before_")
    before = before.reindex(columns=list(_WINDOWS), fill_value=0)  # there are no pairs if all patients are linked
    everything = found[found["contact"] == "last_contact"].set_index("years_apart")["everything"]
    return before.assign(everything=everything).reindex(years, fill_value=0)


def deaths_at_risk(engine: "DuckDBEngine", cascade: "Cascade") -> pd.DataFrame:
    """For each patient, the number of deaths of people born in the same year: before the first contact, before the
    last contact, and those that the run may link (`allowed`)."""
    found: pd.DataFrame = engine.frame(_AT_RISK.format(tolerance=cascade.plausibility.contact_tolerance_days))
    return found


def known_alive(withheld: pd.DataFrame, at_risk: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """The expected false links, from links to a death before a later contact (Newman & Brown, JAMIA 1997)."""
    return _from_window(withheld, at_risk, cohort, "before_last_contact")


def before_first_contact(withheld: pd.DataFrame, at_risk: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """The expected false links, from links to deaths before the first contact (design of Foster 2000)."""
    return _from_window(withheld, at_risk, cohort, "before_first_contact")


def _from_window(withheld: pd.DataFrame, at_risk: pd.DataFrame, cohort: Cohort, window: str) -> pd.DataFrame:
    # A linked patient, whose link is nearly always true, cannot get a false link, with or without encounters.
    is_open = ~at_risk["patient_id"].isin(set(cohort.links["patient_id"]))
    risks = at_risk[["patient_id"]].assign(
        seen_at_risk=at_risk[window].where(is_open, 0), run_at_risk=at_risk["allowed"].where(is_open, 0)
    )
    seen = withheld[withheld[window]].rename(columns={f"{window}_weight": "weight"})
    return expected_false(seen, risks, cohort)


def alive_linked(withheld: pd.DataFrame, at_risk: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """The share of patients seen alive after some death of the registry that are linked to such a death."""
    linked = set(withheld.loc[withheld["before_last_contact"], "patient_id"])
    alive = at_risk.loc[at_risk["before_last_contact"] > 0, ["patient_id"]]
    frame = alive.assign(linked_though_alive=alive["patient_id"].isin(linked))
    return shares(frame, ["linked_though_alive"], cohort, [name for name in cohort.variables if name != "rule"])
