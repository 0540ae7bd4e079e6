"""The Spark session of a run: one opened by a notebook, a platform or spark-submit, or a new one.

A user's session is not changed: the run works in a second session on the same cluster, with separate
settings and table names. A session that the run has started is stopped at its end.
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
"""The Spark setting that names a folder which the driver and all workers can access."""
_PROBES = 16
"""Rows written to test a folder, each by a separate task."""

_SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.variable.substitute": "false",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.session.timeZone": "UTC",  # dates must not depend on the time zone of a machine
    # Rows of frequent values, such as a common name, are split over several tasks.
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.skewJoin.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.legacy.parquet.nanosAsLong": "true",  # otherwise Spark refuses to read nanoseconds
}
_OWN_SETTINGS = {
    "spark.app.name": "mortality linkage",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    # No checksum and _SUCCESS files: Hadoop starts a process (chmod) for each.
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
# For few rows, code generation and adaptive planning take longer than they save.
_SETTINGS_FOR_FEW = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.files.minPartitionNum": "1",
}
_PARTITIONS = "spark.sql.shuffle.partitions"
_PARTITIONS_FOR_FEW = 8
"""The most partitions for few rows in a session of others, whose usual number is 200: adaptive planning would merge
them."""
# One compiler has by default a code cache of 48 MB, which Spark fills; then the same methods are compiled repeatedly.
JAVA_FOR_FEW = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC -XX:MetaspaceSize=256m"
_HADOOP_DEFAULTS = ("core-default.xml", "mapred-default.xml", "yarn-default.xml")
_JAVA_OF_LINUX = "-Djdk.lang.Process.launchMechanism=VFORK"  # the fastest way to start a process
# Logs would quote values. A null appender is needed because Spark uses its defaults if there is no appender, and the
# gateway logger because the gateway sets the root level to its own.
_NO_LOG = """rootLogger.level = off
rootLogger.appenderRef.none.ref = none
appender.none.type = Null
appender.none.name = none
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = off
"""


@dataclass(frozen=True)
class Opened:
    """A session to work in, a folder that all its workers can access, and whether the run started the session."""

    session: "SparkSession"
    folder: Path
    scratch: Scratch
    is_own: bool

    def close(self) -> None:
        """Cancel running jobs, remove the folder, and stop the session if the run has started it."""
        if self.is_own:
            self.session.stop()
        else:
            self.session.interruptAll()
            if _is_remote(self.session):  # `stop` would also stop the user's server on this machine
                self.session.client.release_session()
                self.session.client.close()
        self.scratch.remove()


def open_session(
    memory: str | None, threads: int | None, given: "SparkSession | None" = None, few: bool = False
) -> Opened:
    """Open a second session on the cluster of the given or active one, or a new one on this machine with `memory` and
    `threads`, configured for `few` rows if so: settings of Java only in a new session.

    Raises EngineError when Spark or Java is missing. Raises InputError when files written by workers cannot be read
    here, or when memory or threads are given for an active session, which has its own.
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
        raise InputError("A Spark session is active, with its own memory and threads. Leave memory and threads out.")
    shared = _shared_folder(active)
    scratch = Scratch(shared)
    opened = Opened(_settled(beside(active), _for_few(active) if few else {}), scratch.path, scratch, is_own)
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
    """Check that workers can write into the folder, and that this process can read what they wrote.

    Raises InputError.
    """
    probe = opened.folder / "probe"
    try:
        opened.session.range(0, _PROBES, 1, _PROBES).write.parquet(probe.as_uri())
        seen = sum(read_metadata(part).num_rows for part in probe.glob("*.parquet"))
    except refusals() as problem:
        if not re.search("Permission denied|Mkdirs failed|not a directory|No such file", str(problem)):
            raise
        seen = 0
    except OSError:  # written, but not readable here
        seen = 0
    if seen < _PROBES:
        raise InputError(
            f"{opened.folder.parent} ({SCRATCH}) is not one folder for this process and the workers of the Spark"
            f" session: of {_PROBES} rows that they wrote, {seen} can be read here. Name a folder that all of them can"
            " access by this path, and run the workers (with Spark Connect, also its server) as the user of this run."
        )
    shutil.rmtree(probe, ignore_errors=True)


def refusals() -> tuple[type[Exception], ...]:
    """The exceptions of Spark."""
    from pyspark.errors import PySparkException

    try:
        from py4j.protocol import Py4JError
    except ImportError:  # a pure client of Spark Connect has no py4j
        return (PySparkException,)
    return PySparkException, Py4JError


