"""A running job reports its step and the time left on a terminal, in a log, or as JSON."""

import io
import json
import re
import time
from pathlib import Path

import pytest

from linkage.cli.main import main
from linkage.run.forecast import Forecast, Size, expected_bytes, expected_seconds
from linkage.run.progress import JsonLines, Lines, Progress, Terminal, seconds_left, shown
from tests.small_town import town

FILES = ["--patients", str(town.PATIENTS), "--deaths", str(town.DEATHS), "--encounters", *map(str, town.ENCOUNTERS)]
STEPS = list(expected_seconds(Size(1, 1, 1)))
FORECAST = Forecast(Size(2, 1), {"read": 40.0}, 10**9, {"ssn": 7}, {"R1": 3}, {"ssn": ((5, 1),)})
COST = {"expected": {"seconds": 2.0, "memory_bytes": 10**9}, "found": {"seconds": 3.0, "memory_bytes": 2 * 10**9}}


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


LEFT = [
    # expected, done, step, seconds in it, seconds left; reason
    ({"a": 10, "b": 10}, {}, "a", 0, 20, "nothing is seen yet, so that the forecast stands"),
    ({"a": 10, "b": 10}, {"a": 10}, "b", 4, 6, "all goes as expected"),
    ({"a": 10, "b": 10}, {"a": 22}, "b", 0, 20, "twice as slow so far, and so will be the rest"),
    ({"a": 10, "b": 10}, {}, "a", 22, 20, "a step that overruns lengthens what follows, and is never said to be past"),
    ({"a": 10}, {"forecast": 5}, "a", 4, 6, "a step that nobody expected says nothing of the others"),
    ({}, {}, "a", 4, None, "nothing is known"),
]


@pytest.mark.parametrize(("expected", "done", "step", "running", "left", "reason"), LEFT, ids=[r[-1] for r in LEFT])
def test_the_time_left_is_what_is_expected_at_the_pace_that_is_seen(
    expected: dict[str, float], done: dict[str, float], step: str, running: float, left: float | None, reason: str
) -> None:
    found = seconds_left(expected, done, step, running)
    assert found == (left if left is None else pytest.approx(left, abs=1.0))


def test_the_estimate_grows_with_every_part_of_a_job() -> None:
    small = Size(10, 10, 10)
    for larger in (Size(10**6, 10, 10), Size(10, 10**6, 10), Size(10, 10, 10**6)):
        assert sum(expected_seconds(larger).values()) > sum(expected_seconds(small).values())
        assert expected_bytes(larger) > expected_bytes(small)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The TERM value of most terminals."""
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_that_cannot_rewrite_a_line_gets_plain_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with shown(False, False, Screen()) as progress:
        assert type(progress) is Lines


def test_a_terminal_has_one_line_that_is_gone_at_the_end() -> None:
    screen = Screen()
    with shown(False, False, screen) as progress:
        assert isinstance(progress, Terminal)
        progress.expect({"read": 100.0, "block": 20.0})
        progress.begin("read")
        progress.end("read", 100.0)
        progress.begin("block")
        deadline = time.monotonic() + 30
        while screen.getvalue().count("block (2 of 2)") < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        progress.end("block", 20.0)
        progress.finish(COST)
    written = screen.getvalue().split("\r\x1b[K")
    # The machine may be slow.
    assert re.fullmatch(r"read \(1 of 2\), \d+ s so far, about [12] min left", written[1])
    assert any(re.fullmatch(r"block \(2 of 2\), \d+ s so far, about \d+ s left", line) for line in written)
    assert written[-2] == "linkage: done in 3.0 s and 2.0 GB of memory.\n"
    assert written[-1] == ""
    assert screen.getvalue().count("\n") == 1


def test_a_log_has_a_plain_line_for_every_step() -> None:
    log = io.StringIO()
    with shown(False, False, log) as progress:
        assert type(progress) is Lines
        progress.begin("read")
        progress.end("read", 1.26)
        progress.foresee(FORECAST)
        progress.finish(COST)
    assert "\r" not in log.getvalue()
    first, *others = log.getvalue().splitlines()
    assert first == "linkage: read: 1.3 s"
    assert "  ssn: 7 (largest blocks, patients x deaths: 5 x 1)" in others
    assert "  R1: 3" in others
    assert others[-1].startswith("linkage: done in 3.0 s")


def test_json_has_an_object_on_every_line() -> None:
    log = io.StringIO()
    with shown(True, True, log) as progress:
        assert isinstance(progress, JsonLines)
        progress.begin("read")
        progress.end("read", 1.5)
        progress.foresee(FORECAST)
        progress.finish(COST)
    events = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["event"] for line in events] == ["step_began", "step_ended", "forecast", "finished"]
    assert (events[1]["step"], events[1]["seconds"], events[2]["pairs_by_rule"]) == ("read", 1.5, {"R1": 3})
    assert events[3]["found"] == COST["found"]


def test_a_quiet_job_hears_and_says_nothing() -> None:
    screen = Screen()
    with shown(True, False, screen) as progress:
        assert type(progress) is Progress
        progress.begin("read")
        progress.end("read", 1.0)
        progress.foresee(FORECAST)
        progress.finish(COST)
    assert screen.getvalue() == ""


def test_a_dry_run_states_pairs_and_largest_blocks_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "above" / "out"
    assert main(["run", *FILES, "--output", str(out), "--dry-run", "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("52 patients, 51 deaths, 54 encounters.\nExpected: about ")
    assert "  ssn: 29 (largest blocks, patients x deaths: 2 x 1, 1 x 2)\n" in said.out
    assert "  R1: 21\n" in said.out
    assert said.out.endswith("This was a dry run: nothing is linked or written.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_refuses_what_the_run_would_refuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.tex").write_text("five years of work")
    assert main(["run", *FILES, "--output", str(tmp_path), "--dry-run"]) == 1
    assert "thesis.tex" in capsys.readouterr().err


def test_a_large_job_says_what_it_will_cost_and_keeps_how_right_that_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linkage.run.prepare.LARGE", 100)
    assert main(["run", *FILES, "--output", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().err
    assert "linkage: forecast: " in said
    assert "  last_name+birth_date: 32\n" in said
    cost = json.loads((tmp_path / "out" / "manifest.json").read_text())["cost"]
    assert cost["expected"]["pairs_by_key"] == {"first_name+last_name": 31, "ssn": 29, "last_name+birth_date": 32}
    assert cost["expected"]["pairs_by_rule"]["R2"] == 32
    assert set(cost["found"]) == {"seconds", "memory_bytes"}
    assert all(found > 0 for found in cost["found"].values())


def test_progress_and_errors_are_json_where_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *FILES, "--output", str(tmp_path / "out"), "--log-json", "--quiet"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["step"] for line in events if line["event"] == "step_ended"] == STEPS
    assert events[-1]["event"] == "finished"
    assert main(["run", *FILES, "--output", str(tmp_path / "out"), "--log-json", "--rules", "none"]) == 1
    notice, error = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert notice["event"] == "notice"
    assert (error["event"], error["exit_code"]) == ("error", 1)
    assert error["message"].startswith("none: no such rule file")
