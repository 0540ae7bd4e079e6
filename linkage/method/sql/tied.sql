-- One row per pair of a tie that is certain: none of its pairs waits.
SELECT best.patient_id, best.death_id, best.rank
FROM best
LEFT JOIN waiting ON best.patient_id = waiting.patient_id AND best.death_id = waiting.death_id
WHERE best.is_best AND best.is_tied AND waiting.patient_id IS NULL
