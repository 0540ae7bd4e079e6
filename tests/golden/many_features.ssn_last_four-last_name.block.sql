SELECT patient.patient_id, death.death_id, TRUE AS acceptable, FALSE AS in_large
FROM patient
JOIN death ON coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name
