"""Rows whose values are in the wrong columns.

An unquoted comma shifts the values after it by one column. If another field is missing as well, the row has as many
fields as the header, and only its values reveal the shift: a name in a date column, or a date in the SSN column. Where
such a row was broken cannot be determined, so it is rejected and none of its values are used.
"""

from collections.abc import Iterator, Mapping, Sequence

from linkage.engines import Engine
from linkage.quoting import literal
from linkage.sources.source import ROW_NUMBER, ColumnName
from linkage.values.codes import FLAGS, WORDS, word_of
from linkage.values.dates import standard_date
from linkage.values.name_words import is_null_text, is_pattern, set_of

DISPLACED = "values in the wrong columns"
HEADER_AGAIN = "repeats the header"
FOOTER = "a line below the table, not a record"

_DATES = {"birth_date": "birth_date", "death_date": "death_date_partial"}
_NAMES = ("first_name", "middle_name", "last_name", "suffix", "former_last_names")
_WORD = "[A-Za-z][^0-9/:;,]*"
_NUMBER = "[0-9]{9}|[0-9]{3}-[0-9]{2}-[0-9]{4}"
_DAY = "[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}|[0-9]{8}"
_FOR_NOTHING = set_of("""
    PENDING TBD CURRENT PRESENT ACTIVE ONGOING NEVER OPEN DECLINED REFUSED WITHHELD REDACTED SUPPRESSED MASKED REMOVED
    HIDDEN PRIVATE PROTECTED CONFIDENTIAL INVALID ERROR UNDATED NODATE UNSPECIFIED UNDETERMINED UNDEFINED ESTIMATED
    APPROXIMATE CENSORED DATE BIRTH DOB DOD NO NONE
    """)
"""Words that occur in date columns as labels or null markers, not as shifted names."""
_FEW, _MANY = 2, 0.01
"""A word on more rows than this, and on a larger share of them, is the file's own null marker."""


def displaced_rows(
    engine: Engine, side: str, columns: Mapping[str, ColumnName], found: Sequence[str], rows: int
) -> list[tuple[str, str]]:
    """The reasons for rejecting rows of a side whose values are in the wrong columns, each with its condition.

    Call this while the table still contains the values of the file; `found` are the columns of the file in their order.
    """
    reasons = [(HEADER_AGAIN, condition)] if (condition := _is_header(side, columns)) else []
    reasons += [(FOOTER, condition)] if (condition := _is_footer(side, columns)) else []
    return [*reasons, *((DISPLACED, condition) for condition in _conditions(engine, side, columns, found, rows))]


def _is_header(side: str, columns: Mapping[str, ColumnName]) -> str:
    """The condition that a row names columns, as where files with headers were put together."""
    compared = {
        ours: name
        for ours, name in columns.items()
        if isinstance(name, str) and ours in (f"{side}_id", "first_name", "last_name", "ssn", *_DATES)
    }
    if len(compared) < 2:
        return ""
    return " AND ".join(
        f"coalesce(upper(trim({_DATES.get(ours, ours)})) = {literal(name.strip().upper())}, FALSE)"
        for ours, name in compared.items()
    )


# What exports and database clients write below a table: a total, the number of rows, the end of the file. No
# backslashes, which the dialects read differently.
_COUNT = "[0-9][0-9, ]*"
_VERBS = "(AFFECTED|SELECTED|RETURNED|EXPORTED|FETCHED|WRITTEN|FOUND|IN SET|COUNT)"
_ENDS = "(FILE|REPORT|DATA|EXPORT|EXTRACT|LIST|TABLE|RECORDS|QUERY)"
_THINGS = "(ROWS?|RECORDS?|LINES?|PATIENTS?|DEATHS?|ENTRIES|COUNT)"
_FOOTERS = "|".join(
    (
        "((GRAND|SUB|OVERALL|REPORT|RECORD|ROW|COLUMN)[ -]?)?(TOTALS?|COUNT)([ :=-].*)?",
        f"[(]?{_COUNT}{_THINGS}( {_VERBS})?[.)]*",
        f"((NUMBER|NO|TOTAL|COUNT|#)[.]? (OF )?)?{_THINGS}( {_VERBS})? ?[:=]+ ?{_COUNT}",
        f"[-*#=(> ]*(END|EOF|END[ -]?OF[ -]?(THE )?{_ENDS})[-*#=)<. ]*",
        "[-=*_#]{3,}",
        "PAGE [0-9]+.*|(REPORT |FILE )?(GENERATED|CREATED|PRINTED|EXPORTED|RUN)( (ON|AT|BY|DATE|TIME))[ :].*",
    )
)
_NOTHING = "[0-9]{1,6}|[0-9]{1,3}(,[0-9]{3})+"
"""A number such as a footer has in some column; neither a date nor an SSN."""


