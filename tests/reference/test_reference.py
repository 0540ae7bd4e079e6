"""The reference engine implements the method, checked on tables small enough to verify by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from linkage.reference.frames import standard_frame
from linkage.reference.links import ReferenceResult, reference_links
from linkage.rules.cascade import Cascade, Condition, Field, Level, Line, Rule
from linkage.rules.file import read_rules

MIMIC = read_rules("mimic_iv")
Record = tuple[str | None, ...]
COLUMNS = ("first_name", "last_name", "ssn", "birth_date", "death_date", "sex")


def _frame(id_column: str, rows: Sequence[Record], columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[id_column, *columns], dtype=object)


def _link(
    patients: Sequence[Record],
    deaths: Sequence[Record],
    cascade: Cascade = MIMIC,
    columns: Sequence[str] = COLUMNS,
    last_contact: Mapping[str, date] | None = None,
) -> ReferenceResult:
    """Rows are an id and the values of `columns`."""
    patient_columns = [column for column in columns if column != "death_date"]
    left = [
        tuple(value for name, value in zip(("id", *columns), row, strict=True) if name != "death_date")
        for row in patients
    ]
    return reference_links(
        _frame("patient_id", left, patient_columns),
        _frame("death_id", deaths, columns),
        cascade,
        last_contact,
    )


def _links(result: ReferenceResult) -> list[tuple[str, str, str]]:
    return list(result.links[["patient_id", "death_id", "rule"]].itertuples(index=False, name=None))


def _pairs(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return list(frame[["patient_id", "death_id"]].itertuples(index=False, name=None))


def _cascade(*rules: Mapping[str, str | tuple[str, ...]], **changes: object) -> Cascade:
    """MIMIC's fields with other rules: each maps fields to the required levels."""
    conditions = [
        tuple(Condition(name, (ways,) if isinstance(ways, str) else ways) for name, ways in rule.items())
        for rule in rules
    ]
    numbered = tuple(Rule(f"R{number}", agree, "") for number, agree in enumerate(conditions, start=1))
    return replace(MIMIC, **{"rules": numbered, **changes})


LEE = ("LEE", "212345678", "1950-02-11", "2015-06-30", "F")
TOWN = [
    # patient, certificate, rule that links them, reason
    (("ANNA", *LEE), ("ANNA", *LEE), "R1", "all identifiers agree"),
    (("Anne", "Lee", None, "1950-02-11", None, "F"), ("ANNA", *LEE), "R2", "first name similar, no SSN"),
    (("ANNA", "SMITH", *LEE[1:]), ("ANNA", *LEE), "R3", "married: SSN and birth date stay"),
    (("BILL", "LEE", "212345678", "1933-07-01", None, "M"), ("WILLIAM", *LEE[:-1], "M"), "R4", "nickname"),
    (("LEE", "ANNA", "212345678", "1933-07-01", None, "F"), ("ANNA", *LEE), "R5", "names exchanged"),
    (
        ("ANNE", "SMITH", "212345678", "1950-11-02", None, "F"),
        ("ANNA", *LEE),
        "R6",
        "day and month exchanged",
    ),
    ((None, "LEE", "212345687", "1950-02-11", None, "F"), ("ANNA", *LEE), "R7", "SSN two digits off"),
    (("ANNA", "LEE", "212345687", "1933-07-01", None, "F"), ("ANNA", *LEE), "R9", "SSN two digits off"),
    (("ANNA", "LEE", None, "1950-02-12", None, "F"), ("ANNA", *LEE), None, "no SSN and no middle name"),
    (("MARY", "LEE", "313456789", "1950-02-11", None, "F"), ("ANNA", *LEE), None, "another person"),
    ((None, None, None, None, None, None), ("ANNA", *LEE), None, "what is not known agrees with nothing"),
    ((None,) * 6, (None,) * 6, None, "not even with what is not known"),
]


