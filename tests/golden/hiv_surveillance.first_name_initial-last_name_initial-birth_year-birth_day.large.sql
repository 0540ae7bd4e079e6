-- K11
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 7, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 7, 2), '00') AND patient.sex = death.sex AND substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 6) = substr(coalesce(death.birth_date, death.birth_date_partial), 1, 6) AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1)
WHERE (patient.birth_date = death.birth_date OR (substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 6) = substr(coalesce(death.birth_date, death.birth_date_partial), 1, 6) AND substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2) <> '00'))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 5, 2), '00'), FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00'), FALSE)
;
-- K13
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 7, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 7, 2), '00') AND patient.sex = death.sex AND substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1)
WHERE (patient.birth_date = death.birth_date OR (digits_changed(patient.birth_date, death.birth_date) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 5, 2), '00'), FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00'), FALSE)
;
-- K13
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 7, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 7, 2), '00') AND patient.sex = death.sex AND substr(patient.birth_date, 5, 2) = substr(death.birth_date, 5, 2) AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1)
WHERE (patient.birth_date = death.birth_date OR (digits_changed(patient.birth_date, death.birth_date) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 5, 2), '00'), FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00'), FALSE)
;
-- K13
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 7, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 7, 2), '00') AND patient.sex = death.sex AND substr(patient.birth_date, 7, 2) = substr(death.birth_date, 7, 2) AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1)
WHERE (patient.birth_date = death.birth_date OR (digits_changed(patient.birth_date, death.birth_date) <= 2.0))
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 5, 2), '00'), FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00'), FALSE)
;
-- K2
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 7, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 7, 2), '00') AND patient.birth_date = death.birth_date AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1)
WHERE (patient.birth_date = death.birth_date)
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 5, 2), '00'), FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00'), FALSE)
