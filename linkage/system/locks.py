"""A lock that dies with its process: how a run knows that a folder is in use, or that its owner was killed.

The system lets go of the lock when the process ends, however it ends, so nothing has to be cleared
away by hand after a crash.
"""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file that this process holds."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Remove the file and let go of it, in this order, so that nobody else's lock is removed."""
        self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


def take_lock(path: Path) -> Lock | None:
    """Lock a file, made if need be; None when another process holds it.

    Raises OSError when the file cannot be made or its file system knows no locks.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     first = take_lock(Path(folder) / "lock")
    ...     second = take_lock(Path(folder) / "lock")
    ...     first.release()
    >>> second is None
    True
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:
            os.close(descriptor)
            raise
        if _is_named(path, descriptor):
            os.truncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
            return Lock(path, descriptor)
        # Its last holder removed the file between our opening and our locking it.
        os.close(descriptor)


def _is_named(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def holder(path: Path) -> str:
    """The process that holds a lock, in words.

    >>> holder(Path("no such file"))
    'another process'
    """
    try:
        number = path.read_text("ascii")
    except (OSError, ValueError):
        number = ""
    return f"process {number}" if number.isdigit() else "another process"
