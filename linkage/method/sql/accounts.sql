-- One row, so that `outcome` is read once: for each of the claims in `censor`, in their order, the number that must be
-- found and the number found.
SELECT
  (SELECT COUNT(*) FROM patient), COUNT(*),
  COUNT(*), COUNT(DISTINCT patient_id),
  (SELECT COUNT(*) FROM link), COUNT(death_id),
  COUNT(*), COUNT(CASE WHEN status IN ({statuses}) THEN 1 END),
  COUNT(CASE WHEN status = 'died_within_one_year' THEN 1 END), COUNT(dod),
  0, COUNT(CASE WHEN dod > censor_date THEN 1 END),
  0, COUNT(CASE WHEN followup_days < 0 THEN 1 END)
FROM outcome
