-- One row per qualified pair, with the number of other pairs of its patient or its death.
SELECT
    patient_id,
    death_id,
    rank,
    count(*) OVER (PARTITION BY patient_id) + count(*) OVER (PARTITION BY death_id) - 2 AS rivals
FROM qualified
