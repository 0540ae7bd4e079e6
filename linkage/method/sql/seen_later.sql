-- One row per patient and recorded day of death (or end of a stay that a flag ends with death): the number of spells in
-- hospital that began later. Overlapping accounts, such as the wards of one stay, are one spell. Accounts of a body are
-- left out: declared donors' accounts, those of negative length, and those that repeat the death and begin soon after it.
WITH {dated},
recorded AS (
  SELECT patient_id, death_written AS death_day FROM with_death WHERE death_written IS NOT NULL
  UNION
  SELECT patient_id, flag_date AS death_day FROM with_death WHERE flag_date IS NOT NULL
),
later AS (
  SELECT
    recorded.patient_id, recorded.death_day, account.start_date,
    GREATEST(account.start_date, account.discharge_written) AS end_date
  FROM recorded
  JOIN with_death AS account ON account.patient_id = recorded.patient_id AND account.start_date > recorded.death_day
  WHERE NOT account.organ_donor_declared
    AND NOT account.discharge_before_start
    AND NOT COALESCE(
      account.death_written < account.start_date
      AND days_between(account.start_date, account.death_written) <= {long_after}, FALSE)
),
in_order AS (
  SELECT
    *,
    MAX(end_date) OVER (
      PARTITION BY patient_id, death_day ORDER BY start_date, end_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS seen_until
  FROM later
)
SELECT
  patient_id, death_day,
  COUNT(CASE WHEN seen_until IS NULL OR start_date > seen_until THEN 1 END) AS spells,
  MIN(start_date) AS seen_from
FROM in_order
GROUP BY patient_id, death_day
