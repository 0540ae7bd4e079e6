"""Flags and the sex of whole tables: which words a column holds, and what they mean.

A step of its own, because a code can mean two things and the whole column shows which; see `values.codes`.
"""

from collections.abc import Mapping

from linkage.engines import Engine
from linkage.errors import InputError
from linkage.printing import agreeing, counted
from linkage.quoting import literal
from linkage.sources.source import Source
from linkage.values.codes import MEANINGS, NOT_KNOWN, Codes, allowed_words, read_codes

SAYS_NOT_KNOWN, NOT_UNDERSTOOD = "says not known", "not understood"
"""Why a code is not known."""


def rows_by_word(engine: Engine, relation: str, column: str) -> dict[str, int]:
    """How many rows of a table, or of what else can follow FROM, hold each word of a column."""
    counted = engine.rows(f"SELECT {column}, count(*) FROM {relation} GROUP BY {column}")
    return {str(word): int(number) for word, number in counted if word is not None}


def read_flag(engine: Engine, table: str, column: str, source: Source, theirs: str, flag: str, start: int = 0) -> Codes:
    """What the words of a column of flags mean; `start` is where the rows of the source begin in the table.

    Raises InputError when there is one that is not understood: it may say that a certificate is void, or who died.
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
    why = f"mean two things ({codes.why})" if codes.why else "are not understood"
    return InputError(
        f"{source.name}: {counted(held, 'row')} of {theirs} (read as {column}) {agreeing(held, 'holds', 'hold')}"
        f" words that {why} ({len(codes.unread):,} different), first in row {first:,}. Understood:"
        f" {allowed_words(column)}. Say what the words of this file"
        f' mean: words = {{ {column} = {{ WORD = "{MEANINGS[column][0]}" }} }}, where a word may mean'
        f" {', '.join(MEANINGS[column])}. Or map another column to {column}."
    )


def settle_sexes(engine: Engine, side: str, source: Source, theirs: str, counted: str) -> dict[str, int]:
    """Write M or F for what the column of the sex says, and nothing for all else, which is counted by reason.

    `counted` is the condition on rows that are used. Raises InputError when a code can mean a man or a woman.
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
    """Write something else for words of a column."""
    if not written:
        return
    texts = {"word": "STRING", "meaning": "STRING"}
    engine.insert("word_read", {"word": list(written), "meaning": list(written.values())}, texts)
    engine.update(table, column, "word_read.meaning", "word_read", f"{table}.{column} = word_read.word")
    engine.drop("word_read")
