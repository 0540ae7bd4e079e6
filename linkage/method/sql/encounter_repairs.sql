-- One row: for each reason, the number of encounters that were not used exactly as recorded. One may meet several.
WITH {encounter_checked}
SELECT
{counts}
FROM encounter_checked
