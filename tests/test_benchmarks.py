"""The evaluation of benchmark measurements: excluded contenders, growth of costs, and rounds."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.contenders import THIS_TOOLKIT, Contender, contenders
from benchmarks.measure import Cost, Quality, cost
from benchmarks.registries import files
from benchmarks.run import judged, left_out
from benchmarks.table import Measured, Row, growth, table, where_time_goes

GOOD = Quality(links=10, sensitivity=0.9, ppv=1.0)


def row(name: str, wall: float, peak: float) -> Row:
    return Row(name, [Cost(wall, wall, peak, 0)], GOOD, steps={"read": wall / 2})


MEASURED = [
    Measured("FEBRL 4: small", None, [row(THIS_TOOLKIT, 1, 50)]),
    Measured("Scale 0.1: tenth", 0.1, [row(THIS_TOOLKIT, 2, 100), row("peer", 1, 100)]),
    Measured("Scale 1: paper", 1.0, [row(THIS_TOOLKIT, 20, 100), Row("peer", why="left out from here on: memory")]),
]


def test_files_of_any_source_are_a_registry(tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text("patient_id,last_name,ssn\n1,LEE,123-4567\n2,,765-4321\n")
    (tmp_path / "deaths.csv").write_text(
        "death_id,last_name,ssn,death_date\n8,LEE,1234567,2001-02-03\n9,,,2001-02-04\n"
    )
    (tmp_path / "truth.csv").write_text("patient_id,death_id\n1,8\n")
    found = files(tmp_path)
    assert (found.truth, found.ssn_digits) == ({"1": frozenset({"8"})}, 7)
    assert found.patients["last_name"].tolist() == ["LEE", None]
    assert found.judge(pd.DataFrame({"patient_id": ["1", "2"], "death_id": ["8", "9"]})) == (1.0, 0.5)


def test_growth_is_the_exponent_of_the_number_of_records() -> None:
    lines = growth(MEASURED).splitlines()
    assert lines[0] == "| | time, 0.1 to 1 | memory, 0.1 to 1 |"
    assert lines[2:] == [f"| {THIS_TOOLKIT} | 1.00 | 0.00 |", "| peer |  |  |"]


def test_the_table_says_who_was_left_out_and_why() -> None:
    lines = table(MEASURED[2].rows).splitlines()
    assert lines[-1].startswith("| peer | left out from here on: memory |")
    assert lines[-1].count("|") == lines[0].count("|")
    assert "| 90.00% | 100.000% |" in lines[-2]


def test_steps_and_what_is_outside_of_them_add_up() -> None:
    lines = where_time_goes(MEASURED).splitlines()
    assert lines[2] == "| read | 0.50 | 1.00 | 10.00 |"
    assert lines[3].endswith("| 0.50 | 1.00 | 10.00 |")
    assert lines[4] == "| **all** | **1.00** | **2.00** | **20.00** |"


@pytest.mark.parametrize(
    ("contender", "scale", "why"),
    [
        (Contender("a", (), Path()), 10.0, ""),
        (Contender("a", (), Path(), until=1, why="too large"), 1.0, ""),
        (Contender("a", (), Path(), until=1, why="too large"), 10.0, "left out from here on: too large"),
        (Contender("a", (), Path(), until=1, why="too large"), None, ""),
        (Contender("a", (), Path(), lacks="Java"), 0.1, "not measured: Java is not installed"),
    ],
)
def test_who_cannot_finish_or_is_not_installed_is_left_out(contender: Contender, scale: float | None, why: str) -> None:
    assert left_out(contender, scale) == why


def test_a_process_is_measured_and_stopped_at_the_limit(tmp_path: Path) -> None:
    fills = f"b = bytearray(50 * 2**20); open({str(tmp_path / 'done')!r}, 'w').close()"
    done = cost([sys.executable, "-c", fills], log=tmp_path / "log", limit=60, environment={})
    assert done.exit_code == 0
    assert done.peak_mb > 50
    sleeps = [sys.executable, "-c", "import time; time.sleep(60)"]
    stopped = cost(sleeps, log=tmp_path / "log", limit=0.1, environment={})
    assert stopped.exit_code is None
    contender = Contender("a", (), tmp_path / "links.csv")
    assert judged(contender, [stopped], truth=set(), limit=0.1).why.startswith("not finished after 0.1 s")
    assert judged(contender, [Cost(1, 1, 1, 2)], truth=set(), limit=9).why == "failed, exit code 2"


def test_the_work_of_a_descendant_that_nobody_waits_for_counts(tmp_path: Path) -> None:
    marker = str(tmp_path / "done")
    works = f"import time\nwhile time.process_time() < 1: pass\nopen({marker!r}, 'w').close()\ntime.sleep(9)"
    # On a slow machine, too, it is checked after the work is done.
    leaves = (
        f"import os, subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {works!r}])\n"
        f"while not os.path.exists({marker!r}): time.sleep(0.1)\ntime.sleep(2)\nos._exit(0)"
    )
    done = cost([sys.executable, "-c", leaves], log=tmp_path / "log", limit=300, environment={})
    assert done.cpu_seconds > 0.5


def test_everybody_has_a_name_of_their_own() -> None:
    names = [contender.name for contender in contenders(Path(), Path())]
    assert len(names) == len(set(names))
    assert names[0] == THIS_TOOLKIT
