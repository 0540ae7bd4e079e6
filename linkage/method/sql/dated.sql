-- Steps of a WITH. `with_death` has one row per encounter: its dates as days, and the day of death that it records. A row
-- with a death but neither start nor discharge, as in a table of deaths, is not a stay.
dated AS (
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
    COALESCE(start_time, discharge_time) IS NULL AND (died_written OR death_time IS NOT NULL) AS records_only_a_death,
    CASE
      WHEN NOT died_flagged THEN NULL
      WHEN discharge_before_start OR discharge_written IS NULL THEN start_date
      ELSE discharge_written
    END AS flag_date
  FROM dated
)
