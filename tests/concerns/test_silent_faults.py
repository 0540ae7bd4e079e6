"""Faults of real files that would otherwise go unnoticed: each is refused, rejected, or said to look wrong."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import linkage
from linkage.method.displaced import FOOTER
from linkage.method.records import ROUNDED_ID
from linkage.sources.make_source import source
from tests.stages import prepared, rejected

NAMES = ["ABEL", "BORIS", "CLARA", "DORA"]
PATIENTS = pd.DataFrame({
    "patient_id": ["1001", "1002", "1003", "1004"], "first_name": NAMES, "last_name": [f"{name}SON" for name in NAMES],
    "birth_date": [f"195{n}-02-11" for n in range(4)], "ssn": [f"21234567{n}" for n in range(4)],
})  # fmt: skip
DEATHS = PATIENTS.rename(columns={"patient_id": "death_id"}).assign(death_date="2015-06-01")
STAYS = pd.DataFrame({"patient_id": PATIENTS["patient_id"], "start": "2015-01-02", "discharge": "2015-01-09"})


def concerns(
    folder: Path, patients: pd.DataFrame = PATIENTS, deaths: pd.DataFrame = DEATHS, encounters: pd.DataFrame = STAYS
) -> str:
    """What looks wrong in the tables as CSV files."""
    tables = {"patients": patients, "deaths": deaths, "stays": encounters}
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    paths = [folder / f"{name}.csv" for name in tables]
    with prepared(paths[0], paths[1], encounters=paths[2]) as ready:
        return "\n".join(ready.concerns)


def test_nothing_looks_wrong_in_the_plain_tables(tmp_path: Path) -> None:
    assert concerns(tmp_path) == ""


def test_what_looks_wrong_is_said_of_a_run() -> None:
    deaths = DEATHS.assign(record_status=["void", "", "", ""])
    with linkage.link(PATIENTS, deaths, encounters=STAYS) as run, prepared(PATIENTS, deaths, encounters=STAYS) as ready:
        assert list(run.concerns) == list(ready.concerns)
        assert "says of 1 row that the record is void" in run.concerns[0]


def test_values_in_a_second_column_of_other_rows_are_told(tmp_path: Path) -> None:
    """As when the files of two sources are put together, of which each has its own names of columns."""
    later = DEATHS.rename(
        columns={"last_name": "Surname", "first_name": "GivenName", "birth_date": "DOB", "ssn": "SSN_NBR"}
    )
    found = concerns(tmp_path, deaths=pd.concat([DEATHS.head(3), later.tail(1)]))
    for name, used in (
        ("Surname", "last_name"),
        ("GivenName", "first_name"),
        ("DOB", "birth_date"),
        ("SSN_NBR", "ssn"),
    ):
        assert f"{name} is not read, and has a value in 1 row in which {used} (read as {used}) has none" in found
    assert "deaths.csv: 25.0 % of the rows have no name, birth date or SSN that can be read" in found
    assert "Surname" not in concerns(tmp_path, deaths=DEATHS.assign(Surname=DEATHS["last_name"]))


def test_records_of_ije_that_change_others_in_a_table_are_told(tmp_path: Path) -> None:
    """Columns of the layout in a CSV file: the lines of the layout would be applied."""
    died = {"DOD_YR": "2015", "DOD_MO": "06", "DOD_DY": "01", "DSTATE": "NY", "VOID": "0", "ALIAS": "0", "REPLACE": "0"}
    first = DEATHS.drop(columns=["death_id", "death_date"]).assign(
        **died, FILENO=["000101", "000102", "000103", "000104"]
    )
    first = first.rename(columns={"last_name": "LNAME"})
    later = first.head(3).assign(REPLACE=["1", "0", "0"], VOID=["0", "1", "0"], ALIAS=["0", "0", "1"])
    found = concerns(tmp_path, deaths=pd.concat([first, later]))
    assert "1 row with REPLACE, 1 row with ALIAS, 1 row with VOID are of a certificate" in found
    assert "REPLACE" not in concerns(tmp_path, deaths=first.assign(VOID=["1", "0", "0", "0"]))


def test_a_second_column_that_says_who_died_is_told(tmp_path: Path) -> None:
    """One table of admissions and visits to the ED, with a disposition of each."""
    stays = STAYS.assign(
        died_in_hospital=["HOME", "EXPIRED", "", ""], ED_DISPOSITION=["", "Expired", "Expired", "Home"]
    )
    found = concerns(tmp_path, encounters=stays)
    assert "ED_DISPOSITION is not read, and seems to say of 1 encounter without a time of death" in found
    assert "but died_in_hospital (read as died_in_hospital) does not" in found
    assert "ED_DISPOSITION" not in concerns(tmp_path, encounters=stays.head(2))
    flags = STAYS.assign(hospital_expire_flag=["0", "1", "0", "0"], EXPIRED_IN_ED=["N", "N", "Y", "N"])
    found = concerns(tmp_path, encounters=flags)
    assert "EXPIRED_IN_ED is not read, and seems to say of 1 encounter without a time of death" in found


@pytest.mark.parametrize(
    ("table", "column", "values", "said"),
    [
        ("patients", "record_status", ["A", "VOID", "Merged", "A"], "says of 2 rows that the record is void"),
        ("patients", "RowFlag", ["", "", "", "Inactive"], "says of 1 row that the record is void"),
        ("encounters", "visit_status", ["Deleted", "", "", ""], "says of 1 row that the record is void"),
        ("deaths", "record_status", ["void", "", "", ""], 'Map it: columns = { void = "record_status" }'),
        ("patients", "expired_date", ["", "2015-06-01", "", ""], "is not read, and may hold hospital_death_date"),
        ("patients", "pat_expire_dt", ["", "2015-06-01", "", ""], "is not read, and may hold hospital_death_date"),
        ("patients", "DTH_DATE", ["", "2015-06-01", "", ""], "is not read, and may hold hospital_death_date"),
        ("patients", "expired_flag", ["0", "1", "0", "0"], "is not read, and may hold deceased"),
        ("encounters", "expired_dt", ["", "2015-01-09", "", ""], "is not read, and may hold death_time"),
        ("patients", "died", ["0", "1", "0", "0"], "is not read, and may hold deceased"),
        ("encounters", "DIED", ["0", "1", "0", "0"], "is not read, and may hold died_in_hospital"),
        ("encounters", "in_hospital_death", ["0", "1", "0", "0"], "is not read, and may hold died_in_hospital"),
        ("encounters", "deceased_yn", ["N", "Y", "N", "N"], "is not read, and may hold died_in_hospital"),
        ("encounters", "Entlassungsart", ["Heim", "verstorben", "", "Heim"], "of 1 encounter without a time of death"),
        ("encounters", "destino", ["Casa", "Fallecido", "Morgue", ""], "of 2 encounters without a time of death"),
        ("encounters", "disch_disp", ["Home", "Expired", "died", "Shelter"], "of 2 encounters without a time of death"),
        ("encounters", "DISPUNIFORM", ["1", "5", "20", "7"], "of 1 encounter without a time of death that the patient"),
        ("encounters", "PTNT_DSCHRG_STUS_CD", ["01", "03", "41", "20"], "of 2 encounters without a time of death that"),
        (
            "encounters",
            "discharged to",
            ["20 - Expired (ward)", "01 - Home", "", ""],
            "of 1 encounter without a time of",
        ),
    ],
)
def test_a_column_of_deaths_or_of_void_records_is_not_left_out_silently(
    tmp_path: Path, table: str, column: str, values: list[str], said: str
) -> None:
    frames = {"patients": PATIENTS, "deaths": DEATHS, "encounters": STAYS}
    found = concerns(tmp_path, **{table: frames[table].assign(**{column: values})})
    assert column in found
    assert said in found


@pytest.mark.parametrize(
    "columns",
    [
        {"disposition": ["Home", "Expired", "", "SNF"], "death_time": ["", "2015-01-09", "", ""]},
        {"disposition": ["Home", "Expired", "", "SNF"], "died_in_hospital": ["0", "1", "0", "0"]},
        {"disposition": ["Home", "Rehab", "Hospice", "SNF"]},
        {"policy": ["Active", "Expired", "", "Active"]},
        {"mother_state": ["Living", "Deceased", "", ""]},
        {"discharge_status": ["1", "2", "Y", "T"]},
        {"insurance_status": ["Expired", "", "", ""]},
    ],
    ids=[
        "with a time",
        "with a flag",
        "of survivors",
        "of a policy",
        "of a mother",
        "of an ambiguous code",
        "of insurance",
    ],
)
def test_an_unread_disposition_that_adds_no_death_is_not_reported(
    tmp_path: Path, columns: dict[str, list[str]]
) -> None:
    assert concerns(tmp_path, encounters=STAYS.assign(**columns)) == ""


def test_the_disposition_of_the_ed_stays_of_mimic_is_not_used_and_not_reported(tmp_path: Path) -> None:
    stays = STAYS.rename(columns={"patient_id": "subject_id", "start": "intime", "discharge": "outtime"})
    ed = stays.assign(stay_id=["1", "2", "3", "4"], disposition=["HOME", "EXPIRED", "ADMITTED", "HOME"])
    assert concerns(tmp_path, encounters=ed) == ""


OTHER_DATES: list[tuple[str, dict[str, list[str]], str]] = [
    # table, further columns, what is said
    (
        "deaths",
        {"dod": ["2015-06-01", "2015-06-02", "20150701", ""]},
        "dod is not read, and seems to be a date of death",
    ),
    (
        "deaths",
        {"dod": ["2015-06-01", "2015-06-02", "20150701", ""]},
        "differs from death_date (read as death_date) in 2",
    ),
    ("deaths", {"DOD": ["01/06/2015", "1/6/2015", "13/06/2015", ""]}, "in 1 row. If it is the better one"),
    ("deaths", {"dod": ["2015-06", "9999-12-31", "unknown", "2015-06-01 07:30"]}, ""),
    ("deaths", {"dod": ["2015-07", "", "", ""]}, "in 1 row. If it is the better one, map it: columns = { death_date ="),
    ("deaths", {"amended_dod": ["2015-07-09", "", "", ""]}, "amended_dod is not read, and seems to be a date of death"),
    (
        "deaths",
        {"DEATH_DATE_VERIFIED": ["2015-07-09", "", "", ""]},
        "differs from death_date (read as death_date) in 1",
    ),
    (
        "deaths",
        {"verified_death_date": ["2015-07-09", "", "", ""]},
        "differs from death_date (read as death_date) in 1",
    ),
    ("deaths", {"death_amendment_date": ["2015-07-09"] * 4, "death_verified_dt": ["2015-07-09"] * 4}, ""),
    ("deaths", {"date_of_death_registered": ["2015-06-09"] * 4}, ""),
    ("deaths", {"time_of_death": ["1930", "0730", "19:30", ""]}, ""),
    ("deaths", {"y_dod": ["2015"] * 4, "m_dod": ["6"] * 4, "d_dod": ["2"] * 4}, ""),
    (
        "deaths",
        {"DOD_YR": ["2015"] * 4, "DOD_MO": ["6"] * 4, "DOD_DY": ["2", "1", "99", "1"]},
        'in 1 row. If it is the better one, map it: columns = { death_date = ["DOD_YR", "DOD_MO", "DOD_DY"] }',
    ),
    (
        "encounters",
        {"death_time": ["2015-01-08", "", "", ""], "expired_dt": ["2015-01-09", "2015-01-09", "", ""]},
        "differs from death_time (read as death_time) in 1 row and has a date in 1 row without a readable death_time",
    ),
    (
        "patients",
        {"hospital_death_date": ["2015-06-01", "", "", ""], "deceased_date": ["2015-06-02", "", "", ""]},
        "differs from hospital_death_date (read as hospital_death_date) in 1 row",
    ),
]


@pytest.mark.parametrize(("table", "columns", "said"), OTHER_DATES)
def test_a_second_date_of_death_that_differs_is_told(
    tmp_path: Path, table: str, columns: dict[str, list[str]], said: str
) -> None:
    frames = {"patients": PATIENTS, "deaths": DEATHS, "encounters": STAYS}
    found = concerns(tmp_path, **{table: frames[table].assign(**columns)})
    assert said in found
    assert ("a date of death too" in found) == bool(said)


@pytest.mark.parametrize("values", [["A", "A", "A", "A"], ["active", "", "New", "C"]])
def test_a_status_that_is_in_force_everywhere_is_no_concern(tmp_path: Path, values: list[str]) -> None:
    assert concerns(tmp_path, PATIENTS.assign(record_status=values)) == ""


FOOTERS = [
    "Total", "TOTAL: 4", "Grand total", "Sub-total", "(2 rows affected)", "4 rows selected.", "Records: 1,234",
    "Number of records = 4", "Row count: 4", "-- end of file", "*** End of Report ***", "EOF", "-----",
    "Page 1 of 1", "Report generated on 2015-06-01",
]  # fmt: skip


@pytest.mark.parametrize("text", FOOTERS)
@pytest.mark.parametrize("count", ["", "4"])
def test_a_line_below_a_table_is_no_record(text: str, count: str) -> None:
    with prepared(*with_line(text, count)) as ready:
        assert rejected(ready) == [("deaths", 6, FOOTER), ("patients", 6, FOOTER)]
        assert [table.used for table in ready.loaded] == [4, 4]
        assert any(said.startswith(f"patients: {BELOW}") for said in ready.concerns)


BELOW = "1 row is a line that a program wrote below a table, first in row 6."


def with_line(text: str, count: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Patients and deaths with a line below them."""
    row = pd.DataFrame({"patient_id": [text], "first_name": [count]})
    deaths = pd.DataFrame({"death_id": [text], "last_name": [count]})
    return pd.concat([PATIENTS, row]), pd.concat([DEATHS, deaths])


