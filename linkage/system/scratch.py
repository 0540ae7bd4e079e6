"""The scratch folder of a run, where a database that outgrows its memory puts rows, identifiers among them.

It is private, and removed when the run ends. A killed run cannot do that, so each run also removes
the folders of earlier ones whose process is gone.
"""

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from linkage.errors import EngineError
from linkage.system.locks import Lock, take_lock

_PREFIX = "linkage-"
_LOCK = ".linkage-lock"


class Scratch:
    """A folder for this run alone, in `parent` or in the folder that TMPDIR names; `remove` removes it with all that
    is in it.

    Raises EngineError when it cannot be made.

    >>> scratch = Scratch()
    >>> scratch.path.is_dir()
    True
    >>> scratch.remove()
    >>> scratch.path.exists()
    False
    """

    def __init__(self, parent: Path | None = None) -> None:
        advice = "Name another." if parent else "Name a folder with room in TMPDIR."
        parent = parent or Path(tempfile.gettempdir())
        try:
            remove_abandoned(parent)
            self.path, lock = _locked_folder(parent)
        except OSError as problem:
            raise EngineError(f"No scratch folder can be made in {parent}: {problem.strerror}. {advice}") from None
        # Also when the engine is forgotten, or Python ends.
        self.remove = weakref.finalize(self, _remove, self.path, lock, os.getpid())


def _locked_folder(parent: Path) -> tuple[Path, Lock]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))  # readable by its owner alone
        # Before it is locked, another run may take it for an abandoned one; then make another.
        try:
            lock = take_lock(path / _LOCK)
        except FileNotFoundError:
            continue
        if lock is not None:
            return path, lock


def _remove(path: Path, lock: Lock, process: int) -> None:
    if os.getpid() == process:  # a fork holds the lock too, but the folder is not its own
        shutil.rmtree(path, ignore_errors=True)
        lock.release()


def remove_abandoned(parent: Path) -> None:
    """Remove the scratch folders of this user's runs that were killed."""
    for path in parent.glob(f"{_PREFIX}*"):
        try:
            lock = take_lock(path / _LOCK) if _is_scratch(path) else None
        except OSError:
            continue  # gone already, or not to be opened: whoever it belongs to sees to it
        if lock is not None:
            _remove(path, lock, os.getpid())


def _is_scratch(path: Path) -> bool:
    """Whether it is a scratch folder of this user: one with a lock, or one that was not locked yet."""
    if path.is_symlink() or not path.is_dir() or path.stat().st_uid != os.getuid():
        return False
    names = [inside.name for inside in path.iterdir()]
    return _LOCK in names or not names
