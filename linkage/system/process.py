"""Protect the identifiers in the memory of the process: they must not be printed or left on the disk.

Python's messages quote values. An unexpected error is therefore reported by its type and place only. Signals
end a run as an error does, and its files are removed.
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
"""Options of Linux `prctl`: whether this process may leave a core dump or be traced."""
_STOPPED = "stopped. Unfinished output was removed; finished output is complete."


@contextmanager
def private_process() -> Iterator[list[int]]:
    """Keep the data of this process private within a `with` block; yields the list of signals received.

    Files are readable by their owner only, a crash leaves no core dump, and warnings and errors in other threads
    are printed without values.
    """
    received: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        received.append(number)
        raise KeyboardInterrupt

    mask = os.umask(0o077)
    core = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, core[1]))
    # The limit has no effect where the system pipes core dumps to a program (core_pattern with a pipe).
    dumpable = _prctl(_GET_DUMPABLE)
    _prctl(_SET_DUMPABLE, 0)
    hooks = sys.unraisablehook, threading.excepthook
    sys.unraisablehook = threading.excepthook = _reported_without_values
    in_main = threading.current_thread() is threading.main_thread()
    # Signals that are ignored, such as SIGHUP under nohup, stay ignored.
    handled = [number for number in STOPPING if in_main and signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in handled}
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
    """Call Linux `prctl`; -1 where the system does not have it."""
    try:
        return int(ctypes.CDLL(None).prctl(question, value, 0, 0, 0))
    except (AttributeError, OSError):
        return -1


def ending(problem: BaseException, received: list[int], debug: bool = False) -> tuple[int, str]:
    """The exit code and the message of a command that ended with an error.

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
        return MENDABLE, "the machine has too little memory for this job. Limit the database's memory with --memory."
    if isinstance(problem, OSError):
        return MENDABLE, f"the system refused to read or write: {problem.strerror or type(problem).__name__}."
    if debug:
        return DEFECT, f"a defect of the toolkit.\n{stack(problem)}"
    message = f"a defect of the toolkit ({_kind(problem)}{_place(problem)})."
    return (
        DEFECT,
        f"{message} Run it again as linkage --debug ... and report the output, which contains no data values.",
    )


_PASSWORD = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:/{1,2})[^/@\s]*@")


def without_passwords(text: str) -> str:
    """Remove the user and password from server addresses in a text, because options and job files may contain them.

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
    """The stack trace of an error and of its causes, without their messages."""
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


def _reported_without_values(found: Any) -> None:
    if found.exc_value is not None and sys.stderr is not None:
        print(f"linkage: {_kind(found.exc_value)}{_place(found.exc_value)}", file=sys.stderr)


def _warned_without_values(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any, **__: Any
) -> None:
    path = "/".join(filename.split("/")[-2:])
    print(f"linkage: {category.__name__} at {path}, line {lineno}", file=sys.stderr)
