"""Flags and sex, read from whole columns: which words a column contains, and what they mean.

A separate step because a code can have two meanings, and only the whole column shows which one applies; see
`values.codes`.
"""

from collections.abc import Mapping

from linkage.engines import Engine
from linkage.errors import InputError
from linkage.printing import agreeing, counted
from linkage.quoting import literal
from linkage.sources.source import Source
from linkage.values.codes import MEANINGS, NOT_KNOWN, Codes, allowed_words, read_codes

SAYS_NOT_KNOWN, NOT_UNDERSTOOD = "coded as not known", "not understood"
"""The reason for which a code is not known."""


def rows_by_word(engine: Engine, relation: str, column: str) -> dict[str, int]:
    """The number of rows with each word of a column, in a table or anything else that can follow FROM."""
    counted = engine.rows(f"SELECT {column}, count(*) FROM {relation} GROUP BY {column}")
    return {str(word): int(number) for word, number in counted if word is not None}


def read_flag(engine: Engine, table: str, column: str, source: Source, theirs: str, flag: str, start: int = 0) -> Codes:
    """The meanings of the words in a column of flags; `start` is the position of the source's first row in the table.

    Raises InputError for a word without a known meaning, because it may say that a certificate is void or that someone
    died.
    """
    number = engine.row_numbers(table)
    here = f"{table} WHERE {number} >= {start} AND {column} IS NOT NULL"
    rows = rows_by_word(engine, here, column)
    codes = read_codes(flag, rows, source.reading.words.get(flag), theirs)
    if codes.unread:
        unread = ", ".join(map(literal, codes.unread))
        ((first,),) = engine.rows(f"SELECT min({number}) FROM {here} AND {column} IN ({unread})")
        raise _not_understood(source, theirs, flag, codes, rows, source.row_number(int(first) - start))
    return codes


def _not_understood(
    source: Source, theirs: str, column: str, codes: Codes, rows: Mapping[str, int], first: int
) -> InputError:
    held = sum(rows[word] for word in codes.unread)
    why = f"are ambiguous ({codes.why})" if codes.why else "are not understood"
    return InputError(
        f"{source.name}: {counted(held, 'row')} of {theirs} (read as {column}) {agreeing(held, 'has', 'have')}"
        f" words that {why} ({len(codes.unread):,} different), first in row {first:,}. Declare the words"
        f' of this file: words = {{ {column} = {{ WORD = "{MEANINGS[column][0]}" }} }}, where a word may mean'
        f" {', '.join(MEANINGS[column])}. Or map another column to {column}. Understood are {allowed_words(column)}."
    )


def settle_sexes(engine: Engine, side: str, source: Source, theirs: str, counted: str) -> dict[str, int]:
    """Replace the codes in the sex column by M or F, and all others by NULL, counted by reason.

    `counted` is the condition on rows that are used. Raises InputError for a code that can mean either sex.
    """
    rows = rows_by_word(engine, side, "sex")
    codes = read_codes("sex", rows, source.reading.words.get("sex"))
    if codes.why:
        number = engine.row_numbers(side)
        unread = ", ".join(map(literal, codes.unread))
        ((first,),) = engine.rows(f"SELECT min({number}) FROM {side} WHERE sex IN ({unread})")
        raise _not_understood(source, theirs, "sex", codes, rows, source.row_number(int(first)))
    used = rows_by_word(engine, f"{side} WHERE {counted}", "sex")
    lost = {
        NOT_UNDERSTOOD: sum(used.get(word, 0) for word in codes.unread),
        SAYS_NOT_KNOWN: sum(used.get(word, 0) for word in codes.words(NOT_KNOWN)),
    }
    written = {word: meaning for word, meaning in codes.meanings.items() if meaning in ("M", "F")}
    _replace(engine, side, "sex", {word: meaning for word, meaning in written.items() if word != meaning})
    if len(written) < len(rows):
        engine.blank(side, "sex", "sex NOT IN ('M', 'F')")
    return {reason: number for reason, number in lost.items() if number}


def _replace(engine: Engine, table: str, column: str, written: Mapping[str, str]) -> None:
    """Replace words of a column by their meanings."""
    if not written:
        return
    texts = {"word": "STRING", "meaning": "STRING"}
    engine.insert("word_read", {"word": list(written), "meaning": list(written.values())}, texts)
    engine.update(table, column, "word_read.meaning", "word_read", f"{table}.{column} = word_read.word")
    engine.drop("word_read")
