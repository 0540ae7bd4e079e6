"""The review table: pairs, dates and, for large groups, records that need manual review.

If many records compete for one another, a list of pairs would be too long to read: a thousand patients tied with a
thousand deaths form a million pairs. In that case the table has one row per record.
"""

from linkage.engines import Engine
from linkage.method import crowds
from linkage.method.censor_sql import FAR_APART
from linkage.method.columns import SIDES
from linkage.method.decide import probability, reason_columns
from linkage.method.decide_sql import rule_id
from linkage.method.hospital_death_sql import ANOTHER_USED
from linkage.rules.cascade import Cascade

_DATES_DIFFER = """
    UNION ALL
    SELECT
        'dates of death differ' AS kind, patient_id, death_id, CAST(NULL AS BIGINT) AS rule_position,
        CAST(NULL AS DATE) AS hospital_date,
        CASE WHEN dates_the_death THEN 'this date was used' ELSE 'another date was used' END AS doubt
    FROM certificate
    WHERE differs"""
_HOSPITAL_DATES = f"""
    UNION ALL
    SELECT
        CASE WHEN doubt = '{ANOTHER_USED}' THEN 'hospital dates differ' ELSE 'implausible hospital date' END AS kind,
        implausible_date.patient_id, outcome.death_id,
        CAST(NULL AS BIGINT) AS rule_position, hospital_date, doubt
    FROM implausible_date JOIN outcome ON implausible_date.patient_id = outcome.patient_id
    UNION ALL
    SELECT
        'hospital and registry differ' AS kind, patient_id, death_id, CAST(NULL AS BIGINT) AS rule_position,
        hospital_death_date AS hospital_date, 'the hospital''s date was used' AS doubt
    FROM ({FAR_APART}) AS far_apart"""


def make_review(engine: Engine, cascade: Cascade, *, mortality: bool) -> None:
    """Make `review`, the table of everything that needs manual review.

    It lists ties; pairs with impossible dates; second claims, which lost to a link of the same rule only because they
    agree less closely; certificates of one death whose dates differ; and, with `mortality`, hospital dates of death
    that are not plausible, that another hospital date replaces, or that are more than a month from the linked
    certificate's date.

    If a record has more than `crowds.CROWD` ties or impossible pairs, its pairs are not listed. Instead its patient has
    one row without a death, and its death one without a patient; `doubt` then gives their number.
    """
    agreement = ", ".join([*probability(cascade), *(f"first.{name}" for name in reason_columns(cascade))])
    engine.create(
        "review",
        f"""
WITH claim AS (
{_claims(cascade)}
),
beside AS (
    SELECT
        *,
        CAST(sum(deaths) OVER (PARTITION BY kind, patient_of) AS BIGINT) AS with_deaths,
        CAST(sum(patients) OVER (PARTITION BY kind, death_of) AS BIGINT) AS with_patients
    FROM claim
),
crowd AS (
    SELECT * FROM beside WHERE with_deaths > {crowds.CROWD} OR with_patients > {crowds.CROWD}
),
listed AS (
    SELECT
        kind, patient_id, death_id, CAST(NULL AS BIGINT) AS rule_position, CAST(NULL AS DATE) AS hospital_date,
        CAST(NULL AS STRING) AS doubt
    FROM beside
    WHERE with_deaths <= {crowds.CROWD} AND with_patients <= {crowds.CROWD}
    UNION ALL
    SELECT
        'second claim' AS kind, runner_up.patient_record AS patient_id, runner_up.death_record AS death_id,
        CAST(NULL AS BIGINT) AS rule_position, CAST(NULL AS DATE) AS hospital_date, CAST(NULL AS STRING) AS doubt
    FROM runner_up JOIN qualified
        ON runner_up.linked_patient = qualified.patient_id AND runner_up.linked_death = qualified.death_id
    WHERE runner_up.rule_position = qualified.rule_position
    UNION ALL
{_records(cascade, "patient", "death")}
    UNION ALL
{_records(cascade, "death", "patient")}{_DATES_DIFFER}{_HOSPITAL_DATES if mortality else ""}
)
SELECT DISTINCT
    listed.kind, listed.patient_id, listed.death_id,
    {rule_id(cascade, "coalesce(first.rule_position, listed.rule_position)")} AS rule, first.blocking_keys, {agreement},
    listed.hospital_date,
    CASE
        WHEN substr(death.death_date_partial, 5, 2) = '00' THEN substr(death.death_date_partial, 1, 4)
        WHEN substr(death.death_date_partial, 7, 2) = '00'
            THEN concat_ws('-', substr(death.death_date_partial, 1, 4), substr(death.death_date_partial, 5, 2))
        WHEN death.death_date_partial IS NOT NULL THEN concat_ws(
            '-', substr(death.death_date_partial, 1, 4), substr(death.death_date_partial, 5, 2),
            substr(death.death_date_partial, 7, 2))
    END AS registry_date,
    listed.doubt
FROM listed
LEFT JOIN patient_alike ON listed.patient_id = patient_alike.patient_id
LEFT JOIN death_alike ON listed.death_id = death_alike.death_id
LEFT JOIN decided AS first
    ON coalesce(patient_alike.kept_id, listed.patient_id) = first.patient_id
    AND coalesce(death_alike.kept_id, listed.death_id) = first.death_id
LEFT JOIN death ON listed.death_id = death.death_id
""",
    )


def _claims(cascade: Cascade) -> str:
    """Ties and impossible pairs, with the competing persons or records, and the number that each record represents."""
    own = "persons" if crowds.is_of_persons(cascade, "patient") else "records"
    persons = crowds.times(of=own, sides=("patient",)), crowds.times(of="persons", sides=("death",))
    records = (crowds.times(sides=(side,)) for side in SIDES)
    tied = (
        "(SELECT qualified.patient_record AS patient_id, qualified.death_record AS death_id, qualified.rule_position,"
        " held.patient_id AS patient_of, held.death_id AS death_of FROM held JOIN qualified"
        " ON held.patient_id = qualified.patient_id AND held.death_id = qualified.death_id) AS tied"
    )
    return f"""    SELECT
        'tie' AS kind, tied.patient_id, tied.death_id, tied.rule_position, tied.patient_of, tied.death_of,
        {" AS patients, ".join(persons)} AS deaths
    FROM {tied}{crowds.joined("tied")}
    UNION ALL
    SELECT
        decided.impossible AS kind, decided.patient_id, decided.death_id, decided.rule_position,
        decided.patient_id AS patient_of, decided.death_id AS death_of,
        {" AS patients, ".join(records)} AS deaths
    FROM decided{crowds.joined("decided")}
    WHERE decided.impossible IS NOT NULL"""


def _records(cascade: Cascade, side: str, other: str) -> str:
    """The records of a side in `crowd`, each with the number of records of the other side that it competes for."""
    persons = "" if not crowds.is_of_persons(cascade, side) else " AND (alike.is_own OR one.kind <> 'tie')"
    ids = {side: f"coalesce(alike.{side}_id, one.{side}_id)", other: "CAST(NULL AS STRING)"}
    return f"""    SELECT
        one.kind, {ids["patient"]} AS patient_id, {ids["death"]} AS death_id, one.rule_position,
        CAST(NULL AS DATE) AS hospital_date, concat_ws(' ', 'with', CAST(one.number AS STRING), '{other}s') AS doubt
    FROM (
        SELECT kind, {side}_id, min(rule_position) AS rule_position, max(with_{other}s) AS number
        FROM crowd GROUP BY kind, {side}_id
    ) AS one
    LEFT JOIN {side}_alike AS alike ON one.{side}_id = alike.kept_id{persons}"""
