"""A ten-line script runs in users' sessions: by spark-submit on a standalone cluster, and by Spark Connect."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.spark.application import SCRIPT, Application, assert_as_by_duckdb, environment

pytestmark = pytest.mark.slow
pytest.importorskip("pyspark", reason="PySpark is not installed: Spark is not tested")


def test_the_script_runs_by_spark_connect(application: Application, town: list[str], tmp_path: Path) -> None:
    pytest.importorskip("grpc", reason="grpc is not installed: Spark Connect is not tested")
    script, out = tmp_path / "script.py", tmp_path / "out"
    script.write_text(SCRIPT, "utf-8")
    remote = {"SPARK_REMOTE": f"sc://127.0.0.1:{application.ports[0]}"}
    command = [sys.executable, str(script), str(out), *town]
    done = subprocess.run(command, capture_output=True, text=True, env=environment() | remote)
    assert done.returncode == 0, done.stderr[-3000:]
    assert_as_by_duckdb(out, town, tmp_path)


def test_the_same_script_is_submitted_to_a_master_with_two_workers(
    application: Application, town: list[str], tmp_path: Path
) -> None:
    """The application ends with the script, so this test is the last one of Spark."""
    application.begin.touch()
    assert application.process.wait() == 0, application.log.read_text("utf-8")[-3000:]
    assert_as_by_duckdb(application.out, town, tmp_path)
