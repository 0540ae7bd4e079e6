-- R2
SELECT patient.patient_id, death.death_id
FROM patient
JOIN death ON patient.birth_date = death.birth_date AND patient.last_name = death.last_name
WHERE (patient.birth_date = death.birth_date)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
;
-- R7
SELECT patient.patient_id, death.death_id
FROM patient
JOIN death ON patient.birth_date = death.birth_date AND patient.last_name = death.last_name
WHERE (patient.birth_date = death.birth_date) AND (patient.ssn = death.ssn OR (levenshtein(patient.ssn, death.ssn) <= 2.0))
    AND NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
;
-- R8
SELECT patient.patient_id, death.death_id
FROM patient
JOIN death ON patient.birth_date = death.birth_date AND patient.last_name = death.last_name
WHERE (patient.birth_date = death.birth_date) AND ((patient.ssn IS NULL OR death.ssn IS NULL) AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) <> coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four), FALSE) OR patient.ssn = death.ssn OR (levenshtein(patient.ssn, death.ssn) <= 2.0))
    AND NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
