"""The counts from which `concerns` finds what looks wrong, computed by one statement, and the limits for them."""

from collections.abc import Mapping, Sequence
from math import log

from linkage.concerns.calendars import by_year
from linkage.engines import Engine, tallies
from linkage.method.columns import SIDES
from linkage.method.hospital_death_sql import LONG_AFTER_DEATH_DAYS
from linkage.method.records import HOSPITAL_DEATH, Loaded, is_rounded
from linkage.quoting import quoted
from linkage.sources.source import ROW_NUMBER
from linkage.values.nicknames import nickname_table
from linkage.values.no_dates import BESIDE_ZERO

LONG_STAY_DAYS = 3_653
"""Ten years."""
NEARLY_ALL, MANY, SEVERAL = 0.95, 0.5, 0.05
"""The shares above which something looks wrong."""
FEW = 10
"""A number that may be due to chance."""
_IN_BOTH = ("ssn", "last_name", "first_name", "birth_date")

_DIED_BEFORE_BIRTH = """
SELECT CASE WHEN death_date_partial < birth_date THEN 'yes' ELSE 'no' END, count(*)
FROM death
WHERE birth_date IS NOT NULL AND death_date_partial IS NOT NULL
GROUP BY 1
"""
_BESIDE_ZERO = f"SELECT 'yes', count(*) FROM {{side}} WHERE birth_date IN ({quoted(BESIDE_ZERO)})"
_NAMELESS = """
SELECT 'yes', count(*)
FROM {side}
WHERE first_name IS NULL AND last_name IS NULL AND ssn IS NULL AND birth_date IS NULL AND birth_date_partial IS NULL
"""
FIRST_OF_JANUARY = "0101"
"""1 January in the counts of births by month and day."""
_BORN = """
SELECT substr(birth_date, 5, 4), {number}
FROM (SELECT birth_date, count(*) AS people FROM {side} WHERE birth_date IS NOT NULL GROUP BY birth_date) AS born
GROUP BY substr(birth_date, 5, 4)
"""
_BIRTHS = {"births": "sum(people)", "birth dates": "count(*)"}
_SEX_DIFFERS = """
SELECT CASE WHEN patient.sex <> death.sex THEN 'yes' ELSE 'no' END, count(*)
FROM patient
JOIN death USING (first_name, last_name, birth_date)
WHERE patient.sex IS NOT NULL AND death.sex IS NOT NULL
GROUP BY 1
"""
_IS_GIVEN_NAME = """
SELECT CASE WHEN given_name.name IS NOT NULL THEN 'yes' ELSE 'no' END, count(*)
FROM {side}
LEFT JOIN given_name ON {column} = given_name.name
WHERE {column} IS NOT NULL
GROUP BY 1
"""
_FOUND_IN_BOTH = """
SELECT 'yes', count(*)
FROM (SELECT 1 FROM patient WHERE {name} IN (SELECT {name} FROM death) LIMIT 1) AS shared
"""
_SAY_WHO_DIED = ("death_time", "died_in_hospital", *HOSPITAL_DEATH)
"""The columns of patients and encounters that can say that somebody died in hospital."""
_LONG_STAY = f"""
SELECT 'yes', count(*)
FROM encounter
WHERE days_between(CAST(greatest(discharge_time, death_time) AS DATE), CAST(start_time AS DATE)) > {LONG_STAY_DAYS}
"""
_DIED_IN_HOSPITAL = """(
    SELECT patient_id, CAST(max(coalesce(death_time, discharge_time, start_time)) AS DATE) AS died
    FROM encounter
    WHERE death_time IS NOT NULL OR died_in_hospital
    GROUP BY patient_id
)"""
_OF_SAME_NAMES = """patient.first_name = death.first_name
    AND patient.last_name = death.last_name AND patient.birth_date = death.birth_date"""
