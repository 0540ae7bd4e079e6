"""The destination of an export: a new folder, a schema of a PostgreSQL server, or both."""

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, OutputError
from linkage.export.definitions import Table
from linkage.export.ndi import LENGTH, Submission
from linkage.extras import needs
from linkage.run.database_output import Target, check_database, write_tables


@dataclass(frozen=True)
class Destination:
    """A folder, a schema of a server, or both."""

    folder: Path | None
    target: Target | None

    @classmethod
    def of(cls, output: str | Path | None, postgres: str, schema: str, tables: Sequence[str]) -> "Destination":
        """Create the folder and check the server: it must be reachable, and existing tables must be replaceable.

        Raises InputError and OutputError.
        """
        if output is None and not postgres:
            raise InputError(
                "Name a new folder (--output), an environment variable for a PostgreSQL server (--postgres), or both."
            )
        target = Target(postgres, schema) if postgres else None
        if target is not None:
            check_database(target, tables)
        if output is not None:
            _require_new(Path(output))
        return cls(None if output is None else Path(output), target)

    def __str__(self) -> str:
        target = f"schema {self.target.schema} of the server" if self.target else ""
        return " and ".join(str(one) for one in (self.folder, target) if one)

    def write_table(self, engine: DuckDBEngine, name: str, definition: Table, manifest: Mapping[str, Any]) -> None:
        """Write a table of an engine by its definition, and the manifest of the export."""
        order = ", ".join(f"written.{column}" for column in definition.key)
        if self.folder is not None:
            path = self.folder / f"{definition.name}.csv.gz"
            engine.write(f"SELECT * FROM {name}", order, path, "csv.gz")
            self.write_manifest(manifest)
        if self.target is not None:
            columns = ", ".join(f"{one.name} AS {one.name.lower()}" for one in definition.columns)
            select = f"SELECT {columns} FROM {name} AS written ORDER BY {order}"
            called = definition.name.lower()
            write_tables(self.target, {called: lambda: engine.arrow(select)}, {called: definition.ddl})

    def write_submission(self, made: Submission, manifest: Mapping[str, Any]) -> None:
        """Write a submission to the NDI, the patients who are left out, and the manifest of the export."""
        if self.folder is not None:
            _write(self.folder / "ndi_submission.txt", "".join(f"{line}\n" for line in made.lines))
            _write(self.folder / "not_submitted.csv", _as_csv(made.left_out))
            self.write_manifest(manifest)
        if self.target is not None:
            arrow = needs("pyarrow")
            records = arrow.table({"record": arrow.array(made.lines, arrow.string())})
            ids, reasons = ([row[place] for row in made.left_out] for place in (0, 1))
            left_out = arrow.table(
                {"patient_id": arrow.array(ids, arrow.string()), "reason": arrow.array(reasons, arrow.string())}
            )
            write_tables(
                self.target,
                {"submission": lambda: records, "not_submitted": lambda: left_out},
                {
                    "submission": f"record VARCHAR({LENGTH}) NOT NULL",
                    "not_submitted": "patient_id VARCHAR NOT NULL PRIMARY KEY, reason VARCHAR NOT NULL",
                },
            )

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest of the export (export.json) into its folder."""
        assert self.folder is not None
        _write(self.folder / "export.json", json.dumps(manifest, indent=2) + "\n")


def _as_csv(left_out: Sequence[tuple[str, str]]) -> str:
    """The patients left out, as CSV in which no id can be run as a formula by a spreadsheet."""
    with closing(DuckDBEngine()) as engine:
        columns = {
            "place": range(len(left_out)),
            **{name: [row[n] for row in left_out] for n, name in enumerate(_LEFT)},
        }
        engine.insert("left_out", columns, {"place": "BIGINT", **dict.fromkeys(_LEFT, "STRING")})
        rows = engine.rows("SELECT inert_text(patient_id), reason FROM left_out ORDER BY place")
    text = io.StringIO()
    text.write(",".join(_LEFT) + "\n")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue()


_LEFT = ("patient_id", "reason")


def _require_new(output: Path) -> None:
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise OutputError(f"{output} already exists and will not be overwritten. Name a new folder with --output.")
    try:
        output.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise OutputError(f"{output} cannot be created: {problem.strerror}.") from None


def _write(path: Path, text: str) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        raise OutputError(f"{path} cannot be written: {problem.strerror}.") from None
