"""Generate a whole registry: people, visits, deaths, certificates, and the truth.

It is made in blocks of persons, each determined by the profile, the seed and the indices, so that a hundred
million deaths need no more memory than one block.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthetic.chance import Bools, Chance, Ints
from synthetic.hospital import day_of, make_stays
from synthetic.hospital_files import has_second_record, make_files
from synthetic.patients import MOST_PATIENTS, days_since_1970, make_patients
from synthetic.profiles import TABLES, Profile, ProfileError, load_profile
from synthetic.registry import in_registry, make_certificates
from synthetic.strangers import make_strangers
from synthetic.truth import make_truth

_BLOCK = 100_000


@dataclass(frozen=True)
class Task:
    """A block: patients or strangers, from one index up to another."""

    kind: str
    start: int
    end: int
    cut: bool = False  # the last person's second record number would be one patient too many


@dataclass(frozen=True, repr=False)
class Registry:
    """A hospital, a death registry and the true links between them: five data frames, described in docs/synthetic.md.

    >>> town = make_registry("small", patients=100)
    >>> list(town.truth)[:3], len(town.patients)
    (['subject_id', 'person_id', 'death_id'], 100)
    """

    profile: Profile
    seed: int
    patients: pd.DataFrame
    admissions: pd.DataFrame
    edstays: pd.DataFrame
    deaths: pd.DataFrame
    truth: pd.DataFrame

    def __repr__(self) -> str:
        rows = ", ".join(f"{len(getattr(self, name)):,} {name}" for name in TABLES)
        return f"Registry({self.profile.name!r}, seed={self.seed}: {rows})"


def make_registry(
    profile: str = "small",
    patients: int | None = None,
    *,
    seed: int = 1,
    noise: "Path | str | dict[str, Any] | None" = None,
    **parameters: Any,
) -> Registry:
    """Make a synthetic hospital and death registry.

    `patients` is the number of rows of the patients table; `noise` overrides slips of the profile (see
    `load_profile`); any parameter of a profile can be given by name. Raises ProfileError for invalid arguments.

    >>> make_registry("small", patients=100)
    Registry('small', seed=1: 100 patients, 108 admissions, 194 edstays, 120 deaths, 100 truth)
    """
    chosen = chosen_profile(profile, patients, noise=noise, **parameters)
    blocks = list(make_blocks(chosen, seed))
    tables = {name: pd.concat([block[name] for block in blocks if name in block], ignore_index=True) for name in TABLES}
    return Registry(chosen, seed, **{name: in_order(name, table) for name, table in tables.items()})


def chosen_profile(name: str, patients: int | None, **changes: Any) -> Profile:
    """The profile with the requested number of patients. Raises ProfileError."""
    if patients is not None:
        changes["size_patients"] = patients
    profile = load_profile(name, **changes)
    if not 1 <= profile.size.patients <= MOST_PATIENTS:
        raise ProfileError(f"patients = {profile.size.patients:,}: a registry has 1 to {MOST_PATIENTS:,} patients.")
    return profile


def sort_columns(name: str) -> list[str]:
    """The columns by which a table is sorted: record numbers; for certificates the date of death first."""
    own = {
        "deaths": ["death_date", "death_id"],
        "admissions": ["admittime", "hadm_id"],
        "edstays": ["intime", "stay_id"],
    }
    return own["deaths"] if name == "deaths" else ["subject_id", *own.get(name, [])]


def in_order(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """The table in the order of `sort_columns`."""
    keys = [
        pd.factorize(table[column].to_numpy(), sort=True)[0]
        if table[column].dtype == object
        else table[column].to_numpy()
        for column in sort_columns(name)
    ]
    return table.take(np.lexsort(keys[::-1])).reset_index(drop=True)


def make_blocks(profile: Profile, seed: int) -> Iterator[dict[str, pd.DataFrame]]:
    """Yield the registry block by block: first patients with their deaths, then strangers."""
    return (make_block(profile, seed, task) for task in block_tasks(profile, seed))


def block_tasks(profile: Profile, seed: int) -> list[Task]:
    """The blocks of a registry with the number of patient records of the profile."""
    wanted = profile.size.patients
    records = np.cumsum(1 + has_second_record(Chance(seed), profile, np.arange(wanted)).astype(np.int64))
    people = int(np.searchsorted(records, wanted)) + 1
    strangers = round(wanted * profile.size.strangers_per_patient)
    tasks = [
        Task(kind, start, min(start + _BLOCK, size))
        for kind, size in (("patients", people), ("strangers", strangers))
        for start in range(0, size, _BLOCK)
    ]
    cut = bool(records[people - 1] > wanted)
    return [replace(task, cut=cut and task.kind == "patients" and task.end == people) for task in tasks]


def make_block(profile: Profile, seed: int, task: Task) -> dict[str, pd.DataFrame]:
    """Make one block of the registry."""
    chance, index = Chance(seed), np.arange(task.start, task.end)
    if task.kind == "strangers":
        return _stranger_block(chance, profile, index)
    second = has_second_record(chance, profile, index)
    second[-1] &= not task.cut
    return _patient_block(chance, profile, index, second)


def _patient_block(chance: Chance, profile: Profile, index: Ints, second: Bools) -> dict[str, pd.DataFrame]:
    patients = make_patients(chance, profile, index)
    stays = make_stays(chance, profile, patients, second)
    files = make_files(chance, profile, patients, stays, second)
    death = day_of(stays.death)
    listed = np.flatnonzero(in_registry(chance, profile, patients.people, death, stays.died_in_hospital))
    certificates = make_certificates(chance, profile, patients.people.at(listed), death[listed])
    found = replace(certificates, row=listed[certificates.row])
    truth = make_truth(
        files, found, person=index, death=death, died_in_hospital=stays.died_in_hospital,
        dead=death < days_since_1970(f"{profile.registry.last_year + 1}-01-01"),
    )  # fmt: skip
    return {
        "patients": files.patients, "admissions": files.admissions, "edstays": files.edstays,
        "deaths": certificates.deaths, "truth": truth,
    }  # fmt: skip


def _stranger_block(chance: Chance, profile: Profile, index: Ints) -> dict[str, pd.DataFrame]:
    strangers = make_strangers(chance, profile, index)
    return {"deaths": make_certificates(chance, profile, strangers.people, strangers.death).deaths}
