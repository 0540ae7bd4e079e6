-- One row per encounter that records a death: whether its date is plausible, and the date that counts.
-- An implausible date is not known. If a flag says that the patient died in the stay, the discharge can stand in for it,
-- but a registry's date takes precedence. A flag is wrong if the patient was seen alive later. A donor's account repeats
-- a death that is not its own.
WITH {dated},
judged AS (
  SELECT
    with_death.*,
    CASE
      WHEN with_death.death_written IN ({placeholders}) THEN 'placeholder date'
      WHEN with_death.death_written < earliest_day(COALESCE(patient.birth_date, patient.birth_date_partial))
        THEN 'before birth'
      WHEN with_death.death_written < with_death.start_date AND NOT (
        (with_death.organ_donor_declared OR with_death.discharge_before_start)
        AND days_between(with_death.start_date, with_death.death_written) <= {long_after}
      ) THEN 'before its stay'
      WHEN seen_later.spells > 1 OR (with_death.death_written IS NULL AND seen_after_stay.spells > 1)
        THEN 'seen alive later'
      WHEN NOT with_death.is_stay
        AND days_between(seen_later.seen_from, with_death.death_written) > {long_after} THEN 'seen alive later'
      WHEN days_between(with_death.death_written, with_death.discharge_written) > {long_after_discharge}
        AND NOT with_death.discharge_before_start THEN 'long after its discharge'
    END AS doubt,
    with_death.died_flagged AND COALESCE(seen_after_stay.spells, 0) <= 1 AS flag_holds
  FROM with_death
  LEFT JOIN patient ON patient.patient_id = with_death.patient_id
  LEFT JOIN seen_later
    ON seen_later.patient_id = with_death.patient_id AND seen_later.death_day = with_death.death_written
  LEFT JOIN seen_later AS seen_after_stay
    ON seen_after_stay.patient_id = with_death.patient_id AND seen_after_stay.death_day = with_death.flag_date
  WHERE with_death.died_written OR with_death.death_time IS NOT NULL
)
SELECT
  *,
  doubt IS NULL OR (doubt <> 'seen alive later' AND flag_holds) AS died,
  CASE WHEN doubt IS NULL THEN death_written END AS death_date,
  CASE WHEN doubt <> 'seen alive later' AND flag_holds AND death_stand_in IS NULL AND NOT discharge_before_start
    THEN discharge_written END AS death_stood_in
FROM judged
