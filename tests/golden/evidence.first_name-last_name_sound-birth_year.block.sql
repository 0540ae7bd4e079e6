SELECT patient.patient_id, death.death_id, TRUE AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON patient.first_name = death.first_name AND patient.last_name_sound = death.last_name_sound AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00'))
