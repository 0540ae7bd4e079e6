"""The files of the hospital in MIMIC's format, with identifiers: patients, admissions and emergency stays.

A patient may have two record numbers; each record has its own slips, and each visit belongs to
one of them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from synthetic.chance import Bools, Chance, Ints, shuffled
from synthetic.hospital import DIRECT, EMERGENCY_ONLY, Stays, emergency_only
from synthetic.mortality import DAY_SECONDS
from synthetic.names import Texts
from synthetic.noise import apply_slips, traits_of
from synthetic.patients import Patients
from synthetic.people import YEAR_DAYS, People, year_of
from synthetic.profiles import Profile
from synthetic.slips.dates import date_text
from synthetic.slips.numbers import ssn_text

_RACES = np.array(
    ["WHITE", "BLACK/AFRICAN AMERICAN", "HISPANIC/LATINO", "ASIAN", "OTHER"], dtype=object
)  # the values of MIMIC-IV, simplified
_SUBJECT_BITS, _STAY_BITS = 23, 27


@dataclass(frozen=True)
class Files:
    """The files of the hospital, and for each patient row the position of its person and its slips."""

    patients: pd.DataFrame
    admissions: pd.DataFrame
    edstays: pd.DataFrame
    row: Ints
    slips: Texts


def has_second_record(chance: Chance, profile: Profile, index: Ints) -> Bools:
    """People with two record numbers."""
    return chance.happens(index, "second_record", profile.hospital.two_record_numbers)


def subject_ids(chance: Chance, index: Ints, second: "Bools | Ints") -> Ints:
    """Record numbers of eight digits that reveal nothing about the person."""
    return 10_000_000 + shuffled(index * 2 + second, _SUBJECT_BITS, salt=chance.seed)


def personal_texts(people: People) -> dict[str, Texts]:
    """The identifying fields of people, without slips."""
    return {
        "first_name": people.first, "middle_name": people.middle, "last_name": people.last,
        "suffix": people.suffix, "former_last_names": people.birth_last, "ssn": ssn_text(people.ssn),
        "birth_date": date_text(people.birth), "sex": np.where(people.female, "F", "M").astype(object),
    }  # fmt: skip


def make_files(chance: Chance, profile: Profile, patients: Patients, stays: Stays, second: Bools) -> Files:
    """The hospital's files for these patients."""
    row = np.r_[np.arange(len(second)), np.flatnonzero(second)]
    number = np.r_[np.zeros(len(second), dtype=np.int64), np.ones(int(second.sum()), dtype=np.int64)]
    people = patients.people.at(row)
    subject = subject_ids(chance, people.key, number)
    texts, slips = _written(chance, profile, people, number, patients.first_visit[row])
    visits = _with_records(chance, patients.people.key, stays.visits, second)
    table = pd.DataFrame({
        "subject_id": subject,
        **{field: texts[field] for field in ("first_name", "middle_name", "last_name", "suffix")},
        "former_last_names": texts["former_last_names"], "ssn": texts["ssn"], "dob": texts["birth_date"],
        "gender": texts["sex"], "race": _RACES[people.group], **_anchor(patients, row), "dod": "",
    })  # fmt: skip
    race = _RACES[patients.people.group]
    return Files(table, _admissions(chance, profile, visits, race, patients), _edstays(chance, visits), row, slips)


def _written(
    chance: Chance, profile: Profile, people: People, number: Ints, first_visit: Ints
) -> tuple[dict[str, Texts], Texts]:
    keys = people.key * 2 + number
    texts = personal_texts(people)
    texts["former_last_names"] = np.where(people.last != people.birth_last, people.birth_last, "")
    age = (first_visit - people.birth) / YEAR_DAYS
    traits = traits_of(
        people, age, emergency_only=emergency_only(chance, profile, people.key), second_record=number == 1
    )
    return apply_slips(chance, profile, people, texts, file="patients", keys=keys, traits=traits)


