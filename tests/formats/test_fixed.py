"""Fixed-width files: fields by layout, and a clear error or reason for lines that do not fit."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.engines.duck import fixed_lines
from linkage.errors import InputError
from linkage.formats.layout import read_layout
from linkage.formats.lines import Ends, plain_lines
from linkage.sources.make_source import source
from tests.formats.writing import dmf, ije, line, read, write


def test_the_death_master_file_keeps_a_blank_type_and_a_day_that_is_not_known(tmp_path: Path) -> None:
    lines = [
        dmf("123456789", "LEE", "ANN", MNAME="B", SUFF="JR"),
        dmf("012345678", "ROE", "BO", "06002015", "00001950", TYPE="A"),
    ]
    rows, given = read(write(tmp_path / "dmf.txt", lines), layout="ssa_dmf")
    assert [(row["death_id"], row["ssn"], row["last_name"], row["first_name"]) for row in rows] == [
        ("123456789", "123456789", "LEE", "ANN"),
        ("012345678", "012345678", "ROE", "BO"),
    ]
    assert (rows[0]["middle_name"], rows[0]["suffix"]) == ("B", "JR")
    assert [row["death_date"] for row in rows] == ["2015|06|12", "2015|06|"]
    assert [row["birth_date"] for row in rows] == ["1950|02|11", "1950||"]
    assert given.row_number(1) == 2


def test_a_certificate_of_ije_is_read_field_by_field(tmp_path: Path) -> None:
    certificate = ije(
        *("000182", "LEE", "ANN", "20200304"), MNAME="B", DMIDDLE="BELLE", DMAIDEN="ROE", FLNAME="DOE", SUFF="JR",
        SEX="F", SSN="012345678",
    )  # fmt: skip
    unknown = ije(
        "000183", "UNKNOWN", "", "20209999", born="99999999", MNAME="C", SEX="U", SSN="000000000", FLNAME="UNKNOWN"
    )
    rows, _ = read(write(tmp_path / "a.ije", [certificate, unknown]), layout="ije_mortality")
    assert rows == [
        {
            "death_id": "2020NY000182",
            "first_name": "ANN",
            "middle_name": "BELLE",
            "last_name": "LEE",
            "suffix": "JR",
            "former_last_names": "ROE;DOE",
            "sex": "F",
            "ssn": "012345678",
            "birth_date": "1950|02|11",
            "death_date": "2020|03|04",
        },
        {"death_id": "2020NY000183", "middle_name": "C", "death_date": "2020||"},
    ]


def test_a_roster_is_read_field_by_field(tmp_path: Path) -> None:
    notice = line(
        "mortality_roster", GNAME="ANN", MIDNAME="BELLE", LNAME="LEE", DSTATE="NY", DOD_MO="03", DOD_DY="99",
        DOD_YR="2020", DOB_MO="02", DOB_DY="11", DOB_YR="1950", SEX="F", FILENO="000182", DADLNAME="DOE",
        DMAIDEN="ROE", SSN="012345678", ALIAS="0", REPLACE="0",
    )  # fmt: skip
    rows, _ = read(write(tmp_path / "roster.txt", [notice]), layout="mortality_roster")
    assert rows == [
        {
            "death_id": "2020NY000182",
            "first_name": "ANN",
            "middle_name": "BELLE",
            "last_name": "LEE",
            "former_last_names": "ROE;DOE",
            "sex": "F",
            "ssn": "012345678",
            "birth_date": "1950|02|11",
            "death_date": "2020|03|",
        }
    ]


OWN = """
format = 1
title = "A state's own"
length = 30
shortest = 28
field = [
  { name = "death_id", start = 1, length = 4 },
  { name = "last_name", start = 5, length = 8 },
  { name = "first_name", start = 13, length = 6 },
  { name = "sex", start = 19, length = 1, codes = { 1 = "M", 2 = "F", 9 = "" } },
  { name = "dob", start = 20, length = 8, type = "number", unknown = ["99999999"] },
  { name = "county", start = 28, length = 3 },
]
"""


def own(tmp_path: Path, text: str = OWN) -> str:
    """The path of a user's layout."""
    (tmp_path / "state.toml").write_text(text)
    return str(tmp_path / "state.toml")


