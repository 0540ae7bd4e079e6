SELECT patient.patient_id, death.death_id, TRUE AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON patient.last_name = death.last_name AND patient.birth_date = death.birth_date
