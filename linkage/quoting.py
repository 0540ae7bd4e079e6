"""Quote values and column names for SQL, whatever characters they contain."""


def literal(value: str) -> str:
    """Text as an SQL string literal.

    >>> literal("O'Hara")
    "'O''Hara'"
    """
    return "'" + value.replace("'", "''") + "'"


def quoted_name(column: str) -> str:
    """A column name as a quoted SQL identifier.

    >>> quoted_name("race")
    '"race"'
    """
    return '"' + column.replace('"', '""') + '"'


def quoted(words: tuple[str, ...]) -> str:
    """Constant words of the toolkit as a list of SQL strings. The words are not escaped.

    >>> quoted(("hospital", "ed"))
    "'hospital', 'ed'"
    """
    return ", ".join(f"'{word}'" for word in words)
