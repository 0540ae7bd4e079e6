SELECT patient.patient_id, death.death_id, CASE WHEN patient.birth_date = death.birth_date THEN TRUE WHEN patient.last_name = death.last_name THEN TRUE ELSE FALSE END AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name
