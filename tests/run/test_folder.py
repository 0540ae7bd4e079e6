"""An output folder is replaced as a whole or not at all, by one run at a time, wherever a run is killed."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from linkage.errors import OutputError
from linkage.system.folder import claimed

ROOT = Path(__file__).parent.parent.parent
WHOLE = "whole"


def is_whole(folder: Path) -> bool:
    """Whether the folder has a manifest, as `output` checks."""
    return (folder / WHOLE).is_file()


def write(content: str) -> "Writer":
    """A function that writes three files."""
    return Writer(content)


class Writer:
    """Writes files, last the one that completes an output."""

    def __init__(self, content: str) -> None:
        self.content = content

    def __call__(self, folder: Path) -> None:
        for name in ("links", "outcomes", WHOLE):
            (folder / name).write_text(self.content)


def contents(folder: Path) -> set[str]:
    """The content of the three files."""
    return {(folder / name).read_text() for name in ("links", "outcomes", WHOLE)}


def replace(folder: Path, content: str) -> None:
    """One run."""
    with claimed(folder, is_whole) as put:
        put(write(content))


# Runs that get a signal at their Nth system call about files. At each of these moments, a crash
# could leave the disk in a different state. One process forks all runs, until one finishes.
KILLED = """
import itertools, os, signal, sys
from pathlib import Path
from linkage.system.folder import claimed

def run(parent, content):
    def write(folder):
        for name in ("links", "outcomes", "whole"):
            (folder / name).write_text(content)
    with claimed(parent / "out", lambda folder: (folder / "whole").is_file()) as put:
        put(write)

def met(parent, moment, number):
    calls = itertools.count()
    def at(event, _):
        if (event == "open" or event.startswith("os.")) and next(calls) == moment:
            os.kill(os.getpid(), number)
    sys.addaudithook(at)
    run(parent, "new")
    os._exit(0)

for moment in range(300):
    parent = Path(sys.argv[1], f"{moment:03}")
    parent.mkdir()
    run(parent, "old")
    child = os.fork()
    if not child:
        try:
            met(parent, moment, getattr(signal, sys.argv[2]))
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


def runs_killed(parent: Path, how: str) -> list[Path]:
    """The folders of runs that were killed, each a moment later than the previous one; the last run finished."""
    subprocess.run([sys.executable, "-c", KILLED, str(parent), how], cwd=ROOT, check=True, timeout=120)
    return sorted(parent.iterdir())


def test_a_kill_at_any_moment_lets_the_next_run_put_the_last_good_output_back(tmp_path: Path) -> None:
    found = []
    for parent in runs_killed(tmp_path, "SIGKILL"):
        with claimed(parent / "out", is_whole):
            found.append(contents(parent / "out"))
            assert {path.name for path in parent.iterdir()} == {"out", ".out.lock"}
        assert [path.name for path in parent.iterdir()] == ["out"]
    assert len(found) > 20
    assert all(content in ({"old"}, {"new"}) for content in found)
    assert (found[0], found[-1]) == ({"old"}, {"new"})


def test_an_interrupt_at_any_moment_leaves_an_output_whole_at_once(tmp_path: Path) -> None:
    found = [contents(parent / "out") for parent in runs_killed(tmp_path, "SIGINT")]
    assert len(found) > 20
    assert all(content in ({"old"}, {"new"}) for content in found)


