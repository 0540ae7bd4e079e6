"""The checks of a release are in its folder, on the screen, and in the report of the run."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from linkage.cli.main import main
from linkage.errors import InputError
from linkage.release import Release
from linkage.report.released import released


def test_the_report_holds_every_check_of_the_release(made: Release, run: Path, tmp_path: Path) -> None:
    command = ["report", str(run), "--output", str(tmp_path), "--no-sweep", "--release", str(made.folder)]
    assert not main(command)
    report = json.loads((tmp_path / "report.json").read_text())
    (section,) = [section for section in report["sections"] if section["name"] == "release"]
    text = json.dumps(section)
    assert all(json.dumps(check.claim) in text for check in made.checks)
    assert "Safe Harbor" in text
    for name in ("report.md", "report.html"):
        page = (tmp_path / name).read_text()
        assert "no offset of dates is 0" in page
        assert "de-identified" not in page.lower()


def test_the_report_withholds_small_numbers_of_people(made: Release, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    shutil.copytree(made.folder, folder)
    with (folder / "checks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    reported = [row["check"] for row in rows if row["result"] == "reported"]
    for row in rows:
        row["found"] = "10" if row["result"] == "reported" else row["found"]
    with (folder / "checks.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for smallest, shown in ((11, "< 11"), (1, 10)):
        _, table = released(folder, smallest).blocks
        assert {row[1]: row[3] for row in table.rows if row[2] == "reported"} == dict.fromkeys(reported, shown)


def test_a_folder_that_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no release"):
        released(tmp_path, 11)


def test_the_screen_shows_every_check_and_says_loudly_that_numbers_are_new(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared, crosswalk = tmp_path / "shared", tmp_path / "c.csv"
    command = ["release", str(run), "--output", str(shared), "--crosswalk", str(crosswalk)]
    loud = "NO CROSSWALK OF AN EARLIER RELEASE: all numbers and offsets are new."
    assert not main(command)
    first = capsys.readouterr().out
    assert loud in first
    assert f"written to {crosswalk}: keep it private" in first
    with (shared / "checks.csv").open() as file:
        assert all(row["check"] in first for row in csv.DictReader(file))
    assert not main(command)
    assert loud not in capsys.readouterr().out
    crosswalk.unlink()
    assert not main(command)
    assert loud in capsys.readouterr().out


def test_tables_of_others_are_checked_by_a_command_of_its_own(
    made: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(made.folder, tmp_path / "theirs")
    assert main(["check-release", str(tmp_path / "theirs")]) == 0
    assert "none failed" in capsys.readouterr().out
    (tmp_path / "theirs" / "notes.txt").write_text("")
    assert main(["check-release", str(tmp_path / "theirs")]) == 1
    assert "1 failed" in capsys.readouterr().out
