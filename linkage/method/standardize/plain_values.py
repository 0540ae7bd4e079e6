"""Plain values: those that the Python function of their column would leave unchanged.

A name of letters only, nine digits of a number that can have been issued, a day that exists: SQL can recognize these at
a fraction of the cost. Uncertain cases are not plain, so both ways give the same result.
"""

from collections.abc import Iterable

from linkage.method.standardize.as_read import NAME_FIELDS
from linkage.rules.cascade import Cascade, Field
from linkage.values.dates import EARLIEST_YEAR
from linkage.values.name_words import LONE_SUFFIXES, LONE_TITLES, NULL_SURNAMES, SUFFIXES
from linkage.values.no_dates import NO_YEARS, no_dates


def is_plain(column: str, cascade: Cascade) -> str:
    """The condition that the Python function of a column would leave its value unchanged.

    For SSNs, see `odd_numbers`.
    """
    if column in NAME_FIELDS:
        return _is_plain_name(column, cascade.fields[column])
    if column == "suffix":
        return f"suffix IN {_listed(set(SUFFIXES.values()))}"
    if column == "former_last_names":
        return f"{_is_plain_name(column, cascade.fields['last_name'])} AND {column} NOT IN {_listed(NULL_SURNAMES)}"
    return _is_plain_date(column, not_dates(column, cascade))


def not_dates(column: str, cascade: Cascade) -> frozenset[str]:
    """Placeholder days in a column of a side: those that systems write, and those of the rule file."""
    ours = column.removesuffix("_partial")
    return no_dates(ours) | (frozenset(cascade.fields[ours].not_known) if ours == "birth_date" else frozenset())


def _listed(values: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{value}'" for value in sorted(values)) + ")"


def _is_plain_name(name: str, field: Field) -> str:
    # A key held down (XXX) is a placeholder; no real name begins with three of one letter.
    held = f"substr({name}, 1, 1) = substr({name}, 2, 1) AND substr({name}, 2, 1) = substr({name}, 3, 1)"
    plain = f"full_match({name}, '[A-Z]+') AND NOT ({held})"
    # Beginnings, or whole values, that `names` changes.
    plain += f" AND {name} NOT LIKE 'SAINT%' AND {name} NOT LIKE 'ZZ%'"
    given = name == "first_name"
    if given:  # names of newborns, such as JUDYSGIRL, which `name_words` recognizes
        plain += f" AND {name} NOT LIKE '%SBOY%' AND {name} NOT LIKE '%SGIRL%'"
    words = {value.replace(" ", "") for value in field.not_known} | LONE_TITLES[given] | {"BABYOF"}
    words |= frozenset() if given else LONE_SUFFIXES
    listed = _listed(word for word in words if word.isascii() and word.isalpha())
    return f"{plain} AND {name} NOT IN {listed}"


# Areas 000 and 666, group 00 and serial 0000 were never issued. One pattern costs a quarter of the arithmetic.
_AREAS = "00[1-9]|0[1-9][0-9]|[1-578][0-9]{2}|6[0-57-9][0-9]|66[0-57-9]"
_ISSUED = "({areas})(0[1-9]|[1-9][0-9])([1-9][0-9]{{3}}|0[1-9][0-9]{{2}}|00[1-9][0-9]|000[1-9])"


def odd_numbers(side: str, cascade: Cascade) -> str:
    """The SELECT of the distinct SSNs of a side that are not plain.

    Dummies have a query of their own: a list of values alone is a fast join, but combined with another condition a slow
    one.
    """
    numbers = f"SELECT ssn AS value FROM {side} WHERE"
    if cascade.ssn.digits != 9:
        return f"SELECT DISTINCT ssn AS value FROM {side} WHERE ssn IS NOT NULL"
    areas = f"{_AREAS}|9[0-9]{{2}}" if cascade.ssn.keep_taxpayer_numbers else _AREAS
    dummies = {*cascade.fields["ssn"].not_known, *(digit * 9 for digit in "0123456789")}
    listed = _listed(dummy for dummy in dummies if dummy.isascii() and dummy.isdigit())
    never_issued = f"{numbers} NOT full_match(ssn, '{_ISSUED.format(areas=areas)}')"
    return f"{never_issued} UNION {numbers} ssn IN {listed}"


def _is_plain_date(column: str, not_known: Iterable[str]) -> str:
    dashed = f"substr({column}, 1, 4) || '-' || substr({column}, 5, 2) || '-' || substr({column}, 7, 2)"
    return (
        f"full_match({column}, '[0-9]{{8}}') AND try_cast({dashed} AS DATE) IS NOT NULL"
        f" AND {column} >= '{EARLIEST_YEAR}0101' AND {column} NOT IN {_listed(not_known)}"
        f" AND substr({column}, 1, 4) NOT IN {_listed(f'{year:04}' for year in NO_YEARS)}"
    )
