"""Read fixed-width files in DuckDB: lines as one column of text, fields of the layout by substr, and streams of
updates folded into records.

All lines are checked before any is used: with a wrong encoding, or a lost character, the following fields of a line are
shifted, which a reader would not notice.
"""

from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

import duckdb

from linkage.engines.duck.fixed_lines import LINES, NUMBER, UNFIT, make, read_lines
from linkage.errors import InputError
from linkage.formats import fixed, stream
from linkage.formats.lines import Ends
from linkage.formats.rows_found import RowsFound
from linkage.printing import counted
from linkage.sources.source import Source

PLACED, EVENTS, _KEYS, _FATES, _ALIASES, RECORDS = (
    f"memory.main.read_{name}" for name in ("placed", "event", "key", "fate", "alias", "record")
)
"""The tables of a stream. EVENTS is a view: wide rows that are written twice cost most of the time."""
Actions = list[tuple[Any, ...]]
"""The rows of `stream.by_action`."""
_LOOKED_AT = 100
"""How many lines that do not fit the layout are tried in another encoding."""


@contextmanager
def read_fixed(connection: duckdb.DuckDBPyConnection, source: Source, readable: Container[str]) -> Iterator[str]:
    """Yield a relation with the records of a source; it is dropped after the block. Raises InputError.

    `readable` are the files that the connection may read.
    """
    try:
        ends = read_lines(connection, source, readable)
        layout = fixed.filled(source.layout) if ends.are_filled else source.layout
        found = _found(connection, source, ends)
        columns = fixed.columns_of(layout)
        # If all lines are used, they stand in order and the place follows from the number; otherwise rows are counted.
        are_all = bool(ends.lines) and found.rows == sum(ends.lines)
        usable = f"FROM {LINES} AS line"
        if not are_all:
            usable += f" WHERE {NUMBER} NOT IN (SELECT number FROM {UNFIT}) ORDER BY {NUMBER}"
        if not source.is_stream:
            source.keep_rows_found(found)
            yield f"(SELECT {', '.join(columns)} {usable})"
            return
        columns += [
            f"{fixed.key_of(layout)} AS {stream.KEY}",
            f"{fixed.action_of(layout)} AS {stream.ACTION}",
            f"{NUMBER if are_all else f'row_number() OVER (ORDER BY {NUMBER})'} - 1 AS {stream.PLACE}",
            f"{_file_of(ends)} AS {stream.FILE}",
        ]
        actions = make_events(connection, f"SELECT {', '.join(columns)} {usable}", keep=not are_all)
        _require_actions(source, found, actions)
        records, counts = fold(connection, layout.names, actions)
        source.keep_rows_found(
            RowsFound(found.rows, found.positions, found.shifts, found.unfit, counts, found.forgiven)
        )
        yield records
    finally:
        drop_stream(connection)
        connection.execute(f"DROP TABLE IF EXISTS {LINES}; DROP TABLE IF EXISTS {UNFIT}")


def _file_of(ends: Ends) -> str:
    """The SQL expression for the index, from 0, of the file that contains a line."""
    after = list(accumulate(ends.lines))[:-1]
    cases = " ".join(f"WHEN {NUMBER} > {end} THEN {place}" for place, end in reversed(list(enumerate(after, start=1))))
    return f"CASE {cases} ELSE 0 END" if cases else "0"


def _found(connection: duckdb.DuckDBPyConnection, source: Source, ends: Ends) -> RowsFound:
    """Find the usable lines. Raises InputError if the file has another layout or encoding."""
    passed = connection.execute(f"SELECT number, problem, length(line) FROM {UNFIT} ORDER BY number").fetchall()
    unfit = [one for one in passed if one[1] != fixed.BLANK]
    usable = sum(ends.lines) - len(passed)
    if unfit:
        _require_encoding(connection, source)
        if sum(problem != fixed.EDGE for _, problem, _ in unfit) > usable:
            _refuse_layout(source, unfit[0], len(unfit), usable + len(unfit))
    positions, shifts = _shifts([number for number, *_ in passed])
    return RowsFound(
        usable,
        positions,
        shifts,
        [(number, fixed.reason_of(problem, length, source.layout)) for number, problem, length in unfit],
        forgiven="; ".join(_remarks(source, ends, len(passed) - len(unfit))),
    )


def _remarks(source: Source, ends: Ends, blank: int) -> Iterator[str]:
    if blank:
        yield f"{counted(blank, 'blank line is', 'blank lines are')} skipped"
    starts = accumulate(ends.lines)
    for path, before in zip(source.files[1:], starts, strict=False):
        yield f"lines are numbered consecutively over all files, and {path.name} begins with line {before + 1:,}"


