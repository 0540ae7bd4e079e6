"""Frequent names that occur in only one file are detected and reported, and optionally treated as not known."""

from dataclasses import replace

import pandas as pd
import pytest

import linkage
from linkage.reference.links import reference_links
from linkage.rules.cascade import Cascade
from linkage.values.one_sided import NOT_KNOWN, REPORT, WHY
from synthetic import make_registry

SMALL = make_registry("small", patients=1_500, seed=77)
PATIENTS = SMALL.patients.rename(columns={"subject_id": "patient_id", "dob": "birth_date", "gender": "sex"})


def files(word: str, side: str = "patient", every: int = 20, field: str = "first_name") -> list[pd.DataFrame]:
    """A small registry in which one file has a word on every nth record."""
    both = [PATIENTS.copy(), SMALL.deaths.copy()]
    both[side == "death"].loc[::every, field] = word
    return both


def cascade(choice: str) -> Cascade:
    return replace(linkage.read_rules("mimic_iv"), one_sided_names=choice)


def found(tables: list[pd.DataFrame], choice: str) -> tuple[str, dict[str, dict[str, int]]]:
    with linkage.link(*tables, cascade(choice)) as run:
        cleaned = {
            side: {name: reasons[WHY] for name, reasons in columns.items() if WHY in reasons}
            for side, columns in run.counts["cleaned"].items()
        }
        return "\n".join(run.concerns), {side: columns for side, columns in cleaned.items() if columns}


@pytest.mark.parametrize(("side", "field"), [("patient", "first_name"), ("death", "last_name")])
def test_a_word_of_one_file_is_not_known_where_that_is_chosen(side: str, field: str) -> None:
    tables = files("Owner", side, field=field)
    records = (tables[side == "death"][field] == "Owner").sum()
    text, cleaned = found(tables, NOT_KNOWN)
    key = next(iter(cleaned))
    assert (key.startswith(side), list(cleaned[key]), "times as common" in text) == (True, [field], False)
    assert cleaned[key][field] == pytest.approx(records, abs=6)  # void certificates are ignored


def test_otherwise_it_is_reported_without_the_word() -> None:
    text, cleaned = found(files("Owner"), REPORT)
    assert "a name that is at least 30 times as common" in text
    assert ("owner" in text.lower(), cleaned) == (False, {})


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        ([PATIENTS, SMALL.deaths], "both files hold names of the same people"),
        (files("Owner", every=200), "few records have it"),
        (files("Q", field="middle_name"), "a letter is an initial"),
        (files("Beto"), "a nickname is a name"),
    ],
)
def test_names_stay_that_may_be_names(tables: list[pd.DataFrame], why: str) -> None:
    text, _ = found(tables, REPORT)
    assert "times as common" not in text, why
    assert found(tables, NOT_KNOWN)[1] == {}, why


def test_a_name_of_one_generation_or_cut_off_stays() -> None:
    young = files("Jayden")
    young[0].loc[::20, "birth_date"] = "2009-03-04"  # no death has this birth date
    assert found(young, NOT_KNOWN)[1] == {}
    cut = files("Christop")
    cut[1].loc[::30, "first_name"] = "Christopher"
    assert "first_name" not in found(cut, NOT_KNOWN)[1].get("patient", {})


@pytest.mark.parametrize("choice", [REPORT, NOT_KNOWN])
def test_the_reference_engine_drops_the_same(choice: str) -> None:
    tables = files("Owner", every=15)
    tables[1].loc[::15, "last_name"] = "Gent"
    tables = [frame[[c for c in frame if c in _COLUMNS]].astype(object) for frame in tables]
    tables[1] = tables[1][SMALL.deaths["void"].astype(str) != "1"]
    text = [frame.where(frame.notna() & (frame != ""), None) for frame in tables]
    text = [frame.map(lambda value: None if value is None else str(value)) for frame in text]
    expected = reference_links(text[0], text[1], cascade(choice)).links
    with linkage.link(*text, cascade(choice)) as run:
        links = run.links
    pairs = [sorted(zip(one["patient_id"], one["death_id"], one["rule"], strict=True)) for one in (links, expected)]
    assert pairs[0] == pairs[1]


_COLUMNS = ("patient_id", "death_id", *("first_name", "middle_name", "last_name", "ssn", "birth_date"), "death_date")
