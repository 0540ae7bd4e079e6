"""The hospital's dates of death: which are plausible, and which are replaced by the registry's date."""

from collections.abc import Iterator
from datetime import date

import pytest

from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.censor import mortality_counts
from tests.method import test_mortality
from tests.method.test_mortality import DIED, Stay, Town, day, stay

LAST = stay("2150-01-01", "2150-01-09")


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[DuckDBEngine]:
    """The engine of the towns."""
    test_mortality.ENGINES[:] = [DuckDBEngine(threads=1)]
    yield test_mortality.ENGINES[0]
    test_mortality.ENGINES[0].close()


def doubts(town: Town) -> list[tuple[str, str]]:
    """The hospital dates that were not used, and why."""
    found = town.engine.rows("SELECT hospital_date, doubt FROM implausible_date ORDER BY hospital_date")
    return [(str(day), doubt) for day, doubt in found]


@pytest.mark.parametrize(
    ("stays", "doubt", "why"),
    [
        ([stay("2150-01-01", "2150-01-09", "1900-01-01")], "placeholder date", "a default that a system wrote"),
        ([stay("2150-01-01", "2150-01-09", "9999-12-31")], "placeholder date", "what has not happened"),
        ([LAST, stay(None, None, "1900-01-01")], "placeholder date", "a default in a table of deaths"),
        ([stay("2150-01-01", "2150-01-09", "2079-05-01")], "before birth", "nobody dies before birth"),
        ([LAST, stay(None, None, "2079-05-01")], "before birth", "nor in a table of deaths"),
        ([stay("2150-01-02", "2150-01-09", "2150-01-01")], "before its stay", "dead before the stay began"),
        ([stay("2150-01-02", "2150-01-09", "2149-01-05", died=True)], "before its stay", "last year's number"),
        ([stay("2150-01-01", "2150-01-09", "2151-01-09")], "long after its discharge", "next year's number"),
        ([stay("2150-01-01", "2150-01-09", "2150-03-11")], "long after its discharge", "61 days"),
        (
            [stay("2149-01-01", "2149-01-03", "2149-01-03", died=True), stay("2149-06-01", "2149-06-04"), LAST],
            "seen alive later",
            "two later stays, months apart",
        ),
        (
            [stay("2149-01-01", "2149-01-03", died=True), stay("2149-06-01", "2149-06-04"), LAST],
            "seen alive later",
            "a wrong flag alone",
        ),
        ([stay(None, None, "2149-01-01"), LAST], "seen alive later", "a date that no stay vouches for, a year before"),
    ],
)
def test_an_implausible_hospital_date_yields_to_the_registry_and_goes_to_review(
    stays: list[Stay], doubt: str, why: str
) -> None:
    town = Town(stays, deaths=[("d1", "21500201")], links=[("a", "d1")], born="20800101")
    outcome = town.outcome()
    assert (outcome["dod"], outcome["death_source"]) == (day("2150-02-01"), "registry"), why
    assert [one for _, one in doubts(town)] == [doubt], why
    counts = mortality_counts(town.engine)
    assert counts["dates_of_death"]["overruled"] == 1
    assert counts["hospital_dates_overruled"] == {doubt: 1}


@pytest.mark.parametrize(
    ("stays", "why"),
    [
        ([stay("2150-01-01", "2150-01-09", "2150-01-09")], "on the day of discharge"),
        ([stay("2150-01-01", "2150-01-09", "2150-03-10")], "60 days after the discharge, learned from a letter"),
        ([stay("2150-01-01", "2150-01-09", "2150-01-01")], "on the day of arrival"),
        ([stay("2150-01-01", "2150-01-09"), stay(None, None, "2150-02-20")], "reported by a table of deaths"),
        ([stay("2150-01-01", None, "2150-05-09")], "a long stay without a discharge"),
        (
            [stay("2150-01-01", "2150-01-09", "2150-01-09", died=True), stay("2150-01-10", "2150-01-11")],
            "one later account may be a donor's",
        ),
        (
            [
                stay("2150-01-01", "2150-01-09", "2150-01-09", died=True),
                stay("2150-01-10", "2150-01-11"),
                stay("2150-01-11", "2150-01-12"),
                stay("2150-01-10", "2150-01-12", kind="ed"),
            ],
            "the wards of one donor's stay are one account",
        ),
        (
            [
                stay("2150-01-01", "2150-01-09", "2150-01-09", died=True),
                stay("2150-01-10", "2150-01-11", donor=True),
                stay("2150-02-10", "2150-02-11", donor=True),
            ],
            "declared donors' accounts say nothing against it, however many",
        ),
    ],
)
def test_a_plausible_hospital_date_takes_precedence(stays: list[Stay], why: str) -> None:
    death = max(str(one[4] or "")[:10] for one in stays)
    town = Town(stays, deaths=[("d1", "21500212")], links=[("a", "d1")], born="20800101")
    assert (town.outcome()["dod"], town.outcome()["death_source"]) == (day(death), "hospital"), why
    assert not doubts(town), why


