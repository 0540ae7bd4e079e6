"""A job file has all settings of a run, and errors are clear."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

import linkage
from linkage.cli.job import _setting
from linkage.cli.main import main
from linkage.job.job import read_job
from tests.small_town import town

TOWN = {"patients": town.PATIENTS, "deaths": town.DEATHS}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The town's files and a job file."""
    for path in (*TOWN.values(), *town.ENCOUNTERS):
        shutil.copy(path, tmp_path / path.name)
    write(tmp_path)
    return tmp_path


def write(folder: Path, *lines: str, files: bool = True, output: str = 'folder = "out"') -> Path:
    """A job file with additional settings and the town's files."""
    tables = [f'[{name}]\nfile = "{path.name}"' for name, path in TOWN.items()]
    tables += [f'[[encounters]]\nfile = "{path.name}"' for path in town.ENCOUNTERS]
    text = ["format = 1", *lines, *(tables if files else []), f"[output]\n{output}"]
    (folder / "job.toml").write_text("\n".join(text))
    return folder / "job.toml"


def test_a_job_file_does_what_the_same_options_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = write(folder, 'rules = "exact"', "coverage = [2014-01-01, 2017-06-30]", 'groups = ["gender"]')
    assert main(["run", str(job)]) == 0
    assert "by exact." in capsys.readouterr().out
    options = [*("--rules", "exact"), *("--coverage", "2014-01-01", "2017-06-30"), *("--group", "gender")]
    files = [*("--patients", str(town.PATIENTS)), *("--deaths", str(town.DEATHS))]
    several = ["--encounters", *map(str, town.ENCOUNTERS)]
    assert main(["run", *files, *several, *options, "--output", str(folder / "again"), "--quiet"]) == 0
    for name in ("links", "outcomes", "release", "rejected"):
        assert (folder / "out" / f"{name}.csv.gz").read_bytes() == (folder / "again" / f"{name}.csv.gz").read_bytes()


def test_paths_in_a_job_file_are_relative_to_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(Path(__file__).parent.parent.parent / "rules" / "exact.toml", folder / "ours.toml")
    job = write(folder, 'rules = "ours.toml"')
    monkeypatch.chdir(folder.parent)
    assert main(["run", str(job), "--quiet"]) == 0
    assert json.loads((folder / "out" / "manifest.json").read_text())["rules"]["name"] == "ours"


