"""Death certificates as FHIR bundles: their fields, and the effect of messages on the registry."""

import json
from pathlib import Path
from typing import Any

import pytest

from linkage.errors import InputError
from tests.formats.writing import read

SSN = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "012-34-5678"}


def partial(**parts: Any) -> dict[str, Any]:
    """A date in parts; a part that is None is absent with a reason."""
    absent = {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
    }
    extensions = [
        {
            "url": f"http://hl7.org/fhir/x/Date-{name.title()}",
            **(absent if value is None else {"valueUnsignedInt": value}),
        }
        for name, value in parts.items()
    ]
    return {"extension": [{"url": "http://hl7.org/fhir/x/PartialDate", "extension": extensions}]}


def certificate(
    number: str | None = "2020NY000182", born: Any = "1950-02-11", died: Any = None, **patient: Any
) -> dict[str, Any]:
    """A certificate of a made-up person."""
    person: dict[str, Any] = {
        "resourceType": "Patient",
        "name": [{"use": "official", "family": "Lee", "given": ["Ann", "Belle"], "suffix": ["Jr."]}],
        "identifier": [SSN],
        "gender": "male",
        "extension": [
            {"url": "http://x/NVSS-SexAtDeath", "valueCodeableConcept": {"coding": [{"code": "female"}]}},
        ],
        **({"birthDate": born} if isinstance(born, str) else {"_birthDate": born}),
        **patient,
    }
    death = {
        "resourceType": "Observation",
        "code": {"coding": [{"code": "81956-5"}]},
        "effectiveDateTime": "2021-01-01T00:00:00Z",
        **(died or {"valueDateTime": "2020-03-04T23:30:00-05:00"}),
    }
    identifier = {"identifier": {"value": number}} if number else {}
    entries = [{"resource": person}, {"resource": death}]
    return {"resourceType": "Bundle", "type": "document", **identifier, "entry": entries}


def message(event: str, *resources: dict[str, Any], time: str = "") -> dict[str, Any]:
    """A message with this event."""
    header = {"resourceType": "MessageHeader", "eventUri": f"http://nchs.cdc.gov/{event}"}
    entries = [{"resource": one} for one in (header, *resources)]
    return {"resourceType": "Bundle", "type": "message", "entry": entries, **({"timestamp": time} if time else {})}


def parameters(**values: Any) -> dict[str, Any]:
    """The parameters of a message."""
    parameters_by_name = {"jurisdiction_id": "NY", "cert_no": 182, "death_year": 2020, **values}
    listed = [
        {"name": name, "valueString" if isinstance(value, str) else "valueUnsignedInt": value}
        for name, value in parameters_by_name.items()
    ]
    return {"resourceType": "Parameters", "parameter": listed}


def rows_of(path: Path, *bundles: Any) -> tuple[list[Any], Any]:
    """The rows read from bundles, one per line."""
    path.write_text("\n".join(map(json.dumps, bundles)))
    return read(path)


def test_a_certificate_is_read_field_by_field(tmp_path: Path) -> None:
    names = [
        {"use": "official", "family": "Lee", "given": ["Ann", "Belle", "Cleo"], "suffix": ["Jr."]},
        {"use": "maiden", "text": "Roe"},
    ]
    father = {
        "resourceType": "RelatedPerson",
        "relationship": [{"coding": [{"code": "FTH"}]}],
        "name": [{"family": "Doe"}],
    }
    bundle = certificate(name=names)
    bundle["entry"].append({"resource": father})
    (tmp_path / "one.json").write_text(json.dumps(bundle))
    rows, _ = read(tmp_path / "one.json")
    assert rows == [
        {
            "death_id": "2020NY000182",
            "first_name": "Ann",
            "middle_name": "Belle Cleo",
            "last_name": "Lee",
            "suffix": "Jr.",
            "former_last_names": "Roe;Doe",
            "sex": "F",  # sex at death, not administrative gender
            "ssn": "012-34-5678",
            "birth_date": "1950|02|11",
            "death_date": "2020|03|04",  # the local day as it is written
        }
    ]


DATES = [
    (partial(year=2020, month=3, day=None), "2020|03|"),
    (partial(year=2020, month=None, day=None), "2020||"),
    (partial(year=None, month=3, day=4), "|03|04"),
    (partial(year=None, month=None, day=None), None),
]


