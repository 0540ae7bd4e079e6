-- One row per patient and hospital date of death that was set aside, before or after linking, with the reason.
SELECT patient_id, hospital_date, doubt FROM doubtful_date
UNION ALL
SELECT outcome.patient_id, contact.hospital_death_date AS hospital_date, 'long after the certificate' AS doubt
FROM outcome
JOIN contact ON contact.patient_id = outcome.patient_id
WHERE outcome.death_source = 'registry' AND contact.hospital_death_date IS NOT NULL
