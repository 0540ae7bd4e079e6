"""Search the written files for identifiers: numbers and names of the source, and days that were not shifted.

The search ignores case, accents, leading zeros, and hyphens, dots, and blanks between digits.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from linkage.engines.duck.engine import DuckDBEngine
from linkage.quoting import quoted_name
from linkage.release.checks import Check, none_found
from linkage.release.disclosure import is_group
from linkage.release.policy import PATIENTS, ReleasePolicy, Table
from linkage.sources.make_source import source

_SHORTEST_NUMBER, _SHORTEST_NAME = 5, 3
"""Shorter numbers and names occur by chance in times and words, so they are not searched for."""
_LONGEST = 18
"""Any number with this many digits fits in 64 bits; longer ones are compared as text."""

_MONTHS = "(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*"
_BEFORE, _AFTER = "(^|[^0-9])", "([^0-9]|$)"
_MONTH, _DAY = "(0?[1-9]|1[0-2])", "(0?[1-9]|[12][0-9]|3[01])"
DATE_LIKE = "|".join(
    (
        f"{_BEFORE}[0-9]{{4}}[-/.]{_MONTH}[-/.]{_DAY}{_AFTER}",  # 2015-06-01, 2015/6/1
        f"{_BEFORE}[0-9]{{1,2}}[-/.][0-9]{{1,2}}[-/.]([0-9]{{4}}|[0-9]{{2}}){_AFTER}",  # 06/01/2015, 1.6.15
        f"{_BEFORE}(18|19|20)[0-9]{{2}}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([0-9]{{6}})?{_AFTER}",  # 20150601
        f"{_BEFORE}{_DAY}[-. ]*{_MONTHS}[-., ]*[0-9]{{2,4}}{_AFTER}",  # 1 June 2015
        f"{_MONTHS}[-. ]*{_DAY}[-, ]+[0-9]{{2,4}}{_AFTER}",  # June 1, 2015
    )
)
"""A regular expression for dates in upper-case text. Only columns of days may contain dates."""


def load_identifiers(engine: DuckDBEngine, table: Table, names: Collection[str]) -> None:
    """Add the identifiers in `given_NAME` to `true_number` and `true_token` (what, token): all numbers in columns other
    than listed values, ranges, and times, and the words in the columns `names`."""
    plain, odd = [], []
    for name in (row[0] for row in engine.rows(f"DESCRIBE given_{table.name}")):
        kind = next((column.kind for column in table.columns if column.name == name.lower()), "")
        if kind in ("values", "range", "date", "time"):
            continue
        text = f"SELECT text_of({quoted_name(name)}) AS text FROM given_{table.name}"
        if name in names and table.name == PATIENTS:
            odd.append(f"SELECT 'name' AS what, text FROM ({text}) AS named")
            continue
        plain.append(text)
        odd.append(f"SELECT 'number' AS what, text FROM ({text}) AS given WHERE NOT {_is_plain('text')}")
    engine.create(
        "odd_text", f"SELECT DISTINCT what, {_folded('text')} AS text FROM ({_all(odd, 'what, text')}) AS texts"
    )
    engine.create(
        "odd_token",
        f"SELECT DISTINCT what, ltrim(token, '0') AS token FROM ("
        f"SELECT what, unnest(CASE what WHEN 'name' THEN {_words('text')} ELSE {_numbers('text')} END) AS token"
        " FROM odd_text) AS found",
    )
    numbers = [f"SELECT text FROM ({each}) AS given WHERE {_is_plain('text')}" for each in plain]
    numbers.append(f"SELECT token AS text FROM odd_token WHERE what = 'number' AND {_is_plain('token')}")
    engine.create(
        "true_number",
        "SELECT DISTINCT number FROM (SELECT number FROM true_number"
        f" UNION ALL SELECT TRY_CAST(text AS BIGINT) AS number FROM ({_all(numbers, 'text')}) AS texts) AS found"
        f" WHERE number >= {10 ** (_SHORTEST_NUMBER - 1)}",
    )
    engine.create(
        "true_token",
        "SELECT what, token FROM true_token UNION SELECT what, token FROM odd_token WHERE length(token) >="
        f" CASE what WHEN 'name' THEN {_SHORTEST_NAME} ELSE {_SHORTEST_NUMBER} END"
        f" AND NOT (what = 'number' AND {_is_plain('token')})",
    )
    engine.drop("odd_text", "odd_token")


def prepare(engine: DuckDBEngine, policy: ReleasePolicy) -> None:
    """Create `true_number` and `true_token`, both empty, and `listed_token`: the words of listed values."""
    engine.insert("true_number", {"number": []}, {"number": "BIGINT"})
    engine.insert("true_token", {"what": [], "token": []}, {"what": "STRING", "token": "STRING"})
    listed = {word for table in policy.tables for column in table.columns for word in (*column.values, column.name)}
    engine.insert("listed_text", {"text": sorted(listed)}, {"text": "STRING"})
    engine.create("listed_token", f"SELECT DISTINCT unnest({_words(_folded('text'))}) AS token FROM listed_text")
    engine.drop("listed_text")


def search_files(
    engine: DuckDBEngine, files: Mapping[str, Path], texts: Sequence[str], years: tuple[int, int]
) -> Iterator[Check]:
    """Read the written files back and search their whole content.

    `texts` are the texts in the other files that come from the policy or the source. Numbers that an earlier release
    assigned (`earlier_number`) may equal true numbers of patients added since; they are counted separately.
    """
    engine.create("leaking", "SELECT number FROM true_number EXCEPT SELECT number FROM earlier_number")
    engine.create("coinciding", "SELECT number FROM true_number INTERSECT SELECT number FROM earlier_number")
    engine.insert("shown_text", {"text": list(texts)}, {"text": "STRING"})
    engine.create("shown_text", "SELECT 'other' AS place, text FROM shown_text")
    numbers = days = reused = 0
    for path in files.values():
        file = source(path)
        engine.load("read_back", file, "SELECT * FROM source")
        columns = [f"text_of({quoted_name(name)})" for name in engine.columns(file)]
        texts_of = " UNION ALL ".join(f"SELECT {column} AS text FROM read_back" for column in columns)
        plain = (
            f"(SELECT TRY_CAST(text AS BIGINT) AS number FROM ({texts_of}) AS texts WHERE {_is_plain('text')}) AS plain"
        )
        numbers += engine.count(f"{plain} WHERE number IN (SELECT number FROM leaking)")
        reused += engine.count(f"{plain} WHERE number IN (SELECT number FROM coinciding)")
        early = f"{_is_time('text')} AND TRY_CAST(text AS TIMESTAMP) < TIMESTAMP '{years[0]}-01-01'"
        days += engine.count(f"({texts_of}) AS texts WHERE {early}")
        rest = f"text <> '' AND NOT ({_is_plain('text')} OR {_is_time('text')} OR {is_group('text')})"
        header = ",".join(engine.columns(file)).replace("'", "''")
        engine.create(
            "shown_text",
            "SELECT place, text FROM shown_text UNION"
            f" SELECT 'table' AS place, text FROM ({texts_of} UNION ALL SELECT '{header}' AS text) AS texts"
            f" WHERE {rest}",
        )
        engine.drop("read_back")
    yield from _checks_found(engine, numbers, reused, days, years[0])
    engine.drop("shown_text", "shown_token", "leaking", "coinciding")


def _checks_found(engine: DuckDBEngine, numbers: int, reused: int, days: int, first_year: int) -> Iterator[Check]:
    kind = "identifiers"
    engine.create("shown_text", f"SELECT DISTINCT place, {_folded('text')} AS text FROM shown_text")
    engine.create(
        "shown_token",
        "SELECT DISTINCT 'number' AS what, 'any' AS place, ltrim(token, '0') AS token"
        f" FROM (SELECT unnest({_numbers('text')}) AS token FROM shown_text) AS numbers"
        f" UNION SELECT 'name', place, token FROM (SELECT place, unnest({_words('text')}) AS token FROM shown_text)"
        " AS words WHERE place = 'table'",
    )
    numbers += engine.count(
        "shown_token WHERE what = 'number' AND (TRY_CAST(token AS BIGINT) IN (SELECT number FROM true_number)"
        " OR token IN (SELECT token FROM true_token WHERE what = 'number'))",
    )
    yield none_found(kind, "no number of a patient, stay, or person of the source is in any file", numbers)
    claim = "released numbers of an earlier release that are by chance true numbers of others"
    yield Check(kind, claim, reused, None)
    named = "shown_token WHERE what = 'name' AND token IN (SELECT token FROM true_token WHERE what = 'name')"
    listed = "token IN (SELECT token FROM listed_token)"
    yield none_found(
        kind, "no name of a patient of the source is in any table", engine.count(f"{named} AND NOT {listed}")
    )
    claim = "words of listed values that are also names of patients, such as White"
    yield Check(kind, claim, engine.count(f"{named} AND {listed}"), None)
    days += engine.count(f"shown_text WHERE regexp_matches(text, '{DATE_LIKE}')")
    yield none_found(kind, f"no day before {first_year}, and no day outside a column of days, is in any file", days)


def _all(selects: Sequence[str], columns: str) -> str:
    nothing = ", ".join(f"CAST(NULL AS VARCHAR) AS {name}" for name in columns.split(", "))
    return " UNION ALL ".join((*selects, f"SELECT {columns} FROM (SELECT {nothing}) AS nothing WHERE FALSE"))


def _folded(text: str) -> str:
    return f"upper(strip_accents({text}))"


def _is_plain(text: str) -> str:
    # The cheap comparisons come first and decide for most texts.
    return f"({text} >= '0' AND {text} < ':' AND length({text}) <= {_LONGEST} AND regexp_full_match({text}, '[0-9]+'))"


def _is_time(text: str) -> str:
    """The SQL condition that a text is a day or time in the format of a release."""
    has_form = f"({text} LIKE '____-__-__' OR {text} LIKE '____-__-__ __:__:__')"
    return f"({has_form} AND TRY_CAST({text} AS TIMESTAMP) IS NOT NULL)"


def _words(text: str) -> str:
    return f"regexp_extract_all({text}, '\\p{{L}}+')"


def _numbers(text: str) -> str:
    """All possible numbers in a text: words with a digit, runs of digits, and digits joined across separators."""
    return (
        f"list_concat(regexp_extract_all({text}, '[\\p{{L}}0-9]*[0-9][\\p{{L}}0-9]*'),"
        f" regexp_extract_all({text}, '[0-9]+'),"
        f" regexp_extract_all(regexp_replace({text}, '[-. /()]+', '', 'g'), '[0-9]+'))"
    )