@pytest.mark.parametrize(("patient", "death", "rule", "reason"), TOWN, ids=[row[-1] for row in TOWN])
def test_each_rule_links_the_pair_that_it_describes(
    patient: Record, death: Record, rule: str | None, reason: str
) -> None:
    result = _link([("1", *patient)], [("9", *death)])
    assert _links(result) == ([("1", "9", rule)] if rule else []), reason


def test_an_earlier_rule_takes_a_death_from_a_closer_pair_of_a_later_rule() -> None:
    cascade = _cascade({"ssn": "exact"}, {"last_name": "exact", "first_name": "exact", "birth_date": "exact"})
    patients = [
        ("1", "MARY", "SMITH", "212345678", None, None, None),  # the SSN alone
        ("2", "ANNA", "LEE", None, "1950-02-11", None, "F"),  # everything except the SSN
    ]
    assert _links(_link(patients, [("9", "ANNA", *LEE)], cascade)) == [("1", "9", "R1")]


def test_inside_a_rule_the_closer_pair_wins_whatever_the_order_of_rows() -> None:
    patients = [
        ("1", "ANNE", "LEE", None, "1950-02-11", None, "F"),  # ANNE is like ANNA
        ("2", "ANNA", "LEE", None, "1950-02-11", None, "F"),  # equal
    ]
    for rows in (patients, patients[::-1]):
        assert _links(_link(rows, [("9", "ANNA", *LEE)])) == [("2", "9", "R2")]


TWINS = [("1", "ANNA", *LEE), ("2", "ANNA", *LEE)]


def test_a_tie_goes_to_review_and_is_held_out_of_later_rules() -> None:
    deaths = [("8", "ANNA", *LEE), ("9", "MARY", "SMITH", *LEE[1:])]  # 9 has the SSN, for R3
    result = _link(TWINS, deaths)
    assert _pairs(result.tied) == [("1", "8"), ("2", "8")]
    assert list(result.tied.rule) == ["R1", "R1"]
    assert _links(result) == []


def test_the_lowest_id_settles_a_tie_on_request_and_the_link_says_so() -> None:
    patients = [("10", *TWINS[0][1:]), ("9", *TWINS[1][1:])]  # 9 comes before 10, as numbers do
    deaths = [("8", "ANNA", *LEE), ("9", "MARY", "SMITH", *LEE[1:])]
    result = _link(patients, deaths, replace(MIMIC, ties="lowest_id"))
    assert _links(result) == [("9", "8", "R1"), ("10", "9", "R3")]  # a losing patient is compared by later rules
    assert list(result.links.tie) == [True, False]
    assert result.tied.empty


def test_two_certificates_of_one_death_are_no_tie() -> None:
    result = _link(TWINS[:1], [("8", "ANNA", *LEE), ("9", "ANNA", *LEE)])
    assert _links(result) == [("1", "8", "R1")]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (("ANNA", "LEE", "313345678", *LEE[2:]), "another SSN"),
        (("ANNA", "LEE", None, *LEE[2:4], "M"), "another sex"),
        (("ANNA", "LEE", None, "1950-02-11", "2015-08-01", "F"), "a day of death more than a week apart"),
        (("ANNA", "LEE", None, "1950-02-11", "2015-06", "F"), "the day of death is not known"),
    ],
)
def test_certificates_that_may_be_of_two_people_stay_two(other: Record, reason: str) -> None:
    cascade = _cascade({"last_name": "exact", "birth_date": "exact"}, closeness=("last_name",))
    result = _link(TWINS[:1], [("8", "ANNA", *LEE), ("9", *other)], cascade)
    assert _pairs(result.tied) == [("1", "8"), ("1", "9")], reason


def test_certificates_are_of_one_person_through_a_third() -> None:
    deaths = [
        ("7", "ANNA", "LEE", None, "1950-02-11", "2015-06-30", None),
        ("8", "ANNA", *LEE),  # the name of 7, the SSN of 9
        ("9", "ANNA", "SMITH", *LEE[1:]),
    ]
    cascade = _cascade({"first_name": "exact", "birth_date": "exact"}, keys=(("birth_date",),), closeness=("sex",))
    result = _link(TWINS[:1], deaths, cascade)
    assert _links(result) == [("1", "8", "R1")]  # sex agrees on 8 and 9; 8 is the lower id


