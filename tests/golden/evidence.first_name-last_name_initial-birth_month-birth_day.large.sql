-- E7
SELECT patient.patient_id, death.death_id
FROM patient_within AS patient
JOIN death_within AS death ON nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 5, 2), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 7, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 7, 2), '00') AND patient.first_name = death.first_name AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1)
WHERE TRUE
    AND NOT coalesce(patient.ssn = death.ssn, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.last_name = death.last_name, FALSE)
    AND NOT coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE)
    AND NOT coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00'), FALSE)
    AND NOT coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 5, 2), '00') AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 7, 2), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 7, 2), '00'), FALSE)
    AND NOT coalesce(patient.first_name = death.first_name AND patient.last_name_sound = death.last_name_sound AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00'), FALSE)
