"""A registry as a stream: later lines and files change earlier records."""

from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.errors import InputError
from linkage.formats.stream import REASONS
from linkage.sources.make_source import source
from tests.formats.writing import dmf, ije, read, write


def fates(rows: list, kinds: tuple[str, ...] = ("death_id",)) -> list[tuple[str | None, ...]]:
    """Each row's id and fate."""
    return [(*(row.get(kind) for kind in kinds), row.get("void")) for row in rows]


HISTORIES = [
    # records of one number, in order; the fate of each; reason
    ("A", [None], "an addition stands"),
    ("AD", ["VOIDED", "DELETION"], "the person lives"),
    ("ADA", ["VOIDED", "DELETION", None], "added again"),
    ("AC", ["REPLACED", None], "the change is what is known now"),
    ("ACC", ["REPLACED", "REPLACED", None], "the last change"),
    ("ACD", ["REPLACED", "VOIDED", "DELETION"], "a changed record is deleted too"),
    ("C", [None], "a change of what no file holds is kept"),
    ("D", ["OF NOTHING"], "a deletion of what no file holds"),
    ("DA", ["OF NOTHING", None], "and then added"),
    ("ADD", ["VOIDED", "DELETION", "OF NOTHING"], "deleted twice"),
    ("ADC", ["VOIDED", "DELETION", None], "changed after it was deleted: kept, and counted"),
    (" C", ["REPLACED", None], "a blank is an addition"),
]


@pytest.mark.parametrize(("history", "expected", "why"), HISTORIES)
@pytest.mark.parametrize("files", [1, 2, 3])
def test_additions_changes_and_deletions_are_folded_in_order(
    tmp_path: Path, history: str, expected: list[str | None], why: str, files: int
) -> None:
    lines = [dmf("123456789", "LEE", f"ANN{n}", TYPE=kind) for n, kind in enumerate(history)]
    other = dmf("223456789", "ROE", "BO")
    lines = [other, *lines]
    cuts = [round(n * len(lines) / files) for n in range(files + 1)]
    parts = [lines[cuts[n] : cuts[n + 1]] for n in range(files)]
    paths = [write(tmp_path / f"{n}.txt", part) for n, part in enumerate(parts) if part]
    rows, _ = read(*paths, layout="ssa_dmf")
    assert fates(rows) == [("223456789", None), *(("123456789", word) for word in expected)], why


def test_a_record_that_a_later_file_gives_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    first = write(tmp_path / "2014.ije", [ije("000001"), ije("000002")])
    second = write(tmp_path / "2015.ije", [ije("000002", "ROE")])
    rows, given = read(first, second, layout="ije_mortality")
    assert fates(rows, ("death_id", "last_name")) == [
        ("2015NY000001", "LEE", None),
        ("2015NY000002", "LEE", "REPLACED"),
        ("2015NY000002", "ROE", None),
    ]
    assert given.row_number(2) == 3
    assert "2015.ije begins with line 3" in given.forgiven


def test_certificates_are_voided_replaced_and_counted(tmp_path: Path) -> None:
    lines = [
        ije("000001"),
        ije("000002"),
        ije("000003"),
        ije("000001", VOID="1"),
        ije("000002", died="20150613", REPLACE="1"),
        ije("000004", VOID="1"),
        ije("000005", REPLACE="2"),
    ]
    rows, given = read(write(tmp_path / "a.ije", lines), layout="ije_mortality")
    assert [row.get("void") for row in rows] == ["VOIDED", "REPLACED", None, "VOID", None, "OF NOTHING", None]
    assert {what: number for what, number in given.rows_found.actions.items() if number} == {
        "additions": 3,
        "changes": 2,
        "voids": 2,
        "changes to records in no file, kept as additions": 1,
        "deletions and voids of records in no file": 1,
        "records replaced later": 1,
        "records voided or deleted later": 1,
    }


def test_an_alias_is_a_further_name_of_the_same_death(tmp_path: Path) -> None:
    lines = [
        ije("000001", "LEE", "ANN", SSN="123456789", SEX="F"),
        ije("000001", "ROE", "NAN", "20159999", born="99999999", ALIAS="1"),
        ije("000001", "ROE", "NAN", "20159999", born="99999999", ALIAS="1"),
        ije("000001", "LEE", "ANN", "20150613", SSN="123456789", SEX="F", REPLACE="1"),
        ije("000002", "DOE", "EVE", ALIAS="1"),
        ije("000003", "POE", "AMY"),
        ije("000003", "MOE", "AMY", ALIAS="1"),
        ije("000003", VOID="1"),
    ]
    rows, given = read(write(tmp_path / "a.ije", lines), layout="ije_mortality")
    kinds = ("death_id", "last_name", "birth_date", "death_date", "ssn", "amends")
    assert fates(rows, kinds)[1:5] == [
        # only one of two equal aliases is kept
        *[("2015NY000001-alias1", "ROE", "1950|02|11", "2015|06|13", "123456789", "2015NY000001", "REPEATED ALIAS")],
        *[("2015NY000001-alias1", "ROE", "1950|02|11", "2015|06|13", "123456789", "2015NY000001", None)],
        *[("2015NY000001", "LEE", "1950|02|11", "2015|06|13", "123456789", None, None)],
        # a record that is in no file, but has an alias
        *[("2015NY000002", "DOE", "1950|02|11", "2015|06|12", None, None, None)],
    ]
    assert [row.get("void") for row in rows[5:]] == ["VOIDED", "VOIDED", "VOID"]
    assert given.rows_found.actions["aliases of records in no file, kept as deaths"] == 1


