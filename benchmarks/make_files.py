"""Generate files of the paper's size, with known truth, in seconds.

Time and memory depend on the structure of the files (how many records share a name, how many pairs a
blocking key gives), and hardly on the details of clerical errors. So this generator reproduces the structure
with simple errors; the package `synthetic` makes registries with realistic errors. All
random numbers are drawn by numpy from one seed; SQL only formats them.
"""

import argparse
import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

Numbers = np.ndarray[Any, Any]

# Johnson et al., Sci Data 2023: individuals, and about as many linked; a state's deaths of twelve years.
PATIENTS, DEATHS, PATIENTS_WHO_DIED = 590_325, 720_000, 68_000
FIRST_NAMES_PER_SEX, LAST_NAMES = 12_000, 210_000
# Head and tail of the name frequencies, tuned until the paper's blocking keys give about the paper's 717,092
# candidate links for about 150,832 individuals. The most common last name then has 1.2 % of people.
FIRST_OFFSET, FIRST_EXPONENT, LAST_OFFSET, LAST_EXPONENT = 3.0, 0.95, 5.0, 0.95
# Days since 1900-01-01: births of adult patients; the years of encounters; the end of the registry.
BIRTHS, CONTACTS, REGISTRY_END = (3652, 32_871), (39_446, 43_828), 44_559

SLIPS = ("patient_ssn", "death_ssn", "first", "last", "birth")

SYLLABLES = [c + v for c in [*"BCDFGHJKLMNPRSTVW", "BR", "CH", "CL", "GR", "ST", "TR", "SH"] for v in "AEIOU"]
ENDS = {
    "first_name": ["", "N", "L", "NA", "RIA", "S", "NE", "TH"],
    "last_name": [*"NSR", "LEY", "TON", "SON", "MAN", "FORD", "LL", "CK", "NG", "WELL", "DEZ", "SKI", "RD"],
}

PEOPLE = """
CREATE TABLE person AS SELECT p.*, first_name, last_name, printf('9%02d%02d%04d', ssn // 989901 % 100,
    ssn // 9999 % 99 + 1, ssn % 9999 + 1) AS ssn_digits, DATE '1900-01-01' + born::INT AS birth_date,
    DATE '1900-01-01' + died::INT AS death_date,
    TIMESTAMP '1900-01-01 14:30:00' + to_days(contact::INT) AS last_contact,
    chr((65 + dice % 26)::INT) AS letter, CASE WHEN dice % 50 = 0 THEN 'JR' END AS suffix
FROM drawn AS p JOIN first_name USING (first) JOIN last_name USING (last)
"""
PATIENTS_SQL = """
SELECT person AS subject_id, first_name, letter AS middle_name, last_name, suffix,
    CASE WHEN u_patient_ssn >= 0.138 THEN ssn_digits END AS ssn, birth_date AS dob, sex AS gender
FROM person WHERE is_patient ORDER BY person
"""
# The slips of a few percent that make the cascade's later rules work: see "How the identifiers fail".
DEATHS_SQL = """
WITH slip AS (SELECT *, (dice % (length(first_name) - 1))::INT AS first_at, 4 + (dice % 6)::INT AS digit_at,
    (dice % (length(last_name) - 1))::INT AS last_at, lead(last_name) OVER (ORDER BY death_id) AS married_name
    FROM person WHERE death_id > 0)
SELECT death_id,
    CASE WHEN u_first < 0.015 THEN first_name[:1 + first_at] || first_name[3 + first_at:]
         WHEN u_first < 0.03 THEN first_name[:1 + first_at] || letter || first_name[3 + first_at:]
         WHEN u_first < 0.05 THEN first_name[1] ELSE first_name END AS first_name,
    CASE WHEN dice % 3 > 0 THEN letter END AS middle_name,
    CASE WHEN u_last < 0.01 THEN last_name[:1 + last_at] || last_name[3 + last_at:]
         WHEN u_last < 0.02 THEN last_name[:2 + last_at] || last_name[2 + last_at:]
         WHEN u_last < 0.045 AND sex = 'F' THEN married_name ELSE last_name END AS last_name,
    suffix,
    CASE WHEN u_death_ssn < 0.03 THEN NULL WHEN u_death_ssn < 0.056
         THEN ssn_digits[:digit_at - 1] || (ssn_digits[digit_at]::INT + 1 + dice % 8) % 10
             || ssn_digits[digit_at + 1:] ELSE ssn_digits END AS ssn,
    CASE WHEN u_birth < 0.007 AND day(birth_date) <= 12
         THEN make_date(year(birth_date), day(birth_date), month(birth_date))
         WHEN u_birth < 0.012 THEN (birth_date + INTERVAL 1 YEAR)::DATE
         WHEN u_birth < 0.02
         THEN make_date(year(birth_date), month(birth_date), 1 + (day(birth_date) + 9) % 20)
         ELSE birth_date END AS birth_date,
    death_date, sex
FROM slip ORDER BY death_id
"""
ADMISSIONS_SQL = """
SELECT person AS subject_id, 20000000 + row_number() OVER (ORDER BY person, k) AS hadm_id,
    last_contact - to_days((k * 97 + 1 + dice % 7)::INT) AS admittime,
    last_contact - to_days(k * 97) AS dischtime,
    CASE WHEN k = 0 AND in_hospital THEN last_contact END AS deathtime,
    (k = 0 AND in_hospital)::INT AS hospital_expire_flag
FROM (SELECT *, unnest(range(admissions))::INT AS k FROM person WHERE is_patient) ORDER BY person, k
"""
EDSTAYS_SQL = """
SELECT person AS subject_id, 30000000 + row_number() OVER (ORDER BY person, k) AS stay_id,
    last_contact - to_days(k * 61 + 9) - INTERVAL 5 HOUR AS intime,
    last_contact - to_days(k * 61 + 9) AS outtime
FROM (SELECT *, unnest(range(edstays))::INT AS k FROM person WHERE is_patient) ORDER BY person, k
"""
TRUTH_SQL = "SELECT person AS subject_id, death_id FROM person WHERE is_patient AND death_id > 0 ORDER BY 1"


