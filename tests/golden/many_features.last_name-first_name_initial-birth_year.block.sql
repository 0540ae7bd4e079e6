SELECT patient.patient_id, death.death_id, TRUE AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00')
