"""Surnames that are also words for nothing: NULL, NONE, TRUE ... The file shows which they are.

Such a word is a surname on a record that has a first name and a whole birth date, in a file that writes it in no other
of these columns and on hardly more records than a rare surname has. Everywhere else it is not known.
"""

from collections.abc import Collection

from linkage.engines import Engine, count_rows
from linkage.quoting import quoted
from linkage.values.name_words import NULL_SURNAMES

WRITTEN_FOR_NOTHING = "a word for nothing"
"""Why such a surname is not known."""
ROWS_OF_A_RARE_SURNAME = 20_000
"""Records of which one, beside a first, may have such a name: five in 100,000, as surnames of rank 3,000 or so have."""
OTHER_COLUMNS = ("first_name", "middle_name", "suffix", "former_last_names", "birth_date", "death_date_partial")
"""Columns that show, by holding it too, that a file writes a word for nothing; and the SSN."""


def at_most(rows: int) -> int:
    """On how many of the records of a file a rare surname stands at most.

    >>> at_most(50), at_most(600_000)
    (1, 31)
    """
    return 1 + rows // ROWS_OF_A_RARE_SURNAME


def written_elsewhere(engine: Engine, side: str, columns: Collection[str]) -> list[str]:
    """Those of the words that stand as last names, and in another column too. Call `list_values` first.

    `columns` are those of the table of a side.
    """
    words = quoted(NULL_SURNAMES)
    borne = [word for (word,) in engine.rows(_held(_values(side, "last_name"), "value", words))]
    if not borne:
        return []
    others = [(_values(side, column), "value") for column in OTHER_COLUMNS if column in columns]
    found = {word for table, column in [*others, (side, "ssn")] for (word,) in engine.rows(_held(table, column, words))}
    return sorted(found & set(borne))


def _values(side: str, column: str) -> str:
    return f"(SELECT value FROM {side}_value WHERE field = '{column}') AS listed"


def _held(table: str, column: str, words: str) -> str:
    return f"SELECT DISTINCT upper(trim({column})) FROM {table} WHERE upper(trim({column})) IN ({words})"


def drop_null_surnames(engine: Engine, side: str, elsewhere: Collection[str]) -> int:
    """Make not known the surnames that are words for nothing, in a standardised table. Returns on how many records."""
    borne: dict[str, int] = dict(
        engine.rows(
            f"SELECT last_name, count(*) FROM {side} WHERE last_name IN ({quoted(NULL_SURNAMES)}) GROUP BY last_name"
        )
    )
    if not borne:
        return 0
    most = at_most(count_rows(engine, side))
    never = tuple(sorted(word for word, number in borne.items() if word in elsewhere or number > most))
    is_never = f"last_name IN ({quoted(never)}) OR " if never else ""
    is_nothing = f"({is_never}last_name IN ({quoted(NULL_SURNAMES)}) AND (first_name IS NULL OR birth_date IS NULL))"
    dropped = count_rows(engine, f"{side} WHERE {is_nothing}")
    if dropped:
        engine.blank(side, "last_name", is_nothing)
    return dropped
