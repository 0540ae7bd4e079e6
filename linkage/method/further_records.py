"""Further records of a person that differ too much for `persons`, and are found by their evidence.

Two patients who both agree very well with one death are rivals, unless they are one person. How probable this is
follows from the records that `persons` found: if a file has many identical records of one person, it has others that
differ, as many as the error rates of the model imply.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linkage.engines import Engine
from linkage.method.columns import SIDES
from linkage.method.crowds import alike_again, everyone
from linkage.method.evidence_levels import DOUBLES, ONE, PRIOR_DEATHS
from linkage.method.persons import FULL_DATE, OF_ONE_PERSON, join_persons, spells
from linkage.method.probability_sql import one_person

if TYPE_CHECKING:
    from linkage.method.evidence_classes import Model

_IDENTICAL = ("first_name", "last_name", "birth_date")


@dataclass(frozen=True, slots=True)
class FurtherRecords:
    """The further records of persons that `persons` found in each file, and the records of each file.

    >>> times = FurtherRecords((0, 25), (1_000, 200)).times_again((0.5, 0.125), matches=800.0)
    >>> [one / ONE**2 for one in times]
    [0.125, 0.125]
    """

    found: tuple[int, int]
    records: tuple[int, int]

    def differing(self, model: "Model") -> tuple[float, float]:
        """How many further records of a person that differ are expected for each patient, and for each death."""
        fields = [field for field in model.fields if field.name in _IDENTICAL]
        identical = math.prod(float(model.m[field.name][field.as_known].sum()) for field in fields)
        patients, deaths = (
            (2 * found * (1 / identical - 1) + DOUBLES * PRIOR_DEATHS) / (records + PRIOR_DEATHS)
            for found, records in zip(self.found, self.records, strict=True)
        )
        return patients, deaths

    def times_again(self, each: tuple[float, float], matches: float) -> tuple[int, int]:
        """How much more probable it is that a patient, or a death, is a further record of a person who has been found
        than that it matches any record. Whole numbers, of which `ONE` squared is 1.

        `each` is the result of `differing`, and `matches` the expected number of pairs of one person. If less than one
        record has a match, it counts as one: those who have are the ones whose relatives are in the file.
        """
        patients, deaths = (max(matches / max(records, 1), 1.0) for records in self.records)
        return round(ONE * ONE * each[0] / deaths), round(ONE * ONE * each[1] / patients)


def further_records(engine: Engine, patients: int, deaths: int) -> FurtherRecords:
    """Count what `persons` found. `patients` and `deaths` are the numbers of records used."""
    counts = (f"(SELECT count(*) - count(DISTINCT person_id) FROM {side}_person)" for side in SIDES)
    of_patients, of_deaths = engine.rows(f"SELECT {', '.join(counts)}")[0]
    return FurtherRecords((int(of_patients), int(of_deaths)), (patients, deaths))


def join_further_records(
    engine: Engine, neither: int, again: tuple[int, int], *, patients: bool, crowded: bool
) -> dict[str, tuple[int, int]]:
    """Extend `death_person` and, if `patients`, `patient_person` by the records that the table `claim` shows to be of
    one person. Certificates must also have dates of death within a week of each other.

    Returns by side, if anything was joined, the number of records of persons with several, and how many persons became
    part of another.
    """
    pairs = engine.create("probable", one_person(neither, again, crowded=crowded))
    persons = engine.rows("SELECT count(DISTINCT patient_of), count(DISTINCT death_of) FROM probable")[0]
    joined = {}
    if pairs > persons[0]:
        joined["death"] = _join(engine, "death", _OF_DEATHS, crowded=crowded)
    if patients and pairs > persons[1]:
        joined["patient"] = _join(engine, "patient", _OF_PATIENTS, crowded=crowded)
    engine.drop("probable")
    return {side: found for side, found in joined.items() if any(found)}


def _join(engine: Engine, side: str, groups: str, *, crowded: bool) -> tuple[int, int]:
    if not crowded:
        return join_persons(engine, side, groups)
    all_records = everyone(side, f"SELECT id AS {side}_id, member_of FROM ({groups}) AS found", "member_of")
    found = join_persons(engine, side, f"SELECT {side}_id AS id, member_of FROM ({all_records}) AS found")
    if any(found):
        engine.create(f"{side}_alike", alike_again(side))
    return found


# Each patient joins those of the one death that fits best: if all fitting deaths were used, chains could join two
# people. Patients whose SSN or suffix differs from that of the patient whom this death fits best do not join, and those
# of another sex only if the first names are equal: DANIEL and DANIELLE can be twins.
_OF_PATIENTS = f"""
WITH placed AS (
    SELECT
        probable.patient_of,
        probable.odds,
        coalesce(death_person.person_id, probable.death_of) AS death,
        row_number() OVER (
            PARTITION BY probable.patient_of
            ORDER BY probable.odds DESC, length(probable.death_of), probable.death_of
        ) AS place
    FROM probable
    LEFT JOIN death_person ON probable.death_of = death_person.death_id
),
beside AS (
    SELECT patient_of, death, first_value(patient_of) OVER (
        PARTITION BY death ORDER BY odds DESC, length(patient_of), patient_of
    ) AS best
    FROM placed
    WHERE place = 1
)
SELECT id, member_of
FROM (
    SELECT beside.patient_of AS id, 'death ' || death AS member_of, count(*) OVER (PARTITION BY death) AS members
    FROM beside
    JOIN patient ON beside.patient_of = patient.patient_id
    JOIN patient AS best ON beside.best = best.patient_id
    WHERE {" AND ".join(f"coalesce(patient.{name} = best.{name}, TRUE)" for name in OF_ONE_PERSON)}
        AND coalesce(patient.sex = best.sex OR patient.first_name = best.first_name, TRUE)
) AS grouped
WHERE members > 1
"""

_FULL_DATE = " AND ".join(FULL_DATE)
_FITTING_ONE_PATIENT = f"""
SELECT probable.patient_of, probable.death_of AS death_id, earliest_day(death_date_partial) AS day
FROM probable
JOIN death ON probable.death_of = death.death_id
WHERE probable.patient_of IN (SELECT patient_of FROM probable GROUP BY patient_of HAVING count(*) > 1) AND {_FULL_DATE}
"""
_OF_DEATHS = f"""
SELECT id, member_of
FROM (
    SELECT
        death_id AS id,
        'patient ' || patient_of || ' ' || CAST(spell AS STRING) AS member_of,
        count(*) OVER (PARTITION BY patient_of, spell) AS members
    FROM ({spells(_FITTING_ONE_PATIENT, ["patient_of"])}) AS spells
) AS grouped
WHERE members > 1
"""
