"""The Spark session of a run: the one that a notebook, a platform or spark-submit has opened, or one of its own.

Whoever has a session keeps it as it is: a run works in a session beside it, which shares its cluster but
neither its settings nor its names. A session that a run has started ends with it.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyarrow.parquet import read_metadata

from linkage.engines.spark.java import java_size, require_java
from linkage.errors import EngineError, InputError
from linkage.system.limits import require_threads
from linkage.system.scratch import Scratch

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SCRATCH = "spark.linkage.scratch"
"""The setting of a session that names a folder which the driver and all workers see."""
_PROBES = 16
"""Rows by which a folder is tried, each in a task of its own."""

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
    "spark.sql.legacy.parquet.nanosAsLong": "true",  # which Spark would otherwise refuse to read at all
}
_OWN_SETTINGS = {
    "spark.app.name": "mortality linkage",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # Files without check sums and marks of success, each of which Hadoop makes with a process of its own (chmod).
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
# Few rows are read sooner than machine code is made for them, or a plan is made anew for what has been seen of them.
_SETTINGS_FOR_FEW = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.files.minPartitionNum": "1",
}
_JAVA_FOR_FEW = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:MetaspaceSize=256m"
_JAVA_OF_LINUX = "-Djdk.lang.Process.launchMechanism=VFORK"  # the cheapest way to make a process
# A log would quote values. Without an appender Spark would take its own settings; the gateway would set the level of
# all others to its own.
_NO_LOG = """rootLogger.level = off
rootLogger.appenderRef.none.ref = none
appender.none.type = Null
appender.none.name = none
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
        """End the jobs of a run that was stopped, remove the folder, and stop the session if the run has started it."""
        if self.is_own:
            self.session.stop()
        else:
            self.session.interruptAll()
            if _is_remote(self.session):  # its `stop` would also end a server that the user has on this machine
                self.session.client.release_session()
                self.session.client.close()
        self.scratch.remove()


