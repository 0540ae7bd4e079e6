"""Names, numbers and birth dates never leave their files.

All people here have marks: letters and digits that occur nowhere else. Everything that a run prints, reports as an
error or writes for others is searched for them.
"""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import linkage
from linkage.cli.main import main
from linkage.engines.duck.engine import DuckDBEngine
from linkage.evaluation.truth import TRUTH_COLUMNS, load_truth
from linkage.known_names import KNOWN, letters
from linkage.method.encounters import ENCOUNTER_COLUMNS, load_encounters
from linkage.method.records import DEATH_COLUMNS, PATIENT_COLUMNS, load_people
from linkage.sources.make_source import as_source, source
from linkage.sources.source import Source

ROOT = Path(__file__).parent.parent
MARKS = ("ZQFIRST", "ZQMIDDLE", "ZQLAST", "ZQFORMER", "21234", "5566", "1947", "1948")
PATIENTS = pd.DataFrame({
    "subject_id": ["1", "2", "3", "4", None],
    "first_name": ["Zqfirst", "Zqfirsta", "Zqfirst", "Zqfirst", "Zqfirst"],
    "middle_name": "Zqmiddle",
    "last_name": ["Zqlast", "Zqlastb", "Zqlast", "Zqlastc", "Zqlast"],
    "former_last_names": "Zqformer",
    "ssn": ["212-34-5566", "212345567", "not 212345566", None, "212345566"],
    "dob": ["1947-03-05", "1948-03-05", "1947-15-55", "1947-03-05", "1947-03-05"],
})  # fmt: skip
DEATHS = pd.DataFrame({
    "death_id": ["8", "9", "10", "11"],
    "first_name": ["ZQFIRST", "ZQFIRSTA", "ZQFIRST", "ZQFIRST"],
    "last_name": ["ZQLAST", "ZQLASTD", "ZQLASTC", "ZQLASTC"],
    "ssn": ["212345566", "212345567", None, None],
    "birth_date": ["1947-03-05", "1948-05-03", "1947-03-05", "1947-03-05"],
    "death_date": ["2015-06-30", "2015-07-01", "2015-06-30", "2015-07-01"],
})  # fmt: skip
STAYS = pd.DataFrame({"subject_id": ["1", "2", "3", "4", "5"], "admittime": "2015-01-01", "dischtime": "2015-01-02"})
TABLES = ("links", "outcomes", "release", "review", "rejected")


# Numbers that identify no one and may contain any digits: a test folder, a process id, bytes of memory.
NOBODY_S = re.compile(r'pytest-\d+|process \d+|"memory_bytes": \d+|\b[0-9a-f]{64}\b')


