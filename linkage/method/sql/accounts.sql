-- One row per claim about the table `outcome`: the number that must be found, and the number found.
SELECT 'one outcome per patient' AS claim, (SELECT COUNT(*) FROM patient) AS expected, COUNT(*) AS found
FROM outcome
UNION ALL
SELECT 'no patient twice', COUNT(*), COUNT(DISTINCT patient_id) FROM outcome
UNION ALL
SELECT 'every link has its outcome', (SELECT COUNT(*) FROM link), COUNT(death_id) FROM outcome
UNION ALL
SELECT 'every status is defined', COUNT(*), COUNT(CASE WHEN status IN ({statuses}) THEN 1 END) FROM outcome
UNION ALL
SELECT 'released deaths are those within one year',
  COUNT(CASE WHEN status = 'died_within_one_year' THEN 1 END), COUNT(dod)
FROM outcome
UNION ALL
SELECT 'no released death after its censoring date', 0, COUNT(CASE WHEN dod > censor_date THEN 1 END)
FROM outcome
UNION ALL
SELECT 'no negative follow-up', 0, COUNT(CASE WHEN followup_days < 0 THEN 1 END) FROM outcome
