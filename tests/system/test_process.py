"""A process with identifiers in memory neither prints them nor leaves them on disk when it fails."""

import os
import resource
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable

import pytest

from linkage.cli.main import main
from linkage.errors import InputError
from linkage.system.process import ending, private_process, stack

SECRET = "ZQLAST"


def fail(kind: type[BaseException] = KeyError) -> None:
    """An exception whose message quotes a value, raised from another one that also does."""
    try:
        raise ValueError(f"1947-03-05 {SECRET}")
    except ValueError:
        raise kind(SECRET)  # noqa: B904  # the implicit context is what is tested


def caught(kind: type[BaseException] = KeyError) -> BaseException:
    """That exception, caught."""
    try:
        fail(kind)
    except BaseException as problem:
        return problem
    raise AssertionError


ENDINGS = [
    (InputError("Map it."), [], 1, "Map it."),
    (KeyboardInterrupt(), [], 130, "stopped."),
    (KeyError("half of what an interrupt broke"), [signal.SIGTERM], 143, "stopped."),
    (MemoryError(), [], 1, "too little memory"),
    (OSError(28, "No space left on device"), [], 1, "No space left on device"),
    (OSError(f"cannot read {SECRET}"), [], 1, "refused to read or write: OSError."),
]


@pytest.mark.parametrize(("problem", "received", "code", "words"), ENDINGS, ids=[str(row[2:]) for row in ENDINGS])
def test_every_end_has_its_exit_code_and_a_sentence(
    problem: BaseException, received: list[int], code: int, words: str
) -> None:
    found, said = ending(problem, received)
    assert found == code
    assert words in said
    assert SECRET not in said


def test_a_defect_is_reported_by_type_and_place_and_by_no_value() -> None:
    code, said = ending(caught(), [])
    assert code == 3
    assert "KeyError at system/test_process.py, line " in said
    assert SECRET not in said


def test_the_whole_stack_of_a_defect_names_functions_and_no_value() -> None:
    printed = stack(caught())
    assert [line for line in printed.splitlines() if not line.startswith(" ")] == ["KeyError", "ValueError"]
    assert "in fail" in printed
    assert SECRET not in printed
    assert ending(caught(), [], debug=True) == (3, f"a defect of the toolkit.\n{stack(caught())}")


@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_a_command_that_fails_unforeseen_quotes_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, debug: list[str]
) -> None:
    monkeypatch.setattr("linkage.rules.file.read_rules", lambda _: fail())
    assert main([*debug, "rules", "check", "exact"]) == 3
    said = capsys.readouterr()
    assert "a defect of the toolkit" in said.err
    assert ("in _rules_check" in said.err) is bool(debug)
    assert SECRET not in said.out + said.err


def test_files_are_made_for_their_owner_and_a_crash_leaves_no_image_of_the_memory() -> None:
    before = os.umask(0o022)
    try:
        with private_process():
            assert os.umask(0o077) == 0o077
            assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


DUMPABLE = """
from linkage.system.process import _GET_DUMPABLE, _prctl, private_process
found = [_prctl(_GET_DUMPABLE)]
with private_process():
    found.append(_prctl(_GET_DUMPABLE))
    with private_process():
        found.append(_prctl(_GET_DUMPABLE))
    found.append(_prctl(_GET_DUMPABLE))
print(*found, _prctl(_GET_DUMPABLE))
"""


def test_a_process_that_holds_identifiers_leaves_no_image_to_a_program_either() -> None:
    # In a process of its own: a change of user, as other tests make, ends the permission to leave an image.
    done = subprocess.run([sys.executable, "-c", DUMPABLE], capture_output=True, text=True, check=True)
    found = done.stdout.split()
    if found[0] != "1":
        pytest.skip(f"prctl returns {found[0]} here, so the test has no meaning")
    assert found == ["1", "0", "0", "0", "1"]


def warned() -> None:
    """A library warns of a value."""
    warnings.warn(f"a strange value: {SECRET}", stacklevel=1)


def in_a_thread() -> None:
    """A thread fails."""
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def in_passing() -> None:
    """An object fails while it is deleted."""

    class Frail:
        def __del__(self) -> None:
            fail()

    Frail()


@pytest.mark.parametrize(
    ("fault", "said"), [(warned, "UserWarning at"), (in_a_thread, "KeyError at"), (in_passing, "KeyError at")]
)
def test_what_python_prints_by_itself_quotes_no_value(
    capsys: pytest.CaptureFixture[str], fault: Callable[[], None], said: str
) -> None:
    with private_process():
        warnings.simplefilter("always")
        fault()
    printed = capsys.readouterr().err
    assert printed.startswith(f"linkage: {said} system/test_process.py, line ")
    assert SECRET not in printed


def test_signals_are_heard_once_and_left_as_they_were() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    with private_process() as received, pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    assert received == [signal.SIGTERM]
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


def test_a_job_under_nohup_outlives_its_terminal() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with private_process() as received:
            os.kill(os.getpid(), signal.SIGHUP)
        assert received == []
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_thread_that_runs_a_command_leaves_signals_alone() -> None:
    ended = []
    thread = threading.Thread(target=lambda: ended.append(main(["rules", "check", "exact"])))
    thread.start()
    thread.join()
    assert ended == [0]
    assert sys.is_finalizing() is False
