SELECT patient.patient_id, death.death_id, TRUE AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON patient.first_name = death.first_name AND patient.last_name_sound = death.last_name_sound AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00')