def test_a_run_says_that_a_line_below_a_table_is_no_record() -> None:
    with linkage.link(*with_line("Total", "4")) as run:
        assert run.rejected.to_numpy().tolist() == [["deaths", 6, FOOTER], ["patients", 6, FOOTER]]
        assert len(run.links) == 4
        assert f"patients: {BELOW}" in str(run)


def test_a_line_below_a_registry_without_ids_is_no_record() -> None:
    row = pd.DataFrame({"last_name": ["Grand total"], "first_name": ["4"]})
    with linkage.link(PATIENTS, pd.concat([DEATHS.drop(columns="death_id"), row])) as run:
        assert run.rejected.to_numpy().tolist() == [["deaths", 6, FOOTER]]


@pytest.mark.parametrize(
    "row",
    [
        {"patient_id": "TOTAL", "last_name": "ROE"},
        {"patient_id": "EOF", "ssn": "212345678"},
        {"patient_id": "(2 rows)", "birth_date": "1950-02-11"},
        {"patient_id": "7", "last_name": "TOTAL"},
        {"patient_id": "12 34"},
        {"patient_id": "A-100"},
        {"patient_id": "TOTALLY"},
    ],
)
def test_a_record_is_not_taken_for_a_line_below_the_table(row: dict[str, str]) -> None:
    with prepared(pd.concat([PATIENTS, pd.DataFrame([row])]), DEATHS) as ready:
        assert not rejected(ready)