def test_a_layout_of_ones_own_has_codes_and_values_that_are_not_known(tmp_path: Path) -> None:
    lines = ["0001LEE     ANN   219500211ABC", "0002ROE     BO    999999999999", "0003DOE     CY    119480304A"]
    rows, _ = read(write(tmp_path / "state.txt", lines), layout=own(tmp_path))
    assert rows == [
        {
            "death_id": "0001",
            "last_name": "LEE",
            "first_name": "ANN",
            "sex": "F",
            "dob": "19500211",
            "county": "ABC",
        },
        {"death_id": "0002", "last_name": "ROE", "first_name": "BO", "county": "999"},
        {"death_id": "0003", "last_name": "DOE", "first_name": "CY", "sex": "M", "dob": "19480304", "county": "A"},
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("length = 30", "length = 29"), "field county ends at 30, but a line has 29 characters"),
        (('name = "county"', 'name = "DOB"'), "two fields are named"),
        (('type = "number"', 'type = "numer"'), 'Did you mean "number"?'),
        (("start = 28, ", ""), "field county: start = None is not a whole number"),
        (("format = 1", "format = 2"), "format = 2 is not known"),
        (("shortest", "shortesst"), 'Did you mean "shortest"?'),
    ],
)
def test_a_layout_that_cannot_be_meant_is_refused(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError) as refused:
        read_layout(own(tmp_path, OWN.replace(*change)))
    assert message in str(refused.value)


PEOPLE = [dmf(f"12345678{n}", "LEE", "ANN") for n in range(5)]


@pytest.mark.parametrize(
    ("text", "numbers", "forgiven"),
    [
        ("\n".join(PEOPLE), [1, 2, 3, 4, 5], ""),  # the last line has no line ending
        ("\r\n".join(PEOPLE) + "\r\n", [1, 2, 3, 4, 5], ""),
        ("\r".join(PEOPLE) + "\r", [1, 2, 3, 4, 5], ""),
        ("\n".join(PEOPLE) + "\n\x1a", [1, 2, 3, 4, 5], ""),
        ("\n".join(PEOPLE) + "\n\x0c\n", [1, 2, 3, 4, 5], "1 blank line is"),
        ("\x0c" + "\n\x0c".join(PEOPLE), [1, 2, 3, 4, 5], ""),  # each on a separate page
        ("\ufeff" + "\n".join(PEOPLE), [1, 2, 3, 4, 5], ""),
        (PEOPLE[0] + "\n\n   \n" + "\n".join(PEOPLE[1:]), [1, 4, 5, 6, 7], "2 blank lines are"),
        ("\n".join(one.rstrip() for one in PEOPLE), [1, 2, 3, 4, 5], ""),  # trailing blanks were stripped
    ],
)
def test_ends_of_lines_pages_and_marks_shift_no_column(
    tmp_path: Path, text: str, numbers: list[int], forgiven: str
) -> None:
    (tmp_path / "dmf.txt").write_bytes(text.encode())
    (tmp_path / "dmf.txt.gz").write_bytes(gzip.compress(text.encode()))
    for path in (tmp_path / "dmf.txt", tmp_path / "dmf.txt.gz"):
        rows, given = read(path, layout="ssa_dmf")
        assert [row["ssn"] for row in rows] == [f"12345678{n}" for n in range(5)]
        assert {(row["birth_date"], row["death_date"]) for row in rows} == {("1950|02|11", "2015|06|12")}
        assert [given.row_number(place) for place in range(5)] == numbers
        assert forgiven in given.forgiven
        assert bool(forgiven) == bool(given.forgiven)