@pytest.mark.parametrize(
    ("stays", "used", "aside", "why"),
    [
        ([stay("2150-01-01", "2150-01-09", "2150-01-09"), stay(None, None, "2150-01-20")], "2150-01-09", "2150-01-20",
         "a table of deaths differs from the stay"),
        ([LAST, stay(None, None, "2150-02-03"), stay(None, None, "2150-03-03")], "2150-02-03", "2150-03-03",
         "two tables of deaths differ"),
        ([stay("2150-01-01", "2150-01-09", "2150-01-09"), stay("2150-01-01", "2150-01-08", "2150-01-08")],
         "2150-01-08", "2150-01-09", "two accounts of one stay differ by a day"),
        ([stay("2150-01-01", "2150-01-09", "2150-01-09"), stay("2150-01-10", "2150-01-12", "2150-01-12")],
         "2150-01-09", "2150-01-12", "an account after the death has its own"),
    ],
)  # fmt: skip
def test_of_several_hospital_dates_the_others_go_to_review(stays: list[Stay], used: str, aside: str, why: str) -> None:
    town = Town(stays, deaths=[("d1", "21500201")], links=[("a", "d1")], born="20800101")
    assert (town.outcome()["dod"], town.outcome()["death_source"]) == (day(used), "hospital"), why
    assert doubts(town) == [(aside, "another hospital date is used")], why
    counts = mortality_counts(town.engine)
    assert counts["dates_of_death"]["hospital_dates_differ"] == 1
    assert (counts["dates_of_death"]["overruled"], counts["hospital_dates_overruled"]) == (0, {})


def test_accounts_that_repeat_one_day_of_death_do_not_differ() -> None:
    stays = [stay("2150-01-01", "2150-01-09", "2150-01-09"), stay(None, None, "2150-01-09"),
             stay("2150-01-10", "2150-01-12", "2150-01-11", donor=True)]  # fmt: skip
    assert not doubts(Town(stays, born="20800101"))


def test_a_death_recorded_outside_any_stay_before_a_later_stay_leaves_nobody_alive() -> None:
    outcome = Town([stay(None, None, "2149-01-01"), LAST], born="20800101").outcome()
    assert (outcome["status"], outcome["followup_days"]) == ("in_review", 0)


def test_a_wrong_flag_turns_no_later_stay_into_an_organ_donors_account() -> None:
    wrong = stay("2149-01-01", "2149-01-03", died=True)
    town = Town([wrong, stay("2149-06-01", "2149-06-04"), LAST])
    outcome = town.outcome()
    assert (outcome["status"], outcome["anchor_date"]) == ("alive_at_one_year", day("2150-01-09"))
    assert "organ_donor_inferred" not in town.repairs()
    assert town.contact()["died"] is False


def test_a_wrong_flag_without_any_day_is_wrong_as_well() -> None:
    town = Town([stay("2149-01-01", None, died=True), stay("2149-06-01", "2149-06-04"), LAST])
    assert town.outcome()["status"] == "alive_at_one_year"


