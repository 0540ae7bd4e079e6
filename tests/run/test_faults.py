"""If a job fails, the user reads why, the last good output is complete, and no files are left behind."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from linkage.cli.main import main
from linkage.errors import EngineError
from linkage.run.output import claim_output
from tests.small_town import town

ROOT = Path(__file__).parent.parent.parent
FILES = ["--patients", str(town.PATIENTS), "--deaths", str(town.DEATHS), "--encounters", *map(str, town.ENCOUNTERS)]

# The command, with an error when it creates the Nth table.
FAULTY = """
import os, signal, sys
import linkage.cli.main as cli
from linkage.engines.duck.engine import DuckDBEngine
create, tables = DuckDBEngine.create, []
def met(engine, name, select):
    tables.append(name)
    if len(tables) == int(sys.argv[1]):
        if sys.argv[2] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        print("now", flush=True)
        engine.rows("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range + b.range) = 0")
    return create(engine, name, select)
DuckDBEngine.create = met
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup, which is inherited
sys.exit(cli.main(sys.argv[3:]))
"""


class Place:
    """An output folder and a folder for scratch folders."""

    def __init__(self, parent: Path) -> None:
        self.out, self.scratch = parent / "outputs" / "out", parent / "scratch"
        self.scratch.mkdir()
        self.environment = {**os.environ, "TMPDIR": str(self.scratch), "PYTHONPATH": str(ROOT)}

    def command(self, *options: str) -> list[str]:
        """`linkage run` over the small town."""
        return [sys.executable, "-m", "linkage", *self.arguments(*options)]

    def arguments(self, *options: str) -> list[str]:
        """The arguments of `linkage`."""
        return ["run", *FILES, "--output", str(self.out), "--quiet", *options]

    def start(self, command: list[str]) -> "subprocess.Popen[str]":
        """A command in a separate process."""
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def left(self) -> list[str]:
        """All files next to the output or in the folder for scratch folders."""
        beside = sorted(path.name for path in self.out.parent.iterdir()) if self.out.parent.exists() else []
        return beside + sorted(path.name for path in self.scratch.iterdir())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Folders of this test."""
    return Place(tmp_path)


def tables(folder: Path) -> dict[str, bytes]:
    """The bytes of each table of an output."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"}


def test_a_job_killed_at_any_step_leaves_nothing_after_the_next_one(place: Place) -> None:
    assert main(place.arguments()) == 0
    before = tables(place.out)
    for step in (1, 15, 30):
        killed = place.start([sys.executable, "-c", FAULTY, str(step), "kill", *place.arguments("--rules", "exact")])
        assert killed.communicate(timeout=120)[1] == ""
        assert killed.returncode == -signal.SIGKILL
        assert tables(place.out) == before
        assert len(place.left()) == 3, "the lock, the output and a scratch folder: whose owner is dead"
    done = place.start(place.command())
    assert done.communicate(timeout=120) == ("", "")
    assert place.left() == ["out"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_job_that_is_told_to_stop_does_so_within_a_statement_and_clears_up(place: Place, number: int) -> None:
    run = place.start([sys.executable, "-c", FAULTY, "5", "wait", *place.arguments()])
    assert run.stdout is not None
    assert run.stdout.readline() == "now\n"
    run.send_signal(number)
    said = run.communicate(timeout=120)[1]
    assert run.returncode == 128 + number
    assert said == "linkage: stopped. Unfinished output was removed; finished output is complete.\n"
    assert place.left() == []


def test_a_second_job_into_the_same_folder_is_refused_before_it_reads_anything(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    with claim_output(place.out):
        assert main(place.arguments()) == 1
        assert f"Another run or report (process {os.getpid()}) is writing to {place.out}" in capsys.readouterr().err
    assert main(place.arguments()) == 0


@pytest.mark.parametrize("format", ["csv.gz", "parquet"])
def test_a_disk_that_fills_up_while_tables_are_written_costs_no_earlier_output(place: Place, format: str) -> None:
    assert main(place.arguments("--rules", "exact")) == 0
    before = tables(place.out)

    def fill() -> None:
        # Maximum size of a file, to simulate a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))

    command = place.command("--format", format)
    run = subprocess.run(command, env=place.environment, preexec_fn=fill, capture_output=True, text=True, timeout=120)
    assert (run.returncode, run.stdout) == (1, "")
    assert "cannot be written: File too large" in run.stderr or "Is the disk full?" in run.stderr
    assert tables(place.out) == before
    assert place.left() == ["out"]


def test_a_full_disk_behind_standard_output_does_not_make_a_finished_run_fail(place: Place) -> None:
    command = [word for word in place.command() if word != "--quiet"]
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            command, env=place.environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120
        )
    assert run.returncode == 0
    assert "the output is written to" in run.stderr
    assert "but the summary could not be printed: No space left on device." in run.stderr


def test_a_memory_limit_that_is_too_small_is_named_with_the_option_that_raises_it(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(place.arguments("--memory", "2MB", "--threads", "1")) == 1
    assert capsys.readouterr().err == (
        "linkage: The memory limit is too small for this job. Give more with --memory.\n"
    )
    assert place.left() == []


def test_a_disk_too_small_for_scratch_files_is_not_called_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from linkage.engines.duck import engine as duck

    monkeypatch.setattr(duck, "SETTINGS", (*duck.SETTINGS, "SET max_temp_directory_size = '5MB'"))
    engine = duck.DuckDBEngine(memory="60MB", threads=1)
    with pytest.raises(EngineError, match="The disk is too small for the scratch files of this job"):
        engine.create("large", "SELECT hash(range) AS number FROM range(10000000) ORDER BY number")
    engine.close()


def test_no_memory_at_all_is_reported_in_a_sentence(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("linkage.job.job.link", fail)
    assert main(place.arguments()) == 1
    assert "the machine has too little memory for this job" in capsys.readouterr().err


def test_a_whole_file_system_is_not_replaced(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(place.arguments("--output", "/proc")) == 1
    assert "/proc" in capsys.readouterr().err


def test_a_report_that_was_killed_does_not_stand_in_the_way_of_the_next_run(place: Place) -> None:
    assert main(place.arguments()) == 0
    (place.out / "report.html.writing").write_text("half")
    assert main(place.arguments()) == 0
    assert not (place.out / "report.html.writing").exists()
