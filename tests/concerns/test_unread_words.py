"""Columns that are not read and say by their words that rows should not count, whatever the names of the columns."""

from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.sources.make_source import source
from tests.concerns.test_silent_faults import DEATHS, PATIENTS, STAYS, concerns
from tests.stages import prepared

FRAMES = {"patients": PATIENTS, "deaths": DEATHS, "encounters": STAYS}
Case = tuple[str, str, list[str], str]
ALIVE = "that the person is alive. It counts as a death. Remove the rows of the living from the file."
LIVING: list[Case] = [
    ("deaths", "vital_status", ["Dead", "Alive", "Dead", "Dead"], f"is not read, and says of 1 row {ALIVE}"),
    ("deaths", "outcome", ["1 - Dead", "0 - Alive", "", ""], f"outcome is not read, and says of 1 row {ALIVE}"),
    ("deaths", "fate", ["D", "alive with disease", "D", "LIVING"], "of 2 rows that the person is alive"),
    ("deaths", "VITAL_STATUS", ["1", "0", "0", "0"], "VITAL_STATUS is not read, and has codes: 0 (3 rows), 1 (1 row)."),
    ("deaths", "vital_status_recode", ["1", "4", "4", "4"], "They may mark living people, whose rows count as deaths."),
    ("deaths", "status", ["A", "D", "D", "D"], "living people, or records that are void or deleted, whose rows count"),
    ("deaths", "patient_status", ["A", "D", "D", "D"], "has codes: D (3 rows), A (1 row)."),
    ("deaths", "deceased", ["N", "Y", "Y", "Y"], "has codes: Y (3 rows), N (1 row)."),
    ("deaths", "deceased", ["", "Y", "Y", "Y"], "has codes: Y (3 rows), not known (1 row)."),
    ("deaths", "deceased", ["U", "Y", "", "Y"], "has codes: Y (2 rows), not known (2 rows)."),
    ("deaths", "is_alive", ["true", "false", "false", ""], "has codes: FALSE (2 rows), TRUE (1 row)."),
]  # fmt: skip
VOID: list[Case] = [
    ("deaths", "STATUS", ["VOID", "", "", ""], 'says of 1 row that the record is void, deleted, merged or inactive.'),
    ("deaths", "action", ["DELETE", "ADD", "ADD", "ADD"], 'Map it: columns = { void = "action" }'),
    ("deaths", "remark", ["Voided by state", "", "", ""], "says of 1 row that the record is void"),
    ("deaths", "TRANS_CODE", ["D", "A", "A", "C"], "may mark void, deleted or inactive records: D (1 row)."),
    ("deaths", "record_status", ["A", "A", "A", "V"], 'V (1 row). If they do, map it: columns = { void = "record_stat'),
    ("deaths", "is_active", ["0", "1", "1", "1"], "inactive records: 0 (1 row). If they do, remove such rows"),
    ("deaths", "active", ["Y", "N", "Y", "Y"], "inactive records: N (1 row). If they do, remove such rows"),
    ("deaths", "isDeleted", ["0", "1", "0", "0"], "inactive records: 1 (1 row)"),
    ("deaths", "CERT_TYPE", ["DEATH", "FETAL DEATH", "DEATH", "DEATH"], "says of 1 row that it is a fetal death"),
    ("deaths", "kind", ["stillbirth", "Stillborn", "", ""], "says of 2 rows that they are fetal deaths"),
    ("deaths", "event_type", ["Death", "Marriage", "Live birth", "Death"], "says of 2 rows that they record a birth"),
    ("deaths", "delete_date", ["", "2017-02-03", "", ""], "has a value in 1 row. By its name, it marks records"),
    ("patients", "superseded_by", ["", "1001", "", "1002"], "has a value in 2 rows. By its name, it marks records"),
    ("encounters", "cancel_reason", ["", "", "Patient", ""], "has a value in 1 row. By its name, it marks records"),
    ("patients", "status", ["A", "I", "A", "A"], "inactive records: I (1 row)"),
    ("patients", "pat_status", ["A", "D", "A", "A"], "inactive records, or patients who died: D (1 row)"),
    ("patients", "note", ["", "", "DUPLICATE", ""], "says of 1 row that the record is void"),
    ("encounters", "status", ["finished", "planned", "cancelled", "entered-in-error"], "says of 3 rows that the"),
    ("encounters", "appt_status", ["No show", "", "NO-SHOW", "Arrived"], "2 rows that the record is void"),
    ("encounters", "appt", ["Canceled by patient", "", "", ""], "or the visit cancelled, planned or missed. It counts"),
    ("encounters", "enc_status", ["X", "F", "F", "F"], "may mark void, deleted or inactive records: X (1 row)"),
]  # fmt: skip
KINDS: list[Case] = [
    ("encounters", "patient_class", ["I", "O", "E", "I"], "of 1 row that it is not a hospital stay and of 1"),
    ("encounters", "encounter_type", ["Inpatient", "Office Visit", "Office Visit", "x"], "of 2 rows that they are"),
    ("encounters", "visit_type", ["Follow-up", "New patient", "Telehealth", "x"], "of 1 row that it is not a"),
    ("encounters", "ENC_TYPE", ["IP", "OP", "OP", "OP"], 'Map it: columns = { kind = "ENC_TYPE" }'),
    ("encounters", "class", ["IMP", "AMB", "EMER", "IMP"], "class is not read, and may hold kind."),
    ("encounters", "setting", ["Inpatient", "Outpatient", "Inpatient", ""], "setting is not read, and may hold kind."),
    ("encounters", "class", ["EMER"] * 4, "of 4 rows that they are in an emergency department; all rows"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "column", "values", "said"), [*LIVING, *VOID, *KINDS])
