"""The course of patients: visits, stays, and death in hospital, soon after discharge, or years later.

Visits are generated one after the other for all patients, so that a death ends them. There are three competing
causes: the life table, the admission, and an increased risk in the months after a discharge.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from synthetic.chance import Bools, Chance, Floats, Ints
from synthetic.mortality import DAY_SECONDS, death_from_age
from synthetic.patients import Patients, days_since_1970
from synthetic.people import YEAR_DAYS
from synthetic.profiles import Profile

EMERGENCY_ONLY, THROUGH_EMERGENCY, DIRECT = range(3)
_HOUR = 3_600
_MOST_VISITS = 24


@dataclass(frozen=True)
class Stays:
    """One row per visit, with times in seconds since 1970-01-01, and the time of death of each patient."""

    visits: pd.DataFrame  # row (place of the patient), visit, kind, arrival, left_emergency, admitted, ended, died
    death: Ints  # second of death; for survivors, one beyond all registries
    died_in_hospital: Bools


def emergency_only(chance: Chance, profile: Profile, index: Ints) -> Bools:
    """Patients who are never admitted."""
    return chance.happens(index, "emergency_only", profile.hospital.emergency_only_share)


def make_stays(chance: Chance, profile: Profile, patients: Patients, second_record: Bools) -> Stays:
    """All visits of these patients; people with a second record number have one additional visit."""
    index, never_admitted = patients.people.key, emergency_only(chance, profile, patients.people.key)
    frailty = profile.mortality.frailty_spread * chance.normal(index, "frailty")
    death = _baseline_death(chance, profile, patients, np.exp(frailty))
    planned = _planned_visits(chance, index, never_admitted, frailty) + second_record
    arrival = patients.first_visit * DAY_SECONDS + chance.whole(index, "arrival", DAY_SECONDS)
    last_arrival = (days_since_1970(profile.hospital.last_visit_until) + 1) * DAY_SECONDS
    died_in_hospital, rows, visits = np.zeros(len(index), dtype=bool), np.arange(len(index)), []
    for visit in range(_MOST_VISITS):
        rows = rows[(planned[rows] > visit) & (arrival[rows] < np.minimum(death[rows], last_arrival)) | (visit == 0)]
        key = index[rows] * _MOST_VISITS + visit
        stay = _stay(chance, key, arrival[rows], never_admitted[rows], visit)
        age = arrival[rows] / DAY_SECONDS / YEAR_DAYS - patients.people.birth[rows] / YEAR_DAYS
        death[rows] = _death_during(chance, profile, key, stay, age=age, frailty=frailty[rows], death=death[rows])
        died = death[rows] <= stay["ended"]
        stay["ended"] = np.minimum(stay["ended"], death[rows])
        stay["left_emergency"] = np.minimum(stay["left_emergency"], stay["ended"])
        died_in_hospital[rows] = died
        death[rows] = _death_after(chance, profile, key, stay, age=age, frailty=frailty[rows], death=death[rows])
        visits.append(pd.DataFrame({"row": rows, "visit": visit, **stay, "died": died}))
        gap = chance.waiting(key, "visit/gap") * np.exp(-0.5 * frailty[rows]) * 420 * DAY_SECONDS
        arrival[rows] = stay["ended"] + gap.astype(np.int64) + 2 * _HOUR
        rows = rows[~died]
    return Stays(pd.concat(visits, ignore_index=True), death, died_in_hospital)


def _baseline_death(chance: Chance, profile: Profile, patients: Patients, frailty: Floats) -> Ints:
    people = patients.people
    years = profile.registry.last_year + 2 - profile.hospital.first_visit_from.year
    day = death_from_age(
        female=people.female,
        age=(patients.first_visit - people.birth) / YEAR_DAYS,
        from_day=patients.first_visit + 1,
        multiplier=profile.mortality.baseline * frailty,
        waiting=chance.waiting(people.key, "death/baseline"),
        years=years,
    )  # fmt: skip
    return day * DAY_SECONDS + chance.whole(people.key, "death/second", DAY_SECONDS)


def _planned_visits(chance: Chance, index: Ints, never_admitted: Bools, frailty: Floats) -> Ints:
    mean = np.where(never_admitted, 0.8, 4.0) * np.exp(0.5 * frailty)
    return np.asarray(1 + np.minimum(chance.waiting(index, "visits") * mean, _MOST_VISITS).astype(np.int64))


def _stay(chance: Chance, key: Ints, arrival: Ints, never_admitted: Bools, visit: int) -> dict[str, Ints]:
    weights = [0.0, 0.7, 0.3] if visit == 0 else [0.45, 0.38, 0.17]
    kind = np.where(never_admitted, EMERGENCY_ONLY, chance.choice(key, "visit/kind", weights))
    waiting = (np.exp(1.7 + 0.6 * chance.normal(key, "visit/emergency_hours")) * _HOUR).astype(np.int64)
    length = (np.exp(1.0 + 0.95 * chance.normal(key, "visit/days")) * DAY_SECONDS).astype(np.int64)
    left = np.where(kind == DIRECT, arrival, arrival + waiting)
    admitted = np.where(kind == THROUGH_EMERGENCY, left - np.minimum(_HOUR, waiting // 2), arrival)
    ended = np.where(kind == EMERGENCY_ONLY, left, admitted + length)
    return {"kind": kind, "arrival": arrival, "left_emergency": left, "admitted": admitted, "ended": ended}


def _rising(at_60: float, doubling_years: float, age: Floats, frailty: Floats) -> Floats:
    return np.minimum(at_60 * np.exp2((age - 60) / doubling_years) * np.exp(frailty), 0.6)


def _death_during(
    chance: Chance, profile: Profile, key: Ints, stay: dict[str, Ints], *, age: Floats, frailty: Floats, death: Ints
) -> Ints:
    mortality = profile.mortality
    probability = _rising(mortality.in_hospital_at_60, mortality.in_hospital_doubling_years, age, frailty)
    probability = np.where(stay["kind"] == EMERGENCY_ONLY, probability / 20, probability)
    dies = chance.happens(key, "death/in_hospital", probability)
    part = chance.uniform(key, "death/part_of_stay")
    moment = stay["admitted"] + (part * (stay["ended"] - stay["admitted"])).astype(np.int64)
    return np.where(dies, np.minimum(death, moment), death)


def _death_after(
    chance: Chance, profile: Profile, key: Ints, stay: dict[str, Ints], *, age: Floats, frailty: Floats, death: Ints
) -> Ints:
    mortality = profile.mortality
    probability = _rising(mortality.after_discharge_at_60, mortality.after_discharge_doubling_years, age, frailty)
    admitted = stay["kind"] != EMERGENCY_ONLY
    dies = admitted & (death > stay["ended"]) & chance.happens(key, "death/after_discharge", probability)
    wait = chance.waiting(key, "death/after_days") * mortality.after_discharge_mean_days * DAY_SECONDS
    return np.where(dies, np.minimum(death, stay["ended"] + wait.astype(np.int64)), death)


def day_of(seconds: Ints) -> Ints:
    """Days since 1970-01-01 from seconds; `NEVER` stays at or beyond `NEVER`."""
    return seconds // DAY_SECONDS
