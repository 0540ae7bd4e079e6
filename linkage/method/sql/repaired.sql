-- One row per patient with encounters that were not used exactly as recorded: the number of these encounters by reason.
-- One encounter may meet several reasons.
WITH {encounter_checked}
SELECT
  patient_id,
{counts}
FROM encounter_checked
WHERE {anything}
GROUP BY patient_id
