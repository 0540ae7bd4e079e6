"""Read the lines of fixed-width files into a table, and list those that do not fit the layout.

The database reads the files itself if every line surely fits and no character must be removed. Otherwise the text goes
through a pipe, which normalizes it.
"""

from collections.abc import Container
from itertools import accumulate

import duckdb

from linkage.errors import InputError
from linkage.formats import fixed
from linkage.formats.edge_lines import AT_EACH_END, edge_lines
from linkage.formats.layout import Layout
from linkage.formats.lines import LONGEST_LINE, Ends
from linkage.quoting import literal
from linkage.sources.source import Source
from linkage.system.closed_duckdb import as_pattern
from linkage.system.text_pipe import TextError, TextPipe

LINES, UNFIT = "memory.main.read_line", "memory.main.read_unfit"
NUMBER = "(line.rowid + 1)"
"""The number of a line, from 1 through all files: rows of a table that was filled once are numbered in order."""
DECLARE = (
    'Declare its encoding, such as encoding = "latin-1" or encoding = "utf-8": with a wrong encoding, columns are'
    " shifted."
)


def make(connection: duckdb.DuckDBPyConnection, table: str, select: str) -> None:
    """Create a table from a SELECT."""
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS {select}")


def read_lines(connection: duckdb.DuckDBPyConnection, source: Source, readable: Container[str]) -> Ends:
    """Create the table of lines, and the table of the lines that are blank or do not fit.

    The lines are checked after they are read: the database takes pieces of a text faster from its own tables, which
    know whether all text is ASCII.
    """
    ends, expected = _regular(source, readable), "true"
    if ends:
        make(connection, LINES, " UNION ALL ".join(_select_lines(as_pattern(path)) for path in source.files))
        expected = f"length(line) = {source.layout.length}"  # otherwise the file changed meanwhile
    else:
        ends = _read_through_pipe(connection, source)
    ((count,),) = connection.execute(f"SELECT count(*) FROM {LINES} WHERE {expected}").fetchall()
    if count != sum(ends.lines):
        raise InputError(
            f"{source.name}: {sum(ends.lines):,} lines were found, but {count:,} were read. Check that it is a text"
            " file, and that no program writes to it."
        )
    problem = fixed.problem_of(source.layout)
    doubtful = " OR ".join(f"{NUMBER} BETWEEN {first} AND {last}" for first, last in ends.doubtful) or "false"
    make(
        connection,
        UNFIT,
        f"SELECT * FROM (SELECT {NUMBER} AS number, line, coalesce({problem}, CASE WHEN line IS NULL THEN"
        f" '{fixed.BLANK}' END) AS problem FROM {LINES} AS line WHERE {doubtful}) WHERE problem IS NOT NULL"
        " ORDER BY number",
    )
    _add_edges(connection, source.layout, ends)
    return ends


def _select_lines(path: str) -> str:
    """The SELECT for the lines of a text, each as one column."""
    return (
        f"SELECT line FROM read_csv({literal(path)}, columns = {{'line': 'VARCHAR'}}, delim = '\x1f', quote = '',"
        " escape = '', header = false, auto_detect = false, strict_mode = false,"
        f" max_line_size = {LONGEST_LINE})"
    )


def _regular(source: Source, readable: Container[str]) -> Ends | None:
    """The ends of files that the database can read itself, in several threads, because every line fits; or None."""
    if not source.reading.is_utf8 or any(
        path.suffix.lower() == ".gz" or str(path) not in readable for path in source.files
    ):
        return None
    ends = Ends()
    try:
        are_regular = all(ends.are_regular for _ in source.lines(ends))
    except TextError:  # the pipe meets it again
        return None
    return ends if are_regular else None


def _read_through_pipe(connection: duckdb.DuckDBPyConnection, source: Source) -> Ends:
    """Create the table of lines from text with one kind of line ends. Raises InputError."""
    ends, fault = Ends(), None
    with TextPipe(source.lines(ends)) as pipe:
        try:
            make(connection, LINES, _select_lines(pipe.name))
        except duckdb.Error as problem_of_database:
            fault = problem_of_database
    if pipe.fault:
        raise InputError(f"{source.name} cannot be read by layout {source.layout.name}: {pipe.fault}. {DECLARE}")
    if fault is not None:
        raise fault
    return ends


def _add_edges(connection: duckdb.DuckDBPyConnection, layout: Layout, ends: Ends) -> None:
    """List the headers and trailers of all files among the lines that do not fit."""
    last = list(accumulate(ends.lines))
    spans = [(end - number, end) for number, end in zip(ends.lines, last, strict=True)]
    near = " OR ".join(
        f"{NUMBER} BETWEEN {first + 1} AND {first + AT_EACH_END} OR {NUMBER} BETWEEN {end - AT_EACH_END + 1} AND {end}"
        for first, end in spans
    )
    rows = connection.execute(
        f"SELECT {NUMBER} AS number, line FROM {LINES} AS line WHERE ({near or 'false'})"
        f" AND {NUMBER} NOT IN (SELECT number FROM {UNFIT}) ORDER BY number"
    ).fetchall()
    found = [
        number
        for first, end in spans
        for number in edge_lines([(number, line) for number, line in rows if first < number <= end], layout)
    ]
    if found:
        listed = ", ".join(map(str, found))
        connection.execute(
            f"INSERT INTO {UNFIT} SELECT {NUMBER}, line, '{fixed.EDGE}' FROM {LINES} AS line"
            f" WHERE {NUMBER} IN ({listed})"
        )
