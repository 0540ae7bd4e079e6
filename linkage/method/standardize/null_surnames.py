"""Surnames that are also null words: NULL, NONE, TRUE ... The files show which of them are surnames.

Such a word counts as a surname on a record with a first name and a whole birth date, in a file that has it in none of
the other columns examined, and on hardly more records than a rare surname has. The other file can confirm or contradict
it, through people with the same SSN and birth date: if more of them have the same name than a different one, the name
may be of any frequency; if more have a different name, the word is a null. Everywhere else it is not known.
"""

from collections.abc import Collection, Mapping

from linkage.engines import Engine
from linkage.quoting import quoted
from linkage.values.name_words import NULL_SURNAMES

WRITTEN_FOR_NOTHING = "a null word"
"""The reason for which such a surname is not known."""
ROWS_OF_A_RARE_SURNAME = 20_000
"""Records for each further one, after the first, that may have such a name: five in 100,000, as for surnames of rank
3,000 or so."""
OTHER_COLUMNS = ("first_name", "middle_name", "suffix", "former_last_names", "birth_date", "death_date_partial")
"""The columns, and the SSN, in which the word shows that a file uses it as a null."""


def at_most(rows: int) -> int:
    """The largest number of records of a file with a rare surname.

    >>> at_most(50), at_most(600_000)
    (1, 31)
    """
    return 1 + rows // ROWS_OF_A_RARE_SURNAME


def written_elsewhere(engine: Engine, side: str, columns: Collection[str]) -> list[str]:
    """The words that occur as last names and also in another column. Call `list_values` first.

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

    Only records count whose SSN and birth date are also on the other side, with a last name.
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
    """Treat surnames that are null words as not known, in both standardized tables. Returns the number of records on
    each side. `elsewhere` has, by side, the words that the file also has in another column."""
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
    most = at_most(engine.count(side))
    common = {word for word, number in borne.items() if number > most and word not in confirmed}
    never = tuple(sorted(borne.keys() & {*elsewhere, *contradicted, *common}))
    is_never = f"last_name IN ({quoted(never)}) OR " if never else ""
    is_nothing = f"({is_never}last_name IN ({quoted(NULL_SURNAMES)}) AND (first_name IS NULL OR birth_date IS NULL))"
    dropped = engine.count(f"{side} WHERE {is_nothing}")
    if dropped:
        engine.blank(side, "last_name", is_nothing)
    return dropped
