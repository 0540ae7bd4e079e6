-- One row per patient whose hospital date of death was used although the linked certificate's date is far from it.
SELECT patient_id, death_id, hospital_death_date
FROM outcome
WHERE death_source = 'hospital' AND ABS(dates_differ_days) > {long_after}
