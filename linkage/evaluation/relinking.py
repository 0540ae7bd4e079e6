"""Linking again, inside a finished run: with other rules, or with encounters withheld.

Only pairs that the run's own rules accept are decided about again, so rules may be left out, reordered
or made stricter, but not looser. The tables of the run stay as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from linkage import sql
from linkage.assignment import assign
from linkage.decisions import rank_decided
from linkage.engines.duckdb import DuckDBEngine
from linkage.rules import Cascade


@contextmanager
def accepted_pairs(engine: DuckDBEngine, cascade: Cascade, *, contacts: bool) -> Iterator[None]:
    """A block in which `accepted` holds the measures of every pair that the run's rules accept, those that time
    forbids among them. Without `contacts`, the last contact with the hospital forbids none."""
    with engine.aside():
        # Whether a pair is the only one of its kind depends on all pairs, also on those that no rule accepts.
        if not any(rule.unique for rule in cascade.rules):
            engine.create("pair", "SELECT patient_id, death_id FROM decided")
        engine.create("accepted", sql.measure(cascade, contacts=contacts))
        yield


@contextmanager
def relinked(engine: DuckDBEngine, cascade: Cascade) -> Iterator[None]:
    """Within `accepted_pairs`, a block in which `decided`, `qualified` and `relinked` (patient_id, death_id,
    rule_position) are those of this cascade."""
    with engine.aside():
        engine.create("decided", f"WITH measured AS (SELECT * FROM accepted),\n{sql.decide(cascade)}")
        rank_decided(engine, cascade)
        assign(engine, cascade.ties)
        together = cascade.duplicates == "link_together"
        record = "coalesce(patient_person.patient_id, qualified.patient_record)"
        engine.create(
            "relinked",
            f"SELECT {record if together else 'qualified.patient_record'} AS patient_id,"
            " qualified.death_record AS death_id, qualified.rule_position FROM assigned JOIN qualified"
            " ON assigned.patient_id = qualified.patient_id AND assigned.death_id = qualified.death_id"
            + (" LEFT JOIN patient_person ON assigned.patient_id = patient_person.person_id" if together else ""),
        )
        yield