def open_session(
    memory: str | None, threads: int | None, given: "SparkSession | None" = None, few: bool = False
) -> Opened:
    """A session beside the one that is given or active, or a new one on this machine with some memory and threads,
    which may be made for `few` rows.

    Raises EngineError when Spark or Java is missing, or what workers write is not seen here, and InputError when
    an active session is to be given memory or threads, which it already has.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise EngineError(
            'PySpark is not installed. engine = "spark" needs it: pip install "mortality-linkage[spark]".'
        ) from None
    active, is_own = given or _active(), False
    if active is None and _is_submitted():
        active, is_own = SparkSession.builder.getOrCreate(), True
    if active is None:
        return _started(memory, threads, few)
    if memory or threads:
        raise InputError("memory and threads are those of the Spark session that is active. Leave them out.")
    shared = _shared_folder(active)
    scratch = Scratch(shared)
    opened = Opened(_settled(beside(active)), scratch.path, scratch, is_own)
    if shared:
        try:
            require_shared(opened)
        except BaseException:
            opened.close()
            raise
    return opened


def _active() -> "SparkSession | None":
    """The session of this thread, or else of this process."""
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    try:
        return SparkSession.active()
    except PySparkRuntimeError:
        return None


def _is_remote(session: "SparkSession") -> bool:
    """Whether it is a session of Spark Connect, which has no JVM here."""
    return type(session).__module__.startswith("pyspark.sql.connect.")


def require_shared(opened: Opened) -> None:
    """Refuse a folder into which workers cannot write, or of which this process does not see what they wrote."""
    probe = opened.folder / "probe"
    try:
        opened.session.range(0, _PROBES, 1, _PROBES).write.parquet(probe.as_uri())
        seen = sum(read_metadata(part).num_rows for part in probe.glob("*.parquet"))
    except refusals() as problem:
        if not re.search("Permission denied|Mkdirs failed|not a directory|No such file", str(problem)):
            raise
        seen = 0
    except OSError:  # written, and not to be read
        seen = 0
    if seen < _PROBES:
        raise InputError(
            f"{opened.folder.parent} ({SCRATCH}) is not one folder for this process and the workers of the Spark"
            f" session: of {_PROBES} rows that they wrote, {seen} can be read here. Name a folder that all of them see"
            " by this path, and let the workers (with Spark Connect, also its server) run as the user who runs this."
        )
    shutil.rmtree(probe, ignore_errors=True)


def refusals() -> tuple[type[Exception], ...]:
    """How Spark says that it could not do something."""
    from pyspark.errors import PySparkException

    try:
        from py4j.protocol import Py4JError
    except ImportError:  # a client of Spark Connect alone has no Java
        return (PySparkException,)
    return PySparkException, Py4JError


def beside(session: "SparkSession") -> "SparkSession":
    """A session beside somebody's own: on the same cluster, with neither its settings nor its tables.

    Raises EngineError where Spark Connect is too old to open one.
    """
    import pyspark

    try:
        return session.newSession()
    except NotImplementedError:  # what PySpark says is one too
        raise EngineError(
            f"Spark Connect of PySpark {pyspark.__version__} cannot open a session beside yours, which would keep the"
            " tables and settings of a run apart from yours. Use PySpark 4.3 or newer, or a session that is not of"
            " Spark Connect: spark-submit, or a notebook on the cluster itself."
        ) from None


def _settled(session: "SparkSession", more: Mapping[str, str] | None = None) -> "SparkSession":
    for name, value in {**_SETTINGS, **(more or {})}.items():
        session.conf.set(name, value)
    return session


def _shared_folder(session: "SparkSession") -> Path | None:
    named = session.conf.get(SCRATCH, None)
    if named:
        return Path(named.removeprefix("file:"))
    is_here = "SPARK_LOCAL_REMOTE" in os.environ or not _is_remote(session)
    if is_here and (session.conf.get("spark.master", "") or "").startswith(("local[", "local")):
        return None
    raise InputError(
        "The workers of this Spark session may be on other machines. Name a folder that all of them and the driver see"
        f' (NFS, DBFS, a volume): spark.conf.set("{SCRATCH}", "/mnt/shared/scratch"). The tables of a run stand there,'
        " readable by their owner alone, until it ends."
    )


def _started(memory: str | None, threads: int | None, few: bool) -> Opened:
    """A session of the run's own, on this machine."""
    from pyspark.sql import SparkSession

    require_threads(threads)
    given = {"spark.driver.memory": java_size(memory)} if memory else {}
    require_java()
    scratch = Scratch()
    builder = SparkSession.builder
    for name, value in (_own_settings(scratch.path, threads, few) | given).items():
        builder = builder.config(name, value)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the workers' Python has this package too
    try:
        with told_on_failure(scratch.path / "java.txt"):
            session = builder.getOrCreate()
    except Exception as problem:  # of many kinds: Java's, the gateway's, PySpark's
        scratch.remove()
        raise EngineError(
            f"Spark could not be started ({type(problem).__name__}). What Java said stands above."
        ) from None
    session.sparkContext.setLogLevel("OFF")
    return Opened(_settled(session, _SETTINGS_FOR_FEW if few else {}), scratch.path, scratch, is_own=True)


def _own_settings(folder: Path, threads: int | None, few: bool) -> dict[str, str]:
    log = folder / "log4j2.properties"
    log.write_text(_NO_LOG, "utf-8")
    cores = threads or os.cpu_count() or 1
    java = [f"-Dlog4j2.configurationFile={log}", *([_JAVA_OF_LINUX] if sys.platform == "linux" else [])]
    return _OWN_SETTINGS | {
        "spark.master": f"local[{threads or '*'}]",
        "spark.sql.shuffle.partitions": str(cores if few else 4 * cores),
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.extraJavaOptions": " ".join([*java, *([_JAVA_FOR_FEW] if few else [])]),
    }


@contextmanager
def told_on_failure(path: Path) -> Iterator[None]:
    """Keep what processes that are started here say of themselves in a file, and say it when starting fails."""
    stderr = os.dup(2)
    with path.open("wb") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    except BaseException:
        os.write(stderr, path.read_bytes())
        raise
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def _is_submitted() -> bool:
    """Whether spark-submit, or a variable of PySpark, has said where Spark is to run."""
    return "PYSPARK_GATEWAY_PORT" in os.environ or "--master" in os.environ.get("PYSPARK_SUBMIT_ARGS", "")
