"""Which certificate dates the death of a linked patient, where one person has several.

It is a step of its own because a link is to a person, and the certificates of one person may give different dates. A
date that time makes impossible for this patient never counts. The file may say which certificate amends which: one that
another amends is out of date. Among those that are left, one whose partial date holds another's date says nothing of
its own, and the earliest date stands. Where the dates differ, all certificates go to review.
"""

from linkage.engines import Engine
from linkage.rules.cascade import Plausibility

# One row per dated certificate of each linked patient whose death has several.
_CERTIFICATE = """
WITH told AS (
  SELECT
    link.patient_id, certificate.death_id, certificate.amends, certificate.death_date_partial,
    earliest_day(certificate.death_date_partial) AS earliest,
    latest_day(certificate.death_date_partial) AS latest
  FROM link
  JOIN death_person AS linked ON linked.death_id = link.death_id
  JOIN death_person AS other ON other.person_id = linked.person_id
  JOIN death AS certificate ON certificate.death_id = other.death_id
  WHERE certificate.death_date_partial IS NOT NULL
),
beside AS (
  SELECT
    told.patient_id, told.death_id,
    BOOL_OR(COALESCE(other.amends = told.death_id, FALSE)) AS amended,
    BOOL_OR(COALESCE(
      other.earliest >= told.earliest AND other.latest <= told.latest
      AND (other.earliest > told.earliest OR other.latest < told.latest), FALSE)
    ) AS told_more_fully
  FROM told
  LEFT JOIN told AS other ON other.patient_id = told.patient_id AND other.death_id <> told.death_id
  GROUP BY told.patient_id, told.death_id
),
judged AS (
  SELECT told.*, beside.amended, beside.told_more_fully, {impossible} AS impossible
  FROM told
  JOIN beside ON beside.patient_id = told.patient_id AND beside.death_id = told.death_id{contact}
),
placed AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY patient_id
      ORDER BY impossible, amended, told_more_fully, earliest, latest, length(death_id), death_id
    ) AS place
  FROM judged
),
counted AS (
  SELECT patient_id, COUNT(DISTINCT death_date_partial) AS dates
  FROM judged
  WHERE NOT told_more_fully
  GROUP BY patient_id
)
SELECT
  placed.patient_id, placed.death_id, placed.place = 1 AND NOT placed.impossible AS dates_the_death,
  counted.dates > 1 AS differs
FROM placed
JOIN counted ON counted.patient_id = placed.patient_id
"""
_IMPOSSIBLE = "COALESCE(days_between(contact.last_contact, told.latest) > {tolerance}, FALSE)"


def choose_certificates(engine: Engine, limits: Plausibility, *, contacts: bool) -> None:
    """From `link` make `certificate`: each certificate of a linked patient whose death has several with a date, whether
    it dates the death (`dates_the_death`), and whether the dates differ (`differs`).

    With `contacts`, a certificate from before the patient's last contact dates no death.
    """
    impossible = _IMPOSSIBLE.format(tolerance=limits.contact_tolerance_days) if contacts else "FALSE"
    join = "\n  LEFT JOIN contact ON contact.patient_id = told.patient_id" if contacts else ""
    engine.create("certificate", _CERTIFICATE.format(impossible=impossible, contact=join))
