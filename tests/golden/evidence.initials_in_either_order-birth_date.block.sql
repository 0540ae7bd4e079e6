SELECT patient.patient_id, death.death_id, TRUE AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON CASE WHEN substr(patient.first_name, 1, 1) <= substr(patient.last_name, 1, 1) THEN substr(patient.first_name, 1, 1) || substr(patient.last_name, 1, 1) ELSE substr(patient.last_name, 1, 1) || substr(patient.first_name, 1, 1) END = CASE WHEN substr(death.first_name, 1, 1) <= substr(death.last_name, 1, 1) THEN substr(death.first_name, 1, 1) || substr(death.last_name, 1, 1) ELSE substr(death.last_name, 1, 1) || substr(death.first_name, 1, 1) END AND patient.birth_date = death.birth_date
