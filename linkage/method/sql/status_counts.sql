-- One row per status and source of the date of death: the number of patients.
SELECT status, COALESCE(death_source, 'none') AS death_source, COUNT(*) AS patients
FROM outcome
GROUP BY status, COALESCE(death_source, 'none')
ORDER BY status, death_source
