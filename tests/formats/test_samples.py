"""Every official sample is read to the expected table, field by field; built-in layouts stand where official ones do.

The samples are not part of this repository: LINKAGE_SAMPLES names their folder.
"""

import csv
import os
from pathlib import Path

import pandas as pd
import pytest

from linkage.formats import tables
from linkage.formats.layout import read_layout
from tests.formats.writing import read

SAMPLES = Path(os.environ.get("LINKAGE_SAMPLES", ""))
pytestmark = pytest.mark.skipif(
    "LINKAGE_SAMPLES" not in os.environ, reason="LINKAGE_SAMPLES names no folder of official samples"
)

_HARVEY = {
    "death_id": "2021MA266148", "first_name": "Cecil", "middle_name": "Amos", "last_name": "Harvey", "suffix": "MD",
    "former_last_names": "Harvey", "sex": "M", "ssn": "521616859", "birth_date": "1934|05|14",
    "death_date": "2021|08|10",
}  # fmt: skip
_TEST = {
    "death_id": "2021YC000054", "first_name": "Dfirstfhcg", "last_name": "Testdbji", "former_last_names": "Flehdf",
    "sex": "M", "birth_date": "1951|01|01", "death_date": "2021|07|12",
}  # fmt: skip
IJE = {
    "1.MOR": {
        "death_id": "2019YC000001", "first_name": "Madelyn", "middle_name": "Middle", "last_name": "Patel",
        "suffix": "Jr.", "former_last_names": "Last", "ssn": "987654321", "birth_date": "1940|02|19",
        "death_date": "2019|02|19",
    },
    "1_wJurisdiction.MOR": {
        "death_id": "2018MA000001", "first_name": "Example", "middle_name": "Something", "last_name": "Last",
        "suffix": "Jr.", "former_last_names": "Last", "sex": "F", "ssn": "123456789", "birth_date": "1940|02|19",
        "death_date": "2018|02|19",
    },
    "CODandCOUNTYCOther.ije": _HARVEY,
    "CODandCOUNTYCUnknown.ije": _HARVEY,
    "DeathLocation.ije": _HARVEY,
    "DOBDatePartAbsent.ije": {**_TEST, "birth_date": "|06|02"},
    "DOBPartsAllUnknown.ije": {"death_id": "2022CT000005", "death_date": "2022|02|01"},
    "EthnicityAllH.ije": _TEST,
    "EthnicityAllUnknown.ije": _TEST,
    "EthnicityOtherCase.ije": _TEST,
    "EthnicityOtherCaseNoWriteIn.ije": _TEST,
    "EthnicityPlusOtherCase.ije": _TEST,
    "UnknownBirthRecordId.ije": _TEST,
}  # fmt: skip


@pytest.mark.parametrize("name", IJE)
def test_official_certificates_in_ije_are_read_field_by_field(name: str) -> None:
    rows, given = read(SAMPLES / "ije" / name, layout="ije_mortality")
    assert [{key: value for key, value in row.items() if key.islower()} for row in rows] == [IJE[name]]
    assert not list(given.rows_found.reasons())


def test_no_official_certificate_is_left_out() -> None:
    found = {path.name for pattern in ("*.ije", "*.MOR") for path in (SAMPLES / "ije").glob(pattern)}
    assert found == set(IJE)
    assert {path.name for path in (SAMPLES / "vrdr").glob("*.json")} == set(VRDR)


OFFICIAL = {
    "ije_mortality": "ije_mortality_layout.csv",
    "mortality_roster": "layout_mortality_roster_v2021_map2024.csv",
}


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_fields_of_a_built_in_layout_stand_where_the_official_one_has_them(name: str) -> None:
    layout = read_layout(name)
    with open(SAMPLES / "ije" / OFFICIAL[name], encoding="utf-8", newline="") as file:
        official = {(row["name"], int(row["start"]), int(row["length"])) for row in csv.DictReader(file)}
    ours = {(one.name, one.start, one.length) for one in layout.fields}
    assert ours - official == set()
    assert layout.length == max(start + length - 1 for _, start, length in official)


@pytest.mark.parametrize("name", ["CODandCOUNTYCOther.ije", "1_wJurisdiction.MOR", "DOBDatePartAbsent.ije"])
def test_every_field_of_a_certificate_is_the_text_that_stands_there(name: str) -> None:
    text = (SAMPLES / "ije" / name).read_text("utf-8").rstrip("\r\n")
    (row,), _ = read(SAMPLES / "ije" / name, layout="ije_mortality")
    layout = read_layout("ije_mortality")
    for one in layout.fields:
        if one.name in row:
            written = text[one.start - 1 : one.start - 1 + one.length].strip()
            assert row[one.name] == one.codes.get(written, written), one.name