@pytest.mark.parametrize(
    ("encounter", "status", "death", "why"),
    [
        (stay("2150-01-01", "2150-01-09", "1900-01-01"), "alive_at_one_year", None, "a default says nothing"),
        (stay("2150-01-02", "2150-01-09", "2149-01-05"), "in_review", None, "something says dead, but not when"),
        (stay("2150-01-01", "2150-01-09", "2152-01-09"), "in_review", None, "nor here"),
        (stay("2150-01-02", "2150-01-09", "2149-01-05", died=True), "died_within_one_year", "2150-01-09", "the flag"),
        (stay("2150-01-02", "2150-01-09", "1900-01-01", died=True), "died_within_one_year", "2150-01-09", "the flag"),
        (stay("2150-01-02", None, "2149-01-05", died=True), "died_date_not_known", None, "no discharge stands in"),
    ],
)
def test_without_a_registry_s_date_a_flag_stands_and_a_doubt_goes_to_review(
    encounter: Stay, status: str, death: str | None, why: str
) -> None:
    outcome = Town([encounter]).outcome()
    assert (outcome["status"], outcome["dod"]) == (status, day(death)), why


def test_the_registry_s_date_goes_before_the_discharge_of_a_stay_whose_time_of_death_is_wrong() -> None:
    encounter = stay("2150-01-02", "2150-01-09", "2149-01-05", died=True)
    outcome = Town([encounter], deaths=[("d1", "21500108")], links=[("a", "d1")]).outcome()
    assert (outcome["dod"], outcome["death_source"]) == (day("2150-01-08"), "registry")
    assert outcome["hospital_death_date"] == day("2150-01-09")


def test_a_death_learned_of_late_is_no_contact() -> None:
    contact = Town([LAST, stay(None, None, "2150-05-01")]).contact()
    assert (contact["last_contact"], contact["anchor"]) == (day("2150-01-09"), day("2150-01-09"))


@pytest.mark.parametrize(
    ("learned", "source", "why"),
    [
        ("2150-03-03", "hospital", "30 days after the certificate"),
        ("2150-03-04", "registry", "31 days after: the day on which somebody learned of it"),
        ("2150-01-20", "hospital", "before the certificate: nothing is learned before it happens"),
    ],
)
def test_a_date_outside_any_stay_yields_to_an_earlier_certificate(learned: str, source: str, why: str) -> None:
    stays = [LAST, stay(None, None, learned)]
    town = Town(stays, deaths=[("d1", "21500201")], links=[("a", "d1")])
    outcome = town.outcome()
    assert outcome["death_source"] == source, why
    assert outcome["dod"] == day(learned if source == "hospital" else "2150-02-01"), why
    assert doubts(town) == ([(learned, "long after the certificate")] if source == "registry" else []), why


def test_a_date_that_one_account_vouches_for_is_not_in_doubt_because_another_repeats_it() -> None:
    earlier = stay("2149-01-01", "2149-01-03", "2150-01-03", died=False)  # the patient's date in every row
    town = Town([earlier, DIED])
    assert town.contact()["death"] == date(2150, 1, 3)
    assert not doubts(town)


def test_a_death_in_a_stay_goes_before_an_earlier_date_that_no_stay_contains() -> None:
    assert Town([DIED, stay(None, None, "2149-12-28")]).contact()["death"] == day("2150-01-03")


@pytest.mark.parametrize(
    ("certificate", "patients", "why"),
    [
        ("21500301", 1, "51 days apart"),
        ("21500201", 0, "23 days apart"),
        ("21500300", 1, "every day of March is far away"),
        ("21500200", 0, "1 February is not"),
        ("21510000", 1, "every day of the next year is far away"),
        ("21500000", 0, "the year holds the day"),
        ("21490000", 0, "31 December of the year before is near"),
        ("21491100", 1, "every day of that November is far away"),
    ],
)
def test_a_hospital_date_far_from_a_certificate_of_any_precision_goes_to_review(
    certificate: str, patients: int, why: str
) -> None:
    died = stay("2150-01-01", "2150-01-09", "2150-01-09", died=True)
    town = Town([died], deaths=[("d1", certificate)], links=[("a", "d1")], born="20800101")
    assert (town.outcome()["dod"], town.outcome()["death_source"]) == (day("2150-01-09"), "hospital")
    assert mortality_counts(town.engine)["hospital_and_registry_far_apart"].get("patients", 0) == patients, why
