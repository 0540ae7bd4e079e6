"""The Java that Spark runs on: whether it is there, and how it is told of memory."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from linkage.errors import EngineError, InputError
from linkage.system.limits import megabytes

JAVA_AT_LEAST = 17


def java_size(memory: str) -> str:
    """A size as Java writes it. Raises InputError.

    >>> java_size("4GB"), java_size("1.5 GB"), java_size("512MiB")
    ('4000m', '1500m', '512m')
    """
    megabytes(memory)  # refuses what no machine has
    match = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?) *([MGT])I?B", memory.strip().upper())
    if not match:
        raise InputError(f"memory = {memory!r} is not a size. Write it as 4GB.")
    return f"{int(float(match[1]) * {'M': 1, 'G': 1000, 'T': 1_000_000}[match[2]])}m"


def require_java() -> None:
    """Refuse a machine without the Java that Spark runs on.

    Raises EngineError, saying what was found and what to do.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    found = _java_version(java) if java else None
    if found is None or found < JAVA_AT_LEAST:
        told = f"Java {found} in {java}" if found else f"no working Java ({java})" if java else "no Java"
        raise EngineError(
            f"Spark needs Java {JAVA_AT_LEAST} or newer. Found: {told}. Install it, or let JAVA_HOME name its folder."
            " On Debian and Ubuntu: apt-get install default-jre-headless."
        )


def _java_version(java: str) -> int | None:
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(?:1[.])?([0-9]+)', told.stderr + told.stdout)
    return int(match[1]) if match else None