def _anchor(patients: Patients, row: Ints) -> dict[str, "Ints | Texts"]:
    """MIMIC's anchor: a year with a visit, a group of three years around it, and the age then; over 89 is 91."""
    year = year_of(patients.first_visit[row])
    age = year - year_of(patients.people.birth[row])
    start = 2008 + np.maximum(year - 2008, 0) // 3 * 3
    groups = np.array([f"{first} - {first + 2}" for first in range(2008, 2041, 3)], dtype=object)
    return {
        "anchor_age": np.where(age > 89, 91, age),
        "anchor_year": year,
        "anchor_year_group": groups[(start - 2008) // 3],
    }


def _with_records(chance: Chance, index: Ints, visits: pd.DataFrame, second: Bools) -> pd.DataFrame:
    """Each visit with its record number; later visits of people with two records belong to either of them."""
    row, visit = visits["row"].to_numpy(), visits["visit"].to_numpy()
    key = index[row] * 32 + visit
    other = second[row] & ((visit == 1) | (visit > 1) & chance.happens(key, "visit/other_record", 0.5))
    return visits.assign(
        key=key,
        subject_id=subject_ids(chance, index[row], other),
        hadm_id=200_000_000 + shuffled(key, _STAY_BITS, salt=chance.seed + 1),
        stay_id=500_000_000 + shuffled(key, _STAY_BITS, salt=chance.seed + 2),
    )


def _moments(seconds: "Ints | pd.Series[int]") -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
    return np.asarray(seconds).astype("datetime64[s]")


def _admissions(
    chance: Chance, profile: Profile, visits: pd.DataFrame, race: Texts, patients: Patients
) -> pd.DataFrame:
    stays = visits[visits["kind"] != EMERGENCY_ONLY]
    key, died, ended = stays["key"].to_numpy(), stays["died"].to_numpy(), stays["ended"].to_numpy()
    # Discharge and death are recorded at different times: hours apart, on the same day.
    midnight = ended // DAY_SECONDS * DAY_SECONDS
    loose = died & chance.happens(key, "discharge/clock", 0.4)
    left = np.where(loose, midnight + chance.whole(key, "discharge/second", DAY_SECONDS), ended)
    known = died & ~chance.happens(key, "death_time/lost", profile.hospital.death_time_lost)
    types = np.where(
        stays["kind"] == DIRECT,
        np.array(["DIRECT EMER.", "ELECTIVE", "SURGICAL SAME DAY ADMISSION", "URGENT"])[chance.whole(key, "type", 4)],
        np.array(["EW EMER.", "EW EMER.", "EU OBSERVATION", "OBSERVATION ADMIT"])[chance.whole(key, "type", 4)],
    )  # fmt: skip
    places = np.array(["HOME", "HOME HEALTH CARE", "SKILLED NURSING FACILITY", "REHAB", "HOSPICE"])
    place = places[chance.choice(key, "discharge/place", [0.55, 0.23, 0.14, 0.06, 0.02])]
    table = pd.DataFrame({
        "subject_id": stays["subject_id"].to_numpy(), "hadm_id": stays["hadm_id"].to_numpy(),
        "admittime": _moments(stays["admitted"]), "dischtime": _moments(np.maximum(left, midnight)),
        "deathtime": np.where(known, _moments(ended), np.datetime64("NaT")),
        "admission_type": types.astype(object), "discharge_location": np.where(died, "DIED", place).astype(object),
        "race": race[stays["row"].to_numpy()], "hospital_expire_flag": died.astype(np.int64),
    })  # fmt: skip
    age = (ended / DAY_SECONDS - patients.people.birth[stays["row"].to_numpy()]) / YEAR_DAYS
    donor = known & (age < 70) & chance.happens(key, "organ_donor", profile.hospital.organ_donor_share)
    return pd.concat([table, _donor_accounts(chance, table[donor], key[donor])], ignore_index=True)


def _donor_accounts(chance: Chance, deaths: pd.DataFrame, key: Ints) -> pd.DataFrame:
    """Accounts opened for organ donors after death, which formally end before they begin."""
    start = deaths["deathtime"] + pd.to_timedelta(1 + chance.whole(key, "donor/hours", 20), unit="h")
    return deaths.assign(
        hadm_id=200_000_000 + shuffled(key + 31 - key % 32, _STAY_BITS, salt=chance.seed + 1),
        admittime=start.astype("datetime64[s]"), dischtime=start.dt.normalize().astype("datetime64[s]"),
        admission_type="ORGAN DONOR ACCOUNT",
    )  # fmt: skip


def _edstays(chance: Chance, visits: pd.DataFrame) -> pd.DataFrame:
    stays = visits[visits["kind"] != DIRECT]
    admitted = (stays["kind"] != EMERGENCY_ONLY).to_numpy()
    dead = stays["died"].to_numpy() & ~admitted
    home = np.where(chance.happens(stays["key"].to_numpy(), "left_unseen", 0.02), "LEFT WITHOUT BEING SEEN", "HOME")
    return pd.DataFrame({
        "subject_id": stays["subject_id"].to_numpy(),
        "hadm_id": stays["hadm_id"].where(admitted).astype("Int64").array,
        "stay_id": stays["stay_id"].to_numpy(),
        "intime": _moments(stays["arrival"]), "outtime": _moments(stays["left_emergency"]),
        "disposition": np.where(admitted, "ADMITTED", np.where(dead, "EXPIRED", home)).astype(object),
    })  # fmt: skip
