"""Names that are far too common in one file for what the other holds: words that a form or a clerk writes for none.

"OWNER", "GENT" or "WIFE" in the place of a first name says nothing about a person, and no list knows all such words.
The two files betray them: people of one country and one time of birth have the same names in both, words for none only
where somebody writes them. Generations differ in their names, so a name is compared decade of birth by decade. A
single letter is an initial, what begins as names of the other file do may be cut off, and nicknames are used at a
hospital more than on certificates: none of these is such a word.

This says it for one name, by counts. `standardise.one_sided_names` counts in SQL, the reference engine by hand.
"""

from collections.abc import Mapping

from linkage.values.nicknames import nickname_table

TOLD, NOT_KNOWN = "tell", "not_known"
CHOICES = (TOLD, NOT_KNOWN)
"""What a cascade does about such names: tell how many there are, or treat them as not known."""
FIELDS = ("first_name", "middle_name", "last_name")
EXPECTED_AT_LEAST = 30
"""So many records must be expected in the other file."""
TIMES_AS_COMMON = 30
"""So many times as common as in the other file must a name be."""
SHORTEST_BEGINNING = 3
"""Names of so many letters, of which one begins with the other, are taken to be one name, cut off or in full."""
WHY = "far too common in one file"
"""Why such a name is not known."""

Decades = Mapping[str, int]
"""Records by decade of birth, the first three digits of its date; "" where it is not known."""


def may_stand_for_none(name: str) -> bool:
    """Whether a word may be written for no name: an initial is one, and a nickname that a list knows is a name.

    >>> may_stand_for_none("OWNER"), may_stand_for_none("O"), may_stand_for_none("BILL")
    (True, False, False)
    """
    return len(name) > 1 and name not in nickname_table()


def decade(birth_date: str | None) -> str:
    """The decade of a birth date.

    >>> decade("19500211"), decade(None)
    ('195', '')
    """
    return (birth_date or "")[:3]


def expected(here: Decades, records_here: Decades, records_there: Decades) -> float:
    """On how many records of the other file a name is expected that stands on so many of this one: the smaller of what
    all records and what each decade of birth by itself say.

    `records_here` and `records_there` are all records of the two files that have such a name.

    >>> expected({"195": 50, "": 50}, {"195": 1000, "": 1000}, {"195": 4000})
    200.0
    """
    whole = sum(here.values()) * sum(records_there.values()) / max(sum(records_here.values()), 1)
    by_decade = sum(here[born] * records_there.get(born, 0) / max(records_here[born], 1) for born in sorted(here))
    return min(whole, by_decade)


def is_one_sided(here: Decades, there: int, records_here: Decades, records_there: Decades) -> bool:
    """Whether a name that stands on records of this file, by decade, is far too common for `there`, its records in the
    other file.

    >>> is_one_sided({"195": 50}, 1, {"195": 1000}, {"195": 1000})
    True
    >>> is_one_sided({"195": 50}, 2, {"195": 1000}, {"195": 1000})  # 25 times as common
    False
    >>> is_one_sided({"200": 50}, 0, {"195": 1000, "200": 50}, {"195": 1000})  # a name of the young among the old
    False
    """
    found = expected(here, records_here, records_there)
    return found >= EXPECTED_AT_LEAST and there * TIMES_AS_COMMON <= found
