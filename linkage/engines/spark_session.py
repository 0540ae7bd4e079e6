"""The Spark session of a run: the one that a notebook, a platform or spark-submit has opened, or one of its own.

Whoever has a session keeps it as it is: a run works in a session beside it, which shares its cluster but
neither its settings nor its names. A session that a run has started ends with it.
"""

import logging
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from linkage.errors import EngineError, InputError
from linkage.scratch import Scratch

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA_AT_LEAST = 17
SCRATCH = "spark.linkage.scratch"
"""The setting of a session that names a folder which the driver and all workers see."""

_SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.variable.substitute": "false",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.session.timeZone": "UTC",  # a day must not depend on where a machine stands
    # Values that many rows share, such as a common name, are split over several tasks.
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.skewJoin.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
_OWN_SETTINGS = {
    "spark.app.name": "mortality linkage",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
# A log would quote values. The gateway would set the level of all others to its own.
_NO_LOG = """rootLogger.level = off
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = off
"""


@dataclass(frozen=True)
class Opened:
    """A session to work in, a folder that all its workers see, and whether both end with the run."""

    session: "SparkSession"
    folder: Path
    scratch: Scratch
    is_own: bool

    def close(self) -> None:
        """Remove the folder, and stop the session if the run has started it."""
        if self.is_own:
            self.session.stop()
        self.scratch.remove()


def open_session(memory: str | None, threads: int | None) -> Opened:
    """A session beside the active one, or a new one on this machine with some memory and threads.

    Raises EngineError when Spark or Java is missing, and InputError when an active session is to be
    given memory or threads, which it already has.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise EngineError(
            'PySpark is not installed. engine = "spark" needs it: pip install "mortality-linkage[spark]".'
        ) from None
    # Spark logs the text of what fails, with its values.
    logging.getLogger("SQLQueryContextLogger").disabled = True
    active, is_own = SparkSession.getActiveSession(), False
    if active is None and _is_submitted():
        active, is_own = SparkSession.builder.getOrCreate(), True
    if active is None:
        return _started(memory, threads)
    if memory or threads:
        raise InputError("memory and threads are those of the Spark session that is active. Leave them out.")
    scratch = Scratch(_shared_folder(active))
    return Opened(_settled(active.newSession()), scratch.path, scratch, is_own)


def _settled(session: "SparkSession") -> "SparkSession":
    for name, value in _SETTINGS.items():
        session.conf.set(name, value)
    return session


def _shared_folder(session: "SparkSession") -> Path | None:
    named = session.conf.get(SCRATCH, None)
    if named:
        return Path(named.removeprefix("file:"))
    if (session.sparkContext.master or "").startswith("local"):
        return None
    raise InputError(
        "The workers of this Spark session may be on other machines. Name a folder that all of them and the driver see"
        f' (NFS, DBFS, a volume): spark.conf.set("{SCRATCH}", "/mnt/shared/scratch"). The tables of a run stand there,'
        " readable by their owner alone, until it ends."
    )


def _started(memory: str | None, threads: int | None) -> Opened:
    """A session of the run's own, on this machine."""
    from pyspark.sql import SparkSession

    if threads is not None and threads < 1:
        raise InputError(f"threads = {threads} is not a number of cores. Give 1 or more.")
    settings = dict(_OWN_SETTINGS)
    if memory:
        settings["spark.driver.memory"] = _java_size(memory)
    require_java()
    scratch = Scratch()
    log = scratch.path / "log4j2.properties"
    log.write_text(_NO_LOG, "utf-8")
    settings |= {
        "spark.master": f"local[{threads or '*'}]",
        "spark.sql.shuffle.partitions": str(4 * (threads or os.cpu_count() or 1)),
        "spark.local.dir": str(scratch.path),
        "spark.sql.warehouse.dir": str(scratch.path / "warehouse"),
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={log}",
    }
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the workers' Python has this package too
    try:
        session = builder.getOrCreate()
    except Exception as problem:  # of many kinds: Java's, the gateway's, PySpark's
        scratch.remove()
        raise EngineError(f"Spark could not be started ({type(problem).__name__}).") from None
    session.sparkContext.setLogLevel("OFF")
    return Opened(_settled(session), scratch.path, scratch, is_own=True)


def _is_submitted() -> bool:
    """Whether spark-submit, or a variable of PySpark, has said where Spark is to run."""
    return "PYSPARK_GATEWAY_PORT" in os.environ or "--master" in os.environ.get("PYSPARK_SUBMIT_ARGS", "")


def _java_size(memory: str) -> str:
    """A size as Java writes it.

    >>> _java_size("4GB"), _java_size("1.5 GB"), _java_size("512MiB")
    ('4000m', '1500m', '512m')
    """
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
