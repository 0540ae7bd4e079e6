WITH measured AS (
    SELECT
        pair.patient_id,
        pair.death_id,
        coalesce(patient.first_name = death.first_name, FALSE) AS first_name_is_exact,
        (patient.first_name IS NULL OR death.first_name IS NULL) AS first_name_is_not_known,
        coalesce(patient.middle_name = death.middle_name, FALSE) AS middle_name_is_exact,
        (patient.middle_name IS NULL OR death.middle_name IS NULL) AS middle_name_is_not_known,
        coalesce(patient.last_name = death.last_name, FALSE) AS last_name_is_exact,
        (patient.last_name IS NULL OR death.last_name IS NULL) AS last_name_is_not_known,
        coalesce(patient.suffix = death.suffix, FALSE) AS suffix_is_exact,
        (patient.suffix IS NULL OR death.suffix IS NULL) AS suffix_is_not_known,
        coalesce(patient.ssn = death.ssn, FALSE) AS ssn_is_exact,
        CASE WHEN patient.ssn IS NULL OR death.ssn IS NULL THEN NOT (coalesce(coalesce(substr(patient.ssn, greatest(length(patient.ssn) - 3, 1), 4), patient.ssn_last_four) <> coalesce(substr(death.ssn, greatest(length(death.ssn) - 3, 1), 4), death.ssn_last_four), FALSE)) ELSE FALSE END AS ssn_is_not_known,
        coalesce(patient.birth_date = death.birth_date, FALSE) AS birth_date_is_exact,
        CASE WHEN patient.birth_date IS NULL OR death.birth_date IS NULL THEN NOT (coalesce(coalesce(substr(patient.birth_date, 1, 4), nullif(substr(patient.birth_date_partial, 1, 4), '00')) <> coalesce(substr(death.birth_date, 1, 4), nullif(substr(death.birth_date_partial, 1, 4), '00')), FALSE) OR coalesce(coalesce(substr(patient.birth_date, 5, 2), nullif(substr(patient.birth_date_partial, 5, 2), '00')) <> coalesce(substr(death.birth_date, 5, 2), nullif(substr(death.birth_date_partial, 5, 2), '00')), FALSE) OR coalesce(coalesce(substr(patient.birth_date, 7, 2), nullif(substr(patient.birth_date_partial, 7, 2), '00')) <> coalesce(substr(death.birth_date, 7, 2), nullif(substr(death.birth_date_partial, 7, 2), '00')), FALSE)) ELSE FALSE END AS birth_date_is_not_known,
        coalesce(patient.sex = death.sex, FALSE) AS sex_is_exact,
        (patient.sex IS NULL OR death.sex IS NULL) AS sex_is_not_known,
        CASE WHEN CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) < year(contact.last_contact) - 1 OR CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) <= year(contact.last_contact) AND days_between(contact.last_contact, latest_day(death.death_date_partial)) > 30 THEN 'death before last contact' WHEN substr(death.death_date_partial, 1, 4) <= substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4) AND latest_day(death.death_date_partial) < earliest_day(coalesce(patient.birth_date, patient.birth_date_partial)) THEN 'death before birth' WHEN CAST(substr(death.death_date_partial, 1, 4) AS INTEGER) - CAST(substr(coalesce(patient.birth_date, patient.birth_date_partial), 1, 4) AS INTEGER) > 115 THEN 'impossible age' END AS impossible,
        coalesce(patient.ssn = death.ssn AND patient.birth_date = death.birth_date, FALSE) AS key_0,
        coalesce(patient.first_name = death.first_name AND patient.last_name = death.last_name AND patient.birth_date = death.birth_date, FALSE) AS key_1
    FROM pair
    JOIN patient ON pair.patient_id = patient.patient_id
    JOIN death ON pair.death_id = death.death_id
    LEFT JOIN contact ON pair.patient_id = contact.patient_id
),
agreed AS (
    SELECT
        measured.*,
        CASE WHEN first_name_is_exact THEN 'exact' WHEN first_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS first_name_agreement,
        CASE WHEN first_name_is_exact THEN 0 WHEN first_name_is_not_known THEN 10000000 ELSE 20000000 END AS first_name_closeness,
        CASE WHEN middle_name_is_exact THEN 'exact' WHEN middle_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS middle_name_agreement,
        CASE WHEN middle_name_is_exact THEN 0 WHEN middle_name_is_not_known THEN 10000000 ELSE 20000000 END AS middle_name_closeness,
        CASE WHEN last_name_is_exact THEN 'exact' WHEN last_name_is_not_known THEN 'not_known' ELSE 'disagree' END AS last_name_agreement,
        CASE WHEN last_name_is_exact THEN 0 WHEN last_name_is_not_known THEN 10000000 ELSE 20000000 END AS last_name_closeness,
        CASE WHEN suffix_is_exact THEN 'exact' WHEN suffix_is_not_known THEN 'not_known' ELSE 'disagree' END AS suffix_agreement,
        CASE WHEN suffix_is_exact THEN 0 WHEN suffix_is_not_known THEN 10000000 ELSE 20000000 END AS suffix_closeness,
        CASE WHEN ssn_is_exact THEN 'exact' WHEN ssn_is_not_known THEN 'not_known' ELSE 'disagree' END AS ssn_agreement,
        CASE WHEN ssn_is_exact THEN 0 WHEN ssn_is_not_known THEN 10000000 ELSE 20000000 END AS ssn_closeness,
        CASE WHEN birth_date_is_exact THEN 'exact' WHEN birth_date_is_not_known THEN 'not_known' ELSE 'disagree' END AS birth_date_agreement,
        CASE WHEN birth_date_is_exact THEN 0 WHEN birth_date_is_not_known THEN 10000000 ELSE 20000000 END AS birth_date_closeness,
        CASE WHEN sex_is_exact THEN 'exact' WHEN sex_is_not_known THEN 'not_known' ELSE 'disagree' END AS sex_agreement,
        CASE WHEN sex_is_exact THEN 0 WHEN sex_is_not_known THEN 10000000 ELSE 20000000 END AS sex_closeness
    FROM measured
),
decided AS (
    SELECT
        agreed.*,
        CASE
        WHEN ssn_is_exact AND birth_date_is_exact AND last_name_is_exact AND first_name_is_exact THEN 1
        WHEN ssn_is_exact AND birth_date_is_exact THEN 2
        WHEN first_name_is_exact AND last_name_is_exact AND birth_date_is_exact AND ssn_agreement = 'not_known' THEN 3
        END AS rule_position
    FROM agreed
)
SELECT
    patient_id,
    death_id,
    rule_position,
    impossible,
    first_name_agreement,
    middle_name_agreement,
    last_name_agreement,
    suffix_agreement,
    ssn_agreement,
    birth_date_agreement,
    sex_agreement,
    ssn_closeness,
    birth_date_closeness,
    last_name_closeness,
    first_name_closeness,
    middle_name_closeness,
    suffix_closeness,
    sex_closeness,
    concat_ws('; ', CASE WHEN key_0 THEN 'ssn+birth_date' END, CASE WHEN key_1 THEN 'first_name+last_name+birth_date' END) AS blocking_keys
FROM decided
WHERE rule_position IS NOT NULL
