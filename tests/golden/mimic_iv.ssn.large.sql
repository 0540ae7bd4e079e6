-- R3
SELECT patient.patient_id, death.death_id
FROM patient
JOIN death ON patient.birth_date = death.birth_date AND patient.ssn = death.ssn
WHERE (patient.ssn = death.ssn) AND (patient.birth_date = death.birth_date)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
;
-- R4
SELECT patient.patient_id, death.death_id
FROM patient
JOIN death ON patient.ssn = death.ssn
WHERE (patient.ssn = death.ssn)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
;
-- R6
SELECT patient.patient_id, death.death_id
FROM patient
JOIN death ON patient.ssn = death.ssn
WHERE (patient.ssn = death.ssn) AND (patient.birth_date = death.birth_date OR (patient.birth_date <> death.birth_date AND substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) AND substr(patient.birth_date, 5, 2) = substr(death.birth_date, 7, 2) AND substr(patient.birth_date, 7, 2) = substr(death.birth_date, 5, 2)) OR (digits_transposed(patient.birth_date, death.birth_date)) OR (digits_changed(patient.birth_date, death.birth_date) <= 1.0) OR (substr(patient.birth_date, 5, 4) = substr(death.birth_date, 5, 4) AND abs(CAST(substr(patient.birth_date, 1, 4) AS INTEGER) - CAST(substr(death.birth_date, 1, 4) AS INTEGER)) = 1) OR (substr(patient.birth_date, 5, 4) = substr(death.birth_date, 5, 4) AND abs(CAST(substr(patient.birth_date, 1, 4) AS INTEGER) - CAST(substr(death.birth_date, 1, 4) AS INTEGER)) = 10))
    AND NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
