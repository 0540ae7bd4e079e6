"""Assign: each patient to at most one death and each death to at most one patient.

The cascade is greedy: the strictest rule first, inside it the closest pair first. Literally that
is one pair after the other; here it runs in rounds, which give the same links. In each round a
pair is settled when no other pair of its patient or its death that is still open ranks before it.
Pairs of one rank that share a record are a tie, and never settled by accident: by the rule file
they go to review, with their records held out of everything later, or the lowest ids win.
"""

from linkage.engines import Engine

_CONTESTED = """
SELECT
    patient_id,
    death_id,
    rank,
    count(*) OVER (PARTITION BY patient_id) + count(*) OVER (PARTITION BY death_id) - 2 AS rivals
FROM qualified
"""
# A tie is only certain when nothing can still take a member of it away, so a tied pair waits while
# a pair of its own rank that shares a record with it still has better pairs beside it.
_BEST = """
SELECT *, rank = patient_best AND rank = death_best AS is_best, patient_equals > 1 OR death_equals > 1 AS is_tied
FROM (
    SELECT
        *,
        min(rank) OVER (PARTITION BY patient_id) AS patient_best,
        min(rank) OVER (PARTITION BY death_id) AS death_best,
        count(*) OVER (PARTITION BY patient_id, rank) AS patient_equals,
        count(*) OVER (PARTITION BY death_id, rank) AS death_equals
    FROM open_pair
) AS ranked
"""
_WAITING = """
SELECT patient_id, death_id, rank
FROM (
    SELECT
        *,
        bool_or(is_open) OVER (PARTITION BY patient_id, rank) AS patient_waits,
        bool_or(is_open) OVER (PARTITION BY death_id, rank) AS death_waits
    FROM (
        SELECT best.*, NOT best.is_best OR waiting.patient_id IS NOT NULL AS is_open
        FROM best
        LEFT JOIN waiting ON best.patient_id = waiting.patient_id AND best.death_id = waiting.death_id
    ) AS told
) AS shared
WHERE is_best AND is_tied AND (patient_waits OR death_waits)
"""
_TIED = """
SELECT best.patient_id, best.death_id, best.rank
FROM best
LEFT JOIN waiting ON best.patient_id = waiting.patient_id AND best.death_id = waiting.death_id
WHERE best.is_best AND best.is_tied AND waiting.patient_id IS NULL
"""
# The lowest ids win: a pair is taken when each lower record that it could lose to, or that it would prefer, is taken
# by another. Literally that is one pair of a tie after the other. Many at once are those that stand in the same place
# of their patient's list and of their death's, as all do where everybody is tied with everybody.
_PLACED = """
SELECT
    *,
    row_number() OVER (PARTITION BY patient_id, rank ORDER BY length(death_id), death_id) AS patient_place,
    row_number() OVER (PARTITION BY death_id, rank ORDER BY length(patient_id), patient_id) AS death_place
FROM tied
"""
_SAME_PLACE = """
SELECT patient_id, death_id, rank, place
FROM (
    SELECT
        *,
        min(place) OVER (PARTITION BY patient_id, rank) AS patient_first,
        min(place) OVER (PARTITION BY death_id, rank) AS death_first
    FROM (SELECT *, patient_place AS place FROM placed WHERE patient_place = death_place) AS equal
) AS first
WHERE place = patient_first AND place = death_first
"""
# Lemma: take away, until none is left, each pair of which a lower death is not taken by a lower patient, or a lower
# patient not by a lower death. Patient after patient in the order of ids, each remaining pair is then what the patient
# finds: all that it would prefer is taken, and nobody before it takes its death. Pairs in the first places remain.
_NOT_SURE = """
SELECT won.patient_id, won.rank
FROM won
JOIN placed AS lower ON lower.patient_id = won.patient_id AND lower.rank = won.rank AND lower.patient_place < won.place
LEFT JOIN won AS taken ON taken.death_id = lower.death_id AND taken.rank = lower.rank
    AND (length(taken.patient_id) < length(won.patient_id)
        OR length(taken.patient_id) = length(won.patient_id) AND taken.patient_id < won.patient_id)
WHERE taken.patient_id IS NULL
UNION
SELECT won.patient_id, won.rank
FROM won
JOIN placed AS lower ON lower.death_id = won.death_id AND lower.rank = won.rank AND lower.death_place < won.place
LEFT JOIN won AS taken ON taken.patient_id = lower.patient_id AND taken.rank = lower.rank
    AND (length(taken.death_id) < length(won.death_id)
        OR length(taken.death_id) = length(won.death_id) AND taken.death_id < won.death_id)
WHERE taken.patient_id IS NULL
"""


def assign(engine: Engine, ties: str) -> None:
    """From the table `qualified` (patient_id, death_id, rank; one row per pair of persons) make
    `assigned` (patient_id, death_id, tie) and `held` (patient_id, death_id): unresolved ties. `ties` is
    "review" or "lowest_id".
    """
    engine.create("contested", _CONTESTED)
    # Most patients and deaths have one pair, which nothing can take away.
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
    """Settle what can be settled, and return how many pairs are still open."""
    engine.create("best", _BEST)
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
    """Make `won`: pairs of `tied` that the lowest ids win, at least those that are the first choice of both."""
    engine.create("placed", _PLACED)
    engine.create("won", _SAME_PLACE)
    sure = "NOT EXISTS (SELECT 1 FROM lost WHERE lost.patient_id = won.patient_id AND lost.rank = won.rank)"
    while engine.create("lost", _NOT_SURE):
        engine.create("won", f"SELECT * FROM won WHERE {sure}")


def _find_ties(engine: Engine) -> None:
    """Make `tied`: the pairs of the ties that are certain."""
    engine.create("waiting", "SELECT patient_id, death_id, rank FROM best WHERE FALSE")
    waiting = -1
    while (found := engine.create("waiting", _WAITING)) > waiting:
        waiting = found
    engine.create("tied", _TIED)
