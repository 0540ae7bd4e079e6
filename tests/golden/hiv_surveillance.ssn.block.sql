SELECT patient.patient_id, death.death_id, CASE WHEN patient.birth_date = death.birth_date THEN TRUE WHEN patient.sex = death.sex THEN TRUE ELSE FALSE END AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON patient.ssn = death.ssn