def marks_in(text: str) -> list[str]:
    """The marks in a text, ignoring case and punctuation."""
    plain = NOBODY_S.sub("", text).upper()
    squeezed = plain.replace("-", "")
    return [mark for mark in MARKS if mark in plain or mark in squeezed]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The marked people as files."""
    paths = {name: tmp_path / f"{name}.csv" for name in ("patients", "deaths", "stays")}
    for (_, path), frame in zip(paths.items(), (PATIENTS, DEATHS, STAYS), strict=True):
        frame.to_csv(path, index=False)
    return paths


def run_arguments(files: dict[str, Path], out: Path) -> list[str]:
    """The arguments of `linkage run` for these files."""
    pairs = {
        "--patients": files["patients"],
        "--deaths": files["deaths"],
        "--encounters": files["stays"],
        "--output": out,
    }
    return ["run", *(str(part) for pair in pairs.items() for part in pair)]


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_what_a_run_prints_and_writes_holds_ids_and_agreement_alone(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    out = tmp_path / "out"
    assert main([*run_arguments(files, out), "--engine", engine]) == 0
    assert main(["explain", str(out), "--patient", "1"]) == 0
    assert main(["explain", str(out), "--patient", "4", "--death", "9"]) == 0
    said = capsys.readouterr()
    assert marks_in(said.out + said.err) == []
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    del manifest["seconds"], manifest["cost"]
    assert marks_in(json.dumps(manifest)) == []
    for name in TABLES:
        text = gzip.decompress((out / f"{name}.csv.gz").read_bytes()).decode()
        assert text.count("\n") > 1, f"{name} is empty, so that nothing was tested"
        assert marks_in(text) == [], name


def test_only_the_patients_table_holds_what_the_patients_file_held(files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main([*run_arguments(files, out), "--quiet"]) == 0
    text = gzip.decompress((out / "patients.csv.gz").read_bytes()).decode()
    assert "ZQLAST" in text.upper()
    assert {path.name for path in out.iterdir()} == {
        *(f"{name}.csv.gz" for name in TABLES),
        "patients.csv.gz",
        "manifest.json",
    }


def test_the_release_holds_ids_and_dates_alone(files: dict[str, Path], tmp_path: Path) -> None:
    assert main([*run_arguments(files, tmp_path / "out"), "--quiet"]) == 0
    lines = gzip.decompress((tmp_path / "out" / "release.csv.gz").read_bytes()).decode().splitlines()
    assert lines == [
        "patient_id,dod",
        "1,2015-06-30",
        "2,2015-07-01",
        "3,",
        "4,2015-06-30",
    ]  # two certificates of one person, a day apart


BROKEN = [
    # change of the patients file, expected message
    (lambda text: text.replace("subject_id", "mrn"), "column patient_id is missing"),
    (lambda text: text + '6,"Zqfirst\n', "cannot be read as csv"),
    (lambda text: text.splitlines()[0] + "\n6,Zqfirst,x\n", "no row has as many fields as the header"),
    (lambda text: text.splitlines()[0] + "\n6" + ",Zqfirst" * 12 + "\n", "no row has as many fields as the header"),
    (lambda text: text.replace("\n2,", "\n1,"), "rows that differ"),
    (lambda text: text.replace("2,Zqfirsta", "2,Zqfirst\xe9"), "not UTF-8"),
]


HEADLESS = [
    lambda text: text.partition("\n")[2],
    lambda text: text.replace("subject_id,", 'mrn,"', 1).replace("Zqlastb", 'Zqlastb"'),
    lambda text: text.partition("\n")[2].partition("\n")[0].replace("Zqmiddle", "Zqlast") + "\n",
    lambda _: "E1001,ZQLAST,ZQFIRST,ZQMIDDLE,M\nE1002,ZQLASTB,ZQFIRST,,F\n",
    lambda _: "E1001,ZQLAST,KIND,Osborn\nE1002,ZQLASTB,ZQFIRST,\n",
    lambda _: "ZQLAST\nZQLASTB\n",
    lambda _: "ZQLAST;ZQFIRST;START\nZQLASTB;ZQFIRST;LEE\n",
    lambda _: "E1001,ZQLAST,Zqlast\nE1002,ZQLASTB,ZQFIRST\n",
]


@pytest.mark.parametrize("verb", ["run", "check", "init"])
@pytest.mark.parametrize("breaking", HEADLESS, ids=range(len(HEADLESS)))
def test_a_row_that_stands_in_the_place_of_the_header_is_not_quoted(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str, breaking: object
) -> None:
    assert callable(breaking)
    files["patients"].write_text(breaking(files["patients"].read_text("utf-8")))
    run = run_arguments(files, tmp_path / "out")
    job = tmp_path / "job.toml"
    code = main(["init", str(files["patients"]), "--job", str(job)] if verb == "init" else [verb, *run[1:]])
    said = capsys.readouterr()
    assert marks_in(said.out + said.err) == []
    assert code == 0 or not job.exists()
    assert code == 1 or marks_in(job.read_text()) == []


@pytest.mark.parametrize(("breaking", "complaint"), BROKEN, ids=[row[1] + f" {n}" for n, row in enumerate(BROKEN)])
def test_no_complaint_quotes_a_value(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], breaking: object, complaint: str
) -> None:
    assert callable(breaking)
    text = breaking(files["patients"].read_text("utf-8"))
    files["patients"].write_bytes(text.encode("latin-1"))
    assert main(run_arguments(files, tmp_path / "out")) == 1
    said = capsys.readouterr()
    assert complaint in said.err
    assert marks_in(said.out + said.err) == []


def test_no_complaint_about_a_frame_quotes_a_value() -> None:
    twice = pd.concat([PATIENTS, PATIENTS.assign(last_name="Zqlaste")])
    with pytest.raises(linkage.InputError) as refused:
        linkage.link(twice, DEATHS)
    assert marks_in(str(refused.value)) == []
    assert refused.value.__cause__ is None


def test_times_that_cannot_be_read_are_not_quoted() -> None:
    with pytest.raises(linkage.InputError) as refused:
        linkage.link(PATIENTS, DEATHS, encounters=STAYS.assign(admittime="Zqlast 1947"))
    assert marks_in(str(refused.value)) == []


def test_a_failing_statement_quotes_no_value() -> None:
    with linkage.link(PATIENTS, DEATHS) as run, pytest.raises(linkage.LinkageError) as failed:
        run.engine.rows("SELECT CAST(last_name AS INTEGER) FROM patient")
    assert marks_in(str(failed.value)) == []
    assert failed.value.__cause__ is None


# A job in a separate process, in which creating the Nth table fails.
FAULTY = """
import os, signal, sys
import linkage.cli.main as cli
from linkage.engines.duck.engine import DuckDBEngine
create, made = DuckDBEngine.create, []
def fail(engine, name, select):
    made.append(name)
    if len(made) == int(sys.argv[1]):
        quoted = " ".join(str(row) for row in engine.rows("SELECT * FROM patient"))
        if sys.argv[2] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise {"defect": KeyError, "disk": OSError, "memory": MemoryError}[sys.argv[2]](quoted)
    return create(engine, name, select)
