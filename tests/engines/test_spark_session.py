"""Missing prerequisites of Spark are reported before any work, with instructions."""

import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.engines.spark import java as spark_java
from linkage.engines.spark import session as spark_session
from linkage.errors import EngineError
from linkage.run.prepare import open_engine
from linkage.sources.make_source import as_source
from linkage.sources.source import Source
from linkage.system.scratch import Scratch
from tests.small_town.town import link_town


def java(folder: Path, script: str) -> Path:
    """A Java home whose `java` prints the given version."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(stat.S_IRWXU)
    return folder


JAVAS = [
    # behavior of `java -version`, expected message
    ("echo 'openjdk version \"1.8.0_402\"' >&2", r"Spark needs Java 17 or newer\. Found: Java 8 in .*bin/java\."),
    ("echo 'openjdk version \"11.0.22\" 2024' >&2", r"Found: Java 11 in "),
    ("exit 127", r"Found: no working Java \(.*bin/java\)\. Install it, or set JAVA_HOME to its folder\."),
]


@pytest.mark.parametrize(("script", "words"), JAVAS, ids=["8", "11", "broken"])
def test_a_java_that_is_too_old_or_broken_is_named(
    script: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "home", script)))
    with pytest.raises(EngineError, match=words):
        spark_java.require_java()


def test_without_java_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"Found: no Java\. Install it, .* apt-get install default-jre-headless\."):
        spark_java.require_java()


def test_a_new_enough_java_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "home", "echo 'openjdk version \"21\" 2023-09-19' >&2")))
    spark_java.require_java()


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(EngineError, match=r'PySpark is not installed.*pip install "mortality-linkage\[spark\]"'):
        link_town(engine="spark")


@pytest.mark.parametrize(
    ("options", "words"),
    [({"memory": "much"}, "memory = 'much' is not a size"), ({"threads": 0}, "threads = 0 is not")],
)
def test_settings_of_the_machine_that_mean_nothing_are_refused(
    options: dict[str, object], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_session, "require_java", lambda: None)
    with pytest.raises(linkage.InputError, match=words):
        spark_session.open_session(**{"memory": None, "threads": None} | options)


class Remote:
    """A session whose workers write to a file system that this process does not see."""

    def newSession(self) -> None:  # noqa: N802  # Spark's name
        raise NotImplementedError

    def range(self, *_: int) -> Any:
        return self

    @property
    def write(self) -> Any:
        return self

    def parquet(self, path: str) -> None:
        assert path.startswith("file:///")


def test_a_folder_in_which_nothing_of_the_workers_is_seen_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="PySpark is not installed: its warnings cannot be tested")
    scratch = Scratch(tmp_path)
    opened: Any = spark_session.Opened(Remote(), scratch.path, scratch, is_own=False)
    with pytest.raises(linkage.InputError, match=r"of 16 rows that they wrote, 0 can be read here\. Name a folder"):
        spark_session.require_shared(opened)


def test_where_spark_connect_opens_no_second_session_the_error_says_what_does() -> None:
    pytest.importorskip("pyspark", reason="PySpark is not installed: its version cannot be determined")
    with pytest.raises(EngineError, match=r"cannot open a second session.*Use PySpark 4\.3 or newer, or"):
        spark_session.beside(Remote())


class Settings(dict[str, str]):
    """The settings of a session."""

    set = dict.__setitem__


@pytest.mark.parametrize(("theirs", "used"), [("200", "8"), ("2", "2"), ("auto", "8")])
def test_few_rows_need_few_partitions_in_a_session_of_others(theirs: str, used: str) -> None:
    session = SimpleNamespace(conf=Settings({"spark.sql.shuffle.partitions": theirs}))
    assert spark_session._for_few(session)["spark.sql.shuffle.partitions"] == used


@pytest.mark.parametrize(("rows", "few"), [(299_998, True), (299_999, False), (None, False)])
def test_a_session_is_set_up_for_few_rows_if_few_are_known(
    rows: int | None, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of a table of a database or a frame of Spark are not counted in advance."""
    opened = []
    monkeypatch.setattr("linkage.engines.spark.engine.SparkEngine", lambda *_, few: opened.append(few))
    frame = pd.DataFrame({"patient_id": range(rows)}) if rows else SimpleNamespace()
    death = pd.DataFrame({"death_id": [1]})
    open_engine("spark", None, None, [Source("patients", frame=frame), Source("deaths", frame=death)])
    assert opened == [few]


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_a_frame_of_spark_is_for_the_spark_engine(engine: str) -> None:
    frame = type("DataFrame", (), {"columns": ["patient_id"], "__module__": "pyspark.sql.classic.dataframe"})()
    with pytest.raises(linkage.InputError, match=r"^patients: this is a Spark data frame\. Use engine = \"spark\", or"):
        linkage.link(frame, frame, engine=engine)


def test_a_frame_of_pandas_on_spark_is_taken_as_the_frame_behind_it() -> None:
    behind = type("DataFrame", (), {"columns": ["patient_id"], "__module__": "pyspark.sql.classic.dataframe"})()
    frame = type("DataFrame", (), {"to_spark": lambda _: behind, "__module__": "pyspark.pandas.frame"})()
    assert as_source(frame).frame is behind


def start(folder: Path, said: bytes, fails: bool) -> None:
    with spark_session.stderr_on_failure(folder / "java.txt"):
        os.write(2, said)
        if fails:
            raise OSError("no gateway")


def test_what_java_says_is_heard_only_when_it_does_not_start(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    start(tmp_path, b"WARNING: nothing to worry about", fails=False)
    assert capfd.readouterr().err == ""
    with pytest.raises(OSError, match="no gateway"):
        start(tmp_path, b"Invalid maximum heap size", fails=True)
    assert capfd.readouterr().err == "Invalid maximum heap size"
