-- One row per certificate that dates the death of a linked patient and, if the certificates of that person differ, one
-- for each of the others. The choice depends on the person's certificates and on the last contact, and on nothing else of
-- the patient: records that are linked together have both in common.
WITH linked AS (
  SELECT link.patient_id, own.person_id, {last_contact} AS last_contact
  FROM link
  JOIN death_person AS own ON own.death_id = link.death_id{contact}
),
person AS (
  SELECT person_id, COUNT(*) AS patients FROM linked GROUP BY person_id
),
dated_certificate AS (
  SELECT
    person.person_id, certificate.death_id, certificate.amends, certificate.death_date_partial,
    earliest_day(certificate.death_date_partial) AS earliest,
    latest_day(certificate.death_date_partial) AS latest
  FROM person
  JOIN death_person AS other ON other.person_id = person.person_id
  JOIN death AS certificate ON certificate.death_id = other.death_id
  WHERE certificate.death_date_partial IS NOT NULL
),
known_date AS (
  SELECT DISTINCT person_id, earliest, latest FROM dated_certificate
),
contains_another AS (
  SELECT DISTINCT one.person_id, one.earliest, one.latest
  FROM known_date AS one
  JOIN known_date AS other ON other.person_id = one.person_id
    AND other.earliest >= one.earliest AND other.latest <= one.latest
    AND (other.earliest > one.earliest OR other.latest < one.latest)
),
out_of_date AS (
  SELECT DISTINCT dated_certificate.death_id
  FROM dated_certificate
  JOIN dated_certificate AS later ON later.person_id = dated_certificate.person_id
    AND later.amends = dated_certificate.death_id AND later.death_id <> dated_certificate.death_id
),
judged AS (
  SELECT
    dated_certificate.*,
    out_of_date.death_id IS NOT NULL AS amended,
    contains_another.person_id IS NOT NULL AS is_less_precise
  FROM dated_certificate
  LEFT JOIN out_of_date ON out_of_date.death_id = dated_certificate.death_id
  LEFT JOIN contains_another ON contains_another.person_id = dated_certificate.person_id
    AND contains_another.earliest = dated_certificate.earliest AND contains_another.latest = dated_certificate.latest
),
counted AS (
  SELECT
    judged.person_id,
    COUNT(DISTINCT CASE WHEN NOT is_less_precise THEN death_date_partial END) > 1 AS differs,
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
      ORDER BY impossible, amended, is_less_precise, earliest, latest, length(death_id), death_id
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
