SELECT patient.patient_id, death.death_id, TRUE AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON patient.first_name = death.first_name AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 5, 2), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 7, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 7, 2), '00')
