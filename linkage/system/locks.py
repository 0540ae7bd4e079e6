"""A lock that dies with its process: how a run knows that a folder is in use, or that its owner was killed.

The system lets go of the lock when the process ends, however it ends, so nothing has to be cleared
away by hand after a crash.
"""

import errno
import fcntl
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

_WIDTH = 20
"""A lock file holds the number of a process, and blanks up to here: so nothing has ever to be cut off."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file that this process holds."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Remove the file and let go of it, in this order, so that nobody else's lock is removed."""
        if _is_named(self.path, self.descriptor):
            self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


def take_lock(path: Path) -> Lock | None:
    """Lock a file, made if need be; None when another process holds it.

    Raises OSError when the file cannot be made or its file system knows no locks, and when a file of that name is no
    lock: a link, or something that holds more than the number of a process.

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
        # Its last holder removed the file between our opening and our locking it.
        os.close(descriptor)


def _is_named(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _require_lock_file(path: Path, descriptor: int) -> None:
    """Refuse to write into what another name leads to, or somebody else has made."""
    found = os.fstat(descriptor)
    told = os.pread(descriptor, _WIDTH + 1, 0) if stat.S_ISREG(found.st_mode) else b"?"
    if found.st_nlink > 1 or not re.fullmatch(rb"[0-9]* *", told) or len(told) > _WIDTH:
        raise OSError(errno.EEXIST, f"{path.name} is there, and is no lock of a run. Move it away")


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
