"""A lock is held by one process, is released when it ends, and is never taken on a file that was removed."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from linkage.errors import OutputError
from linkage.system.folder import claimed
from linkage.system.locks import holder, take_lock
from tests.run.test_folder import replace


def test_a_lock_is_private_and_names_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("99999999")  # of a killed run
    lock = take_lock(path)
    assert lock is not None
    assert path.read_text().strip() == str(os.getpid())
    assert holder(path) == f"process {os.getpid()}"
    lock.release()
    assert not path.exists()


def test_a_lock_is_not_taken_on_a_file_that_its_last_holder_has_just_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, flock, calls = tmp_path / "lock", fcntl.flock, []

    def removed_meanwhile(descriptor: int, operation: int) -> None:
        calls.append(descriptor)
        if len(calls) == 1:
            path.unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", removed_meanwhile)
    lock = take_lock(path)
    assert len(calls) == 2
    assert take_lock(path) is None
    assert lock is not None
    lock.release()


def test_a_file_system_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (
        pytest.raises(OutputError, match="out cannot be written: Operation not supported"),
        claimed(tmp_path / "out", lambda _: False),
    ):
        pass


def test_a_lock_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        take_lock(tmp_path / "lock")
    assert not (tmp_path / "elsewhere").exists()


def linked(path: Path, theirs: Path) -> None:
    """A hard link to another user's file."""
    path.hardlink_to(theirs)


def written(path: Path, theirs: Path) -> None:
    """A file made by another user."""
    path.write_bytes(theirs.read_bytes())


@pytest.mark.parametrize("make", [linked, written, Path.symlink_to, lambda path, _: os.mkfifo(path)])
def test_a_file_that_is_no_lock_is_left_as_it_is(tmp_path: Path, make: Callable[[Path, Path], None]) -> None:
    theirs, path = tmp_path / "theirs", tmp_path / ".out.lock"
    theirs.write_text("1234567890 lines of work")
    make(path, theirs)
    with pytest.raises(OutputError, match=r"\.out\.lock exists and is not the lock file of a run|symbolic links"):
        replace(tmp_path / "out", "new")
    assert theirs.read_text() == "1234567890 lines of work"
    assert os.path.lexists(path)
    assert not (tmp_path / "out").exists()


def test_a_lock_that_another_file_has_taken_the_place_of_is_not_removed(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    (tmp_path / "lock").unlink()
    (tmp_path / "lock").write_text("theirs")
    lock.release()
    assert (tmp_path / "lock").read_text() == "theirs"
