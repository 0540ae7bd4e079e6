"""What could move a date of death in a certificate in FHIR is read in one way only, or said to look wrong."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from linkage.errors import InputError
from linkage.formats.resources import NOT_DECEASED, ONLY_TEXT, SEVERAL, UTC
from linkage.sources.make_source import source
from tests.formats.test_fhir import SSN, certificate, message, parameters
from tests.formats.writing import read
from tests.stages import prepared

OBSERVED = [
    # what the observation holds, the date that is read
    ({"valueDate": "2020-03-04"}, "2020|03|04"),
    ({"valueString": "2020-03-04"}, "2020|03|04"),
    ({"valueInstant": "2020-03-04T10:00:00-05:00"}, "2020|03|04"),
    ({"valueDateTime": "20200304"}, "20200304"),
    ({"valueDateTime": 20200304}, "20200304"),
    ({"valueDateTime": "03/04/2020"}, "03/04/2020"),
    ({"valueDateTime": "2020-03-04 10:00"}, "2020-03-04 10:00"),
    ({"valueDateTime": "not known"}, "not known"),
    ({"valueCodeableConcept": {"text": "unknown"}}, None),
    ({"status": "entered-in-error", "valueDateTime": "2020-03-05"}, None),
    ({"dataAbsentReason": {"coding": [{"code": "unknown"}]}}, None),
]


def rows_of(path: Path, *bundles: Any) -> list[Any]:
    path.write_text("".join(f"{json.dumps(bundle)}\n" for bundle in bundles))
    return read(path)[0]


@pytest.mark.parametrize(("died", "expected"), OBSERVED)
def test_a_date_in_another_type_or_form_is_not_lost(tmp_path: Path, died: dict[str, Any], expected: str | None) -> None:
    (row,) = rows_of(tmp_path / "a.ndjson", certificate(died=died))
    assert row.get("death_date") == expected


def test_without_an_observation_the_patients_date_is_used(tmp_path: Path) -> None:
    absent = {"dataAbsentReason": {}}
    (row,) = rows_of(tmp_path / "a.ndjson", certificate(died=absent, deceasedDateTime="2020-03-04"))
    assert row["death_date"] == "2020|03|04"


def with_second_date(day: str) -> dict[str, Any]:
    """A certificate with a second observation of the date of death."""
    bundle = certificate(died={"valueDateTime": "2020-03-04"})
    second = {**bundle["entry"][1]["resource"], "valueDateTime": day}
    bundle["entry"].append({"resource": second})
    return bundle


DOUBTS = [
    (certificate(died={"valueDateTime": "2020-03-05T04:30:00Z"}), UTC),
    (certificate(died={"valueDateTime": "2020-03-05T04:30:00+00:00"}), UTC),
    (certificate(died={"valueDateTime": "2020-03-05T00:00:00Z"}), ""),
    (certificate(died={"valueDateTime": "2020-03-05T23:30:00-05:00"}), ""),
    (certificate(died={"valueDateTime": "2020-03-05"}, deceasedDateTime="2020-03-05T23:10:00-05:00"), ""),
    (certificate(died={"valueDateTime": "2020-03-05"}, deceasedDateTime="2020-03-06"), SEVERAL),
    (with_second_date("2020-03"), ""),
    (with_second_date("2020-03-04 10:00:00"), ""),
    (with_second_date("03/04/2020"), ""),
    (with_second_date("not known"), ""),
    (with_second_date("20200305"), SEVERAL),
    (with_second_date("2020-03-08"), SEVERAL),
    (certificate(deceasedBoolean=True), ""),
    (certificate(deceasedBoolean=False), NOT_DECEASED),
    (certificate(name=[{"text": "Ann Lee"}]), ONLY_TEXT),
    (certificate(name=[{"use": "official", "family": "Lee", "text": "Lee, Ann"}]), ONLY_TEXT),
    (certificate(name=[{"family": "Lee", "given": ["Ann"], "text": "Ann B. Lee"}, {"use": "old", "text": "Roe"}]), ""),
    (certificate(name=[{"family": "Unknown", "text": "Unknown"}]), ""),
]


def concerns(folder: Path) -> str:
    """What looks wrong in a folder of certificates."""
    patients = pd.DataFrame({"patient_id": ["1"], "last_name": ["LEE"], "ssn": ["012345678"]})
    with prepared(patients, folder) as ready:
        return "\n".join(ready.concerns)


def test_dates_that_contradict_each_other_or_are_in_utc_are_told(tmp_path: Path) -> None:
    for number, (bundle, _) in enumerate(DOUBTS):
        bundle["identifier"]["value"] = f"2020NY{number:06}"
        (tmp_path / f"{number:02}.json").write_text(json.dumps(bundle))
    found = concerns(tmp_path)
    for doubt in (UTC, SEVERAL, NOT_DECEASED, ONLY_TEXT):
        rows = [number for number, (_, expected) in enumerate(DOUBTS, start=1) if expected == doubt]
        has = "certificate has" if len(rows) == 1 else "certificates have"
        assert f"{tmp_path.name}: {len(rows)} {has} {doubt}, first in row {rows[0]}." in found


def test_certificates_that_are_later_voided_or_replaced_are_not_doubted(tmp_path: Path) -> None:
    wrong = [certificate(f"2020NY00000{number}", deceasedBoolean=False) for number in (1, 2, 3)]
    update = message("vrdr_submission_update", certificate("2020NY000002"))
    for number, bundle in enumerate([*wrong, message("vrdr_submission_void", parameters(cert_no=1)), update]):
        (tmp_path / f"{number}.json").write_text(json.dumps(bundle))
    assert f"1 certificate has {NOT_DECEASED}, first in row 3." in concerns(tmp_path)
    again = message("vrdr_submission_update", certificate("2020NY000002", deceasedBoolean=False))
    (tmp_path / "5.json").write_text(json.dumps(again))
    assert f"2 certificates have {NOT_DECEASED}, first in row 3." in concerns(tmp_path)


def with_status(status: str, bundle: dict[str, Any]) -> dict[str, Any]:
    """A certificate whose document has a status."""
    composition = {"resource": {"resourceType": "Composition", "status": status}}
    return {**bundle, "entry": [composition, *bundle["entry"]]}


def test_a_document_that_was_entered_in_error_is_void(tmp_path: Path) -> None:
    wrong = "entered-in-error"
    resent = message("vrdr_submission_update", with_status(wrong, certificate("2020NY000001")))
    bundles = [
        with_status("final", certificate("2020NY000001")),
        with_status("amended", certificate("2020NY000002")),
        resent,
        with_status(wrong.upper(), certificate("2020NY000003")),
        with_status(wrong, certificate(None)),
    ]
    (tmp_path / "a.ndjson").write_text("".join(f"{json.dumps(bundle)}\n" for bundle in bundles))
    rows, found = read(tmp_path / "a.ndjson")
    assert [row.get("void") for row in rows] == ["VOIDED", None, "VOID", "OF NOTHING"]
    assert (found.actions["additions"], found.actions["voids"]) == (2, 2)
    why = "it was entered in error, and does not say which certificate it voids"
    assert dict(found.rows_found.reasons()) == {5: why}
    assert f"1 bundle cannot be used, first in row 5: {why}." in concerns(tmp_path / "a.ndjson")


def test_bundles_and_files_that_are_not_used_are_told(tmp_path: Path) -> None:
    two = certificate("2020NY000002")
    two["entry"] *= 2
    void = {"resourceType": "Parameters", "parameter": [{"name": "cert_no", "valueString": "1"}]}
    bundles = [certificate(), two, message("vrdr_submission_void", void), message("vrdr_acknowledgement", void)]
    for number, bundle in enumerate(bundles):
        (tmp_path / f"{number}.json").write_text(json.dumps(bundle))
    (tmp_path / "old.xml").write_text("<Bundle/>")
    found = concerns(tmp_path)
    assert "2 bundles cannot be used, first in row 2: 2 decedents in one bundle. They are rejected: see the" in found
    assert "1 file of it is XML and is not read. Is it among the JSON files too? If not, convert it to JSON." in found
    assert dict(read(tmp_path)[1].rows_found.reasons())[3] == "it does not say which certificate it voids"


def test_subfolders_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "2020").mkdir()
    (tmp_path / ".hidden").mkdir()
    for number, folder in enumerate(["", "2020", ".hidden"]):
        (tmp_path / folder / f"{number}.json").write_text(json.dumps(certificate(f"2020NY00000{number}")))
    assert [row["death_id"] for row in read(tmp_path)[0]] == ["2020NY000000", "2020NY000001"]
    assert "1 of its 2 JSON files is in subfolders, and is read. Does it belong to this source?" in concerns(tmp_path)


@pytest.mark.parametrize("name", ["_delta_log/0.json", "metadata/v1.metadata.json", "_schema.json", ".crc/0.json"])
def test_a_folder_of_parquet_files_that_json_files_describe_is_parquet(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("{}")
    (tmp_path / "data").mkdir()
    pd.DataFrame({"death_id": ["1"]}).to_parquet(tmp_path / "data" / "0.parquet")
    assert (source(tmp_path).format, [row["death_id"] for row in read(tmp_path)[0]]) == ("parquet", ["1"])


def test_a_name_or_number_that_is_no_longer_valid_is_not_preferred(tmp_path: Path) -> None:
    old = {"use": "official", "family": "Roe", "given": ["Ann"], "period": {"end": "2000-01-01"}}
    now = {"use": "official", "family": "Lee", "given": ["Ann"]}
    numbers = [{**SSN, "use": "old", "value": "999-99-9999"}, {"system": SSN["system"]}, SSN]
    (row,) = rows_of(tmp_path / "a.ndjson", certificate(name=[old, now], identifier=numbers))
    assert (row["last_name"], row["ssn"]) == ("Lee", SSN["value"])


def test_a_single_element_without_its_list_is_read(tmp_path: Path) -> None:
    name = {"use": "official", "family": "Lee", "given": "Ann", "suffix": "Jr."}
    (row,) = rows_of(tmp_path / "a.ndjson", certificate(name=name, identifier=SSN))
    assert (row["first_name"], row["last_name"], row["suffix"], row["ssn"]) == ("Ann", "Lee", "Jr.", SSN["value"])
    assert "middle_name" not in row


def test_nulls_and_listed_family_names_are_read_and_parts_that_are_no_text_are_rejected(tmp_path: Path) -> None:
    listed = {"use": "official", "family": ["De", "Lee"], "given": ["Ann"], "period": None}
    maiden = {"use": "maiden", "family": ["Roe"]}
    good = certificate(name=[listed, maiden], identifier=[None, SSN], extension=None)
    bad = [certificate(name=[{"family": part, "given": ["Ann"]}]) for part in ({"value": "Lee"}, 5, [["Lee"]])]
    (tmp_path / "a.ndjson").write_text("".join(f"{json.dumps(bundle)}\n" for bundle in (good, *bad)))
    (row,), found = read(tmp_path / "a.ndjson")
    assert (row["last_name"], row["former_last_names"], row["ssn"]) == ("De Lee", "Roe", SSN["value"])
    assert list(dict(found.rows_found.reasons())) == [2, 3, 4]


def test_a_file_without_certificates_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"resourceType": "Observation"}, {"resourceType": "Observation"}]')
    with pytest.raises(InputError, match=r"a\.json: none of its 2 rows can be used\. Row 1: no decedent\."):
        concerns(tmp_path / "a.json")
