"""Decide: the agreement and rule of each compared pair, and afterwards why each patient has a link or none.

Tables made here: `decided` (pairs that satisfy a rule), `qualified` (the best pair of records of each patient and each
death, ranked), `link`, `review_patient` and `fate` (the farthest stage that each patient reached).
"""

from textwrap import indent

from linkage.engines import Engine
from linkage.method.compare_sql import remembered
from linkage.method.crowds import everyone
from linkage.method.decide_sql import MILLION, compare, decide, millionths, reasons, rule_id
from linkage.rules.cascade import Cascade

FATES = ("no candidate", "no rule satisfied", "impossible in time", "lost to another patient", "tie", "linked")
"""The stages that a patient can reach, in order. The table `fate` has the position in this list; patients at 0 are not
in it."""


def qualify(engine: Engine, cascade: Cascade, contacts: bool) -> None:
    """From the table `pair` make `decided`, and `qualified`, in which each pair of persons has a rank.

    Rank 1 is the pair accepted by the strictest rule with the closest agreement; equal ranks are ties.
    """
    engine.create("decided", compare(cascade, contacts=contacts))
    rank_decided(engine, cascade)


def qualify_within(engine: Engine, cascade: Cascade, limited: Cascade, contacts: bool) -> None:
    """From `decided`, made by a cascade, make `decided` and `qualified` by the same cascade with higher limits on
    probability.

    Only pairs excluded by a new limit can satisfy another rule, so only these are decided again, by their stored
    measures.
    """
    if any(rule.unique for rule in cascade.rules):  # whether a pair is unique depends on all other pairs
        return qualify(engine, limited, contacts)
    limits = {n: rule.probability for n, rule in enumerate(limited.rules, start=1) if rule.probability is not None}
    below = " OR ".join(f"(rule_position = {n} AND millionths < {millionths(limit)})" for n, limit in limits.items())
    measured = indent(f"{remembered(cascade)}\nWHERE {below}", "    ")
    anew = f"WITH measured AS (\n{measured}\n),\n{decide(limited)}"
    kept = f"SELECT * FROM decided WHERE NOT coalesce({below}, FALSE)"
    engine.create("decided", f"{kept}\nUNION ALL\nSELECT * FROM (\n{anew}\n) AS anew")
    return rank_decided(engine, limited)


def rank_decided(engine: Engine, cascade: Cascade) -> None:
    """From `decided` make `qualified`."""
    columns = ["rule_position", *(f"{name}_closeness" for name in cascade.closeness)]
    order = ", ".join(columns)
    same = " AND ".join(f"decided.{column} = pattern.{column}" for column in columns)
    together = cascade.links_persons
    patient = "coalesce(patient_person.person_id, decided.patient_id)" if together else "decided.patient_id"
    join = "\n    LEFT JOIN patient_person ON decided.patient_id = patient_person.patient_id" if together else ""
    engine.create(
        "qualified",
        f"""
WITH pattern AS (
    -- There are few patterns: one machine can put them in order where many hold the pairs.
    SELECT *, row_number() OVER (ORDER BY {order}) AS rank
    FROM (SELECT DISTINCT {order} FROM decided WHERE impossible IS NULL) AS found
),
ranked AS (
    SELECT
        {patient} AS patient_id,
        coalesce(death_person.person_id, decided.death_id) AS death_id,
        decided.patient_id AS patient_record,
        decided.death_id AS death_record,
        decided.rule_position,
        pattern.rank
    FROM decided
    JOIN pattern ON {same}
    LEFT JOIN death_person ON decided.death_id = death_person.death_id{join}
    WHERE decided.impossible IS NULL
),
placed AS (
    SELECT *, row_number() OVER (
        PARTITION BY patient_id, death_id
        ORDER BY rank, length(patient_record), patient_record, length(death_record), death_record
    ) AS place
    FROM ranked
)
SELECT patient_id, death_id, patient_record, death_record, rule_position, rank FROM placed WHERE place = 1
""",
    )


