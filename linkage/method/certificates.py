"""Which certificate dates the death of a linked patient, where one person has several.

It is a step of its own because a link is to a person, and the certificates of one person may give different dates. A
date that time makes impossible for this patient never counts. The file may say which certificate amends which: one that
another amends is out of date. Among those that are left, one whose partial date holds another's date says nothing of
its own, and the earliest date stands. Where the dates differ, all certificates go to review.
"""

from linkage.engines import Engine
from linkage.method import crowds
from linkage.rules.cascade import Plausibility

# Which certificate is the best depends on a person's certificates and on the last contact, and on nothing else of a
# patient: records that are linked together have both in common.
_CERTIFICATE = """
WITH linked AS (
  SELECT link.patient_id, own.person_id, {last_contact} AS last_contact
  FROM link
  JOIN death_person AS own ON own.death_id = link.death_id{contact}
),
person AS (
  SELECT person_id, COUNT(*) AS patients FROM linked GROUP BY person_id
),
told AS (
  SELECT
    person.person_id, certificate.death_id, certificate.amends, certificate.death_date_partial,
    earliest_day(certificate.death_date_partial) AS earliest,
    latest_day(certificate.death_date_partial) AS latest
  FROM person
  JOIN death_person AS other ON other.person_id = person.person_id
  JOIN death AS certificate ON certificate.death_id = other.death_id
  WHERE certificate.death_date_partial IS NOT NULL
),
date_told AS (
  SELECT DISTINCT person_id, earliest, latest FROM told
),
held_by_another AS (
  SELECT DISTINCT one.person_id, one.earliest, one.latest
  FROM date_told AS one
  JOIN date_told AS other ON other.person_id = one.person_id
    AND other.earliest >= one.earliest AND other.latest <= one.latest
    AND (other.earliest > one.earliest OR other.latest < one.latest)
),
out_of_date AS (
  SELECT DISTINCT told.death_id
  FROM told
  JOIN told AS later ON later.person_id = told.person_id
    AND later.amends = told.death_id AND later.death_id <> told.death_id
),
judged AS (
  SELECT
    told.*,
    out_of_date.death_id IS NOT NULL AS amended,
    held_by_another.person_id IS NOT NULL AS told_more_fully
  FROM told
  LEFT JOIN out_of_date ON out_of_date.death_id = told.death_id
  LEFT JOIN held_by_another ON held_by_another.person_id = told.person_id
    AND held_by_another.earliest = told.earliest AND held_by_another.latest = told.latest
),
counted AS (
  SELECT
    judged.person_id,
    COUNT(DISTINCT CASE WHEN NOT told_more_fully THEN death_date_partial END) > 1 AS differs,
    COUNT(*) > {crowd} OR MAX(person.patients) > {crowd} AS is_crowd
  FROM judged
  JOIN person ON person.person_id = judged.person_id
  GROUP BY judged.person_id
),
seen AS (
  SELECT DISTINCT person_id, last_contact FROM linked
),
possible AS (
  SELECT judged.*, seen.last_contact, days_between(seen.last_contact, judged.latest) > {tolerance} AS impossible
  FROM seen
  JOIN judged ON judged.person_id = seen.person_id
),
placed AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY person_id, last_contact
      ORDER BY impossible, amended, told_more_fully, earliest, latest, length(death_id), death_id
    ) AS place
  FROM possible
)
SELECT
  linked.patient_id, placed.death_id, placed.place = 1 AND NOT placed.impossible AS dates_the_death, counted.differs
FROM linked
JOIN counted ON counted.person_id = linked.person_id
JOIN placed ON placed.person_id = linked.person_id AND placed.last_contact = linked.last_contact
  AND (placed.place = 1 OR counted.differs AND NOT counted.is_crowd)
UNION ALL
SELECT CAST(NULL AS STRING) AS patient_id, judged.death_id, FALSE AS dates_the_death, TRUE AS differs
FROM judged
JOIN counted ON counted.person_id = judged.person_id
LEFT JOIN (SELECT DISTINCT death_id FROM placed WHERE place = 1 AND NOT impossible) AS dating
  ON dating.death_id = judged.death_id
WHERE counted.differs AND counted.is_crowd AND dating.death_id IS NULL
"""
_NEVER_SEEN = "CAST('0001-01-01' AS DATE)"


def choose_certificates(engine: Engine, limits: Plausibility, *, contacts: bool) -> None:
    """From `link` make `certificate`: the certificate that dates the death (`dates_the_death`) of each linked patient
    whose death has several with a date, and where their dates differ (`differs`), all others.

    With `contacts`, a certificate from before the patient's last contact dates no death. Of a person with more than
    `crowds.CROWD` certificates or linked records, the others stand once, without a patient.
    """
    engine.create(
        "certificate",
        _CERTIFICATE.format(
            last_contact=f"COALESCE(contact.last_contact, {_NEVER_SEEN})" if contacts else _NEVER_SEEN,
            contact="\n  LEFT JOIN contact ON contact.patient_id = link.patient_id" if contacts else "",
            tolerance=limits.contact_tolerance_days,
            crowd=crowds.CROWD,
        ),
    )
