-- One row per patient: status, dates of death, follow-up.
-- A date known to the month or year is an interval of days. No death is before the last contact. If all dates of a linked
-- person are from before it, an undated certificate does not settle whether the patient died. No time is followed that
-- the registry does not cover: it has some of those deaths, but shows none of the living.
WITH only_impossible AS (
  SELECT patient_id FROM certificate GROUP BY patient_id HAVING NOT BOOL_OR(dates_the_death)
),
registry AS (
  SELECT
    link.patient_id, link.death_id, link.rule,
    only_impossible.patient_id IS NOT NULL AS only_impossible_dates,
    CASE
      WHEN SUBSTR(death.death_date_partial, 5, 2) = '00' THEN 'year'
      WHEN SUBSTR(death.death_date_partial, 7, 2) = '00' THEN 'month'
      WHEN death.death_date_partial IS NOT NULL THEN 'day'
    END AS registry_precision,
    earliest_day(death.death_date_partial) AS earliest,
    latest_day(death.death_date_partial) AS latest
  FROM link
  LEFT JOIN certificate ON certificate.patient_id = link.patient_id AND certificate.dates_the_death
  LEFT JOIN only_impossible ON only_impossible.patient_id = link.patient_id
  JOIN death ON death.death_id = COALESCE(certificate.death_id, link.death_id)
),
in_review AS (
  SELECT DISTINCT patient_id FROM review_patient
),
both_records AS (
  SELECT
    patient.patient_id,
    contact.hospital_death_date AS hospital_recorded,
    contact.died_in_stay,
    contact.hospital_death_stood_in,
    contact.anchor_date,
    one_year_after(contact.anchor_date) AS censor_date,
    COALESCE(contact.died_in_hospital, FALSE) AS died_in_hospital,
    registry.death_id,
    registry.rule,
    registry.registry_precision,
    registry.only_impossible_dates,
    registry.earliest,
    registry.latest AS last_day,
    CASE
      WHEN registry.registry_precision = 'day' THEN registry.earliest
      WHEN registry.latest IS NOT NULL THEN LEAST(GREATEST(registry.earliest, contact.last_contact), registry.latest)
    END AS first_day,
    in_review.patient_id IS NOT NULL OR COALESCE(contact.death_in_doubt, FALSE) AS in_review,
    {coverage_first} AS coverage_first,
    {coverage_last} AS coverage_last
  FROM patient
  LEFT JOIN contact ON contact.patient_id = patient.patient_id
  LEFT JOIN registry ON registry.patient_id = patient.patient_id
  LEFT JOIN in_review ON in_review.patient_id = patient.patient_id
),
completed AS (
  SELECT
    *,
    CASE
      WHEN registry_precision NOT IN ({precisions_dated}) THEN NULL
      WHEN first_day > earliest OR registry_precision = 'day' THEN middle_day(first_day, last_day)
      WHEN registry_precision = 'year' THEN MAKE_DATE(YEAR(earliest), 7, 1)
      ELSE MAKE_DATE(YEAR(earliest), MONTH(earliest), 15)
    END AS registry_death_date,
    CASE
      WHEN NOT died_in_stay AND registry_precision = 'day'
        AND days_between(hospital_recorded, last_day) > {long_after} THEN NULL
      ELSE hospital_recorded
    END AS hospital_believed
  FROM both_records
),
known AS (
  SELECT
    *,
    COALESCE(hospital_recorded, hospital_death_stood_in) AS hospital_death_date,
    CASE
      WHEN hospital_believed IS NOT NULL THEN hospital_believed
      WHEN last_day IS NULL THEN hospital_death_stood_in
    END AS hospital_counts
  FROM completed
),
dated AS (
  SELECT
    *,
    CASE
      WHEN hospital_counts IS NOT NULL THEN 'hospital'
      WHEN last_day IS NOT NULL THEN 'registry'
      WHEN died_in_hospital THEN 'hospital'
      WHEN death_id IS NOT NULL THEN 'registry'
    END AS death_source,
    CASE WHEN hospital_counts IS NOT NULL THEN 'day' ELSE registry_precision END AS death_date_precision,
    COALESCE(hospital_counts, registry_death_date) AS death_date,
    COALESCE(hospital_counts, first_day) AS died_from,
    COALESCE(hospital_counts, last_day) AS died_until
  FROM known
),
judged AS (
  SELECT
    *,
    CASE
      WHEN coverage_first > anchor_date THEN anchor_date
      ELSE GREATEST(anchor_date, LEAST(censor_date, coverage_last))
    END AS covered_until,
    CASE
      WHEN anchor_date IS NULL THEN 'no_anchor'
      WHEN died_until <= censor_date AND death_date IS NOT NULL THEN 'died_within_one_year'
      WHEN died_from > censor_date THEN 'died_later'
      WHEN died_from IS NOT NULL THEN 'died_date_partial'
      WHEN death_source = 'registry' AND only_impossible_dates THEN 'in_review'
      WHEN death_source IS NOT NULL THEN 'died_date_not_known'
      WHEN in_review THEN 'in_review'
      WHEN coverage_first > anchor_date OR coverage_last < censor_date THEN 'unknown_not_covered'
      ELSE 'alive_at_one_year'
    END AS status
  FROM dated
),
followed AS (
  SELECT
    *,
    CASE
      WHEN status IN ('in_review', 'died_date_not_known') THEN anchor_date
      WHEN status = 'died_date_partial' THEN LEAST(covered_until, died_from)
      ELSE LEAST(covered_until, death_date)
    END AS followed_until
  FROM judged
)
SELECT
  patient_id,
  status,
  CASE WHEN status = 'died_within_one_year' THEN death_date END AS dod,
  death_date,
  death_source,
  death_date_precision,
  hospital_death_date,
  registry_death_date,
  CASE WHEN registry_precision = 'day' THEN days_between(registry_death_date, hospital_death_date) END
    AS dates_differ_days,
  anchor_date,
  censor_date,
  death_id,
  rule,
  CASE WHEN anchor_date IS NOT NULL THEN GREATEST(0, days_between(followed_until, anchor_date)) END
    AS followup_days,
  CASE WHEN anchor_date IS NOT NULL THEN GREATEST(CAST(0.5 AS DOUBLE), days_between(followed_until, anchor_date)) END
    AS followup_time_days,
  CASE WHEN anchor_date IS NOT NULL
    THEN status = 'died_within_one_year' AND COALESCE(death_date <= covered_until, FALSE) END
    AS death_observed,
  coverage_first,
  coverage_last
FROM followed
