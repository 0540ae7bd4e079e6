"""One Spark application for all tests of Spark: a script that spark-submit has started on a standalone cluster.

It serves a session of the test process, then a client of Spark Connect, and at last it runs a user's script. They share
it because Spark takes most of the time of a small job to load and compile itself.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq

import linkage
from linkage.engines.spark.session import JAVA_FOR_FEW, SCRATCH, no_hadoop_defaults
from tests.small_town.town import DEATHS, ENCOUNTERS, PATIENTS, POLICY

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parent.parent.parent
WAIT = 120  # seconds to wait for a process to start
SCRIPT = """
import sys
from datetime import date
from pyspark.sql import SparkSession
import linkage

spark = SparkSession.builder.getOrCreate()
policy = linkage.MortalityPolicy(coverage_first=date(2014, 1, 1), coverage_last=date(2017, 6, 30))
patients, deaths, *stays = (spark.read.parquet(path) for path in sys.argv[2:])
with linkage.link(patients, deaths, encounters=stays, policy=policy, engine="spark") as run:
    run.write(sys.argv[1], format="parquet")
assert [row.name for row in spark.catalog.listTables()] == []
spark.stop()
"""
HOST = """
import os, runpy, sys, time
from pathlib import Path
from pyspark.sql import SparkSession

context = SparkSession.builder.getOrCreate().sparkContext
context.setLogLevel("OFF")
service = getattr(getattr(context._jvm.org.apache.spark.sql.connect.service, "SparkConnectService$"), "MODULE$")
_, begin, ports, *sys.argv = sys.argv
gateway = os.environ["PYSPARK_GATEWAY_PORT"], os.environ["PYSPARK_GATEWAY_SECRET"]
Path(ports).write_text(" ".join([str(service.server().getPort()), *gateway]), "utf-8")
print("Clients can connect.", flush=True)
parent = os.getppid()
while not Path(begin).exists():
    if os.getppid() != parent:
        sys.exit("The application was ended before its script began.")
    time.sleep(0.1)
runpy.run_path(sys.argv[0])
"""
"""Submitted to the master: it says how to reach it, and later runs the script."""

_LAZY = f"{JAVA_FOR_FEW} -Xmn256m"
"""Each statement runs once, so compiling it costs more than running it. A large new generation saves collections."""


def small(folder: Path) -> dict[str, str]:
    """The settings of a session for a few hundred people, whose workers can access a folder and this package."""
    hadoop = str(no_hadoop_defaults(folder / "hadoop"))
    return {
        "spark.driver.extraClassPath": hadoop,
        "spark.executor.extraClassPath": hadoop,
        "spark.driver.extraJavaOptions": _LAZY,
        "spark.executor.extraJavaOptions": _LAZY,
        "spark.executor.memory": "900m",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Nobody looks at plans and past jobs, which Spark describes and keeps even without its web pages.
        "spark.sql.ui.explainMode": "simple",
        "spark.sql.maxPlanStringLength": "100",
        "spark.sql.ui.retainedExecutions": "1",
        "spark.ui.retainedJobs": "1",
        "spark.ui.retainedStages": "1",
        "spark.driver.host": "127.0.0.1",
        # No checksum and _SUCCESS files: Hadoop starts a process for each.
        "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.executorEnv.PYTHONPATH": str(ROOT),
        SCRATCH: str(folder),
    }


def environment() -> dict[str, str]:
    """The environment variables of a process that runs Python."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable}


class Server:
    """A Spark process; its log shows when it has started."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.log = folder / f"{command[-1].rpartition('.')[2][:20]}-{time.monotonic_ns()}.log"
        java = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_JAVA_OPTS": JAVA_FOR_FEW}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment() | java)

    def said(self, pattern: str) -> str:
        """Wait for a text in the log and return it."""
        until = time.monotonic() + WAIT
        while not (found := re.search(pattern, self.log.read_text("utf-8"))):
            assert self.process.poll() is None, self.log.read_text("utf-8")[-2000:]
            assert time.monotonic() < until, f"it has not said {pattern}"
            time.sleep(0.1)
        return found[1]

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(WAIT)


def program(name: str) -> str:
    """The path of one of Spark's programs."""
    import pyspark

    return str(Path(pyspark.__file__).parent / "bin" / name)


@contextmanager
def standalone(folder: Path) -> Iterator[str]:
    """The address of a standalone master with two workers of one core."""
    ports = ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]
    with ExitStack() as servers:
        deploy = "org.apache.spark.deploy"
        head = servers.enter_context(Server(folder, program("spark-class"), f"{deploy}.master.Master", *ports))
        address = head.said("Starting Spark master at (spark://[0-9.:]+)")
        for number in ("1", "2"):
            own = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / number)]
            worker = Server(folder, program("spark-class"), f"{deploy}.worker.Worker", *ports, *own, address)
            servers.enter_context(worker).said("(Successfully registered with master)")
        yield address


class Application(Server):
    """The submitted application, with the script and its output folder."""

    def __init__(self, folder: Path, master: str, town: list[str]) -> None:
        self.begin, self.out, self._ports = folder / "begin", folder / "submitted", folder / "ports"
        settings = small(folder) | {
            "spark.master": master,
            "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
            "spark.connect.grpc.binding.port": "0",
        }
        options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
        host, script = folder / "host.py", folder / "script.py"
        host.write_text(HOST, "utf-8")
        script.write_text(SCRIPT, "utf-8")
        files = map(str, (host, self.begin, self._ports, script, self.out))
        super().__init__(folder, program("spark-submit"), *options, *files, *town)

    @property
    def ports(self) -> list[str]:
        """The port of Spark Connect, and the port and secret of the gateway for Python."""
        self.said("Clients can (connect)")
        return self._ports.read_text("utf-8").split()

    @contextmanager
    def session(self) -> "Iterator[SparkSession]":
        """An active session of this process in the application, as a notebook of a platform has one."""
        from pyspark import SparkConf, SparkContext
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession

        names = ("PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET")
        os.environ.update(zip(names, self.ports[1:], strict=True))
        gateway: Any = launch_gateway()  # connects to the application
        for name in names:
            del os.environ[name]
        os.environ["PYSPARK_PYTHON"] = sys.executable
        java = gateway.jvm.JavaSparkContext(gateway.jvm.org.apache.spark.SparkContext.getOrCreate())
        context = SparkContext(gateway=gateway, jsc=java, conf=SparkConf(_jconf=java.getConf()))
        yield SparkSession(context)
        context._jsc = None  # leave the application without stopping it
        context.stop()
        gateway.close()
        SparkContext._gateway = SparkContext._jvm = SparkSession._instantiatedSession = None


def town_as_parquet(folder: Path) -> list[str]:
    """The files of the small town as Parquet."""
    for file in (PATIENTS, DEATHS, *ENCOUNTERS):
        pd.read_csv(file, dtype="string").to_parquet(folder / f"{file.stem}.parquet", index=False)
    return [str(folder / f"{file.stem}.parquet") for file in (PATIENTS, DEATHS, *ENCOUNTERS)]


def assert_as_by_duckdb(out: Path, town: list[str], folder: Path) -> None:
    """The tables of a run are those of DuckDB."""
    patients, deaths, *stays = (pd.read_parquet(file) for file in town)
    with linkage.link(patients, deaths, encounters=stays, policy=POLICY) as run:
        run.write(folder / "expected", "parquet")
    for expected in sorted((folder / "expected").glob("*.parquet")):
        parts = sorted((out / expected.name).iterdir())
        assert pq.read_table(expected).to_pylist() == [row for part in parts for row in pq.read_table(part).to_pylist()]