def ranks(rng: np.random.Generator, people: int, *, names: int, offset: float, exponent: float) -> Numbers:
    """Draw a rank for each person: the frequency of the r-th name is proportional to 1 / (r + offset) ** exponent."""
    share = np.cumsum(1 / (np.arange(1, names + 1) + offset) ** exponent)
    return np.asarray(np.searchsorted(share, rng.random(people) * share[-1]), dtype=np.int32)


def births(rng: np.random.Generator, people: int, *, middle: float, spread: float) -> Numbers:
    """Draw birth days around a middle; those outside the range are replaced by uniform ones, so that they do not share
    a blocking key."""
    days = rng.normal(middle, spread, people)
    inside = (days >= BIRTHS[0]) & (days < BIRTHS[1])
    return np.where(inside, days, rng.integers(*BIRTHS, people)).astype(np.int32)


def draw(rng: np.random.Generator, scale: float) -> dict[str, Numbers]:
    """Draw the data of all people as numbers: first the patients, then the strangers among the deaths."""
    patients, deaths, both = (math.ceil(n * scale) for n in (PATIENTS, DEATHS, PATIENTS_WHO_DIED))
    people, strangers = patients + deaths - both, deaths - both
    born = np.append(births(rng, patients, middle=21_185, spread=7_300),
                     births(rng, strangers, middle=13_500, spread=5_800))  # fmt: skip
    dies = np.arange(people) >= patients
    oldest_first = np.argpartition(born[:patients] + rng.normal(0, 9_000, patients), both)
    dies[oldest_first[:both]] = True
    is_patient = np.arange(people) < patients
    contact = rng.integers(*CONTACTS, people)
    in_hospital = dies & is_patient & (rng.random(people) < 0.17)
    delay = np.where(in_hospital, 0, rng.exponential(500, people)).astype(np.int64)
    died = np.where(is_patient, np.minimum(contact + delay, REGISTRY_END),
                    rng.integers(CONTACTS[0], REGISTRY_END, people))  # fmt: skip
    death_id = np.zeros(people, dtype=np.int32)
    death_id[dies] = rng.permutation(deaths) + 1
    admissions = np.where(rng.random(people) < 0.55, rng.geometric(0.6, people), in_hospital)
    woman = rng.random(people) < 0.5
    first = ranks(rng, people, names=FIRST_NAMES_PER_SEX, offset=FIRST_OFFSET, exponent=FIRST_EXPONENT)
    return {
        "person": (np.arange(people) + 10_000_000).astype(np.int32),
        "first": 2 * first + woman,
        "last": ranks(rng, people, names=LAST_NAMES, offset=LAST_OFFSET, exponent=LAST_EXPONENT),
        "sex": np.where(woman, "F", "M").astype(object),
        # SSNs that start with 9 are never issued, so no number can be a real person's.
        "ssn": rng.permutation(np.unique(rng.integers(0, 98_990_100, int(people * 1.2))))[:people],
        "born": born, "died": died, "contact": contact, "death_id": death_id,
        "is_patient": is_patient, "in_hospital": in_hospital, "admissions": admissions,
        "edstays": np.where(admissions == 0, rng.geometric(0.7, people), rng.poisson(0.6, people)),
        "dice": rng.integers(0, 2**31, people),
        **{f"u_{slip}": rng.random(people) for slip in SLIPS},
    }  # fmt: skip


def names(rng: np.random.Generator, ends: list[str], number: int) -> Numbers:
    """Generate the given number of different names of two syllables and an ending."""
    codes = rng.permutation(len(SYLLABLES) ** 2 * len(ends))[:number]
    syllable, ending = np.array(SYLLABLES, dtype=object), np.array(ends, dtype=object)
    first, second = np.divmod(codes // len(ends), len(SYLLABLES))
    return np.asarray(syllable[first] + syllable[second] + ending[codes % len(ends)])


def write(folder: Path, *, scale: float, seed: int) -> None:
    """Write the five CSV files of one scale into the folder."""
    rng = np.random.default_rng(seed)
    con = duckdb.connect()
    for field, number in (("first_name", 2 * FIRST_NAMES_PER_SEX), ("last_name", LAST_NAMES)):
        spelt = {field.removesuffix("_name"): np.arange(number), field: names(rng, ENDS[field], number)}
        con.register("spelt", spelt)
        con.execute(f"CREATE TABLE {field} AS SELECT * FROM spelt")
    con.register("drawn", draw(rng, scale))
    con.execute(PEOPLE)
    folder.mkdir(parents=True, exist_ok=True)
    for name, query in (("patients", PATIENTS_SQL), ("deaths", DEATHS_SQL), ("admissions", ADMISSIONS_SQL),
                        ("edstays", EDSTAYS_SQL), ("truth", TRUTH_SQL)):  # fmt: skip
        con.execute(f"COPY ({query}) TO '{folder / name}.csv' (HEADER)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the CSV files go")
    parser.add_argument("--scale", type=float, default=1, help="1 is the paper's size")
    parser.add_argument("--seed", type=int, default=2023)
    arguments = parser.parse_args()
    write(arguments.folder, scale=arguments.scale, seed=arguments.seed)
