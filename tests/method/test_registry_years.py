"""Coverage stated by year ends follow-up where the registry stops being complete, and stated deaths elsewhere correct
mortality."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.evaluation.subgroups import subgroups
from linkage.job.check import check
from linkage.job.job import read_job
from linkage.method.coverage import covered
from linkage.report import make_report
from linkage.report.correction import correction
from linkage.report.stated import limits_of_the_registry
from linkage.report.withholding import numbers_of
from linkage.rules.registry_years import complete_until, registry_years
from linkage.rules.study_facts import StudyFacts, study_of_manifest
from linkage.run.repeat import repeat_run
from tests.small_town.town import DEATHS, ENCOUNTERS, PATIENTS

JOB = f"""
format = 1
patients = {{ file = "{PATIENTS}" }}
deaths = {{ file = "{DEATHS}" }}
encounters = [{{ file = "{ENCOUNTERS[0]}" }}, {{ file = "{ENCOUNTERS[1]}" }}]
output = {{ folder = "out" }}
[study]
registry_extracted = 2016-12-31
registry_lag_days = 91
[study.registry_years]
2014-2015 = "final"
2016 = "preliminary"
"""

ENDS = [
    # years, extraction date, lag, last complete day, reason
    ({"2014-2015": "final"}, None, None, date(2015, 12, 31), "a final year is complete"),
    ({"2014-2015": "final"}, date(2016, 1, 31), 365, date(2015, 12, 31), "and has no lag"),
    ({"2015": "final", "2016": "preliminary"}, date(2016, 12, 31), 91, date(2016, 10, 1), "the lag of the study"),
    ({"2015": "final", "2016": "preliminary"}, date(2017, 12, 31), 91, date(2016, 12, 31), "the lag is over"),
    ({"2015": "final", "2016": "preliminary"}, date(2016, 1, 31), 91, date(2015, 12, 31), "nothing of it is complete"),
    ({"2016": {"status": "preliminary", "lag_days": 0}}, date(2016, 12, 31), 91, date(2016, 12, 31), "its own lag"),
    ({"2015": "preliminary", "2016": "final"}, date(2017, 1, 1), 400, date(2015, 11, 28), "no year behind a gap"),
    ({"2016": "preliminary"}, date(2016, 1, 1), 90, date(2015, 12, 31), "no day at all"),
]


@pytest.mark.parametrize(("years", "extracted", "lag", "ends", "reason"), ENDS, ids=[row[-1] for row in ENDS])
def test_years_are_complete_until_the_lag_of_the_preliminary_one(
    years: dict[str, Any], extracted: date | None, lag: int | None, ends: date, reason: str
) -> None:
    assert complete_until(registry_years(years), extracted, lag) == ends, reason


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_follow_up_ends_where_the_registry_s_years_end(tmp_path: Path, engine: str) -> None:
    (tmp_path / "job.toml").write_text(JOB)
    job = read_job(tmp_path / "job.toml", [("engine", engine)])
    with job.claim_output() as replace, job.link() as run:
        job.write(run, replace)
        outcomes = run.outcomes
        assert run.coverage_stated
        assert "Registry coverage: 2014-01-01 to 2016-10-01, as stated: 2014-2015 final, 2016 preliminary." in str(run)
    followed = pd.to_datetime(outcomes["anchor_date"]) + pd.to_timedelta(outcomes["followup_days"], unit="D")
    assert (followed[outcomes["followup_days"] > 0] <= "2016-10-01").all()
    late = pd.to_datetime(outcomes["censor_date"]) > "2016-10-01"
    assert "alive_at_one_year" not in set(outcomes.loc[late, "status"])
    assert "unknown_not_covered" in set(outcomes.loc[late, "status"])
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["study"]["registry_years"] == {"2014-2015": "final", "2016": "preliminary"}
    assert (manifest["study"]["complete_until"], manifest["settings"]["coverage_last"]) == ("2016-10-01", "2016-10-01")
    if engine == "duckdb":
        assert "Registry coverage: 2014-01-01 to 2016-10-01 (as stated: 2014-2015 final" in check(job).text
        with repeat_run(tmp_path / "out") as again:
            assert (again.study, again.policy, again.coverage_how) == (run.study, run.policy, run.coverage_how)


def test_both_engines_give_the_same_outcomes(tmp_path: Path) -> None:
    (tmp_path / "job.toml").write_text(JOB)
    found = []
    for engine in ("duckdb", "reference"):
        with read_job(tmp_path / "job.toml", [("engine", engine)]).link() as run:
            found.append(run.outcomes)
    pd.testing.assert_frame_equal(*found)


def test_stated_coverage_holds_within_the_stated_years() -> None:
    study = StudyFacts(registry_years={"2014-2015": "final"})
    deaths = pd.DataFrame({"death_id": ["1"], "last_name": ["Lee"], "ssn": ["313456789"], "death_date": ["2014-06-01"]})
    patients = pd.DataFrame({"patient_id": ["1"], "last_name": ["Roe"], "ssn": ["212345678"]})
    with linkage.link(patients, deaths) as run:
        one = covered(run.database, linkage.MortalityPolicy(coverage_first=date(2014, 7, 1)), study)
        assert (one[0].coverage_first, one[0].coverage_last) == (date(2014, 7, 1), date(2015, 12, 31))
        wide = linkage.MortalityPolicy(coverage_first=date(2000, 1, 1), coverage_last=date(2020, 1, 1))
        two, how = covered(run.database, wide, study)
        assert (two.coverage_first, two.coverage_last) == (date(2014, 1, 1), date(2015, 12, 31))
        assert how == "as stated, within the years stated: 2014-2015 final"
        apart = linkage.MortalityPolicy(coverage_first=date(2000, 1, 1), coverage_last=date(2001, 1, 1))
        with pytest.raises(linkage.InputError, match=r"have no day in common\. Correct coverage or registry_years"):
            covered(run.database, apart, study)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"registry_years": 2014}, "registry_years says the status of years, such as"),
        ({"registry_years": {"14": "final"}}, "'14' is neither a year nor a span of years"),
        ({"registry_years": {"2015-2014": "final"}}, "'2015-2014' is neither a year nor"),
        (
            {"registry_years": {"2014": "fnal"}},
            r"2014: status = 'fnal' is not one of: final, preliminary\. Did you mean",
        ),
        (
            {"registry_years": {"2014": {"status": "final", "lag": 3}}},
            '"lag" is not a setting. Allowed: status, lag_days',
        ),
        (
            {"registry_years": {"2014": {"status": "final", "lag_days": 3}}},
            "a final year is complete and has no lag_days",
        ),
        (
            {"registry_years": {"2014": {"status": "preliminary", "lag_days": -1}}},
            "lag_days = -1 is not a whole number",
        ),
        ({"registry_years": {"2014-2016": "final", "2016": "preliminary"}}, "states 2016 twice"),
        ({"registry_years": {"2014": "final", "2017": "final"}}, "leaves out 2015-2016. Follow-up cannot skip"),
        (
            {"registry_years": {"2014": "preliminary"}},
            "its last complete day is not known. State registry_lag_days",
        ),
        (
            {"registry_years": {"2014": {"status": "preliminary", "lag_days": 9}}},
            "State extracted or registry_extracted",
        ),
        (
            {"registry_years": {"2014": "final"}, "extracted": date(2014, 12, 30)},
            "2014 is final, and the registry was extracted on 2014-12-30, before that year had ended",
        ),
        ({"deaths_elsewhere": 1}, "deaths_elsewhere = 1 is not a share from 0 to below 1"),
        ({"deaths_elsewhere": True}, "deaths_elsewhere = True is not a share"),
        ({"deaths_elsewhere": "2 %"}, "deaths_elsewhere = '2 %' is not a share"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(linkage.InputError, match=message):
        StudyFacts(**settings)


def test_facts_come_back_from_a_manifest() -> None:
    stated = {"2014-2015": "final", "2016": {"status": "preliminary", "lag_days": 30}}
    facts = StudyFacts(extracted=date(2017, 1, 1), registry_years=stated, deaths_elsewhere=0.02)
    assert study_of_manifest(json.loads(json.dumps(facts.as_manifest()))) == facts


@pytest.fixture(scope="module")
def elsewhere() -> linkage.Linkage:
    """A hospital with 300 patients, of whom 60 died outside it and 20 in it; the registry has every fourth death."""
    ids = [str(n) for n in range(1, 301)]
    people = pd.DataFrame(
        {"patient_id": ids, "last_name": "Lee", "first_name": "Ann", "ssn": [f"2123{n:05}" for n in range(1, 301)]}
    )
    stays = pd.DataFrame({"patient_id": ids, "start": "2014-01-01", "discharge": "2014-01-09"})
    stays["death_time"] = ["2014-01-09"] * 20 + [None] * 280
    deaths = people.iloc[20:80].rename(columns={"patient_id": "death_id"}).assign(death_date="2014-03-01")
    study = StudyFacts(
        extracted=date(2016, 1, 1),
        registry_years={"2014": "final", "2015": {"status": "preliminary", "lag_days": 30}},
        deaths_elsewhere=0.2,
    )
    return linkage.link(people, deaths, encounters=stays, study=study)


def test_deaths_elsewhere_are_expected_in_the_summary_and_the_manifest(elsewhere: linkage.Linkage) -> None:
    assert elsewhere.counts["mortality"]["deaths_elsewhere"] == {
        "share": 0.2,
        "found_by_registry": 60,
        "expected": 15.0,  # 60 are four fifths of 75
    }
    assert "It shows 60 in the year of follow-up, so 15.0 more patients are expected to have died" in str(elsewhere)
    assert elsewhere.outcomes["status"].eq("alive_at_one_year").sum() == 220


def test_the_report_states_the_years_and_corrects_mortality_for_deaths_elsewhere(elsewhere: linkage.Linkage) -> None:
    report = make_report(elsewhere)
    assert "As stated, the years of the registry were: 2014 final, 2015 preliminary (lag 30 days)." in report.markdown
    assert "the registry does not hold 20 % of the deaths outside the hospital" in report.markdown
    assert "Some years of the registry are preliminary." in report.markdown
    table = report.table("corrected")
    assert [column.name for column in table.columns][1:] == ["Observed (95 % CI)", "Corrected for deaths elsewhere"]
    observed, better = (cell for cell in table.rows[-1][1:])
    assert observed.value == pytest.approx(80 / 300)
    assert better.value == pytest.approx(95 / 300)


def test_what_is_withheld_cannot_be_worked_out_from_the_correction(elsewhere: linkage.Linkage) -> None:
    stays = pd.DataFrame({"patient_id": [str(n) for n in range(1, 301)], "start": "2014-01-01"})
    stays["discharge"], stays["death_time"] = "2014-01-09", ["2014-01-09"] * 4 + [None] * 296
    patients, deaths = (source.frame for source in elsewhere.sources[:2])
    with linkage.link(patients, deaths, encounters=stays, study=elsewhere.study) as run:
        study = linkage.follow(run)
        numbers = numbers_of(run, None, study, groups=subgroups(run, ()), review=(), smallest=11)
        _, table = correction(study, None, numbers, 0.2, with_hospital=True)
        rows = table.rows
    assert {cell for row in rows for cell in row[1:]} == {"withheld"}


def test_a_report_says_nothing_of_a_registry_of_which_nothing_is_stated(elsewhere: linkage.Linkage) -> None:
    patients, deaths, stays = (source.frame for source in elsewhere.sources)
    with linkage.link(patients, deaths, encounters=stays) as run:
        assert limits_of_the_registry(run) == []
        assert "deaths_elsewhere" not in run.counts["mortality"]
        assert "Deaths elsewhere" not in str(run)