def test_rows_that_should_not_count_are_told(
    tmp_path: Path, table: str, column: str, values: list[str], said: str
) -> None:
    found = concerns(tmp_path, **{table: FRAMES[table].assign(**{column: values})})
    assert said in found
    assert len(found.splitlines()) == 1


NOTHING: list[tuple[str, str, list[str]]] = [
    ("patients", "delete_date", ["NULL", "null", "", "N/A"]),
    ("deaths", "vital_status", ["Dead"] * 4),
    ("deaths", "vital_status", ["1"] * 4),
    ("deaths", "deceased", ["Y"] * 4),
    ("deaths", "status", ["M", "S", "W", "D"]),
    ("deaths", "status", ["F", "", "F", "F"]),
    ("deaths", "mother_status", ["Alive", "Dead", "Living", ""]),
    ("deaths", "place_of_death", ["Home", "Assisted living", "Nursing home", "Hospice"]),
    ("deaths", "disposition", ["Routine", "Cremation", "Burial", "Donation"]),
    ("deaths", "marital_status", ["M", "D", "W", "S"]),
    ("deaths", "manner", ["N", "A", "S", "H"]),
    ("deaths", "manner_of_death_code", ["N", "N", "N", "D"]),
    ("deaths", "autopsy_flag", ["N", "Y", "Y", "Y"]),
    ("deaths", "transport_code", ["D", "P", "P", "P"]),
    ("deaths", "county_code", ["X", "1", "2", "0"]),
    ("deaths", "education", ["0", "1", "2", "3"]),
    ("deaths", "trans_code", ["A", "C", "A", "A"]),
    ("deaths", "action", ["N", "N", "N", "A"]),
    ("deaths", "cause", ["C34", "I21", "Contact with venomous spider", "FALL"]),
    ("deaths", "died_at_home", ["N", "Y", "Y", "Y"]),
    ("deaths", "deceased_race", ["1", "2", "1", "1"]),
    ("patients", "employment_status", ["Retired", "Employed", "", "Retired"]),
    ("patients", "smoking", ["Inactive", "", "", ""]),
    ("patients", "insurance_status", ["Cancelled", "Active", "", ""]),
    ("patients", "interpreter_flag", ["N", "Y", "Y", "Y"]),
    ("patients", "mi", ["D", "V", "X", "N"]),
    ("patients", "legal_sex", ["M", "F", "X", "F"]),
    ("patients", "status", ["A", "A", "A", "A"]),
    ("patients", "is_active", ["1", "1", "1", ""]),
    ("encounters", "admission_type", ["PLANNED", "EMERGENCY", "SCHEDULED", "URGENT"]),
    ("encounters", "admission_location", ["EMERGENCY ROOM", "CLINIC", "CLINIC", "CLINIC"]),
    ("encounters", "status", ["finished", "arrived", "in-progress", "finished"]),
    ("encounters", "enc_status", ["D", "A", "D", "A"]),
    ("encounters", "discharge_disposition", ["N", "D", "X", "V"]),
    ("encounters", "patient_class", ["Inpatient"] * 4),
    ("encounters", "patient_class", ["I", "I", "I", "I"]),
    ("encounters", "financial_class", ["P", "O", "P", "E"]),
    ("encounters", "ward", ["ED", "ER", "OBS", "Clinic"]),
    ("encounters", "grade", ["I", "E", "O", "P"]),
]  # fmt: skip


