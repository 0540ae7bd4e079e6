"""Every measure gives the same, correct result in SQL and in Python.

`truth_tables/<measure>.csv` has the correct results, each with its reason or source: nothing between
two commas is a value that is not known, `(empty)` is an empty text or list, `|` separates the words of
a list. Measures with the results yes and no have true or false.
"""

import csv
import math
from datetime import date
from pathlib import Path

import duckdb
import jellyfish
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import linkage
from linkage.values.measures import MEASURES, Measure

TABLES = Path(__file__).parent.parent / "truth_tables"
NAMES = "".join(
    f", nullif(string_split(value, '|')[{place}], '') AS {name}"
    for place, name in enumerate(("first_name", "middle_name", "last_name"), start=1)
)
"""The names of a full name, which its measures compare one by one."""
Value = str | list[str] | None


def _reads_lists(measure: Measure) -> bool:
    return measure.column.endswith(("_formal", "_first", "_parts", "_all"))


def _value(text: str, measure: Measure) -> Value:
    if not text:
        return None
    plain = "" if text == "(empty)" else text
    return [word for word in plain.split("|") if word] if _reads_lists(measure) else plain


def _rows() -> list[tuple[str, str, str, str]]:
    found = []
    for name in MEASURES:
        with (TABLES / f"{name}.csv").open(newline="", encoding="utf-8") as table:
            rows = list(csv.DictReader(table))
        found += [(name, row["patient"], row["death"], row["expected"]) for row in rows]
    return found


ROWS = _rows()


def _in_sql(
    measure: Measure, pairs: list[tuple[Value, Value]], database: duckdb.DuckDBPyConnection
) -> list[float | bool | None]:
    kind = "VARCHAR[]" if _reads_lists(measure) else "VARCHAR"
    expression = measure.sql.format(patient="patient.value", death="death.value")
    tables = [
        f"(SELECT *{NAMES if 'full_name' in measure.kinds else ''}"
        f" FROM unnest(CAST(? AS {kind}[])) WITH ORDINALITY AS given(value, place)) AS {side}"
        for side in ("patient", "death")
    ]
    query = f"SELECT {expression} FROM {tables[0]} JOIN {tables[1]} USING (place) ORDER BY place"
    sides = [list(side) for side in zip(*pairs, strict=True)]
    return [row[0] for row in database.execute(query, sides).fetchall()]


@pytest.mark.parametrize(("name", "patient", "death", "expected"), ROWS)
def test_the_python_function_gives_the_answer_of_the_truth_table(
    name: str, patient: str, death: str, expected: str
) -> None:
    measure = MEASURES[name]
    values = _value(patient, measure), _value(death, measure)
    if not expected:
        assert None in values, "only what is not known has no answer"
        return
    assert _matches(measure, measure.function(*values), expected)


@pytest.mark.parametrize(("name", "patient", "death", "expected"), ROWS)
def test_the_sql_gives_the_answer_of_the_truth_table(
    name: str, patient: str, death: str, expected: str, database: duckdb.DuckDBPyConnection
) -> None:
    measure = MEASURES[name]
    [answer] = _in_sql(measure, [(_value(patient, measure), _value(death, measure))], database)
    if expected:
        assert answer is not None
        assert _matches(measure, answer, expected)
    elif measure.limit == "at_most":
        assert answer is None, "a distance of 0 would be agreement"
    else:
        # AND and CASE may turn NULL into false or 0, which satisfies no rule either.
        assert not answer


def _matches(measure: Measure, answer: float | bool, expected: str) -> bool:
    if measure.limit is None:
        return bool(answer) == (expected == "true")
    return math.isclose(answer, float(expected), abs_tol=0.00005)  # the sources print four decimals


_NAMES = st.one_of(
    st.text("AB", min_size=1, max_size=8),  # a small alphabet gives many matches, transpositions, and ties
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=20),
)
_DATES = st.dates(date(1850, 1, 1), date(2050, 12, 31)).map(lambda day: f"{day:%Y%m%d}")
_PARTIAL_DATES = st.tuples(_DATES, st.sampled_from([4, 6, 8])).map(lambda found: found[0][: found[1]].ljust(8, "0"))
_NUMBERS = st.text("0123456789", min_size=9, max_size=9)


