SELECT patient.patient_id, death.death_id, TRUE AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON patient.first_name = death.first_name AND patient.last_name = death.last_name