BIG = [2.0**53 + 2, 123456789012345678.0, 1e19]


@pytest.mark.parametrize("number", BIG)
@pytest.mark.parametrize("kind", ["pandas", "arrow", "parquet"])
def test_an_id_that_a_floating_number_cannot_hold_is_rejected(tmp_path: Path, number: float, kind: str) -> None:
    pa = pytest.importorskip("pyarrow", reason="the extra arrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra arrow is not installed")
    frame = PATIENTS.assign(patient_id=[1001.0, 1002.0, number, 2.0**53 - 1])
    given: Any = frame if kind == "pandas" else pa.Table.from_pandas(frame)
    if kind == "parquet":
        parquet.write_table(given, tmp_path / "patients.parquet")
        given = tmp_path / "patients.parquet"
    with prepared(given, DEATHS) as ready:
        assert [row[1:] for row in rejected(ready)] == [(4, ROUNDED_ID)]
        read = ready.linking.engine.rows("SELECT patient_id FROM patient ORDER BY patient_id")
        assert read == [("1001",), ("1002",), ("9007199254740991",)]


def test_an_id_in_numbers_of_32_bits_is_rejected_sooner() -> None:
    frame = PATIENTS.assign(patient_id=np.array([1001, 1002, 16_777_218, 16_777_215], dtype="float32"))
    with linkage.link(frame, DEATHS) as run:
        assert run.rejected["row_number"].tolist() == [4]


