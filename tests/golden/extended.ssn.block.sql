SELECT patient.patient_id, death.death_id, TRUE AS acceptable
FROM patient
JOIN death ON patient.ssn = death.ssn
