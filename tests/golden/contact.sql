WITH dated AS (
  SELECT
    patient_id, kind, start_time, discharge_time, death_time,
    CAST(start_time AS DATE) AS start_date,
    CAST(discharge_time AS DATE) AS discharge_written,
    COALESCE(CAST(discharge_time AS DATE) < CAST(start_time AS DATE), FALSE) AS discharge_before_start,
    COALESCE(died_in_hospital, death_time IS NOT NULL) AS died,
    COALESCE(organ_donor, FALSE) AS organ_donor_declared
  FROM encounter
),
with_death AS (
  SELECT
    *,
    CASE
      WHEN death_time IS NOT NULL OR NOT died THEN NULL
      WHEN discharge_written IS NULL OR discharge_before_start THEN 'none'
      ELSE 'discharge'
    END AS death_stand_in,
    CASE
      WHEN death_time IS NOT NULL THEN CAST(death_time AS DATE)
      WHEN died AND NOT discharge_before_start THEN discharge_written
    END AS death_date
  FROM dated
),
with_donors AS (
  SELECT
    with_death.*,
    after_death.days_after_hospital_death,
    with_death.organ_donor_declared
      OR COALESCE(after_death.starts_after_death, FALSE)
      OR COALESCE(
        after_death.starts_on_day_of_death AND with_death.discharge_time < with_death.start_time, FALSE)
      OR COALESCE(with_death.discharge_before_start AND with_death.death_date < with_death.start_date, FALSE)
      AS organ_donor
  FROM with_death
  LEFT JOIN after_death
    ON after_death.patient_id = with_death.patient_id AND after_death.start_time = with_death.start_time
),
with_stand_ins AS (
  SELECT
    *,
    CASE
      WHEN discharge_written IS NOT NULL AND NOT discharge_before_start THEN NULL
      WHEN died AND death_date >= COALESCE(start_date, death_date) THEN 'death'
      WHEN start_date IS NOT NULL THEN 'start'
    END AS discharge_stand_in
  FROM with_donors
),
encounter_checked AS (
  SELECT
    *,
    death_time IS NOT NULL AS death_time_known,
    CASE
      WHEN discharge_stand_in IS NULL THEN discharge_written
      WHEN discharge_stand_in = 'death' THEN death_date
      ELSE start_date
    END AS discharge_date
  FROM with_stand_ins
)
SELECT
  patient_id,
  COALESCE(
    MIN(CASE WHEN NOT organ_donor AND death_date >= COALESCE(start_date, death_date) THEN death_date END),
    MIN(death_date)
  ) AS hospital_death_date,
  BOOL_OR(died OR death_time_known) AS died_in_hospital,
  MIN(CASE WHEN NOT organ_donor THEN COALESCE(start_date, discharge_date) END) AS first_contact,
  MAX(CASE WHEN NOT organ_donor THEN GREATEST(start_date, discharge_date) END) AS last_contact,
  MAX(
    CASE
      WHEN NOT organ_donor AND kind IN ('hospital', 'ed') AND COALESCE(start_date, discharge_written) IS NOT NULL
      THEN discharge_date
    END) AS anchor_date
FROM encounter_checked
GROUP BY patient_id
