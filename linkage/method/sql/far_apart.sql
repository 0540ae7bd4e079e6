-- One row per patient whose hospital date of death was used although the linked certificate's date is far from it: its day,
-- or every day of its month or year.
SELECT outcome.patient_id, outcome.death_id, outcome.hospital_death_date
FROM outcome
JOIN death ON death.death_id = outcome.death_id
WHERE outcome.death_source = 'hospital' AND (
  days_between(outcome.hospital_death_date, latest_day(death.death_date_partial)) > {long_after}
  OR days_between(earliest_day(death.death_date_partial), outcome.hospital_death_date) > {long_after}
)
