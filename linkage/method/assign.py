"""Assign: each patient to at most one death and each death to at most one patient.

The cascade is greedy: the strictest rule comes first and, within a rule, the closest pair. Pairs could be linked one
after another; here they are linked in rounds, which gives the same links. In each round a pair is linked if no open
pair of its patient or its death ranks before it. Pairs of equal rank that share a record are a tie, which row order
never decides. The rule file says what happens to ties: they go to review, and their records are not linked by later
rules, or the lowest ids win.
"""

from linkage.engines import Engine
from linkage.method.statements import statement


def assign(engine: Engine, ties: str) -> None:
    """From `qualified` (patient_id, death_id, rank; one row per pair of persons) make `assigned` (patient_id, death_id,
    tie), the links, and `held` (patient_id, death_id), the unresolved ties. `ties` is "review" or "lowest_id".
    """
    engine.create("contested", statement("contested"))
    # Most patients and deaths have only one pair, which has no rival.
    engine.create("assigned", "SELECT patient_id, death_id, FALSE AS tie FROM contested WHERE rivals = 0")
    still_open = engine.create("open_pair", "SELECT patient_id, death_id, rank FROM contested WHERE rivals > 0")
    engine.create("held", "SELECT patient_id, death_id FROM qualified WHERE FALSE")
    if still_open:
        engine.create("ever_tied", "SELECT patient_id, death_id FROM qualified WHERE FALSE")
        while _round(engine, ties == "lowest_id"):
            pass
        engine.drop("ever_tied", "best", "waiting", "tied", "settled", "gone", "placed", "won", "lost")
    engine.drop("contested", "open_pair")


def _round(engine: Engine, lowest_wins: bool) -> int:
    """Link every pair that no open pair precedes, and return the number of pairs that are still open."""
    engine.create("best", statement("best"))
    _find_ties(engine)
    clear = "SELECT patient_id, death_id, FALSE AS tie FROM best WHERE is_best AND NOT is_tied"
    if lowest_wins:
        engine.create("ever_tied", "SELECT * FROM ever_tied UNION SELECT patient_id, death_id FROM tied")
        _take_lowest(engine)
        won = "SELECT patient_id, death_id, TRUE AS tie FROM won"
        was_tied = (
            "SELECT clear.patient_id, clear.death_id, ever_tied.patient_id IS NOT NULL AS tie"
            f" FROM ({clear}) AS clear LEFT JOIN ever_tied"
            " ON clear.patient_id = ever_tied.patient_id AND clear.death_id = ever_tied.death_id"
        )
        engine.create("settled", f"{was_tied} UNION ALL {won}")
    else:
        engine.create("held", "SELECT * FROM held UNION ALL SELECT patient_id, death_id FROM tied")
        engine.create("settled", clear)
    engine.create("assigned", "SELECT * FROM assigned UNION ALL SELECT * FROM settled")
    gone = "SELECT patient_id, death_id FROM settled" + (
        "" if lowest_wins else " UNION ALL SELECT patient_id, death_id FROM tied"
    )
    engine.create("gone", gone)
    return engine.create(
        "open_pair",
        "SELECT * FROM open_pair"
        " WHERE NOT EXISTS (SELECT 1 FROM gone WHERE gone.patient_id = open_pair.patient_id)"
        " AND NOT EXISTS (SELECT 1 FROM gone WHERE gone.death_id = open_pair.death_id)",
    )


def _take_lowest(engine: Engine) -> None:
    """Make `won`: pairs of `tied` that win by the lowest ids, at least those that are the first choice of both."""
    engine.create("placed", statement("placed"))
    engine.create("won", statement("same_place"))
    sure = "NOT EXISTS (SELECT 1 FROM lost WHERE lost.patient_id = won.patient_id AND lost.rank = won.rank)"
    while engine.create("lost", statement("not_sure")):
        engine.create("won", f"SELECT * FROM won WHERE {sure}")


def _find_ties(engine: Engine) -> None:
    """Make `tied`: the pairs of the ties that are certain."""
    engine.create("waiting", "SELECT patient_id, death_id, rank FROM best WHERE FALSE")
    waiting = -1
    while (found := engine.create("waiting", statement("waiting"))) > waiting:
        waiting = found
    engine.create("tied", statement("tied"))
