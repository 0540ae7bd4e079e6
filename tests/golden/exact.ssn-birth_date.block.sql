SELECT patient.patient_id, death.death_id, TRUE AS acceptable
FROM patient
JOIN death ON patient.ssn = death.ssn AND patient.birth_date = death.birth_date