def test_lines_that_do_not_fit_are_listed_with_their_reasons(tmp_path: Path) -> None:
    short, long, cut = PEOPLE[0][:60], PEOPLE[1] + "X", PEOPLE[2][:81][:-2]
    shifted = " " + PEOPLE[3][:-1]  # one extra character before the SSN, but the correct length
    lines = [*PEOPLE, short, long, cut, " " + shifted[:-1], dmf("1234567AB", "ROE", "BO")]
    rows, given = read(write(tmp_path / "dmf.txt", lines), layout="ssa_dmf")
    assert len(rows) == 5 + 1  # a line that is shifted by blanks still has digits in number fields
    assert list(given.rows_found.reasons()) == [
        (6, "60 characters where the layout has 100"),
        (7, "101 characters where the layout has 100"),
        (8, "79 characters where the layout has 100"),
        (10, "SSN contains characters other than digits"),
    ]


ALL_TEXT = """format = 1
field = [
  { name = "CERT", start = 1, length = 6 },
  { name = "last_name", start = 7, length = 12 },
  { name = "ssn", start = 19, length = 9 },
  { name = "death_date", start = 28, length = 8 },
]
[registry]
key = ["CERT"]
"""
DEATHS_OF_TEXT = [f"{number:06}{'LEE':12}21234567{number}2015060{number}" for number in range(1, 9)]
EDGES = [
    "HDR20150601STATE OF X FILE OF DEATHS",
    "HDR 20150601               20150630",
    "TRL000008                  RECORDS",
]


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("records", [DEATHS_OF_TEXT, DEATHS_OF_TEXT[:1]])
def test_a_header_or_trailer_of_full_length_is_no_record(tmp_path: Path, edge: str, records: list[str]) -> None:
    layout, edge = own(tmp_path, ALL_TEXT), edge[:35].ljust(35)
    write(tmp_path / "a.txt", [edge, *records, "", edge])
    write(tmp_path / "b.txt", [f"9{row[1:]}" for row in DEATHS_OF_TEXT])
    rows, given = read(tmp_path / "a.txt", tmp_path / "b.txt", layout=layout)
    assert [row["death_date"] for row in rows] == [row[27:] for row in (*records, *DEATHS_OF_TEXT)]
    why = "a header or trailer, not a record"
    assert dict(given.rows_found.reasons()) == {1: why, len(records) + 3: why}


@pytest.mark.parametrize("odd", ["A00001LEE         21234567020150601", f"000001{'HEADER':12}{'':9}20150601", " " * 35])
def test_an_odd_record_at_the_start_of_a_file_is_kept(tmp_path: Path, odd: str) -> None:
    write(tmp_path / "a.txt", [odd, *DEATHS_OF_TEXT])
    rows, given = read(tmp_path / "a.txt", layout=own(tmp_path, ALL_TEXT))
    assert (len(rows), list(given.rows_found.reasons())) == (8 + bool(odd.strip()), [])


NAME_FIRST = """format = 1
field = [
  { name = "last_name", start = 1, length = 12 },
  { name = "ssn", start = 13, length = 11 },
  { name = "birth_date", start = 24, length = 9 },
  { name = "death_date", start = 33, length = 9 },
]
"""
OF_NAMES = [f"{'LEE':12}212-34-567{number}0{number}FEB19400{number}JUN2015" for number in range(1, 9)]
RECORDS = [  # people of whom little is known, in names that look like marks
    f"{'BOFILL':12}{'':20}01JUN2015",
    f"{'FOOTER':12}{'NONE':11}{'':9}01JUN2015",
    f"{'DOE':12}{'NONE':11}{'UNKNOWN':9}{'UNKNOWN':9}",
]
NOT_RECORDS = [
    f"{'DEATHS OF THE STATE IN 2015':41}",
    f"{'HEADER':32}2024-06-0",
    f"{'END OF REPORT':41}",
    f"{'HDR':32}01JUN2015",
]


@pytest.mark.parametrize("odd", [*RECORDS, *NOT_RECORDS])
def test_headers_are_told_from_records_by_the_shape_of_dates(tmp_path: Path, odd: str) -> None:
    write(tmp_path / "a.txt", [odd, *OF_NAMES, odd])
    rows, _ = read(tmp_path / "a.txt", layout=own(tmp_path, NAME_FIRST))
    assert len(rows) == 8 + 2 * (odd in RECORDS)


