SELECT patient.patient_id, death.death_id, TRUE AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date
