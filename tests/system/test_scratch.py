"""Scratch folders contain rows of people: they are private and are removed when their process ends."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import EngineError
from linkage.system.locks import take_lock
from linkage.system.scratch import Scratch, remove_abandoned

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A separate folder for scratch folders."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield tmp_path
    tempfile.tempdir = None


def killed(parent: Path) -> Path:
    """The scratch folder of a killed process, with rows in it."""
    script = "import os, signal; from linkage.system.scratch import Scratch; scratch = Scratch()\n"
    script += "(scratch.path / 'duckdb_temp_storage').write_text('rows'); os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "TMPDIR": str(parent)}, timeout=60)
    (found,) = parent.glob("linkage-*")
    return found


def test_a_scratch_folder_is_private_and_removed_with_its_engine(parent: Path) -> None:
    before = os.umask(0)
    engine = DuckDBEngine()
    os.umask(before)
    (found,) = parent.iterdir()
    assert found.stat().st_mode & 0o777 == 0o700
    engine.close()
    engine.close()
    assert list(parent.iterdir()) == []


def test_an_engine_that_is_forgotten_leaves_nothing(parent: Path) -> None:
    engine = DuckDBEngine()
    del engine
    assert list(parent.iterdir()) == []


def test_the_folder_of_a_killed_run_is_removed_by_the_next(parent: Path) -> None:
    left = killed(parent)
    scratch = Scratch()
    assert not left.exists()
    assert list(parent.iterdir()) == [scratch.path]
    scratch.remove()


def test_the_folder_of_a_living_run_is_not_touched(parent: Path) -> None:
    scratch = Scratch()
    (scratch.path / "duckdb_temp_storage").write_text("rows")
    remove_abandoned(parent)
    assert (scratch.path / "duckdb_temp_storage").read_text() == "rows"
    scratch.remove()


def test_a_folder_of_the_user_that_has_such_a_name_is_not_touched(parent: Path) -> None:
    (parent / "linkage-study").mkdir()
    (parent / "linkage-study" / "thesis.tex").write_text("five years of work")
    (parent / "linkage-notes").write_text("mine")
    (parent / "linkage-link").symlink_to(parent / "linkage-study")
    Scratch().remove()
    assert (parent / "linkage-study" / "thesis.tex").exists()
    assert (parent / "linkage-notes").exists()
    assert (parent / "linkage-link").is_symlink()


def test_without_room_for_scratch_the_error_says_what_to_do(parent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(EngineError, match=r"No space left on device\. Set TMPDIR to a folder with free space"):
        Scratch()


def test_a_folder_taken_for_an_abandoned_one_before_it_was_locked_is_made_anew(
    parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, mkdtemp = [], tempfile.mkdtemp

    def taken(**options: str) -> str:
        made.append(mkdtemp(**options))
        if len(made) == 1:  # removed by another run
            Path(made[0]).rmdir()
        if len(made) == 2:  # about to be removed by another run
            monkeypatch.setattr("linkage.system.scratch.take_lock", lambda _: None)
        if len(made) == 3:
            monkeypatch.setattr("linkage.system.scratch.take_lock", take_lock)
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", taken)
    scratch = Scratch()
    assert str(scratch.path) == made[2]
    scratch.remove()


def test_an_abandoned_folder_that_cannot_be_opened_is_left_to_its_owner(
    parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError

    (parent / "linkage-other").mkdir()
    monkeypatch.setattr("linkage.system.scratch.take_lock", refuse)
    remove_abandoned(parent)
    assert (parent / "linkage-other").is_dir()
