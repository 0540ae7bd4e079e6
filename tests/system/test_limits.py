"""Requests beyond any realistic job are refused quickly with a clear message."""

from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.cli.main import main
from linkage.engines.duck.engine import DuckDBEngine
from linkage.engines.spark.java import java_size
from linkage.sources.make_source import source
from linkage.system.limits import MOST_BYTES, MOST_COLUMNS, MOST_THREADS
from tests.small_town import town

FILES = ["--patients", str(town.PATIENTS), "--deaths", str(town.DEATHS)]
DEEP = 5_000
RULES = 'format = 1\ntitle = "x"\n[blocking]\nkeys = [["ssn"]]\n[[rule]]\nid = "R1"\nagree = { ssn = "exact" }\n'


@pytest.mark.parametrize("threads", [0, -1, MOST_THREADS + 1, 100_000, 10**30])
def test_threads_that_no_machine_has_are_refused(
    threads: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(linkage.InputError, match=f"threads = {threads} is"):
        DuckDBEngine(threads=threads)
    assert main(["run", *FILES, "--output", str(tmp_path / "out"), "--threads", str(threads)]) == 1
    assert f"threads = {threads} is" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


MEMORY = ["999999999999TB", "9" * 5_000 + "GB", "1001TB", "4", "GB", "-4GB", "4XB", "4GB; SET threads = 1", "inf GB"]


@pytest.mark.parametrize("memory", MEMORY)
def test_memory_that_no_machine_has_is_refused(memory: str) -> None:
    for make in (lambda: DuckDBEngine(memory=memory), lambda: java_size(memory)):
        with pytest.raises(linkage.InputError, match=r"^memory = ") as refused:
            make()
        assert len(str(refused.value)) < 200


NESTED = [
    "a = " + "[" * DEEP + "]" * DEEP,
    "a = " + "{ a = " * DEEP + "1" + " }" * DEEP,
    "[" + ".".join(["a"] * DEEP) + "]",
    ".".join(["a"] * DEEP) + " = 1",
    "\n".join("[" + ".".join(["a"] * n) + "]" for n in range(1, 500)),
    "[fields.ssn]\nnot_known = " + "[" * DEEP + "]" * DEEP,
    "[fields.ssn.agree." + ".".join(["a"] * DEEP) + "]",
]


@pytest.mark.parametrize("text", NESTED, ids=range(len(NESTED)))
def test_files_that_are_nested_without_end_are_refused(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.toml").write_text(RULES.replace("[blocking]", "[other]") + text)
    (tmp_path / "j.toml").write_text(f"format = 1\n{text}")
    assert main(["rules", "check", str(tmp_path / "r.toml")]) == 1
    assert main(["check", str(tmp_path / "j.toml")]) == 1
    assert main(["check", *FILES, "--set", f"groups={'[' * DEEP}"]) == 1
    said = capsys.readouterr().err
    assert "defect" not in said
    assert len(said) < 10_000


@pytest.mark.parametrize("read", [linkage.read_rules, linkage.read_job])
def test_files_that_nobody_has_written_are_not_read_to_their_end(tmp_path: Path, read: object) -> None:
    assert callable(read)
    (tmp_path / "large.toml").write_bytes(b"#" * (MOST_BYTES + 1))
    for path in (tmp_path / "large.toml", "/dev/zero"):
        with pytest.raises(linkage.LinkageError, match="has more than 4,000,000 bytes"):
            read(path)


MANY = [
    (RULES + '[[rule]]\nid = "R"\nagree = { ssn = "exact" }\n' * 501, "there are 502 rules"),
    (RULES.replace('[["ssn"]]', str([["ssn"]] * 101).replace("'", '"')), "there are 101 keys"),
    (
        RULES + "[fields.ssn]\nagree.similar = [" + '{ measure = "digits_changed", at_most = 1 },' * 101 + "]",
        "there are 101 lines",
    ),
]


@pytest.mark.parametrize(("text", "message"), MANY, ids=[message for _, message in MANY])
def test_a_rule_file_of_more_than_can_be_run_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(linkage.RulesError, match=message):
        linkage.read_rules(tmp_path / "r.toml")


@pytest.mark.parametrize("twice", [False, True])
def test_a_table_far_wider_than_any_of_people_is_refused(tmp_path: Path, twice: bool) -> None:
    names = ["patient_id", *("wide" if twice else f"wide_{n}" for n in range(100_000))]
    (tmp_path / "p.csv").write_text(",".join(names) + "\n")
    message = f"has 100,001 columns, and at most {MOST_COLUMNS:,} are read"
    with pytest.raises(linkage.InputError, match=message):
        source(tmp_path / "p.csv").header()
    names = names[: MOST_COLUMNS + 1]
    frame = pd.DataFrame([["1"] * len(names)], columns=names)
    message = message.replace("100,001", f"{len(names):,}")
    with pytest.raises(linkage.InputError, match="two columns are called wide" if twice else message):
        linkage.link(frame, town.DEATHS)


def test_a_first_line_without_an_end_is_read_in_part(tmp_path: Path) -> None:
    with (tmp_path / "p.csv").open("wb") as file:
        file.truncate(1 << 36)  # a sparse file of 64 GB
    with pytest.raises(linkage.InputError, match=r"p\.csv is not text"):
        source(tmp_path / "p.csv").header()


def test_names_that_are_too_long_for_a_file_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 5_000
    with pytest.raises(linkage.InputError, match="cannot be read: File name too long") as refused:
        source(long)
    assert len(str(refused.value)) < 300
    for arguments in (
        ["run", *FILES, "--output", str(tmp_path / long)],
        ["run", *FILES, "--output", str(tmp_path / ("x" * 250))],
        ["check", *FILES, "--rules", long],
        ["explain", long, "--patient", "1"],
        ["check", long],
        ["init", long],
    ):
        assert main(arguments) == 1, arguments[0]
        assert "defect" not in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
