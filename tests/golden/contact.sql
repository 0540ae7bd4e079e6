SELECT
  patient_id,
  COALESCE(
    MIN(CASE WHEN NOT organ_donor AND death_date >= COALESCE(start_date, death_date) THEN death_date END),
    MIN(death_date)
  ) AS hospital_death_date,
  BOOL_OR(died OR death_time_known) AS died_in_hospital,
  MIN(CASE WHEN NOT organ_donor THEN COALESCE(start_date, discharge_date) END) AS first_contact,
  MAX(CASE WHEN NOT organ_donor THEN GREATEST(start_date, discharge_date) END) AS last_contact,
  MAX(CASE WHEN NOT organ_donor AND kind IN ('hospital', 'ed') THEN discharge_date END) AS anchor_date
FROM encounter_checked
GROUP BY patient_id
