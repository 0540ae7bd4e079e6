"""The decoy method: link artificial patients who cannot be in the registry.

A decoy keeps a patient's first and middle names, sex, birth date, groups and contacts, and takes the last name of a
second patient and the SSN of a third, who have the same sex, age and group. So the values of every column keep their
distribution, but no decoy is a real person. Decoys are linked, by the same rules, to the deaths that the run left
unlinked. All these links are false, and arise by chance as most false links do.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from linkage.evaluation.tables import Cohort, expected_false, joined
from linkage.method.assign import assign
from linkage.method.block import block
from linkage.method.decide import qualify
from linkage.method.keys import usable_keys
from linkage.sources.make_source import as_source

if TYPE_CHECKING:
    from linkage.run.result import Linkage

_SURNAME, _NUMBER = ("last_name", "former_last_names", "suffix"), ("ssn",)
"""Prefixes of the columns that a decoy takes from other patients."""

# The donor is the next patient of the stratum in a pseudorandom order; after the last comes the first. Patients who
# would get a name or number equal to their own, or both from one donor, are left out.
_DECOYS = """
WITH donor AS (
    SELECT
        patient_id,
        coalesce(lead(patient_id) OVER surnames, first_value(patient_id) OVER surnames) AS surname_of,
        coalesce(lead(patient_id) OVER numbers, first_value(patient_id) OVER numbers) AS number_of
    FROM patient JOIN stratum USING (patient_id)
    WINDOW
        surnames AS (PARTITION BY stratum, last_name IS NULL ORDER BY md5('surname ' || patient_id), patient_id),
        numbers AS (PARTITION BY stratum, ssn IS NULL ORDER BY md5('number ' || patient_id), patient_id)
)
SELECT {columns}
FROM donor
JOIN patient AS own ON donor.patient_id = own.patient_id
JOIN patient AS surname ON donor.surname_of = surname.patient_id
JOIN patient AS number ON donor.number_of = number.patient_id
WHERE donor.surname_of <> donor.number_of
    AND coalesce(surname.last_name <> own.last_name, TRUE) AND coalesce(number.ssn <> own.ssn, TRUE)
"""


def decoy_links(run: "Linkage", strata: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The links of decoys (patient_id, rule) and all decoys (patient_id). A decoy has the id of the patient whose first
    name it keeps. Last names and SSNs are exchanged within groups of equal values in `strata`, which is indexed by
    patient_id.

    The order of the exchange is that of the MD5 of the patient ids, so it is the same every time.
    """
    engine, cascade = run.engine, run.cascade
    with engine.separate_schema():
        stratum = pd.DataFrame({"patient_id": strata.index, "stratum": joined(strata)})
        engine.load("stratum", as_source(stratum), "SELECT patient_id, stratum FROM source")
        engine.create("patient", _decoys([row[0] for row in engine.rows("DESCRIBE patient")]))
        engine.create("death", "SELECT * FROM death WHERE death_id NOT IN (SELECT death_id FROM link)")
        engine.create("patient_person", "SELECT * FROM patient_person WHERE FALSE")
        decoys: pd.DataFrame = engine.frame("SELECT patient_id FROM patient")
        patients, deaths = run.loaded[:2]
        keys = usable_keys(cascade, list(patients.columns), list(deaths.columns))
        block(engine, cascade, keys, patients.used + deaths.used)
        qualify(engine, cascade, contacts=run.has_mortality)
        assign(engine, cascade.ties)
        found: pd.DataFrame = engine.frame(
            "SELECT qualified.patient_record AS patient_id, qualified.rule_position FROM assigned JOIN qualified"
            " ON assigned.patient_id = qualified.patient_id AND assigned.death_id = qualified.death_id"
        )
    return found.assign(rule=found["rule_position"].map(lambda place: cascade.rules[place - 1].id)), decoys


def _decoys(columns: Sequence[str]) -> str:
    def source(column: str) -> str:
        return "surname" if column.startswith(_SURNAME) else "number" if column.startswith(_NUMBER) else "own"

    return _DECOYS.format(columns=", ".join(f"{source(name)}.{name}" for name in columns))


def decoy_method(run: "Linkage", strata: pd.DataFrame, at_risk: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """The expected false links: those of decoys, scaled to the patients who are not linked and so could get one.

    `at_risk` has patient_id and `allowed`, the number of deaths that the run may link to the patient.
    """
    found, decoys = decoy_links(run, strata)
    linked, is_decoy = (at_risk["patient_id"].isin(set(some["patient_id"])) for some in (cohort.links, decoys))
    risks = at_risk[["patient_id"]].assign(
        seen_at_risk=at_risk["allowed"].where(is_decoy, 0), run_at_risk=at_risk["allowed"].where(~linked, 0)
    )
    return expected_false(found, risks, cohort)
