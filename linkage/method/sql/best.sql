-- One row per open pair: whether no pair of its patient or its death ranks higher, and whether it is tied.
SELECT *, rank = patient_best AND rank = death_best AS is_best, patient_equals > 1 OR death_equals > 1 AS is_tied
FROM (
    SELECT
        *,
        min(rank) OVER (PARTITION BY patient_id) AS patient_best,
        min(rank) OVER (PARTITION BY death_id) AS death_best,
        count(*) OVER (PARTITION BY patient_id, rank) AS patient_equals,
        count(*) OVER (PARTITION BY death_id, rank) AS death_equals
    FROM open_pair
) AS ranked
