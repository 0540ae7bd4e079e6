WITH measured AS (
    SELECT
        pair.patient_id,
        pair.death_id,
        coalesce(patient.first_name = death.first_name, FALSE) AS first_name_is_exact,
        (patient.first_name IS NULL OR death.first_name IS NULL) AS first_name_is_not_known,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN jaro_winkler(patient.first_name, death.first_name) END AS first_name_jaro_winkler_similarity,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN CASE WHEN coalesce(patient.first_name_formal, patient_first_name_formal.formal, death.first_name_formal, death_first_name_formal.formal) IS NOT NULL THEN share_any(words_of(coalesce(patient.first_name_formal, patient_first_name_formal.formal, patient.first_name)), words_of(coalesce(death.first_name_formal, death_first_name_formal.formal, death.first_name))) ELSE patient.first_name = death.first_name END END AS first_name_nickname,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN (length(patient.first_name) = 1) <> (length(death.first_name) = 1) AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) END AS first_name_initial,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN CASE WHEN starts_with(patient.first_name, death.first_name) OR starts_with(death.first_name, patient.first_name) THEN CAST(least(length(patient.first_name), length(death.first_name)) AS BIGINT) WHEN patient.first_name <> death.first_name THEN 0 END END AS first_name_prefix_letters,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN CASE WHEN coalesce(patient.first_name_parts, death.first_name_parts) IS NOT NULL THEN share_any(words_of(coalesce(patient.first_name_parts, patient.first_name)), words_of(coalesce(death.first_name_parts, death.first_name))) ELSE patient.first_name = death.first_name END END AS first_name_name_part,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN patient.first_name_sound = death.first_name_sound END AS first_name_sounds_alike,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN CASE WHEN coalesce(patient.first_name_first, patient_first_name_formal.formal, death.first_name_first, death_first_name_formal.formal) IS NOT NULL THEN share_any(words_of(coalesce(patient.first_name_first, patient_first_name_formal.formal, patient.first_name)), words_of(coalesce(death.first_name_first, death_first_name_formal.formal, death.first_name))) AND NOT (array_contains(words_of(coalesce(patient.first_name_first, patient_first_name_formal.formal, patient.first_name)), '+') AND array_contains(words_of(coalesce(death.first_name_first, death_first_name_formal.formal, death.first_name)), '+')) ELSE patient.first_name = death.first_name END END AS first_name_first_of_several,
        coalesce(patient.middle_name = death.middle_name, FALSE) AS middle_name_is_exact,
        (patient.middle_name IS NULL OR death.middle_name IS NULL) AS middle_name_is_not_known,
        CASE WHEN NOT coalesce(patient.middle_name = death.middle_name, FALSE) THEN (length(patient.middle_name) = 1) <> (length(death.middle_name) = 1) AND substr(patient.middle_name, 1, 1) = substr(death.middle_name, 1, 1) END AS middle_name_initial,
        CASE WHEN NOT coalesce(patient.middle_name = death.middle_name, FALSE) THEN jaro_winkler(patient.middle_name, death.middle_name) END AS middle_name_jaro_winkler_similarity,
        coalesce(patient.last_name = death.last_name, FALSE) AS last_name_is_exact,
        (patient.last_name IS NULL OR death.last_name IS NULL) AS last_name_is_not_known,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN jaro_winkler(patient.last_name, death.last_name) END AS last_name_jaro_winkler_similarity,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN CASE WHEN coalesce(patient.former_last_names, death.former_last_names) IS NOT NULL THEN share_any(words_of(nullif(concat_ws('|', patient.last_name, patient.former_last_names), '')), words_of(nullif(concat_ws('|', death.last_name, death.former_last_names), ''))) ELSE patient.last_name = death.last_name END END AS last_name_former_name,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN CASE WHEN coalesce(patient.last_name_parts, death.last_name_parts) IS NOT NULL THEN share_any(words_of(coalesce(patient.last_name_parts, patient.last_name)), words_of(coalesce(death.last_name_parts, death.last_name))) ELSE patient.last_name = death.last_name END END AS last_name_name_part,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN patient.last_name_sound = death.last_name_sound END AS last_name_sounds_alike,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN CASE WHEN starts_with(patient.last_name, death.last_name) OR starts_with(death.last_name, patient.last_name) THEN CAST(least(length(patient.last_name), length(death.last_name)) AS BIGINT) WHEN patient.last_name <> death.last_name THEN 0 END END AS last_name_prefix_letters,
        coalesce(patient.suffix = death.suffix, FALSE) AS suffix_is_exact,
        (patient.suffix IS NULL OR death.suffix IS NULL) AS suffix_is_not_known,
        coalesce(patient.ssn = death.ssn, FALSE) AS ssn_is_exact,
        CASE WHEN patient.ssn IS NULL OR death.ssn IS NULL THEN NOT (coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) <> coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four), FALSE)) ELSE FALSE END AS ssn_is_not_known,
        CASE WHEN NOT coalesce(patient.ssn = death.ssn, FALSE) THEN CAST(levenshtein(patient.ssn, death.ssn) AS BIGINT) END AS ssn_levenshtein_distance,
        CASE WHEN NOT coalesce(patient.ssn = death.ssn, FALSE) THEN coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) END AS ssn_last_four,
        coalesce(patient.birth_date = death.birth_date, FALSE) AS birth_date_is_exact,
        CASE WHEN patient.birth_date IS NULL OR death.birth_date IS NULL THEN NOT (coalesce(coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) <> coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE) OR coalesce(coalesce(substr(patient.birth_date, 5, 2), nullif(substr(patient.birth_date_partial, 5, 2), '00')) <> coalesce(substr(death.birth_date, 5, 2), nullif(substr(death.birth_date_partial, 5, 2), '00')), FALSE) OR coalesce(coalesce(substr(patient.birth_date, 7, 2), nullif(substr(patient.birth_date_partial, 7, 2), '00')) <> coalesce(substr(death.birth_date, 7, 2), nullif(substr(death.birth_date_partial, 7, 2), '00')), FALSE)) ELSE FALSE END AS birth_date_is_not_known,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN CASE WHEN substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) THEN patient.birth_date <> death.birth_date AND substr(patient.birth_date, 5, 2) = substr(death.birth_date, 7, 2) AND substr(patient.birth_date, 7, 2) = substr(death.birth_date, 5, 2) ELSE substr(patient.birth_date, 1, 4) = substr(death.birth_date, 1, 4) END END AS birth_date_day_and_month_swapped,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN digits_transposed(patient.birth_date, death.birth_date) END AS birth_date_digits_transposed,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN digits_changed(patient.birth_date, death.birth_date) END AS birth_date_digits_changed,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 10000 END AS birth_date_year_off_by_one,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN abs(CAST(patient.birth_date AS INTEGER) - CAST(death.birth_date AS INTEGER)) = 100000 END AS birth_date_year_off_by_ten,
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
        coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE) AS key_2,
        coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) = coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four) AND patient.last_name = death.last_name, FALSE) AS key_3,
        coalesce(nullif(substr(patient.ssn, 1, greatest(length(patient.ssn) - 4, 0)), '') = nullif(substr(death.ssn, 1, greatest(length(death.ssn) - 4, 0)), '') AND patient.first_name = death.first_name, FALSE) AS key_4,
        coalesce(patient.last_name_sound = death.last_name_sound AND patient.birth_date = death.birth_date, FALSE) AS key_5,
        coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND patient.birth_date = death.birth_date, FALSE) AS key_6,
        coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE) AS key_7,
        coalesce(patient.last_name = death.last_name AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE) AS key_8
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
        CASE WHEN full_name_is_exact THEN 'exact' WHEN coalesce(full_name_first_and_last_swapped, FALSE) THEN 'swapped' WHEN coalesce(full_name_middle_name_as_first, FALSE) THEN 'similar' WHEN full_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS full_name_agreement
    FROM measured
),
flagged AS (
    SELECT
        agreed.*,
        coalesce(ssn_is_exact AND (last_name_is_similar OR last_name_agreement = 'not_known') AND birth_date_agreement = 'not_known' AND (middle_name_is_similar OR middle_name_agreement = 'not_known'), FALSE) AS meets_5,
        coalesce(ssn_is_similar AND last_name_is_exact AND first_name_is_exact AND (middle_name_is_similar OR middle_name_agreement = 'not_known') AND full_name_records <= 3, FALSE) AS meets_8,
        coalesce(ssn_is_last_four AND last_name_is_similar AND birth_date_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') AND last_name_records <= 100, FALSE) AS meets_9,
        coalesce(last_name_is_alike AND first_name_is_alike AND birth_date_is_exact AND ssn_agreement = 'not_known' AND (sex_is_exact OR sex_agreement = 'not_known'), FALSE) AS meets_10,
        coalesce(last_name_agreement = 'not_known' AND first_name_is_exact AND birth_date_is_exact AND ssn_agreement = 'not_known' AND first_name_records <= 50, FALSE) AS meets_11,
        coalesce(full_name_is_swapped AND birth_date_is_exact AND (sex_is_exact OR sex_agreement = 'not_known') AND full_name_records <= 5, FALSE) AS meets_12,
        coalesce(last_name_is_exact AND first_name_is_similar AND (birth_date_is_similar OR birth_date_agreement = 'not_known') AND ssn_agreement = 'not_known' AND (suffix_is_exact OR suffix_agreement = 'not_known') AND full_name_records <= 3 AND last_name_records <= 30, FALSE) AS meets_13
    FROM agreed
),
placed AS (
    SELECT
        flagged.*,
        CASE
        WHEN ssn_is_exact AND birth_date_is_exact AND first_name_is_similar THEN 1
        WHEN ssn_is_exact AND birth_date_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 2
        WHEN ssn_is_exact AND last_name_is_similar AND (first_name_is_alike OR first_name_agreement = 'not_known') AND (birth_date_is_loose OR birth_date_agreement = 'not_known') THEN 3
        WHEN ssn_is_exact AND first_name_is_similar AND birth_date_is_far AND (middle_name_is_similar OR middle_name_agreement = 'not_known') THEN 4
        WHEN meets_5 THEN 5
        WHEN last_name_is_exact AND first_name_is_exact AND birth_date_is_exact AND (ssn_is_similar OR ssn_is_last_four OR ssn_agreement = 'not_known') THEN 6
        WHEN (ssn_is_similar OR ssn_is_last_four) AND birth_date_is_exact AND (full_name_is_swapped OR full_name_is_similar) THEN 7
        WHEN meets_8 THEN 8
        WHEN meets_9 THEN 9
        WHEN meets_10 THEN 10
        WHEN meets_11 THEN 11
        WHEN meets_12 THEN 12
        WHEN meets_13 THEN 13
        END AS place
    FROM flagged
),
met AS (
    SELECT
        placed.*
    FROM placed
    JOIN (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13)) AS rule(number) ON placed.place = rule.number
),
patient_rivals AS (
    SELECT
        patient_person,
        min(CASE WHEN meets_5 THEN death_person END) = max(CASE WHEN meets_5 THEN death_person END) AS alone_5,
        min(CASE WHEN meets_8 THEN death_person END) = max(CASE WHEN meets_8 THEN death_person END) AS alone_8,
        min(CASE WHEN meets_9 THEN death_person END) = max(CASE WHEN meets_9 THEN death_person END) AS alone_9,
        min(CASE WHEN meets_10 THEN death_person END) = max(CASE WHEN meets_10 THEN death_person END) AS alone_10,
        min(CASE WHEN meets_11 THEN death_person END) = max(CASE WHEN meets_11 THEN death_person END) AS alone_11,
        min(CASE WHEN meets_12 THEN death_person END) = max(CASE WHEN meets_12 THEN death_person END) AS alone_12,
        min(CASE WHEN meets_13 THEN death_person END) = max(CASE WHEN meets_13 THEN death_person END) AS alone_13
    FROM met
    WHERE impossible IS NULL AND (meets_5 OR meets_8 OR meets_9 OR meets_10 OR meets_11 OR meets_12 OR meets_13)
    GROUP BY patient_person
),
death_rivals AS (
    SELECT
        death_person,
        min(CASE WHEN meets_5 THEN patient_person END) = max(CASE WHEN meets_5 THEN patient_person END) AS alone_5,
        min(CASE WHEN meets_8 THEN patient_person END) = max(CASE WHEN meets_8 THEN patient_person END) AS alone_8,
        min(CASE WHEN meets_9 THEN patient_person END) = max(CASE WHEN meets_9 THEN patient_person END) AS alone_9,
        min(CASE WHEN meets_10 THEN patient_person END) = max(CASE WHEN meets_10 THEN patient_person END) AS alone_10,
        min(CASE WHEN meets_11 THEN patient_person END) = max(CASE WHEN meets_11 THEN patient_person END) AS alone_11,
        min(CASE WHEN meets_12 THEN patient_person END) = max(CASE WHEN meets_12 THEN patient_person END) AS alone_12,
        min(CASE WHEN meets_13 THEN patient_person END) = max(CASE WHEN meets_13 THEN patient_person END) AS alone_13
    FROM met
    WHERE impossible IS NULL AND (meets_5 OR meets_8 OR meets_9 OR meets_10 OR meets_11 OR meets_12 OR meets_13)
    GROUP BY death_person
),
decided AS (
    SELECT
        met.*,
        CASE
        WHEN ssn_is_exact AND birth_date_is_exact AND first_name_is_similar THEN 1
        WHEN ssn_is_exact AND birth_date_is_similar AND (sex_is_exact OR sex_agreement = 'not_known') AND (suffix_is_exact OR suffix_agreement = 'not_known') THEN 2
        WHEN ssn_is_exact AND last_name_is_similar AND (first_name_is_alike OR first_name_agreement = 'not_known') AND (birth_date_is_loose OR birth_date_agreement = 'not_known') THEN 3
        WHEN ssn_is_exact AND first_name_is_similar AND birth_date_is_far AND (middle_name_is_similar OR middle_name_agreement = 'not_known') THEN 4
        WHEN meets_5 AND (impossible IS NOT NULL OR (patient_rivals.alone_5 AND death_rivals.alone_5)) THEN 5
        WHEN last_name_is_exact AND first_name_is_exact AND birth_date_is_exact AND (ssn_is_similar OR ssn_is_last_four OR ssn_agreement = 'not_known') THEN 6
        WHEN (ssn_is_similar OR ssn_is_last_four) AND birth_date_is_exact AND (full_name_is_swapped OR full_name_is_similar) THEN 7
        WHEN meets_8 AND (impossible IS NOT NULL OR (patient_rivals.alone_8 AND death_rivals.alone_8)) THEN 8
        WHEN meets_9 AND (impossible IS NOT NULL OR (patient_rivals.alone_9 AND death_rivals.alone_9)) THEN 9
        WHEN meets_10 AND (impossible IS NOT NULL OR (patient_rivals.alone_10 AND death_rivals.alone_10)) THEN 10
        WHEN meets_11 AND (impossible IS NOT NULL OR (patient_rivals.alone_11 AND death_rivals.alone_11)) THEN 11
        WHEN meets_12 AND (impossible IS NOT NULL OR (patient_rivals.alone_12 AND death_rivals.alone_12)) THEN 12
        WHEN meets_13 AND (impossible IS NOT NULL OR (patient_rivals.alone_13 AND death_rivals.alone_13)) THEN 13
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
    concat_ws('; ', CASE WHEN key_0 THEN 'ssn' END, CASE WHEN key_1 THEN 'last_name+birth_date' END, CASE WHEN key_2 THEN 'first_name+last_name' END, CASE WHEN key_3 THEN 'ssn_last_four+last_name' END, CASE WHEN key_4 THEN 'ssn_without_last_four+first_name' END, CASE WHEN key_5 THEN 'last_name_sound+birth_date' END, CASE WHEN key_6 THEN 'names_in_either_order+birth_date' END, CASE WHEN key_7 THEN 'first_name_initial+last_name_initial+birth_date' END, CASE WHEN key_8 THEN 'last_name+first_name_initial+birth_year' END) AS blocking_keys
FROM decided
WHERE rule_position IS NOT NULL
