WITH measured AS (
    SELECT
        pair.patient_id,
        pair.death_id,
        coalesce(patient.first_name = death.first_name, FALSE) AS first_name_is_exact,
        (patient.first_name IS NULL OR death.first_name IS NULL) AS first_name_is_not_known,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN CASE WHEN length(patient.first_name) >= 10 AND substr(patient.first_name, 1, 10) = substr(death.first_name, 1, 10) AND length(death.first_name) >= 10 THEN 10 WHEN length(patient.first_name) >= 9 AND substr(patient.first_name, 1, 9) = substr(death.first_name, 1, 9) AND length(death.first_name) >= 9 THEN 9 WHEN length(patient.first_name) >= 8 AND substr(patient.first_name, 1, 8) = substr(death.first_name, 1, 8) AND length(death.first_name) >= 8 THEN 8 WHEN length(patient.first_name) >= 7 AND substr(patient.first_name, 1, 7) = substr(death.first_name, 1, 7) AND length(death.first_name) >= 7 THEN 7 WHEN length(patient.first_name) >= 6 AND substr(patient.first_name, 1, 6) = substr(death.first_name, 1, 6) AND length(death.first_name) >= 6 THEN 6 WHEN length(patient.first_name) >= 5 AND substr(patient.first_name, 1, 5) = substr(death.first_name, 1, 5) AND length(death.first_name) >= 5 THEN 5 WHEN length(patient.first_name) >= 4 AND substr(patient.first_name, 1, 4) = substr(death.first_name, 1, 4) AND length(death.first_name) >= 4 THEN 4 WHEN length(patient.first_name) >= 3 AND substr(patient.first_name, 1, 3) = substr(death.first_name, 1, 3) AND length(death.first_name) >= 3 THEN 3 WHEN length(patient.first_name) >= 2 AND substr(patient.first_name, 1, 2) = substr(death.first_name, 1, 2) AND length(death.first_name) >= 2 THEN 2 WHEN length(patient.first_name) >= 1 AND substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND length(death.first_name) >= 1 THEN 1 WHEN patient.first_name <> death.first_name THEN 0 END END AS first_name_first_letters,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name, FALSE) THEN CAST(levenshtein(patient.first_name, death.first_name) AS BIGINT) END AS first_name_levenshtein_distance,
        coalesce(patient.middle_name = death.middle_name, FALSE) AS middle_name_is_exact,
        (patient.middle_name IS NULL OR death.middle_name IS NULL) AS middle_name_is_not_known,
        coalesce(patient.last_name = death.last_name, FALSE) AS last_name_is_exact,
        (patient.last_name IS NULL OR death.last_name IS NULL) AS last_name_is_not_known,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN CASE WHEN length(patient.last_name) >= 10 AND substr(patient.last_name, 1, 10) = substr(death.last_name, 1, 10) AND length(death.last_name) >= 10 THEN 10 WHEN length(patient.last_name) >= 9 AND substr(patient.last_name, 1, 9) = substr(death.last_name, 1, 9) AND length(death.last_name) >= 9 THEN 9 WHEN length(patient.last_name) >= 8 AND substr(patient.last_name, 1, 8) = substr(death.last_name, 1, 8) AND length(death.last_name) >= 8 THEN 8 WHEN length(patient.last_name) >= 7 AND substr(patient.last_name, 1, 7) = substr(death.last_name, 1, 7) AND length(death.last_name) >= 7 THEN 7 WHEN length(patient.last_name) >= 6 AND substr(patient.last_name, 1, 6) = substr(death.last_name, 1, 6) AND length(death.last_name) >= 6 THEN 6 WHEN length(patient.last_name) >= 5 AND substr(patient.last_name, 1, 5) = substr(death.last_name, 1, 5) AND length(death.last_name) >= 5 THEN 5 WHEN length(patient.last_name) >= 4 AND substr(patient.last_name, 1, 4) = substr(death.last_name, 1, 4) AND length(death.last_name) >= 4 THEN 4 WHEN length(patient.last_name) >= 3 AND substr(patient.last_name, 1, 3) = substr(death.last_name, 1, 3) AND length(death.last_name) >= 3 THEN 3 WHEN length(patient.last_name) >= 2 AND substr(patient.last_name, 1, 2) = substr(death.last_name, 1, 2) AND length(death.last_name) >= 2 THEN 2 WHEN length(patient.last_name) >= 1 AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND length(death.last_name) >= 1 THEN 1 WHEN patient.last_name <> death.last_name THEN 0 END END AS last_name_first_letters,
        CASE WHEN NOT coalesce(patient.last_name = death.last_name, FALSE) THEN CAST(levenshtein(patient.last_name, death.last_name) AS BIGINT) END AS last_name_levenshtein_distance,
        coalesce(patient.suffix = death.suffix, FALSE) AS suffix_is_exact,
        (patient.suffix IS NULL OR death.suffix IS NULL) AS suffix_is_not_known,
        coalesce(patient.ssn = death.ssn, FALSE) AS ssn_is_exact,
        CASE WHEN patient.ssn IS NULL OR death.ssn IS NULL THEN NOT (coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) <> coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four), FALSE)) ELSE FALSE END AS ssn_is_not_known,
        coalesce(patient.birth_date = death.birth_date, FALSE) AS birth_date_is_exact,
        CASE WHEN patient.birth_date IS NULL OR death.birth_date IS NULL THEN NOT (coalesce(coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) <> coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE) OR coalesce(coalesce(substr(patient.birth_date, 5, 2), nullif(substr(patient.birth_date_partial, 5, 2), '00')) <> coalesce(substr(death.birth_date, 5, 2), nullif(substr(death.birth_date_partial, 5, 2), '00')), FALSE) OR coalesce(coalesce(substr(patient.birth_date, 7, 2), nullif(substr(patient.birth_date_partial, 7, 2), '00')) <> coalesce(substr(death.birth_date, 7, 2), nullif(substr(death.birth_date_partial, 7, 2), '00')), FALSE)) ELSE FALSE END AS birth_date_is_not_known,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 6) = substr(coalesce(death.birth_date, death.birth_date_partial), 1, 6) AND substr(coalesce(patient.birth_date, patient.birth_date_partial), 5, 2) <> '00' END AS birth_date_same_year_and_month,
        CASE WHEN NOT coalesce(patient.birth_date = death.birth_date, FALSE) THEN digits_changed(patient.birth_date, death.birth_date) END AS birth_date_digits_changed,
        coalesce(patient.sex = death.sex, FALSE) AS sex_is_exact,
        (patient.sex IS NULL OR death.sex IS NULL) AS sex_is_not_known,
        coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE) AS full_name_is_exact,
        (patient.first_name IS NULL OR patient.last_name IS NULL OR death.first_name IS NULL OR death.last_name IS NULL) AS full_name_is_not_known,
        CASE WHEN NOT coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name, FALSE) AND NOT (patient.first_name IS NULL OR patient.last_name IS NULL OR death.first_name IS NULL OR death.last_name IS NULL) THEN patient.first_name = death.last_name AND patient.last_name = death.first_name AND patient.first_name <> patient.last_name END AS full_name_first_and_last_swapped,
        CASE WHEN CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) < year(contact.last_contact) - 1 OR CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) <= year(contact.last_contact) AND days_between(contact.last_contact, latest_day(death.death_date_partial)) > 30 THEN 'death before last contact' WHEN substr(death.death_date_partial, 1, 4) <= substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4) AND latest_day(death.death_date_partial) < earliest_day(coalesce(patient.birth_date, patient.birth_date_partial)) THEN 'death before birth' WHEN CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) - CAST(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4) AS INTEGER) > 115 THEN 'impossible age' END AS impossible,
        coalesce(patient.ssn = death.ssn, FALSE) AS key_0,
        coalesce(patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE) AS key_1,
        coalesce(patient.first_name = death.first_name AND patient.birth_date = death.birth_date, FALSE) AS key_2,
        coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND patient.birth_date = death.birth_date, FALSE) AS key_3,
        coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')) AND coalesce(substr(patient.birth_date, 5, 2), nullif(substr(patient.birth_date_partial, 5, 2), '00')) = coalesce(substr(death.birth_date, 5, 2), nullif(substr(death.birth_date_partial, 5, 2), '00')), FALSE) AS key_4,
        coalesce(substr(patient.first_name, 1, 1) = substr(death.first_name, 1, 1) AND substr(patient.last_name, 1, 1) = substr(death.last_name, 1, 1) AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')) AND coalesce(substr(patient.birth_date, 7, 2), nullif(substr(patient.birth_date_partial, 7, 2), '00')) = coalesce(substr(death.birth_date, 7, 2), nullif(substr(death.birth_date_partial, 7, 2), '00')), FALSE) AS key_5,
        coalesce(CASE WHEN patient.first_name <= patient.last_name THEN patient.first_name || '|' || patient.last_name ELSE patient.last_name || '|' || patient.first_name END = CASE WHEN death.first_name <= death.last_name THEN death.first_name || '|' || death.last_name ELSE death.last_name || '|' || death.first_name END AND coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) = coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE) AS key_6
    FROM pair
    JOIN patient ON pair.patient_id = patient.patient_id
    JOIN death ON pair.death_id = death.death_id
    LEFT JOIN contact ON pair.patient_id = contact.patient_id
),
agreed AS (
    SELECT
        measured.*,
        (first_name_is_exact OR coalesce(first_name_first_letters >= 6.0, FALSE)) AS first_name_is_six,
        (first_name_is_exact OR coalesce(first_name_first_letters >= 4.0, FALSE)) AS first_name_is_four,
        (first_name_is_exact OR coalesce(first_name_first_letters >= 3.0, FALSE)) AS first_name_is_three,
        (first_name_is_exact OR coalesce(first_name_levenshtein_distance <= 1.0, FALSE)) AS first_name_is_but_a_letter,
        CASE WHEN first_name_is_exact THEN 'exact' WHEN coalesce(first_name_first_letters >= 6.0, FALSE) THEN 'six' WHEN coalesce(first_name_first_letters >= 4.0, FALSE) THEN 'four' WHEN coalesce(first_name_first_letters >= 3.0, FALSE) THEN 'three' WHEN coalesce(first_name_levenshtein_distance <= 1.0, FALSE) THEN 'but_a_letter' WHEN first_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS first_name_agreement,
        CASE WHEN first_name_is_exact THEN 0 WHEN coalesce(first_name_first_letters >= 6.0, FALSE) THEN 10000000 + 100 - first_name_first_letters WHEN coalesce(first_name_first_letters >= 4.0, FALSE) THEN 20000000 + 100 - first_name_first_letters WHEN coalesce(first_name_first_letters >= 3.0, FALSE) THEN 30000000 + 100 - first_name_first_letters WHEN coalesce(first_name_levenshtein_distance <= 1.0, FALSE) THEN 40000000 + first_name_levenshtein_distance WHEN first_name_is_not_known THEN 50000000 ELSE 60000000 END AS first_name_closeness,
        CASE WHEN middle_name_is_exact THEN 'exact' WHEN middle_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS middle_name_agreement,
        CASE WHEN middle_name_is_exact THEN 0 WHEN middle_name_is_not_known THEN 10000000 ELSE 20000000 END AS middle_name_closeness,
        (last_name_is_exact OR coalesce(last_name_first_letters >= 5.0, FALSE)) AS last_name_is_five,
        (last_name_is_exact OR coalesce(last_name_first_letters >= 4.0, FALSE)) AS last_name_is_four,
        (last_name_is_exact OR coalesce(last_name_first_letters >= 2.0, FALSE)) AS last_name_is_two,
        (last_name_is_exact OR coalesce(last_name_levenshtein_distance <= 1.0, FALSE)) AS last_name_is_but_a_letter,
        (last_name_is_exact OR coalesce(last_name_levenshtein_distance <= 2.0, FALSE)) AS last_name_is_but_two_letters,
        CASE WHEN last_name_is_exact THEN 'exact' WHEN coalesce(last_name_first_letters >= 5.0, FALSE) THEN 'five' WHEN coalesce(last_name_first_letters >= 4.0, FALSE) THEN 'four' WHEN coalesce(last_name_first_letters >= 2.0, FALSE) THEN 'two' WHEN coalesce(last_name_levenshtein_distance <= 1.0, FALSE) THEN 'but_a_letter' WHEN coalesce(last_name_levenshtein_distance <= 2.0, FALSE) THEN 'but_two_letters' WHEN last_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS last_name_agreement,
        CASE WHEN last_name_is_exact THEN 0 WHEN coalesce(last_name_first_letters >= 5.0, FALSE) THEN 10000000 + 100 - last_name_first_letters WHEN coalesce(last_name_first_letters >= 4.0, FALSE) THEN 20000000 + 100 - last_name_first_letters WHEN coalesce(last_name_first_letters >= 2.0, FALSE) THEN 30000000 + 100 - last_name_first_letters WHEN coalesce(last_name_levenshtein_distance <= 1.0, FALSE) THEN 40000000 + last_name_levenshtein_distance WHEN coalesce(last_name_levenshtein_distance <= 2.0, FALSE) THEN 50000000 + last_name_levenshtein_distance WHEN last_name_is_not_known THEN 60000000 ELSE 70000000 END AS last_name_closeness,
        CASE WHEN suffix_is_exact THEN 'exact' WHEN suffix_is_not_known THEN 'not_known' ELSE 'disagree' END AS suffix_agreement,
        CASE WHEN suffix_is_exact THEN 0 WHEN suffix_is_not_known THEN 10000000 ELSE 20000000 END AS suffix_closeness,
        CASE WHEN ssn_is_exact THEN 'exact' WHEN ssn_is_not_known THEN 'not_known' ELSE 'disagree' END AS ssn_agreement,
        CASE WHEN ssn_is_exact THEN 0 WHEN ssn_is_not_known THEN 10000000 ELSE 20000000 END AS ssn_closeness,
        (birth_date_is_exact OR coalesce(birth_date_same_year_and_month, FALSE)) AS birth_date_is_month_and_year,
        (birth_date_is_exact OR coalesce(birth_date_digits_changed <= 2.0, FALSE)) AS birth_date_is_day_and_year,
        CASE WHEN birth_date_is_exact THEN 'exact' WHEN coalesce(birth_date_same_year_and_month, FALSE) THEN 'month_and_year' WHEN coalesce(birth_date_digits_changed <= 2.0, FALSE) THEN 'day_and_year' WHEN birth_date_is_not_known THEN 'not_known' ELSE 'disagree' END AS birth_date_agreement,
        CASE WHEN birth_date_is_exact THEN 0 WHEN coalesce(birth_date_same_year_and_month, FALSE) THEN 10000000 WHEN coalesce(birth_date_digits_changed <= 2.0, FALSE) THEN 20000000 + birth_date_digits_changed WHEN birth_date_is_not_known THEN 30000000 ELSE 40000000 END AS birth_date_closeness,
        CASE WHEN sex_is_exact THEN 'exact' WHEN sex_is_not_known THEN 'not_known' ELSE 'disagree' END AS sex_agreement,
        CASE WHEN sex_is_exact THEN 0 WHEN sex_is_not_known THEN 10000000 ELSE 20000000 END AS sex_closeness,
        (full_name_is_exact OR coalesce(full_name_first_and_last_swapped, FALSE)) AS full_name_is_switched,
        CASE WHEN full_name_is_exact THEN 'exact' WHEN coalesce(full_name_first_and_last_swapped, FALSE) THEN 'switched' WHEN full_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS full_name_agreement
    FROM measured
),
decided AS (
    SELECT
        agreed.*,
        CASE
        WHEN last_name_is_exact AND first_name_is_six AND birth_date_is_exact THEN 1
        WHEN last_name_is_but_a_letter AND first_name_is_but_a_letter AND birth_date_is_exact THEN 2
        WHEN last_name_is_but_a_letter AND first_name_is_six AND birth_date_is_exact THEN 3
        WHEN last_name_is_two AND first_name_is_three AND ssn_is_exact AND birth_date_is_exact THEN 4
        WHEN last_name_is_exact AND first_name_is_three AND birth_date_is_exact THEN 5
        WHEN last_name_is_but_two_letters AND first_name_is_three AND birth_date_is_exact THEN 6
        WHEN last_name_is_four AND first_name_is_four AND birth_date_is_exact THEN 7
        WHEN last_name_is_but_a_letter AND first_name_is_but_a_letter AND birth_date_is_month_and_year AND sex_is_exact THEN 8
        WHEN last_name_is_but_a_letter AND first_name_is_but_a_letter AND birth_date_is_day_and_year AND sex_is_exact THEN 9
        WHEN ssn_is_exact AND sex_is_exact THEN 10
        WHEN last_name_is_five AND first_name_is_four AND birth_date_is_month_and_year AND sex_is_exact THEN 11
        WHEN full_name_is_switched AND birth_date_is_month_and_year AND sex_is_exact THEN 12
        WHEN full_name_is_switched AND birth_date_is_day_and_year AND sex_is_exact THEN 13
        END AS rule_position
    FROM agreed
)
SELECT
    patient_id,
    death_id,
    rule_position,
    impossible,
    first_name_agreement,
    first_name_first_letters,
    first_name_levenshtein_distance,
    middle_name_agreement,
    last_name_agreement,
    last_name_first_letters,
    last_name_levenshtein_distance,
    suffix_agreement,
    ssn_agreement,
    birth_date_agreement,
    birth_date_same_year_and_month,
    birth_date_digits_changed,
    sex_agreement,
    full_name_agreement,
    full_name_first_and_last_swapped,
    first_name_closeness,
    middle_name_closeness,
    last_name_closeness,
    suffix_closeness,
    ssn_closeness,
    birth_date_closeness,
    sex_closeness,
    concat_ws('; ', CASE WHEN key_0 THEN 'ssn' END, CASE WHEN key_1 THEN 'last_name+birth_date' END, CASE WHEN key_2 THEN 'first_name+birth_date' END, CASE WHEN key_3 THEN 'first_name_initial+last_name_initial+birth_date' END, CASE WHEN key_4 THEN 'first_name_initial+last_name_initial+birth_year+birth_month' END, CASE WHEN key_5 THEN 'first_name_initial+last_name_initial+birth_year+birth_day' END, CASE WHEN key_6 THEN 'names_in_either_order+birth_year' END) AS blocking_keys
FROM decided
WHERE rule_position IS NOT NULL
