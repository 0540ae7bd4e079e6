"""The output folder: claimed by one run at a time, and replaced as a whole.

Files are written into `.NAME.writing` beside the folder. When all are on the disk, the folder becomes
`.NAME.old` and the new one takes its place. A run that is killed anywhere in between leaves the last
good output under one of these names, and whoever claims the folder next puts it back.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from linkage.errors import OutputError
from linkage.system.locks import Lock, holder, take_lock

Write = Callable[[Path], None]


@contextmanager
def held(folder: Path, is_whole: Callable[[Path], bool]) -> Iterator[None]:
    """Hold an output folder, so that no run replaces it meanwhile. `is_whole` says whether a folder is the output of
    a finished run.

    Raises OutputError when another run holds the folder, and when it cannot be written.
    """
    folder = folder.resolve()
    with _as_output_error(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = _take(folder)
    try:
        with _as_output_error(folder):
            recover(folder, is_whole)
        yield
    finally:
        # What a fault or an interrupt has left behind; what cannot be cleared away now, the next run will.
        with suppress(OSError):
            recover(folder, is_whole)
        lock.release()


@contextmanager
def claimed(folder: Path, is_whole: Callable[[Path], bool]) -> Iterator[Callable[[Write], None]]:
    """Hold an output folder, from before the work until its files are in place.

    Yields a function that takes one which writes all files into the empty folder that it is given, and
    then puts that folder in the place of the claimed one.

    Raises OutputError as `held` does.
    """
    folder = folder.resolve()

    def replace(write: Write) -> None:
        with _as_output_error(folder):
            _replace(folder, write)

    with held(folder, is_whole):
        yield replace


@contextmanager
def _as_output_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise OutputError(f"{folder} cannot be written: {problem.strerror}. The last output is untouched.") from None


def _take(folder: Path) -> Lock:
    path = _beside(folder, "lock")
    lock = take_lock(path)
    if lock is None:
        raise OutputError(
            f"Another run or report ({holder(path)}) is writing to {folder}. Wait until it has ended, or give another"
            " folder."
        )
    return lock


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.{what}")


def recover(folder: Path, is_whole: Callable[[Path], bool]) -> None:
    """Undo what a killed run has left: put the last good output back, and remove what was not finished.

    Only for whoever holds the claim. Raises OSError.
    """
    old = _beside(folder, "old")
    if old.exists():
        if is_whole(folder):
            shutil.rmtree(old)
        else:
            old.rename(folder)
    if (writing := _beside(folder, "writing")).exists():
        shutil.rmtree(writing)


def was_interrupted(folder: Path) -> bool:
    """Whether a killed run has left the last good output under its other name."""
    return not folder.exists() and _beside(folder.resolve(), "old").exists()


def _replace(folder: Path, write: Write) -> None:
    writing = _beside(folder, "writing")
    writing.mkdir()
    writing.chmod(0o700)
    write(writing)
    for path in [*writing.iterdir(), writing]:
        _flush(path)
    if folder.exists():
        folder.rename(_beside(folder, "old"))
    writing.rename(folder)
    with suppress(OSError):  # a folder that may be written but not read cannot be flushed
        _flush(folder.parent)


def _flush(path: Path) -> None:
    """Wait until a file or folder is on the disk: a name must not outlive a loss of power without its bytes."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