def test_a_code_that_is_not_understood_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "dmf.txt", [dmf("123456789", "LEE", "ANN"), dmf("223456789", "ROE", "BO", TYPE="X")])
    with pytest.raises(InputError, match=r"first line 2. Known codes: TYPE: blank, A, C, D"):
        read(path, layout="ssa_dmf")


def test_two_records_of_one_number_in_one_file_are_refused_unless_one_replaces_the_other(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ije", [ije("000001", "LEE"), ije("000001", "ROE")])
    patients = pd.DataFrame({"patient_id": [1], "last_name": ["LEE"], "birth_date": ["1950-02-11"]})
    with pytest.raises(InputError, match="1 value of death_id has several rows that differ, first in row 1"):
        linkage.link(patients, source(path, layout="ije_mortality"))


def test_a_record_without_a_number_stands_and_is_counted(tmp_path: Path) -> None:
    rows, given = read(write(tmp_path / "a.ije", [ije(""), ije("000001")]), layout="ije_mortality")
    assert fates(rows) == [("row 1", None), ("2015NY000001", None)]
    assert given.rows_found.actions["records without a number, which cannot be changed"] == 1


def test_only_a_registry_comes_in_several_files(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("death_id\n1\n")
    with pytest.raises(InputError, match="comes in several files"):
        source([tmp_path / "a.csv", tmp_path / "b.csv"])


@pytest.fixture(scope="module")
def run_of_a_stream(tmp_path_factory: pytest.TempPathFactory) -> tuple[linkage.Linkage, Path]:
    """A run of a job file with four patients and two registry files."""
    folder = tmp_path_factory.mktemp("stream")
    names = ["ABEL", "BORIS", "CLARA", "DORA"]
    pd.DataFrame({
        "patient_id": range(1, 5), "first_name": names, "last_name": ["LEE", "ROE", "DOE", "MOE"],
        "birth_date": ["1941-01-01", "1942-02-02", "1943-03-03", "1944-04-04"],
        "ssn": ["123451111", "123452222", "123453333", "123454444"],
    }).to_csv(folder / "patients.csv", index=False)  # fmt: skip
    pd.DataFrame({"patient_id": range(1, 5), "start": "2015-01-01", "discharge": "2015-01-09"}).to_csv(
        folder / "stays.csv", index=False
    )
    first = [
        dmf("123451111", "LEE", "ABEL", "06012015", "01011941"),
        dmf("123452222", "ROE", "BORIS", "06022015", "02021942"),
        dmf("123453333", "DOE", "CLARA", "06032015", "03031943"),
    ]
    second = [
        dmf("123451111", "LEE", "ABEL", "06012015", "01011941", TYPE="D"),
        dmf("123452222", "ROE", "BORIS", "07022015", "02021942", TYPE="C"),
        "",
        "123",
    ]
    write(folder / "full.txt", first)
    write(folder / "weekly.txt", second)
    (folder / "job.toml").write_text(
        'format = 1\ncoverage = [2010-01-01, 2019-12-31]\n[patients]\nfile = "patients.csv"\n[deaths]\n'
        'file = ["full.txt", "weekly.txt"]\nlayout = "ssa_dmf"\n[[encounters]]\nfile = "stays.csv"\n'
        '[output]\nfolder = "out"\n'
    )
    job = linkage.read_job(folder / "job.toml")
    run = job.link()
    with job.claim_output() as replace:
        job.write(run, replace)
    return run, folder


def test_who_was_deleted_is_not_dead_and_a_change_moves_the_date(
    run_of_a_stream: tuple[linkage.Linkage, Path],
) -> None:
    run, _ = run_of_a_stream
    died = run.outcomes.set_index("patient_id")["dod"].astype(str).to_dict()
    assert died == {"1": "NaT", "2": "2015-07-02", "3": "2015-06-03", "4": "NaT"}
    listed = run.rejected[["row_number", "reason"]].to_numpy().tolist()
    assert listed == [
        [1, REASONS["VOIDED"]],
        [2, REASONS["REPLACED"]],
        [4, REASONS["DELETION"]],
        [7, "3 characters where the layout has 100"],
    ]


def test_a_run_reports_what_the_records_did_and_its_folder_can_be_asked_again(
    run_of_a_stream: tuple[linkage.Linkage, Path],
) -> None:
    from linkage.run.output import read_manifest
    from linkage.run.repeat import repeat_run

    run, folder = run_of_a_stream
    counts = (
        "full.txt and 1 more is a stream of records: additions 3; changes 1; deletions 1; records replaced later 1;"
        " records voided or deleted later 1."
    )
    assert counts in str(run)
    assert "the SSN is also the death_id" in str(run)
    assert "1 line does not fit the layout, first line 7" in str(run)
    given = read_manifest(folder / "out")["inputs"][1]
    assert given["registry"]["deletions"] == 1
    assert given["declared"] == {"layout": "ssa_dmf"}
    with repeat_run(folder / "out") as again:
        assert again.links.equals(run.links)
    weekly = (folder / "weekly.txt").read_text()
    write(folder / "weekly.txt", ["123"])
    with pytest.raises(linkage.OutputError, match="changed or moved"):
        repeat_run(folder / "out")
    (folder / "weekly.txt").write_text(weekly)
    run.close()


COUNTIES = """
format = 1
length = 24
field = [
  { name = "COUNTY", start = 1, length = 3 },
  { name = "KIND", start = 4, length = 1, codes = { 1 = "E", 2 = "EM" } },
  { name = "YEAR", start = 5, length = 2, type = "number", unknown = ["99"] },
  { name = "NO", start = 7, length = 6 },
  { name = "STATUS", start = 13, length = 1, type = "letters" },
  { name = "last_name", start = 14, length = 10 },
]
[registry]
key = ["COUNTY", "KIND", "YEAR", "NO"]
action = [{ field = "STATUS", codes = { "" = "add", C = "change", V = "void" } }]
"""
KEYS = [
    # the numbers of two records, whether they are the same, the id of the first, and the reason
    ("1  A121234  ", "11 A12234   ", False, "1  A 121234", "the digits of one part are not those of the next"),
    ("1  A 1234   ", "1  A1234    ", False, "1  A 01234", "and a number is never shorter than its field"),
    ("1  112M5    ", "1  2125     ", False, "1  E 12M5", "a code does not run into the next part"),
    ("1  A 11234  ", "1  A011234  ", True, "1  A 011234", "numbers are the same with blanks or zeros"),
    ("1  A1 1234  ", "1  A011234  ", True, "1  A 011234", "on both sides"),
    (" 1 A12  1234", "1  A121234  ", True, "1  A 121234", "texts are trimmed"),
    ("123212123456", "123212123456", True, "123EM12123456", "full fields have no blanks between them"),
]


@pytest.mark.parametrize(("first", "second", "same", "number", "why"), KEYS)
def test_the_parts_of_a_key_are_kept_apart(
    tmp_path: Path, first: str, second: str, same: bool, number: str, why: str
) -> None:
    (tmp_path / "counties.toml").write_text(COUNTIES)
    later = write(tmp_path / "2.txt", [f"{second}V{'ROE':11}"])
    lines = [f"{first} {'LEE':11}", f"987A12654321 {'DOE':11}"]
    rows, _ = read(write(tmp_path / "1.txt", lines), later, layout=str(tmp_path / "counties.toml"))
    expected = ["VOIDED", None, "VOID"] if same else [None, None, "OF NOTHING"]
    assert ([row.get("void") for row in rows], rows[0]["death_id"]) == (expected, number), why


@pytest.mark.parametrize("number", ["   111", "111   ", "000111"])
def test_a_void_with_blanks_in_its_number_voids_the_certificate(tmp_path: Path, number: str) -> None:
    lines = [ije("000111"), ije("000112"), ije(number, VOID="1")]
    rows, _ = read(write(tmp_path / "a.ije", lines), layout="ije_mortality")
    assert fates(rows) == [("2015NY000111", "VOIDED"), ("2015NY000112", None), ("2015NY000111", "VOID")]


def test_a_number_of_zeros_is_not_known_with_blanks_either(tmp_path: Path) -> None:
    lines = [ije("     0"), ije("000000", "ROE"), ije("0     ", "DOE")]
    rows, given = read(write(tmp_path / "a.ije", lines), layout="ije_mortality")
    assert fates(rows) == [("row 1", None), ("row 2", None), ("row 3", None)]
    assert given.rows_found.actions["records without a number, which cannot be changed"] == 3


@pytest.mark.parametrize(
    ("order", "standing"), [((1, 2, 3, 4), 4), ((4, 2, 3, 1), 4), ((1, 3, 3, 4), 3), ((1, None, 1, 4), 3)]
)
def test_records_stand_or_fall_alike_in_any_order_of_their_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: tuple[int | None, ...], standing: int
) -> None:
    """The short way for keys that rise gives what following every key gives."""
    paths = [
        write(tmp_path / f"{place}.ije", [ije("" if one is None else f"00000{one}")]) for place, one in enumerate(order)
    ]
    rows, given = read(*paths, layout="ije_mortality")
    monkeypatch.setattr("linkage.formats.stream.all_are_new", lambda _: False)
    followed, counted = read(*paths, layout="ije_mortality")
    assert rows == followed
    assert given.rows_found == counted.rows_found
    assert sum("void" not in row for row in rows) == standing
