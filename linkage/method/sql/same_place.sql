-- One row per tied pair that has the same place in the list of its patient and in that of its death, and the first such.
SELECT patient_id, death_id, rank, place
FROM (
    SELECT
        *,
        min(place) OVER (PARTITION BY patient_id, rank) AS patient_first,
        min(place) OVER (PARTITION BY death_id, rank) AS death_first
    FROM (SELECT *, patient_place AS place FROM placed WHERE patient_place = death_place) AS equal
) AS first
WHERE place = patient_first AND place = death_first
