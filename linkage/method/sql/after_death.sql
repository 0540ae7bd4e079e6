-- One row per patient and start of an encounter, if the encounter began after a known death of the patient: on a later
-- day, or later on that day if the hour of death is known. A death known only to the day (midnight) says nothing about
-- its hours: an account opened then may be the same stay registered again. Not used: a death that is not plausible, a
-- death outside the stay that records it, and a death outside any stay if a stay of the patient contains a death.
WITH contained AS (
  SELECT *, BOOL_OR(is_stay) OVER (PARTITION BY patient_id) AS died_in_a_stay
  FROM hospital_death
  WHERE death_date >= COALESCE(start_date, death_date)
),
known_death AS (
  SELECT
    patient_id, start_time, death_date,
    CASE WHEN death_time <> CAST(CAST(death_time AS DATE) AS TIMESTAMP) THEN death_time END AS death_hour
  FROM contained
  WHERE is_stay OR NOT died_in_a_stay
)
SELECT
  later.patient_id,
  later.start_time,
  BOOL_OR(
    CAST(later.start_time AS DATE) > known_death.death_date
    OR COALESCE(later.start_time >= known_death.death_hour, FALSE)
  ) AS starts_after_death,
  BOOL_OR(CAST(later.start_time AS DATE) = known_death.death_date) AS starts_on_day_of_death,
  MAX(days_between(CAST(later.start_time AS DATE), known_death.death_date)) AS days_after_hospital_death
FROM encounter AS later
JOIN known_death
  ON known_death.patient_id = later.patient_id
  AND (known_death.start_time < later.start_time OR known_death.start_time IS NULL)
GROUP BY later.patient_id, later.start_time
