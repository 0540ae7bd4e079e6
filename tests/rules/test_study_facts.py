"""Facts of a study are in its manifest, and follow-up never exceeds what the registry can know."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.job.job import read_job
from linkage.method.censor import MortalityPolicy
from linkage.method.coverage import within_what_is_complete
from linkage.rules.study_facts import StudyFacts
from linkage.run.repeat import repeat_run
from tests.small_town.town import DEATHS, ENCOUNTERS, PATIENTS, POLICY

JOB = f"""
format = 1
coverage = [2014-01-01, 2017-06-30]
patients = {{ file = "{PATIENTS}" }}
deaths = {{ file = "{DEATHS}" }}
encounters = [{{ file = "{ENCOUNTERS[0]}" }}, {{ file = "{ENCOUNTERS[1]}" }}]
output = {{ folder = "out" }}
"""
STUDY = """
[study]
title = "Deaths after a stay"
population = "Everybody discharged from the small town's hospital"
extracted = 2016-12-31
registry_extracted = 2016-06-30
registry_lag_days = 91
"""


def write_job(folder: Path, more: str = "") -> Path:
    """The job for the small town, with additional settings."""
    path = folder / "job.toml"
    path.write_text(JOB + more, "utf-8")
    return path


def test_a_study_stands_in_the_manifest_and_ends_follow_up(tmp_path: Path) -> None:
    job = read_job(write_job(tmp_path, STUDY))
    with job.claim_output() as replace, job.link() as run:
        job.write(run, replace)
        assert run.study.title == "Deaths after a stay"
        assert "Registry coverage: 2014-01-01 to 2016-03-31, as stated, ended on the day until which" in str(run)
        outcomes = run.outcomes
    followed = outcomes["anchor_date"] + pd.to_timedelta(outcomes["followup_days"], unit="D")
    manifest: dict[str, Any] = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["study"] == {
        "title": "Deaths after a stay",
        "population": "Everybody discharged from the small town's hospital",
        "extracted": "2016-12-31",
        "registry_extracted": "2016-06-30",
        "registry_lag_days": 91,
        "registry_years": None,
        "deaths_elsewhere": None,
        "complete_until": "2016-03-31",
    }
    assert manifest["settings"]["coverage_last"] == "2016-03-31"
    assert (followed[outcomes["followup_days"] > 0] <= "2016-03-31").all()
    assert outcomes["status"].eq("unknown_not_covered").sum() > 0
    with repeat_run(tmp_path / "out") as again:
        assert (again.study, again.policy, again.coverage_how) == (run.study, run.policy, run.coverage_how)


def test_a_study_that_states_nothing_changes_nothing(tmp_path: Path) -> None:
    job = read_job(write_job(tmp_path))
    assert job.study == StudyFacts()
    assert job.study.complete_until is None
    assert set(job.study.as_manifest().values()) == {None}


@pytest.mark.parametrize(
    ("last", "extracted", "lag", "ends"),
    [
        (date(2021, 12, 31), None, None, date(2021, 12, 31)),
        (date(2021, 12, 31), date(2021, 12, 31), 0, date(2021, 12, 31)),
        (date(2021, 12, 31), date(2021, 12, 31), 1, date(2021, 12, 30)),
        (date(2020, 6, 30), date(2021, 12, 31), 90, date(2020, 6, 30)),
        (date(2021, 12, 31), date(2007, 1, 1), 0, date(2007, 1, 1)),
    ],
)
def test_coverage_ends_no_later_than_the_extraction_less_the_lag(
    last: date, extracted: date | None, lag: int | None, ends: date
) -> None:
    facts = StudyFacts(extracted=extracted, registry_lag_days=lag)
    first, found, how = within_what_is_complete(date(2008, 1, 1), last, "as stated", facts)
    assert found == ends
    assert first <= found
    assert ("ended on the day" in how) == (ends != last)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[study]\nname = 'x'\n", r'job.toml, \[study\]: "name" is not a setting. Allowed: title, population'),
        ("[study]\ntitle = 7\n", r"\[study\]: title = 7 is not a string"),
        ("[study]\nextracted = '2021-12-31'\n", r"\[study\]: extracted = '2021-12-31' is not a date"),
        ("[study]\nextracted = 2021-12-31\nregistry_lag_days = -1\n", "is not a whole number of days, 0 or more"),
        ("[study]\nregistry_lag_days = 30\n", "State extracted or registry_extracted"),
    ],
)
def test_a_study_that_cannot_be_read_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(linkage.JobError, match=message):
        read_job(write_job(tmp_path, text))


def test_a_moment_is_not_a_day_of_extraction() -> None:
    with pytest.raises(linkage.InputError, match="extracted = datetime"):
        StudyFacts(extracted=datetime(2021, 12, 31))


def test_the_setting_of_partial_dates_has_one_name(tmp_path: Path) -> None:
    path = write_job(tmp_path)
    assert read_job(path, [("partial_death_dates", "middle")]).policy.partial_death_dates == "middle"
    assert read_job(path).policy == MortalityPolicy(
        coverage_first=POLICY.coverage_first, coverage_last=POLICY.coverage_last
    )
    with pytest.raises(linkage.JobError, match="partial_death_dates"):
        read_job(path, [("partial_death_date", "middle")])
