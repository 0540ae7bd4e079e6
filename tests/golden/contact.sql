WITH dated AS (
  SELECT
    patient_id, kind, start_time, discharge_time, death_time,
    CAST(start_time AS DATE) AS start_date,
    CAST(discharge_time AS DATE) AS discharge_written,
    COALESCE(start_time, discharge_time) IS NOT NULL AS is_stay,
    COALESCE(CAST(discharge_time AS DATE) < CAST(start_time AS DATE), FALSE) AS discharge_before_start,
    COALESCE(died_in_hospital, death_time IS NOT NULL) AS died_written,
    COALESCE(died_in_hospital, FALSE) AS died_flagged,
    COALESCE(organ_donor, FALSE) AS organ_donor_declared
  FROM encounter
),
with_death AS (
  SELECT
    *,
    CASE
      WHEN death_time IS NOT NULL OR NOT died_written THEN NULL
      WHEN discharge_written IS NULL OR discharge_before_start THEN 'none'
      ELSE 'discharge'
    END AS death_stand_in,
    CASE
      WHEN death_time IS NOT NULL THEN CAST(death_time AS DATE)
      WHEN died_written AND NOT discharge_before_start THEN discharge_written
    END AS death_written,
    COALESCE(start_time, discharge_time) IS NULL AND (died_written OR death_time IS NOT NULL) AS tells_of_death_alone,
    CASE
      WHEN NOT died_flagged THEN NULL
      WHEN discharge_before_start OR discharge_written IS NULL THEN start_date
      ELSE discharge_written
    END AS flag_date
  FROM dated
),
every_account AS (
  SELECT patient_id, kind, start_time, discharge_time, death_time, start_date, discharge_written, is_stay, tells_of_death_alone, discharge_before_start, died_written, organ_donor_declared, death_stand_in, death_written, doubt, died, death_date, death_stood_in FROM hospital_death
  UNION ALL
  SELECT
    patient_id, kind, start_time, discharge_time, death_time, start_date, discharge_written, is_stay, tells_of_death_alone, discharge_before_start, died_written, organ_donor_declared, death_stand_in, death_written, CAST(NULL AS STRING) AS doubt, FALSE AS died, CAST(NULL AS DATE) AS death_date,
    CAST(NULL AS DATE) AS death_stood_in
  FROM with_death
  WHERE NOT died_written AND death_time IS NULL
),
with_donors AS (
  SELECT
    every_account.*,
    after_death.days_after_hospital_death,
    every_account.organ_donor_declared
      OR COALESCE(after_death.starts_after_death, FALSE)
      OR COALESCE(
        after_death.starts_on_day_of_death AND every_account.discharge_time < every_account.start_time, FALSE)
      OR COALESCE(every_account.discharge_before_start AND every_account.death_date < every_account.start_date, FALSE)
      AS organ_donor
  FROM every_account
  LEFT JOIN after_death
    ON after_death.patient_id = every_account.patient_id AND after_death.start_time = every_account.start_time
),
with_stand_ins AS (
  SELECT
    *,
    CASE
      WHEN NOT is_stay OR (discharge_written IS NOT NULL AND NOT discharge_before_start) THEN NULL
      WHEN death_date >= start_date THEN 'death'
      WHEN start_date IS NOT NULL THEN 'start'
    END AS discharge_stand_in
  FROM with_donors
),
encounter_checked AS (
  SELECT
    *,
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
    MIN(CASE WHEN NOT organ_donor AND is_stay AND death_date >= COALESCE(start_date, death_date) AND days_between(death_date, COALESCE(discharge_date, death_date)) <= 1 THEN death_date END),
    MIN(CASE WHEN NOT organ_donor AND death_date >= COALESCE(start_date, death_date) THEN death_date END),
    MIN(death_date)
  ) AS hospital_death_date,
  COALESCE(BOOL_OR(is_stay AND death_date >= COALESCE(start_date, death_date) AND days_between(death_date, COALESCE(discharge_date, death_date)) <= 1), FALSE) AS died_in_stay,
  MIN(CASE WHEN NOT organ_donor THEN death_stood_in END) AS hospital_death_stood_in,
  BOOL_OR(died) AS died_in_hospital,
  COALESCE(BOOL_OR(doubt <> 'placeholder date' AND NOT (doubt = 'seen alive later' AND is_stay)), FALSE)
    AS death_in_doubt,
  MIN(CASE WHEN NOT organ_donor AND is_stay THEN COALESCE(start_date, discharge_date) END) AS first_contact,
  MAX(CASE WHEN NOT organ_donor AND is_stay THEN GREATEST(start_date, discharge_date) END) AS last_contact,
  MAX(CASE WHEN NOT organ_donor AND is_stay AND kind IN ('hospital', 'ed') THEN discharge_date END) AS anchor_date
FROM encounter_checked
GROUP BY patient_id