def test_a_tie_goes_to_the_person_with_the_lowest_id_whichever_record_is_closest() -> None:
    deaths = [
        ("11", "MARY", *LEE),  # another first name: another person
        ("20", "ANNA", *LEE),  # the closest record of the person whose lowest id is 5
        ("5", "ANNA", "LEE", None, *LEE[2:]),
    ]
    cascade = _cascade({"birth_date": "exact", "ssn": "exact"}, closeness=("ssn",), ties="lowest_id")
    assert _links(_link(TWINS[:1], deaths, cascade)) == [("1", "20", "R1")]


def test_records_of_one_patient_are_linked_together_only_on_request() -> None:
    deaths = [("9", "ANNA", *LEE)]
    assert _pairs(_link(TWINS, deaths).tied) == [("1", "9"), ("2", "9")]
    together = _link(TWINS, deaths, replace(MIMIC, duplicates="link_together"))
    assert _links(together) == [("1", "9", "R1"), ("2", "9", "R1")]


@pytest.mark.parametrize(
    ("born", "died", "seen", "reason"),
    [
        ("1950-02-11", "2015-06-30", date(2015, 7, 30), None),  # 30 days: within the tolerance
        ("1950-02-11", "2015-06-30", date(2015, 7, 31), "death before last contact"),
        ("1950-02-11", "2015-06", date(2015, 7, 30), None),  # the last day of June is possible
        ("1950-02-11", "2016-02", date(2016, 3, 31), "death before last contact"),  # 29 February is the last
        ("1950-02-11", "2015", date(2016, 1, 30), None),  # 31 December is possible
        ("1950-02-11", "1950-02-10", None, "death before birth"),
        ("1950-02-11", "1950-02", None, None),
        ("1950-02-11", "1949", date(2015, 7, 31), "death before last contact"),  # the first reason counts
        ("1880-02-11", "1995-12-31", None, None),  # 115 years by the calendar
        ("1880-02-11", "1996-01-01", None, "impossible age"),
        ("1950-02-11", None, date(2015, 7, 31), None),  # an unknown value never counts against a pair
        (None, "1900-01-01", None, None),
    ],
)
def test_a_death_that_time_forbids_is_no_candidate(
    born: str | None, died: str | None, seen: date | None, reason: str | None
) -> None:
    cascade = _cascade({"ssn": "exact"})
    result = _link(
        [("1", "ANNA", "LEE", "212345678", born, None, "F")],
        [("9", "ANNA", "LEE", "212345678", born, died, "F")],
        cascade,
        last_contact={"1": seen} if seen else {},
    )
    assert list(result.vetoed.reason) == ([reason] if reason else [])
    assert len(result.links) == (0 if reason else 1)


def test_a_vetoed_pair_ties_with_nobody() -> None:
    deaths = [("8", "ANNA", *LEE), ("9", "ANNA", *LEE[:3], "2010-01-01", "F")]
    result = _link(TWINS[:1], deaths, last_contact={"1": date(2015, 6, 1)})
    assert _links(result) == [("1", "8", "R1")]
    assert _pairs(result.vetoed) == [("1", "9")]


def test_a_number_that_many_people_carry_is_known_on_neither_side() -> None:
    people = [(f"{place}", "ANNA", f"LEE{'ABCDEF'[place]}", "212345678", "1950-02-11", None, "F") for place in range(6)]
    deaths = [("9", "ANNA", "SMITH", "212345678", "1950-02-11", "2015-06-30", "F")]
    assert len(_link(people[:4], deaths).candidates) == 4  # five people in both files
    assert len(_link(people[:5], deaths).candidates) == 0  # six
    unnamed = [*people[:4], ("6", "ANNA", None, "212345678", "1950-02-11", None, "F")]
    assert len(_link(unnamed, deaths).candidates) == 5  # a record without a name is not counted as a person


