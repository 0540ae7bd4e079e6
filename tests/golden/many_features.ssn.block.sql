SELECT patient.patient_id, death.death_id, TRUE AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON patient.ssn = death.ssn
