"""Read tables made by others as a release, and check for content that the policy does not list."""

from collections.abc import Iterable
from pathlib import Path

from linkage.engines.duck.engine import DuckDBEngine
from linkage.quoting import quoted_name
from linkage.release.checks import Check, none_found
from linkage.release.policy import Table
from linkage.release.writing import BESIDE
from linkage.sources.source import Source


def stray_files(folder: Path, tables: Iterable[Path]) -> Check:
    """Check that the folder has no other files, because they would be shared with it."""
    known = {*(path.name for path in tables), *BESIDE}
    stray = [path for path in folder.rglob("*") if path.parent != folder or path.name not in known]
    return none_found("identifiers", "the folder contains only the tables and the files that describe them", len(stray))


def load_table(engine: DuckDBEngine, table: Table, file: Source) -> list[Check]:
    """Read a released table into `released_NAME`; count unreadable values and columns that are not listed."""
    found = {column.lower(): column for column in engine.columns(file)}
    extra = [name for name in found if name not in {column.name for column in table.columns}]
    types = {"id": "BIGINT", "date": "DATE", "range": "BIGINT", "values": "VARCHAR"}
    derived = {"anchor_age": "BIGINT", "anchor_year": "BIGINT", "anchor_year_group": "VARCHAR", "dod": "DATE"}
    read, unread = [], []
    for column in table.columns:
        text = f"nullif(trim(text_of({quoted_name(found[column.name])})), '')" if column.name in found else "NULL"
        kind = types.get(column.kind, derived.get(column.name, "TIMESTAMP"))
        value = {"TIMESTAMP": f"timestamp_of({text})", "DATE": f"CAST(timestamp_of({text}) AS DATE)"}.get(
            kind, f"TRY_CAST({text} AS {kind})"
        )
        read.append(f"{value} AS {column.name}")
        unread.append(f"CASE WHEN {text} IS NOT NULL AND {value} IS NULL THEN 1 ELSE 0 END")
    rows = f"SELECT {', '.join(read)}, {' + '.join(unread)} AS unread FROM source"
    engine.load(f"placed_{table.name}", file, rows)
    number = engine.row_numbers(f"placed_{table.name}")
    engine.create(f"placed_{table.name}", f"SELECT *, {number} AS place FROM placed_{table.name}")
    engine.create(f"released_{table.name}", f"SELECT * FROM placed_{table.name}")
    ((bad,),) = engine.rows(f"SELECT coalesce(sum(unread), 0) FROM placed_{table.name}")
    return [
        Check("identifiers", f"{table.name}: only listed columns", len(extra), not extra),
        Check("integrity", f"{table.name}: every value has its column's type", int(bad), not bad),
    ]
