"""Values and column names as SQL writes them, whatever they hold."""


def literal(value: str) -> str:
    """A text as an SQL literal.

    >>> literal("O'Hara")
    "'O''Hara'"
    """
    return "'" + value.replace("'", "''") + "'"


def quoted_name(column: str) -> str:
    """A column name as SQL writes it.

    >>> quoted_name("race")
    '"race"'
    """
    return '"' + column.replace('"', '""') + '"'


def quoted(words: tuple[str, ...]) -> str:
    """Words of ours as SQL strings.

    >>> quoted(("hospital", "ed"))
    "'hospital', 'ed'"
    """
    return ", ".join(f"'{word}'" for word in words)
