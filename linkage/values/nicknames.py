"""Nicknames: which formal names a short name may stand for.

Those of English come from the `nicknames` package; those of Spanish and Slavic names, which it lacks, stand in
`nicknames.csv`, compiled for this toolkit from common knowledge.

Directed: BILL may be WILLIAM, but WILLIAM is no short form of BILL. Two people agree by nickname
when their sets of possible formal names, each with the name itself, overlap.
"""

import csv
from functools import cache
from importlib.resources import files

from anyascii import anyascii
from nicknames import name_triplets


@cache
def nickname_table() -> dict[str, tuple[str, ...]]:
    """Every short name with the formal names that it may stand for, in upper case.

    >>> "ELIZABETH" in nickname_table()["LIZ"], nickname_table()["PACO"], "ALEKSANDR" in nickname_table()["SASHA"]
    (True, ('FRANCISCO',), True)
    """
    formal: dict[str, set[str]] = {}
    for triplet in name_triplets():
        formal.setdefault(triplet.name2.upper(), set()).add(triplet.name1.upper())
    lines = (files("linkage.values") / "nicknames.csv").read_text("utf-8").splitlines()
    for row in csv.DictReader(lines):
        formal.setdefault(anyascii(row["short"]), set()).update(row["formal"].split("|"))
    return {short: tuple(sorted(names)) for short, names in sorted(formal.items())}
