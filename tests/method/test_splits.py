"""The exact joins that implement a measure lose no pair that the measure accepts.

Hypothesis makes each pair with the errors that the measures are for, so that some measure accepts most pairs.
"""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.method.agreement_sql import measured, within
from linkage.method.splits import splits_of
from linkage.rules.cascade import Field, Level, Line
from linkage.values.measures import MEASURES

DATE_LINES = [
    Line("digits_changed", 1.0),
    Line("digits_changed", 2.0),
    Line("digits_transposed"),
    Line("day_and_month_swapped"),
    Line("year_off_by_one"),
    Line("year_off_by_ten"),
    Line("same_year_and_month"),
    Line("parts_agree", 1.0),
    Line("parts_agree", 2.0),
    Line("default_date"),
]
NUMBER_LINES = [
    Line("last_four"),
    Line("digits_changed", 2.0),
    Line("digits_transposed"),
    Line("levenshtein_distance", 1.0),
    Line("levenshtein_distance", 2.0),
]


@st.composite
def slipped(draw: st.DrawFn, digits: str) -> str:
    """The same digits with up to two typos: one changed, two neighbors transposed, or one lost and one added."""
    for kind in draw(st.lists(st.sampled_from(["changed", "exchanged", "shifted"]), max_size=2)):
        place = draw(st.integers(0, len(digits) - 2))
        digit = draw(st.sampled_from("0123456789"))
        if kind == "changed":
            digits = digits[:place] + digit + digits[place + 1 :]
        elif kind == "exchanged":
            digits = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        else:
            rest = digits[:place] + digits[place + 1 :]
            other = draw(st.integers(0, len(rest)))
            digits = rest[:other] + digit + rest[other:]
    return digits


@st.composite
def two_dates(draw: st.DrawFn) -> tuple[str, str]:
    """A day, and the same day with a typo of any kind, including a change of a whole part."""
    day = draw(st.dates()).strftime("%Y%m%d").zfill(8)
    year, month, day_of_month = day[:4], day[4:6], day[6:]
    moved = draw(st.sampled_from([-10, -1, 1, 10]))
    parts = [
        year + day_of_month + month,
        f"{min(9999, max(0, int(year) + moved)):04}{month}{day_of_month}",
        f"{year}0101",
        f"{year}{month}01",
        f"{year}{month}15",
        f"{year}{month}00",
        f"{year}0000",
    ]
    return day, draw(st.one_of(slipped(day), st.sampled_from(parts)))


@st.composite
def two_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A number of nine digits, and the same number with a typo."""
    number = draw(st.from_regex("[0-9]{9}", fullmatch=True))
    return number, draw(slipped(number))


def lost(name: str, lines: list[Line], pairs: list[tuple[str, str]], database: duckdb.DuckDBPyConnection) -> int:
    """How many pairs are equal or accepted by a line but found by no join of its splits."""
    field = Field(name, (Level("similar", tuple(lines)),))
    splits = splits_of(field, ("similar",))
    assert splits
    met = " OR ".join("(" + " AND ".join(f"{one} = {other}" for one, other in sorted(split)) + ")" for split in splits)
    ways = [f"patient.{name} = death.{name}", *(within(line, measured(field, line.measure)) for line in lines)]
    accepted = " OR ".join(f"({way})" for way in ways)
    values = ", ".join(f"({n}, '{pair[0]}', '{pair[1]}')" for n, pair in enumerate(pairs))
    sides = [
        f"(SELECT n, CASE WHEN {side} NOT LIKE '%00' THEN {side} END AS {name}, {side} AS {name}_partial,"
        f" CAST(NULL AS VARCHAR) AS {name}_last_four FROM pairs) AS {side}"
        for side in ("patient", "death")
    ]
    found = database.execute(
        f"WITH pairs(n, patient, death) AS (VALUES {values}) SELECT count(*) FROM {sides[0]} JOIN {sides[1]} USING (n)"
        f" WHERE ({accepted}) AND NOT coalesce({met}, FALSE)"
    ).fetchone()
    assert found is not None
    return int(found[0])


DATES, NUMBERS = st.lists(two_dates(), min_size=1, max_size=100), st.lists(two_numbers(), min_size=1, max_size=100)


@pytest.mark.parametrize("line", DATE_LINES, ids=str)
@settings(max_examples=40)
@given(pairs=DATES)
def test_no_similar_date_is_lost(line: Line, pairs: list[tuple[str, str]], database: duckdb.DuckDBPyConnection) -> None:
    assert lost("birth_date", [line], pairs, database) == 0


@pytest.mark.parametrize("line", NUMBER_LINES, ids=str)
@settings(max_examples=40)
@given(pairs=NUMBERS)
def test_no_similar_number_is_lost(
    line: Line, pairs: list[tuple[str, str]], database: duckdb.DuckDBPyConnection
) -> None:
    assert lost("ssn", [line], pairs, database) == 0


@settings(max_examples=40)
@given(lines=st.lists(st.sampled_from(DATE_LINES), min_size=2, unique=True), pairs=DATES)
def test_measures_of_dates_together_lose_nothing(
    lines: list[Line], pairs: list[tuple[str, str]], database: duckdb.DuckDBPyConnection
) -> None:
    """A join that is contained in another one is omitted."""
    assert lost("birth_date", lines, pairs, database) == 0


def test_every_measure_that_is_joined_by_pieces_is_tried_here() -> None:
    for name, lines in (("birth_date", DATE_LINES), ("ssn", NUMBER_LINES)):
        kind = Field(name).kind
        fitting = [
            Line(measure.name, 1.0 if measure.limit else None) for measure in MEASURES.values() if kind in measure.kinds
        ]
        joined = {
            line.measure for line in fitting if splits_of(Field(name, (Level("similar", (line,)),)), ("similar",))
        }
        assert joined == {line.measure for line in lines}
