"""The scratch folder of a run, where a database that exceeds its memory writes rows, including identifiers.

The folder is private and removed when the run ends. A killed run cannot remove its folder, so each run also removes
the folders of earlier runs whose process no longer exists.
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
    """A private folder of this run, in `parent` or in the folder named by TMPDIR; `remove` deletes it and its
    content.

    Raises EngineError when it cannot be created.

    >>> scratch = Scratch()
    >>> scratch.path.is_dir()
    True
    >>> scratch.remove()
    >>> scratch.path.exists()
    False
    """

    def __init__(self, parent: Path | None = None) -> None:
        advice = "Give another folder." if parent else "Set TMPDIR to a folder with free space."
        parent = parent or Path(tempfile.gettempdir())
        try:
            remove_abandoned(parent)
            self.path, lock = _locked_folder(parent)
        except OSError as problem:
            raise EngineError(f"No scratch folder can be created in {parent}: {problem.strerror}. {advice}") from None
        # Runs also when the engine is garbage-collected or Python exits.
        self.remove = weakref.finalize(self, _remove, self.path, lock, os.getpid())


def _locked_folder(parent: Path) -> tuple[Path, Lock]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))  # mkdtemp makes it readable by its owner only
        # Before it is locked, another run may remove it as abandoned; then create another.
        try:
            lock = take_lock(path / _LOCK)
        except FileNotFoundError:
            continue
        if lock is not None:
            return path, lock


def _remove(path: Path, lock: Lock, process: int) -> None:
    if os.getpid() == process:  # a forked child inherits the lock, but must not remove the folder
        shutil.rmtree(path, ignore_errors=True)
        lock.release()


def remove_abandoned(parent: Path) -> None:
    """Remove the scratch folders of this user's killed runs."""
    for path in parent.glob(f"{_PREFIX}*"):
        try:
            lock = take_lock(path / _LOCK) if _is_scratch(path) else None
        except OSError:
            continue  # already removed, or not accessible
        if lock is not None:
            _remove(path, lock, os.getpid())


def _is_scratch(path: Path) -> bool:
    """Whether it is a scratch folder of this user: it contains a lock file, or nothing (not locked yet)."""
    if path.is_symlink() or not path.is_dir() or path.stat().st_uid != os.getuid():
        return False
    names = [inside.name for inside in path.iterdir()]
    return _LOCK in names or not names
