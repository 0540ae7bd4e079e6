"""The command line: commands, help, exit codes and useful errors."""

import csv
import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import linkage
from linkage.cli.main import main
from tests.small_town import town

DONE, MENDABLE, WRONG_USAGE = 0, 1, 2
FILES = [
    "run",
    *("--patients", str(town.PATIENTS), "--deaths", str(town.DEATHS)),
    *("--encounters", *map(str, town.ENCOUNTERS)),
]
COVERAGE = ["--coverage", "2014-01-01", "2017-06-30"]


class Said:
    """The output of a command, and its exit code."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: object) -> None:
        try:
            self.code = main([str(argument) for argument in arguments])
        except SystemExit as stopped:  # argparse exits this way
            self.code = int(stopped.code or 0)
        self.out, self.err = capsys.readouterr()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a finished run."""
    out = tmp_path_factory.mktemp("cli") / "out"
    assert main([*FILES, *COVERAGE, "--quiet", "--output", str(out)]) == DONE
    return out


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> "Runner":
    """`linkage run` on the small town, with additional arguments."""
    return Runner(tmp_path / "out", capsys)


class Runner:
    """Runs the town into a separate folder."""

    def __init__(self, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.out, self.capsys = out, capsys

    def __call__(self, *arguments: object) -> Said:
        return Said(self.capsys, *FILES, "--output", self.out, *arguments)


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table of the output."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_a_run_prints_the_paper_s_paragraph_and_where_the_files_are(run: Runner) -> None:
    said = run(*COVERAGE)
    assert (said.code, said.err.splitlines()[0][:13]) == (DONE, "linkage: read")
    assert "52 individuals and 49 deaths. 44 candidate links" in said.out
    assert said.out.endswith(f"Written to {run.out}.\n")


def test_a_quiet_run_prints_nothing(run: Runner) -> None:
    said = run("--quiet")
    assert (said.code, said.out, said.err) == (DONE, "", "")
    assert (run.out / "manifest.json").is_file()


def test_a_run_can_be_repeated_into_its_own_folder(run: Runner) -> None:
    assert run("--quiet").code == run("--quiet").code == DONE


def test_what_the_command_writes_is_what_python_writes(folder: Path, tmp_path: Path) -> None:
    with town.link_town() as linked:
        linked.write(tmp_path / "out")
    for path in folder.glob("*.csv.gz"):
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()


def test_every_choice_of_the_method_reaches_the_manifest(run: Runner) -> None:
    said = run(
        *COVERAGE,
        *("--rules", "exact", "--anchor", "hospital", "--partial-death-dates", "withhold"),
        *(
            "--engine",
            "reference",
            "--format",
            "parquet",
            "--group",
            "gender",
            "--threads",
            1,
            "--memory",
            "1GB",
            "--quiet",
        ),
    )
    assert said.code == DONE
    manifest = json.loads((run.out / "manifest.json").read_text())
    assert manifest["rules"]["name"] == "exact"
    settings = manifest["settings"]
    assert settings["decided_by"] == "reference"
    assert (settings["format"], settings["anchor"], settings["groups"]) == ("parquet", "hospital", ["gender"])
    assert (settings["coverage_first"], settings["partial_death_dates"]) == ("2014-01-01", "withhold")
    assert (run.out / "outcomes.parquet").is_file()


def test_a_rule_file_of_one_s_own_is_used(run: Runner, tmp_path: Path) -> None:
    rules = tmp_path / "ours.toml"
    rules.write_text(
        'format = 1\ntitle = "Ours"\n[blocking]\nkeys = [["ssn"]]\n[[rule]]\nid = "only"\nagree = { ssn = "exact" }\n'
    )
    assert run("--rules", rules, "--quiet").code == DONE
    assert {row["rule"] for row in rows(run.out / "links.csv.gz")} == {"only"}


def test_columns_can_be_mapped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.csv").write_text("mrn,last_name,dob,ssn\n7,Lee,1950-02-11,212345678\n")
    (tmp_path / "d.csv").write_text("nr,last_name,dob,ssn,died\n40,LEE,1950-02-11,212345678,2015-06-30\n")
    said = Said(
        capsys,
        *("run", "--patients", tmp_path / "p.csv", "--deaths", tmp_path / "d.csv", "--output", tmp_path / "out"),
        *(
            "--column",
            "patients.patient_id=mrn",
            "--column",
            "deaths.death_id=nr",
            "--column",
            "deaths.death_date=died",
        ),
    )
    assert said.code == DONE
    (link,) = rows(tmp_path / "out" / "links.csv.gz")
    assert (link["patient_id"], link["death_id"], link["rule"]) == ("7", "40", "R1")


PROBLEMS = [
    # additional arguments, exit code, expected message
    (["--rules", "mimic"], MENDABLE, ["linkage: mimic: no such rule file", 'Did you mean "mimic_iv"?']),
    (
        ["--column", "patients.patient_id=mrn"],
        MENDABLE,
        ["column 'mrn', mapped to patient_id, is missing", "subject_id"],
    ),
    (["--column", "patient_id=mrn"], MENDABLE, ["--column patient_id=mrn: write TABLE.OURS=THEIRS"]),
    (["--column", "people.patient_id=mrn"], MENDABLE, ["one of patients, deaths, encounters"]),
    (["--column", "patients.patient_id"], MENDABLE, ["write TABLE.OURS=THEIRS"]),
    (["--group", "race"], MENDABLE, ["there is no column 'race' to carry along"]),
    (["--group", "ssn"], MENDABLE, ["ssn is an identifier"]),
    (["--coverage", "2017-06-30", "2014-01-01"], MENDABLE, ["coverage_last = 2014-01-01 is before coverage_first"]),
    (["--coverage", "2014", "2015"], WRONG_USAGE, ["'2014' is not a date. Write it as 2019-12-31."]),
    (["--coverage", "2014-01-01"], WRONG_USAGE, ["expected 2 arguments"]),
    (["--anchor", "discharge"], WRONG_USAGE, ["invalid choice: 'discharge'"]),
    (["--engine", "hive"], WRONG_USAGE, ["invalid choice: 'hive'"]),
    (["--format", "xlsx"], WRONG_USAGE, ["invalid choice: 'xlsx'"]),
    (["--threads", "two"], WRONG_USAGE, ["invalid int value: 'two'"]),
    (["--treads", "2"], WRONG_USAGE, ["unrecognized arguments: --treads"]),
    (["--memory", "plenty"], MENDABLE, ["memory = 'plenty'"]),
    (["--threads", "0"], MENDABLE, ["threads = 0"]),
    (["--patients", "nobody.csv"], MENDABLE, ["nobody.csv: no such file"]),
]


@pytest.mark.parametrize(("arguments", "code", "words"), PROBLEMS, ids=[" ".join(row[0]) for row in PROBLEMS])
def test_a_problem_is_reported_on_stderr_and_leaves_nothing_behind(
    run: Runner, arguments: list[str], code: int, words: list[str]
) -> None:
    said = run(*arguments)
    assert (said.code, said.out) == (code, "")
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err
    assert not run.out.exists()


def test_a_folder_that_is_in_use_is_refused_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.tex").write_text("")
    said = Said(capsys, *FILES, "--output", tmp_path)
    assert said.code == MENDABLE
    assert "contains files that no run has written" in said.err


HELP = [
    (["--help"], ["run", "rules", "explain", "demo", "COMMAND"]),
    (["run", "--help"], ["--patients", "--deaths", "--encounters", "--output", "--rules", "--anchor", "--coverage"]),
    (["rules", "--help"], ["list", "show", "check", "explain"]),
    (["explain", "--help"], ["--patient", "--death", "OUT"]),
    (["demo", "--help"], ["--output"]),
    (["--debug", "synth", "--help"], ["--output", "PROFILE"]),
    (["--version"], [linkage.__version__]),
]


@pytest.mark.parametrize(("arguments", "words"), HELP, ids=[" ".join(row[0]) for row in HELP])
def test_help_is_where_people_look_for_it(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: list[str]
) -> None:
    said = Said(capsys, *arguments)
    assert (said.code, said.err) == (DONE, "")
    for word in words:
        assert word in said.out


@pytest.mark.parametrize("arguments", [[], ["rules"], ["runs"], ["explain"], ["run"], ["run", "--patients", "p.csv"]])
def test_wrong_usage_ends_with_exit_code_2_and_the_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    said = Said(capsys, *arguments)
    assert (said.code, said.out) == (WRONG_USAGE, "")
    assert said.err.startswith("usage: linkage")


def test_rules_can_be_listed_shown_checked_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    listed = Said(capsys, "rules", "list")
    assert listed.code == DONE
    assert [line.split()[0] for line in listed.out.splitlines()[2:]] == list(linkage.shipped_rules())
    shown = Said(capsys, "rules", "show", "mimic_iv").out
    assert [line.split()[0] for line in shown.splitlines() if line.startswith("R")] == [f"R{n}" for n in range(1, 11)]
    checked = Said(capsys, "rules", "check", "mimic_iv")
    assert checked.out == "mimic_iv: 10 rules and 3 blocking keys, no problem found.\n"
    explained = Said(capsys, "rules", "explain", "exact").out
    assert "Patients and deaths were compared if they agreed exactly on at least one" in explained


@pytest.mark.parametrize("verb", ["show", "check", "explain"])
def test_a_bad_rule_file_is_refused_by_every_verb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    (tmp_path / "ours.toml").write_text('format = 1\ntitle = "x"\n[blocking]\nkeys = [["snn"]]\n')
    said = Said(capsys, "rules", verb, tmp_path / "ours.toml")
    assert (said.code, said.out) == (MENDABLE, "")
    assert said.err.startswith("linkage: ours.toml, [blocking]: keys names 'snn'.")


def test_a_finished_run_can_be_asked_why(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, "explain", folder, "--patient", "5")
    assert (said.code, said.err) == (DONE, "")
    assert said.out.startswith("Patient 5: linked to death 105 by R4, with no runner-up.")
    pair = Said(capsys, "explain", folder, "--patient", "25", "--death", "124")
    assert "Patient 25: not linked: no rule satisfied." in pair.out
    assert "death 124: satisfies no rule; the closest rule is" in pair.out


def test_asking_about_nobody_or_about_another_input_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "There is no patient 99 among the rows used" in Said(capsys, "explain", folder, "--patient", "99").err
    assert "There is no death 1 among" in Said(capsys, "explain", folder, "--patient", "1", "--death", "1").err
    nothing = Said(capsys, "explain", tmp_path, "--patient", "1")
    assert nothing.code == MENDABLE
    assert "contains no finished run" in nothing.err


def test_a_run_whose_input_has_changed_since_is_not_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.csv").write_text("patient_id,ssn\n7,212345678\n")
    (tmp_path / "d.csv").write_text("death_id,ssn\n40,212345678\n")
    files = ("--patients", tmp_path / "p.csv", "--deaths", tmp_path / "d.csv", "--output", tmp_path / "out")
    assert Said(capsys, "run", *files).code == DONE
    (tmp_path / "d.csv").write_text("death_id,ssn\n41,212345678\n")
    said = Said(capsys, "explain", tmp_path / "out", "--patient", "7")
    assert said.code == MENDABLE
    assert "The input d.csv has changed or moved since the run" in said.err


def test_an_interrupt_ends_with_exit_code_130(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("linkage.job.job.link", stop)
    said = run()
    assert (said.code, said.out) == (130, "")
    assert said.err == "linkage: stopped. Unfinished output was removed; finished output is complete.\n"
    assert not run.out.exists()


def test_the_module_can_be_run_as_a_command() -> None:
    done = subprocess.run([sys.executable, "-m", "linkage", "rules", "check", "exact"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout.startswith("exact: 3 rules")


def test_a_reader_that_stops_early_is_no_error() -> None:
    command = f'"{sys.executable}" -m linkage rules explain mimic_iv | head -1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode == DONE


def test_the_demonstration_shows_how_well_it_went(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, "demo", "febrl", "--output", tmp_path / "out")
    assert (said.code, said.err) == (DONE, "")
    assert "Sensitivity 0.9" in said.out
    assert "PPV 0.99" in said.out or "PPV 1.0" in said.out
    assert (tmp_path / "out" / "links.csv.gz").is_file()


def test_many_patients_are_explained_by_one_command(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "ids.csv"
    listed.write_text("subject_id,death_id\n1,\n\n21,121\n14\n", "utf-8-sig")
    said = Said(capsys, "explain", folder, "--patients", listed)
    assert (said.code, said.out.count("Patient "), "Patient 14: not linked: no candidate." in said.out) == (
        DONE,
        3,
        True,
    )
    assert Said(capsys, "explain", folder, "--patient", "1", "--patient", "14").out.startswith("Patient 1: linked")
    assert Said(capsys, "explain", folder, "--patient", "1", "14", "--death", "101").code == WRONG_USAGE
    listed.write_text("patient_id\n")
    assert "contains no patient id" in Said(capsys, "explain", folder, "--patients", listed).err


def test_a_run_says_whose_output_it_replaces_before_it_does(run: Runner) -> None:
    assert "replaces" not in run().err
    (run.out / "report.html").write_text("<html>")
    said = run("--log-json")
    notice = json.loads(said.err.splitlines()[0])
    assert notice["event"] == "notice"
    assert notice["message"].startswith(f"{run.out} holds the output of a run of ")
    assert notice["message"].endswith("; this run replaces it and its report.")
    assert run("--dry-run").err.splitlines()[0].endswith("this run replaces it.")


def test_a_small_run_says_what_it_cost_and_forecasts_nothing(run: Runner) -> None:
    last = run().err.splitlines()[-1]
    assert last.startswith("linkage: done in ")
    assert "expected" not in last


def test_an_evaluation_prints_ten_lines_and_writes_the_rest(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text("patient_id,death_id\n1,101\n21,121\n14,\n2,105\n")
    both = ["evaluate", folder, "--truth", truth, "--methods", "known_alive", "duplicate_method", "decoys"]
    said = Said(capsys, *both)
    lines = said.out.splitlines()
    assert said.code == DONE
    assert len(lines) <= 10
    assert lines[0] == "Compared with the truth about 4 patients, 3 of them with a match"
    assert re.match(r"  sensitivity 66\.7 % .*: 2 of 3 matches \(blocking ceiling 66\.7 %", lines[1])
    assert any(line.startswith("  PPV ") and line.endswith(", by known alive") for line in lines)
    assert lines[-1] == "To see all tables: --all prints them, --output FILE and --json FILE write them."
    every = Said(capsys, *both, "--all").out
    assert len(every.splitlines()) > 60
    text, data = tmp_path / "found.txt", tmp_path / "found.json"
    assert Said(capsys, *both, "--output", text, "--json", data).out.splitlines() == lines[:-1]
    assert text.read_text() == every
    evaluation = json.loads(data.read_text())
    assert evaluation["tables"]["overall"][0]["matches"] == 3
    assert not {"missed_matches", "false_matches"} & set(evaluation["tables"])
    assert {path.stat().st_mode & 0o777 for path in (text, data)} == {0o600}
    assert len(Said(capsys, "evaluate", folder).out.splitlines()) <= 10