DuckDBEngine.create = fail
sys.exit(cli.main(sys.argv[3:]))
"""
ENDS = {"defect": 3, "disk": 1, "memory": 1, "kill": -signal.SIGKILL}


def everything_under(folder: Path) -> str:
    """All names and contents under a folder, unpacked, but for the patients table, which is the user's own, and for
    locks, which hold the number of a process."""
    texts = []
    for path in sorted(folder.rglob("*")):
        texts.append(path.name)
        if path.is_file() and not path.name.startswith("patients.") and not path.name.endswith("lock"):
            content = path.read_bytes()
            texts.append((gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8", "replace"))
    return "\n".join(texts)


@pytest.mark.parametrize("fault", ENDS)
@pytest.mark.parametrize(("table", "option"), [(12, "--debug"), (25, "--log-json")])
def test_a_job_that_fails_anywhere_prints_and_leaves_nothing_of_anybody(
    files: dict[str, Path], tmp_path: Path, fault: str, table: int, option: str
) -> None:
    place = tmp_path / "place"
    (place / "scratch").mkdir(parents=True)
    run = run_arguments(files, place / "out")
    command = [option, *run] if option == "--debug" else [*run, option]
    done = subprocess.run(
        [sys.executable, "-c", FAULTY, str(table), fault, *command],
        env={**os.environ, "TMPDIR": str(place / "scratch"), "PYTHONPATH": str(ROOT)},
        cwd=place,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == ENDS[fault], done.stderr
    assert marks_in(done.stdout + done.stderr) == []
    assert marks_in(everything_under(place)) == []


def test_progress_a_dry_run_and_messages_for_programs_name_nobody(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linkage.run.prepare.LARGE", 1)
    for options in (["--dry-run"], ["--log-json"], []):
        assert main([*run_arguments(files, tmp_path / "out"), *options]) == 0
        said = capsys.readouterr()
        assert "ssn" in said.out + said.err
        assert marks_in(said.out + said.err) == []


def test_no_verb_prints_or_writes_anything_of_anybody(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "place"
    run = run_arguments(files, place / "out")
    pd.DataFrame({"subject_id": ["1", "2"], "death_id": ["8", "9"]}).to_csv(tmp_path / "truth.csv", index=False)
    place.mkdir()
    outputs = {}
    for arguments in (
        ["init", *map(str, files.values()), "--job", str(place / "job.toml")],
        ["check", *run[1:]],
        [*run, "--quiet"],
        ["evaluate", str(place / "out"), "--truth", str(tmp_path / "truth.csv"), "--all"],
        ["report", str(place / "out"), "--output", str(place / "report")],
        ["explain", str(place / "out"), "--patient", "3"],
    ):
        code = main(arguments)
        said = capsys.readouterr()
        outputs[arguments[0]] = (code, said.out + said.err)
        # A check shows the first and last year of each date column, which identifies no one.
        years = {"1947", "1948"} if arguments[0] == "check" else set()
        assert set(marks_in(said.out + said.err)) <= years, arguments[0]
    assert [code for code, _ in outputs.values()] == [0] * len(outputs), outputs
    left = {path: everything_under(path) for path in place.iterdir() if path.is_dir()}
    left[place / "job.toml"] = (place / "job.toml").read_text()
    for path, text in left.items():
        assert len(text) > 100
        assert [mark for mark in marks_in(text) if mark.startswith("ZQ")] == [], path
    assert all(path.stat().st_mode & 0o077 == 0 for path in place.rglob("*"))


ROWS = ["E1001,ZQLAST,ZQFIRST,ZQMIDDLE\n", "ZQLAST,Osborn\n", "ZQLAST,ZQFIRST,ZQLAST\n", "ZQLAST,LAST,ZQFIRST\n"]


READERS: dict[str, Callable[[DuckDBEngine, Source], object]] = {
    "patients": lambda engine, wrong: load_people(engine, "patient", wrong, ["ward"]),
    "deaths": lambda engine, wrong: load_people(engine, "death", wrong),
    "stays": lambda engine, wrong: load_encounters(engine, [wrong]),
    "truth": load_truth,
}


@pytest.mark.parametrize("table", READERS)
@pytest.mark.parametrize("row", ROWS)
def test_no_file_without_a_header_has_its_first_row_printed(tmp_path: Path, row: str, table: str) -> None:
    (tmp_path / "wrong.csv").write_text(row * 2)
    frame = pd.DataFrame([row.strip().split(",")] * 2, columns=row.strip().split(","))
    for wrong in (tmp_path / "wrong.csv", frame):
        with closing(DuckDBEngine(threads=1)) as engine, pytest.raises(linkage.InputError) as refused:
            READERS[table](engine, as_source(wrong))
        assert marks_in(str(refused.value)) == []
        assert "OSBORN" not in str(refused.value).upper()


def test_every_name_that_a_table_knows_is_a_sign_of_a_header() -> None:
    tables = (PATIENT_COLUMNS, DEATH_COLUMNS, ENCOUNTER_COLUMNS, TRUTH_COLUMNS)
    assert {letters(name) for table in tables for ours, others in table.items() for name in (ours, *others)} <= KNOWN


def test_columns_that_somebody_has_mapped_are_no_people() -> None:
    frame = pd.DataFrame({"mrn": ["1"], "nachname": ["Lee"], "geburtstag": ["1950-02-11"]})
    columns = {"patients": {"patient_id": "mrn", "last_name": "nachnme"}}
    with pytest.raises(linkage.InputError, match=r'Columns found: mrn, nachname, .*Did you mean "nachname"'):
        linkage.link(frame, DEATHS, columns=columns)


def everything_behind(problem: BaseException) -> str:
    """An error, its causes and contexts, and their contents."""
    contents: list[object] = []
    found: list[BaseException | None] = [problem]
    while found:
        if (one := found.pop()) is not None and one not in contents:
            contents += [one, repr(one), vars(one), getattr(one, "object", "")]
            found += [one.__context__, one.__cause__]
    return "\n".join(map(str, contents))


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
@pytest.mark.parametrize(("breaking", "complaint"), BROKEN, ids=range(len(BROKEN)))
def test_nothing_of_anybody_stands_behind_a_complaint(
    files: dict[str, Path], breaking: object, complaint: str, encoding: str
) -> None:
    assert callable(breaking)
    text = breaking(files["patients"].read_text("utf-8")).replace("\xe9", "\x81")
    files["patients"].write_bytes(text.encode("latin-1"))
    with pytest.raises(linkage.InputError) as refused:
        linkage.link(source(files["patients"], encoding=encoding), files["deaths"])
    assert marks_in(everything_behind(refused.value)) == []
    assert refused.value.__context__ is None


def test_nothing_of_anybody_stands_behind_a_complaint_about_a_database_or_a_header(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "h.duckdb")) as database:
        database.execute("CREATE TABLE people AS SELECT 'Zqlast' AS last_name")
    query = "SELECT last_name::INT AS patient_id FROM people"
    (tmp_path / "h.csv").write_bytes(b"patient_id,Zqlast\x81\n1,Zqfirst\n")
    for wrong in (source(tmp_path / "h.duckdb", query=query), source(tmp_path / "h.csv", encoding="cp1252")):
        with pytest.raises(linkage.InputError) as refused:
            linkage.link(wrong, DEATHS)
        assert marks_in(everything_behind(refused.value)) == []
    with linkage.link(PATIENTS, DEATHS) as run, pytest.raises(linkage.LinkageError) as failed:
        run.engine.rows("SELECT CAST(last_name AS INTEGER) FROM patient")
    assert marks_in(everything_behind(failed.value)) == []
