"""Writing the files of a report as one unit: whoever looks finds all of one report, or none beside an older one.

The files are written into a folder of their own. Once they are on the disk, one rename says that they are complete; the
files of the old report go, and then the new ones take their place. A report that is killed in between never leaves
files of two reports side by side, and the next one finishes what it began.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from linkage.errors import OutputError
from linkage.run.output import REPORT_FILES

WRITING, READY = ".report.writing", ".report.ready"
"""The folder of files that are being written, and its name once they are complete."""


def put_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files of a report, by name, into a folder, readable by their owner alone.

    Raises OutputError when they cannot be written, or where somebody else's files lie in the way.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        finish(folder)
        writing = folder / WRITING
        _clear(writing)
        writing.mkdir(mode=0o700)
        for name, text in texts.items():
            with open(writing / name, "w", encoding="utf-8", opener=_private) as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        writing.rename(folder / READY)
        finish(folder)
    except OSError as problem:
        raise OutputError(f"{folder} cannot be written: {problem.strerror}.") from None


def finish(folder: Path) -> None:
    """Put files that are complete in their place: first all of the old report go, so that no two lie side by side.

    Raises OSError.
    """
    ready = folder / READY
    if not ready.is_dir():
        return
    pending = [name for name in REPORT_FILES if (ready / name).exists()]
    for name in pending:
        (folder / name).unlink(missing_ok=True)
    for name in pending:
        (ready / name).rename(folder / name)
    _clear(ready)


def _clear(folder: Path) -> None:
    """Remove a folder of ours that a killed report has left."""
    if not folder.exists():
        return
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in REPORT_FILES)
    if foreign:
        raise OutputError(f"{folder} holds {foreign[0]}, which no report has written. Move it away, and try again.")
    shutil.rmtree(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
