"""Released dates of death as OMOP's `death`, PCORnet's DEATH and i2b2's vital status.

Only the released date of death goes out. What censoring withholds, and that a patient is known to be alive, would tell
of deaths after the year.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from linkage.export.definitions import DEATH_TYPES
from linkage.quoting import literal

SOURCES = {"registry": ("registry", "S"), "certificate": ("certificate", "S"), "ssa": ("ssa", "D")}
"""What a registry may be: its type in OMOP and its letter in PCORnet."""


def registry_of(manifest: Mapping[str, Any]) -> str:
    """What the deaths of a run are from, by their format; a registry, where that says nothing.

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
    """The SELECT of OMOP's `death`: one row for each patient with a released date. A date known to the month is its
    last day, and one known to the year its last, as OMOP asks."""
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
    """PCORnet's confidence of a link, from the fields that its rule asks for: exact, partial where one is not known,
    otherwise fuzzy.

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
    """The SELECT of PCORnet's DEATH: one row for each patient with a released date and each of its sources.

    `sure` is the expression of `confidence`. Of a date by the hospital, the registry's own stands beside it where its
    day is known and lies in the year.
    """
    letter = SOURCES[registry][1]
    return f"""
WITH told AS (
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
  told.patient_id AS PATID, told.died AS DEATH_DATE, told.impute AS DEATH_DATE_IMPUTE,
  told.source AS DEATH_SOURCE,
  CASE WHEN told.source = 'L' THEN 'NI' ELSE {sure} END AS DEATH_MATCH_CONFIDENCE
FROM told LEFT JOIN {links} AS link ON link.patient_id = told.patient_id
ORDER BY length(PATID), PATID, DEATH_SOURCE
"""


NO_BIRTHS = "SELECT CAST(NULL AS VARCHAR) AS patient_id, CAST(NULL AS VARCHAR) AS born WHERE FALSE"
"""The birth dates of patients, where they are not told."""


def i2b2_patients(outcomes: str, births: str) -> str:
    """The SELECT of i2b2's vital status: for each patient how precisely a released date of death is known, and the
    birth date. Who has no released date is not known to live.

    `births` is a table of patient_id and born: YYYYMMDD with zeros for what is not known, of which the first day that
    it can mean is written.
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
