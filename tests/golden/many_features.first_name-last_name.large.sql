-- M10
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.birth_date = death.birth_date AND patient.first_name = death.first_name AND patient.last_name = death.last_name
WHERE (patient.birth_date = death.birth_date) AND (CASE WHEN patient.ssn IS NULL OR death.ssn IS NULL THEN NOT (coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) <> coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four), FALSE)) ELSE FALSE END)
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE)
;
-- M12
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.birth_date = death.birth_date AND patient.first_name = death.first_name AND patient.last_name = death.last_name
WHERE (patient.birth_date = death.birth_date)
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE)
;
-- M13
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name
WHERE (CASE WHEN patient.birth_date IS NULL OR death.birth_date IS NULL THEN NOT (coalesce(coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) <> coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE) OR coalesce(coalesce(substr(patient.birth_date, 5, 2), nullif(substr(patient.birth_date_partial, 5, 2), '00')) <> coalesce(substr(death.birth_date, 5, 2), nullif(substr(death.birth_date_partial, 5, 2), '00')), FALSE) OR coalesce(coalesce(substr(patient.birth_date, 7, 2), nullif(substr(patient.birth_date_partial, 7, 2), '00')) <> coalesce(substr(death.birth_date, 7, 2), nullif(substr(death.birth_date_partial, 7, 2), '00')), FALSE)) ELSE FALSE END OR patient.birth_date = death.birth_date OR (CASE WHEN substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) THEN patient.birth_date <> death.birth_date AND substr(patient.birth_date, 5, 2) = substr(death.birth_date, 7, 2) AND substr(patient.birth_date, 7, 2) = substr(death.birth_date, 5, 2) ELSE substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) END) OR (digits_transposed(patient.birth_date, death.birth_date)) OR (digits_changed(patient.birth_date, death.birth_date) <= 1.0) OR (abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 10000) OR (abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 100000) OR (CASE WHEN substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) THEN patient.birth_date <> death.birth_date AND (substr(patient.birth_date, 5, 4) = '0101' OR substr(death.birth_date, 5, 4) = '0101' OR (substr(patient.birth_date, 5, 2) = substr(death.birth_date, 5, 2) AND (substr(patient.birth_date, 7, 2) IN ('01', '15') OR substr(death.birth_date, 7, 2) IN ('01', '15')))) ELSE substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) END) OR (substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 6) = substr(coalesce(death.birth_date, death.birth_date_partial), 1, 6) AND substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2) <> '00')) AND (CASE WHEN patient.ssn IS NULL OR death.ssn IS NULL THEN NOT (coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) <> coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four), FALSE)) ELSE FALSE END)
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE)
;
-- M7
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.birth_date = death.birth_date AND patient.first_name = death.first_name AND patient.last_name = death.last_name
WHERE (patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0) OR (coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four))) AND (patient.birth_date = death.birth_date)
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE)
;
-- M8
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.ssn, 1, 3) = substr(death.ssn, 1, 3)
WHERE (patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE)
;
-- M8
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.ssn, 4, 3) = substr(death.ssn, 3, 3)
WHERE (patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE)
;
-- M8
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.ssn, 4, 3) = substr(death.ssn, 4, 3)
WHERE (patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE)
;
-- M8
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.ssn, 4, 3) = substr(death.ssn, 5, 3)
WHERE (patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE)
;
-- M8
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.first_name = death.first_name AND patient.last_name = death.last_name AND substr(patient.ssn, 7, 3) = substr(death.ssn, 7, 3)
WHERE (patient.ssn = death.ssn OR (CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE)
;
-- M9
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON patient.birth_date = death.birth_date AND patient.first_name = death.first_name AND patient.last_name = death.last_name
WHERE (patient.ssn = death.ssn OR (coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four))) AND (patient.birth_date = death.birth_date)
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE)
