"""Names that are far too common in one file compared with the other: words that a form or a clerk writes instead of a
name.

"OWNER", "GENT" or "WIFE" as a first name says nothing about a person, and no list has all such words. Comparing the two
files reveals them: people of one country and one time of birth have the same names in both files, but such words occur
only where somebody writes them. Names differ between generations, so each name is compared by decade of birth. Three
kinds of names are exempt: a single letter is an initial; a name that is a prefix of names in the other file may be
truncated; and nicknames are more common in hospital records than on certificates.

This module decides for one name, from counts. `standardize.one_sided_names` counts in SQL, the reference engine in
Python.
"""

from collections.abc import Mapping

from linkage.values.nicknames import nickname_table

REPORT, NOT_KNOWN = "report", "not_known"
CHOICES = (REPORT, NOT_KNOWN)
"""What a cascade does about such names: report their number, or treat them as not known."""
FIELDS = ("first_name", "middle_name", "last_name")
EXPECTED_AT_LEAST = 30
"""The smallest number of records that must be expected in the other file."""
HERE_AT_LEAST = 10
"""The smallest number of records of its own file: in a small file, a rare name on one record seems far too common."""
TIMES_AS_COMMON = 30
"""The factor by which a name must be more common than in the other file."""
SHORTEST_BEGINNING = 3
"""If one of two names is a prefix of the other and has at least this many letters, they count as one name, truncated or
in full."""
WHY = "far too common in one file"
"""The reason for which such a name is not known."""

Decades = Mapping[str, int]
"""Numbers of records by decade of birth, given as the first three digits of the date; "" if it is not known."""


def may_stand_for_none(name: str) -> bool:
    """Whether a word may have been written instead of a name: not if it is an initial or a listed nickname.

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
    """The number of records of the other file expected to have a name, given its records in this file: the smaller of
    the estimates from all records and from each decade of birth separately.

    `records_here` and `records_there` are all records of the two files that have such a name.

    >>> expected({"195": 50, "": 50}, {"195": 1000, "": 1000}, {"195": 4000})
    200.0
    """
    whole = sum(here.values()) * sum(records_there.values()) / max(sum(records_here.values()), 1)
    by_decade = sum(here[born] * records_there.get(born, 0) / max(records_here[born], 1) for born in sorted(here))
    return min(whole, by_decade)


def is_one_sided(here: Decades, there: int, records_here: Decades, records_there: Decades) -> bool:
    """Whether a name with these records of this file, by decade, is far too common given `there`, its records in the
    other file.

    >>> is_one_sided({"195": 50}, 1, {"195": 1000}, {"195": 1000})
    True
    >>> is_one_sided({"195": 50}, 2, {"195": 1000}, {"195": 1000})  # 25 times as common
    False
    >>> is_one_sided({"200": 50}, 0, {"195": 1000, "200": 50}, {"195": 1000})  # a name of the young among the old
    False
    >>> is_one_sided({"195": 9}, 0, {"195": 100}, {"195": 9000})  # in a small file, this can be chance
    False
    """
    if sum(here.values()) < HERE_AT_LEAST:
        return False
    found = expected(here, records_here, records_there)
    return found >= EXPECTED_AT_LEAST and there * TIMES_AS_COMMON <= found