def _shifts(passed: Sequence[int]) -> tuple[list[int], list[int]]:
    """`positions` and `shifts` of `RowsFound`, from the numbers (from 1) of the skipped lines.

    >>> _shifts([2])
    ([0, 1], [-1, 0])
    """
    positions, shifts = [0], [-1]
    for seen, number in enumerate(passed, start=1):
        position = number - seen
        if positions[-1] == position:
            shifts[-1] = seen - 1
        else:
            positions.append(position)
            shifts.append(seen - 1)
    return positions, shifts


def _require_encoding(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Refuse a file whose lines fit the layout in an encoding other than the declared one."""
    layout, name = source.layout, source.name
    rows = connection.execute(
        f"SELECT number, line, problem FROM {UNFIT} WHERE length(line) <> strlen(line)"
        f" ORDER BY number LIMIT {_LOOKED_AT}"
    ).fetchall()
    for number, line, problem in rows:
        if _is_utf8(line, source.reading.encoding):
            raise InputError(
                f"{name}, line {number:,}, is UTF-8 but was read as {source.reading.encoding}: accented letters became"
                ' two characters, which shifts the columns after them. Declare encoding = "utf-8".'
            )
        if problem == fixed.BYTES:
            raise InputError(
                f"{name}, line {number:,}, has {layout.length:,} bytes but fewer characters: its layout counts bytes,"
                " and accented letters shift the columns after them. Convert the file to latin-1 (iconv -f utf-8 -t"
                ' latin1) and declare encoding = "latin-1".'
            )


def _is_utf8(line: str, encoding: str) -> bool:
    try:
        return len(line.encode(encoding).decode("utf-8")) < len(line)
    except UnicodeError:
        return False


def _refuse_layout(source: Source, first: tuple[int, str, int], unfit: int, lines: int) -> None:
    number, problem, length = first
    layout = source.layout
    raise InputError(
        f"{source.name}: {unfit:,} of {lines:,} lines do not fit the layout {layout.name}, first line {number:,}:"
        f" {fixed.reason_of(problem, length, layout)}. A line has {layout.length:,} characters, and at least"
        f" {layout.shortest:,}. Does it have another layout or another encoding?"
    )


def _require_actions(source: Source, found: RowsFound, actions: Actions) -> None:
    """Refuse an action code that the layout does not define, because it may mean that a record is void."""
    for action, count, first, *_ in actions:
        if action is None:
            allowed = "; ".join(
                f"{name}: {', '.join(code or 'blank' for code in codes)}" for name, codes in source.layout.actions
            )
            raise InputError(
                f"{source.name}: {counted(count, 'line has', 'lines have')} an unknown code for a change of the"
                f" registry, first line {found.line(first):,}. Known codes: {allowed}. Correct the lines, or define the"
                " code in your own layout ([registry] action)."
            )


def make_events(connection: duckdb.DuckDBPyConnection, select: str, *, keep: bool) -> Actions:
    """Create the view of a stream's events, in order, from a SELECT; with `keep`, over a table."""
    if keep:
        make(connection, PLACED, select)
    connection.execute(f"CREATE OR REPLACE VIEW {EVENTS} AS {f'SELECT * FROM {PLACED}' if keep else select}")
    return connection.execute(stream.by_action(EVENTS)).fetchall()


def fold(connection: duckdb.DuckDBPyConnection, columns: Sequence[str], actions: Actions) -> tuple[str, dict[str, int]]:
    """Create the records from the events. Return a relation with the records, in order, and counts of the events."""
    counts = stream.counts_of(actions)
    if stream.all_are_new(actions) or not _followed(connection):
        have_keys = not any(without_key for _, _, _, without_key, _ in actions)
        return f"({stream.all_stand(EVENTS, columns, have_keys=have_keys)})", counts
    make(connection, _ALIASES, stream.aliases(EVENTS, _FATES, [one for one in stream.NAMES if one in columns]))
    make(connection, RECORDS, stream.records(EVENTS, _FATES, _ALIASES, columns))
    for what, (table, condition) in stream.counted(_FATES, _ALIASES).items():
        ((counts[what],),) = connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchall()
    return RECORDS, counts


def _followed(connection: duckdb.DuckDBPyConnection) -> int:
    """Create the table of the fates of records that may change others, and return their number."""
    names = ", ".join((stream.KEY, stream.ACTION, stream.PLACE, stream.FILE))
    make(connection, _KEYS, f"SELECT {names} FROM {EVENTS}")
    make(connection, _FATES, stream.folded(_KEYS))
    ((number,),) = connection.execute(f"SELECT count(*) FROM {_FATES}").fetchall()
    return int(number)


def drop_stream(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the tables of a stream."""
    connection.execute(f"DROP VIEW IF EXISTS {EVENTS}")
    for table in (PLACED, _KEYS, _FATES, _ALIASES, RECORDS):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
