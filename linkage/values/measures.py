"""The closed set of ways to compare two values.

Each measure is written twice: as an SQL expression for the fast engines, and as a Python function for the reference
engine. Truth tables in `tests/truth_tables/` check that both give the same results. A measure returns either a number,
which a rule file limits by `at_least` (similarities) or `at_most` (distances), or yes or no.

Dates are compared as eight digits, YYYYMMDD, with 00 for an unknown day or month.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jellyfish


@dataclass(frozen=True, slots=True)
class Measure:
    """One way to compare two values of a field.

    `kinds` are the kinds of field it can compare (name, ssn, date, full_name). `column` is the column it reads on both
    sides, with `{field}` as the placeholder for the field. `sql` is its expression, with `{patient}` and `{death}` as
    placeholders for that column of each side; the expression of full names refers to each name column itself. `limit`
    is "at_least" for a similarity, "at_most" for a distance, and None for a yes-or-no result. `sentence` completes "the
    two values agreed if ...".
    """

    name: str
    kinds: frozenset[str]
    column: str
    limit: str | None
    sql: str
    twin: Callable[..., float | int | bool]
    sentence: str


def jaro_winkler_similarity(left: str, right: str) -> float:
    """Jaro-Winkler similarity, from 0 to 1, rounded to nine decimals.

    Engines add the bonus for a common prefix in different orders, so their results differ in the last bit, which could
    decide at a threshold; the rounded values are equal.

    >>> jaro_winkler_similarity("MARTHA", "MARHTA")
    0.961111111
    """
    return round(jellyfish.jaro_winkler_similarity(left, right), 9)


def initial(left: str, right: str) -> bool:
    """Whether one name is the initial of the other.

    >>> initial("J", "JOHN"), initial("JO", "JOHN"), initial("J", "J")
    (True, False, False)
    """
    return (len(left) == 1) != (len(right) == 1) and left[:1] == right[:1]


def prefix_letters(left: str, right: str) -> int:
    """The number of letters of the shorter name if the longer one begins with it; otherwise 0.

    >>> prefix_letters("ROB", "ROBERT"), prefix_letters("BOB", "ROBERT")
    (3, 0)
    """
    short, long = sorted((left, right), key=len)
    return len(short) if long.startswith(short) else 0


def first_letters(left: str, right: str) -> int:
    """The number of letters in the common prefix of two names, up to ten.

    >>> first_letters("CHRISTINA", "CHRISTOPHER"), first_letters("BOB", "ROBERT")
    (6, 0)
    """
    return next((n for n in range(10, 0, -1) if min(len(left), len(right)) >= n and left[:n] == right[:n]), 0)


def share_any(left: list[str], right: list[str]) -> bool:
    """Whether two lists share an element.

    >>> share_any(["GARCIA", "LOPEZ"], ["LOPEZ"])
    True
    """
    return not set(left).isdisjoint(right)


def first_of_several(left: list[str], right: list[str]) -> bool:
    """Whether one side has a single given name that is the first of several given names on the other side.

    A plus marks the side with several names. If both sides have several, the other names must agree too.

    >>> first_of_several(["+", "ANN"], ["ANN"]), first_of_several(["+", "MARY"], ["+", "MARY"])
    (True, False)
    """
    return share_any(left, right) and not ("+" in left and "+" in right)


def digits_changed(left: str, right: str) -> int:
    """The number of positions at which two numbers of the same length differ (Hamming distance).

    >>> digits_changed("19500131", "19500137")
    1
    """
    return sum(a != b for a, b in zip(left, right, strict=True))


def digits_transposed(left: str, right: str) -> bool:
    """Whether swapping one pair of adjacent digits turns one number into the other.

    >>> digits_transposed("19500113", "19500131"), digits_transposed("11", "11")
    (True, False)
    """
    return jellyfish.damerau_levenshtein_distance(left, right) == 1 and digits_changed(left, right) == 2


def _fully_known(*dates: str) -> bool:
    return all(date[4:6] != "00" and date[6:] != "00" for date in dates)


def day_and_month_swapped(left: str, right: str) -> bool:
    """Whether two dates of one year have day and month swapped.

    >>> day_and_month_swapped("19500211", "19501102"), day_and_month_swapped("19500202", "19500202")
    (True, False)
    """
    swapped = right[:4] + right[6:] + right[4:6]
    return _fully_known(left, right) and left == swapped and left != right


def _year_off_by(years: int) -> Callable[[str, str], bool]:
    def off_by(left: str, right: str) -> bool:
        same_day = _fully_known(left, right) and left[4:] == right[4:]
        return same_day and abs(int(left[:4]) - int(right[:4])) == years

    return off_by


def same_year_and_month(left: str, right: str) -> bool:
    """Whether two dates fall in the same month of the same year, whatever the day.

    >>> same_year_and_month("19500200", "19500211"), same_year_and_month("19500000", "19500000")
    (True, False)
    """
    return left[:6] == right[:6] and left[4:6] != "00"


def default_date(left: str, right: str) -> bool:
    """Whether one date is a default value for the other: 1 January of its year, or the 1st or 15th of its month.

    >>> default_date("19500101", "19500723"), default_date("19500715", "19500723")
    (True, True)
    >>> default_date("19500701", "19500823"), default_date("19500723", "19500723")
    (False, False)
    """
    if left == right or left[:4] != right[:4] or not _fully_known(left, right):
        return False
    same_month = left[:6] == right[:6]
    return any(one[4:] == "0101" or (same_month and one[6:] in ("01", "15")) for one in (left, right))


def first_and_last_swapped(left: str, right: str) -> bool:
    """Whether first and last name are swapped. Full names are FIRST|MIDDLE|LAST.

    >>> first_and_last_swapped("JAMES||GEORGE", "GEORGE|T|JAMES")
    True
    """
    first, _, last = left.split("|")
    other_first, _, other_last = right.split("|")
    return first == other_last and last == other_first and first != last


def swapped_with_slips(left: str, right: str) -> bool:
    """Whether first and last name are swapped, each with the same first letter and at most two edits after it.

    >>> swapped_with_slips("JASPER||DESILVA", "DESLLVA||JASPER"), swapped_with_slips("JASPER||DESILVA", "HAND||JASPER")
    (True, False)
    """
    first, _, last = left.split("|")
    other_first, _, other_last = right.split("|")
    crossed = (first, other_last), (last, other_first)
    return all(one[0] == other[0] and jellyfish.levenshtein_distance(one, other) <= 2 for one, other in crossed)


def middle_name_as_first(left: str, right: str) -> bool:
    """Whether one side has the other's middle name as its first name, with the same last name.

    >>> middle_name_as_first("ANNA|MARY|LEE", "MARY||LEE")
    True
    """
    first, middle, last = left.split("|")
    other_first, other_middle, other_last = right.split("|")
    used = middle == other_first or first == other_middle
    return last == other_last and first != other_first and used


_NAME = frozenset({"name"})
_DATE = frozenset({"date"})
_SSN = frozenset({"ssn"})

_YEAR_OFF_SQL = (
    "substr({{patient}}, 5, 4) = substr({{death}}, 5, 4)"
    " AND abs(CAST(substr({{patient}}, 1, 4) AS INTEGER) - CAST(substr({{death}}, 1, 4) AS INTEGER)) = {years}"
)

_FIRST_LETTERS_SQL = (
    "WHEN length({{patient}}) >= {letters} AND substr({{patient}}, 1, {letters}) = substr({{death}}, 1, {letters})"
    " AND length({{death}}) >= {letters} THEN {letters}"
)

_INITIALS_SWAPPED_SQL = (
    "substr(patient.first_name, 1, 1) = substr(death.last_name, 1, 1)"
    " AND substr(patient.last_name, 1, 1) = substr(death.first_name, 1, 1)"
)

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "jaro_winkler_similarity",
            _NAME,
            "{field}",
            "at_least",
            "jaro_winkler({patient}, {death})",
            jaro_winkler_similarity,
            "their Jaro-Winkler similarity was at least {limit}",
        ),
        Measure(
            "levenshtein_distance",
            _NAME | _SSN,
            "{field}",
            "at_most",
            "CAST(levenshtein({patient}, {death}) AS BIGINT)",
            jellyfish.levenshtein_distance,
            "their Levenshtein distance was at most {limit}",
        ),
        Measure(
            "nickname",
            _NAME,
            "{field}_formal",
            None,
            "share_any({patient}, {death})",
            share_any,
            "one was a nickname of the other or both were nicknames of the same name",
        ),
        Measure(
            "first_of_several",
            _NAME,
            "{field}_first",
            None,
            "share_any({patient}, {death}) AND NOT (array_contains({patient}, '+') AND array_contains({death}, '+'))",
            first_of_several,
            "one was the first of the several given names of the other, or a nickname of that",
        ),
        Measure(
            "initial",
            _NAME,
            "{field}",
            None,
            "(length({patient}) = 1) <> (length({death}) = 1) AND substr({patient}, 1, 1) = substr({death}, 1, 1)",
            initial,
            "one was the initial of the other",
        ),
        Measure(
            "prefix_letters",
            _NAME,
            "{field}",
            "at_least",
            "CASE WHEN starts_with({patient}, {death}) OR starts_with({death}, {patient})"
            " THEN CAST(least(length({patient}), length({death})) AS BIGINT) WHEN {patient} <> {death} THEN 0 END",
            prefix_letters,
            "one began with the whole of the other, which had at least {limit} letters",
        ),
        Measure(
            "first_letters",
            _NAME,
            "{field}",
            "at_least",
            "CASE "
            + " ".join(_FIRST_LETTERS_SQL.format(letters=letters) for letters in range(10, 0, -1))
            + " WHEN {patient} <> {death} THEN 0 END",
            first_letters,
            "their first {limit} letters were the same",
        ),
        Measure(
            "name_part",
            _NAME,
            "{field}_parts",
            None,
            "share_any({patient}, {death})",
            share_any,
            "they shared one part of a compound name",
        ),
        Measure(
            "former_name",
            _NAME,
            "{field}_all",
            None,
            "share_any({patient}, {death})",
            share_any,
            "one was a former name of the other",
        ),
        Measure(
            "sounds_alike",
            _NAME,
            "{field}_sound",
            None,
            "{patient} = {death}",
            str.__eq__,
            "they sounded alike (Metaphone)",
        ),
        Measure(
            "digits_changed",
            _SSN | _DATE,
            "{field}",
            "at_most",
            "digits_changed({patient}, {death})",
            digits_changed,
            "at most {limit} of their digits differed",
        ),
        Measure(
            "digits_transposed",
            _SSN | _DATE,
            "{field}",
            None,
            "digits_transposed({patient}, {death})",
            digits_transposed,
            "two adjacent digits were transposed",
        ),
        Measure(
            "last_four",
            _SSN,
            "{field}_last_four",
            None,
            "{patient} = {death}",
            str.__eq__,
            "their last four digits were the same",
        ),
        Measure(
            "day_and_month_swapped",
            _DATE,
            "{field}",
            None,
            "{patient} <> {death} AND substr({patient}, 1, 4) = substr({death}, 1, 4)"
            " AND substr({patient}, 5, 2) = substr({death}, 7, 2)"
            " AND substr({patient}, 7, 2) = substr({death}, 5, 2)",
            day_and_month_swapped,
            "day and month were swapped",
        ),
        Measure(
            "year_off_by_one",
            _DATE,
            "{field}",
            None,
            _YEAR_OFF_SQL.format(years=1),
            _year_off_by(1),
            "their years differed by one",
        ),
        Measure(
            "year_off_by_ten",
            _DATE,
            "{field}",
            None,
            _YEAR_OFF_SQL.format(years=10),
            _year_off_by(10),
            "their years differed by ten",
        ),
        Measure(
            "same_year_and_month",
            _DATE,
            "{field}_partial",
            None,
            "substr({patient}, 1, 6) = substr({death}, 1, 6) AND substr({patient}, 5, 2) <> '00'",
            same_year_and_month,
            "year and month were the same",
        ),
        Measure(
            "default_date",
            _DATE,
            "{field}",
            None,
            "{patient} <> {death} AND substr({patient}, 1, 4) = substr({death}, 1, 4)"
            " AND (substr({patient}, 5, 4) = '0101' OR substr({death}, 5, 4) = '0101'"
            " OR (substr({patient}, 5, 2) = substr({death}, 5, 2)"
            " AND (substr({patient}, 7, 2) IN ('01', '15') OR substr({death}, 7, 2) IN ('01', '15'))))",
            default_date,
            "one was a default (1 January, or the 1st or 15th of the month) within the other's year or month",
        ),
        Measure(
            "first_and_last_swapped",
            frozenset({"full_name"}),
            "{field}",
            None,
            "patient.first_name = death.last_name AND patient.last_name = death.first_name"
            " AND patient.first_name <> patient.last_name",
            first_and_last_swapped,
            "first and last name were swapped",
        ),
        Measure(
            "swapped_with_slips",
            frozenset({"full_name"}),
            "{field}",
            None,
            f"CASE WHEN {_INITIALS_SWAPPED_SQL} THEN levenshtein(patient.first_name, death.last_name) <= 2"
            f" AND levenshtein(patient.last_name, death.first_name) <= 2 ELSE {_INITIALS_SWAPPED_SQL} END",
            swapped_with_slips,
            "first and last name were swapped, each with at most two slips behind its first letter",
        ),
        Measure(
            "middle_name_as_first",
            frozenset({"full_name"}),
            "{field}",
            None,
            "patient.last_name = death.last_name AND patient.first_name <> death.first_name"
            " AND (coalesce(patient.middle_name, '') = death.first_name"
            " OR patient.first_name = coalesce(death.middle_name, ''))",
            middle_name_as_first,
            "one record had the other's middle name as its first name",
        ),
    )
}
