"""Estimates of numbers of pairs as SQL text, from a sample of both files, and the values of a key in parts.

Pure, like `agreement_sql`.
"""

from collections.abc import Sequence

from linkage.method.agreement_sql import Key
from linkage.method.block_sql import Among, aliased
from linkage.method.columns import column
from linkage.method.crowds import EVERYBODY


def estimated_pairs(groups: Sequence[Sequence[str]], among: Among = EVERYBODY) -> str:
    """For each group of columns, by its place: an estimate of the number of pairs that agree on them, from one patient
    and one death in eight, selected by hash. The hashes differ, because both records of one person may have the same
    id. The columns of a group are joined by their hash: one number is joined faster than several texts."""
    sampled = ",\n".join(
        _sampled(side, table, number, groups) for number, (side, table) in enumerate(zip(EVERYBODY, among, strict=True))
    )
    counted = "\nUNION ALL\n".join(
        f"SELECT {n} AS place, 64 * count(*) AS pairs FROM sampled_patient JOIN sampled_death"
        f" ON sampled_patient.g{n} = sampled_death.g{n}"
        for n in range(len(groups))
    )
    return f"WITH {sampled}\n{counted}"


def _sampled(side: str, table: str, number: int, groups: Sequence[Sequence[str]]) -> str:
    names = sorted({name for group in groups for name in group})
    place = {name: f"c{n}" for n, name in enumerate(names)}
    listed = ", ".join(f"{column(side, name)} AS {place[name]}" for name in names)
    hashes = (_hashed([place[name] for name in group]) for group in groups)
    grouped = ",\n        ".join(f"{hashed} AS g{n}" for n, hashed in enumerate(hashes))
    return (
        f"sampled_{side} AS (\n    SELECT\n        {grouped}\n    FROM (\n        SELECT {listed}\n"
        f"        FROM {aliased(side, table)}\n        WHERE row_hash({side}.{side}_id, {number}, 0, 0) % 8 = 0\n"
        "    ) AS named\n)"
    )


def _hashed(values: Sequence[str]) -> str:
    """The hash of some values, NULL if one is not known.

    >>> _hashed(["c0", "c1"])
    'CASE WHEN c0 IS NOT NULL AND c1 IS NOT NULL THEN row_hash(c0, c1, 0, 0) END'
    """
    known = " AND ".join(f"{value} IS NOT NULL" for value in values)
    hashed, *others = values
    padded = [*others, "0", "0", "0"]
    for start in range(0, len(others) + 1, 3):
        hashed = f"row_hash({', '.join([hashed, *padded[start : start + 3]])})"
    return f"CASE WHEN {known} THEN {hashed} END"


def one_part(key: Key, parts: int) -> Among:
    """The patients and the deaths with one in so many of the values of a key, chosen by the hash of one column."""
    name = min(key, key=lambda name: (len(column("patient", name)), name))  # the one that is computed fastest
    patients, deaths = (
        f"(SELECT * FROM {side} WHERE {_hashed([column(side, name)])} % {parts} = 0)" for side in EVERYBODY
    )
    return patients, deaths
