"""Whether a query is one SELECT that changes nothing, in whatever dialect a server speaks.

Servers have no read-only mode that can be relied on: that of an ODBC driver can look at the first word alone. Dialects
do not agree where a text or a comment ends, so that words are looked for wherever they stand.
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
    """A query without its last semicolon, if it is one SELECT whatever the dialect; else InputError.

    A word that could change something is refused wherever it stands, also in a text or a comment: dialects do not agree
    on where those end.

    >>> require_select("SELECT * FROM deaths;", "x")
    'SELECT * FROM deaths'
    >>> require_select("SELECT 1 DROP TABLE deaths", "x")
    Traceback (most recent call last):
    linkage.errors.InputError: x: the query holds the word DROP. It must be one SELECT that changes nothing, and such...
    """
    asked = query.strip().removesuffix(";").strip()
    if not re.match(r"(?:SELECT|WITH)\b", asked, re.IGNORECASE):
        raise InputError(f"{name}: the query must be one SELECT, and begin with SELECT or WITH.")
    if ";" in asked:
        raise InputError(f"{name}: the query holds a semicolon before its end. It must be one SELECT.")
    if found := _CHANGE.search(asked):
        raise InputError(
            f"{name}: the query holds the word {found[0].upper()}. It must be one SELECT that changes nothing, and such"
            " words are refused wherever they stand. If it is a column or a value, make a view of the table on the"
            " server, and name the view with table."
        )
    return asked