def test_a_retired_cascade_in_a_job_file_is_refused_unless_the_command_line_names_another(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = write(folder, 'rules = "extended"')
    for command in (["check", str(job)], ["run", str(job), "--quiet"]):
        assert main(command) == 1
        assert "extended is no longer shipped. Use evidence, which replaces it." in capsys.readouterr().err
    assert not (folder / "out").exists()
    assert main(["run", str(job), "--quiet", "--rules", "exact"]) == 0


def test_the_command_line_wins_over_the_job_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = write(folder, 'rules = "nobody.toml"', 'anchor = "hospital"', 'groups = ["gender"]')
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    options = ["--rules", "exact", "--output", "other", "--set", "groups=[]", "--set", "output.format=parquet"]
    assert main(["run", str(job), *options, "--quiet"]) == 0
    manifest = json.loads((folder / "elsewhere" / "other" / "manifest.json").read_text())
    assert (manifest["rules"]["name"], manifest["settings"]["anchor"], manifest["settings"]["groups"]) == (
        "exact",
        "hospital",
        [],
    )
    assert (folder / "elsewhere" / "other" / "links.parquet").is_file()
    assert not (folder / "out").exists()


def test_every_setting_can_be_given_on_the_command_line(folder: Path) -> None:
    settings = {
        "patients.file": folder / town.PATIENTS.name,
        "patients.columns.birth_date": "dob",
        "patients.ssn_lost_zeros": "restore",
        "patients.two_digit_years_up_to.birth_date": 2005,
        "patients.dates.birth_date": "MM/DD/YY",
        "deaths.file": folder / town.DEATHS.name,
        "deaths.encoding": "latin-1",
        "encounters": f'[{{ file = "{folder / town.ENCOUNTERS[0].name}" }}]',
        "encounters.kind": "hospital",
        "encounters.1.delimiter": ",",
        "coverage": "[2014-01-01, 2017-06-30]",
        "output.folder": folder / "out",
        "threads": 1,
    }
    job = read_job(None, [_setting(f"{name}={value}") for name, value in settings.items()])
    assert job.patients.reading.forms["birth_date"].two_digit_years_up_to == 2005
    assert job.patients.reading.ssn_lost_zeros == "restore"
    assert (job.patients.columns, job.deaths.reading.encoding) == ({"birth_date": "dob"}, "latin-1")
    assert (job.encounters[0].reading.kind, job.encounters[0].reading.delimiter) == ("hospital", ",")
    assert (job.policy.coverage_last, job.threads, job.rules) == (date(2017, 6, 30), 1, "mimic_iv")


def test_another_file_takes_the_place_of_a_table(folder: Path) -> None:
    (folder / "job.toml").write_text(
        'format = 1\n[patients]\npostgres = "X"\ntable = "people"\n'
        '[deaths]\nfile = "deaths.csv"\n[output]\nfolder = "out"\n'
    )
    job = read_job(folder / "job.toml", [("patients.file", str(town.PATIENTS))])
    assert (job.patients.format, job.patients.table) == ("csv", "")


PROBLEMS = [
    # additional lines of the job file, expected message
    ('rule = "exact"', 'job.toml: "rule" is not a setting. Allowed: format, rules, '),
    ('rule = "exact"', 'Did you mean "rules"?'),
    ("rules = 7", 'job.toml: rules is missing or not a string. Write rules = "...".'),
    ('anchor = "ed"', "anchor = 'ed' is not allowed. Allowed: hospital_or_ed, hospital."),
    ('coverage = ["2014-01-01", "2015-01-01"]', "such as coverage = [2008-01-01, 2021-12-31]"),
    ("coverage = [2015-01-01, 2014-01-01]", "coverage_last = 2014-01-01 is before coverage_first"),
    ("groups = [1]", 'groups lists columns of the patients, such as groups = ["race"]'),
    ("threads = 0", "threads = 0 is not a whole number of at least 1."),
    ('engine = "hive"', "engine = 'hive' is not allowed. Allowed: duckdb, spark, reference."),
    ("patients.flie = 1", 'job.toml, [patients]: "flie" is not a setting. Allowed: file, table, query, postgres,'),
    ("patients = {}", 'job.toml, [patients]: is missing. Name its file: file = "..."'),
    ('patients.file = "nobody.csv"', "nobody.csv: no such file."),
    ("patients.file = 7", "[patients]: file is missing or not a string."),
    ('patients = "patients.csv"', "patients must be a table, written [patients]."),
    ('patients = { file = "patients.csv", table = "x" }', "patients.csv is not a database"),
    ('patients = { file = "patients.csv", postgres = "X", table = "x" }', "Name either a file, or the environment"),
    ('patients = { postgres = "X" }', "PostgreSQL (a server) needs either a table or a query."),
    ('patients = { file = "patients.csv", columns = { a = 1 } }', "columns maps our names to yours"),
    (
        'patients = { file = "patients.csv", encoding = "ebcdic" }',
        "encoding = 'ebcdic' is unknown. Common encodings: utf-8",
    ),
    ('patients = { file = "patients.csv", encoding = 8 }', "encoding = 8 is not a string. Write it in quotes."),
    ('patients = { file = "patients.csv", delimiter = "||" }', "delimiter and quote must be one character each"),
    ('patients = { file = "patients.csv", kind = "icu" }', "kind: 'icu' is not one of: hospital, ed."),
    ('patients = { file = "patients.csv", dates = "MM/DD/YYYY" }', "dates must be a table by column, such as dates"),
    ('patients = { file = "patients.csv", dates = { dob = "MM/DD/YYYY" } }', "dates: 'dob' is not one of: birth_date,"),
    ('patients = { file = "patients.csv", dates = { birth_date = "M/D" } }', "'M/D' is not a date format."),
    ('patients = { file = "patients.csv", dates = { birth_date = "MM/DD/YY" } }', "has a two-digit year. Declare its"),
    (
        'patients = { file = "patients.csv", two_digit_years_up_to = { birth_date = "2005" } }',
        "such as two_digit_years_up_to = { birth_date = 2005 }",
    ),
    ('patients = { file = "patients.csv", ssn_lost_zeros = "keep" }', "'keep' is not one of: not known, restore."),
    ('encounters = { file = "admissions.csv" }', "write each file as a table [[encounters]]"),
    ('encounters = [{ fiel = "admissions.csv" }]', 'job.toml, [[encounters]] number 1: "fiel" is not a setting.'),
]


@pytest.mark.parametrize(("lines", "words"), PROBLEMS, ids=[f"{n} {row[1][:40]}" for n, row in enumerate(PROBLEMS)])
def test_a_mistake_in_a_job_file_is_reported_with_its_place_and_a_remedy(folder: Path, lines: str, words: str) -> None:
    own = {"patients", "deaths", "encounters"} & {lines.split(" ")[0].split(".")[0]}
    rest = [f'{name}.file = "{path.name}"' for name, path in TOWN.items() if name not in own]
    with pytest.raises(linkage.LinkageError) as refused:
        read_job(write(folder, lines, *rest, files=False))
    assert words in str(refused.value)


OUTPUTS = [
    ('format = "csv"', "[output]: folder is missing or not a string"),
    ('folder = "out"\nformat = "csv"', "[output]: format = 'csv' is not allowed. Allowed: csv.gz, parquet."),
    ('folder = "out"\nschema = "x"', 'schema needs a database: also set postgres = "VARIABLE".'),
    ('folder = "out"\nuri = "x"', '"uri" is not a setting. Allowed: folder, format, snapshot, postgres, schema.'),
]


@pytest.mark.parametrize(("output", "words"), OUTPUTS, ids=[row[1][:40] for row in OUTPUTS])
def test_a_mistake_about_the_output_is_reported(folder: Path, output: str, words: str) -> None:
    with pytest.raises(linkage.LinkageError) as refused:
        read_job(write(folder, output=output))
    assert words in str(refused.value)


@pytest.mark.parametrize(("content", "words"), [(b"format = ", "is not valid TOML"), (b"\xff", "is not valid TOML")])
def test_what_is_no_toml_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "job.toml").write_bytes(content)
    with pytest.raises(linkage.LinkageError, match=words):
        read_job(tmp_path / "job.toml")


