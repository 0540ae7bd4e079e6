-- One row per patient with encounters: hospital death, first and last contact, anchor.
-- A death inside a stay takes precedence over one outside any stay, and both over one that an organ donor's account
-- repeats. Only stays are contacts: a row that records only a death, perhaps learned of later, shows no patient alive. A
-- date of death outside any stay is a sign of death even if it cannot be right; a stay that ended with a death by mistake
-- is not.
WITH {encounter_checked},
located AS (
  SELECT
    *,
    is_stay AND death_date >= COALESCE(start_date, death_date)
      AND days_between(death_date, COALESCE(discharge_date, death_date)) <= 1 AS died_inside
  FROM encounter_checked
)
SELECT
  patient_id,
  COALESCE(
    MIN(CASE WHEN NOT organ_donor AND died_inside THEN death_date END),
    MIN(CASE WHEN NOT organ_donor AND death_date >= COALESCE(start_date, death_date) THEN death_date END),
    MIN(death_date)
  ) AS hospital_death_date,
  COALESCE(BOOL_OR(died_inside), FALSE) AS died_in_stay,
  MIN(CASE WHEN NOT organ_donor THEN death_stood_in END) AS hospital_death_stood_in,
  BOOL_OR(died) AS died_in_hospital,
  COALESCE(BOOL_OR(doubt <> 'placeholder date' AND NOT (doubt = 'seen alive later' AND is_stay)), FALSE)
    AS death_in_doubt,
  MIN(CASE WHEN NOT organ_donor AND is_stay THEN COALESCE(start_date, discharge_date) END) AS first_contact,
  MAX(CASE WHEN NOT organ_donor AND is_stay THEN GREATEST(start_date, discharge_date) END) AS last_contact,
  MAX(CASE WHEN NOT organ_donor AND is_stay AND kind IN ({kinds}) THEN discharge_date END) AS anchor_date
FROM located
GROUP BY patient_id
