-- One row per band of days between the hospital's and the registry's date of death: the number of patients.
WITH banded AS (
  SELECT
    CASE
      WHEN dates_differ_days IS NULL THEN 'registry_day_not_known'
      WHEN dates_differ_days = 0 THEN 'same_day'
      WHEN ABS(dates_differ_days) <= 1 THEN 'within_1_day'
      WHEN ABS(dates_differ_days) <= 7 THEN 'within_7_days'
      ELSE 'more_than_7_days'
    END AS band
  FROM outcome
  WHERE hospital_death_date IS NOT NULL AND death_id IS NOT NULL
)
SELECT band, COUNT(*) AS patients FROM banded GROUP BY band
