"""The closed set of ways to compare two values.

Each measure is written twice: as an SQL expression for the fast engines, here, and as a Python function for the
reference engine, in `measure_functions`. Truth tables in `tests/truth_tables/` check that both give the same results.
A measure returns either a number, which a rule file limits by `at_least` (similarities) or `at_most` (distances), or
yes or no.

Dates are compared as eight digits, YYYYMMDD, with 00 for an unknown day or month.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jellyfish

from linkage.values.measure_functions import (
    a_generation_apart,
    day_and_month_swapped,
    default_date,
    digits_changed,
    digits_transposed,
    first_and_last_swapped,
    first_letters,
    first_of_several,
    initial,
    jaro_winkler_similarity,
    middle_name_as_first,
    parts_agree,
    prefix_letters,
    same_year_and_month,
    share_any,
    swapped_with_slips,
    year_off_by,
)


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
    function: Callable[..., float | int | bool]
    sentence: str


LISTS = ("{field}_formal", "{field}_first", "{field}_parts", "{field}_all")
"""The columns that are lists of words; nearly always, the value itself is the only one."""

_NAME = frozenset({"name"})
_DATE = frozenset({"date"})
_SSN = frozenset({"ssn"})


def _only_if(condition: str, then: str) -> str:
    """SQL for `condition AND then`, where `then` is evaluated only if the condition holds. AND evaluates both."""
    return f"CASE WHEN {condition} THEN {then} ELSE {condition} END"


_SAME_YEAR = "substr({patient}, 1, 4) = substr({death}, 1, 4)"
_APART = "abs(CAST({patient} AS INTEGER) - CAST({death} AS INTEGER))"  # 10,000 for a year: days and months are fewer
_YEARS_APART = "abs(CAST(substr({patient}, 1, 4) AS INTEGER) - CAST(substr({death}, 1, 4) AS INTEGER))"

_FIRST_LETTERS_SQL = (
    "WHEN length({{patient}}) >= {letters} AND substr({{patient}}, 1, {letters}) = substr({{death}}, 1, {letters})"
    " AND length({{death}}) >= {letters} THEN {letters}"
)

# Years come first: they differ in nearly all pairs.
_PARTS_AGREE_SQL = (
    "CASE WHEN substr({patient}, 1, 4) = substr({death}, 1, 4) THEN"
    " CASE WHEN substr({patient}, 5, 2) = '00' OR substr({death}, 5, 2) = '00' THEN 1"
    " WHEN substr({patient}, 5, 2) = substr({death}, 5, 2)"
    " AND (substr({patient}, 7, 2) = '00' OR substr({death}, 7, 2) = '00') THEN 2 ELSE 0 END"
    " WHEN {patient} <> {death} THEN 0 END"
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
            _only_if(
                _SAME_YEAR,
                "{patient} <> {death} AND substr({patient}, 5, 2) = substr({death}, 7, 2)"
                " AND substr({patient}, 7, 2) = substr({death}, 5, 2)",
            ),
            day_and_month_swapped,
            "day and month were swapped",
        ),
        Measure(
            "year_off_by_one",
            _DATE,
            "{field}",
            None,
            f"{_APART} = 10000",
            year_off_by(1),
            "their years differed by one",
        ),
        Measure(
            "year_off_by_ten",
            _DATE,
            "{field}",
            None,
            f"{_APART} = 100000",
            year_off_by(10),
            "their years differed by ten",
        ),
        Measure(
            "a_generation_apart",
            _DATE,
            "{field}",
            None,
            f"{_YEARS_APART} BETWEEN 16 AND 45",
            a_generation_apart,
            "their years differed by 16 to 45, as those of parent and child",
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
            "parts_agree",
            _DATE,
            "{field}_partial",
            "at_least",
            _PARTS_AGREE_SQL,
            parts_agree,
            "one or both were partial, no part known on both sides differed, and at least {limit} of the parts"
            " (1: year, 2: year and month) agreed",
        ),
        Measure(
            "default_date",
            _DATE,
            "{field}",
            None,
            _only_if(
                _SAME_YEAR,
                "{patient} <> {death} AND (substr({patient}, 5, 4) = '0101' OR substr({death}, 5, 4) = '0101'"
                " OR (substr({patient}, 5, 2) = substr({death}, 5, 2)"
                " AND (substr({patient}, 7, 2) IN ('01', '15') OR substr({death}, 7, 2) IN ('01', '15'))))",
            ),
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
            _only_if(
                _INITIALS_SWAPPED_SQL,
                "levenshtein(patient.first_name, death.last_name) <= 2"
                " AND levenshtein(patient.last_name, death.first_name) <= 2",
            ),
            swapped_with_slips,
            "first and last name were swapped, each with at most two slips behind its first letter",
        ),
        Measure(
            "middle_name_as_first",
            frozenset({"full_name"}),
            "{field}",
            None,
            _only_if(
                "patient.last_name = death.last_name",
                "patient.first_name <> death.first_name AND (coalesce(patient.middle_name, '') = death.first_name"
                " OR patient.first_name = coalesce(death.middle_name, ''))",
            ),
            middle_name_as_first,
            "one record had the other's middle name as its first name",
        ),
    )
}