def make_links(engine: Engine, cascade: Cascade) -> None:
    """From `assigned` make `link`: one row per linked patient record, with its reasons.

    The runner-up is the best other pair of the patient or of the death; `margin_rules` is the number of rules between
    them, and `margin_field` the field that decided if the rule was the same.
    """
    together = cascade.links_persons
    # Another record of a linked person has its own reasons, or none if no rule accepts it by itself.
    compared = "own" if together else "first"
    agreement = ", ".join([*probability(cascade), *(f"{compared}.{name}" for name in reason_columns(cascade))])
    differs = "".join(
        f" WHEN second.{name}_closeness <> first.{name}_closeness THEN '{name}'" for name in cascade.closeness
    )
    record = "coalesce(patient_person.patient_id, qualified.patient_record)" if together else "qualified.patient_record"
    join = (
        "\nLEFT JOIN patient_person ON assigned.patient_id = patient_person.person_id"
        f"\nLEFT JOIN patient_alike ON {record} = patient_alike.patient_id"
        f"\nLEFT JOIN decided AS own ON coalesce(patient_alike.kept_id, {record}) = own.patient_id"
        " AND qualified.death_record = own.death_id"
        if together
        else ""
    )
    engine.create("runner_up", _RUNNER_UP)
    engine.create(
        "link",
        f"""
SELECT
    {record} AS patient_id,
    qualified.death_record AS death_id,
    {rule_id(cascade, "qualified.rule_position")} AS rule,
    assigned.tie,
    {compared}.blocking_keys,
    {agreement},
    runner_up.patient_record AS runner_up_patient_id,
    runner_up.death_record AS runner_up_death_id,
    {rule_id(cascade, "runner_up.rule_position")} AS runner_up_rule,
    runner_up.rule_position - qualified.rule_position AS margin_rules,
    CASE WHEN second.rule_position <> first.rule_position THEN NULL{differs}
        WHEN second.patient_id IS NOT NULL THEN 'id' END AS margin_field
FROM assigned
JOIN qualified ON assigned.patient_id = qualified.patient_id AND assigned.death_id = qualified.death_id
JOIN decided AS first ON qualified.patient_record = first.patient_id AND qualified.death_record = first.death_id
LEFT JOIN runner_up ON assigned.patient_id = runner_up.linked_patient AND assigned.death_id = runner_up.linked_death
LEFT JOIN decided AS second
    ON runner_up.patient_record = second.patient_id AND runner_up.death_record = second.death_id{join}
""",
    )


def probability(cascade: Cascade) -> list[str]:
    """The column with the probability of a link: that of the pair that made it, even for another record of the person
    with its own reasons."""
    return [f"CAST(first.millionths AS DOUBLE) / {MILLION} AS probability"] if cascade.weighs else []


def reason_columns(cascade: Cascade) -> list[str]:
    """The columns that say why a pair was linked, except its probability."""
    return [name for name in reasons(cascade) if name != "millionths"]


_RUNNER_UP = """
WITH other AS (
    SELECT assigned.patient_id AS linked_patient, assigned.death_id AS linked_death, qualified.*
    FROM assigned JOIN qualified
        ON assigned.patient_id = qualified.patient_id AND assigned.death_id <> qualified.death_id
    UNION ALL
    SELECT assigned.patient_id AS linked_patient, assigned.death_id AS linked_death, qualified.*
    FROM assigned JOIN qualified
        ON assigned.death_id = qualified.death_id AND assigned.patient_id <> qualified.patient_id
),
placed AS (
    SELECT *, row_number() OVER (
        PARTITION BY linked_patient, linked_death
        ORDER BY rank, length(patient_id), patient_id, length(death_id), death_id
    ) AS place
    FROM other
)
SELECT linked_patient, linked_death, patient_record, death_record, rule_position FROM placed WHERE place = 1
"""


def make_review_patients(engine: Engine, cascade: Cascade) -> None:
    """Make `review_patient` (patient_id, kind): unlinked patients in an unresolved tie, or with a claim whose dates are
    impossible. Both await manual review, so neither is reported as alive."""
    together = cascade.links_persons
    record = "coalesce(patient_person.patient_id, held.patient_id)" if together else "held.patient_id"
    join = " LEFT JOIN patient_person ON held.patient_id = patient_person.person_id" if together else ""
    tied = everyone("patient", f"SELECT DISTINCT {record} AS patient_id, 'tie' AS kind FROM held{join}", "kind")
    engine.create("review_patient", f"SELECT DISTINCT * FROM ({tied}) AS tied UNION ALL {_impossible(together)}")


def _impossible(together: bool) -> str:
    """The SELECT of unlinked patients with a claim whose dates are impossible."""
    claims = "SELECT patient_id FROM decided WHERE impossible IS NOT NULL"
    if together:  # the claim of one record counts for the person
        claims = (
            "SELECT coalesce(own.patient_id, decided.patient_id) AS patient_id FROM decided"
            " LEFT JOIN patient_person AS claiming ON decided.patient_id = claiming.patient_id"
            " LEFT JOIN patient_person AS own ON claiming.person_id = own.person_id"
            " WHERE decided.impossible IS NOT NULL"
        )
    return (
        f"SELECT DISTINCT claims.patient_id, 'impossible' AS kind FROM ({everyone('patient', claims, '')}) AS claims"
        " LEFT JOIN link ON claims.patient_id = link.patient_id WHERE link.patient_id IS NULL"
    )


def make_fate(engine: Engine, cascade: Cascade) -> None:
    """Make `review_patient`, and `fate` (patient_id, stage): the farthest stage that each patient reached, see
    `FATES`."""
    make_review_patients(engine, cascade)
    decided = "SELECT DISTINCT patient_id, CASE WHEN impossible IS NULL THEN 3 ELSE 2 END AS stage FROM decided"
    engine.create(
        "fate",
        f"""
SELECT patient_id, max(stage) AS stage
FROM (
    SELECT patient_id, 1 AS stage FROM candidate_patient
    UNION ALL
    {everyone("patient", decided, "stage")}
    UNION ALL
    SELECT patient_id, 4 AS stage FROM review_patient WHERE kind = 'tie'
    UNION ALL
    SELECT patient_id, 5 AS stage FROM link
) AS reached
GROUP BY patient_id
""",
    )