def test_a_kill_between_the_two_renames_brings_the_last_good_output_back(tmp_path: Path) -> None:
    replace(tmp_path / "out", "old")
    (tmp_path / "out").rename(tmp_path / ".out.old")
    (tmp_path / ".out.writing").mkdir()
    with claimed(tmp_path / "out", is_whole):
        assert contents(tmp_path / "out") == {"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_made_after_a_crash_does_not_cost_the_last_good_output(tmp_path: Path) -> None:
    replace(tmp_path / "out", "old")
    (tmp_path / "out").rename(tmp_path / ".out.old")
    (tmp_path / "out").mkdir()
    with claimed(tmp_path / "out", is_whole):
        assert contents(tmp_path / "out") == {"old"}


def test_a_second_run_into_the_same_folder_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    with claimed(tmp_path / "out", is_whole) as put:
        with (
            pytest.raises(OutputError, match=rf"report \(process {os.getpid()}\) is writing to .*out\. Wait"),
            claimed(tmp_path / "out", is_whole),
        ):
            pass
        put(write("first"))
    replace(tmp_path / "out", "second")
    assert contents(tmp_path / "out") == {"second"}


def test_a_folder_beside_may_be_written_at_the_same_time(tmp_path: Path) -> None:
    with claimed(tmp_path / "one", is_whole) as put, claimed(tmp_path / "two", is_whole) as put_too:
        put(write("1"))
        put_too(write("2"))
    assert contents(tmp_path / "one") == {"1"}
    assert contents(tmp_path / "two") == {"2"}


@pytest.mark.parametrize("umask", [0, 0o777])
def test_files_on_their_way_are_readable_by_their_owner_alone(tmp_path: Path, umask: int) -> None:
    seen = []
    before = os.umask(umask)
    try:
        with claimed(tmp_path / "out", is_whole) as put:
            put(lambda folder: seen.append(folder.stat().st_mode & 0o777))
            assert (tmp_path / ".out.lock").stat().st_mode & 0o077 == 0
    finally:
        os.umask(before)
    assert seen == [0o700]


@contextmanager
def without_rights() -> Iterator[None]:
    """Run as a user who is subject to permissions, unlike root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_cannot_be_written_is_refused_and_said_so(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with without_rights(), pytest.raises(OutputError, match=r"out cannot be written: Permission denied"):
        replace(closed / "out", "new")
    assert list(closed.iterdir()) == []


def test_a_fault_while_writing_leaves_the_last_output_and_nothing_else(tmp_path: Path) -> None:
    replace(tmp_path / "out", "old")

    def fail(folder: Path) -> None:
        (folder / "links").write_text("half")
        raise OSError(28, "No space left on device")

    with (
        pytest.raises(OutputError, match=r"cannot be written: No space left on device\. The last output is untouched"),
        claimed(tmp_path / "out", is_whole) as put,
    ):
        put(fail)
    assert contents(tmp_path / "out") == {"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def folder_of_theirs(path: Path) -> None:
    """A folder with another user's file."""
    path.mkdir()
    (path / "thesis.txt").write_text("years of work")


def link_of_theirs(path: Path) -> None:
    """A link to such a folder."""
    folder_of_theirs(path.with_name("kept"))
    path.symlink_to(path.with_name("kept"))


THEIRS = [folder_of_theirs, link_of_theirs, lambda path: path.write_text("a file")]


@pytest.mark.parametrize("name", [".out.old", ".out.writing"])
@pytest.mark.parametrize("make", THEIRS, ids=["folder", "link", "file"])
@pytest.mark.parametrize("earlier", [False, True])
def test_what_somebody_else_has_under_a_name_that_runs_use_is_left_alone(
    tmp_path: Path, name: str, make: Callable[[Path], None], earlier: bool
) -> None:
    if earlier:
        replace(tmp_path / "out", "before")
    make(tmp_path / name)
    with pytest.raises(OutputError, match=rf"{name}, beside .*/out, was not made by a run\."):
        replace(tmp_path / "out", "after")
    assert (tmp_path / name).is_file() or (tmp_path / name / "thesis.txt").read_text() == "years of work"
    assert (tmp_path / "out").exists() is earlier
    (tmp_path / name).rename(tmp_path / "moved")
    replace(tmp_path / "out", "after")
    assert contents(tmp_path / "out") == {"after"}


def test_what_is_put_into_the_folder_during_a_run_is_in_the_new_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    replace(out, "old")
    with claimed(out, is_whole) as put:
        (out / "notes.txt").write_text("written meanwhile")
        (out / "sub").mkdir()
        (out / "sub" / "more.txt").write_text("and more")
        (out / "links").write_text("corrected by hand")
        put(write("new"))
        assert contents(out) == {"new"}
    assert contents(out) == {"new"}
    found = {path.name: path.read_text() for path in out.rglob("*") if path.is_file() and path.read_text() != "new"}
    assert found == {"notes.txt": "written meanwhile", "more.txt": "and more", "links.kept": "corrected by hand"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_kill_loses_nothing_of_what_was_put_into_the_folder_during_the_run(tmp_path: Path) -> None:
    """Killed after the exchange and before the old folder is removed."""
    out = tmp_path / "out"
    replace(out, "old")
    child = os.fork()
    if not child:
        with claimed(out, is_whole) as put:
            (out / "notes.txt").write_text("written meanwhile")
            put(write("new"))
            os._exit(0)
    os.waitpid(child, 0)
    assert {path.name for path in tmp_path.iterdir()} == {"out", ".out.old", ".out.lock"}
    with claimed(out, is_whole):
        assert {path.name for path in out.iterdir()} == {"links", "outcomes", WHOLE, "notes.txt"}


CLEARED = """
import itertools, os, signal, sys
from pathlib import Path
from linkage.system.folder import claimed

def killed(moment, parent, write):
    child = os.fork()
    if not child:
        calls = itertools.count()
        def at(event, _):
            if (event == "open" or event.startswith("os.")) and next(calls) == moment:
                os.kill(os.getpid(), signal.SIGKILL)
        with claimed(parent / "out", lambda folder: (folder / "whole").is_file()) as put:
            sys.addaudithook(at) if write else None
            put(lambda folder: [(folder / name).write_text("new") for name in ("links", "outcomes", "whole")])
        os._exit(0)
    return os.waitpid(child, 0)[1]

def recovered(moment, parent):
    child = os.fork()
    if not child:
        calls = itertools.count()
        def at(event, _):
            if (event == "open" or event.startswith("os.")) and next(calls) == moment:
                os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(at)
        with claimed(parent / "out", lambda folder: (folder / "whole").is_file()):
            pass
        os._exit(0)
    return os.waitpid(child, 0)[1]

for first in range(4, 60, 8):
    for second in range(60):
        parent = Path(sys.argv[1], f"{first:02}-{second:02}")
        parent.mkdir()
        killed(-1, parent, False)
        if not killed(first, parent, True) or not recovered(second, parent):
            break
"""


def test_a_kill_while_an_earlier_kill_is_cleared_up_leaves_nothing_that_the_next_run_would_refuse(
    tmp_path: Path,
) -> None:
    subprocess.run([sys.executable, "-c", CLEARED, str(tmp_path)], cwd=ROOT, check=True, timeout=120)
    parents = list(tmp_path.iterdir())
    assert len(parents) > 40
    for parent in parents:
        with claimed(parent / "out", is_whole):
            assert contents(parent / "out") == {"new"}
        assert [path.name for path in parent.iterdir()] == ["out"]


def test_what_stands_in_the_folder_when_it_is_claimed_is_checked_after_it_was_listed(tmp_path: Path) -> None:
    seen = []

    def check(folder: Path) -> None:
        seen.append(folder)
        raise OutputError("something else")

    with pytest.raises(OutputError, match="something else"), claimed(tmp_path / "out", is_whole, check):
        pass
    assert seen == [tmp_path / "out"]
