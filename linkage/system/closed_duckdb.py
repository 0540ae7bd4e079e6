"""DuckDB connections that can access only the files they were opened for: no network, no extensions.

A query from a job file, or SQL injected through an error in quoting, then cannot read or write other files or change
settings.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import duckdb

from linkage.quoting import literal

PIPES = "/dev/fd"
"""The folder in which the pipes of this process have paths. DuckDB resolves the path of an open regular file to the
file itself, which is not on its list of allowed paths."""
_CHANGEABLE = ("disabled_optimizers",)


def open_database(path: str, scratch: str, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a database, or ":memory:", that loads no extensions and does not read Python variables as tables.

    The database writes its temporary files into the folder `scratch`.
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


def restrict_access(connection: duckdb.DuckDBPyConnection, files: Iterable[Path] = ()) -> None:
    """Restrict a connection to these files, the pipes of this process and its scratch folder, and lock its settings.

    This cannot be undone, so make all settings that a job needs before the call.

    >>> with open_database(":memory:", "/tmp") as connection:
    ...     restrict_access(connection)
    ...     connection.execute("SELECT * FROM read_text('/etc/hostname')")
    Traceback (most recent call last):
    _duckdb.PermissionException: ...
    """
    # DuckDB checks a path twice: first as an escaped pattern, then as the plain path when it opens the file.
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
    """Escape a path so that DuckDB, which reads paths as glob patterns, opens only the file of that name.

    >>> as_pattern(Path("deaths [1].csv"))
    'deaths [[]1].csv'
    """
    return re.sub(r"([*?\[])", r"[\1]", str(path))
