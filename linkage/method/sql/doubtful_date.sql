-- One row per patient and hospital date of death that was set aside, with the reason. A date that is plausible on another
-- account of the patient is not set aside. Of several plausible dates one is used: the others are set aside too, except a
-- declared donor's account, which repeats a death.
SELECT hospital_death.patient_id, hospital_death.death_written AS hospital_date, MIN(hospital_death.doubt) AS doubt
FROM hospital_death
LEFT JOIN hospital_death AS vouching
  ON vouching.patient_id = hospital_death.patient_id AND vouching.death_date = hospital_death.death_written
WHERE hospital_death.doubt IS NOT NULL
  AND hospital_death.death_written IS NOT NULL
  AND vouching.patient_id IS NULL
GROUP BY hospital_death.patient_id, hospital_death.death_written
UNION ALL
SELECT DISTINCT hospital_death.patient_id, hospital_death.death_date, '{another_used}' AS doubt
FROM hospital_death
JOIN {contact} AS contact ON contact.patient_id = hospital_death.patient_id
WHERE hospital_death.death_date <> contact.hospital_death_date AND NOT hospital_death.organ_donor_declared
