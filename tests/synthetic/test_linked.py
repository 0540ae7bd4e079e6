"""With the shipped cascade, registries behave as published, and slips have the expected effect.

The calibration is checked on a sample: a twentieth of the patients against a registry of full size, so that the
chance of sharing a name with a stranger is unchanged.
"""

from collections.abc import Mapping
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

import linkage
from synthetic import Registry, make_registry
from synthetic.writing import write_registry

SAMPLE = 30_000
PAPER_PATIENTS, PAPER_DEATHS = 590_325, 716_000


def linked(town: Registry) -> tuple[Mapping[str, int], pd.DataFrame]:
    """The counts of a run on the written files, and its links beside the truth, with whether each is true."""
    with TemporaryDirectory() as folder:
        patients, _, _, deaths, _ = write_registry(town, folder)
        with linkage.link(patients, deaths, "mimic_iv") as run:
            counts, links = dict(run.counts), run.links[["patient_id", "death_id", "rule"]]
    links = links.merge(town.truth.assign(patient_id=town.truth["subject_id"].astype(str)), on="patient_id")
    certificates = links["death_id_y"] + ";" + links["other_death_ids"]
    found = [one in several.split(";") for one, several in zip(links["death_id_x"], certificates, strict=True)]
    return counts, links.assign(true=found)


@pytest.fixture(scope="module")
def sample() -> tuple[Registry, Mapping[str, int], pd.DataFrame]:
    """Thirty thousand patients, and strangers who replace all other patients who died."""
    strangers = PAPER_DEATHS / 1.013 / SAMPLE - 0.116
    # Strangers have more common names than the patients they replace, so 4 % fewer of them give as many pairs.
    strangers *= 0.96
    town = make_registry("mimic_iv", patients=SAMPLE, strangers_per_patient=strangers)
    return town, *linked(town)


def within(found: float, published: float, errors: float) -> bool:
    """Within 3 % of a published share, or within three standard errors for a sample of this size."""
    return abs(found - published) <= 0.03 * published + 3 * errors


def test_as_many_patients_have_a_candidate_as_published(
    sample: tuple[Registry, Mapping[str, int], pd.DataFrame],
) -> None:
    share = sample[1]["patients_with_candidate"] / SAMPLE
    assert within(share, 150_832 / PAPER_PATIENTS, np.sqrt(share * (1 - share) / SAMPLE))


def test_as_many_candidates_per_patient_as_published(sample: tuple[Registry, Mapping[str, int], pd.DataFrame]) -> None:
    """A few common names have most pairs, so the standard error of the mean is about 3 %."""
    found, published = sample[1]["candidate_links"] / SAMPLE, 717_092 / PAPER_PATIENTS
    assert within(found, published, 0.03 * published)


def test_as_many_patients_are_linked_as_published(sample: tuple[Registry, Mapping[str, int], pd.DataFrame]) -> None:
    share = len(sample[2]) / SAMPLE
    assert within(share, 65_805 / PAPER_PATIENTS, np.sqrt(share * (1 - share) / SAMPLE))


@pytest.mark.parametrize(("rules", "published"), [(["R1"], 0.775), (["R2"], 0.177), (None, 0.048)])
def test_rules_have_their_published_shares(
    sample: tuple[Registry, Mapping[str, int], pd.DataFrame], rules: list[str] | None, published: float
) -> None:
    rule = sample[2]["rule"]
    share = (rule.isin(rules) if rules else ~rule.isin(["R1", "R2"])).mean()
    assert within(share, published, np.sqrt(share * (1 - share) / len(rule)))


def test_links_are_nearly_all_true_and_few_deaths_are_missed(
    sample: tuple[Registry, Mapping[str, int], pd.DataFrame],
) -> None:
    town, _, links = sample
    assert links["true"].mean() > 0.995
    assert 0.93 < links["true"].sum() / (town.truth["death_id"] != "").sum() < 0.98


# Each slip turned up to one record in four (of maiden names more: few can have one), and the links that it must cost.
COSTS = [
    ("ssn_missing", {"patients": {"ssn": 0.25}}, "R1"),
    ("ssn_digit_changed", {"patients": {"ssn": 0.25}}, "R1"),
    ("maiden_name", {"patients": {"last_name": 0.6}}, "R1"),
    ("letter_changed", {"patients": {"last_name": 0.25}}, "all"),
    ("year_off_by_ten", {"patients": {"birth_date": 0.25}}, "R1"),
    ("name_placeholder", {"deaths": {"last_name": 0.25}}, "all"),
]


def found(noise: dict[str, dict[str, dict[str, float]]]) -> tuple[float, float, int]:
    """Sensitivity, the share of deaths that rule 1 finds, and how many deaths there are."""
    town = make_registry("small", patients=6_000, strangers_per_patient=0.1, noise=noise)
    links = linked(town)[1]
    deaths = int((town.truth["death_id"] != "").sum())
    return links["true"].sum() / deaths, (links["true"] & (links["rule"] == "R1")).sum() / deaths, deaths


@pytest.fixture(scope="module")
def quiet() -> tuple[float, float, int]:
    """The results with the errors of the default profile."""
    return found({})


@pytest.mark.parametrize(("slip", "table", "which"), COSTS)
def test_turning_a_slip_up_lowers_what_it_should_lower(
    quiet: tuple[float, float, int], slip: str, table: dict[str, dict[str, float]], which: str
) -> None:
    """Cut-off: three standard errors of the difference."""
    loud = found({slip: table})
    before, after = (quiet[0], loud[0]) if which == "all" else (quiet[1], loud[1])
    error = np.sqrt((before * (1 - before) + after * (1 - after)) / quiet[2])
    assert before - after > 3 * error
