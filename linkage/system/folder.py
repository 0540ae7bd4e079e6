"""The output folder: claimed by one run at a time, and replaced as a whole.

Files are written into `.NAME.writing` beside the folder. When all are on the disk, the folder is renamed to
`.NAME.old` and the new one takes its place. A run that is killed in between leaves the last
good output under one of these names, and the next run that claims the folder restores it.

Only files that a run has made are removed. Both folders contain a mark file while they have these names. The mark of
the old folder lists the files that were in it when the run claimed it; files added since then are moved into the
new folder.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from linkage.errors import OutputError
from linkage.system.locks import Lock, holder, take_lock

Write = Callable[[Path], None]
MARK = ".linkage-made"
"""The name of the mark file, which shows that a run made the folder."""


@contextmanager
def held(folder: Path, is_whole: Callable[[Path], bool]) -> Iterator[None]:
    """Hold an output folder, so that no other run can replace it. `is_whole` says whether a folder is the output of
    a finished run.

    Raises OutputError when another run holds the folder, when it cannot be written, and when a file or folder that no
    run has made has a name that a run would use.
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
        # Remove what an error or an interrupt left behind; if that fails now, the next run does it.
        with suppress(OSError, OutputError):
            recover(folder, is_whole)
        lock.release()


@contextmanager
def claimed(
    folder: Path, is_whole: Callable[[Path], bool], check: Callable[[Path], None] = lambda _: None
) -> Iterator[Callable[[Write], None]]:
    """Hold an output folder from before the work until its files are in place.

    Yields a function `replace(write)`: it calls `write` with an empty folder, in which `write` creates all files, and
    then replaces the claimed folder by that one. `check` raises an error if the folder must not be replaced.

    Raises OutputError under the same conditions as `held`.
    """
    folder = folder.resolve()

    def replace(write: Write) -> None:
        with _as_output_error(folder):
            _replace(folder, write, ours)

    with held(folder, is_whole):
        ours = _contents(folder)  # before the check, so that it covers every file that may be removed
        check(folder)
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
            f"Another run or report ({holder(path)}) is writing to {folder}. Wait until it ends, or give another"
            " folder."
        )
    return lock


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.{what}")


def recover(folder: Path, is_whole: Callable[[Path], bool]) -> None:
    """Clean up after a killed run: restore the last good output, and remove unfinished output.

    The caller must hold the lock. Raises OSError, and OutputError for a file or folder that no run has made.
    """
    old, writing = _beside(folder, "old"), _beside(folder, "writing")
    if os.path.lexists(old):
        if _is_marked(old) and is_whole(folder):
            _clear(old, folder)
        elif _is_marked(old) or (_is_folder(old) and is_whole(old) and not is_whole(folder)):
            old.rename(folder)
        else:
            _remove_empty(old, folder)
    (folder / MARK).unlink(missing_ok=True)
    if _is_marked(writing):
        _remove_marked(writing)
    elif os.path.lexists(writing):
        _remove_empty(writing, folder)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_marked(path: Path) -> bool:
    return _is_folder(path) and (path / MARK).is_file()


def _remove_marked(path: Path) -> None:
    """Remove a folder that a run has made. The mark goes last, because the removal itself can be interrupted."""
    for inside in path.iterdir():
        if _is_folder(inside):
            shutil.rmtree(inside)
        elif inside.name != MARK:
            inside.unlink()
    (path / MARK).unlink()
    path.rmdir()


def _remove_empty(path: Path, folder: Path) -> None:
    """Remove the empty folder of a run that was killed before it wrote its mark; refuse anything else."""
    try:
        path.rmdir()
    except OSError:
        raise OutputError(
            f"{path.name}, beside {folder}, was not made by a run. Runs use this name: move it away, or give"
            " another folder."
        ) from None


def was_interrupted(folder: Path) -> bool:
    """Whether a killed run has left the last good output under the name `.NAME.old`."""
    return not folder.exists() and _beside(folder.resolve(), "old").exists()


def _replace(folder: Path, write: Write, ours: Mapping[str, Any]) -> None:
    writing = _beside(folder, "writing")
    os.mkdir(writing, 0o700)
    os.chmod(writing, 0o700)  # a umask can remove the owner's permissions too
    _mark(writing, {})
    write(writing)
    for path in [*writing.rglob("*"), writing]:
        _flush(path)
    if folder.exists():
        _mark(folder, ours)
        folder.rename(_beside(folder, "old"))
    writing.rename(folder)
    with suppress(OSError):  # a folder with write but no read permission cannot be flushed
        _flush(folder.parent)


def _mark(folder: Path, ours: Mapping[str, Any]) -> None:
    descriptor = os.open(folder / MARK, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(ours, file)
        file.flush()
        os.fsync(descriptor)


def _contents(folder: Path) -> dict[str, list[int]]:
    """The files in a folder: relative path to device, inode, size and time of the last change."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if not _is_folder(path):
            status = path.lstat()
            found[str(path.relative_to(folder))] = [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns]
    return found


def _clear(old: Path, folder: Path) -> None:
    """Remove a replaced output folder; files that were added to it during the run are moved into the new one."""
    try:
        ours = json.loads((old / MARK).read_text("utf-8"))
    except ValueError:  # the run was killed while it wrote the mark, before it renamed the folder
        ours = {}
    for name, found in _contents(old).items():
        if name != MARK and ours.get(name) == found:
            (old / name).unlink()
        elif name != MARK:
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            while os.path.lexists(place):
                place = place.with_name(f"{place.name}.kept")
            (old / name).rename(place)
    for path in sorted((path for path in old.rglob("*") if _is_folder(path)), reverse=True):
        path.rmdir()
    (old / MARK).unlink()
    old.rmdir()


def _flush(path: Path) -> None:
    """Wait until a file or folder is on the disk, so that a power failure cannot leave a name without its content."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