_PATEL = {
    "death_id": "2022YC000182", "first_name": "Mædęlyñ", "middle_name": "Middle", "last_name": "Pãtêl",
    "suffix": "Jr.", "former_last_names": "Last", "ssn": "987654321", "birth_date": "1940|02|19",
}  # fmt: skip
_MADELYN = {
    "death_id": "2020NY000182", "first_name": "Madelyn", "last_name": "Patel", "former_last_names": "Smith",
    "ssn": "987654321", "birth_date": "2004|11|10", "death_date": "2020|11|12",
}  # fmt: skip
_EXAMPLE = {
    "first_name": "Example", "middle_name": "Something Middle", "last_name": "Last", "suffix": "Jr.",
    "former_last_names": "Last", "sex": "F", "ssn": "123456789",
}  # fmt: skip
VRDR: dict[str, list[dict[str, str]]] = {
    "BirthAndDeathDateDataAbsent.json": [
        {"death_id": "2019MA000001", **_EXAMPLE, "birth_date": "||24", "death_date": "2021|02|"}
    ],
    "Bundle-DeathCertificateDocument-Example1.json": [_MADELYN],
    "DeathRecord1.json": [{**_PATEL, "death_date": "2019|02|19"}],
    "DeathRecordAliasMessage.json": [
        {
            "death_id": "2018NH123456", "first_name": "John", "middle_name": "Jacob", "last_name": "Schmidt",
            "suffix": "III", "former_last_names": "Jingleheimer", "ssn": "123-45-6789",
        }
    ],
    "DeathRecordBadPartialDate.json": [{**_PATEL, "death_date": "2019|02|19"}],
    "DeathRecordNoIdentifiers.json": [
        {"death_id": "row 1", **_EXAMPLE, "birth_date": "1940|02|19", "death_date": "2018|02|19"}
    ],
    "DeathRecordSubmissionMessage.json": [{**_MADELYN, "first_name": "Mædęlyñ", "last_name": "Pãtêl"}],
    "DeathRecordUpdateMessage.json": [_MADELYN],
    "DeathRecordVoidMessage.json": [
        {"death_id": f"2018NY{number}", "void": "OF NOTHING"} for number in range(123456, 123466)
    ],
    "MissingDecedent.json": [],
    "UnknownDateOfDeath.json": [_PATEL],
}  # fmt: skip


@pytest.mark.parametrize("name", VRDR)
def test_official_certificates_in_fhir_are_read_field_by_field(name: str) -> None:
    rows, given = read(SAMPLES / "vrdr" / name)
    assert [row for row in rows if "alias" not in row["death_id"]] == VRDR[name]
    assert list(given.rows_found.reasons()) == ([(1, "no decedent")] if name == "MissingDecedent.json" else [])


_STAT = {
    "mychar": "a", "mynum": "1.1", "mydate": "2018-05-06", "dtime": "2018-05-06 10:10:10", "mytime": "10:10:10",
}  # fmt: skip
_CODES, _WORDS = {"mylabl": "1", "myord": "1"}, {"mylabl": "Male", "myord": "low"}
STAT = {
    "sample.sas7bdat": (5, _STAT | _CODES),
    "sample_bincompressed.sas7bdat": (5, _STAT | _CODES),
    "sample.xpt": (5, _STAT | _CODES),
    "sample.dta": (5, _STAT | _WORDS),
    "sample.sav": (5, _STAT | _WORDS),
    "sample.zsav": (5, _STAT | _WORDS),
    "sample.por": (5, _STAT | _WORDS),
    "dates.sas7bdat": (50, {"date": "2061-04-15", "dtime": "2061-04-15 07:38:33", "time": "07:38:33"}),
    "dates_xpt_v8.xpt": (19, {
        "dt": "1959-12-30 23:59:59", "string_dt": "1959-12-30 23:59:59", "timezone": "UTC", "dates": "1959-12-30",
        "string_dates": "1959-12-30", "times": "23:59:59", "string_times": "23:59:59", "seconds": "-86401",
        "missings": "1",
    }),
    "sas.xpt5": (10, {"i": "1"}),
    "sas.xpt8": (10, {"i": "1"}),
}  # fmt: skip


def stat(folder: Path, name: str) -> pd.DataFrame:
    """A file of a statistics package, with the suffix that readers expect."""
    copied = folder / name.replace("xpt5", "xpt").replace("xpt8", "xpt")
    copied.write_bytes((SAMPLES / "sas" / name).read_bytes())
    frame: pd.DataFrame = tables.read_stat(copied)
    return frame.rename(columns=str.lower)


@pytest.mark.parametrize("name", STAT)
def test_official_files_of_statistics_packages_are_read_value_by_value(tmp_path: Path, name: str) -> None:
    rows, first = STAT[name]
    frame = stat(tmp_path, name)
    assert len(frame) == rows
    assert frame.iloc[0].to_dict() == first
    assert not [value for column in frame for value in frame[column] if isinstance(value, str) and value.endswith(".0")]


def test_the_same_table_is_the_same_from_every_package(tmp_path: Path) -> None:
    first = stat(tmp_path, "sample.sas7bdat")[list(_STAT)]
    for name in STAT:
        if name.startswith("sample"):
            pd.testing.assert_frame_equal(stat(tmp_path, name)[list(_STAT)], first)


def test_times_of_a_transport_file_are_those_written_beside_them(tmp_path: Path) -> None:
    frame = stat(tmp_path, "dates_xpt_v8.xpt")
    for column in ("dt", "dates", "times"):
        beside = frame["string_" + column].str.removesuffix(" 00:00:00")  # a timestamp at midnight is a date
        known = frame[column].notna()
        assert (frame.loc[known, column] == beside[known]).all(), column