def test_a_job_file_of_another_format_or_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(linkage.LinkageError, match=r"no such job file\. `linkage init FILES\.\.\.` writes"):
        read_job(tmp_path / "job.toml")
    (tmp_path / "job.toml").write_text("format = 2")
    with pytest.raises(linkage.LinkageError, match=r"format = 2 is not known\. This version reads format = 1\."):
        read_job(tmp_path / "job.toml")


SETS = [
    (["--set", "rules"], "--set rules: write KEY=VALUE, such as"),
    (["--set", "=x"], "--set =x: write KEY=VALUE"),
    (["--set", "rules.name=x"], "rules is not a table, so rules.name cannot be set in it."),
    (["--set", "patient.file=x"], '"patient" is not a setting.'),
    (["--set", "encounters.3.kind=ed"], '"3" is not a setting.'),
]


@pytest.mark.parametrize(("options", "words"), SETS, ids=[row[0][1] for row in SETS])
def test_a_mistake_on_the_command_line_is_reported(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert main(["run", str(write(folder, 'rules = "exact"')), *options]) == 1
    assert words in capsys.readouterr().err


def test_a_finished_job_can_be_asked_why(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (folder / town.PATIENTS.name).read_text("utf-8")
    (folder / town.PATIENTS.name).write_bytes(text.encode("utf-16"))
    job = write(folder)
    assert main(["run", str(job), "--quiet", "--set", "patients.encoding=utf-16"]) == 0
    assert main(["explain", str(folder / "out"), "--patient", "5"]) == 0
    assert "Patient 5: linked to death 105 by R4" in capsys.readouterr().out
