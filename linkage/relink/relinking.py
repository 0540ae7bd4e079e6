"""Link again within a finished run, with other rules or without knowledge of encounters.

Only pairs that the run's rules accept are considered again, so rules may be left out, reordered
or made stricter, but not looser. The tables of the run are not changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from linkage.engines.duck.engine import DuckDBEngine
from linkage.method import compare_sql, decide_sql
from linkage.method.assign import assign
from linkage.method.columns import SIDES
from linkage.method.decide import rank_decided
from linkage.rules.cascade import Cascade


@contextmanager
def accepted_pairs(engine: DuckDBEngine, cascade: Cascade, *, contacts: bool) -> Iterator[None]:
    """Within the block, the table `accepted` has the measures of every pair that the run's rules accept, including
    those that are impossible in time. Without `contacts`, the last contact with the hospital excludes no pair."""
    with engine.separate_schema():
        # Whether a pair is unique depends on all pairs, including those that no rule accepts.
        unique = any(rule.unique for rule in cascade.rules)
        if not unique:
            engine.create("pair", "SELECT patient_id, death_id FROM decided")
        known = contacts and not unique
        measured = compare_sql.remembered(cascade) if known else compare_sql.measure(cascade, contacts=contacts)
        engine.create("accepted", measured)
        yield


@contextmanager
def relinked(engine: DuckDBEngine, cascade: Cascade) -> Iterator[None]:
    """Within `accepted_pairs`: a block in which the tables `decided` (without reasons), `qualified` and `relinked`
    (patient_id, death_id, rule_position) are those of this cascade."""
    with engine.separate_schema():
        decided = f"WITH measured AS (SELECT * FROM accepted),\n{decide_sql.decide(cascade)}"
        engine.create("decided", decide_sql.bare(cascade, decided))
        assign_again(engine, cascade)
        yield


@contextmanager
def each_rule_alone(engine: DuckDBEngine, cascade: Cascade) -> Iterator[None]:
    """Within `accepted_pairs`: a block in which the table `satisfied` has every pair with each rule that it satisfies,
    and `alone` has the links that each rule would make as the only rule. Both have the columns patient_id, death_id and
    rule_position."""
    with engine.separate_schema():
        every = f"WITH measured AS (SELECT * FROM accepted),\n{decide_sql.decide(cascade, every_rule=True)}"
        engine.create("satisfied", decide_sql.bare(cascade, every))
        engine.create("uncontested", UNCONTESTED)
        _copy_contested(engine, len(cascade.rules))
        assign_again(engine, cascade)
        own = ", ".join(f"substr({name}, {_WIDTH + 1}) AS {name}" for name in _PAIR)
        engine.create(
            "alone",
            f"SELECT {own}, rule_position FROM relinked UNION ALL SELECT {', '.join(_PAIR)}, rule_position"
            " FROM satisfied SEMI JOIN uncontested USING (patient_id, death_id) WHERE impossible IS NULL",
        )
        yield


_PAIR = ("patient_id", "death_id")
_WIDTH = 4
"""Digits of the rule number put before an id: the same for all rules, so that ids keep their order."""

# Pairs whose patient and death are in no other pair: every cascade that accepts them links them, so only the other
# pairs need to be assigned.
UNCONTESTED = """
SELECT patient_id, death_id
FROM (
    SELECT *, count(*) OVER (PARTITION BY patient_id) + count(*) OVER (PARTITION BY death_id) AS pairs
    FROM (SELECT patient_id, death_id FROM accepted) AS accepted
) AS counted
WHERE pairs = 2
    AND patient_id NOT IN (SELECT patient_id FROM patient_person)
    AND death_id NOT IN (SELECT death_id FROM death_person)
"""


def _copy_contested(engine: DuckDBEngine, rules: int) -> None:
    """Copy the contested pairs once per rule, so that all rules can be assigned at once and independently: create
    `decided` and the tables of persons with ids that begin with the number of the rule."""

    def copied(*names: str) -> str:
        return ", ".join(f"lpad(CAST(rule_position AS VARCHAR), {_WIDTH}, '0') || {name} AS {name}" for name in names)

    engine.create(
        "decided",
        f"SELECT * REPLACE ({copied(*_PAIR)}) FROM satisfied ANTI JOIN uncontested USING (patient_id, death_id)",
    )
    every = f"(SELECT unnest(range(1, {rules + 1})) AS rule_position) AS rule"
    for side in SIDES:
        engine.create(
            f"{side}_person", f"SELECT {copied(f'{side}_id', 'person_id')} FROM {side}_person CROSS JOIN {every}"
        )


def assign_again(engine: DuckDBEngine, cascade: Cascade) -> None:
    """From `decided`, create `qualified` and `relinked`, the links (patient_id, death_id, rule_position)."""
    rank_decided(engine, cascade)
    assign(engine, cascade.ties)
    together = cascade.links_persons
    record = "coalesce(patient_person.patient_id, qualified.patient_record)"
    engine.create(
        "relinked",
        f"SELECT {record if together else 'qualified.patient_record'} AS patient_id,"
        " qualified.death_record AS death_id, qualified.rule_position FROM assigned JOIN qualified"
        " ON assigned.patient_id = qualified.patient_id AND assigned.death_id = qualified.death_id"
        + (" LEFT JOIN patient_person ON assigned.patient_id = patient_person.person_id" if together else ""),
    )