def test_a_line_that_begins_with_the_code_of_a_state_is_no_name(tmp_path: Path) -> None:
    layout = ALL_TEXT.replace('name = "CERT", start = 1, length = 6', 'name = "STATE", start = 1, length = 2')
    layout = layout.replace('name = "last_name", start = 7, length = 12', 'name = "last_name", start = 3, length = 16')
    edge = f"{'HEADER':27}20240601"
    write(tmp_path / "a.txt", [edge, *(f"NY{row[6:18]:16}{row[18:]}" for row in DEATHS_OF_TEXT)])
    rows, _ = read(tmp_path / "a.txt", layout=own(tmp_path, layout.partition("[registry]")[0]))
    assert len(rows) == 8


def test_the_header_and_trailer_of_a_file_without_records_are_rejected(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", DEATHS_OF_TEXT)
    write(tmp_path / "b.txt", [f"{'HDR':27}20240601", f"{'TRL000000':35}"])
    rows, given = read(tmp_path / "a.txt", tmp_path / "b.txt", layout=own(tmp_path, ALL_TEXT))
    assert (len(rows), len(list(given.rows_found.reasons()))) == (8, 2)


def test_a_line_may_end_early_but_inside_no_number(tmp_path: Path) -> None:
    whole = ije("000001", DOR_YR="2015", DOR_MO="07", DOR_DY="01", DMIDDLE="BELLE")
    lines = [whole, ije("000002")[:300], ije("000003", DOR_YR="2015", DOR_MO="07")[:691]]
    rows, given = read(write(tmp_path / "a.ije", lines), layout="ije_mortality")
    assert [(row["death_id"], row.get("middle_name")) for row in rows] == [
        ("2015NY000001", "BELLE"), ("2015NY000002", None)
    ]  # fmt: skip
    assert list(given.rows_found.reasons()) == [(3, "the line ends inside DOR_YR, after 691 characters")]


ACCENTED = [*PEOPLE, dmf("123456785", "GARCÍA", "JOSÉ"), *PEOPLE]


@pytest.mark.parametrize(
    ("written", "declared", "message"),
    [
        ("utf-8", "latin-1", 'Declare encoding = "utf-8"'),
        ("utf-8", "cp1252", "it is not cp1252 (after line 1)"),
        ("latin-1", "utf-8", "it is not UTF-8 (row 6). Declare its encoding"),
        ("cp1252", "utf-8", "it is not UTF-8 (row 6). Declare its encoding"),
    ],
)
def test_another_encoding_than_the_declared_one_is_a_clear_error(
    tmp_path: Path, written: str, declared: str, message: str
) -> None:
    path = write(tmp_path / "dmf.txt", ACCENTED, written)
    with pytest.raises(InputError) as refused:
        read(path, layout="ssa_dmf", encoding=declared)
    assert message in str(refused.value)
    assert "GARC" not in str(refused.value)
    rows, _ = read(path, layout="ssa_dmf", encoding=written)
    assert (rows[5]["last_name"], rows[5]["death_date"]) == ("GARCÍA", "2015|06|12")


def test_a_layout_that_counts_bytes_is_refused(tmp_path: Path) -> None:
    line = dmf("123456785", "GARCÍA", "ANN")
    counted = line[:17] + line[18:]  # one blank fewer after the name: 100 bytes, 99 characters
    with pytest.raises(InputError, match="counts bytes"):
        read(write(tmp_path / "dmf.txt", [*PEOPLE, counted]), layout="ssa_dmf")


@pytest.mark.parametrize("content", [b"ssn,name\n1,LEE\n", b"\x1f\x8b\x00", b"PK\x03\x04" + bytes(90)])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "dmf.txt").write_bytes(content)
    with pytest.raises(InputError):
        read(tmp_path / "dmf.txt", layout="ssa_dmf")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layout": "ssa_dmf", "delimiter": ";"}, "it has no delimiter"),
        ({"layout": "ssa_dfm"}, 'Did you mean "ssa_dmf"?'),
        ({"layout": "ssa_dmf", "table": "deaths"}, "no table"),
    ],
)
def test_settings_that_a_layout_leaves_no_room_for_are_refused(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    path = write(tmp_path / "dmf.txt", PEOPLE)
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        source(path, **settings)


def test_a_registry_in_ije_gives_the_links_of_the_same_data_as_csv(tmp_path: Path) -> None:
    names = ["ABEL", "BORIS", "CLARA", "DORA"]
    patients = pd.DataFrame({
        "patient_id": ["1", "2", "3", "4"], "first_name": names, "last_name": [f"{name}SON" for name in names],
        "birth_date": [f"19{40 + n}-05-06" for n in range(4)], "ssn": [f"0123{n + 10}{n + 21}1" for n in range(4)],
    })  # fmt: skip
    lines = [
        ije(f"00000{n + 1}", f"{name}SON", name, f"2015061{n}", born=f"19{40 + n}0506", SSN=f"0123{n + 10}{n + 21}1")
        for n, name in enumerate(names[:3])
    ]
    write(tmp_path / "deaths.ije", lines)
    deaths = pd.DataFrame({
        "death_id": [f"2015NY00000{n + 1}" for n in range(3)], "first_name": names[:3],
        "last_name": [f"{name}SON" for name in names[:3]], "birth_date": [f"19{40 + n}-05-06" for n in range(3)],
        "ssn": [f"0123{n + 10}{n + 21}1" for n in range(3)], "death_date": [f"2015-06-1{n}" for n in range(3)],
    })  # fmt: skip
    patients.to_csv(tmp_path / "patients.csv", index=False)
    deaths.to_csv(tmp_path / "deaths.csv", index=False)
    as_layout = source(tmp_path / "deaths.ije", layout="ije_mortality")
    for given, folder in ((as_layout, "from_ije"), (tmp_path / "deaths.csv", "from_csv")):
        with linkage.link(tmp_path / "patients.csv", given) as run:
            run.write(tmp_path / folder)
    first, second = ((tmp_path / folder / "links.csv.gz").read_bytes() for folder in ("from_ije", "from_csv"))
    assert first == second
    assert len(pd.read_csv(tmp_path / "from_ije" / "links.csv.gz")) == 3


SHIFTED = [
    # where a character is lost or added, whether the end of the line is stripped, and the result
    (0, "", False, "SSN contains characters other than digits"),
    (5, "", False, "SSN contains characters other than digits"),
    (20, "", False, "counted"),
    (64, "", False, "counted"),
    (67, "", False, "counted"),
    (5, " ", False, "101 characters where the layout has 100"),
    (20, " ", False, "101 characters where the layout has 100"),
    (20, " ", True, "counted"),
    (68, " ", True, "counted"),
]


@pytest.mark.parametrize(("place", "sign", "stripped", "outcome"), SHIFTED)
def test_a_line_that_is_shifted_by_a_sign_is_rejected_or_its_dates_are_counted_as_not_known(
    tmp_path: Path, place: int, sign: str, stripped: bool, outcome: str
) -> None:
    whole = dmf("212345678", "ROE", "BO")
    shifted = whole[:place] + sign + whole[place + (0 if sign else 1) :]
    path = write(tmp_path / "dmf.txt", [*PEOPLE, shifted.rstrip() if stripped else shifted])
    patients = pd.DataFrame({"patient_id": ["1"], "last_name": ["X"], "ssn": ["313456789"]})
    with linkage.link(patients, source(path, layout="ssa_dmf")) as run:
        lost = run.counts["cleaned"]["death"]
        if outcome != "counted":
            assert run.rejected["reason"].tolist() == [outcome]
            return
        assert run.rejected.empty
        assert sum(lost["death_date_partial"].values()) == 1
        assert sum(lost["birth_date"].values()) == 1
        assert [one for one in run.concerns if one.startswith("dmf.txt, death_date")]


@pytest.mark.parametrize("place", [213, 220, 235])
@pytest.mark.parametrize("change", [("", " "), ("", ""), (" ", "")], ids=["padded", "short", "added"])
def test_a_certificate_that_is_shifted_between_birth_and_death_gives_no_date(
    tmp_path: Path, place: int, change: tuple[str, str]
) -> None:
    """The time of death follows its date, so 01-12 at 10:30 would be 11-21."""
    whole = [ije(f"00000{n}", died="20150112", SSN=f"21234567{n}", DISP="B") for n in range(1, 6)]
    whole = [f"{one[:240]}1030{one[244:]}" for one in whole]
    sign, end = change
    shifted = whole[0][:place] + sign + whole[0][place + (not sign) :]
    path = write(tmp_path / "a.ije", [(shifted + end)[:5000], *whole[1:]])
    rows, given = read(path, layout="ije_mortality")
    ((line_, reason),) = given.rows_found.reasons()
    assert line_ == 1
    assert reason in ("DISP contains digits, so the line is shifted", "DOD_MO contains characters other than digits")
    assert [row["death_date"] for row in rows] == ["2015|01|12"] * 4


WIDTHS = """
format = 1
length = 48
shortest = 1
field = [
  { name = "flag", start = 1, length = 1, codes = { U = "" } },
  { name = "suffix", start = 2, length = 4, unknown = ["UNK"] },
  { name = "ten", start = 6, length = 10 },
  { name = "wide", start = 16, length = 13, unknown = ["UNKNOWN"] },
  { name = "year", start = 29, length = 4, type = "number", unknown = ["0000", "9999"] },
  { name = "month", start = 33, length = 2, type = "number", unknown = ["00"] },
  { name = "day", start = 35, length = 2, type = "number", unknown = ["00"] },
  { name = "number", start = 40, length = 9, type = "number", unknown = ["999999999"] },
]
[columns]
death_date = ["year", "month", "day"]
"""
NO_BREAK = "\u00a0"
PIECES = {
    "flag": ["U", "M", " ", NO_BREAK, "É", "~"],
    "suffix": ["JR", " JR ", "    ", "UNK", "A  B", NO_BREAK * 2],
    "ten": ["", "X", "ABCDEFGHIJ", "   LEE", "A   B", f"ÉVE{NO_BREAK}", "         J"],
    "wide": ["", "UNKNOWN", "ABCDEFGHIJ", "ABCDEFGHIJK", "          K", "A          M", f"ÉVE{NO_BREAK * 9}", " LEE"],
    "year": ["1950", "", "0000", " 195", "9999", "19 5"],
    "month": ["01", " 1", "1 ", "00", ""],
    "day": ["31", "00", " "],
    "number": ["123456789", "999999999", "12 45", "  1", ""],
}


def test_a_field_is_trimmed_however_it_is_filled(tmp_path: Path) -> None:
    """The short ways around `trim` give what `trim` gives."""
    number = max(map(len, PIECES.values())) * 9
    lines, expected = [], []
    own_layout = read_layout(own(tmp_path, WIDTHS))
    for place in range(number):
        chosen = {name: pieces[place // (1 + n) % len(pieces)] for n, (name, pieces) in enumerate(PIECES.items())}
        signs = [" "] * own_layout.length
        for name, piece in chosen.items():
            start = own_layout.field(name).start - 1
            signs[start : start + len(piece)] = piece
        lines.append("".join(signs) if place % 7 else "".join(signs).rstrip(" ").ljust(32))
        known = {}
        for name, piece in chosen.items():
            text = piece.strip(f" {NO_BREAK}")
            unknown = {"", *own_layout.field(name).unknown, *own_layout.field(name).codes}
            known[name] = None if text in unknown else text
        parts = [known.pop(name) or "" for name in ("year", "month", "day")]
        known["death_date"] = "|".join(parts) if any(parts) else None
        expected.append({name: value for name, value in known.items() if value is not None})
    rows, given = read(write(tmp_path / "own.txt", lines), layout=str(tmp_path / "state.toml"))
    passed = {line - 1 for line, _ in given.rows_found.reasons()}
    kept = [one for place, one in enumerate(expected) if place not in passed and lines[place].strip(" ")]
    assert len(kept) > number // 2
    assert rows == kept


PADDED = """
format = 1
length = 46
shortest = 1
field = [
  { name = "first", start = 1, length = 6 },
  { name = "second", start = 7, length = 4 },
  { name = "DM", start = 11, length = 2, type = "number", unknown = ["99", "00"] },
  { name = "DD", start = 13, length = 2, type = "number", unknown = ["99"] },
  { name = "DY", start = 15, length = 4, type = "number" },
  { name = "BD", start = 19, length = 2 },
  { name = "BM", start = 21, length = 3, codes = { 13 = "DEC" } },
  { name = "BY", start = 24, length = 4 },
  { name = "area", start = 28, length = 3, type = "number" },
  { name = "group", start = 31, length = 2, type = "number" },
  { name = "serial", start = 33, length = 4, type = "number" },
]
[columns]
first_name = { join = ["first", "second"] }
death_date = { join = ["DM", "DD", "DY"] }
birth_date = { join = ["BD", "BM", "BY"] }
ssn = { join = ["area", "group", "serial"] }
"""
JOINED = [
    # the date of death, of birth, and what is joined, and the reason
    ("11 22019", " 2NOV1950", "11022019", "02NOV1950", "a day with a blank is not one digit less"),
    (" 1122019", "2 JAN1950", "01122019", "02JAN1950", "so this is another date"),
    ("1 2 2019", "02 13950 ", "01022019", "02DEC0950", "blanks before or after, and codes"),
    ("11022019", "21NOV1950", "11022019", "21NOV1950", "no blank"),
    ("11  2019", "  NOV1950", None, None, "a blank part makes the date not known"),
    ("        ", "         ", None, None, "and so do blank parts"),
    ("11992019", "21NOV    ", None, None, "and so does one that is not known"),
    (" 0122019", "21NOV1950", None, "21NOV1950", "also if it has a blank"),
]


@pytest.mark.parametrize(("died", "born", "death_date", "birth_date", "why"), JOINED)
def test_numbers_that_are_joined_have_the_width_of_their_fields(
    tmp_path: Path, died: str, born: str, death_date: str | None, birth_date: str | None, why: str
) -> None:
    lines = [f"{'ANN':6}{'5':4}{died}{born}{' 12'}{' 3'}{'  45'}".ljust(46), f"{'ANN':6}{'LEE':4}{died}".ljust(46)]
    rows, _ = read(write(tmp_path / "own.txt", lines), layout=own(tmp_path, PADDED))
    assert (rows[0].get("death_date"), rows[0].get("birth_date")) == (death_date, birth_date), why
    assert (rows[0]["first_name"], rows[1]["first_name"]) == ("ANN5", "ANNLEE"), "names are trimmed"
    assert rows[0]["ssn"] == "012030045"


def messy(chance: random.Random, number: int) -> list[str]:
    """Lines of the Death Master File, of which few differ from a whole one: blank, cut, with a letter or an accent."""
    changes: list[Callable[[str], str]] = [
        lambda whole: "",
        lambda whole: " " * 100,
        lambda whole: whole.rstrip(),
        lambda whole: whole[:79],
        lambda whole: whole + "X",
        lambda whole: whole.replace("ROE", "ROÉ"),
        lambda whole: whole[:9] + "A" + whole[10:],
        lambda whole: whole[:66] + " " + whole[67:],
        lambda whole: whole[:2] + " " + whole[3:],
        lambda whole: whole[1:],
    ]
    lines = []
    for place in range(number):
        whole = dmf(f"{200_000_000 + place}", "ROE", "BO", "06002015", "00001950", TYPE=chance.choice(" A"))
        lines.append(chance.choice(changes)(whole) if chance.random() < 0.05 else whole)
    return lines


@pytest.mark.parametrize("seed", range(4))
def test_lines_that_are_checked_together_give_what_lines_checked_one_by_one_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    path = write(tmp_path / "dmf.txt", messy(chance, 400))
    monkeypatch.setattr("linkage.system.text_pipe._CHUNK", chance.choice([700, 1500, 9000]))
    together, given = read(path, layout="ssa_dmf")
    monkeypatch.setattr("linkage.formats.lines._fit", lambda *_: (False, False))
    one_by_one, checked = read(path, layout="ssa_dmf")
    assert 0 < len(given.rows_found.unfit) < 100
    assert together == one_by_one
    assert given.rows_found == checked.rows_found


def test_only_blocks_with_a_line_that_may_not_fit_are_doubtful() -> None:
    whole, ends = f"{PEOPLE[0]}\n".encode(), Ends()
    for blocks in ([whole * 3, whole + b"\n", b"\n", whole * 2], [whole, whole[1:]]):
        list(plain_lines([blocks], ends, read_layout("ssa_dmf")))
    assert ends == Ends(lines=[8, 2], doubtful=[(4, 6), (10, 10)], are_filled=False)


REGULAR = [dmf(f"{200_000_000 + place}", f"ROE{place}", "BO", "06002015", "00001950") for place in range(400)]


@pytest.mark.parametrize(
    ("files", "by_itself"),
    [
        (["\n".join([*REGULAR, ""])], True),
        (["\n".join(REGULAR)], True),
        (["\n".join([*REGULAR[:150], ""]), "\n".join(REGULAR[150:]), "\n".join([*REGULAR[:9], ""])], True),
        (["\n".join([*REGULAR[:150], ""]), "", "\n".join([*REGULAR[150:], ""])], True),
        (["\n".join(["HDR STATE 20200101".ljust(100), *REGULAR, ""])], False),
        (["\r\n".join([*REGULAR, ""])], False),
        (["\r".join([*REGULAR, ""])], False),
        (["\n".join([*REGULAR, "\x1a"])], False),
        (["\n".join([*REGULAR[:90], "\x0c" + REGULAR[90], *REGULAR[91:]])], False),  # the size of the text is the same
        (["\ufeff" + "\n".join([*REGULAR, ""])], False),
        (["\n".join([*REGULAR, ""]), "\n".join([*REGULAR[:-1], REGULAR[-1][1:], ""])], False),
    ],
    ids=[
        "lines",
        "no end",
        "files",
        "an empty file",
        "header",
        "crlf",
        "cr",
        "control z",
        "form feed",
        "mark",
        "a shifted line",
    ],
)
def test_files_that_the_database_reads_itself_give_the_rows_of_the_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[str], by_itself: bool
) -> None:
    monkeypatch.setattr("linkage.system.text_pipe._CHUNK", 1500)
    paths = [tmp_path / f"{place} [1].txt" for place in range(len(files))]
    for path, text in zip(paths, files, strict=True):
        path.write_bytes(text.encode())
    regular, given = read(*paths, layout="ssa_dmf")
    assert bool(fixed_lines._regular(given, {str(path) for path in paths})) is by_itself
    monkeypatch.setattr(fixed_lines, "_regular", lambda *_: None)
    through_pipe, checked = read(*paths, layout="ssa_dmf")
    assert regular == through_pipe
    assert given.rows_found == checked.rows_found
    assert len(regular) >= 399


def test_a_file_that_changes_after_its_lines_were_checked_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "dmf.txt", REGULAR)

    def changed(*given: Any) -> Ends | None:
        ends = checked(*given)
        write(path, [*REGULAR[1:], REGULAR[0][1:]])
        return ends

    checked = fixed_lines._regular
    monkeypatch.setattr(fixed_lines, "_regular", changed)
    with pytest.raises(InputError, match="400 lines were found, but 399 were read"):
        read(path, layout="ssa_dmf")
