"""Tuning from the command line writes a private rule file, with and without truth."""

import re
from pathlib import Path

import pytest

import linkage
from linkage.cli.main import main
from synthetic.profiles import load_profile
from synthetic.writing import make_and_write


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The output of a run, and the truth."""
    folder = tmp_path_factory.mktemp("tune")
    profile = load_profile("twins_and_families", size_patients=2000)
    patients, admissions, edstays, deaths, truth = make_and_write(profile, 3, folder / "registry")
    with linkage.link(patients, deaths, encounters=[admissions, edstays]) as run:
        run.write(folder / "out")
    return folder / "out", truth


def test_with_truth_a_search_writes_a_rule_file_and_a_chart(
    town: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="charts need matplotlib")
    out, truth = town
    path, chart = tmp_path / "found.toml", tmp_path / "front.svg"
    command = ["tune", str(out), "--truth", str(truth), "--at-most", "15", "--output", str(path), "--chart", str(chart)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "Found:    Judged(mimic_iv: " in said
    assert re.search(r"sensitivity 0\.\d+ of the \d+ matches of labeled patients, of which 9\d\.\d % are among", said)
    assert path.stat().st_mode & 0o777 == 0o600
    assert {rule.id for rule in linkage.read_rules(path).rules} <= {f"R{n}" for n in range(1, 11)}
    assert "<svg" in chart.read_text("utf-8")


def test_without_truth_rules_are_learned_or_searched_by_estimates(
    town: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = town
    path = tmp_path / "learned.toml"
    assert main(["tune", str(out), "--floor", "0.99", "--output", str(path)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"PPV 0\.99\d+, sensitivity \d\.\d+ of the \d+ matches that the model expects", said)
    learned = linkage.read_rules(path)
    assert learned.weighs
    assert all(rule.why.startswith("Learned without truth") for rule in learned.rules)
    assert main(["tune", str(out), "--pool", "mimic_iv", "--at-most", "12", "--output", str(path)]) == 0
    assert "by estimates without truth" in capsys.readouterr().out
    assert linkage.read_rules(path).rules[0].id.startswith("R")


def test_what_cannot_be_done_is_said(
    town: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, truth = town
    assert main(["tune", str(out), "--pool", "evidence", "--output", str(tmp_path / "x.toml")]) == 1
    assert "evidence cannot be tuned without truth: R1, R2, E1," in capsys.readouterr().err
    assert main(["tune", str(out), "--chart", "x.svg", "--output", str(tmp_path / "x.toml")]) == 1
    assert "--chart draws the cascades that a search tried" in capsys.readouterr().err
    nowhere = ["--truth", str(truth), "--at-most", "1", "--output", str(tmp_path / "none" / "x.toml")]
    assert main(["tune", str(out), *nowhere]) == 1
    assert "x.toml cannot be written: No such file or directory." in capsys.readouterr().err