@pytest.mark.parametrize(("written", "expected"), DATES)
def test_a_date_is_known_as_far_as_its_parts_are(tmp_path: Path, written: Any, expected: str | None) -> None:
    bundle = certificate(born=written, died={"_valueDateTime": written})
    rows, _ = rows_of(tmp_path / "one.json", bundle)
    assert (rows[0].get("birth_date"), rows[0].get("death_date")) == (expected, expected)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2020-03-01", "2020-03-05", "2020|03|"),
        ("2020-03-01T10:00:00Z", "2020-03-01T12:00:00Z", "2020|03|01"),
        ("2020-03-01", "2020-05-05", "2020||"),
        ("2019-12-31", "2020-01-02", "0000||"),  # counted as a year that is not known
        ("2020-03-01", None, "0000||"),
    ],
)
def test_of_a_period_only_what_is_certain_is_known(
    tmp_path: Path, start: str, end: str | None, expected: str | None
) -> None:
    rows, _ = rows_of(tmp_path / "one.json", certificate(died={"valuePeriod": {"start": start, "end": end}}))
    assert rows[0].get("death_date") == expected


def test_messages_change_void_and_rename_certificates(tmp_path: Path) -> None:
    rows, given = rows_of(
        tmp_path / "all.ndjson",
        *[message("vrdr_submission", certificate(f"2020NY00018{n}")) for n in (1, 2, 3, 4)],
        message("vrdr_submission_update", certificate("2020NY000182", died={"valueDateTime": "2020-03-05"})),
        message("vrdr_submission_void", parameters(cert_no=183, block_count=3)),
        message("vrdr_alias", parameters(cert_no=182, alias_decedent_last_name="Moe", alias_decedent_first_name="Nan")),
        message("vrdr_acknowledgement", parameters()),
        {"resourceType": "Bundle", "type": "document", "entry": []},
    )
    kinds = ("death_id", "last_name", "death_date", "void")
    assert [tuple(row.get(kind) for kind in kinds) for row in rows] == [
        ("2020NY000181", "Lee", "2020|03|04", None),
        ("2020NY000182", "Lee", "2020|03|04", "REPLACED"),
        ("2020NY000183", "Lee", "2020|03|04", "VOIDED"),
        ("2020NY000184", "Lee", "2020|03|04", "VOIDED"),
        ("2020NY000182", "Lee", "2020|03|05", None),
        ("2020NY000183", None, None, "VOID"),
        ("2020NY000184", None, None, "VOID"),
        ("2020NY000185", None, None, "OF NOTHING"),
        ("2020NY000182-alias1", "Moe", "2020|03|05", None),
    ]
    assert rows[-1]["amends"] == "2020NY000182"
    assert [given.row_number(place) for place in (0, 4, 5, 7, 8)] == [1, 5, 6, 6, 7]
    assert list(given.rows_found.reasons()) == [
        (8, "a message that does not report a death (vrdr_acknowledgement)"),
        (9, "no decedent"),
    ]


def test_a_roster_says_of_itself_that_it_replaces_another(tmp_path: Path) -> None:
    first, second = certificate(), certificate(died={"valueDateTime": "2020-03-09"})
    second["meta"] = {"extension": [{"url": "http://x/ReplaceStatus", "valueCode": "updated"}]}
    rosters = {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": one} for one in (first, second)]}
    rows, _ = rows_of(tmp_path / "rosters.json", rosters)
    assert [(row["death_date"], row.get("void")) for row in rows] == [("2020|03|04", "REPLACED"), ("2020|03|09", None)]


def test_messages_of_a_folder_are_folded_in_the_order_of_their_times(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    void = message("vrdr_submission_void", parameters(), time="2020-05-01T10:00:00-05:00")
    sent = message("vrdr_submission", certificate(), time="2020-05-01T11:00:00Z")
    (tmp_path / "in" / "a.json").write_text(json.dumps(void))
    (tmp_path / "in" / "b.json").write_text(json.dumps(sent))
    rows, given = read(tmp_path / "in")
    assert [row["void"] for row in rows] == ["VOIDED", "VOID"]
    assert "ordered by their timestamps" in given.forgiven


def test_a_certificate_without_a_number_is_named_by_its_row(tmp_path: Path) -> None:
    rows, given = rows_of(tmp_path / "a.ndjson", certificate(None), certificate("42"))
    assert [row["death_id"] for row in rows] == ["row 1", "row 2"]
    assert given.actions["records without a number, which cannot be changed"] == 2


def test_what_is_no_json_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text("{}\nLEE;ANN\n")
    with pytest.raises(InputError, match=r"a\.ndjson, line 2, is not valid JSON") as refused:
        read(tmp_path / "a.ndjson")
    assert "LEE" not in str(refused.value)


@pytest.mark.parametrize(
    "broken", [{"name": 7}, {"name": "Ann Lee"}, {"name": [{"given": 7}]}, {"identifier": "x"}, {"extension": 3}]
)
def test_a_certificate_that_is_built_otherwise_is_listed(tmp_path: Path, broken: dict[str, Any]) -> None:
    rows, given = rows_of(tmp_path / "a.ndjson", certificate(), certificate("2020NY000183", **broken))
    assert len(rows) == 1
    assert list(given.rows_found.reasons()) == [(2, "it does not have the structure of a death certificate")]