def test_whole_numbers_of_any_size_are_ids() -> None:
    with linkage.link(PATIENTS.assign(patient_id=[2**53 + 1, 2, 3, 4]), DEATHS) as run:
        assert sorted(run.links["patient_id"]) == ["2", "3", "4", "9007199254740993"]


def test_a_rounded_death_id_is_reported() -> None:
    with linkage.link(PATIENTS, DEATHS.assign(death_id=["1.23457E+11", "2", "3", "4"])) as run:
        assert "deaths: 1 row has a death_id such as 1.23457E+11." in "\n".join(run.concerns)
        assert len(run.links) == 4


ZONES = [
    # times of discharge, and what is said
    (["2015-01-09T23:30:00Z"] * 4, "4 values are times in UTC"),
    (["2015-01-09T23:30:00+00:00", "2015-01-09 10:00", "", ""], "1 value is a time in UTC"),
    (["2015-01-09T00:00:00Z"] * 4, ""),
    (["2015-01-09T23:30:00-05:00", "2015-07-09T23:30:00-04:00", "", ""], ""),
    (["2015-01-09T23:30:00-0500", "2015-01-09T23:30:00+0200", "", ""], "2 values are times of 2 zones"),
]


@pytest.mark.parametrize(("times", "said"), ZONES)
def test_a_zone_that_could_move_a_day_is_reported(tmp_path: Path, times: list[str], said: str) -> None:
    found = concerns(tmp_path, encounters=STAYS.assign(discharge=times))
    assert said in found
    assert bool(said) == bool(found)
    found = concerns(tmp_path, deaths=DEATHS.assign(death_date=[one or "2015-06-01" for one in times]))
    assert said in found


