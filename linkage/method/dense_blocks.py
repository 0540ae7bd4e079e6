"""Dense blocks: groups of records with one value of a key, so many that agreement on it proves little.

The pairs of a key such as first and last name grow with the square of the files. Where rules require a probability, the
densest blocks of such a key are left to the other keys and to the rules without a probability, so that the pairs to be
weighed grow in proportion to the files. Dense are the commonest values, for example the commonest full names.
"""

import math
from collections.abc import Sequence

from linkage.engines import Engine, count_rows
from linkage.method.agreement_sql import Key
from linkage.method.columns import column
from linkage.method.crowds import EVERYBODY
from linkage.method.evidence_levels import MOST_WEIGHED, RECORDS_PER_WEIGHED
from linkage.rules.cascade import Cascade


def most_weighed(engine: Engine, cascade: Cascade) -> float:
    """The number of pairs of one key above which its dense blocks are not weighed."""
    if not cascade.weighs:
        return math.inf
    return max(MOST_WEIGHED, min(count_rows(engine, side) for side in EVERYBODY) // RECORDS_PER_WEIGHED)


def make_dense(engine: Engine, key: Key, most: float, among: tuple[str, str]) -> str:
    """Make the table `dense`, the values of the dense blocks of a key, of which the others have no more than `most`
    pairs together. Returns its name."""
    engine.create("block_size", block_sizes(key, among))
    counted = engine.rows("SELECT pairs, count(*) FROM block_size GROUP BY pairs ORDER BY pairs")
    largest = largest_weighed([(int(pairs), int(blocks)) for pairs, blocks in counted], most)
    engine.create("dense", f"SELECT * FROM block_size WHERE pairs > {largest}")
    engine.drop("block_size")
    return "dense"


def largest_weighed(sizes: Sequence[tuple[int, int]], most: float) -> int:
    """The size, in pairs, of the largest blocks that are weighed, so that all weighed blocks together have no more than
    `most` pairs. `sizes` has, for each number of pairs, the number of such blocks, smallest first.

    >>> largest_weighed([(1, 50), (2, 20), (1_000, 1)], 100)
    2
    """
    largest, total = 0, 0
    for pairs, blocks in sizes:
        total += pairs * blocks
        if total > most:
            break
        largest = pairs
    return largest


def block_sizes(key: Key, among: tuple[str, str] = EVERYBODY) -> str:
    """The value of each block of a key, and its number of pairs.

    >>> print(block_sizes(("ssn",)))
    SELECT of_patients.c0, of_patients.records * of_deaths.records AS pairs
    FROM (
        SELECT c0, count(*) AS records
        FROM (SELECT patient.ssn AS c0 FROM patient) AS named
        WHERE c0 IS NOT NULL
        GROUP BY c0
    ) AS of_patients
    JOIN (
        SELECT c0, count(*) AS records
        FROM (SELECT death.ssn AS c0 FROM death) AS named
        WHERE c0 IS NOT NULL
        GROUP BY c0
    ) AS of_deaths ON of_patients.c0 = of_deaths.c0
    """
    values = ", ".join(f"of_patients.c{n}" for n in range(len(key)))
    return f"SELECT {values}, of_patients.records * of_deaths.records AS pairs\n{_counted(key, among)}"


def _counted(key: Key, among: tuple[str, str]) -> str:
    agree = " AND ".join(f"of_patients.c{n} = of_deaths.c{n}" for n in range(len(key)))
    patients, deaths = (_of_side(key, side, table) for side, table in zip(EVERYBODY, among, strict=True))
    return f"FROM (\n{patients}\n) AS of_patients\nJOIN (\n{deaths}\n) AS of_deaths ON {agree}"


def _of_side(key: Key, side: str, table: str) -> str:
    named = table if table == side else f"{table} AS {side}"
    listed = ", ".join(f"{column(side, name)} AS c{n}" for n, name in enumerate(key))
    grouped = ", ".join(f"c{n}" for n in range(len(key)))
    known = " AND ".join(f"c{n} IS NOT NULL" for n in range(len(key)))
    return (
        f"    SELECT {grouped}, count(*) AS records\n    FROM (SELECT {listed} FROM {named}) AS named\n"
        f"    WHERE {known}\n    GROUP BY {grouped}"
    )
