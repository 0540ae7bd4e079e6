"""Times that a run does not know or does not use are not in its release."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import linkage
from linkage.errors import OutputError
from linkage.release import Release, make_release
from tests.release.conftest import changed, numbers, rows_of


def found_in(made: Release, claim: str) -> list[tuple[str, int]]:
    """The claims of the numbers without a verdict that contain a text, and the numbers."""
    return [(one.claim, one.found) for one in made.checks if claim in one.claim and one.passed is None]


def test_placeholder_times_do_not_show_the_offset(hospital: Path, tmp_path: Path) -> None:
    placeholders = {0: "1970-01-01 00:00:00", 1: "9999-12-31", 2: "2090-03-04 05:06:07"}
    admissions = changed(
        hospital / "admissions.csv", tmp_path, lambda place, _: {"deathtime": placeholders.get(place, "")}
    )
    transfers = changed(
        hospital / "transfers.csv", tmp_path, lambda place, _: {"outtime": "1900-01-01"} if not place else {}
    )
    with linkage.link(hospital / "patients.csv", hospital / "deaths.csv", encounters=admissions) as run:
        run.write(tmp_path / "out")
    made = make_release(tmp_path / "out", tmp_path / "shared", tables={"transfers": transfers})
    released = {row["subject_id"]: row for row in rows_of(made.folder, "admissions")}
    assert not any(row["deathtime"] for row in released.values())
    assert sum(not row["outtime"] for row in rows_of(made.folder, "transfers")) == 1
    for row in rows_of(made.folder, "patients"):
        assert row["anchor_year"] == released[row["subject_id"]]["admittime"][:4]
    not_known = "left empty: placeholder days and days in a future year"
    assert found_in(made, not_known) == [
        (f"admissions: deathtime {not_known}", len(placeholders)), (f"transfers: outtime {not_known}", 1)
    ]  # fmt: skip
    assert not_known in (made.folder / "release.md").read_text()


def test_a_required_time_that_is_not_known_fails_the_release(run: Path, hospital: Path, tmp_path: Path) -> None:
    transfers = changed(
        hospital / "transfers.csv", tmp_path, lambda place, _: {"intime": "1970-01-01"} if not place else {}
    )
    with pytest.raises(OutputError, match="transfers: intime is never empty"):
        make_release(run, tmp_path / "shared", tables={"transfers": transfers}, crosswalk_file=tmp_path / "c.csv")


def test_deaths_that_the_run_did_not_use_are_not_released(hospital: Path, tmp_path: Path) -> None:
    def died(place: int, row: Mapping[str, str]) -> dict[str, str]:
        """Some die at discharge, one is recorded as dead three years later, and one before the stay."""
        days = {1: 0, 3: 0, 5: 1_100, 7: -900}
        if place not in days:
            return {}
        end = datetime.fromisoformat(row["dischtime"])
        return {"deathtime": str(end + timedelta(days=days[place])), "hospital_expire_flag": "1"}

    admissions = changed(hospital / "admissions.csv", tmp_path, died)
    with linkage.link(hospital / "patients.csv", hospital / "deaths.csv", encounters=admissions) as run:
        run.write(tmp_path / "out")
    made = make_release(tmp_path / "out", tmp_path / "shared", crosswalk_file=tmp_path / "c.csv")
    dods = {row["subject_id"]: row["dod"] for row in rows_of(made.folder, "patients")}
    shown = {row["subject_id"]: row["deathtime"] for row in rows_of(made.folder, "admissions") if row["deathtime"]}
    subjects = numbers(tmp_path / "c.csv", "subject_id")
    assert set(shown) == {str(subjects[str(70_000_001 + place)]) for place in (1, 3)}
    assert all(time[:10] == dods[subject] for subject, time in shown.items())
    not_used = "admissions: deathtime left empty: not on the day of dod"
    assert found_in(made, not_used) == [(not_used, 2)]
