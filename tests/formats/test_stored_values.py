"""Numbers under a format, and labels, in files of SAS, Stata and SPSS: the text is what the program shows."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from linkage.errors import InputError
from tests.formats.writing import read

pyreadstat = pytest.importorskip("pyreadstat", reason="the extra stat is not installed")

DAY = float((date(2015, 6, 1) - date(1960, 1, 1)).days)
SECONDS = (datetime(2015, 6, 1, 7, 30) - datetime(1582, 10, 14)).total_seconds()
FORMATS = [
    # file, format of the column, number in the file, the text that is read
    ("dta", "%tdNN/DD/CCYY", DAY, "2015-06-01"),
    ("dta", "%d", DAY, "2015-06-01"),
    ("dta", "%tdMon_CCYY", DAY, "2015-06"),
    ("dta", "%tdCCYY", DAY, "2015"),
    *(
        ("dta", format_, DAY, "2015-06-01")
        for format_ in ("%tdD_m_CY", "%tdN/D/CY", "%dN/D/CY", "%tdM_d,_CY", "%tdDMCY", "%tdCY-N-D", "%tdDlCY", "%tdjCY")
    ),
    *(("dta", format_, DAY, "2015-06") for format_ in ("%tdM_CY", "%tdCY-n", "%dN/CY", "%tdmon_CY", "%tdL!'Y")),
    *(("dta", format_, DAY, "2015") for format_ in ("%tdCY", "%tdcy", "%tdCCYY!wWW")),
    *(("dta", format_, DAY, "2015-06-01") for format_ in ("%tdCCYY-ZZ", "%tdMM/CCYY", "%tdDayname,_CCYY")),
    ("dta", "%tcD_m_CY_HH:MM:SS", (DAY * 86_400 + 27_000) * 1000, "2015-06-01 07:30:00"),
    ("dta", "%tcHH:MM:SS", 27_000_000.0, "07:30:00"),
    ("dta", "%tcHH:MM:SS", (DAY * 86_400 + 27_000) * 1000, "2015-06-01 07:30:00"),
    ("dta", "%tcHh:MM_am", (DAY * 86_400 + 27_000) * 1000, "2015-06-01 07:30:00"),
    ("dta", "%tdNN/DD/CCYY", int(DAY), "2015-06-01"),
    ("dta", "%tm", 665, "2015-06"),
    ("dta", "%tm", 665.0, "2015-06"),
    ("dta", "%tq", 221.0, "2015"),
    ("dta", "%tw", 2880.0, "2015"),
    ("dta", "%ty", 2015.0, "2015"),
    ("dta", "%9.0g", DAY, "20240"),
    ("xpt", "WORDDATE18.", DAY, "2015-06-01"),
    ("xpt", "MONYY7.", DAY, "2015-06"),
    ("xpt", "YEAR4.", DAY, "2015"),
    ("xpt", "BEST12.", DAY, "20240"),
    *(("xpt", f"{name}10.", DAY, "2015-06-01") for name in ("DATE", "YYMMDDC", "MMDDYYB", "DDMMYYP", "E8601DA")),
    *(
        ("xpt", f"{name}9.", DAY * 86_400 + 27_000, "2015-06-01")  # their days are counted in seconds
        for name in ("DTDATE", "E8601DN", "B8601DN")
    ),
    ("xpt", "DTDATE9.", 86_400.0, "1960-01-02"),  # as days, this would be in 2196
    ("xpt", "DATETIME20.", DAY * 86_400 + 27_000, "2015-06-01 07:30:00"),
    ("xpt", "TIME8.", 27_000.0, "07:30:00"),
    ("sav", "MOYR8", SECONDS, "2015-06"),
    ("sav", "EDATE10", SECONDS - 27_000, "2015-06-01"),
    ("sav", "DATETIME20", SECONDS, "2015-06-01 07:30:00"),
    ("sav", "QYR8", SECONDS, "2015"),
]
WRITERS = {"dta": pyreadstat.write_dta, "xpt": pyreadstat.write_xport, "sav": pyreadstat.write_sav}


def texts_of(path: Path, values: Any, **options: Any) -> list[str | None]:
    """What is read from a file with one column of values, named `value`."""
    WRITERS[path.suffix[1:]](pd.DataFrame({"value": values}), str(path), **options)
    return [row.get("value") for row in read(path)[0]]


@pytest.mark.parametrize(
    ("suffix", "format_", "number", "text"), FORMATS, ids=[f"{row[0]} {row[1]} {row[2]}" for row in FORMATS]
)
def test_a_number_is_read_as_its_format_shows_it(
    tmp_path: Path, suffix: str, format_: str, number: float, text: str
) -> None:
    values = pd.array([number, None], dtype="Int16") if isinstance(number, int) else [number, None]
    assert texts_of(tmp_path / f"a.{suffix}", values, variable_format={"value": format_}) == [text, None]


def test_a_number_beyond_the_calendar_stays_a_number(tmp_path: Path) -> None:
    for format_, day in (("MONYY7.", "2015-06"), ("DATE9.", "2015-06-01")):
        assert texts_of(tmp_path / "a.xpt", [9e9, DAY], variable_format={"value": format_}) == ["9000000000", day]
    beyond = texts_of(tmp_path / "a.dta", [9e15, 0.0], variable_format={"value": "%tcHH:MM:SS"})
    assert beyond == ["9000000000000000", "00:00:00"]


LABELS = [
    # values, labels, texts
    ([1.0, 2.0, 9.0], {1.0: "Male", 2.0: "Female"}, ["Male", "Female", "9 (no label)"]),
    ([0.0, 1.0, 9.0, None], {1.0: "Alive"}, ["0 (no label)", "Alive", "9 (no label)", None]),
    (
        [1.0, 5.0, 17.0, 30.0, 99.0],  # days of the month
        {99.0: "Unknown"},
        ["1", "5", "17", "30", "Unknown"],
    ),
    ([1.0, 2.0], {2.0: "Dead"}, ["1 (no label)", "Dead"]),  # 1 alone would be a yes
    ([9001.0, 9002.0, 9003.0], {9002.0: "checked"}, ["9001", "9002", "9003"]),
    ([20150601.0, 20150602.0, 99999999.0], {99999999.0: "Alive"}, ["20150601", "20150602", "99999999"]),
    ([1.0, 1.0, None], {1.0: "Yes"}, ["Yes", "Yes", None]),
    ([2015.0, 2015.0, 9999.0], {9999.0: "Unknown"}, ["2015", "2015", "9999"]),
    ([4.0, 5.0, 6.0], {99.0: "Unknown"}, ["4", "5", "6"]),
    ([4.0, 5.0, 99.0], {88.0: "Refused", 99.0: "Unknown"}, ["4", "5", "Unknown"]),
    ([1.0, 12.0, -9.0], {-9.0: "Missing", -8.0: "Refused"}, ["1", "12", "Missing"]),
    ([4.0, 5.0, 99.0], {99.0: "Other"}, ["4", "5", "Other"]),  # a word for a survivor
    ([9001.0, 9002.0], {9002.0: "checked"}, ["9001", "9002"]),
    (["9001", "9002"], {"9002": "checked"}, ["9001", "9002"]),
    ([9001.0, 9002.0], {9001.0: "A", 9002.0: "B"}, ["A", "B"]),
    (["1", "2"], {"2": "Dead"}, ["1 (no label)", "Dead"]),
    ([1.0, 2.0, 3.0], {1.0: "White", 2.0: "Black"}, ["White", "Black", "3 (no label)"]),
]


@pytest.mark.parametrize(("values", "labels", "texts"), LABELS)
def test_labels_replace_only_the_codes_of_a_coded_column(
    tmp_path: Path, values: list[Any], labels: dict[Any, str], texts: list[str]
) -> None:
    assert texts_of(tmp_path / "a.sav", values, variable_value_labels={"value": labels}) == texts


@pytest.mark.parametrize("version", [5, 8])
@pytest.mark.parametrize("text", ["a", "a text of some length", "x" * 80])
def test_a_transport_file_that_is_cut_off_is_refused(tmp_path: Path, version: int, text: str) -> None:
    path = tmp_path / "a.xpt"
    assert len(texts_of(path, [text] * 40, file_format_version=version)) == 40
    whole = path.read_bytes()
    for cut in (len(whole) - 7, len(whole) - 80 * (1 + 10 * len(text) // 80)):
        path.write_bytes(whole[:cut])
        if 80 % len(text) == 0 and version == 5 and cut % 80 == 0:
            continue  # it ends after a row, which this version cannot show
        with pytest.raises(InputError, match=r"a\.xpt is not complete"):
            read(path)


@pytest.mark.parametrize("version", [5, 8])
def test_a_transport_file_may_end_with_blank_rows(tmp_path: Path, version: int) -> None:
    values = ["x" * 80, "y", "", "", ""]
    assert texts_of(tmp_path / "a.xpt", values, file_format_version=version)[:2] == values[:2]


def test_a_transport_file_of_several_data_sets_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xpt"
    texts_of(path, ["a", "b"], file_format_version=5)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[240:])
    with pytest.raises(InputError, match=r"a\.xpt has 2 data sets, of which only one can be read"):
        read(path)
