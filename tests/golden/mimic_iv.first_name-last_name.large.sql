-- R10
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.birth_date, 1, 3) = substr(death.birth_date, 1, 3) AND substr(patient.birth_date, 6, 1) = substr(death.birth_date, 6, 1) AND substr(patient.birth_date, 7, 2) = substr(death.birth_date, 7, 2)
WHERE (patient.birth_date = death.birth_date OR (CASE WHEN substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) THEN patient.birth_date <> death.birth_date AND substr(patient.birth_date, 5, 2) = substr(death.birth_date, 7, 2) AND substr(patient.birth_date, 7, 2) = substr(death.birth_date, 5, 2) ELSE substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) END) OR (digits_transposed(patient.birth_date, death.birth_date)) OR (digits_changed(patient.birth_date, death.birth_date) <= 1.0) OR (abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 10000) OR (abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 100000)) AND (CASE WHEN patient.ssn IS NULL OR death.ssn IS NULL THEN NOT (coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) <> coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four), FALSE)) ELSE FALSE END OR patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
;
-- R10
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4)
WHERE (patient.birth_date = death.birth_date OR (CASE WHEN substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) THEN patient.birth_date <> death.birth_date AND substr(patient.birth_date, 5, 2) = substr(death.birth_date, 7, 2) AND substr(patient.birth_date, 7, 2) = substr(death.birth_date, 5, 2) ELSE substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) END) OR (digits_transposed(patient.birth_date, death.birth_date)) OR (digits_changed(patient.birth_date, death.birth_date) <= 1.0) OR (abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 10000) OR (abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 100000)) AND (CASE WHEN patient.ssn IS NULL OR death.ssn IS NULL THEN NOT (coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) <> coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four), FALSE)) ELSE FALSE END OR patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
;
-- R10
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.birth_date, 5, 2) = substr(death.birth_date, 5, 2) AND substr(patient.birth_date, 7, 2) = substr(death.birth_date, 7, 2)
WHERE (patient.birth_date = death.birth_date OR (CASE WHEN substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) THEN patient.birth_date <> death.birth_date AND substr(patient.birth_date, 5, 2) = substr(death.birth_date, 7, 2) AND substr(patient.birth_date, 7, 2) = substr(death.birth_date, 5, 2) ELSE substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) END) OR (digits_transposed(patient.birth_date, death.birth_date)) OR (digits_changed(patient.birth_date, death.birth_date) <= 1.0) OR (abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 10000) OR (abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 100000)) AND (CASE WHEN patient.ssn IS NULL OR death.ssn IS NULL THEN NOT (coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) <> coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four), FALSE)) ELSE FALSE END OR patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
;
-- R9
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.ssn, 1, 3) = substr(death.ssn, 1, 3)
WHERE (patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
;
-- R9
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.ssn, 4, 3) = substr(death.ssn, 3, 3)
WHERE (patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
;
-- R9
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.ssn, 4, 3) = substr(death.ssn, 4, 3)
WHERE (patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
;
-- R9
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.ssn, 4, 3) = substr(death.ssn, 5, 3)
WHERE (patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
;
-- R9
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.ssn, 7, 3) = substr(death.ssn, 7, 3)
WHERE (patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
