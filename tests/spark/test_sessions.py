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


class Server:
    """A Spark process; its log shows when it has started."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.log = folder / f"{command[-1].rpartition('.')[2][:20]}-{time.monotonic_ns()}.log"
        environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
        environment["SPARK_DAEMON_JAVA_OPTS"] = JAVA_FOR_FEW
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

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


def options(folder: Path, master: str) -> list[str]:
    settings = small(folder) | {"spark.executor.memory": "512m", "spark.master": master}
    return [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]


def run_script(folder: Path, command: list[str], town: list[str], **variables: str) -> None:
    """Run the script, and compare its output with DuckDB's links."""
    script, out = folder / "script.py", folder / "out"
    script.write_text(SCRIPT, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable, **variables}
    done = subprocess.run([*command, str(script), str(out), *town], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    patients, deaths, *stays = (pd.read_parquet(file) for file in town)
    with linkage.link(patients, deaths, encounters=stays, policy=POLICY) as run:
        run.write(folder / "expected", "parquet")
    for expected in sorted((folder / "expected").glob("*.parquet")):
        parts = sorted((out / expected.name).iterdir())
        assert pq.read_table(expected).to_pylist() == [row for part in parts for row in pq.read_table(part).to_pylist()]


def test_a_script_is_submitted_to_a_master_with_two_workers(master: str, town: list[str], tmp_path: Path) -> None:
    run_script(tmp_path, [str(BIN / "spark-submit"), *options(tmp_path, master)], town)


def test_the_same_script_runs_by_spark_connect(master: str, town: list[str], tmp_path: Path) -> None:
    pytest.importorskip("grpc", reason="grpc is not installed: Spark Connect is not tested")
    serve = [
        "--class",
        "org.apache.spark.sql.connect.service.SparkConnectServer",
        "--conf",
        "spark.connect.grpc.binding.port=0",
    ]
    with Server(tmp_path, str(BIN / "spark-submit"), *options(tmp_path, master), *serve, "spark-internal") as server:
        port = server.said(r"Spark Connect server started at: .*?:([0-9]+)")
        run_script(tmp_path, [sys.executable], town, SPARK_REMOTE=f"sc://127.0.0.1:{port}")
