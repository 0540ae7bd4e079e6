"""What Spark needs and does not find is told before any work, with what to do."""

import stat
import sys
from pathlib import Path

import pytest

import linkage
from linkage.engines import spark_session
from linkage.errors import EngineError
from tests.small_town.town import link_town


def java(folder: Path, told: str) -> Path:
    """A home of a Java that says of itself what it is told to."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{told}\n")
    program.chmod(stat.S_IRWXU)
    return folder


JAVAS = [
    # what `java -version` does, and what is told of it
    ("echo 'openjdk version \"1.8.0_402\"' >&2", r"Spark needs Java 17 or newer\. Found: Java 8 in .*bin/java\."),
    ("echo 'openjdk version \"11.0.22\" 2024' >&2", r"Found: Java 11 in "),
    ("exit 127", r"Found: no working Java \(.*bin/java\)\. Install it, or let JAVA_HOME name its folder\."),
]


@pytest.mark.parametrize(("told", "words"), JAVAS, ids=["8", "11", "broken"])
def test_a_java_that_is_too_old_or_broken_is_named(
    told: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "home", told)))
    with pytest.raises(EngineError, match=words):
        spark_session.require_java()


def test_a_machine_without_java_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"Found: no Java\. Install it, .* apt-get install default-jre-headless\."):
        spark_session.require_java()


def test_a_new_enough_java_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "home", "echo 'openjdk version \"21\" 2023-09-19' >&2")))
    spark_session.require_java()


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
        spark_session.open_session(**{"memory": None, "threads": None} | options)  # type: ignore[arg-type]
