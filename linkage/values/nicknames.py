"""Nicknames, from the `nicknames` package: which formal names a short name may stand for.

Directed: BILL may be WILLIAM, but WILLIAM is no short form of BILL. Two people agree by nickname
when their sets of possible formal names, each with the name itself, overlap.
"""

from functools import cache

from nicknames import name_triplets


@cache
def nickname_table() -> dict[str, tuple[str, ...]]:
    """Every short name with the formal names that it may stand for, in upper case.

    >>> "ELIZABETH" in nickname_table()["LIZ"]
    True
    """
    formal: dict[str, set[str]] = {}
    for triplet in name_triplets():
        formal.setdefault(triplet.name2.upper(), set()).add(triplet.name1.upper())
    return {short: tuple(sorted(names)) for short, names in sorted(formal.items())}
