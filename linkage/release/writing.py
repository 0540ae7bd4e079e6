"""Write a release: the tables, the files that describe them, and SQL to load them; then search what was written."""

import csv
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import linkage.release.crosswalk as crosswalk
import linkage.release.page as page
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import OutputError
from linkage.release.checks import Check
from linkage.release.policy import Table
from linkage.release.search import search_files
from linkage.version import __version__

if TYPE_CHECKING:
    from linkage.release.release import Release

MANIFEST, CHECKS, PAGE = "release.json", "checks.csv", "release.md"
CREATE, CONSTRAINTS = "create.sql", "constraints.sql"
BESIDE = (MANIFEST, CHECKS, PAGE, CREATE, CONSTRAINTS)
"""The files of a release that are not tables."""


def write_release(
    engine: DuckDBEngine, made: "Release", tables: Sequence[Table], folder: Path, format: str, private: Path
) -> "Release":
    """Write the tables to an empty folder, search what was written, and write the files that describe the tables.

    Raises OutputError if the search finds an identifier.
    """
    written = {table.name: folder / f"{table.name}.{format}" for table in tables}
    for table in tables:
        order = ", ".join(f"written.{name}" for name in row_order(table))
        select = f"SELECT {_texts(table, format)} FROM released_{table.name}"
        engine.write(select, order, written[table.name], format)
        engine.drop(f"released_{table.name}", f"source_{table.name}")
    statements = {
        CREATE: page.create_sql(made.policy, tables, format),
        CONSTRAINTS: page.constraints_sql(made.policy, tables),
    }
    release = replace(
        made, checks=[*made.checks, *search_files(engine, written, _repeated_texts(made, statements), made.years)]
    )
    refuse_failed(release.failed)
    digests = {path.name: _digest(path) for path in written.values()}
    _put(folder / CHECKS, _csv_of(release.checks))
    manifest = page.manifest(release, digests, __version__)
    _put(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    _put(folder / PAGE, page.markdown(release))
    for name, text in statements.items():
        _put(folder / name, text)
    crosswalk.write_crosswalk(engine, private)  # first: an unrecorded number in use could be assigned twice
    return release


def row_order(table: Table) -> tuple[str, ...]:
    """The columns that rows are sorted by: the key or the random numbers, so that row order reveals nothing."""
    if table.key:
        return table.key
    keys = tuple(column.name for column in table.of_kind("id"))
    return tuple(dict.fromkeys((*keys, *(column.name for column in table.columns))))


def refuse_failed(failed: Sequence[Check]) -> None:
    """Raise OutputError with the failed checks, if there are any."""
    if failed:
        listed = "\n".join(f"  {check.claim}: found {check.found:,}" for check in failed)
        raise OutputError(f"The release fails {len(failed)} of its checks, so nothing was written:\n{listed}")


def _repeated_texts(made: "Release", statements: Mapping[str, str]) -> list[str]:
    """The texts in the other files that come from the policy or the source; the rest is counts and fixed text."""
    dropped = [name for names in made.dropped.values() for name in names]
    return [made.policy.name, made.policy.title, *dropped, *"\n".join(statements.values()).split("\n")]


def _texts(table: Table, format: str) -> str:
    # Drop fractions of a second, which DuckDB would otherwise write.
    columns = []
    for column in table.columns:
        if column.kind == "time" and format != "parquet":
            columns.append(f"strftime({column.name}, '%Y-%m-%d %H:%M:%S') AS {column.name}")
        elif column.kind == "time":
            columns.append(f"date_trunc('second', {column.name}) AS {column.name}")
        else:
            columns.append(column.name)
    return ", ".join(columns)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _csv_of(found: Sequence[Check]) -> str:
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["kind", "check", "result", "found"])
    rows.writerows([check.kind, check.claim, check.result, check.found] for check in found)
    return text.getvalue()


def _put(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
