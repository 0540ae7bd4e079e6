-- One row per tied pair, with its place among the pairs of its patient and of its death, lowest ids first.
-- The lowest ids win: a pair is taken when each lower record that it could lose to, or that it would prefer, is taken by
-- another. Pairs in the same place of both lists can be taken at once, as when everybody is tied with everybody.
SELECT
    *,
    row_number() OVER (PARTITION BY patient_id, rank ORDER BY length(death_id), death_id) AS patient_place,
    row_number() OVER (PARTITION BY death_id, rank ORDER BY length(patient_id), patient_id) AS death_place
FROM tied
