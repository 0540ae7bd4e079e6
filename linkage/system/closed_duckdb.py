"""DuckDB connections that reach no file but those that they were opened for, no network and no extension.

SQL that comes from outside (a query of a job file) and SQL that nobody meant to write (a gap in the quoting of a name)
then finds nothing to read, nowhere to write, and no setting to change.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import duckdb

from linkage.quoting import literal

PIPES = "/dev/fd"
"""Where pipes of this process have names. A name of an open file leads DuckDB to the file, which is not allowed."""
_CHANGEABLE = ("disabled_optimizers",)


def open_database(path: str, scratch: str, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database, or ":memory:", that loads no extension and takes no variable of Python for a table.

    Its own files, and no others, go into the folder `scratch`.
    """
    return duckdb.connect(
        path,
        read_only=read_only,
        config={
            "temp_directory": scratch,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
        },
    )


def close_doors(connection: duckdb.DuckDBPyConnection, files: Iterable[Path] = ()) -> None:
    """Leave a connection these files, the pipes of this process and its scratch folder, and lock its settings.

    What is closed cannot be opened again: settings that a job needs are made before.

    >>> with open_database(":memory:", "/tmp") as connection:
    ...     close_doors(connection)
    ...     connection.execute("SELECT * FROM read_text('/etc/hostname')")
    Traceback (most recent call last):
    _duckdb.PermissionException: ...
    """
    # A path is asked for as the pattern that stands for it, and then opened as itself.
    paths = [name for path in files for name in dict.fromkeys((str(path.absolute()), as_pattern(path)))]
    for setting, values in (
        ("allowed_paths", paths),
        ("allowed_directories", [PIPES]),
        ("allowed_configs", _CHANGEABLE),
    ):
        connection.execute(f"SET {setting} = [{', '.join(map(literal, values))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def as_pattern(path: Path) -> str:
    """A path as DuckDB takes it: a pattern, in which brackets and stars would stand for other files.

    >>> as_pattern(Path("deaths [1].csv"))
    'deaths [[]1].csv'
    """
    return re.sub(r"([*?\[])", r"[\1]", str(path))
