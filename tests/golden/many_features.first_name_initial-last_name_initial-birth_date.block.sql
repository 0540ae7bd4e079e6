SELECT patient.patient_id, death.death_id, TRUE AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date
