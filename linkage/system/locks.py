"""File locks that show whether a folder is in use by a running process.

The operating system releases a lock when its process ends, however it ends, so no manual cleanup is needed
after a crash.
"""

import errno
import fcntl
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

_WIDTH = 20
"""Bytes in a lock file: the process id, padded with blanks, so that overwriting never leaves old digits."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file that this process holds."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Remove the file, then release the lock. In the other order, another process's lock could be removed."""
        if _is_named(self.path, self.descriptor):
            self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


def take_lock(path: Path) -> Lock | None:
    """Lock a file, creating it if necessary; None if another process holds it.

    Raises OSError when the file cannot be created, when its file system does not support locks, and when the file is
    not a lock file: a link, or a file that holds anything but a process id.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     first = take_lock(Path(folder) / "lock")
    ...     second = take_lock(Path(folder) / "lock")
    ...     first.release()
    >>> second is None
    True
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        try:
            _require_lock_file(path, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:
            os.close(descriptor)
            raise
        if _is_named(path, descriptor):
            os.pwrite(descriptor, str(os.getpid()).ljust(_WIDTH).encode("ascii"), 0)
            return Lock(path, descriptor)
        # The last holder removed the file after we opened it and before we locked it.
        os.close(descriptor)


def _is_named(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _require_lock_file(path: Path, descriptor: int) -> None:
    """Refuse to overwrite a file that has another name too, or that no run has made."""
    found = os.fstat(descriptor)
    content = os.pread(descriptor, _WIDTH + 1, 0) if stat.S_ISREG(found.st_mode) else b"?"
    if found.st_nlink > 1 or not re.fullmatch(rb"[0-9]* *", content) or len(content) > _WIDTH:
        raise OSError(errno.EEXIST, f"{path.name} exists and is not the lock file of a run. Move it away")


def holder(path: Path) -> str:
    """The process that holds a lock, in words.

    >>> holder(Path("no such file"))
    'another process'
    """
    try:
        number = path.read_text("ascii").strip()
    except (OSError, ValueError):
        number = ""
    return f"process {number}" if number.isdigit() else "another process"
