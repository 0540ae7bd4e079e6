-- E2
SELECT patient.patient_id, death.death_id
FROM patient
JOIN death ON patient.birth_date = death.birth_date AND patient.ssn = death.ssn
WHERE (patient.ssn = death.ssn) AND (patient.birth_date = death.birth_date)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
