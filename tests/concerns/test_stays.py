"""Stays that are said to end on one day, though they had not ended, look wrong: they hide deaths before that day."""

from pathlib import Path

import pandas as pd
import pytest

from tests.concerns.test_silent_faults import PATIENTS, concerns

DAYS = 60
"""Days with discharges, two on each."""


def said(folder: Path, on_one_day: int, days: int = DAYS) -> list[str]:
    """The concerns about discharges, if so many more are on one day."""
    usual = [f"2015-{1 + n // 28:02}-{1 + n % 28:02}" for n in range(days)]
    discharges = [*usual, *usual, *["2015-12-31"] * on_one_day]
    stays = pd.DataFrame({"patient_id": "1001", "start": "2014-12-01", "discharge": discharges})
    found = concerns(folder, patients=PATIENTS, encounters=stays)
    return [line for line in found.splitlines() if "discharges" in line]


@pytest.mark.parametrize("on_one_day", [0, 2, 10])
def test_a_usual_number_of_discharges_on_a_day_is_no_concern(tmp_path: Path, on_one_day: int) -> None:
    assert not said(tmp_path, on_one_day)


def test_far_too_many_discharges_on_one_day_are_told(tmp_path: Path) -> None:
    (line,) = said(tmp_path, 30)
    assert line.startswith("30 discharges (20.0 %) are on one day, 15 times as many as on other days.")


def test_discharges_of_a_few_days_show_nothing(tmp_path: Path) -> None:
    assert not said(tmp_path, 100, days=10)
