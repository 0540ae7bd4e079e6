"""Write the files of a report as one unit, so that a folder never has files of two reports.

The files are written into a temporary folder. Once they are on the disk, a rename marks them as complete; then the
files of the old report are removed, and the new ones are moved into place. If the process is killed in between, the
next report finishes this.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from linkage.errors import OutputError
from linkage.run.output import REPORT_FILES

WRITING, READY = ".report.writing", ".report.ready"
"""The names of the temporary folder while files are being written, and when they are complete."""


def put_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files of a report into a folder, readable by their owner only. `texts` maps file names to contents.

    Raises OutputError when they cannot be written, or when the temporary folder contains other files.
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
    """Move complete files into place, after removing all files of the old report.

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
    """Remove a temporary folder that a killed process left behind."""
    if not folder.exists():
        return
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in REPORT_FILES)
    if foreign:
        raise OutputError(f"{folder} contains {foreign[0]}, which no report has written. Move it away and try again.")
    shutil.rmtree(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