_DEATHS_APART = f"""
SELECT
    CASE
        WHEN days_between(hospital.died, latest_day(death.death_date_partial)) > {LONG_AFTER_DEATH_DAYS}
            OR days_between(earliest_day(death.death_date_partial), hospital.died) > {LONG_AFTER_DEATH_DAYS} THEN 'far'
        WHEN hospital.died > latest_day(death.death_date_partial)
            OR hospital.died < earliest_day(death.death_date_partial) THEN 'near'
        ELSE 'same'
    END,
    count(*)
FROM {_DIED_IN_HOSPITAL} AS hospital
JOIN patient ON patient.patient_id = hospital.patient_id
JOIN death ON {_OF_SAME_NAMES}
WHERE hospital.died IS NOT NULL AND death.death_date_partial IS NOT NULL
GROUP BY 1
"""
_DEATHS_FOUND = f"""
SELECT CASE WHEN named.last_name IS NOT NULL OR numbered.ssn IS NOT NULL THEN 'yes' ELSE 'no' END, count(*)
FROM {_DIED_IN_HOSPITAL} AS hospital
JOIN patient ON patient.patient_id = hospital.patient_id
CROSS JOIN (
    SELECT min(earliest_day(death_date_partial)) AS first_day, max(latest_day(death_date_partial)) AS last_day
    FROM death
    WHERE death_date_partial IS NOT NULL
) AS covered
LEFT JOIN (SELECT DISTINCT last_name, birth_date FROM death) AS named
    ON patient.last_name = named.last_name AND patient.birth_date = named.birth_date
LEFT JOIN (SELECT DISTINCT ssn FROM death) AS numbered ON patient.ssn = numbered.ssn
WHERE hospital.died BETWEEN covered.first_day AND covered.last_day
GROUP BY 1
"""
_DEAD_BEFORE_CONTACT = f"""
SELECT
    CASE WHEN days_between(contact.latest, latest_day(death.death_date_partial)) > {LONG_AFTER_DEATH_DAYS} THEN 'yes'
        ELSE 'no' END,
    count(*)
FROM (
    SELECT patient_id, CAST(max(greatest(start_time, discharge_time)) AS DATE) AS latest
    FROM encounter
    WHERE NOT coalesce(organ_donor, FALSE)
    GROUP BY patient_id
) AS contact
JOIN patient ON patient.patient_id = contact.patient_id
JOIN death ON {_OF_SAME_NAMES}
WHERE contact.latest IS NOT NULL AND death.death_date_partial IS NOT NULL
GROUP BY 1
"""
_DIED_ON_SEVERAL_DAYS = """
SELECT CASE WHEN days_between(last_day, first_day) > 1 THEN 'yes' ELSE 'no' END, count(*)
FROM (
    SELECT
        CAST(min(coalesce(discharge_time, start_time)) AS DATE) AS first_day,
        CAST(max(coalesce(discharge_time, start_time)) AS DATE) AS last_day
    FROM encounter
    WHERE died_in_hospital AND NOT coalesce(organ_donor, FALSE)
    GROUP BY patient_id
) AS flagged
WHERE first_day IS NOT NULL
GROUP BY 1
"""
_SEXES = "SELECT sex, count(*) FROM {side} WHERE sex IS NOT NULL GROUP BY sex"
_WEEKDAYS_OF_DEATH = """
SELECT CAST((days_between(day, DATE '1800-01-05') % 7) AS STRING), count(*)
FROM (
    SELECT earliest_day(death_date_partial) AS day
    FROM death
    WHERE substr(death_date_partial, 7, 2) <> '00'
) AS dated
GROUP BY 1
"""
_DISCHARGES = """
SELECT what, CASE what WHEN 'days' THEN days WHEN 'all' THEN discharges ELSE most END
FROM (
    SELECT count(*) AS days, coalesce(sum(discharges), 0) AS discharges, coalesce(max(discharges), 0) AS most
    FROM (
        SELECT count(*) AS discharges
        FROM encounter
        WHERE discharge_time IS NOT NULL
        GROUP BY CAST(discharge_time AS DATE)
    ) AS of_day
) AS summed
CROSS JOIN (VALUES ('days'), ('all'), ('most on one day')) AS counted(what)
"""
_HOSPITAL_DEATHS = {
    "deaths_apart": _DEATHS_APART,
    "deaths_found": _DEATHS_FOUND,
    "died_on_several_days": _DIED_ON_SEVERAL_DAYS,
}
_MONTHS_OF_DEATH = """
SELECT substr(death_date_partial, 1, 6), count(*)
FROM death
WHERE death_date_partial IS NOT NULL
GROUP BY substr(death_date_partial, 1, 6)
"""

