WITH measured AS (
    SELECT
        pair.patient_id,
        pair.death_id,
        coalesce(patient.first_name = death.first_name, FALSE) AS first_name_is_exact,
        (patient.first_name IS NULL OR death.first_name IS NULL) AS first_name_is_not_known,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN jaro_winkler(patient.first_name, death.first_name) END AS first_name_jaro_winkler_similarity,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN CASE WHEN coalesce(patient.first_name_formal, patient_first_name_formal.formal, death.first_name_formal, death_first_name_formal.formal) IS NOT NULL THEN share_any(words_of(coalesce(patient.first_name_formal, patient_first_name_formal.formal, patient.first_name)), words_of(coalesce(death.first_name_formal, death_first_name_formal.formal, death.first_name))) ELSE patient.first_name = death.first_name END END AS first_name_nickname,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN CASE WHEN coalesce(patient.first_name_first, patient_first_name_formal.formal, death.first_name_first, death_first_name_formal.formal) IS NOT NULL THEN share_any(words_of(coalesce(patient.first_name_first, patient_first_name_formal.formal, patient.first_name)), words_of(coalesce(death.first_name_first, death_first_name_formal.formal, death.first_name))) AND NOT (array_contains(words_of(coalesce(patient.first_name_first, patient_first_name_formal.formal, patient.first_name)), '+') AND array_contains(words_of(coalesce(death.first_name_first, death_first_name_formal.formal, death.first_name)), '+')) ELSE patient.first_name = death.first_name END END AS first_name_first_of_several,
        coalesce(patient.middle_name = death.middle_name, FALSE) AS middle_name_is_exact,
        (patient.middle_name IS NULL OR death.middle_name IS NULL) AS middle_name_is_not_known,
        CASE WHEN NOT coalesce(patient.middle_name = death.middle_name, FALSE) THEN (length(patient.middle_name) = 1) <> (length(death.middle_name) = 1) AND substr(patient.middle_name, 1, 1) = substr(death.middle_name, 1, 1) END AS middle_name_initial,
        CASE WHEN NOT coalesce(patient.middle_name = death.middle_name, FALSE) THEN jaro_winkler(patient.middle_name, death.middle_name) END AS middle_name_jaro_winkler_similarity,
        coalesce(patient.last_name = death.last_name, FALSE) AS last_name_is_exact,
        (patient.last_name IS NULL OR death.last_name IS NULL) AS last_name_is_not_known,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN jaro_winkler(patient.last_name, death.last_name) END AS last_name_jaro_winkler_similarity,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN CASE WHEN coalesce(patient.last_name_parts, death.last_name_parts) IS NOT NULL THEN share_any(words_of(coalesce(patient.last_name_parts, patient.last_name)), words_of(coalesce(death.last_name_parts, death.last_name))) ELSE patient.last_name = death.last_name END END AS last_name_name_part,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN CASE WHEN coalesce(patient.former_last_names, death.former_last_names) IS NOT NULL THEN share_any(words_of(nullif(concat_ws('|', patient.last_name, patient.former_last_names), '')), words_of(nullif(concat_ws('|', death.last_name, death.former_last_names), ''))) ELSE patient.last_name = death.last_name END END AS last_name_former_name,
        coalesce(patient.suffix = death.suffix, FALSE) AS suffix_is_exact,
        (patient.suffix IS NULL OR death.suffix IS NULL) AS suffix_is_not_known,
        coalesce(patient.ssn = death.ssn, FALSE) AS ssn_is_exact,
        CASE WHEN patient.ssn IS NULL OR death.ssn IS NULL THEN NOT (coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) <> coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four), FALSE)) ELSE FALSE END AS ssn_is_not_known,
        CASE WHEN NOT coalesce(patient.ssn = death.ssn, FALSE) THEN CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) END AS ssn_levenshtein_distance,
        coalesce(patient.birth_date = death.birth_date, FALSE) AS birth_date_is_exact,
        CASE WHEN patient.birth_date IS NULL OR death.birth_date IS NULL THEN NOT (coalesce(coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) <> coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE) OR coalesce(coalesce(substr(patient.birth_date, 5, 2), nullif(substr(patient.birth_date_partial, 5, 2), '00')) <> coalesce(substr(death.birth_date, 5, 2), nullif(substr(death.birth_date_partial, 5, 2), '00')), FALSE) OR coalesce(coalesce(substr(patient.birth_date, 7, 2), nullif(substr(patient.birth_date_partial, 7, 2), '00')) <> coalesce(substr(death.birth_date, 7, 2), nullif(substr(death.birth_date_partial, 7, 2), '00')), FALSE)) ELSE FALSE END AS birth_date_is_not_known,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN CASE WHEN substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) THEN patient.birth_date <> death.birth_date AND substr(patient.birth_date, 5, 2) = substr(death.birth_date, 7, 2) AND substr(patient.birth_date, 7, 2) = substr(death.birth_date, 5, 2) ELSE substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) END END AS birth_date_day_and_month_swapped,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN digits_transposed(patient.birth_date, death.birth_date) END AS birth_date_digits_transposed,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN digits_changed(patient.birth_date, death.birth_date) END AS birth_date_digits_changed,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 10000 END AS birth_date_year_off_by_one,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 100000 END AS birth_date_year_off_by_ten,
        coalesce(patient.sex = death.sex, FALSE) AS sex_is_exact,
        (patient.sex IS NULL OR death.sex IS NULL) AS sex_is_not_known,
        coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE) AS full_name_is_exact,
        (patient.first_name IS NULL OR patient.last_name IS NULL OR death.first_name IS NULL OR death.last_name IS NULL) AS full_name_is_not_known,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE) AND NOT (patient.first_name IS NULL OR patient.last_name IS NULL OR death.first_name IS NULL OR death.last_name IS NULL) THEN patient.first_name = death.last_name AND patient.last_name = death.first_name AND patient.first_name <> patient.last_name END AS full_name_first_and_last_swapped,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE) AND NOT (patient.first_name IS NULL OR patient.last_name IS NULL OR death.first_name IS NULL OR death.last_name IS NULL) THEN CASE WHEN patient.last_name = death.last_name THEN patient.first_name <> death.first_name AND (coalesce(patient.middle_name, '') = death.first_name OR patient.first_name = coalesce(death.middle_name, '')) ELSE patient.last_name = death.last_name END END AS full_name_middle_name_as_first,
        CASE WHEN CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) < year(contact.last_contact) - 1 OR CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) <= year(contact.last_contact) AND days_between(contact.last_contact, latest_day(death.death_date_partial)) > 30 THEN 'death before last contact' WHEN substr(death.death_date_partial, 1, 4) <= substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4) AND latest_day(death.death_date_partial) < earliest_day(coalesce(patient.birth_date, patient.birth_date_partial)) THEN 'death before birth' WHEN CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) - CAST(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4) AS INTEGER) > 115 THEN 'impossible age' END AS impossible,
        coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE) AS key_0,
        coalesce(patient.ssn = death.ssn, FALSE) AS key_1,
        coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE) AS key_2
    FROM pair
    JOIN patient ON pair.patient_id = patient.patient_id
    JOIN death ON pair.death_id = death.death_id
    LEFT JOIN contact ON pair.patient_id = contact.patient_id
    LEFT JOIN nickname AS patient_first_name_formal ON patient.first_name = patient_first_name_formal.name
    LEFT JOIN nickname AS death_first_name_formal ON death.first_name = death_first_name_formal.name
),
agreed AS (
    SELECT
        measured.*,
        (first_name_is_exact OR coalesce(first_name_jaro_winkler_similarity >= 0.85, FALSE) OR coalesce(first_name_nickname, FALSE) OR coalesce(first_name_first_of_several, FALSE)) AS first_name_is_similar,
        CASE WHEN first_name_is_exact THEN 'exact' WHEN coalesce(first_name_jaro_winkler_similarity >= 0.85, FALSE) THEN 'similar' WHEN coalesce(first_name_nickname, FALSE) THEN 'similar' WHEN coalesce(first_name_first_of_several, FALSE) THEN 'similar' WHEN first_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS first_name_agreement,
        CASE WHEN first_name_is_exact THEN 0 WHEN coalesce(first_name_jaro_winkler_similarity >= 0.85, FALSE) THEN 10000000 + 10000 - CAST(floor(first_name_jaro_winkler_similarity * 10000 + 0.5) AS INTEGER) WHEN coalesce(first_name_nickname, FALSE) THEN 10100000 WHEN coalesce(first_name_first_of_several, FALSE) THEN 10200000 WHEN first_name_is_not_known THEN 20000000 ELSE 30000000 END AS first_name_closeness,
        (middle_name_is_exact OR coalesce(middle_name_initial, FALSE) OR coalesce(middle_name_jaro_winkler_similarity >= 0.9, FALSE)) AS middle_name_is_similar,
        CASE WHEN middle_name_is_exact THEN 'exact' WHEN coalesce(middle_name_initial, FALSE) THEN 'similar' WHEN coalesce(middle_name_jaro_winkler_similarity >= 0.9, FALSE) THEN 'similar' WHEN middle_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS middle_name_agreement,
        CASE WHEN middle_name_is_exact THEN 0 WHEN coalesce(middle_name_initial, FALSE) THEN 10000000 WHEN coalesce(middle_name_jaro_winkler_similarity >= 0.9, FALSE) THEN 10100000 + 10000 - CAST(floor(middle_name_jaro_winkler_similarity * 10000 + 0.5) AS INTEGER) WHEN middle_name_is_not_known THEN 20000000 ELSE 30000000 END AS middle_name_closeness,
        (last_name_is_exact OR coalesce(last_name_jaro_winkler_similarity >= 0.9, FALSE) OR coalesce(last_name_name_part, FALSE) OR coalesce(last_name_former_name, FALSE)) AS last_name_is_similar,
        CASE WHEN last_name_is_exact THEN 'exact' WHEN coalesce(last_name_jaro_winkler_similarity >= 0.9, FALSE) THEN 'similar' WHEN coalesce(last_name_name_part, FALSE) THEN 'similar' WHEN coalesce(last_name_former_name, FALSE) THEN 'similar' WHEN last_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS last_name_agreement,
        CASE WHEN last_name_is_exact THEN 0 WHEN coalesce(last_name_jaro_winkler_similarity >= 0.9, FALSE) THEN 10000000 + 10000 - CAST(floor(last_name_jaro_winkler_similarity * 10000 + 0.5) AS INTEGER) WHEN coalesce(last_name_name_part, FALSE) THEN 10100000 WHEN coalesce(last_name_former_name, FALSE) THEN 10200000 WHEN last_name_is_not_known THEN 20000000 ELSE 30000000 END AS last_name_closeness,
        CASE WHEN suffix_is_exact THEN 'exact' WHEN suffix_is_not_known THEN 'not_known' ELSE 'disagree' END AS suffix_agreement,
        CASE WHEN suffix_is_exact THEN 0 WHEN suffix_is_not_known THEN 10000000 ELSE 20000000 END AS suffix_closeness,
        (ssn_is_exact OR coalesce(ssn_levenshtein_distance <= 2.0, FALSE)) AS ssn_is_similar,
        CASE WHEN ssn_is_exact THEN 'exact' WHEN coalesce(ssn_levenshtein_distance <= 2.0, FALSE) THEN 'similar' WHEN ssn_is_not_known THEN 'not_known' ELSE 'disagree' END AS ssn_agreement,
        CASE WHEN ssn_is_exact THEN 0 WHEN coalesce(ssn_levenshtein_distance <= 2.0, FALSE) THEN 10000000 + ssn_levenshtein_distance WHEN ssn_is_not_known THEN 20000000 ELSE 30000000 END AS ssn_closeness,
        (birth_date_is_exact OR coalesce(birth_date_day_and_month_swapped, FALSE) OR coalesce(birth_date_digits_transposed, FALSE) OR coalesce(birth_date_digits_changed <= 1.0, FALSE) OR coalesce(birth_date_year_off_by_one, FALSE) OR coalesce(birth_date_year_off_by_ten, FALSE)) AS birth_date_is_similar,
        CASE WHEN birth_date_is_exact THEN 'exact' WHEN coalesce(birth_date_day_and_month_swapped, FALSE) THEN 'similar' WHEN coalesce(birth_date_digits_transposed, FALSE) THEN 'similar' WHEN coalesce(birth_date_digits_changed <= 1.0, FALSE) THEN 'similar' WHEN coalesce(birth_date_year_off_by_one, FALSE) THEN 'similar' WHEN coalesce(birth_date_year_off_by_ten, FALSE) THEN 'similar' WHEN birth_date_is_not_known THEN 'not_known' ELSE 'disagree' END AS birth_date_agreement,
        CASE WHEN birth_date_is_exact THEN 0 WHEN coalesce(birth_date_day_and_month_swapped, FALSE) THEN 10000000 WHEN coalesce(birth_date_digits_transposed, FALSE) THEN 10100000 WHEN coalesce(birth_date_digits_changed <= 1.0, FALSE) THEN 10200000 + birth_date_digits_changed WHEN coalesce(birth_date_year_off_by_one, FALSE) THEN 10300000 WHEN coalesce(birth_date_year_off_by_ten, FALSE) THEN 10400000 WHEN birth_date_is_not_known THEN 20000000 ELSE 30000000 END AS birth_date_closeness,
        CASE WHEN sex_is_exact THEN 'exact' WHEN sex_is_not_known THEN 'not_known' ELSE 'disagree' END AS sex_agreement,
        CASE WHEN sex_is_exact THEN 0 WHEN sex_is_not_known THEN 10000000 ELSE 20000000 END AS sex_closeness,
        (full_name_is_exact OR coalesce(full_name_first_and_last_swapped, FALSE) OR coalesce(full_name_middle_name_as_first, FALSE)) AS full_name_is_similar,
        CASE WHEN full_name_is_exact THEN 'exact' WHEN coalesce(full_name_first_and_last_swapped, FALSE) THEN 'similar' WHEN coalesce(full_name_middle_name_as_first, FALSE) THEN 'similar' WHEN full_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS full_name_agreement
    FROM measured
),
decided AS (
    SELECT
        agreed.*,
        CASE
        WHEN last_name_is_exact AND birth_date_is_exact AND ssn_is_exact THEN 1
        WHEN last_name_is_exact AND birth_date_is_exact AND first_name_is_similar THEN 2
        WHEN ssn_is_exact AND birth_date_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') THEN 3
        WHEN ssn_is_exact AND last_name_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 4
        WHEN ssn_is_exact AND full_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 5
        WHEN ssn_is_exact AND birth_date_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 6
        WHEN last_name_is_exact AND birth_date_is_exact AND ssn_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') THEN 7
        WHEN last_name_is_exact AND birth_date_is_exact AND full_name_is_similar AND (ssn_is_similar OR ssn_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') THEN 8
        WHEN last_name_is_exact AND first_name_is_exact AND ssn_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 9
        WHEN last_name_is_exact AND first_name_is_exact AND middle_name_is_similar AND birth_date_is_similar AND (ssn_is_similar OR ssn_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 10
        END AS rule_position
    FROM agreed
)
SELECT
    patient_id,
    death_id,
    rule_position,
    impossible,
    first_name_agreement,
    first_name_jaro_winkler_similarity,
    first_name_nickname,
    first_name_first_of_several,
    middle_name_agreement,
    middle_name_initial,
    middle_name_jaro_winkler_similarity,
    last_name_agreement,
    last_name_jaro_winkler_similarity,
    last_name_name_part,
    last_name_former_name,
    suffix_agreement,
    ssn_agreement,
    ssn_levenshtein_distance,
    birth_date_agreement,
    birth_date_day_and_month_swapped,
    birth_date_digits_transposed,
    birth_date_digits_changed,
    birth_date_year_off_by_one,
    birth_date_year_off_by_ten,
    sex_agreement,
    full_name_agreement,
    full_name_first_and_last_swapped,
    full_name_middle_name_as_first,
    ssn_closeness,
    birth_date_closeness,
    last_name_closeness,
    first_name_closeness,
    middle_name_closeness,
    suffix_closeness,
    sex_closeness,
    concat_ws('; ', CASE WHEN key_0 THEN 'first_name+last_name' END, CASE WHEN key_1 THEN 'ssn' END, CASE WHEN key_2 THEN 'last_name+birth_date' END) AS blocking_keys
FROM decided
WHERE rule_position IS NOT NULL
