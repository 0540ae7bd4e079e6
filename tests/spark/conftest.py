"""A Spark cluster of two worker processes on this machine, shared by these tests."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from linkage.engines.spark.java import require_java
from linkage.engines.spark.session import JAVA_FOR_FEW, SCRATCH
from linkage.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ROOT = Path(__file__).parent.parent.parent


_LAZY = f"{JAVA_FOR_FEW} -Xmn256m"
"""Each statement runs once, so compiling it costs more than running it. A large new generation saves collections."""


def small(folder: Path) -> dict[str, str]:
    """The settings of a session for a few hundred people, whose workers can access a folder and this package."""
    return {
        "spark.driver.extraJavaOptions": _LAZY,
        "spark.executor.extraJavaOptions": _LAZY,
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
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.executorEnv.PYTHONPATH": str(ROOT),
        SCRATCH: str(folder),
    }


@pytest.fixture(scope="session")
def java() -> None:
    """Skip, except in CI, the tests that need Java if it is missing."""
    if "CI" not in os.environ:
        try:
            require_java()
        except EngineError as problem:
            pytest.skip(str(problem))


@pytest.fixture(scope="session")
def cluster(java: None, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[SparkSession]":
    """An active session on two workers with one core each, which share the same folders."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local-cluster[2,1,1024]")
    for name, value in small(tmp_path_factory.mktemp("spark")).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()
