WITH measured AS (
    SELECT
        pair.patient_id,
        pair.death_id,
        coalesce(patient.first_name = death.first_name, FALSE) AS first_name_is_exact,
        (patient.first_name IS NULL OR death.first_name IS NULL) AS first_name_is_not_known,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN jaro_winkler(patient.first_name, death.first_name) END AS first_name_jaro_winkler_similarity,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN share_any(words_of(coalesce(patient.first_name_formal, patient_first_name_formal.formal, patient.first_name)), words_of(coalesce(death.first_name_formal, death_first_name_formal.formal, death.first_name))) END AS first_name_nickname,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN (length(patient.first_name) = 1) <> (length(death.first_name) = 1) AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) END AS first_name_initial,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN CASE WHEN starts_with(patient.first_name, death.first_name) OR starts_with(death.first_name, patient.first_name) THEN CAST(least(length(patient.first_name), length(death.first_name)) AS BIGINT) WHEN patient.first_name <> death.first_name THEN 0 END END AS first_name_prefix_letters,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN share_any(words_of(coalesce(patient.first_name_parts, patient.first_name)), words_of(coalesce(death.first_name_parts, death.first_name))) END AS first_name_name_part,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN patient.first_name_sound = death.first_name_sound END AS first_name_sounds_alike,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN share_any(words_of(coalesce(patient.first_name_first, patient_first_name_formal.formal, patient.first_name)), words_of(coalesce(death.first_name_first, death_first_name_formal.formal, death.first_name))) AND NOT (array_contains(words_of(coalesce(patient.first_name_first, patient_first_name_formal.formal, patient.first_name)), '+') AND array_contains(words_of(coalesce(death.first_name_first, death_first_name_formal.formal, death.first_name)), '+')) END AS first_name_first_of_several,
        coalesce(patient.middle_name = death.middle_name, FALSE) AS middle_name_is_exact,
        (patient.middle_name IS NULL OR death.middle_name IS NULL) AS middle_name_is_not_known,
        CASE WHEN NOT coalesce(patient.middle_name = death.middle_name, FALSE) THEN (length(patient.middle_name) = 1) <> (length(death.middle_name) = 1) AND substr(patient.middle_name, 1, 1) = substr(death.middle_name, 1, 1) END AS middle_name_initial,
        CASE WHEN NOT coalesce(patient.middle_name = death.middle_name, FALSE) THEN jaro_winkler(patient.middle_name, death.middle_name) END AS middle_name_jaro_winkler_similarity,
        coalesce(patient.last_name = death.last_name, FALSE) AS last_name_is_exact,
        (patient.last_name IS NULL OR death.last_name IS NULL) AS last_name_is_not_known,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN jaro_winkler(patient.last_name, death.last_name) END AS last_name_jaro_winkler_similarity,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN share_any(words_of(nullif(concat_ws('|', patient.last_name, patient.former_last_names), '')), words_of(nullif(concat_ws('|', death.last_name, death.former_last_names), ''))) END AS last_name_former_name,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN share_any(words_of(coalesce(patient.last_name_parts, patient.last_name)), words_of(coalesce(death.last_name_parts, death.last_name))) END AS last_name_name_part,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN patient.last_name_sound = death.last_name_sound END AS last_name_sounds_alike,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN CASE WHEN starts_with(patient.last_name, death.last_name) OR starts_with(death.last_name, patient.last_name) THEN CAST(least(length(patient.last_name), length(death.last_name)) AS BIGINT) WHEN patient.last_name <> death.last_name THEN 0 END END AS last_name_prefix_letters,
        coalesce(patient.suffix = death.suffix, FALSE) AS suffix_is_exact,
        (patient.suffix IS NULL OR death.suffix IS NULL) AS suffix_is_not_known,
        coalesce(patient.ssn = death.ssn, FALSE) AS ssn_is_exact,
        CASE WHEN patient.ssn IS NULL OR death.ssn IS NULL THEN NOT (coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) <> coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four), FALSE)) ELSE FALSE END AS ssn_is_not_known,
        CASE WHEN NOT coalesce(patient.ssn = death.ssn, FALSE) THEN CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) END AS ssn_levenshtein_distance,
        CASE WHEN NOT coalesce(patient.ssn = death.ssn, FALSE) THEN coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) END AS ssn_last_four,
        coalesce(patient.birth_date = death.birth_date, FALSE) AS birth_date_is_exact,
        CASE WHEN patient.birth_date IS NULL OR death.birth_date IS NULL THEN NOT (coalesce(nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') <> nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00'), FALSE) OR coalesce(nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2), '00') <> nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 5, 2), '00'), FALSE) OR coalesce(nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 7, 2), '00') <> nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 7, 2), '00'), FALSE)) ELSE FALSE END AS birth_date_is_not_known,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN CASE WHEN substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) THEN patient.birth_date <> death.birth_date AND substr(patient.birth_date, 5, 2) = substr(death.birth_date, 7, 2) AND substr(patient.birth_date, 7, 2) = substr(death.birth_date, 5, 2) ELSE substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) END END AS birth_date_day_and_month_swapped,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN digits_transposed(patient.birth_date, death.birth_date) END AS birth_date_digits_transposed,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN digits_changed(patient.birth_date, death.birth_date) END AS birth_date_digits_changed,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN CASE WHEN substr(patient.birth_date, 5, 4) = substr(death.birth_date, 5, 4) THEN abs(CAST(substr(patient.birth_date, 1, 4) AS INTEGER) - CAST(substr(death.birth_date, 1, 4) AS INTEGER)) = 1 ELSE substr(patient.birth_date, 5, 4) = substr(death.birth_date, 5, 4) END END AS birth_date_year_off_by_one,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN CASE WHEN substr(patient.birth_date, 5, 4) = substr(death.birth_date, 5, 4) THEN abs(CAST(substr(patient.birth_date, 1, 4) AS INTEGER) - CAST(substr(death.birth_date, 1, 4) AS INTEGER)) = 10 ELSE substr(patient.birth_date, 5, 4) = substr(death.birth_date, 5, 4) END END AS birth_date_year_off_by_ten,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN CASE WHEN substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) THEN patient.birth_date <> death.birth_date AND (substr(patient.birth_date, 5, 4) = '0101' OR substr(death.birth_date, 5, 4) = '0101' OR (substr(patient.birth_date, 5, 2) = substr(death.birth_date, 5, 2) AND (substr(patient.birth_date, 7, 2) IN ('01', '15') OR substr(death.birth_date, 7, 2) IN ('01', '15')))) ELSE substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) END END AS birth_date_default_date,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 6) = substr(coalesce(death.birth_date, death.birth_date_partial), 1, 6) AND substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2) <> '00' END AS birth_date_same_year_and_month,
        coalesce(patient.sex = death.sex, FALSE) AS sex_is_exact,
        (patient.sex IS NULL OR death.sex IS NULL) AS sex_is_not_known,
        coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE) AS full_name_is_exact,
        (patient.first_name IS NULL OR patient.last_name IS NULL OR death.first_name IS NULL OR death.last_name IS NULL) AS full_name_is_not_known,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE) AND NOT (patient.first_name IS NULL OR patient.last_name IS NULL OR death.first_name IS NULL OR death.last_name IS NULL) THEN patient.first_name = death.last_name AND patient.last_name = death.first_name AND patient.first_name <> patient.last_name END AS full_name_first_and_last_swapped,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE) AND NOT (patient.first_name IS NULL OR patient.last_name IS NULL OR death.first_name IS NULL OR death.last_name IS NULL) THEN CASE WHEN patient.last_name = death.last_name THEN patient.first_name <> death.first_name AND (coalesce(patient.middle_name, '') = death.first_name OR patient.first_name = coalesce(death.middle_name, '')) ELSE patient.last_name = death.last_name END END AS full_name_middle_name_as_first,
        CASE WHEN patient_first_name_bearers.records >= death_first_name_bearers.records THEN patient_first_name_bearers.records WHEN patient_first_name_bearers.records < death_first_name_bearers.records THEN death_first_name_bearers.records END AS first_name_records,
        CASE WHEN patient_last_name_bearers.records >= death_last_name_bearers.records THEN patient_last_name_bearers.records WHEN patient_last_name_bearers.records < death_last_name_bearers.records THEN death_last_name_bearers.records END AS last_name_records,
        CASE WHEN patient_full_name_bearers.records >= death_full_name_bearers.records THEN patient_full_name_bearers.records WHEN patient_full_name_bearers.records < death_full_name_bearers.records THEN death_full_name_bearers.records END AS full_name_records,
        coalesce(patient_person.person_id, pair.patient_id) AS patient_person,
        coalesce(death_person.person_id, pair.death_id) AS death_person,
        CASE WHEN CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) < year(contact.last_contact) - 1 OR CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) <= year(contact.last_contact) AND days_between(contact.last_contact, latest_day(death.death_date_partial)) > 30 THEN 'death before last contact' WHEN substr(death.death_date_partial, 1, 4) <= substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4) AND latest_day(death.death_date_partial) < earliest_day(coalesce(patient.birth_date, patient.birth_date_partial)) THEN 'death before birth' WHEN CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) - CAST(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4) AS INTEGER) > 115 THEN 'impossible age' END AS impossible,
        coalesce(patient.ssn = death.ssn, FALSE) AS key_0,
        coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE) AS key_1,
        coalesce(patient.first_name = death.first_name AND patient.birth_date = death.birth_date, FALSE) AS key_2,
        coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE) AS key_3,
        coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.birth_date = death.birth_date, FALSE) AS key_4,
        coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.birth_date = death.birth_date, FALSE) AS key_5,
        coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE) AS key_6,
        coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.last_name = death.last_name, FALSE) AS key_7,
        coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.first_name = death.first_name, FALSE) AS key_8,
        coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE) AS key_9,
        coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE) AS key_10,
        coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE) AS key_11,
        coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE) AS key_12,
        coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND nullif(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4), '00') = nullif(substr(coalesce(death.birth_date, death.birth_date_partial), 1, 4), '00'), FALSE) AS key_13
    FROM pair
    JOIN patient ON pair.patient_id = patient.patient_id
    JOIN death ON pair.death_id = death.death_id
    LEFT JOIN contact ON pair.patient_id = contact.patient_id
    LEFT JOIN nickname AS patient_first_name_formal ON patient.first_name = patient_first_name_formal.name
    LEFT JOIN nickname AS death_first_name_formal ON death.first_name = death_first_name_formal.name
    LEFT JOIN first_name_bearers AS patient_first_name_bearers ON patient.first_name = patient_first_name_bearers.name
    LEFT JOIN first_name_bearers AS death_first_name_bearers ON death.first_name = death_first_name_bearers.name
    LEFT JOIN last_name_bearers AS patient_last_name_bearers ON patient.last_name = patient_last_name_bearers.name
    LEFT JOIN last_name_bearers AS death_last_name_bearers ON death.last_name = death_last_name_bearers.name
    LEFT JOIN full_name_bearers AS patient_full_name_bearers ON patient.first_name || '|' || patient.last_name = patient_full_name_bearers.name
    LEFT JOIN full_name_bearers AS death_full_name_bearers ON death.first_name || '|' || death.last_name = death_full_name_bearers.name
    LEFT JOIN patient_person ON pair.patient_id = patient_person.patient_id
    LEFT JOIN death_person ON pair.death_id = death_person.death_id
),
agreed AS (
    SELECT
        measured.*,
        (first_name_is_exact OR coalesce(first_name_jaro_winkler_similarity >= 0.87, FALSE) OR coalesce(first_name_nickname, FALSE) OR coalesce(first_name_initial, FALSE) OR coalesce(first_name_prefix_letters >= 3.0, FALSE) OR coalesce(first_name_name_part, FALSE) OR coalesce(first_name_sounds_alike, FALSE) OR coalesce(first_name_first_of_several, FALSE)) AS first_name_is_similar,
        (first_name_is_exact OR coalesce(first_name_jaro_winkler_similarity >= 0.75, FALSE)) AS first_name_is_alike,
        CASE WHEN first_name_is_exact THEN 'exact' WHEN coalesce(first_name_jaro_winkler_similarity >= 0.87, FALSE) THEN 'similar' WHEN coalesce(first_name_nickname, FALSE) THEN 'similar' WHEN coalesce(first_name_initial, FALSE) THEN 'similar' WHEN coalesce(first_name_prefix_letters >= 3.0, FALSE) THEN 'similar' WHEN coalesce(first_name_name_part, FALSE) THEN 'similar' WHEN coalesce(first_name_sounds_alike, FALSE) THEN 'similar' WHEN coalesce(first_name_first_of_several, FALSE) THEN 'similar' WHEN coalesce(first_name_jaro_winkler_similarity >= 0.75, FALSE) THEN 'alike' WHEN first_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS first_name_agreement,
        CASE WHEN first_name_is_exact THEN 0 WHEN coalesce(first_name_jaro_winkler_similarity >= 0.87, FALSE) THEN 10000000 + 10000 - CAST(floor(first_name_jaro_winkler_similarity * 10000 + 0.5) AS INTEGER) WHEN coalesce(first_name_nickname, FALSE) THEN 10100000 WHEN coalesce(first_name_initial, FALSE) THEN 10200000 WHEN coalesce(first_name_prefix_letters >= 3.0, FALSE) THEN 10300000 + 100 - first_name_prefix_letters WHEN coalesce(first_name_name_part, FALSE) THEN 10400000 WHEN coalesce(first_name_sounds_alike, FALSE) THEN 10500000 WHEN coalesce(first_name_first_of_several, FALSE) THEN 10600000 WHEN coalesce(first_name_jaro_winkler_similarity >= 0.75, FALSE) THEN 20000000 + 10000 - CAST(floor(first_name_jaro_winkler_similarity * 10000 + 0.5) AS INTEGER) WHEN first_name_is_not_known THEN 30000000 ELSE 40000000 END AS first_name_closeness,
        (middle_name_is_exact OR coalesce(middle_name_initial, FALSE) OR coalesce(middle_name_jaro_winkler_similarity >= 0.9, FALSE)) AS middle_name_is_similar,
        CASE WHEN middle_name_is_exact THEN 'exact' WHEN coalesce(middle_name_initial, FALSE) THEN 'similar' WHEN coalesce(middle_name_jaro_winkler_similarity >= 0.9, FALSE) THEN 'similar' WHEN middle_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS middle_name_agreement,
        CASE WHEN middle_name_is_exact THEN 0 WHEN coalesce(middle_name_initial, FALSE) THEN 10000000 WHEN coalesce(middle_name_jaro_winkler_similarity >= 0.9, FALSE) THEN 10100000 + 10000 - CAST(floor(middle_name_jaro_winkler_similarity * 10000 + 0.5) AS INTEGER) WHEN middle_name_is_not_known THEN 20000000 ELSE 30000000 END AS middle_name_closeness,
        (last_name_is_exact OR coalesce(last_name_jaro_winkler_similarity >= 0.9, FALSE) OR coalesce(last_name_former_name, FALSE) OR coalesce(last_name_name_part, FALSE) OR coalesce(last_name_sounds_alike, FALSE) OR coalesce(last_name_prefix_letters >= 4.0, FALSE)) AS last_name_is_similar,
        (last_name_is_exact OR coalesce(last_name_jaro_winkler_similarity >= 0.8, FALSE)) AS last_name_is_alike,
        CASE WHEN last_name_is_exact THEN 'exact' WHEN coalesce(last_name_jaro_winkler_similarity >= 0.9, FALSE) THEN 'similar' WHEN coalesce(last_name_former_name, FALSE) THEN 'similar' WHEN coalesce(last_name_name_part, FALSE) THEN 'similar' WHEN coalesce(last_name_sounds_alike, FALSE) THEN 'similar' WHEN coalesce(last_name_prefix_letters >= 4.0, FALSE) THEN 'similar' WHEN coalesce(last_name_jaro_winkler_similarity >= 0.8, FALSE) THEN 'alike' WHEN last_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS last_name_agreement,
        CASE WHEN last_name_is_exact THEN 0 WHEN coalesce(last_name_jaro_winkler_similarity >= 0.9, FALSE) THEN 10000000 + 10000 - CAST(floor(last_name_jaro_winkler_similarity * 10000 + 0.5) AS INTEGER) WHEN coalesce(last_name_former_name, FALSE) THEN 10100000 WHEN coalesce(last_name_name_part, FALSE) THEN 10200000 WHEN coalesce(last_name_sounds_alike, FALSE) THEN 10300000 WHEN coalesce(last_name_prefix_letters >= 4.0, FALSE) THEN 10400000 + 100 - last_name_prefix_letters WHEN coalesce(last_name_jaro_winkler_similarity >= 0.8, FALSE) THEN 20000000 + 10000 - CAST(floor(last_name_jaro_winkler_similarity * 10000 + 0.5) AS INTEGER) WHEN last_name_is_not_known THEN 30000000 ELSE 40000000 END AS last_name_closeness,
        CASE WHEN suffix_is_exact THEN 'exact' WHEN suffix_is_not_known THEN 'not_known' ELSE 'disagree' END AS suffix_agreement,
        CASE WHEN suffix_is_exact THEN 0 WHEN suffix_is_not_known THEN 10000000 ELSE 20000000 END AS suffix_closeness,
        (ssn_is_exact OR coalesce(ssn_levenshtein_distance <= 2.0, FALSE)) AS ssn_is_similar,
        (ssn_is_exact OR coalesce(ssn_last_four, FALSE)) AS ssn_is_last_four,
        CASE WHEN ssn_is_exact THEN 'exact' WHEN coalesce(ssn_levenshtein_distance <= 2.0, FALSE) THEN 'similar' WHEN coalesce(ssn_last_four, FALSE) THEN 'last_four' WHEN ssn_is_not_known THEN 'not_known' ELSE 'disagree' END AS ssn_agreement,
        CASE WHEN ssn_is_exact THEN 0 WHEN coalesce(ssn_levenshtein_distance <= 2.0, FALSE) THEN 10000000 + ssn_levenshtein_distance WHEN coalesce(ssn_last_four, FALSE) THEN 20000000 WHEN ssn_is_not_known THEN 30000000 ELSE 40000000 END AS ssn_closeness,
        (birth_date_is_exact OR coalesce(birth_date_day_and_month_swapped, FALSE) OR coalesce(birth_date_digits_transposed, FALSE) OR coalesce(birth_date_digits_changed <= 1.0, FALSE) OR coalesce(birth_date_year_off_by_one, FALSE) OR coalesce(birth_date_year_off_by_ten, FALSE) OR coalesce(birth_date_default_date, FALSE) OR coalesce(birth_date_same_year_and_month, FALSE)) AS birth_date_is_similar,
        (birth_date_is_exact OR coalesce(birth_date_digits_changed <= 2.0, FALSE)) AS birth_date_is_loose,
        (birth_date_is_exact OR coalesce(birth_date_digits_changed <= 3.0, FALSE)) AS birth_date_is_far,
        CASE WHEN birth_date_is_exact THEN 'exact' WHEN coalesce(birth_date_day_and_month_swapped, FALSE) THEN 'similar' WHEN coalesce(birth_date_digits_transposed, FALSE) THEN 'similar' WHEN coalesce(birth_date_digits_changed <= 1.0, FALSE) THEN 'similar' WHEN coalesce(birth_date_year_off_by_one, FALSE) THEN 'similar' WHEN coalesce(birth_date_year_off_by_ten, FALSE) THEN 'similar' WHEN coalesce(birth_date_default_date, FALSE) THEN 'similar' WHEN coalesce(birth_date_same_year_and_month, FALSE) THEN 'similar' WHEN coalesce(birth_date_digits_changed <= 2.0, FALSE) THEN 'loose' WHEN coalesce(birth_date_digits_changed <= 3.0, FALSE) THEN 'far' WHEN birth_date_is_not_known THEN 'not_known' ELSE 'disagree' END AS birth_date_agreement,
        CASE WHEN birth_date_is_exact THEN 0 WHEN coalesce(birth_date_day_and_month_swapped, FALSE) THEN 10000000 WHEN coalesce(birth_date_digits_transposed, FALSE) THEN 10100000 WHEN coalesce(birth_date_digits_changed <= 1.0, FALSE) THEN 10200000 + birth_date_digits_changed WHEN coalesce(birth_date_year_off_by_one, FALSE) THEN 10300000 WHEN coalesce(birth_date_year_off_by_ten, FALSE) THEN 10400000 WHEN coalesce(birth_date_default_date, FALSE) THEN 10500000 WHEN coalesce(birth_date_same_year_and_month, FALSE) THEN 10600000 WHEN coalesce(birth_date_digits_changed <= 2.0, FALSE) THEN 20000000 + birth_date_digits_changed WHEN coalesce(birth_date_digits_changed <= 3.0, FALSE) THEN 30000000 + birth_date_digits_changed WHEN birth_date_is_not_known THEN 40000000 ELSE 50000000 END AS birth_date_closeness,
        CASE WHEN sex_is_exact THEN 'exact' WHEN sex_is_not_known THEN 'not_known' ELSE 'disagree' END AS sex_agreement,
        CASE WHEN sex_is_exact THEN 0 WHEN sex_is_not_known THEN 10000000 ELSE 20000000 END AS sex_closeness,
        (full_name_is_exact OR coalesce(full_name_first_and_last_swapped, FALSE)) AS full_name_is_swapped,
        (full_name_is_exact OR coalesce(full_name_middle_name_as_first, FALSE)) AS full_name_is_similar,
        CASE WHEN full_name_is_exact THEN 'exact' WHEN coalesce(full_name_first_and_last_swapped, FALSE) THEN 'swapped' WHEN coalesce(full_name_middle_name_as_first, FALSE) THEN 'similar' WHEN full_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS full_name_agreement,
        CASE WHEN full_name_is_exact THEN 0 WHEN coalesce(full_name_first_and_last_swapped, FALSE) THEN 10000000 WHEN coalesce(full_name_middle_name_as_first, FALSE) THEN 20000000 WHEN full_name_is_not_known THEN 30000000 ELSE 40000000 END AS full_name_closeness
    FROM measured
),
flagged AS (
    SELECT
        agreed.*,
        coalesce(ssn_is_exact AND (last_name_is_similar OR last_name_agreement = 'not_known') AND first_name_is_similar AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known'), FALSE) AS meets_6,
        coalesce(ssn_is_exact AND first_name_is_similar AND birth_date_is_far AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known'), FALSE) AS meets_13,
        coalesce(ssn_is_exact AND last_name_is_similar AND birth_date_agreement = 'not_known' AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known'), FALSE) AS meets_14,
        coalesce(ssn_is_exact AND birth_date_agreement = 'not_known' AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known'), FALSE) AS meets_15,
        coalesce(ssn_is_exact AND last_name_is_similar AND first_name_agreement = 'not_known' AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known'), FALSE) AS meets_16,
        coalesce(ssn_is_exact AND first_name_is_exact AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known'), FALSE) AS meets_17,
        coalesce(ssn_is_similar AND birth_date_is_exact AND first_name_is_similar AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known'), FALSE) AS meets_21,
        coalesce(ssn_is_similar AND birth_date_is_exact AND last_name_is_similar AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known'), FALSE) AS meets_22,
        coalesce(ssn_is_last_four AND birth_date_is_exact AND last_name_is_similar AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND last_name_records <= 100, FALSE) AS meets_24,
        coalesce(ssn_is_similar AND last_name_is_exact AND first_name_is_exact AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') AND full_name_records <= 3, FALSE) AS meets_25,
        coalesce(last_name_is_similar AND first_name_is_similar AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND last_name_records <= 200, FALSE) AS meets_29,
        coalesce(last_name_is_alike AND first_name_is_alike AND middle_name_is_similar AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known'), FALSE) AS meets_30,
        coalesce(last_name_is_similar AND first_name_is_alike AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND last_name_records <= 100, FALSE) AS meets_31,
        coalesce(last_name_is_alike AND first_name_is_similar AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND last_name_records <= 25, FALSE) AS meets_32,
        coalesce(last_name_is_exact AND first_name_agreement = 'not_known' AND middle_name_is_similar AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known'), FALSE) AS meets_33,
        coalesce(last_name_agreement = 'not_known' AND first_name_is_exact AND middle_name_is_similar AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND first_name_records <= 50, FALSE) AS meets_34,
        coalesce(last_name_is_exact AND middle_name_is_similar AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND last_name_records <= 50, FALSE) AS meets_35,
        coalesce(first_name_is_exact AND middle_name_is_similar AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND first_name_records <= 30, FALSE) AS meets_36,
        coalesce(last_name_is_exact AND first_name_is_exact AND middle_name_is_similar AND birth_date_is_exact AND (sex_is_exact OR sex_agreement = 'not_known'), FALSE) AS meets_37,
        coalesce(last_name_is_exact AND first_name_is_exact AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_is_exact AND full_name_records <= 5, FALSE) AS meets_38,
        coalesce(last_name_is_exact AND first_name_is_similar AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') AND last_name_records <= 50, FALSE) AS meets_39,
        coalesce(last_name_is_similar AND first_name_is_exact AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') AND last_name_records <= 100, FALSE) AS meets_40,
        coalesce((full_name_is_swapped OR full_name_is_similar) AND birth_date_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') AND last_name_records <= 20, FALSE) AS meets_41,
        coalesce(last_name_is_exact AND first_name_agreement = 'not_known' AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') AND last_name_records <= 20, FALSE) AS meets_42,
        coalesce(full_name_is_swapped AND birth_date_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') AND full_name_records <= 5, FALSE) AS meets_43,
        coalesce(last_name_is_exact AND first_name_is_exact AND middle_name_is_similar AND birth_date_is_similar AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') AND full_name_records <= 10, FALSE) AS meets_44,
        coalesce(last_name_is_exact AND first_name_is_exact AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_is_similar AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') AND full_name_records <= 3 AND last_name_records <= 30, FALSE) AS meets_45,
        coalesce(last_name_is_exact AND first_name_is_similar AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_is_similar AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') AND last_name_records <= 8, FALSE) AS meets_46,
        coalesce(last_name_is_exact AND first_name_is_exact AND middle_name_is_similar AND (birth_date_is_loose OR birth_date_agreement = 'not_known') AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') AND full_name_records <= 2 AND last_name_records <= 30, FALSE) AS meets_47,
        coalesce(last_name_is_exact AND first_name_is_exact AND middle_name_is_similar AND birth_date_agreement = 'not_known' AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') AND full_name_records <= 3, FALSE) AS meets_48,
        coalesce(last_name_is_exact AND first_name_is_exact AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_agreement = 'not_known' AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') AND full_name_records <= 2 AND last_name_records <= 10, FALSE) AS meets_49
    FROM agreed
),
placed AS (
    SELECT
        flagged.*,
        CASE
        WHEN ssn_is_exact AND birth_date_is_exact AND first_name_is_similar THEN 1
        WHEN ssn_is_exact AND birth_date_is_exact AND (full_name_is_swapped OR full_name_is_similar) THEN 2
        WHEN ssn_is_exact AND birth_date_is_similar AND last_name_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 3
        WHEN ssn_is_exact AND birth_date_agreement = 'not_known' AND last_name_is_exact AND first_name_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 4
        WHEN ssn_is_exact AND birth_date_agreement = 'not_known' AND last_name_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 5
        WHEN meets_6 THEN 6
        WHEN ssn_is_exact AND birth_date_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') THEN 7
        WHEN ssn_is_exact AND (full_name_is_swapped OR full_name_is_similar) AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 8
        WHEN ssn_is_exact AND birth_date_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 9
        WHEN ssn_is_exact AND birth_date_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 10
        WHEN ssn_is_exact AND first_name_is_similar AND (birth_date_is_loose OR birth_date_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 11
        WHEN ssn_is_exact AND last_name_is_similar AND (first_name_is_alike OR first_name_agreement = 'not_known') AND (birth_date_is_loose OR birth_date_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 12
        WHEN meets_13 THEN 13
        WHEN meets_14 THEN 14
        WHEN meets_15 THEN 15
        WHEN meets_16 THEN 16
        WHEN meets_17 THEN 17
        WHEN last_name_is_exact AND first_name_is_exact AND birth_date_is_exact AND (ssn_is_similar OR ssn_is_last_four OR ssn_agreement = 'not_known') THEN 18
        WHEN (ssn_is_similar OR ssn_is_last_four) AND birth_date_is_exact AND last_name_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 19
        WHEN (ssn_is_similar OR ssn_is_last_four) AND birth_date_is_exact AND (full_name_is_swapped OR full_name_is_similar) THEN 20
        WHEN meets_21 THEN 21
        WHEN meets_22 THEN 22
        WHEN ssn_is_similar AND (birth_date_is_similar OR birth_date_agreement = 'not_known') AND last_name_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 23
        WHEN meets_24 THEN 24
        WHEN meets_25 THEN 25
        WHEN last_name_is_exact AND first_name_is_similar AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') THEN 26
        WHEN last_name_is_similar AND first_name_is_exact AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') THEN 27
        WHEN (full_name_is_swapped OR full_name_is_similar) AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') THEN 28
        WHEN meets_29 THEN 29
        WHEN meets_30 THEN 30
        WHEN meets_31 THEN 31
        WHEN meets_32 THEN 32
        WHEN meets_33 THEN 33
        WHEN meets_34 THEN 34
        WHEN meets_35 THEN 35
        WHEN meets_36 THEN 36
        WHEN meets_37 THEN 37
        WHEN meets_38 THEN 38
        WHEN meets_39 THEN 39
        WHEN meets_40 THEN 40
        WHEN meets_41 THEN 41
        WHEN meets_42 THEN 42
        WHEN meets_43 THEN 43
        WHEN meets_44 THEN 44
        WHEN meets_45 THEN 45
        WHEN meets_46 THEN 46
        WHEN meets_47 THEN 47
        WHEN meets_48 THEN 48
        WHEN meets_49 THEN 49
        END AS place
    FROM flagged
),
met AS (
    SELECT
        placed.*
    FROM placed
    JOIN (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24), (25), (26), (27), (28), (29), (30), (31), (32), (33), (34), (35), (36), (37), (38), (39), (40), (41), (42), (43), (44), (45), (46), (47), (48), (49)) AS rule(number) ON placed.place = rule.number
),
patient_rivals AS (
    SELECT
        patient_person,
        min(CASE WHEN meets_6 THEN death_person END) = max(CASE WHEN meets_6 THEN death_person END) AS alone_6,
        min(CASE WHEN meets_13 THEN death_person END) = max(CASE WHEN meets_13 THEN death_person END) AS alone_13,
        min(CASE WHEN meets_14 THEN death_person END) = max(CASE WHEN meets_14 THEN death_person END) AS alone_14,
        min(CASE WHEN meets_15 THEN death_person END) = max(CASE WHEN meets_15 THEN death_person END) AS alone_15,
        min(CASE WHEN meets_16 THEN death_person END) = max(CASE WHEN meets_16 THEN death_person END) AS alone_16,
        min(CASE WHEN meets_17 THEN death_person END) = max(CASE WHEN meets_17 THEN death_person END) AS alone_17,
        min(CASE WHEN meets_21 THEN death_person END) = max(CASE WHEN meets_21 THEN death_person END) AS alone_21,
        min(CASE WHEN meets_22 THEN death_person END) = max(CASE WHEN meets_22 THEN death_person END) AS alone_22,
        min(CASE WHEN meets_24 THEN death_person END) = max(CASE WHEN meets_24 THEN death_person END) AS alone_24,
        min(CASE WHEN meets_25 THEN death_person END) = max(CASE WHEN meets_25 THEN death_person END) AS alone_25,
        min(CASE WHEN meets_29 THEN death_person END) = max(CASE WHEN meets_29 THEN death_person END) AS alone_29,
        min(CASE WHEN meets_30 THEN death_person END) = max(CASE WHEN meets_30 THEN death_person END) AS alone_30,
        min(CASE WHEN meets_31 THEN death_person END) = max(CASE WHEN meets_31 THEN death_person END) AS alone_31,
        min(CASE WHEN meets_32 THEN death_person END) = max(CASE WHEN meets_32 THEN death_person END) AS alone_32,
        min(CASE WHEN meets_33 THEN death_person END) = max(CASE WHEN meets_33 THEN death_person END) AS alone_33,
        min(CASE WHEN meets_34 THEN death_person END) = max(CASE WHEN meets_34 THEN death_person END) AS alone_34,
        min(CASE WHEN meets_35 THEN death_person END) = max(CASE WHEN meets_35 THEN death_person END) AS alone_35,
        min(CASE WHEN meets_36 THEN death_person END) = max(CASE WHEN meets_36 THEN death_person END) AS alone_36,
        min(CASE WHEN meets_37 THEN death_person END) = max(CASE WHEN meets_37 THEN death_person END) AS alone_37,
        min(CASE WHEN meets_38 THEN death_person END) = max(CASE WHEN meets_38 THEN death_person END) AS alone_38,
        min(CASE WHEN meets_39 THEN death_person END) = max(CASE WHEN meets_39 THEN death_person END) AS alone_39,
        min(CASE WHEN meets_40 THEN death_person END) = max(CASE WHEN meets_40 THEN death_person END) AS alone_40,
        min(CASE WHEN meets_41 THEN death_person END) = max(CASE WHEN meets_41 THEN death_person END) AS alone_41,
        min(CASE WHEN meets_42 THEN death_person END) = max(CASE WHEN meets_42 THEN death_person END) AS alone_42,
        min(CASE WHEN meets_43 THEN death_person END) = max(CASE WHEN meets_43 THEN death_person END) AS alone_43,
        min(CASE WHEN meets_44 THEN death_person END) = max(CASE WHEN meets_44 THEN death_person END) AS alone_44,
        min(CASE WHEN meets_45 THEN death_person END) = max(CASE WHEN meets_45 THEN death_person END) AS alone_45,
        min(CASE WHEN meets_46 THEN death_person END) = max(CASE WHEN meets_46 THEN death_person END) AS alone_46,
        min(CASE WHEN meets_47 THEN death_person END) = max(CASE WHEN meets_47 THEN death_person END) AS alone_47,
        min(CASE WHEN meets_48 THEN death_person END) = max(CASE WHEN meets_48 THEN death_person END) AS alone_48,
        min(CASE WHEN meets_49 THEN death_person END) = max(CASE WHEN meets_49 THEN death_person END) AS alone_49
    FROM met
    WHERE impossible IS NULL AND (meets_6 OR meets_13 OR meets_14 OR meets_15 OR meets_16 OR meets_17 OR meets_21 OR meets_22 OR meets_24 OR meets_25 OR meets_29 OR meets_30 OR meets_31 OR meets_32 OR meets_33 OR meets_34 OR meets_35 OR meets_36 OR meets_37 OR meets_38 OR meets_39 OR meets_40 OR meets_41 OR meets_42 OR meets_43 OR meets_44 OR meets_45 OR meets_46 OR meets_47 OR meets_48 OR meets_49)
    GROUP BY patient_person
),
death_rivals AS (
    SELECT
        death_person,
        min(CASE WHEN meets_6 THEN patient_person END) = max(CASE WHEN meets_6 THEN patient_person END) AS alone_6,
        min(CASE WHEN meets_13 THEN patient_person END) = max(CASE WHEN meets_13 THEN patient_person END) AS alone_13,
        min(CASE WHEN meets_14 THEN patient_person END) = max(CASE WHEN meets_14 THEN patient_person END) AS alone_14,
        min(CASE WHEN meets_15 THEN patient_person END) = max(CASE WHEN meets_15 THEN patient_person END) AS alone_15,
        min(CASE WHEN meets_16 THEN patient_person END) = max(CASE WHEN meets_16 THEN patient_person END) AS alone_16,
        min(CASE WHEN meets_17 THEN patient_person END) = max(CASE WHEN meets_17 THEN patient_person END) AS alone_17,
        min(CASE WHEN meets_21 THEN patient_person END) = max(CASE WHEN meets_21 THEN patient_person END) AS alone_21,
        min(CASE WHEN meets_22 THEN patient_person END) = max(CASE WHEN meets_22 THEN patient_person END) AS alone_22,
        min(CASE WHEN meets_24 THEN patient_person END) = max(CASE WHEN meets_24 THEN patient_person END) AS alone_24,
        min(CASE WHEN meets_25 THEN patient_person END) = max(CASE WHEN meets_25 THEN patient_person END) AS alone_25,
        min(CASE WHEN meets_29 THEN patient_person END) = max(CASE WHEN meets_29 THEN patient_person END) AS alone_29,
        min(CASE WHEN meets_30 THEN patient_person END) = max(CASE WHEN meets_30 THEN patient_person END) AS alone_30,
        min(CASE WHEN meets_31 THEN patient_person END) = max(CASE WHEN meets_31 THEN patient_person END) AS alone_31,
        min(CASE WHEN meets_32 THEN patient_person END) = max(CASE WHEN meets_32 THEN patient_person END) AS alone_32,
        min(CASE WHEN meets_33 THEN patient_person END) = max(CASE WHEN meets_33 THEN patient_person END) AS alone_33,
        min(CASE WHEN meets_34 THEN patient_person END) = max(CASE WHEN meets_34 THEN patient_person END) AS alone_34,
        min(CASE WHEN meets_35 THEN patient_person END) = max(CASE WHEN meets_35 THEN patient_person END) AS alone_35,
        min(CASE WHEN meets_36 THEN patient_person END) = max(CASE WHEN meets_36 THEN patient_person END) AS alone_36,
        min(CASE WHEN meets_37 THEN patient_person END) = max(CASE WHEN meets_37 THEN patient_person END) AS alone_37,
        min(CASE WHEN meets_38 THEN patient_person END) = max(CASE WHEN meets_38 THEN patient_person END) AS alone_38,
        min(CASE WHEN meets_39 THEN patient_person END) = max(CASE WHEN meets_39 THEN patient_person END) AS alone_39,
        min(CASE WHEN meets_40 THEN patient_person END) = max(CASE WHEN meets_40 THEN patient_person END) AS alone_40,
        min(CASE WHEN meets_41 THEN patient_person END) = max(CASE WHEN meets_41 THEN patient_person END) AS alone_41,
        min(CASE WHEN meets_42 THEN patient_person END) = max(CASE WHEN meets_42 THEN patient_person END) AS alone_42,
        min(CASE WHEN meets_43 THEN patient_person END) = max(CASE WHEN meets_43 THEN patient_person END) AS alone_43,
        min(CASE WHEN meets_44 THEN patient_person END) = max(CASE WHEN meets_44 THEN patient_person END) AS alone_44,
        min(CASE WHEN meets_45 THEN patient_person END) = max(CASE WHEN meets_45 THEN patient_person END) AS alone_45,
        min(CASE WHEN meets_46 THEN patient_person END) = max(CASE WHEN meets_46 THEN patient_person END) AS alone_46,
        min(CASE WHEN meets_47 THEN patient_person END) = max(CASE WHEN meets_47 THEN patient_person END) AS alone_47,
        min(CASE WHEN meets_48 THEN patient_person END) = max(CASE WHEN meets_48 THEN patient_person END) AS alone_48,
        min(CASE WHEN meets_49 THEN patient_person END) = max(CASE WHEN meets_49 THEN patient_person END) AS alone_49
    FROM met
    WHERE impossible IS NULL AND (meets_6 OR meets_13 OR meets_14 OR meets_15 OR meets_16 OR meets_17 OR meets_21 OR meets_22 OR meets_24 OR meets_25 OR meets_29 OR meets_30 OR meets_31 OR meets_32 OR meets_33 OR meets_34 OR meets_35 OR meets_36 OR meets_37 OR meets_38 OR meets_39 OR meets_40 OR meets_41 OR meets_42 OR meets_43 OR meets_44 OR meets_45 OR meets_46 OR meets_47 OR meets_48 OR meets_49)
    GROUP BY death_person
),
decided AS (
    SELECT
        met.*,
        CASE
        WHEN ssn_is_exact AND birth_date_is_exact AND first_name_is_similar THEN 1
        WHEN ssn_is_exact AND birth_date_is_exact AND (full_name_is_swapped OR full_name_is_similar) THEN 2
        WHEN ssn_is_exact AND birth_date_is_similar AND last_name_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 3
        WHEN ssn_is_exact AND birth_date_agreement = 'not_known' AND last_name_is_exact AND first_name_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 4
        WHEN ssn_is_exact AND birth_date_agreement = 'not_known' AND last_name_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 5
        WHEN meets_6 AND (impossible IS NOT NULL OR (patient_rivals.alone_6 AND death_rivals.alone_6)) THEN 6
        WHEN ssn_is_exact AND birth_date_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') THEN 7
        WHEN ssn_is_exact AND (full_name_is_swapped OR full_name_is_similar) AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 8
        WHEN ssn_is_exact AND birth_date_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 9
        WHEN ssn_is_exact AND birth_date_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 10
        WHEN ssn_is_exact AND first_name_is_similar AND (birth_date_is_loose OR birth_date_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 11
        WHEN ssn_is_exact AND last_name_is_similar AND (first_name_is_alike OR first_name_agreement = 'not_known') AND (birth_date_is_loose OR birth_date_agreement = 'not_known') AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 12
        WHEN meets_13 AND (impossible IS NOT NULL OR (patient_rivals.alone_13 AND death_rivals.alone_13)) THEN 13
        WHEN meets_14 AND (impossible IS NOT NULL OR (patient_rivals.alone_14 AND death_rivals.alone_14)) THEN 14
        WHEN meets_15 AND (impossible IS NOT NULL OR (patient_rivals.alone_15 AND death_rivals.alone_15)) THEN 15
        WHEN meets_16 AND (impossible IS NOT NULL OR (patient_rivals.alone_16 AND death_rivals.alone_16)) THEN 16
        WHEN meets_17 AND (impossible IS NOT NULL OR (patient_rivals.alone_17 AND death_rivals.alone_17)) THEN 17
        WHEN last_name_is_exact AND first_name_is_exact AND birth_date_is_exact AND (ssn_is_similar OR ssn_is_last_four OR ssn_agreement = 'not_known') THEN 18
        WHEN (ssn_is_similar OR ssn_is_last_four) AND birth_date_is_exact AND last_name_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 19
        WHEN (ssn_is_similar OR ssn_is_last_four) AND birth_date_is_exact AND (full_name_is_swapped OR full_name_is_similar) THEN 20
        WHEN meets_21 AND (impossible IS NOT NULL OR (patient_rivals.alone_21 AND death_rivals.alone_21)) THEN 21
        WHEN meets_22 AND (impossible IS NOT NULL OR (patient_rivals.alone_22 AND death_rivals.alone_22)) THEN 22
        WHEN ssn_is_similar AND (birth_date_is_similar OR birth_date_agreement = 'not_known') AND last_name_is_similar AND first_name_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 23
        WHEN meets_24 AND (impossible IS NOT NULL OR (patient_rivals.alone_24 AND death_rivals.alone_24)) THEN 24
        WHEN meets_25 AND (impossible IS NOT NULL OR (patient_rivals.alone_25 AND death_rivals.alone_25)) THEN 25
        WHEN last_name_is_exact AND first_name_is_similar AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') THEN 26
        WHEN last_name_is_similar AND first_name_is_exact AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') THEN 27
        WHEN (full_name_is_swapped OR full_name_is_similar) AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known') THEN 28
        WHEN meets_29 AND (impossible IS NOT NULL OR (patient_rivals.alone_29 AND death_rivals.alone_29)) THEN 29
        WHEN meets_30 AND (impossible IS NOT NULL OR (patient_rivals.alone_30 AND death_rivals.alone_30)) THEN 30
        WHEN meets_31 AND (impossible IS NOT NULL OR (patient_rivals.alone_31 AND death_rivals.alone_31)) THEN 31
        WHEN meets_32 AND (impossible IS NOT NULL OR (patient_rivals.alone_32 AND death_rivals.alone_32)) THEN 32
        WHEN meets_33 AND (impossible IS NOT NULL OR (patient_rivals.alone_33 AND death_rivals.alone_33)) THEN 33
        WHEN meets_34 AND (impossible IS NOT NULL OR (patient_rivals.alone_34 AND death_rivals.alone_34)) THEN 34
        WHEN meets_35 AND (impossible IS NOT NULL OR (patient_rivals.alone_35 AND death_rivals.alone_35)) THEN 35
        WHEN meets_36 AND (impossible IS NOT NULL OR (patient_rivals.alone_36 AND death_rivals.alone_36)) THEN 36
        WHEN meets_37 AND (impossible IS NOT NULL OR (patient_rivals.alone_37 AND death_rivals.alone_37)) THEN 37
        WHEN meets_38 AND (impossible IS NOT NULL OR (patient_rivals.alone_38 AND death_rivals.alone_38)) THEN 38
        WHEN meets_39 AND (impossible IS NOT NULL OR (patient_rivals.alone_39 AND death_rivals.alone_39)) THEN 39
        WHEN meets_40 AND (impossible IS NOT NULL OR (patient_rivals.alone_40 AND death_rivals.alone_40)) THEN 40
        WHEN meets_41 AND (impossible IS NOT NULL OR (patient_rivals.alone_41 AND death_rivals.alone_41)) THEN 41
        WHEN meets_42 AND (impossible IS NOT NULL OR (patient_rivals.alone_42 AND death_rivals.alone_42)) THEN 42
        WHEN meets_43 AND (impossible IS NOT NULL OR (patient_rivals.alone_43 AND death_rivals.alone_43)) THEN 43
        WHEN meets_44 AND (impossible IS NOT NULL OR (patient_rivals.alone_44 AND death_rivals.alone_44)) THEN 44
        WHEN meets_45 AND (impossible IS NOT NULL OR (patient_rivals.alone_45 AND death_rivals.alone_45)) THEN 45
        WHEN meets_46 AND (impossible IS NOT NULL OR (patient_rivals.alone_46 AND death_rivals.alone_46)) THEN 46
        WHEN meets_47 AND (impossible IS NOT NULL OR (patient_rivals.alone_47 AND death_rivals.alone_47)) THEN 47
        WHEN meets_48 AND (impossible IS NOT NULL OR (patient_rivals.alone_48 AND death_rivals.alone_48)) THEN 48
        WHEN meets_49 AND (impossible IS NOT NULL OR (patient_rivals.alone_49 AND death_rivals.alone_49)) THEN 49
        END AS rule_position
    FROM met
    LEFT JOIN patient_rivals ON met.patient_person = patient_rivals.patient_person
    LEFT JOIN death_rivals ON met.death_person = death_rivals.death_person
)
SELECT
    patient_id,
    death_id,
    rule_position,
    impossible,
    first_name_records,
    last_name_records,
    full_name_records,
    first_name_agreement,
    first_name_jaro_winkler_similarity,
    first_name_nickname,
    first_name_initial,
    first_name_prefix_letters,
    first_name_name_part,
    first_name_sounds_alike,
    first_name_first_of_several,
    middle_name_agreement,
    middle_name_initial,
    middle_name_jaro_winkler_similarity,
    last_name_agreement,
    last_name_jaro_winkler_similarity,
    last_name_former_name,
    last_name_name_part,
    last_name_sounds_alike,
    last_name_prefix_letters,
    suffix_agreement,
    ssn_agreement,
    ssn_levenshtein_distance,
    ssn_last_four,
    birth_date_agreement,
    birth_date_day_and_month_swapped,
    birth_date_digits_transposed,
    birth_date_digits_changed,
    birth_date_year_off_by_one,
    birth_date_year_off_by_ten,
    birth_date_default_date,
    birth_date_same_year_and_month,
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
    concat_ws('; ', CASE WHEN key_0 THEN 'ssn' END, CASE WHEN key_1 THEN 'last_name+birth_date' END, CASE WHEN key_2 THEN 'first_name+birth_date' END, CASE WHEN key_3 THEN 'first_name+last_name' END, CASE WHEN key_4 THEN 'ssn_last_four+birth_date' END, CASE WHEN key_5 THEN 'ssn_without_last_four+birth_date' END, CASE WHEN key_6 THEN 'ssn_last_four+last_name' END, CASE WHEN key_7 THEN 'ssn_without_last_four+last_name' END, CASE WHEN key_8 THEN 'ssn_last_four+first_name' END, CASE WHEN key_9 THEN 'ssn_without_last_four+first_name' END, CASE WHEN key_10 THEN 'last_name_sound+birth_date' END, CASE WHEN key_11 THEN 'names_in_either_order+birth_date' END, CASE WHEN key_12 THEN 'first_name_initial+last_name_initial+birth_date' END, CASE WHEN key_13 THEN 'last_name+first_name_initial+birth_year' END) AS blocking_keys
FROM decided
WHERE rule_position IS NOT NULL