def test_a_certificate_that_amends_nothing_is_reported(tmp_path: Path) -> None:
    found = concerns(tmp_path, deaths=DEATHS.assign(amends=["", "1001", "0077", "0078"]))
    assert "2 rows name a death_id that the file does not hold, so they amend nothing" in found
    void = DEATHS.assign(amends=["", "1001", "", ""], void=["1", "0", "0", "0"])
    assert "amend" not in concerns(tmp_path, deaths=void)


@pytest.mark.parametrize(
    ("column", "value", "held"), [("last_name", ["LEE", "ROE"], "lists"), ("patient_id", {"system": "mrn"}, "structs")]
)
@pytest.mark.parametrize("kind", ["pandas", "arrow", "parquet"])
def test_a_column_of_lists_or_structs_is_refused(
    tmp_path: Path, column: str, value: object, held: str, kind: str
) -> None:
    pa = pytest.importorskip("pyarrow", reason="the extra arrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra arrow is not installed")
    frame = PATIENTS.assign(**{column: [value] * 4}, notes=[["a"]] * 4)
    given: Any = frame if kind == "pandas" else pa.Table.from_pandas(frame)
    if kind == "parquet":
        parquet.write_table(given, tmp_path / "patients.parquet")
        given = tmp_path / "patients.parquet"
    with pytest.raises(linkage.InputError) as refused:
        linkage.link(given, DEATHS)
    assert f"column {column} (read as {column}) holds {held}" in str(refused.value)
    assert "LEE" not in str(refused.value)


def test_files_that_store_a_column_in_types_without_a_common_one_are_refused(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="the extra arrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra arrow is not installed")
    (tmp_path / "deaths").mkdir()
    for number, day in enumerate([20150601, date(2015, 6, 1)]):
        table = pa.Table.from_pandas(DEATHS.assign(death_date=[day] * 4))
        parquet.write_table(table, tmp_path / "deaths" / f"{number}.parquet")
    with pytest.raises(linkage.InputError, match="its files store death_date as BIGINT and as DATE"):
        linkage.link(PATIENTS, tmp_path / "deaths")


@pytest.mark.parametrize(("last", "said"), [("DATE", "death_date as BIGINT and as DATE"), ("broken", "not a Parquet")])
def test_of_files_that_cannot_be_read_the_cause_is_named(tmp_path: Path, last: str, said: str) -> None:
    pa = pytest.importorskip("pyarrow", reason="the extra arrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra arrow is not installed")
    (tmp_path / "deaths").mkdir()
    for number, type_ in enumerate([pa.int32(), pa.int64()]):
        table = pa.table({"death_id": pa.array([number], type_), "death_date": pa.array([20150601], pa.int64())})
        parquet.write_table(table, tmp_path / "deaths" / f"{number}.parquet")
    broken = tmp_path / "deaths" / "2.parquet"
    broken.write_bytes(b"no table")
    if last == "DATE":
        parquet.write_table(pa.table({"death_date": [date(2015, 6, 1)]}), broken)
    else:
        parquet.write_table(pa.table({"death_date": [date(2015, 6, 1)]}), tmp_path / "deaths" / "1.parquet")
    with pytest.raises(linkage.InputError) as refused:
        linkage.link(PATIENTS, tmp_path / "deaths")
    assert said in str(refused.value)
    assert "death_id" not in str(refused.value)


def test_a_column_of_lists_that_is_not_read_is_left_alone() -> None:
    with linkage.link(PATIENTS.assign(notes=[["a"], None, [], ["b", "c"]]), DEATHS) as run:
        assert len(run.links) == 4


@pytest.mark.parametrize("year", [99, 5, 1898, 2099])
def test_a_last_year_that_puts_births_into_the_future_is_refused(tmp_path: Path, year: int) -> None:
    PATIENTS.to_csv(tmp_path / "patients.csv", index=False)
    with pytest.raises(linkage.InputError, match=f"birth_date = {year} is not a year from 1899 to this year"):
        source(tmp_path / "patients.csv", two_digit_years_up_to={"birth_date": year})


@pytest.mark.parametrize(("name", "rules"), [("ALIAS", 0), ("VIP", 0), ("XX", 0), ("XXX", 0), ("X", 1), ("A", 1)])
def test_a_word_for_no_first_name_links_nobody(name: str, rules: int) -> None:
    patients = PATIENTS.head(1).assign(first_name=name, ssn=None)
    with linkage.link(patients, DEATHS.head(1).assign(first_name=name, ssn=None)) as run:
        assert len(run.links) == rules
