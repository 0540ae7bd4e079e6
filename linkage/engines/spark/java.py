"""The Java installation that Spark needs: its version, and sizes in Java's notation."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from linkage.errors import EngineError, InputError
from linkage.system.limits import megabytes

JAVA_AT_LEAST = 17


def java_size(memory: str) -> str:
    """A size in Java's notation. Raises InputError.

    >>> java_size("4GB"), java_size("1.5 GB"), java_size("512MiB")
    ('4000m', '1500m', '512m')
    """
    megabytes(memory)  # refuses sizes above the limit
    match = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?) *([MGT])I?B", memory.strip().upper())
    if not match:
        raise InputError(f"memory = {memory!r} is not a size. Give a number and a unit, such as 4GB.")
    return f"{int(float(match[1]) * {'M': 1, 'G': 1000, 'T': 1_000_000}[match[2]])}m"


def require_java() -> None:
    """Check that the machine has the Java that Spark needs.

    Raises EngineError that says what was found and what to do.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    found = _java_version(java) if java else None
    if found is None or found < JAVA_AT_LEAST:
        what = f"Java {found} in {java}" if found else f"no working Java ({java})" if java else "no Java"
        raise EngineError(
            f"Spark needs Java {JAVA_AT_LEAST} or newer. Found: {what}. Install it, or set JAVA_HOME to its folder."
            " On Debian and Ubuntu: apt-get install default-jre-headless."
        )


def _java_version(java: str) -> int | None:
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(?:1[.])?([0-9]+)', done.stderr + done.stdout)
    return int(match[1]) if match else None
