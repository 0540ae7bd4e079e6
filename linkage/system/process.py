"""The process of a command: it holds identifiers, so nothing of its memory may be printed or left behind.

Python's own words for what went wrong quote values. Here a fault that nobody foresaw is told by its
type and place alone, and signals end a run the way an error does, with its files cleared away.
"""

import ctypes
import os
import re
import resource
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from linkage.errors import LinkageError

if TYPE_CHECKING:
    import traceback

DONE, MENDABLE, DEFECT = 0, 1, 3
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GET_DUMPABLE, _SET_DUMPABLE = 3, 4
"""What `prctl` of Linux is asked: whether this process may leave an image of its memory, or be looked into."""
_STOPPED = "stopped. Unfinished output was removed; finished output is whole."


@contextmanager
def private_process() -> Iterator[list[int]]:
    """Keep what this process holds to its owner, while in a `with` block; yields the signals received.

    Files are made for their owner alone, a crash leaves no image of the memory, and no warning and no
    fault in another thread is printed with its values.
    """
    received: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        received.append(number)
        raise KeyboardInterrupt

    mask = os.umask(0o077)
    core = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, core[1]))
    # The limit says nothing to a system that hands images to a program (core_pattern with a pipe).
    dumpable = _prctl(_GET_DUMPABLE)
    _prctl(_SET_DUMPABLE, 0)
    hooks = sys.unraisablehook, threading.excepthook
    sys.unraisablehook = threading.excepthook = _told_without_values
    in_main = threading.current_thread() is threading.main_thread()
    # What is ignored, as hanging up is under nohup, stays ignored.
    heard = [number for number in STOPPING if in_main and signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warned_without_values
            yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook, threading.excepthook = hooks
        if dumpable == 1:
            _prctl(_SET_DUMPABLE, 1)
        resource.setrlimit(resource.RLIMIT_CORE, core)
        os.umask(mask)


def _prctl(question: int, value: int = 0) -> int:
    """Ask or tell the system about this process; -1 where there is no such question."""
    try:
        return int(ctypes.CDLL(None).prctl(question, value, 0, 0, 0))
    except (AttributeError, OSError):
        return -1


def ending(problem: BaseException, received: list[int], debug: bool = False) -> tuple[int, str]:
    """The exit code of a command that a fault has ended, and what it says.

    >>> ending(KeyError("a name"), [])[1].partition(".")[0]
    'a defect of the toolkit (KeyError)'
    >>> ending(LinkageError("Map it."), [])
    (1, 'Map it.')
    """
    if received or isinstance(problem, KeyboardInterrupt):
        return 128 + (received or [signal.SIGINT])[0], _STOPPED
    if isinstance(problem, LinkageError):
        return MENDABLE, str(problem)
    if isinstance(problem, MemoryError):
        return MENDABLE, "the machine has too little memory for this job. Give the database a limit with --memory."
    if isinstance(problem, OSError):
        return MENDABLE, f"the system refused to read or write: {problem.strerror or type(problem).__name__}."
    if debug:
        return DEFECT, f"a defect of the toolkit.\n{stack(problem)}"
    told = f"a defect of the toolkit ({_kind(problem)}{_place(problem)})."
    return DEFECT, f"{told} Run it again as linkage --debug ... and report what it says: it quotes no value."


_PASSWORD = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:/{1,2})[^/@\s]*@")


def without_passwords(text: str) -> str:
    """A text in which no address of a server tells its user and password, as an option or a job file may hold one.

    >>> without_passwords("no such file: postgresql://ann:secret@host/database")
    'no such file: postgresql://...@host/database'
    """
    return _PASSWORD.sub(r"\1...@", text)


def error_line(code: int, said: str) -> str:
    """An error as one JSON object, for programs.

    >>> error_line(1, "Map it.")
    '{"event": "error", "exit_code": 1, "message": "Map it."}'
    """
    import json

    return json.dumps({"event": "error", "exit_code": code, "message": said})


def stack(problem: BaseException) -> str:
    """Where a fault and those that led to it arose, without a word of what they say."""
    import traceback

    lines = []
    cause: BaseException | None = problem
    while cause is not None:
        lines += [f"  {_named(frame)}" for frame in traceback.extract_tb(cause.__traceback__)]
        lines.append(_kind(cause))
        cause = cause.__cause__ or cause.__context__
    return "\n".join(lines)


def _kind(problem: BaseException) -> str:
    return type(problem).__name__


def _place(problem: BaseException) -> str:
    import traceback

    frames = traceback.extract_tb(problem.__traceback__)
    return f" at {_named(frames[-1])}" if frames else ""


def _named(frame: "traceback.FrameSummary") -> str:
    path = "/".join(frame.filename.split("/")[-2:])
    return f"{path}, line {frame.lineno}, in {frame.name}"


def _told_without_values(found: Any) -> None:
    if found.exc_value is not None and sys.stderr is not None:
        print(f"linkage: {_kind(found.exc_value)}{_place(found.exc_value)}", file=sys.stderr)


def _warned_without_values(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any, **__: Any
) -> None:
    path = "/".join(filename.split("/")[-2:])
    print(f"linkage: {category.__name__} at {path}, line {lineno}", file=sys.stderr)
