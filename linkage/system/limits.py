"""Upper bounds on what a job may request, so that a typing error gives a clear message. No realistic job reaches
them."""

import os
import re
from pathlib import Path

from linkage.errors import InputError, LinkageError

MOST_COLUMNS = 10_000
MOST_THREADS = max(256, os.cpu_count() or 1)
MOST_BYTES = 4_000_000
"""The largest size of a rule file or a job file."""
_UNITS = {"KB": 1e-3, "MB": 1.0, "GB": 1e3, "TB": 1e6, "KIB": 1.024e-3, "MIB": 1.048576, "GIB": 1073.741824}
_UNITS["TIB"] = 1024 * _UNITS["GIB"]
_MOST_MEGABYTES = 1e9


def require_threads(threads: int | None) -> None:
    """Refuse a number of threads below 1 or above `MOST_THREADS`. None means the engine's default.

    Raises InputError.

    >>> require_threads(0)
    Traceback (most recent call last):
    linkage.errors.InputError: threads = 0 is not a number of cores. Give 1 or more.
    """
    if threads is not None and threads < 1:
        raise InputError(f"threads = {threads} is not a number of cores. Give 1 or more.")
    if threads is not None and threads > MOST_THREADS:
        raise InputError(
            f"threads = {threads} is too many: at most {MOST_THREADS}. Give the number of cores of the machine, or"
            " leave it out."
        )


def megabytes(memory: str) -> float:
    """The size in megabytes (10**6 bytes) given by a text such as "4GB".

    Raises InputError for a text that is not a size, or a size above 1000 TB.

    >>> megabytes("4GB"), megabytes("1 GiB")
    (4000.0, 1073.741824)
    """
    shown = memory if len(memory) <= 40 else f"{memory[:36]}..."
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]I?B)", memory.strip().upper())
    if found is None:
        raise InputError(f"memory = {shown!r} is not a size. Give a number and a unit, such as 4GB.")
    size = float(found[1]) * _UNITS[found[2]]
    if size > _MOST_MEGABYTES:
        raise InputError(
            f"memory = {shown!r} is more than 1000TB. Give the memory that the process may use, such as 4GB."
        )
    return size


def read_small(path: Path, error: type[LinkageError]) -> bytes:
    """The bytes of a rule file or job file. Raises OSError, and `error` for a file of more than `MOST_BYTES`."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise error(
            f"{path.name} has more than {MOST_BYTES:,} bytes, the most that a rule file or job file may have. Is it the"
            " right file?"
        )
    return content
