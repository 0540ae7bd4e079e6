-- One row per tied pair that waits. A tie is certain only if none of its pairs can still be excluded, so a tied pair waits
-- while a pair of the same rank that shares a record with it has a better rival.
SELECT patient_id, death_id, rank
FROM (
    SELECT
        *,
        bool_or(is_open) OVER (PARTITION BY patient_id, rank) AS patient_waits,
        bool_or(is_open) OVER (PARTITION BY death_id, rank) AS death_waits
    FROM (
        SELECT best.*, NOT best.is_best OR waiting.patient_id IS NOT NULL AS is_open
        FROM best
        LEFT JOIN waiting ON best.patient_id = waiting.patient_id AND best.death_id = waiting.death_id
    ) AS marked
) AS shared
WHERE is_best AND is_tied AND (patient_waits OR death_waits)
