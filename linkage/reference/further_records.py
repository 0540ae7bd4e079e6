"""Further records of a person that only the evidence shows, in the reference engine."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from linkage.method.evidence_levels import DOUBLES, JOINED_ODDS, ONE, PRIOR_DEATHS
from linkage.reference.commonness import Row
from linkage.reference.evidence_model import PairOfIds
from linkage.reference.evidence_weights import WeighingModel
from linkage.reference.frames import APART_DAYS, by_id, connected, day_of

Persons = tuple[Mapping[str, str], Mapping[str, str]]


def differing_records(model: WeighingModel, persons: Persons) -> tuple[float, float]:
    """How many further records of a person that differ are expected for each patient, and for each death."""
    born = sum(model.m["birth_date"][level] for level in model.fields[model.place["birth_date"]].as_known)
    agree = model.m["first_name"][0] * model.m["last_name"][0] * born
    patients, deaths = (
        (2 * (len(file) - len(set(file.values()))) * (1 / agree - 1) + DOUBLES * PRIOR_DEATHS)
        / (len(file) + PRIOR_DEATHS)
        for file in persons
    )
    return patients, deaths


def times_again(model: WeighingModel, persons: Persons) -> tuple[int, int]:
    """How much more often than any match another patient, and another death, is a further record of a person."""
    each = differing_records(model, persons)
    for_each_patient, for_each_death = (max(model.matches / max(len(file), 1), 1.0) for file in persons)
    return round(2**32 * each[0] / for_each_death), round(2**32 * each[1] / for_each_patient)


def rivals_left(total: float, again: int) -> float:
    """The odds of rivals, of which some may be further records of the same person."""
    return total / (1 + total * again / ONE**3)


def with_further_records(
    persons: Persons,
    best: tuple[Mapping[PairOfIds, int], Mapping[PairOfIds, int]],
    files: tuple[Mapping[str, Row], Mapping[str, Row]],
    neither: int,
    again: tuple[int, int],
    *,
    patients: bool,
) -> Persons:
    """The persons, joined where two of them very probably are one. `best` has the odds of each pair of persons, and
    those if twins have similar names; `files` has the standardized rows of patients and deaths."""
    claims = {pair: odds for pair, odds in best[0].items() if odds > neither}
    totals: tuple[dict[str, int], dict[str, int]] = (defaultdict(int), defaultdict(int))
    for pair, odds in claims.items():
        for total, person in zip(totals, pair, strict=True):
            total[person] += odds
    fitting: dict[str, list[str]] = defaultdict(list)
    for pair, odds in claims.items():
        other_deaths, other_patients = (float(total[person] - odds) for total, person in zip(totals, pair, strict=True))
        rivals = max(rivals_left(other_patients, again[0]), rivals_left(other_deaths, again[1]))
        if best[1][pair] > JOINED_ODDS * (neither + rivals):
            fitting[pair[0]].append(pair[1])
    spells = [spell for found in fitting.values() for spell in _spells(found, files[1])]
    death_of = _joined(persons[1], files[1], spells)
    alike: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for patient, found in fitting.items():
        best_fit = min(found, key=lambda death: (-claims[patient, death], by_id(death)))
        alike[death_of[best_fit]].append((claims[patient, best_fit], patient))
    groups = [_not_contradicted(group, files[0]) for group in alike.values()]
    return _joined(persons[0], files[0], groups) if patients else persons[0], death_of


def _not_contradicted(group: Iterable[tuple[int, str]], rows: Mapping[str, Row]) -> list[str]:
    """The patients of a group, given with their odds, whom no SSN, no suffix, and no first name with another sex
    distinguishes from the first."""
    ordered = [patient for _, patient in sorted(group, key=lambda one: (-one[0], by_id(one[1])))]
    first = rows[ordered[0]]

    def differs(patient: str, name: str) -> bool:
        return len({rows[patient][name], first[name]} - {None}) > 1

    return [
        patient
        for patient in ordered
        if not (differs(patient, "ssn") or differs(patient, "suffix"))
        and not (differs(patient, "sex") and differs(patient, "first_name"))
    ]


def _spells(found: Iterable[str], deaths: Mapping[str, Row]) -> list[list[str]]:
    """Certificates whose dates of death follow each other within a week, of those with a full date."""
    days = sorted((day, one) for one in found if (day := day_of(deaths[one])))
    spells: list[list[str]] = []
    last: date | None = None
    for day, one in days:
        if last is None or (day - last).days > APART_DAYS:
            spells.append([])
        spells[-1].append(one)
        last = day
    return spells


def _joined(persons: Mapping[str, str], rows: Mapping[str, Row], groups: Iterable[list[str]]) -> dict[str, str]:
    """Each record's person, the lowest id among the records of all persons that are one. Where two of these records
    have different SSNs or suffixes, the persons remain as they were."""
    records: dict[str, list[str]] = defaultdict(list)
    for record, person in persons.items():
        records[person].append(record)
    joined = connected(persons, [*records.values(), *groups])  # the id of a person is that of a record
    together: dict[str, list[str]] = defaultdict(list)
    for record, person in joined.items():
        together[person].append(record)
    kept = {person for person, found in together.items() if not _differ(rows[record] for record in found)}
    return {record: person if person in kept else persons[record] for record, person in joined.items()}


def _differ(rows: Iterable[Row]) -> bool:
    found = list(rows)
    return any(len({row[name] for row in found} - {None}) > 1 for name in ("ssn", "suffix"))
