"""Claims as SQL text: the probability of each pair given its rivals, and the expected number of matches.

Pure, like `agreement_sql`. A rival is another pair of the same patient or death. Records of one person count as one
rival, and pairs with impossible dates do not count. If files are crowded, a pair of representative records represents
many pairs, and a rival for as many persons.

A rival that agrees very well is probably not another person but a further record of the same one. Where this is
considered, the odds of all rivals count as odds / (1 + odds * again), which never exceeds 1 / `again`: `again` is the
probability that a record is a further record of a person who has been found, relative to that of any match.
"""

from linkage.method.columns import SIDES
from linkage.method.crowds import joined, times
from linkage.method.decide_sql import MILLION
from linkage.method.evidence_levels import JOINED_ODDS, ONE


def counted_for_all() -> str:
    """The pairs of `coded` with the number of pairs (`times`) and persons (`patients`, `deaths`) that each
    represents."""
    patients, deaths = (times(of="persons", sides=(side,)) for side in SIDES)
    own = ", ".join(f"coded.{name}" for name in ("patient_id", "death_id", "is_impossible", "plain", "code"))
    return f"SELECT {own}, {times()} AS times, {patients} AS patients, {deaths} AS deaths\nFROM coded{joined('coded')}"


def claims(*, crowded: bool) -> str:
    """The pairs of `coded` with non-negligible odds, with these odds and the persons on both sides."""
    standing_for = ["coded.patients", "coded.deaths"] if crowded else []
    columns = ",\n    ".join([
        *("coded.patient_id", "coded.death_id", "coded.code", "coded.plain", "coded.is_impossible"),
        *("weight.odds", "weight.is_complete", *standing_for),
        *(f"coalesce({side}_person.person_id, coded.{side}_id) AS {side}_of" for side in SIDES),
    ])  # fmt: skip
    return f"""
SELECT
    {columns}
FROM coded
JOIN weight ON coded.code = weight.code
LEFT JOIN patient_person ON coded.patient_id = patient_person.patient_id
LEFT JOIN death_person ON coded.death_id = death_person.death_id
WHERE weight.odds > 0 OR coded.plain
"""


def probabilities(neither: int, again: tuple[int, int] = (0, 0), *, crowded: bool) -> str:
    """The probability of each claim, given all rivals of its patient and of its death.

    `neither` are the odds that neither record has a partner in the other file, by `neither_has_partner`. `again`, by
    `further_records`, are those that another patient, and another death, is a further record of the same person.
    """
    # Whole numbers below 2 to the power of 53 are exact in a DOUBLE, and each division gives the same result in every
    # engine.
    standing_for = "\n    patients,\n    deaths," if crowded else ""
    rivals = _most_rivals(again)
    return f"""
WITH {_best(crowded, "NOT is_impossible")},
rival AS (
    -- The odds of the other deaths of each patient, and of the other patients of each death.
    SELECT
        claim.*,
        coalesce(patient_total.odds, 0) - coalesce(best.odds, 0) AS other_deaths,
        coalesce(death_total.odds, 0) - coalesce(best.odds, 0) AS other_patients
    FROM claim
    LEFT JOIN best ON claim.patient_of = best.patient_of AND claim.death_of = best.death_of
    LEFT JOIN patient_total ON claim.patient_of = patient_total.patient_of
    LEFT JOIN death_total ON claim.death_of = death_total.death_of
)
SELECT
    patient_id,
    death_id,
    patient_of,
    death_of,
    code,
    plain,
    is_impossible,{standing_for}
    is_complete AND NOT is_impossible AS may_be_sure,
    CAST(floor(CAST({MILLION} AS DOUBLE) * odds / ({neither} + odds + {rivals}) + 0.5) AS BIGINT) AS millionths
FROM rival
"""


def _best(crowded: bool, condition: str) -> str:
    """The best pair of each two persons, and the sums of their odds."""
    also = ", max(patients) AS patients, max(deaths) AS deaths" if crowded else ""
    of_patient, of_death = ("odds * deaths", "odds * patients") if crowded else ("odds", "odds")
    return f"""best AS (
    SELECT patient_of, death_of, max(odds) AS odds{also}
    FROM claim WHERE {condition} GROUP BY patient_of, death_of
),
patient_total AS (
    SELECT patient_of, CAST(sum({of_patient}) AS DOUBLE) AS odds FROM best GROUP BY patient_of
),
death_total AS (
    SELECT death_of, CAST(sum({of_death}) AS DOUBLE) AS odds FROM best GROUP BY death_of
)"""


def _most_rivals(again: tuple[int, int]) -> str:
    patients, deaths = (
        f"{odds} / (1 + {odds} * {times} / {ONE**3})" if times else odds
        for times, odds in zip(again, ("other_patients", "other_deaths"), strict=True)
    )
    return f"greatest({deaths}, {patients})"


def one_person(neither: int, again: tuple[int, int], *, crowded: bool) -> str:
    """The pairs of persons that are very probably of one person, if rivals may be further records of it, with their
    odds.

    They include pairs with impossible dates: a patient who was seen after the death shows that other records of the
    same person did not die then. `joining` in the table `weight` has the odds if twins have similar names.
    """
    return f"""
WITH {_best(crowded, f"odds > {neither}")},
among_twins AS (
    SELECT claim.patient_of, claim.death_of, max(weight.joining) AS joining
    FROM claim
    JOIN weight ON claim.code = weight.code
    GROUP BY claim.patient_of, claim.death_of
)
SELECT patient_of, death_of, odds
FROM (
    SELECT
        best.*,
        among_twins.joining,
        patient_total.odds - best.odds AS other_deaths,
        death_total.odds - best.odds AS other_patients
    FROM best
    JOIN among_twins ON best.patient_of = among_twins.patient_of AND best.death_of = among_twins.death_of
    JOIN patient_total ON best.patient_of = patient_total.patient_of
    JOIN death_total ON best.death_of = death_total.death_of
) AS rival
WHERE joining > {JOINED_ODDS} * ({neither} + {_most_rivals(again)})
"""


# Every other pair of a death with a known partner is a pair of two different people.
OTHERS = """(
    SELECT coded.*
    FROM coded
    JOIN (SELECT DISTINCT death_id FROM sure) AS known ON coded.death_id = known.death_id
    LEFT JOIN sure ON coded.patient_id = sure.patient_id AND coded.death_id = sure.death_id
    WHERE sure.patient_id IS NULL AND NOT coded.is_impossible
) AS other"""


def expected_matches(*, crowded: bool) -> str:
    """The expected number of matches, in millionths; of the records of one person, only the most probable pair
    counts."""
    also = ", max(patients) AS patients, max(deaths) AS deaths" if crowded else ""
    return f"""
SELECT coalesce(sum(millionths{" * patients * deaths" if crowded else ""}), 0)
FROM (
    SELECT max(millionths) AS millionths{also}
    FROM probability
    WHERE NOT is_impossible
    GROUP BY patient_of, death_of
) AS person
"""
