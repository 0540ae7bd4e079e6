"""Check that a query is one SELECT that changes nothing, in any SQL dialect.

Read-only modes are not reliable: an ODBC driver's may check only the first word. Dialects differ on where string
literals and comments end, so forbidden words are refused anywhere in the query.
"""

import re

from linkage.errors import InputError

_CHANGES = (
    *("ALTER", "ATTACH", "BACKUP", "BEGIN", "BULK", "CALL", "COMMIT", "COPY", "CREATE", "DBCC", "DECLARE", "DELETE"),
    *("DENY", "DETACH", "DROP", "EXEC", "EXECUTE", "EXPORT", "GRANT", "INSERT", "INTO", "KILL", "LOAD", "MERGE"),
    *("OPENDATASOURCE", "OPENQUERY", "OPENROWSET", "PRAGMA", "RECONFIGURE", "RESTORE", "REVOKE", "SET", "SHUTDOWN"),
    *("TRIGGER", "TRUNCATE", "UPDATE", "UPDATETEXT", "VACUUM", "WAITFOR", "WRITETEXT", "XP_CMDSHELL"),
)
_CHANGE = re.compile(rf"\b(?:{'|'.join(_CHANGES)})\b", re.IGNORECASE)


def require_select(query: str, name: str) -> str:
    """Return a query without its final semicolon. Raises InputError unless it is one SELECT in any dialect.

    A word that could change something is refused even in a string literal or comment, because dialects differ on where
    those end.

    >>> require_select("SELECT * FROM deaths;", "x")
    'SELECT * FROM deaths'
    >>> require_select("SELECT 1 DROP TABLE deaths", "x")
    Traceback (most recent call last):
    linkage.errors.InputError: x: the query contains the word DROP. It must be one SELECT that changes nothing; such...
    """
    asked = query.strip().removesuffix(";").strip()
    if not re.match(r"(?:SELECT|WITH)\b", asked, re.IGNORECASE):
        raise InputError(f"{name}: the query must be one SELECT that begins with SELECT or WITH.")
    if ";" in asked:
        raise InputError(f"{name}: the query contains a semicolon before its end. It must be one SELECT.")
    if found := _CHANGE.search(asked):
        raise InputError(
            f"{name}: the query contains the word {found[0].upper()}. It must be one SELECT that changes nothing; such"
            " words are refused anywhere in it. If the word is a column or a value, create a view on the server, and"
            " name the view with table."
        )
    return asked