@pytest.mark.parametrize(("table", "column", "values"), NOTHING)
def test_words_and_codes_of_something_else_are_not_told(
    tmp_path: Path, table: str, column: str, values: list[str]
) -> None:
    assert concerns(tmp_path, **{table: FRAMES[table].assign(**{column: values})}) == ""


def test_a_kind_that_is_read_or_declared_is_not_told() -> None:
    stays = STAYS.assign(kind=["hospital"] * 4, patient_class=["I", "O", "E", "I"])
    declared = source(stays.drop(columns="kind"), kind="hospital")
    for given in (stays, declared):
        with prepared(PATIENTS, DEATHS, encounters=given) as ready:
            assert not ready.concerns


def test_a_column_of_many_words_is_not_told() -> None:
    words = ["Alive", *(f"WORD {number}" for number in range(21))]
    deaths = pd.concat([DEATHS] * 6, ignore_index=True).head(22).assign(death_id=range(22), remark=words)
    with prepared(PATIENTS, deaths, encounters=STAYS) as ready:
        assert "remark" not in "\n".join(ready.concerns)
    with prepared(PATIENTS, deaths.head(20), encounters=STAYS) as ready:
        assert "remark is not read, and says of 1 row that the person is alive" in "\n".join(ready.concerns)


@pytest.mark.parametrize("kind", ["pandas", "csv", "csv in another encoding"])
def test_a_rare_word_far_down_in_a_large_file_is_told(tmp_path: Path, kind: str) -> None:
    rows = 100_001
    patients = pd.concat([PATIENTS] * (rows // 4 + 1), ignore_index=True).head(rows).assign(patient_id=range(rows))
    patients["remark"], patients["number"] = "", range(rows)
    patients.loc[rows - 1, ["remark", "first_name"]] = ["VOID", "Jos\u00e9"]
    given: object = patients
    if kind != "pandas":
        encoding = "utf-8" if kind == "csv" else "cp1252"
        patients.to_csv(tmp_path / "patients.csv", index=False, encoding=encoding)
        given = source(tmp_path / "patients.csv", encoding=encoding)
    with prepared(given, DEATHS) as ready:
        assert "remark is not read, and says of 1 row that the record is void" in "\n".join(ready.concerns)


@pytest.mark.parametrize("kind", ["pandas", "csv"])
def test_strict_ends_a_run_with_rows_of_the_living(tmp_path: Path, kind: str) -> None:
    deaths = DEATHS.assign(vital_status=["Alive", "Dead", "Dead", "Dead"])
    deaths.to_csv(tmp_path / "deaths.csv", index=False)
    given = deaths if kind == "pandas" else tmp_path / "deaths.csv"
    with pytest.raises(linkage.InputError, match="vital_status is not read, and says of 1 row that the person is"):
        linkage.link(PATIENTS, given, encounters=STAYS, strict=True)


@pytest.mark.parametrize(("missing", "said"), [(9, False), (10, True), (40, True)])
def test_deaths_without_a_date_are_told(missing: int, said: bool) -> None:
    deaths = pd.concat([DEATHS] * 50, ignore_index=True).assign(death_id=range(200))
    deaths.loc[: missing - 1, "death_date"] = ""
    with prepared(PATIENTS, deaths, encounters=STAYS) as ready:
        found = [concern for concern in ready.concerns if f"{missing} rows have no date of death" in concern]
        assert len(found) == said
