"""Released dates of death as OMOP's `death`, PCORnet's DEATH and i2b2's vital status.

Only released dates of death are exported. Censored dates, or a status of "alive", would reveal whether a patient died
after the follow-up year.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from linkage.export.definitions import DEATH_TYPES
from linkage.quoting import literal

SOURCES = {"registry": ("registry", "S"), "certificate": ("certificate", "S"), "ssa": ("ssa", "D")}
"""The kinds of registry: type in OMOP and letter in PCORnet."""


def registry_of(manifest: Mapping[str, Any]) -> str:
    """The kind of registry that the deaths of a run are from, inferred from the file format; by default "registry".

    >>> registry_of({"inputs": [{}, {"file": "dmf.txt", "declared": {"layout": "ssa_dmf"}}]})
    'ssa'
    """
    deaths = manifest["inputs"][1]
    layout, file = deaths.get("declared", {}).get("layout", ""), str(deaths["file"]).lower()
    if layout == "ssa_dmf":
        return "ssa"
    is_certificate = layout in ("ije_mortality", "mortality_roster") or file.endswith((".json", ".ndjson", ".jsonl"))
    return "certificate" if is_certificate else "registry"


def omop_death(outcomes: str, registry: str) -> str:
    """The SELECT for OMOP's `death`: one row per patient with a released date. As OMOP requires, a date known only to
    the month or year becomes the last day of that month or year."""
    return f"""
SELECT
  CAST(patient_id AS BIGINT) AS person_id,
  CASE death_date_precision
    WHEN 'year' THEN make_date(year(CAST(dod AS DATE)), 12, 31)
    WHEN 'month' THEN last_day(CAST(dod AS DATE))
    ELSE CAST(dod AS DATE)
  END AS death_date,
  CAST(NULL AS TIMESTAMP) AS death_datetime,
  CAST(
    CASE death_source WHEN 'hospital' THEN {DEATH_TYPES["ehr"]} ELSE {DEATH_TYPES[SOURCES[registry][0]]} END AS BIGINT
  ) AS death_type_concept_id,
  CAST(NULL AS BIGINT) AS cause_concept_id,
  CAST(NULL AS VARCHAR) AS cause_source_value,
  CAST(NULL AS BIGINT) AS cause_source_concept_id
FROM {outcomes} WHERE dod IS NOT NULL ORDER BY person_id
"""


def confidence(asked: Mapping[str, Sequence[str]], columns: Sequence[str]) -> str:
    """PCORnet's match confidence of a link, from the fields that its rule compares: partial if one is not known, exact
    if all agree exactly, otherwise fuzzy.

    >>> confidence({"R1": ["ssn"]}, ["ssn_agreement"])[:63]
    "CASE WHEN link.rule = 'R1' THEN CASE WHEN link.ssn_agreement = "
    """
    cases = []
    for rule, fields in asked.items():
        found = [f"link.{name}_agreement" for name in fields if f"{name}_agreement" in columns]
        partial = " OR ".join(f"{name} = 'not_known'" for name in found) or "FALSE"
        exact = " AND ".join(f"{name} = 'exact'" for name in found) or "FALSE"
        cases.append(
            f"WHEN link.rule = {literal(rule)} THEN CASE WHEN {partial} THEN 'P' WHEN {exact} THEN 'E' ELSE 'F' END"
        )
    return f"CASE {' '.join(cases)} ELSE 'NI' END"


def pcornet_death(outcomes: str, links: str, sure: str, registry: str) -> str:
    """The SELECT for PCORnet's DEATH: one row per source for each patient with a released date.

    `sure` is the SQL expression from `confidence`. If the released date is the hospital's, the registry's date gets a
    second row if it is known to the day and not after the censoring date.
    """
    letter = SOURCES[registry][1]
    return f"""
WITH dated AS (
  SELECT
    patient_id, CAST(dod AS DATE) AS died,
    CASE death_date_precision WHEN 'year' THEN 'B' WHEN 'month' THEN 'D' ELSE 'N' END AS impute,
    CASE death_source WHEN 'hospital' THEN 'L' ELSE '{letter}' END AS source
  FROM {outcomes} WHERE dod IS NOT NULL
  UNION ALL
  SELECT patient_id, CAST(registry_death_date AS DATE), 'N', '{letter}' FROM {outcomes}
  WHERE dod IS NOT NULL AND death_source = 'hospital' AND dates_differ_days IS NOT NULL
    AND CAST(registry_death_date AS DATE) <= CAST(censor_date AS DATE)
)
SELECT
  dated.patient_id AS PATID, dated.died AS DEATH_DATE, dated.impute AS DEATH_DATE_IMPUTE,
  dated.source AS DEATH_SOURCE,
  CASE WHEN dated.source = 'L' THEN 'NI' ELSE {sure} END AS DEATH_MATCH_CONFIDENCE
FROM dated LEFT JOIN {links} AS link ON link.patient_id = dated.patient_id
ORDER BY length(PATID), PATID, DEATH_SOURCE
"""


NO_BIRTHS = "SELECT CAST(NULL AS VARCHAR) AS patient_id, CAST(NULL AS VARCHAR) AS born WHERE FALSE"
"""An empty table of birth dates, for an export without them."""


def i2b2_patients(outcomes: str, births: str) -> str:
    """The SELECT for i2b2's vital status: for each patient, the precision of the released date of death, and the birth
    date. A patient without a released date is "not known", never "alive".

    `births` is a table of patient_id and born: YYYYMMDD with zeros for unknown parts. A partial birth date is written
    as the first day that it can mean.
    """
    return f"""
SELECT
  CAST(outcome.patient_id AS BIGINT) AS PATIENT_NUM,
  CASE WHEN dod IS NULL THEN 'U' WHEN death_date_precision = 'year' THEN 'X'
    WHEN death_date_precision = 'month' THEN 'M' ELSE 'Y' END
  || CASE WHEN born IS NULL THEN 'L' WHEN substr(born, 5, 2) = '00' THEN 'F'
    WHEN substr(born, 7, 2) = '00' THEN 'B' ELSE 'D' END AS VITAL_STATUS_CD,
  strptime(replace(substr(born, 1, 4) || '-' || substr(born, 5, 2) || '-' || substr(born, 7, 2), '-00', '-01'),
    '%Y-%m-%d') AS BIRTH_DATE,
  CAST(CAST(dod AS DATE) AS TIMESTAMP) AS DEATH_DATE
FROM {outcomes} AS outcome
LEFT JOIN {births} AS birth ON birth.patient_id = outcome.patient_id AND substr(born, 1, 4) <> '0000'
ORDER BY PATIENT_NUM
"""
