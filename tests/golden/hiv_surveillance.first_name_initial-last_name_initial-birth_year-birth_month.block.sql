SELECT patient.patient_id, death.death_id, CASE WHEN patient.birth_date = death.birth_date THEN TRUE WHEN patient.sex = death.sex AND (((patient.birth_date = death.birth_date OR (digits_changed(patient.birth_date, death.birth_date) <= 2.0)))) THEN TRUE WHEN patient.sex = death.sex AND (((patient.birth_date = death.birth_date OR (substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 6) = substr(coalesce(death.birth_date, death.birth_date_partial), 1, 6) AND substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2) <> '00')))) THEN TRUE ELSE FALSE END AS acceptable
FROM patient
JOIN death ON substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 5, 2), '00')
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
LIMIT 1000000