Counts = dict[str, dict[str, int]]
"""The counts by name, each with the rows to which it applies ('yes') and does not apply ('no')."""


def is_beyond_chance(number: int, of: int, usual: float) -> bool:
    """Whether a value is so frequent that chance would cause it less than once in a million files.

    `usual` is the probability of the value, such as 1/365 for a birthday. Chernoff's bound of the binomial distribution
    is used, which is never below the exact probability.

    >>> [is_beyond_chance(number, 24, 1 / 365) for number in (2, 4, 5)]
    [False, False, True]
    """
    if number <= usual * of:
        return False
    others = (of - number) * log((1 - number / of) / (1 - usual)) if number < of else 0
    return number * log(number / of / usual) + others > ONCE_IN_A_MILLION


ONCE_IN_A_MILLION = 6 * log(10)
"""The negative logarithm of the probability below which something is beyond chance."""


def count_concerns(engine: Engine, loaded: Sequence[Loaded]) -> Counts:
    """Count possible errors in the tables `patient`, `death` and `encounter`.

    The counts are `died_before_birth`, `sex_differs`, `rounded_death_id` (unless ids are row numbers), and by side and
    column `beside_zero patient` (days on which programs begin to count), `nameless patient` (no name, birth date or
    SSN), `given_name patient.last_name` and so on; by month and day, `births patient` and `birth dates patient`
    (different dates) and so on; by sex, `sexes patient`; `in_both ssn` and so on for each column that both files have;
    by year `dates of death` and `encounters`, by month `months of death`, and by day of the week `weekdays of death`,
    with Sunday as 0. With encounters also `long_stay`;
    `discharges` (all, the most on one day, and the days that have any); `died_on_several_days` (patients whose stays
    end with a death by the flag); for the last death of a patient in hospital, `deaths_apart` (how far it is from the
    certificate with the same names and birth date) and `deaths_found` (whether a certificate has the same last name and
    birth date, or SSN); and `dead_before_contact` (people with the same names and birth date in both files). Those of
    hospital deaths are empty if no column can give any.
    """
    names = nickname_table()
    given = sorted({*names, *(formal for several in names.values() for formal in several)})
    engine.insert("given_name", {"name": given}, {"name": "STRING"})
    selects = {"died_before_birth": _DIED_BEFORE_BIRTH, "sex_differs": _SEX_DIFFERS}
    for side in SIDES:
        selects[f"beside_zero {side}"] = _BESIDE_ZERO.format(side=side)
        selects[f"nameless {side}"] = _NAMELESS.format(side=side)
        selects[f"sexes {side}"] = _SEXES.format(side=side)
        for name, number in _BIRTHS.items():
            selects[f"{name} {side}"] = _BORN.format(number=number, side=side)
        for column in ("first_name", "last_name"):
            selects[f"given_name {side}.{column}"] = _IS_GIVEN_NAME.format(side=side, column=column)
    for name in _IN_BOTH:
        if all(name in one.columns for one in loaded[:2]):
            selects[f"in_both {name}"] = _FOUND_IN_BOTH.format(name=name)
    if loaded[1].columns.get("death_id", ROW_NUMBER) != ROW_NUMBER:
        selects["rounded_death_id"] = f"SELECT 'yes', count(*) FROM death WHERE {is_rounded('death_id')}"
    selects |= {"dates of death": by_year("dates of death"), "months of death": _MONTHS_OF_DEATH}
    selects["weekdays of death"] = _WEEKDAYS_OF_DEATH
    if loaded[2:]:
        selects |= {"long_stay": _LONG_STAY, "discharges": _DISCHARGES, "encounters": by_year("encounters")}
        selects["dead_before_contact"] = _DEAD_BEFORE_CONTACT
    if loaded[2:] and any(name in one.columns for one in (loaded[0], *loaded[2:]) for name in _SAY_WHO_DIED):
        selects |= _HOSPITAL_DEATHS
    found = tallies(engine, selects)
    engine.drop("given_name")
    return {**{name: {} for name in _HOSPITAL_DEATHS}, **found}


def all_and_yes(counted: Mapping[str, int]) -> tuple[int, int]:
    """All rows of a count, and those to which it applies."""
    return sum(counted.values()), counted.get("yes", 0)