def _values(measure: Measure) -> st.SearchStrategy[Value]:
    if _reads_lists(measure):
        return st.lists(_NAMES, min_size=1, max_size=3)
    if "full_name" in measure.kinds:
        word = st.sampled_from(["ANN", "LEE", "MAY", "J"])
        middle = st.one_of(st.just(""), word)
        return st.tuples(word, middle, word).map("|".join)
    if "date" in measure.kinds:
        return _PARTIAL_DATES if measure.column.endswith("_partial") else _DATES
    return _NAMES if "name" in measure.kinds else _NUMBERS


@st.composite
def _near_pairs(draw: st.DrawFn, measure: Measure) -> tuple[Value, Value]:
    """Two values, the second often the first with two characters exchanged or one replaced: two values
    drawn apart are hardly ever similar."""
    left, right = draw(_values(measure)), draw(_values(measure))
    if not isinstance(left, str) or "|" in left or draw(st.booleans()):
        return left, right
    if measure.column.endswith("_partial") and draw(st.booleans()):
        return left, left[: draw(st.sampled_from([4, 6]))].ljust(8, "0")
    place, other = draw(st.integers(0, len(left) - 1)), draw(st.integers(0, len(left) - 1))
    letters = list(left)
    letters[place], letters[other] = letters[other], letters[place]
    letters[other] = draw(st.sampled_from([letters[other], *str(right)]))
    slipped = "".join(letters)
    if measure.column == "{field}" and "date" in measure.kinds and "00" in (slipped[4:6], slipped[6:]):
        return left, right  # partial dates have a separate column
    return left, slipped


@pytest.mark.parametrize("name", sorted(set(MEASURES) - {"jaro_winkler_similarity"}))
def test_sql_and_python_agree_on_any_values(name: str, database: duckdb.DuckDBPyConnection) -> None:
    measure = MEASURES[name]

    @settings(max_examples=25, deadline=None)
    @given(st.lists(_near_pairs(measure), min_size=1, max_size=20))
    def agree(pairs: list[tuple[Value, Value]]) -> None:
        both = [*pairs, *((right, left) for left, right in pairs)]
        assert _in_sql(measure, both, database) == [measure.function(*pair) for pair in both]

    agree()


@settings(max_examples=60, deadline=None)
@given(st.lists(_near_pairs(MEASURES["jaro_winkler_similarity"]), min_size=1, max_size=20))
def test_jaro_winkler_is_equal_to_nine_decimals_in_duckdb_and_jellyfish(
    pairs: list[tuple[str, str]],
) -> None:
    # Not exactly equal: DuckDB adds the bonus for a common prefix in one rounded step, jellyfish
    # in two (SEAN, SUSAN: 0.805 and 0.8049999999999999).
    both = [*pairs, *((right, left) for left, right in pairs)]
    query = (
        "SELECT round(jaro_winkler_similarity(a, b), 9)"
        " FROM (SELECT unnest(CAST(? AS VARCHAR[])) AS a, unnest(CAST(? AS VARCHAR[])) AS b)"
    )
    with duckdb.connect() as connection:
        answers = connection.execute(query, [list(side) for side in zip(*both, strict=True)]).fetchall()
    assert [answer for (answer,) in answers] == [round(jellyfish.jaro_winkler_similarity(*pair), 9) for pair in both]


def test_full_names_of_which_one_lacks_a_name_are_not_compared() -> None:
    """The names that are known differ, but nobody knows of the others."""
    person = {"last_name": ["Lee"], "ssn": ["212345678"], "birth_date": ["1950-02-11"]}
    deaths = pd.DataFrame({"death_id": ["8"], "first_name": ["Ann"], **person})
    with linkage.link(pd.DataFrame({"patient_id": ["7"], **person}), deaths) as run:
        assert run.links["full_name_agreement"].tolist() == ["not_known"]
        assert run.links[["full_name_first_and_last_swapped", "full_name_middle_name_as_first"]].isna().all(axis=None)
