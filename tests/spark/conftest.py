"""A Spark application on a standalone cluster of this machine, shared by these tests, which run in one process."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from linkage.engines.spark.java import require_java
from linkage.errors import EngineError
from tests.spark.application import Application, standalone, town_as_parquet

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def java() -> None:
    """Skip, except in CI, the tests that need Java if it is missing."""
    if "CI" not in os.environ:
        try:
            require_java()
        except EngineError as problem:
            pytest.skip(str(problem))


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The files of the small town as Parquet."""
    return town_as_parquet(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="session")
def application(java: None, town: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """An application on two workers with one core each, which share the same folders."""
    with (
        standalone(tmp_path_factory.mktemp("standalone")) as master,
        Application(tmp_path_factory.mktemp("application"), master, town) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def cluster(application: Application) -> "Iterator[SparkSession]":
    """An active session of this process in the application."""
    with application.session() as session:
        yield session
