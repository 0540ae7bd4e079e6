-- Steps of a WITH. `encounter_checked` has one row per encounter: whether it is an organ donor's, and the discharge used.
-- Nobody is discharged before arriving, unless dead: a negative length is a donor's account if it is on the day of a
-- death, or after a death that the account itself repeats from an account that is not in the file.
-- Not stored as a table: computing it twice costs less than storing the longest table of a job once more.
{dated},
every_account AS (
  SELECT
    patient_id, kind, start_time, discharge_time, death_time, start_date, discharge_written, is_stay,
    records_only_a_death, discharge_before_start, died_written, organ_donor_declared, death_stand_in, death_written,
    doubt, died, death_date, death_stood_in
  FROM hospital_death
  UNION ALL
  SELECT
    patient_id, kind, start_time, discharge_time, death_time, start_date, discharge_written, is_stay,
    records_only_a_death, discharge_before_start, died_written, organ_donor_declared, death_stand_in, death_written,
    CAST(NULL AS STRING) AS doubt, FALSE AS died, CAST(NULL AS DATE) AS death_date, CAST(NULL AS DATE) AS death_stood_in
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
