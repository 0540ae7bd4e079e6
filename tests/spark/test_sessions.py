"""A ten-line script runs in users' sessions: spark-submit on a standalone cluster, and Spark Connect."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import linkage
from linkage.engines.spark.session import JAVA_FOR_FEW
from tests.small_town.town import DEATHS, ENCOUNTERS, PATIENTS, POLICY
from tests.spark.conftest import ROOT, small

pytestmark = pytest.mark.slow
pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed: Spark is not tested")

BIN = Path(pyspark.__file__).parent / "bin"
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


@pytest.fixture(scope="module")
def master(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a standalone master with two workers of one core."""
    folder = tmp_path_factory.mktemp("standalone")
    start, ports = [str(BIN / "spark-class")], ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]
    with ExitStack() as servers:
        head = servers.enter_context(Server(folder, *start, "org.apache.spark.deploy.master.Master", *ports))
        address = head.said("Starting Spark master at (spark://[0-9.:]+)")
        for number in ("1", "2"):
            own = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / number)]
            worker = Server(folder, *start, "org.apache.spark.deploy.worker.Worker", *ports, *own, address)
            servers.enter_context(worker).said("(Successfully registered with master)")
        yield address


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The files of the small town as Parquet."""
    folder = tmp_path_factory.mktemp("town")
    for file in (PATIENTS, DEATHS, *ENCOUNTERS):
        pd.read_csv(file, dtype="string").to_parquet(folder / f"{file.stem}.parquet", index=False)
    return [str(folder / f"{file.stem}.parquet") for file in (PATIENTS, DEATHS, *ENCOUNTERS)]


HOST = """
import runpy, sys, time
from pathlib import Path
from pyspark.sql import SparkSession

connect = SparkSession.builder.getOrCreate()._jvm.org.apache.spark.sql.connect
service = getattr(getattr(connect.service, "SparkConnectService$"), "MODULE$")
print(f"Clients connect to port {service.server().getPort()}.", flush=True)
_, begin, *sys.argv = sys.argv
while not Path(begin).exists():
    time.sleep(0.1)
runpy.run_path(sys.argv[0])
"""
"""Submitted to the master: it first serves clients of Spark Connect, and then runs the script. So both tests use one
application, because Spark takes most of the time of a small job to load and compile itself."""


class Application(Server):
    """The submitted application, with the script and its output folder."""

    def __init__(self, folder: Path, master: str, town: list[str]) -> None:
        self.port, self.begin, self.out = "", folder / "begin", folder / "submitted"
        settings = small(folder) | {
            "spark.executor.memory": "900m",
            "spark.master": master,
            "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
            "spark.connect.grpc.binding.port": "0",
        }
        options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
        host, script = folder / "host.py", folder / "script.py"
        host.write_text(HOST, "utf-8")
        script.write_text(SCRIPT, "utf-8")
        files = map(str, (host, self.begin, script, self.out))
        super().__init__(folder, str(BIN / "spark-submit"), *options, *files, *town)


@pytest.fixture(scope="module")
def application(master: str, town: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    with Application(tmp_path_factory.mktemp("application"), master, town) as running:
        running.port = running.said("Clients connect to port ([0-9]+)")
        yield running


def assert_as_by_duckdb(out: Path, town: list[str], folder: Path) -> None:
    """The tables of a run are those of DuckDB."""
    patients, deaths, *stays = (pd.read_parquet(file) for file in town)
    with linkage.link(patients, deaths, encounters=stays, policy=POLICY) as run:
        run.write(folder / "expected", "parquet")
    for expected in sorted((folder / "expected").glob("*.parquet")):
        parts = sorted((out / expected.name).iterdir())
        assert pq.read_table(expected).to_pylist() == [row for part in parts for row in pq.read_table(part).to_pylist()]


def test_the_script_runs_by_spark_connect(application: Application, town: list[str], tmp_path: Path) -> None:
    pytest.importorskip("grpc", reason="grpc is not installed: Spark Connect is not tested")
    script, out = tmp_path / "script.py", tmp_path / "out"
    script.write_text(SCRIPT, "utf-8")
    remote = {"SPARK_REMOTE": f"sc://127.0.0.1:{application.port}"}
    command = [sys.executable, str(script), str(out), *town]
    done = subprocess.run(command, capture_output=True, text=True, env=environment() | remote)
    assert done.returncode == 0, done.stderr[-3000:]
    assert_as_by_duckdb(out, town, tmp_path)


def test_the_same_script_is_submitted_to_a_master_with_two_workers(
    application: Application, town: list[str], tmp_path: Path
) -> None:
    """The application ends with the script."""
    application.begin.touch()
    assert application.process.wait() == 0, application.log.read_text("utf-8")[-3000:]
    assert_as_by_duckdb(application.out, town, tmp_path)