def beside(session: "SparkSession") -> "SparkSession":
    """A second session on the cluster of the user's session, with separate settings and tables.

    Raises EngineError if Spark Connect is too old for this.
    """
    import pyspark

    try:
        return session.newSession()
    except NotImplementedError:  # PySpark's own error is a subclass
        raise EngineError(
            f"Spark Connect of PySpark {pyspark.__version__} cannot open a second session, which is needed to separate"
            " the tables and settings of a run from yours. Use PySpark 4.3 or newer, or a session without Spark"
            " Connect: spark-submit, or a notebook on the cluster itself."
        ) from None


def _settled(session: "SparkSession", more: Mapping[str, str] | None = None) -> "SparkSession":
    for name, value in {**_SETTINGS, **(more or {})}.items():
        session.conf.set(name, value)
    return session


def _for_few(session: "SparkSession") -> dict[str, str]:
    """The settings for few rows in a session of others. Fewer partitions than the limit are kept."""
    theirs = session.conf.get(_PARTITIONS, "") or ""
    fewest = min(int(theirs), _PARTITIONS_FOR_FEW) if theirs.isdigit() else _PARTITIONS_FOR_FEW  # or "auto"
    return {**_SETTINGS_FOR_FEW, _PARTITIONS: str(fewest)}


def _shared_folder(session: "SparkSession") -> Path | None:
    named = session.conf.get(SCRATCH, None)
    if named:
        return Path(named.removeprefix("file:"))
    is_here = "SPARK_LOCAL_REMOTE" in os.environ or not _is_remote(session)
    if is_here and (session.conf.get("spark.master", "") or "").startswith(("local[", "local")):
        return None
    raise InputError(
        "The workers of this Spark session may be on other machines. Name a folder that all of them and the driver can"
        f' access (NFS, DBFS, a volume): spark.conf.set("{SCRATCH}", "/mnt/shared/scratch"). It holds the tables of a'
        " run, readable by their owner only, until the run ends."
    )


def _started(memory: str | None, threads: int | None, few: bool) -> Opened:
    """Start a new session on this machine."""
    from pyspark.sql import SparkSession

    require_threads(threads)
    given = {"spark.driver.memory": java_size(memory)} if memory else {}
    require_java()
    scratch = Scratch()
    builder = SparkSession.builder
    for name, value in (_own_settings(scratch.path, threads, few) | given).items():
        builder = builder.config(name, value)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # so that the workers have this package too
    try:
        with stderr_on_failure(scratch.path / "java.txt"):
            session = builder.getOrCreate()
    except Exception as problem:  # from Java, the gateway or PySpark
        scratch.remove()
        raise EngineError(
            f"Spark could not be started ({type(problem).__name__}). See the output of Java above."
        ) from None
    session.sparkContext.setLogLevel("OFF")
    return Opened(_settled(session, _SETTINGS_FOR_FEW if few else {}), scratch.path, scratch, is_own=True)


def _own_settings(folder: Path, threads: int | None, few: bool) -> dict[str, str]:
    log = folder / "log4j2.properties"
    log.write_text(_NO_LOG, "utf-8")
    cores = threads or os.cpu_count() or 1
    java = [f"-Dlog4j2.configurationFile={log}", *([_JAVA_OF_LINUX] if sys.platform == "linux" else [])]
    few_settings = {"spark.driver.extraClassPath": str(no_hadoop_defaults(folder / "hadoop"))} if few else {}
    return (
        _OWN_SETTINGS
        | few_settings
        | {
            "spark.master": f"local[{threads or '*'}]",
            _PARTITIONS: str(cores if few else 4 * cores),
            "spark.local.dir": str(folder),
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.driver.extraJavaOptions": " ".join([*java, *([JAVA_FOR_FEW] if few else [])]),
        }
    )


def no_hadoop_defaults(folder: Path) -> Path:
    """Make a folder that, at the front of Java's class path, replaces Hadoop's files of default values by empty ones.

    Spark copies these 1,100 values for each table that is read or written, and for each task. They are of file systems
    and clusters that a session on local files does not use; the code of Hadoop knows the defaults that it does use.
    """
    folder.mkdir()
    for name in _HADOOP_DEFAULTS:
        (folder / name).write_text("<configuration/>\n", "utf-8")
    return folder


@contextmanager
def stderr_on_failure(path: Path) -> Iterator[None]:
    """Redirect the standard error of processes started in the block to a file, and print it if the block fails."""
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
    """Whether spark-submit or an environment variable of PySpark specifies where Spark runs."""
    return "PYSPARK_GATEWAY_PORT" in os.environ or "--master" in os.environ.get("PYSPARK_SUBMIT_ARGS", "")
