"""A private copy of everything that a run read and computed, kept in its output folder on request.

A finished run can then be queried again without linking, even if its rows came from memory or from a server. The copy
contains names, numbers and dates of birth: it is as confidential as the input files.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, OutputError
from linkage.quoting import quoted_name
from linkage.sources.source import Source

FOLDER = "snapshot"
_HOLDS = "all identifiers: the rows as they were read, and every table of the run"


def require_duckdb(engine: Engine) -> DuckDBEngine:
    """The engine, if it can keep a snapshot. Raises InputError."""
    if not isinstance(engine, DuckDBEngine):
        raise InputError('A run with Spark cannot keep a snapshot. Leave snapshot out, or use engine = "duckdb".')
    return engine


def write_snapshot(engine: Engine, sources: Sequence[Source], output: Path) -> dict[str, Any]:
    """Write the rows of the sources and the tables of a run into a folder for their owner only. Returns the entry for
    the manifest.

    Raises InputError for an engine that cannot keep a snapshot.
    """
    database, folder = require_duckdb(engine), output / FOLDER
    folder.mkdir(mode=0o700)
    for place, source in enumerate(sources):
        database.write("SELECT * FROM source", "", _of_source(folder, place), "parquet", source)
    for name in _tables(database):
        database.write(f"SELECT * FROM {quoted_name(name)}", "", folder / f"{name}.parquet", "parquet")
    files = {path.name: _digest(path) for path in sorted(folder.iterdir())}
    return {"folder": FOLDER, "holds": _HOLDS, "files": files}


def _tables(database: DuckDBEngine) -> Iterator[str]:
    """The tables of a run, except those with rows fetched from a database."""
    found = database.rows(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main'"
        " ORDER BY table_name"
    )
    return (name for (name,) in found if name.replace("_", "").isalnum())


def _of_source(folder: Path, place: int) -> Path:
    return folder / f"source {place}.parquet"


def restored_sources(output: Path, snapshot: Mapping[str, Any], sources: Iterable[Source]) -> list[Source]:
    """The sources of a run as its snapshot holds them.

    Raises OutputError if a file of the snapshot is missing or has changed.
    """
    folder = output / FOLDER
    for name, digest in snapshot["files"].items():
        if Path(name).name != name or not (folder / name).is_file() or _digest(folder / name) != digest:
            raise OutputError(
                f"{folder} is not the snapshot that the run wrote. Run the job again and query its new output."
            )
    return [
        Source(
            source.name, _of_source(folder, place), columns=source.columns, reading=replace(source.reading, layout="")
        )
        for place, source in enumerate(sources)
    ]


def restore_tables(database: DuckDBEngine, output: Path, snapshot: Mapping[str, Any]) -> None:
    """Load the tables of a run from its snapshot into a database."""
    for name in snapshot["files"]:
        table = Source(name, output / FOLDER / name)
        if not name.startswith("source "):
            database.load(quoted_name(name.removesuffix(".parquet")), table, "SELECT * FROM source")


def without_snapshot(folder: Path) -> str:
    """What to do if a run cannot be queried again."""
    return (
        "Query it in Python, before the run is closed: run.explain(...). Or write it with a snapshot, so that the"
        f" folder can be queried: run.write({folder.name!r}, snapshot=True). A snapshot is as confidential as the"
        " rows."
    )


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
