"""Rules for dates of death: which source is used, and which dates are released or withheld.

The dates are the examples of the MIMIC-IV documentation where it has them.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError
from linkage.method.censor import (
    RELEASE,
    STATUSES,
    AccountingError,
    build_outcome,
    check_accounts,
    mortality_counts,
)
from linkage.method.contacts import build_contact, rebuild_contact
from linkage.rules.policy import MortalityPolicy
from linkage.survival.kaplan_meier import risk_at
from tests.strategies import examples

COLUMNS = {
    "encounter": {
        "patient_id": "VARCHAR",
        "kind": "VARCHAR",
        "start_time": "TIMESTAMP",
        "discharge_time": "TIMESTAMP",
        "death_time": "TIMESTAMP",
        "died_in_hospital": "BOOLEAN",
        "organ_donor": "BOOLEAN",
    },
    "patient": {"patient_id": "VARCHAR", "birth_date": "VARCHAR", "birth_date_partial": "VARCHAR"},
    "link": {"patient_id": "VARCHAR", "death_id": "VARCHAR", "rule": "VARCHAR", "tie": "BOOLEAN"},
    "review_patient": {"patient_id": "VARCHAR"},
    "death": {"death_id": "VARCHAR", "death_date_partial": "VARCHAR"},
    "certificate": {
        "patient_id": "VARCHAR",
        "death_id": "VARCHAR",
        "dates_the_death": "BOOLEAN",
        "differs": "BOOLEAN",
    },
}
NOTHING_STATED = MortalityPolicy()
V2 = MortalityPolicy(anchor="hospital")

Stay = tuple[Any, ...]


def stay(
    start: str | None,
    discharge: str | None,
    death: str | None = None,
    *,
    died: bool | None = None,
    donor: bool | None = None,
    kind: str = "hospital",
) -> Stay:
    """One encounter of patient "a"."""
    return ("a", kind, start, discharge, death, died, donor)


@dataclass
class Town:
    """The tables of a small town, and the outcomes of its people."""

    encounters: Sequence[Stay] = ()
    deaths: Sequence[tuple[str, str | None]] = ()
    links: Sequence[tuple[str, str]] = ()
    review: Sequence[str] = ()
    patients: Sequence[str] = ("a",)
    born: str | None = None
    policy: MortalityPolicy = NOTHING_STATED
    engine: DuckDBEngine = field(default_factory=lambda: ENGINES[0])

    def __post_init__(self) -> None:
        tables: dict[str, Iterable[Sequence[Any]]] = {
            "encounter": self.encounters,
            "patient": [(patient, self.born, None) for patient in self.patients],
            "link": [(patient, death, "R1", False) for patient, death in self.links],
            "review_patient": [(patient,) for patient in self.review],
            "death": self.deaths,
            "certificate": [],
        }
        for name, rows in tables.items():
            load(self.engine, name, rows)
        build_contact(self.engine, self.policy)
        build_outcome(self.engine, self.policy)

    def outcomes(self) -> list[dict[str, Any]]:
        """Every outcome as column: value, in the order of the patients."""
        columns = [row[0] for row in self.engine.rows("DESCRIBE outcome")]
        rows = self.engine.rows("SELECT * FROM outcome ORDER BY patient_id")
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def outcome(self) -> dict[str, Any]:
        """The outcome of the only patient."""
        (found,) = self.outcomes()
        return found

    def contact(self) -> dict[str, Any]:
        """The contact dates of the only patient, from encounters."""
        select = "SELECT hospital_death_date, last_contact, anchor_date, died_in_hospital FROM contact"
        ((death, last_contact, anchor, died),) = self.engine.rows(select)
        return {"death": death, "last_contact": last_contact, "anchor": anchor, "died": died}

    def repairs(self) -> dict[str, int]:
        """The repairs that were made."""
        return {reason: n for reason, n in mortality_counts(self.engine)["encounter_repairs"].items() if n}


ENGINES: list[DuckDBEngine] = []


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[DuckDBEngine]:
    """One shared engine; each town replaces the tables of the previous one."""
    ENGINES[:] = [DuckDBEngine(threads=1)]
    yield ENGINES[0]
    ENGINES[0].close()


def load(engine: DuckDBEngine, name: str, rows: Iterable[Sequence[Any]]) -> None:
    """Create a table of literal rows."""
    types = COLUMNS[name]
    lines = ["(" + ", ".join(map(literal, row)) + ")" for row in rows]
    source = f"(VALUES {', '.join(lines)})" if lines else f"(SELECT {', '.join('NULL' for _ in types)} WHERE FALSE)"
    columns = ", ".join(f"CAST({column} AS {kind}) AS {column}" for column, kind in types.items())
    engine.create(name, f"SELECT {columns} FROM {source} AS t({', '.join(types)})")


def literal(value: object) -> str:
    """A Python value as SQL."""
    return "NULL" if value is None else str(value).upper() if isinstance(value, bool) else f"'{value}'"


def linked(digits: str | None, *encounters: Stay, policy: MortalityPolicy = NOTHING_STATED) -> Town:
    """The patient linked to one certificate with this date of death."""
    return Town(encounters, deaths=[("d1", digits)], links=[("a", "d1")], policy=policy)


def day(text: str | None) -> date | None:
    """A date, or nothing."""
    return None if text is None else date.fromisoformat(text)


# ---------------------------------------------------------------- censoring at one year


@pytest.mark.parametrize(
    ("discharge", "death", "kept", "why"),
    [
        ("2150-01-01", "21510101", True, "MIMIC-IV: on the same calendar day a year later it is kept"),
        ("2150-01-01", "21510102", False, "MIMIC-IV: the day after that it is withheld"),
        ("2150-01-01 23:59", "21510101", True, "the hour of discharge plays no part"),
        ("2150-01-01", "21500101", True, "death on the day of discharge"),
        ("2147-03-01", "21480301", True, "a year with a 29 February in it is 366 days long"),
        ("2148-02-29", "21490228", True, "29 February: the year ends on 28 February"),
        ("2148-02-29", "21490301", False, "29 February: and not on 1 March"),
        ("2147-02-28", "21480228", True, "28 February before a leap year: same calendar day"),
        ("2147-02-28", "21480229", False, "28 February before a leap year: 29 is the next day"),
    ],
)
def test_a_death_is_kept_until_the_same_day_one_year_after_the_last_discharge(
    discharge: str, death: str, kept: bool, why: str
) -> None:
    outcome = linked(death, stay("2147-01-01", discharge)).outcome()
    expected = datetime.strptime(death, "%Y%m%d").date()
    assert outcome["dod"] == (expected if kept else None), why
    assert outcome["status"] == ("died_within_one_year" if kept else "died_later"), why
    assert outcome["death_date"] == expected


def test_the_last_of_several_discharges_counts_whatever_the_order_of_admission() -> None:
    stays = [stay("2150-01-01", "2150-06-01"), stay("2150-02-01", "2150-02-03", kind="ed")]
    assert linked("21510601", *stays).outcome()["status"] == "died_within_one_year"


@pytest.mark.parametrize(
    ("policy", "status", "censor", "why"),
    [
        (NOTHING_STATED, "died_within_one_year", "2151-01-01", "v3: an emergency visit anchors too"),
        (V2, "no_anchor", None, "v2: without a hospital stay there is no year to count"),
    ],
)
def test_a_patient_only_seen_in_the_emergency_department_depends_on_the_anchor(
    policy: MortalityPolicy, status: str, censor: str | None, why: str
) -> None:
    outcome = linked("21500301", stay("2150-01-01", "2150-01-01", kind="ed"), policy=policy).outcome()
    assert (outcome["status"], outcome["censor_date"]) == (status, day(censor)), why
    assert (outcome["dod"] is None) == (status == "no_anchor")
    assert (outcome["followup_days"] is None) == (outcome["death_observed"] is None) == (status == "no_anchor")


def test_an_emergency_visit_is_a_contact_even_where_it_is_no_anchor() -> None:
    stays = [stay("2150-01-01", "2150-01-02"), stay("2150-05-01", "2150-05-02", kind="ed")]
    contact = Town(stays, policy=V2).contact()
    assert (contact["anchor"], contact["last_contact"]) == (day("2150-01-02"), day("2150-05-02"))


def test_a_patient_without_encounters_has_an_outcome_and_no_anchor() -> None:
    outcome = linked("21500301").outcome()
    assert (outcome["status"], outcome["dod"], outcome["death_date"]) == (
        "no_anchor",
        None,
        day("2150-03-01"),
    )


# ---------------------------------------------------------------- what the hospital recorded


def test_the_hospital_takes_precedence_over_the_registry() -> None:
    outcome = linked("21500105", stay("2150-01-01", "2150-01-03", "2150-01-03 08:00")).outcome()
    assert (outcome["dod"], outcome["death_source"]) == (day("2150-01-03"), "hospital")
    assert (outcome["registry_death_date"], outcome["dates_differ_days"]) == (day("2150-01-05"), 2)
    assert outcome["death_id"] == "d1"


@pytest.mark.parametrize(
    ("registry", "band"),
    [
        ("21500103", "same_day"),
        ("21500102", "within_1_day"),
        ("21500104", "within_1_day"),
        ("21500110", "within_7_days"),
        ("21491226", "more_than_7_days"),
        ("21500100", "registry_day_not_known"),
        (None, "registry_day_not_known"),
    ],
)
def test_disagreement_between_hospital_and_registry_is_counted_in_bands(registry: str | None, band: str) -> None:
    town = linked(registry, stay("2150-01-01", "2150-01-03", "2150-01-03 08:00"))
    assert mortality_counts(town.engine)["hospital_registry_difference"] == {band: 1}


@pytest.mark.parametrize(
    ("encounter", "death", "anchor", "repairs", "why"),
    [
        (
            stay("2150-01-01 09:00", "2150-01-03 10:00", "2150-01-03 14:00", died=True),
            "2150-01-03",
            "2150-01-03",
            set(),
            "discharge hours before death on the same day is the same day",
        ),
        (
            stay("2150-01-01", "2150-01-04 02:00", "2150-01-03 23:50", died=True),
            "2150-01-03",
            "2150-01-04",
            set(),
            "the administrative discharge comes after midnight",
        ),
        (
            stay("2150-01-01", "2150-01-03 10:00", died=True),
            "2150-01-03",
            "2150-01-03",
            {"death_time_missing_discharge_stands_in"},
            "mimic-code #1406: flag without a time of death",
        ),
        (
            stay("2150-01-01", None, died=True),
            None,
            "2150-01-01",
            {"death_time_missing_no_discharge", "discharge_missing_start_stands_in"},
            "flag without any date of an end: died, the day is not known",
        ),
        (
            stay("2150-01-01", None, "2150-01-09 10:00"),
            "2150-01-09",
            "2150-01-09",
            {"discharge_missing_death_stands_in"},
            "a missing discharge of someone who died",
        ),
        (
            stay("2150-01-01", None),
            None,
            "2150-01-01",
            {"discharge_missing_start_stands_in"},
            "a missing discharge of someone who did not",
        ),
        (
            stay("2150-01-05", "2150-01-02"),
            None,
            "2150-01-05",
            {"discharge_before_start", "discharge_missing_start_stands_in"},
            "negative length that no death explains",
        ),
        (
            stay("2150-01-05 10:00", "2150-01-05 08:00"),
            None,
            "2150-01-05",
            set(),
            "negative hours within a day decide nothing",
        ),
        (
            stay("2150-01-05 10:00", "2150-01-02", "2150-01-07 10:00"),
            "2150-01-07",
            "2150-01-07",
            {"discharge_before_start", "discharge_missing_death_stands_in"},
            "a wrong discharge of someone who died later",
        ),
        (stay(None, "2150-01-05"), None, "2150-01-05", {"start_missing"}, "a missing start"),
        (stay(None, None), None, None, {"start_missing"}, "no date at all"),
        (
            stay(None, None, "2150-01-05"),
            "2150-01-05",
            None,
            {"death_without_stay"},
            "a death alone, as in a table of deaths, is no stay and anchors nothing",
        ),
        (
            stay("2150-01-01", "2150-01-05", "2150-03-01", died=False),
            "2150-03-01",
            "2150-01-05",
            {"death_time_without_died_in_hospital"},
            "a time of death that the flag denies is still a date of death",
        ),
    ],
)
def test_an_encounter_is_read_for_what_it_can_mean(
    encounter: Stay, death: str | None, anchor: str | None, repairs: set[str], why: str
) -> None:
    town = Town([encounter])
    assert (town.contact()["death"], town.contact()["anchor"]) == (day(death), day(anchor)), why
    assert set(town.repairs()) == repairs, why


def test_a_table_of_deaths_among_the_encounters_moves_no_anchor() -> None:
    outcome = Town([stay("2150-01-01", "2150-01-05"), stay(None, None, "2153-01-05")]).outcome()
    assert (outcome["anchor_date"], outcome["hospital_death_date"]) == (day("2150-01-05"), day("2153-01-05"))
    assert (outcome["dod"], outcome["status"]) == (None, "died_later")


def test_a_hospital_death_of_unknown_day_takes_the_day_of_the_registry() -> None:
    outcome = linked("21500109", stay("2150-01-01", None, died=True)).outcome()
    assert (outcome["dod"], outcome["death_source"]) == (day("2150-01-09"), "registry")


def test_a_death_of_unknown_day_is_neither_alive_nor_dated() -> None:
    flagged = Town([stay("2150-01-01", None, died=True)]).outcome()
    certified = linked(None, stay("2150-01-01", "2150-01-02")).outcome()
    for outcome, source in ((flagged, "hospital"), (certified, "registry")):
        assert (outcome["status"], outcome["death_source"]) == ("died_date_not_known", source)
        assert (outcome["dod"], outcome["followup_days"], outcome["death_observed"]) == (None, 0, False)


def test_the_earliest_of_two_hospital_deaths_is_the_date() -> None:
    stays = [stay("2150-01-01", "2150-01-03", "2150-01-04"), stay("2150-01-02", "2150-01-05", "2150-01-05")]
    assert Town(stays).contact()["death"] == day("2150-01-04")


# ---------------------------------------------------------------- organ donors

DIED = stay("2150-01-01 09:00", "2150-01-03 14:00", "2150-01-03 14:00", died=True)


@pytest.mark.parametrize(
    ("account", "is_donor", "why"),
    [
        (stay("2150-01-03 15:00", "2150-01-05 02:00", donor=True), True, "declared"),
        (stay("2150-01-03 15:00", "2150-01-05 02:00"), True, "begins an hour after the death"),
        (stay("2150-01-03 15:00", "2150-01-05 02:00", donor=False), True, "a declared no cannot wake the dead"),
        (stay("2150-01-03 14:00", "2150-01-05 02:00"), True, "begins at the hour of death"),
        (
            stay("2150-01-04 15:00", "2150-01-03 14:00", "2150-01-03 14:00", died=True),
            True,
            "negative length",
        ),
        (stay("2150-01-04", "2150-01-06"), True, "begins on the day after, hours not known"),
        (stay("2150-01-03", "2150-01-03"), False, "the day of death, hours not known: it may precede"),
        (
            stay("2150-01-02 10:00", "2150-01-03 14:00", "2150-01-03 14:00"),
            False,
            "the same stay, registered anew",
        ),
        (
            stay("2150-01-01 09:00", "2150-01-05 14:00", "2150-01-03 14:00"),
            False,
            "the same stay, given twice",
        ),
        (stay("2149-12-01", "2150-02-05"), False, "began before the patient died"),
    ],
)
def test_an_account_opened_after_death_is_an_organ_donors(account: Stay, is_donor: bool, why: str) -> None:
    counts = Town([DIED, account]).repairs()
    assert counts.get("organ_donor_declared", 0) + counts.get("organ_donor_inferred", 0) == is_donor, why


@pytest.mark.parametrize(
    ("first", "second", "is_donor", "why"),
    [
        (
            stay("2150-01-01 09:00", "2150-01-03 06:00", "2150-01-03", died=True),
            stay("2150-01-03 06:00", "2150-01-03 20:00", "2150-01-03", died=True),
            False,
            "a death known to the day says nothing about its hours: the stay was registered anew",
        ),
        (
            stay("2150-01-01 09:00", "2150-01-03 06:00", "2150-01-03", died=True),
            stay("2150-01-03 06:00", "2150-01-03 02:00", "2150-01-03", died=True),
            True,
            "nobody is discharged before arriving on the day of death, unless dead",
        ),
        (
            stay("2150-01-01 09:00", "2150-01-03 06:00", died=True),
            stay("2150-01-03 07:00", "2150-01-03 20:00", died=True),
            False,
            "a discharge that stands in for a death is known to the day only",
        ),
        (
            stay("2150-01-01 09:00", "2150-01-03 06:00", died=True),
            stay("2150-01-04 07:00", "2150-01-05 20:00"),
            True,
            "but the next day is after it",
        ),
        (
            stay("2150-01-03 10:00", "2150-01-03 10:00", "2150-01-03 10:00", died=True),
            stay("2150-01-03 10:00", "2150-01-03 10:00", "2150-01-03 10:00", died=True),
            False,
            "dead on arrival, given twice: neither is the earlier",
        ),
        (
            stay("2150-01-01", "2150-01-05", "2140-01-04", died=True),
            stay("2150-06-01", "2150-06-05"),
            False,
            "a death ten years before its own stay is an error, not a reason to doubt the next stay",
        ),
    ],
)
def test_a_stay_registered_anew_is_no_organ_donors_account(first: Stay, second: Stay, is_donor: bool, why: str) -> None:
    assert Town([first, second]).repairs().get("organ_donor_inferred", 0) == is_donor, why


def test_a_lone_account_of_someone_already_dead_is_no_contact() -> None:
    town = Town([stay("2150-01-04", "2150-01-03", "2150-01-03 20:00", died=True)])
    assert town.contact() == {"death": day("2150-01-03"), "last_contact": None, "anchor": None, "died": True}
    assert town.outcome()["status"] == "no_anchor"


def test_an_organ_donors_account_never_moves_the_date_of_death() -> None:
    account = stay("2150-01-04 15:00", "2150-01-02 14:00", "2150-01-02 14:00", died=True, donor=True)
    assert Town([DIED, account]).contact() == Town([DIED]).contact()


def test_a_stay_long_after_a_hospital_death_is_counted_as_a_contradiction() -> None:
    repairs = Town([DIED, stay("2152-01-01", "2152-01-05")]).repairs()
    assert repairs == {"organ_donor_inferred": 1, "starts_long_after_hospital_death": 1}


# ---------------------------------------------------------------- partial dates of death


@pytest.mark.parametrize(
    ("digits", "last_contact", "status", "death", "precision", "why"),
    [
        ("21500600", "2150-01-01", "died_within_one_year", "2150-06-15", "month", "the middle of the month"),
        ("21500000", "2150-01-01", "died_within_one_year", "2150-07-01", "year", "the middle of the year"),
        ("21500600", "2150-06-29", "died_within_one_year", "2150-06-29", "month", "two days are left: the first"),
        ("21500600", "2150-06-30", "died_within_one_year", "2150-06-30", "month", "one day is left"),
        ("21500100", "2150-01-02", "died_within_one_year", "2150-01-16", "month", "all but the first day are left"),
        (
            "21500600",
            "2150-06-20",
            "died_within_one_year",
            "2150-06-25",
            "month",
            "the middle of the days that the last contact leaves",
        ),
        (
            "21500000",
            "2150-09-10",
            "died_within_one_year",
            "2150-11-05",
            "year",
            "the middle of the days that the last contact leaves",
        ),
        (
            "21500600",
            "2150-07-04",
            "died_within_one_year",
            "2150-06-30",
            "month",
            "contact after the month: its last day",
        ),
        (
            "21510100",
            "2150-01-31",
            "died_within_one_year",
            "2151-01-15",
            "month",
            "the whole month is in the year",
        ),
        (
            "21510100",
            "2150-01-20",
            "died_date_partial",
            "2151-01-15",
            "month",
            "the month straddles the year's end",
        ),
        (
            "21510100",
            "2150-01-10",
            "died_date_partial",
            "2151-01-15",
            "month",
            "and so it does with a later middle",
        ),
        ("21510000", "2150-06-01", "died_date_partial", "2151-07-01", "year", "the year straddles"),
        ("21510200", "2150-01-20", "died_later", "2151-02-15", "month", "surely after the year"),
        ("21520200", "2150-01-20", "died_later", "2152-02-15", "month", "February of a leap year"),
    ],
)
def test_a_partial_date_is_kept_only_when_every_day_it_can_mean_is(
    digits: str, last_contact: str, status: str, death: str, precision: str, why: str
) -> None:
    policy = MortalityPolicy(partial_death_dates="middle")
    outcome = linked(digits, stay("2150-01-01", last_contact), policy=policy).outcome()
    assert outcome["status"] == status, why
    assert (outcome["death_date"], outcome["death_date_precision"]) == (day(death), precision), why
    assert outcome["dod"] == (day(death) if status == "died_within_one_year" else None), why


@pytest.mark.parametrize(
    ("digits", "status"),
    [("21500600", "died_date_partial"), ("21510100", "died_date_partial"), ("21520000", "died_later")],
)
def test_withheld_partial_dates_give_no_date_but_say_that_the_patient_died(digits: str, status: str) -> None:
    policy = MortalityPolicy(partial_death_dates="withhold")
    outcome = linked(digits, stay("2150-01-01", "2150-01-10"), policy=policy).outcome()
    assert (outcome["status"], outcome["dod"], outcome["death_date"]) == (status, None, None)
    assert outcome["death_observed"] is False


def test_a_patient_whose_death_cannot_be_dated_is_followed_to_the_first_day_it_can_mean() -> None:
    outcome = linked("21510100", stay("2150-01-01", "2150-01-10")).outcome()
    assert (outcome["followup_days"], outcome["death_observed"]) == (356, False)  # to 2151-01-01


def test_a_hospital_date_settles_a_partial_certificate() -> None:
    outcome = linked("21500000", stay("2150-01-01", "2150-01-03", "2150-01-03")).outcome()
    assert (outcome["dod"], outcome["death_date_precision"]) == (day("2150-01-03"), "day")
    assert outcome["dates_differ_days"] is None


# ---------------------------------------------------------------- coverage and follow-up


@pytest.mark.parametrize(
    ("first", "last", "status", "days", "why"),
    [
        (None, None, "alive_at_one_year", 365, "coverage not stated is taken as open"),
        ("2149-01-01", "2151-01-01", "alive_at_one_year", 365, "covered to the very day"),
        ("2149-01-01", "2150-12-31", "unknown_not_covered", 364, "one day short"),
        ("2150-01-01", "2152-01-01", "alive_at_one_year", 365, "coverage begins on the day of discharge"),
        ("2150-01-02", "2152-01-01", "unknown_not_covered", 0, "a death before coverage would not be seen"),
        ("2140-01-01", "2149-12-31", "unknown_not_covered", 0, "coverage ended before the discharge"),
    ],
)
def test_alive_is_only_said_of_a_year_that_the_registry_covers(
    first: str | None, last: str | None, status: str, days: int, why: str
) -> None:
    policy = MortalityPolicy(coverage_first=day(first), coverage_last=day(last))
    outcome = Town([stay("2149-12-20", "2150-01-01")], policy=policy).outcome()
    assert (outcome["status"], outcome["followup_days"], outcome["death_observed"]) == (
        status,
        days,
        False,
    ), why


@pytest.mark.parametrize(
    ("death", "days", "observed", "why"),
    [
        ("21500301", 59, True, "from the last discharge to the death"),
        ("21510101", 365, True, "on the last day"),
        ("21510102", 365, False, "censored at one year"),
        ("21491215", 0, True, "a registry death some days before the last contact"),
        ("21500101", 0, True, "on the day of discharge"),
    ],
)
def test_follow_up_runs_from_the_anchor_to_death_or_one_year(death: str, days: int, observed: bool, why: str) -> None:
    outcome = linked(death, stay("2149-12-20", "2150-01-01")).outcome()
    assert (outcome["followup_days"], outcome["death_observed"]) == (days, observed), why


def test_a_death_beyond_coverage_keeps_its_date_and_ends_follow_up_at_coverage() -> None:
    policy = MortalityPolicy(coverage_last=date(2150, 6, 30))
    outcome = linked("21500815", stay("2150-01-01", "2150-01-01"), policy=policy).outcome()
    assert (outcome["status"], outcome["dod"]) == ("died_within_one_year", day("2150-08-15"))
    assert (outcome["followup_days"], outcome["death_observed"]) == (180, False)


@pytest.mark.parametrize(
    ("death", "observed", "why"),
    [
        ("21500301", False, "who lived through the gap is followed for no day, so deaths after it would be too many"),
        ("21500101", True, "on the day of discharge everybody could be seen"),
    ],
)
def test_where_coverage_began_after_the_discharge_a_later_death_keeps_its_date_and_is_not_observed(
    death: str, observed: bool, why: str
) -> None:
    policy = MortalityPolicy(coverage_first=date(2150, 2, 1))
    outcome = linked(death, stay("2150-01-01", "2150-01-01"), policy=policy).outcome()
    assert (outcome["status"], outcome["dod"]) == ("died_within_one_year", day(f"{death[:4]}-{death[4:6]}-{death[6:]}"))
    assert (outcome["followup_days"], outcome["death_observed"]) == (0, observed), why


def test_late_coverage_makes_mortality_no_higher() -> None:
    # Two of four patients die on day 59. Two were discharged before the registry began, and only the one who died
    # can be found. If counted, two of the three patients with follow-up would have died.
    policy = MortalityPolicy(coverage_first=date(2150, 2, 1), coverage_last=date(2153, 1, 1))
    stays = {"a": "2150-01-01", "b": "2150-01-01", "c": "2150-03-01", "d": "2150-03-01"}
    town = Town(
        [(patient, "hospital", end, end, None, None, None) for patient, end in stays.items()],
        deaths=[("da", "21500301"), ("dc", "21500429")],
        links=[("a", "da"), ("c", "dc")],
        patients=tuple(stays),
        policy=policy,
    )
    followed = [(outcome["followup_days"], outcome["death_observed"]) for outcome in town.outcomes()]
    days, died = (numpy.array(column) for column in zip(*followed, strict=True))
    assert risk_at(days, died, 365).risk == 0.5


def test_a_hospital_death_needs_no_registry() -> None:
    policy = MortalityPolicy(coverage_last=date(2140, 1, 1))
    outcome = Town([DIED], policy=policy).outcome()
    assert (outcome["status"], outcome["death_observed"]) == ("died_within_one_year", True)
    assert outcome["followup_days"] == 0


def test_in_hospital_death_before_the_administrative_discharge_is_observed_at_day_zero() -> None:
    outcome = Town([stay("2150-01-01", "2150-01-04 02:00", "2150-01-03 23:50", died=True)]).outcome()
    assert (outcome["followup_days"], outcome["death_observed"]) == (0, True)


# ---------------------------------------------------------------- review, accounts, release


def test_a_patient_in_review_is_neither_dead_nor_alive_unless_the_hospital_knows() -> None:
    tied = Town([stay("2150-01-01", "2150-01-02")], review=["a"]).outcome()
    assert (tied["status"], tied["dod"], tied["followup_days"]) == ("in_review", None, 0)
    assert Town([DIED], review=["a", "a"]).outcome()["status"] == "died_within_one_year"


def test_release_holds_an_id_and_a_date_and_nothing_else(engine: DuckDBEngine) -> None:
    linked("21500301", stay("2150-01-01", "2150-01-02"))
    assert engine.rows(RELEASE) == [("a", date(2150, 3, 1))]
    assert [row[0] for row in engine.rows(f"DESCRIBE {RELEASE}")] == ["patient_id", "dod"]


def test_counts_add_up_to_the_patients() -> None:
    town = Town(
        [DIED, ("b", "ed", "2150-01-01", "2150-01-01", None, None, None)],
        deaths=[("d1", "21500301")],
        links=[("b", "d1")],
        patients=("a", "b", "c"),
    )
    counts = mortality_counts(town.engine)
    assert counts["status"] == {"died_within_one_year": 2, "no_anchor": 1}
    assert counts["death_source"] == {"hospital": 1, "none": 1, "registry": 1}
    assert counts["status_by_source"]["died_within_one_year, registry"] == 1


@pytest.mark.parametrize(
    ("problem", "claim"),
    [
        ({"links": [("a", "d1"), ("a", "d2")]}, "one outcome per patient: expected 1, found 2"),
        ({"links": [("stranger", "d1")]}, "every link has its outcome: expected 1, found 0"),
        ({"links": [("a", "no such death")]}, "every link has its outcome: expected 1, found 0"),
        ({"patients": ("a", "a")}, "no patient twice: expected 2, found 1"),
    ],
)
def test_accounts_that_do_not_close_stop_the_run(problem: dict[str, Any], claim: str) -> None:
    with pytest.raises(AccountingError, match=claim):
        Town(**{"deaths": [("d1", "21500301"), ("d2", "21500401")], **problem})


def test_a_status_that_nobody_defined_stops_the_run(engine: DuckDBEngine) -> None:
    Town([DIED])
    engine.create("outcome", "SELECT * REPLACE ('undead' AS status) FROM outcome")
    with pytest.raises(AccountingError, match="every status is defined: expected 1, found 0"):
        check_accounts(engine)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"anchor": "hopsital"}, 'Did you mean "hospital"'),
        ({"partial_death_dates": "first"}, "is not one of: months, middle, withhold"),
        ({"coverage_last": "2150-12-31"}, "coverage_last = '2150-12-31' is not a date"),
        ({"coverage_first": datetime(2150, 1, 1)}, "is not a date"),
        ({"coverage_first": date(2151, 1, 1), "coverage_last": date(2150, 1, 1)}, "is before coverage_first"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(choice: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MortalityPolicy(**choice)


def test_importing_mortality_does_not_wait_for_pandas() -> None:
    code = "import sys, linkage.method.censor; sys.exit('pandas' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---------------------------------------------------------------- properties

hours = st.integers(0, 24 * 500).map(lambda n: datetime(2147, 12, 1) + timedelta(hours=n))
times = st.one_of(hours, hours.map(lambda t: t.replace(hour=0)))
maybe = st.one_of(st.none(), st.booleans())
patients = st.sampled_from(["a", "b", "c"])
encounters = st.lists(
    st.tuples(
        patients,
        st.sampled_from(["hospital", "ed"]),
        st.one_of(st.none(), times, times),
        st.one_of(st.none(), times, times),
        st.one_of(st.none(), st.none(), times),
        maybe,
        maybe,
    ),
    max_size=8,
)
months = st.integers(0, 12)
certificates = st.one_of(
    st.none(),
    st.builds(
        lambda year, month, day: f"{year}{month:02}{day if month else 0:02}",
        st.integers(2147, 2150),
        months,
        st.integers(0, 28),
    ),
)
days = st.one_of(st.none(), st.integers(0, 1200).map(lambda n: date(2147, 6, 1) + timedelta(days=n)))


@st.composite
def towns(draw: st.DrawFn) -> dict[str, Any]:
    """Three patients, each with none or one certificate, some held in review, under any policy."""
    dated = draw(st.dictionaries(patients, certificates))
    coverage = sorted(d for d in (draw(days), draw(days)) if d)
    return {
        "encounters": draw(encounters),
        "deaths": [(f"d{patient}", digits) for patient, digits in dated.items()],
        "links": [(patient, f"d{patient}") for patient in dated],
        "review": draw(
            st.lists(patients.filter(lambda patient: patient not in dated)) if len(dated) < 3 else st.just([])
        ),
        "patients": ("a", "b", "c"),
        "policy": MortalityPolicy(
            anchor=draw(st.sampled_from(["hospital", "hospital_or_ed"])),
            coverage_first=coverage[0] if len(coverage) == 2 else None,
            coverage_last=coverage[-1] if coverage else None,
            partial_death_dates=draw(st.sampled_from(["months", "middle", "withhold"])),
        ),
    }


many = settings(max_examples=examples(25))


@many
@given(towns(), st.randoms(use_true_random=False), patients, times, times)
def test_any_town_has_these_properties(
    tables: dict[str, Any], chance: Any, patient: str, start: datetime, discharge: datetime
) -> None:
    """All properties that compare a town with its own outcomes, which are computed once."""
    town = Town(**tables)
    outcomes, counts = town.outcomes(), mortality_counts(town.engine)
    assert_every_patient_has_one_outcome_and_no_release_outlives_its_year(outcomes, tables)
    assert_censoring_twice_changes_nothing(outcomes, tables)
    assert_more_coverage_never_turns_a_known_answer_into_an_unknown_one(outcomes, tables)

    account = (patient, "hospital", start, discharge, None, None, True)
    with_donor = {**tables, "encounters": [*tables["encounters"], account]}
    assert Town(**with_donor).outcomes() == outcomes, "a declared organ donor's account changes no outcome"

    shuffled = {name: chance.sample(tables[name], len(tables[name])) for name in ("encounters", "deaths", "links")}
    town = Town(**tables | shuffled)
    assert (town.outcomes(), mortality_counts(town.engine)) == (outcomes, counts), "the order of rows is irrelevant"


OF_A, OF_B = "SELECT 'a' AS patient_id, 'a' AS person_id", "SELECT 'b' AS patient_id, 'b' AS person_id"
A_AND_B = f"{OF_A} UNION ALL SELECT 'b', 'a'"
B_AND_C = f"{OF_B} UNION ALL SELECT 'c', 'b'"
ALL_THREE = f"{A_AND_B} UNION ALL SELECT 'c', 'a'"


@many
@given(towns(), st.sampled_from([(f"{OF_A} WHERE FALSE", A_AND_B), (B_AND_C, ALL_THREE), (A_AND_B, ALL_THREE)]))
def test_persons_found_later_have_the_contacts_of_persons_known_before(
    tables: dict[str, Any], persons: tuple[str, str]
) -> None:
    engine, policy = Town(**tables).engine, tables["policy"]
    early, late = persons

    def contacts() -> list[list[Any]]:
        made = ("contact", "doubtful_date", "repaired")
        return [engine.rows(f"SELECT * FROM {table} ORDER BY ALL") for table in made]

    load(engine, "encounter", tables["encounters"])
    engine.create("patient_person", early)
    build_contact(engine, policy, of_persons=True, again=True)
    engine.create("patient_person", late)
    rebuild_contact(engine, policy)
    found = contacts()
    load(engine, "encounter", tables["encounters"])
    build_contact(engine, policy, of_persons=True)
    assert found == contacts()


def assert_every_patient_has_one_outcome_and_no_release_outlives_its_year(
    outcomes: list[dict[str, Any]], tables: dict[str, Any]
) -> None:
    last = tables["policy"].coverage_last
    assert [outcome["patient_id"] for outcome in outcomes] == ["a", "b", "c"]
    for outcome in outcomes:
        assert outcome["status"] in STATUSES
        assert outcome["dod"] is None or outcome["dod"] <= outcome["censor_date"]
        assert (outcome["followup_days"] is None) == (outcome["anchor_date"] is None)
        if outcome["anchor_date"]:
            end = outcome["anchor_date"] + timedelta(days=outcome["followup_days"])
            assert outcome["anchor_date"] <= end <= outcome["censor_date"]
            assert outcome["followup_days"] == 0 or last is None or end <= last
        if outcome["death_observed"]:
            assert outcome["dod"] == outcome["death_date"]


def assert_censoring_twice_changes_nothing(once: list[dict[str, Any]], tables: dict[str, Any]) -> None:
    released = {outcome["patient_id"]: outcome["dod"] for outcome in once if outcome["dod"]}
    again = Town(
        encounters=[
            (
                outcome["patient_id"],
                "hospital",
                outcome["anchor_date"],
                outcome["anchor_date"],
                None,
                None,
                None,
            )
            for outcome in once
        ],
        deaths=[(f"d{patient}", dod.strftime("%Y%m%d")) for patient, dod in released.items()],
        links=[(patient, f"d{patient}") for patient in released],
        patients=("a", "b", "c"),
        policy=replace(tables["policy"], anchor="hospital"),
    ).outcomes()
    assert {outcome["patient_id"]: outcome["dod"] for outcome in again if outcome["dod"]} == released


def assert_more_coverage_never_turns_a_known_answer_into_an_unknown_one(
    outcomes: list[dict[str, Any]], tables: dict[str, Any]
) -> None:
    stated = [outcome["status"] for outcome in outcomes]
    open_ended = replace(tables["policy"], coverage_first=None, coverage_last=None)
    wider = [outcome["status"] for outcome in Town(**{**tables, "policy": open_ended}).outcomes()]
    for before, after in zip(stated, wider, strict=True):
        assert after == ("alive_at_one_year" if before == "unknown_not_covered" else before)


@many
@given(towns(), times, st.integers(-72, 72), st.integers(-72, 72))
def test_an_account_opened_after_an_in_hospital_death_changes_no_outcome(
    tables: dict[str, Any], death: datetime, opened: int, length: int
) -> None:
    died = ("a", "hospital", death - timedelta(days=3), death, death, True, None)
    start = datetime.combine(death + timedelta(days=1), datetime.min.time()) + timedelta(hours=abs(opened))
    account = ("a", "hospital", start, start + timedelta(hours=length), death, True, None)
    before = {**tables, "encounters": [*tables["encounters"], died]}
    after = {**tables, "encounters": [*before["encounters"], account]}
    assert Town(**after).outcomes() == Town(**before).outcomes()
