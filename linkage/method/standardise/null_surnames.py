"""Surnames that are also words for nothing: NULL, NONE, TRUE ... The file shows which they are.

Such a word is a surname on a record that has a first name and a whole birth date, in a file that writes it in no other
of these columns and on hardly more records than a rare surname has. The other file is a witness: where it knows more of
these people, by SSN and birth date, under the same name than under another, the name may be as common as it is; where
it knows more of them under another, the word stands for nothing. Everywhere else it is not known.
"""

from collections.abc import Collection, Mapping

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


def witnessed(engine: Engine, side: str, other: str) -> tuple[set[str], set[str]]:
    """The words that the other side confirms as surnames, and those that it contradicts.

    Counted are records whose SSN and birth date stand on the other side too, with a last name.
    """
    people = (
        f"SELECT one.{side}_id, one.last_name, max(CASE WHEN two.last_name = one.last_name THEN 1 ELSE 0 END) AS same"
        f" FROM {side} AS one JOIN {other} AS two ON two.ssn = one.ssn AND two.birth_date = one.birth_date"
        f" WHERE one.last_name IN ({quoted(NULL_SURNAMES)}) AND two.last_name IS NOT NULL"
        f" GROUP BY one.{side}_id, one.last_name"
    )
    found = engine.rows(f"SELECT last_name, sum(same), count(*) FROM ({people}) AS people GROUP BY last_name")
    confirmed = {word for word, same, number in found if 2 * same > number}
    return confirmed, {word for word, same, number in found if 2 * same < number}


def drop_null_surnames(engine: Engine, elsewhere: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Make not known the surnames that are words for nothing, in both standardised tables. Returns on how many records
    of each side. `elsewhere` are, by side, the words that the file writes in another column too."""
    borne = {side: _borne(engine, side) for side in elsewhere}
    said = {
        side: witnessed(engine, side, other) if words else (set(), set())
        for (side, words), other in zip(borne.items(), reversed(borne), strict=True)
    }
    return {side: _drop(engine, side, borne[side], elsewhere[side], *said[side]) for side in borne}


def _borne(engine: Engine, side: str) -> dict[str, int]:
    return dict(
        engine.rows(
            f"SELECT last_name, count(*) FROM {side} WHERE last_name IN ({quoted(NULL_SURNAMES)}) GROUP BY last_name"
        )
    )


def _drop(
    engine: Engine,
    side: str,
    borne: Mapping[str, int],
    elsewhere: Collection[str],
    confirmed: Collection[str],
    contradicted: Collection[str],
) -> int:
    if not borne:
        return 0
    most = at_most(count_rows(engine, side))
    common = {word for word, number in borne.items() if number > most and word not in confirmed}
    never = tuple(sorted(borne.keys() & {*elsewhere, *contradicted, *common}))
    is_never = f"last_name IN ({quoted(never)}) OR " if never else ""
    is_nothing = f"({is_never}last_name IN ({quoted(NULL_SURNAMES)}) AND (first_name IS NULL OR birth_date IS NULL))"
    dropped = count_rows(engine, f"{side} WHERE {is_nothing}")
    if dropped:
        engine.blank(side, "last_name", is_nothing)
    return dropped
