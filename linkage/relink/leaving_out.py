"""For each rule, the outcomes that the run would have had without it. Its patients and deaths are then available to
the other rules.

The files are not read again. Leaving out one rule affects few pairs, and only these are assigned again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.censor import build_outcome
from linkage.method.certificates import choose_certificates
from linkage.method.decide import make_review_patients
from linkage.method.decide_sql import rule_id
from linkage.relink.relinking import UNCONTESTED, accepted_pairs, relinked

if TYPE_CHECKING:
    import pandas

    from linkage.run.result import Linkage


def leaving_out_each(run: "Linkage") -> Iterator[tuple[str, "pandas.DataFrame"]]:
    """Yield the id of each rule and, for the run without this rule, the outcomes of the patients that change.

    Yields nothing if the cascade has only one rule.
    """
    engine, rules = run.engine, run.cascade.rules
    with accepted_pairs(engine, run.cascade, contacts=True):
        engine.create("uncontested", UNCONTESTED)
        engine.create("run_review", "SELECT patient_id FROM review_patient")
        for position, rule in enumerate(rules if len(rules) > 1 else (), start=1):
            others = replace(run.cascade, rules=tuple(other for other in rules if other is not rule))
            with _at_stake(engine, position), relinked(engine, others):
                engine.create("link", f"SELECT *, {rule_id(others, 'rule_position')} AS rule FROM relinked")
                make_review_patients(engine, others)
                engine.create("changed", _CHANGED)
                engine.create("link", f"SELECT * FROM link {_OF_CHANGED}")
                choose_certificates(engine, others.plausibility, contacts=True)
                for name in ("patient", "review_patient"):
                    engine.create(name, f"SELECT * FROM {name} {_OF_CHANGED}")
                build_outcome(engine, run.policy)
                yield rule.id, engine.frame("SELECT * FROM outcome")


@contextmanager
def _at_stake(engine: DuckDBEngine, position: int) -> Iterator[None]:
    """Within the block, `accepted` and `run_link` have only the pairs and links that can change when the rule at
    `position` is left out. An uncontested pair (no other pair of its patient or death) can change only if this rule
    made it."""
    with engine.separate_schema():
        engine.create(
            "kept", f"SELECT uncontested.* FROM uncontested JOIN decided {_SAME_PAIR} WHERE rule_position <> {position}"
        )
        engine.create("accepted", f"SELECT * FROM accepted ANTI JOIN kept {_SAME_PAIR}")
        engine.create("run_link", f"SELECT patient_id, death_id FROM link ANTI JOIN kept {_SAME_PAIR}")
        yield


_SAME_PAIR = "USING (patient_id, death_id)"
_OF_CHANGED = "WHERE patient_id IN (SELECT patient_id FROM changed)"
_CHANGED = """
WITH now AS (SELECT patient_id, death_id FROM relinked UNION ALL SELECT patient_id, NULL FROM review_patient),
was AS (SELECT patient_id, death_id FROM run_link UNION ALL SELECT patient_id, NULL FROM run_review)
SELECT DISTINCT patient_id
FROM ((SELECT * FROM now EXCEPT SELECT * FROM was) UNION ALL (SELECT * FROM was EXCEPT SELECT * FROM now)) AS other
"""
