-- One row per pair of `won` that is not certain to win.
-- Lemma: remove, until none is left, each pair for which a lower death is not taken by a lower patient, or a lower patient
-- not by a lower death. If patients choose in the order of their ids, each remaining pair is then what its patient gets:
-- all deaths that it would prefer are taken, and no patient before it takes its death. Pairs in the first places remain.
SELECT won.patient_id, won.rank
FROM won
JOIN placed AS lower ON lower.patient_id = won.patient_id AND lower.rank = won.rank AND lower.patient_place < won.place
LEFT JOIN won AS taken ON taken.death_id = lower.death_id AND taken.rank = lower.rank
    AND (length(taken.patient_id) < length(won.patient_id)
        OR length(taken.patient_id) = length(won.patient_id) AND taken.patient_id < won.patient_id)
WHERE taken.patient_id IS NULL
UNION
SELECT won.patient_id, won.rank
FROM won
JOIN placed AS lower ON lower.death_id = won.death_id AND lower.rank = won.rank AND lower.death_place < won.place
LEFT JOIN won AS taken ON taken.patient_id = lower.patient_id AND taken.rank = lower.rank
    AND (length(taken.death_id) < length(won.death_id)
        OR length(taken.death_id) = length(won.death_id) AND taken.death_id < won.death_id)
WHERE taken.patient_id IS NULL
