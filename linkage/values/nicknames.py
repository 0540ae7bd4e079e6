"""Nicknames: the formal names that a short name can stand for.

English nicknames come from the `nicknames` package; Spanish and Slavic ones, which it lacks, are in `nicknames.csv`,
compiled for this toolkit from common knowledge.

The relation is directed: BILL may be WILLIAM, but WILLIAM is not short for BILL. Two people agree by nickname if their
sets of possible formal names, each including the name itself, overlap.
"""

import csv
from functools import cache
from importlib.resources import files

from anyascii import anyascii
from nicknames import name_triplets


@cache
def nickname_table() -> dict[str, tuple[str, ...]]:
    """Every short name with the formal names that it can stand for, in upper case.

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