def _is_footer(side: str, columns: Mapping[str, ColumnName]) -> str:
    """The condition that a row is a line that a program wrote below a table: it has such a text for its id, and no
    name, number, date or sex. Without a column of ids, the text may be in the column of the last or first name."""
    read = [ours for ours, name in columns.items() if isinstance(name, str) and name != ROW_NUMBER]
    fields = [ours for ours in read if ours in (*_NAMES, "sex", "ssn", *_DATES)]
    if f"{side}_id" in read:
        places = [f"{side}_id"]
    else:
        places = [ours for ours in ("last_name", "first_name") if ours in fields]
    if len(fields) < 2:  # nothing else would show that a row is no record
        return ""
    # Dates and SSNs first, by their length: nearly every row has one of them, and needs no other comparison.
    fields.sort(key=lambda ours: ours not in ("ssn", *_DATES))
    either = []
    for place in places:
        empty = [
            f"({column} IS NULL OR (length({column}) < 8 OR {column} LIKE '%,%')"
            f" AND full_match(trim({column}), '({_NOTHING})?'))"
            for column in (_DATES.get(ours, ours) for ours in fields if ours != place)
        ]
        either.append(
            f"({' AND '.join(empty)} AND (NOT ({place} >= '0' AND {place} < ':') OR {place} LIKE '% %')"
            f" AND full_match(upper(trim({place})), '{_FOOTERS}'))"
        )
    return f"coalesce({' OR '.join(either)}, FALSE)" if either else ""


def _conditions(
    engine: Engine, side: str, columns: Mapping[str, ColumnName], found: Sequence[str], rows: int
) -> Iterator[str]:
    ours_of = {name: ours for ours, name in columns.items() if isinstance(name, str)}
    beside = [ours_of.get(name, "") for name in found]
    for before, ours, behind in zip(["", *beside], beside, [*beside[1:], ""], strict=False):
        column = _DATES.get(ours, ours)
        if ours in _DATES and (before in (*_NAMES, "sex") or (before == "" and ours != beside[0])):
            words = _words(engine, side, column, rows, of_sex=before == "sex")
            if words:
                yield f"trim({column}) IN ({', '.join(map(literal, words))}){_UNLESS.get(behind, '')}"
        elif ours == "ssn" and before in _DATES:
            moved = _DATES[before]
            yield f"{_is(column, _DAY)} AND coalesce(NOT full_match({moved}, '.*[0-9].*'), TRUE)"
        elif ours in _DATES and before == "ssn":
            yield f"{_is(column, _NUMBER)} AND coalesce(NOT full_match(ssn, '.*[0-9].*'), FALSE)"


# A pattern that the next column would not contain if its own values had been shifted.
_UNLESS = {
    "ssn": f" AND NOT coalesce(full_match(trim(ssn), '{_NUMBER}'), FALSE)",
    "sex": " AND coalesce(sex NOT IN ('M', 'F'), TRUE)",
}


def _is(column: str, pattern: str) -> str:
    return f"coalesce(full_match(trim({column}), '{pattern}'), FALSE)"


def _words(engine: Engine, side: str, column: str, rows: int, *, of_sex: bool) -> list[str]:
    """The words in a date column that belong in the preceding column: names, or a sex."""
    value = f"trim({column})"
    # Nearly all values begin with a digit, and need no further test.
    counted = engine.rows(
        f"SELECT {value}, count(*) FROM {side} WHERE NOT ({column} >= '0' AND {column} < ':')"
        f" AND full_match({value}, '{_WORD}') GROUP BY {value}"
    )
    few = max(_FEW, _MANY * rows)
    return sorted(word for word, number in counted if number <= few and _belongs_elsewhere(word, of_sex=of_sex))


def _belongs_elsewhere(text: str, *, of_sex: bool) -> bool:
    word = word_of(text)
    if of_sex:
        return word in WORDS["sex"]["M"] | WORDS["sex"]["F"]
    parts = word.replace("-", " ").replace(".", " ").split()
    if len(word) < 2 or not parts or not _FOR_NOTHING.isdisjoint(parts):
        return False
    if any(word in words for flag in FLAGS for words in WORDS[flag].values()):
        return False
    if is_null_text(text) or is_pattern(parts, given=True):
        return False
    return standard_date(text).note == "not a date"