BORN = {
    # patient, certificate, whether "birth_date not known" is satisfied
    ("1950-02-11", None): True,
    ("1950-02-11", "1950-02"): True,
    ("1950-02", "1950-02"): True,
    ("1950-02-11", "1950-03"): False,
    ("1951", "1950-02"): False,
    ("1950-02-11", "1950-02-11"): False,
    ("1950-02-11", "1900-01-01"): True,  # a placeholder
}


@pytest.mark.parametrize(("born", "expected"), BORN.items())
def test_a_partial_date_that_conflicts_is_not_merely_unknown(
    born: tuple[str | None, str | None], expected: bool
) -> None:
    cascade = _cascade({"ssn": "exact", "birth_date": "not_known"})
    patient, death = (("ANNA", "LEE", "212345678", text, None, "F") for text in born)
    assert bool(_links(_link([("1", *patient)], [("9", *death)], cascade))) is expected


@pytest.mark.parametrize(("ssn", "expected"), [("XXX-XX-5678", True), ("XXX-XX-5679", False), (None, True)])
def test_other_last_four_digits_speak_against_a_pair(ssn: str | None, expected: bool) -> None:
    cascade = _cascade({"last_name": "exact", "birth_date": "exact", "ssn": "not_known"})
    patient = ("1", "ANNA", "LEE", ssn, *LEE[2:])
    assert bool(_links(_link([patient], [("9", "ANNA", *LEE)], cascade))) is expected


def test_a_pair_of_the_first_level_may_meet_the_second_on_its_own_lines() -> None:
    levels = (
        Level("similar", (Line("jaro_winkler_similarity", 0.85),)),
        Level("alike", (Line("sounds_alike"),)),
    )
    fields = {**MIMIC.fields, "last_name": Field("last_name", levels)}
    cascade = _cascade({"ssn": "exact", "last_name": "alike"}, fields=fields)
    rows = [("1", "ANNA", "SMITH", *LEE[1:]), ("2", "ANNA", "SMIGH", "313345678", *LEE[2:])]
    deaths = [
        ("8", "ANNA", "SMYTH", *LEE[1:]),  # similar, and sounds alike
        ("9", "ANNA", "SMITH", "313345678", *LEE[2:]),  # similar, and does not
    ]
    assert _links(_link(rows, deaths, cascade)) == [("1", "8", "R1")]


def test_names_are_standardized_before_they_are_compared() -> None:
    raw = pd.DataFrame(
        {
            "patient_id": ["1", "2"],
            "first_name": ["Dr. John Q", "BABY BOY"],
            "last_name": ["García-Lopez Jr.", None],
            "former_last_names": ["O'Brien; Unknown|Lee", "LEE, SMITH"],
            "birth_date": ["25/02/1950", "02/03/1950"],  # 25 shows that the day comes first
        }
    )
    frame = standard_frame(raw, "patient_id", MIMIC)
    john = frame.loc["1"]
    assert (john.first_name, john.middle_name, john.suffix, john.birth_date) == (
        "JOHN",
        "Q",
        "JR",
        "19500225",
    )
    assert john.last_name_parts == ["GARCIA", "LOPEZ"]
    assert john.last_name_all == ["GARCIALOPEZ", "OBRIEN", "LEE"]
    assert john.full_name == "JOHN|Q|GARCIALOPEZ"
    baby = frame.loc["2"]
    assert (baby.first_name, baby.full_name, baby.birth_date) == (None, None, "19500302")
    assert baby.last_name_all == ["LEE", "SMITH"]


def test_an_empty_file_gives_empty_tables() -> None:
    for patients, deaths in (([], []), (TWINS, []), ([], [("9", "ANNA", *LEE)])):
        result = _link(patients, deaths)
        assert [len(table) for table in (result.links, result.tied, result.vetoed, result.vectors)] == [0] * 4
