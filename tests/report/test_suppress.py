"""No number under 11 is shown, and no total that reveals one."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.report.numbers import Numbers
from linkage.report.parts import Bound, Interval
from linkage.report.people import People
from linkage.report.quality import guarded
from linkage.report.suppress import WITHHELD, Sum, merged, shown, withhold
from linkage.report.system import SIZES, hidden_keys

COUNTS = st.one_of(st.integers(0, 14), st.integers(0, 4000))
TABLES = st.integers(1, 5).flatmap(
    lambda wide: st.lists(st.lists(COUNTS, min_size=wide, max_size=wide), min_size=1, max_size=6)
)
SMALL_TABLES = st.integers(1, 3).flatmap(
    lambda wide: st.lists(st.lists(st.integers(0, 15), min_size=wide, max_size=wide), min_size=1, max_size=2)
)


def withhold_table(counts: list[list[int]], smallest: int = 11) -> list[list[int | str]]:
    """A table of counts and its margins, with small numbers withheld."""
    full = [[*row, sum(row)] for row in counts]
    full.append([sum(column) for column in zip(*full, strict=True)] if full else [])
    wide, high = len(full[0]), len(full)
    across: list[Sum] = [(r * wide + wide - 1, [r * wide + c for c in range(wide - 1)]) for r in range(high)]
    down: list[Sum] = [((high - 1) * wide + c, [r * wide + c for r in range(high - 1)]) for c in range(wide)]
    flat = [cell for row in full for cell in row]
    hidden = withhold(flat, across + down, smallest=smallest, known=[len(flat) - 1])
    return [[shown(full[r][c], r * wide + c in hidden, smallest) for c in range(wide)] for r in range(high)]


def with_margins(counts: list[list[int]]) -> list[list[int]]:
    """The whole table with all values."""
    rows = [[*row, sum(row)] for row in counts]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


def recoverable(full: list[list[int]], shown: list[list[int | str]]) -> list[tuple[int, int]]:
    """Withheld cells that the sums determine, by exact elimination over the cells that are not shown."""
    hidden = [(r, c) for r, row in enumerate(shown) for c, cell in enumerate(row) if isinstance(cell, str)]
    place = {cell: n for n, cell in enumerate(hidden)}
    high, wide = len(full), len(full[0])
    sums = [[((r, c), 1) for c in range(wide - 1)] + [((r, wide - 1), -1)] for r in range(high)]
    sums += [[((r, c), 1) for r in range(high - 1)] + [((high - 1, c), -1)] for c in range(wide)]
    rows = []
    for terms in sums:
        line = [Fraction(0)] * len(hidden)
        for cell, sign in terms:
            if cell in place:
                line[place[cell]] += sign
        rows.append(line)
    pivots = reduced(rows)
    alone = [row for row in pivots if sum(value != 0 for value in row) == 1]
    return [hidden[next(n for n, value in enumerate(row) if value)] for row in alone]


def reduced(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """The reduced echelon form of some equations, without empty rows."""
    rows, done = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((n for n in range(done, len(rows)) if rows[n][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        rows[done] = [value / rows[done][column] for value in rows[done]]
        for n, row in enumerate(rows):
            if n != done and row[column]:
                rows[n] = [a - row[column] * b for a, b in zip(row, rows[done], strict=True)]
        done += 1
    return rows[:done]


@settings(max_examples=40)  # each solves many linear programs
@given(TABLES)
def test_no_small_number_is_shown(counts: list[list[int]]) -> None:
    table = withhold_table(counts)
    # The grand total is also elsewhere in a report, so it cannot be withheld.
    cells = [cell for row in table for cell in row][:-1]
    assert not [cell for cell in cells if isinstance(cell, int) and 0 < cell < 11]


@settings(max_examples=40)  # each solves many linear programs
@given(TABLES)
def test_what_is_shown_is_true(counts: list[list[int]]) -> None:
    for row, true in zip(withhold_table(counts), with_margins(counts), strict=True):
        for cell, number in zip(row, true, strict=True):
            assert cell in (number, "< 11" if number < 11 else "withheld")


@settings(max_examples=40)
@given(TABLES.filter(lambda counts: sum(map(sum, counts)) >= 40))
def test_no_withheld_cell_can_be_recovered_from_margins(counts: list[list[int]]) -> None:
    assert not recoverable(with_margins(counts), withhold_table(counts))


@settings(max_examples=40)
@given(SMALL_TABLES.filter(lambda counts: sum(map(sum, counts)) >= 40))
def test_five_values_of_a_withheld_cell_remain_possible_when_all_are_tried(counts: list[list[int]]) -> None:
    table = withhold_table(counts)
    inner = [(r, c) for r in range(len(counts)) for c in range(len(counts[0])) if isinstance(table[r][c], str)]
    if len(inner) > 3:
        return
    most = sum(map(sum, counts))
    ranges = [range(1, 11) if table[r][c] == "< 11" else range(11, min(most, 45) + 1) for r, c in inner]
    found: dict[tuple[int, int], set[int]] = {cell: set() for cell in inner}
    for values in product(*ranges):
        guess = [list(row) for row in counts]
        for (r, c), value in zip(inner, values, strict=True):
            guess[r][c] = value
        if agrees(with_margins(guess), table):
            for cell, value in zip(inner, values, strict=True):
                found[cell].add(value)
    assert all(len(values) >= 5 for values in found.values())


def agrees(full: list[list[int]], table: list[list[int | str]]) -> bool:
    """Whether a guess agrees with the table."""
    return all(
        cell == number if isinstance(cell, int) else (number < 11) == (cell == "< 11") and number > 0
        for row, true in zip(table, full, strict=True)
        for cell, number in zip(row, true, strict=True)
    )


@pytest.mark.parametrize(
    ("parts", "withheld"),
    [
        ([3, 50, 60], {0, 1}),  # the smallest other part is also withheld
        ([50, 60, 70], set()),
        ([0, 50, 60], set()),  # a zero concerns no person
        ([5, 4, 90], {0, 1}),  # each can be any value from 1 to 8
        ([1, 1, 90], {0, 1, 2}),  # their sum would reveal both
    ],
)
def test_parts_of_a_known_total(parts: list[int], withheld: set[int]) -> None:
    assert withhold([*parts, sum(parts)], [(3, (0, 1, 2))], known=[3]) == withheld


def test_nothing_is_withheld_where_one_person_may_be_shown() -> None:
    assert withhold_table([[1, 2], [3, 4]], smallest=1) == [[1, 2, 3], [3, 4, 7], [4, 6, 10]]


@given(st.lists(st.lists(COUNTS, min_size=3, max_size=3), max_size=8))
def test_merged_steps_are_neighbors_without_small_sums(steps: list[list[int]]) -> None:
    groups = merged(steps)
    assert [n for group in groups for n in group] == list(range(len(groups and steps)))
    for group in groups:
        sums = [sum(column) for column in zip(*(steps[n] for n in group), strict=True)]
        assert not [number for number in sums if 0 < number < 11]


def parts_of_false(*sizes: int, true: int = 100) -> People:
    """Some false links, whose number is shown, by rule; the links of the last rule are shown too."""
    places = np.arange(1000)
    people = People(1000)
    ends = np.cumsum(sizes).tolist()
    people.add(("false",), places < ends[-1], is_fixed=True)
    for n, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        people.add(("false", str(n)), (places >= start) & (places < end), cost=1)
    last = (places >= ends[-1] - sizes[-1]) & (places < ends[-1] + true)
    people.add(("links",), last, is_fixed=True)
    people.add_bound(("bound",), last & (places >= ends[-1]), last, cost=0.2)
    return people


@pytest.mark.parametrize(("true", "is_withheld"), [(8, True), (100, False)])
def test_a_bound_is_withheld_if_it_reveals_the_small_numbers_of_other_rows(true: int, is_withheld: bool) -> None:
    """Of 38 links, at most 10 are true, so at least 28 of the 33 false links are of this rule: 5 are not."""
    hidden = hidden_keys(parts_of_false(1, 2, 30, true=true), 11)
    assert hidden - {("bound",)} == {("false", "0"), ("false", "1"), ("false", "2")}
    assert (("bound",) in hidden) == is_withheld


def test_a_bound_that_reveals_nothing_is_shown() -> None:
    hidden = hidden_keys(parts_of_false(9, 8, 30, true=8), 11)
    assert ("bound",) not in hidden


def test_a_report_does_not_say_which_numbers_are_small_if_that_would_reveal_them() -> None:
    """Fourteen are 11 or more in one part and 1 or more in each of two others, which are 2 at most."""
    hidden = hidden_keys(parts_of_false(1, 1, 12), 11)
    assert SIZES in hidden
    numbers = Numbers(11, hidden)
    assert {numbers.cell(number, "false", str(n)) for n, number in enumerate((1, 1, 12))} == {WITHHELD}
    assert numbers.hides_bound("bound")


def test_a_withheld_bound_takes_no_exact_share_with_it() -> None:
    exact = Interval(0.5, 0.4, 0.6)
    assert isinstance(guarded(exact, 5, 200, 11), Bound)
    assert guarded(exact, 5, 200, 11, without_bound=True) == WITHHELD
    assert guarded(exact, 100, 200, 11, without_bound=True) == exact
