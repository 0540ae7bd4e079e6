"""Dense blocks: groups of records with one value of a key, so many that agreement on it proves little.

The pairs of a key such as first and last name grow with the square of the files. Where rules require an even chance or
more, the densest blocks of such a key are left to the other keys and to the other rules, so that the pairs to be
weighed grow in proportion to the files. Dense are the commonest values, for example the commonest full names.

In a block of 3 patients and 5 deaths, at most 3 of the 15 pairs are matches. The other 12 are its *surplus*, and only
they count toward the limit. A block of one patient and one death has none, however many such blocks there are, so the
matches of large files alone do not make a key dense.
"""

import math
from collections.abc import Sequence

from linkage.engines import Engine
from linkage.method.agreement_sql import Key
from linkage.method.columns import column
from linkage.method.crowds import EVERYBODY
from linkage.method.evidence_levels import MOST_WEIGHED, RECORDS_PER_WEIGHED
from linkage.rules.cascade import Cascade


def most_weighed(engine: Engine, cascade: Cascade) -> float:
    """The surplus pairs of one key above which its dense blocks are not weighed."""
    if not cascade.weighs:
        return math.inf
    return max(MOST_WEIGHED, min(engine.count(side) for side in EVERYBODY) // RECORDS_PER_WEIGHED)


def make_dense(engine: Engine, key: Key, most: float, among: tuple[str, str]) -> int:
    """Make the table `dense`, the values of the dense blocks of a key; the others have no more than `most` surplus
    pairs together. Returns the number of pairs in dense blocks."""
    engine.create("block_size", block_sizes(key, among))
    counted = engine.rows("SELECT surplus, count(*) FROM block_size GROUP BY surplus ORDER BY surplus")
    largest = largest_weighed([(int(surplus), int(blocks)) for surplus, blocks in counted], most)
    engine.create("dense", f"SELECT * FROM block_size WHERE surplus > {largest}")
    engine.drop("block_size")
    return int(engine.rows("SELECT coalesce(sum(pairs), 0) FROM dense")[0][0])


def largest_weighed(sizes: Sequence[tuple[int, int]], most: float) -> int:
    """The surplus of the largest blocks that are weighed, so that all weighed blocks together have no more than `most`
    surplus pairs. `sizes` has, for each surplus, the number of such blocks, smallest first.

    >>> largest_weighed([(0, 5_000), (1, 50), (2, 20), (1_000, 1)], 100)
    2
    """
    largest, total = 0, 0
    for surplus, blocks in sizes:
        total += surplus * blocks
        if total > most:
            break
        largest = surplus
    return largest


def block_sizes(key: Key, among: tuple[str, str] = EVERYBODY) -> str:
    """The value of each block of a key, its pairs, and its surplus: the pairs that cannot all be matches.

    >>> print(block_sizes(("ssn",)))
    SELECT
        of_patients.c0,
        of_patients.records * of_deaths.records AS pairs,
        of_patients.records * of_deaths.records - least(of_patients.records, of_deaths.records) AS surplus
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
    pairs = "of_patients.records * of_deaths.records"
    surplus = f"{pairs} - least(of_patients.records, of_deaths.records)"
    return f"SELECT\n    {values},\n    {pairs} AS pairs,\n    {surplus} AS surplus\n{_counted(key, among)}"


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
