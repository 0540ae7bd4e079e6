"""Reidentification attempts use more than a number in a cell: other spellings, other files, the order of rows."""

import csv
import gzip
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import linkage.release.build as build
import linkage.release.disclosure as disclosure
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, OutputError
from linkage.release import Release, check_release, make_release
from linkage.release.policy import Column, ReleasePolicy, Table, read_policy
from linkage.system.locks import take_lock
from tests.release.conftest import PEOPLE, letters, numbers, rows_of, write

Rows = list[dict[str, str]]


def with_ward(ward: str, policy: ReleasePolicy | None = None) -> ReleasePolicy:
    """The policy of MIMIC-IV, or another one, with one more ward."""
    policy = policy or read_policy("mimic_iv")

    def wards(column: Column) -> Column:
        return replace(column, values=(*column.values, ward)) if column.name == "careunit" else column

    tables = [replace(table, columns=tuple(map(wards, table.columns))) for table in policy.tables]
    return replace(policy, tables=tuple(tables))


def spoiled(hospital: Path, folder: Path, table: str, change: Callable[[Rows], Rows]) -> Path:
    """A table of the hospital with other rows."""
    with (hospital / f"{table}.csv").open() as file:
        rows = change(list(csv.DictReader(file)))
    write(folder / f"{table}.csv", list(rows[0]), [list(row.values()) for row in rows])
    return folder / f"{table}.csv"


def put(folder: Path, table: str, rows: Rows) -> None:
    """Rewrite a table of a release."""
    with gzip.open(folder / f"{table}.csv.gz", "wt", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def with_wards(hospital: Path, folder: Path, wards: Sequence[str]) -> tuple[dict[str, Path], ReleasePolicy]:
    """Transfers to these wards, and a policy that lists them."""

    def moved(rows: Rows) -> Rows:
        return [{**row, "careunit": ward} for row, ward in zip(rows, wards, strict=False)]

    policy = read_policy("mimic_iv")
    for ward in wards:
        policy = with_ward(ward, policy)
    return {"transfers": spoiled(hospital, folder, "transfers", moved)}, policy


NUMBERS = [
    "70000003",
    "0070000004",
    "7000-0005",
    '{"mrn": "70000006"}',
    "MRN70000007",
    "911-00-7919",  # the SSN of the second patient
    "911 01 5838",
    "555-010004",
]
"""Numbers of different patients, because a number that is found several times counts once. The last is found twice: as
a whole, and its last part."""


def test_a_true_number_in_a_listed_value_is_found_in_whatever_form(run: Path, hospital: Path, tmp_path: Path) -> None:
    tables, policy = with_wards(hospital, tmp_path, [f"Ward {text}" for text in NUMBERS])
    with pytest.raises(OutputError, match=f"no number of a patient, stay, or person .*: found {len(NUMBERS) + 1}$"):
        make_release(run, tmp_path / "shared", policy, tables=tables, crosswalk_file=tmp_path / "c.csv")
    assert not (tmp_path / "shared").exists()


DAYS = [
    "2013-05-06",
    "2013-05-06T10:00:00",
    "20130506",
    "20130506103000",
    "06/05/2013",
    "5.6.13",
    "2013/5/6",
    "6 May 2013",
    "May 6, 2013",
    "06MAY2013",
]


def test_a_day_in_a_listed_value_is_found_in_whatever_form(run: Path, hospital: Path, tmp_path: Path) -> None:
    tables, policy = with_wards(hospital, tmp_path, [f"Ward of {text}" for text in DAYS])
    with pytest.raises(OutputError, match=f"no day outside a column of days, .*: found {len(DAYS)}$"):
        make_release(run, tmp_path / "shared", policy, tables=tables, crosswalk_file=tmp_path / "c.csv")


def test_a_listed_word_that_is_a_name_is_reported(run: Path, hospital: Path, tmp_path: Path) -> None:
    ward = f"Ward {letters(3).title()}"
    tables = {"transfers": spoiled(hospital, tmp_path, "transfers", lambda rows: [{**rows[0], "careunit": ward}])}
    made = make_release(run, tmp_path / "shared", with_ward(ward), tables=tables, crosswalk_file=tmp_path / "c.csv")
    results = {check.claim: (check.result, check.found) for check in made.checks}
    assert results["words of listed values that are also names of patients, such as White"] == ("reported", 1)


def test_a_true_number_in_the_name_of_a_column_is_found(run: Path, hospital: Path, tmp_path: Path) -> None:
    def named(rows: Rows) -> Rows:
        return [{**row, "note_70000003": ""} for row in rows]

    tables = {"transfers": spoiled(hospital, tmp_path, "transfers", named)}
    with pytest.raises(OutputError, match="no number of a patient, stay, or person"):
        make_release(run, tmp_path / "shared", tables=tables, crosswalk_file=tmp_path / "c.csv")


def test_no_file_holds_more_than_its_rows(run: Path, hospital: Path, tmp_path: Path) -> None:
    tables = {"transfers": hospital / "transfers.csv"}
    for format in ("csv.gz", "parquet"):
        made = make_release(run, tmp_path / format, tables=tables, crosswalk_file=tmp_path / "c.csv", format=format)
        for path in made.folder.iterdir():
            content = path.read_bytes()
            assert str(hospital).encode() not in content
            if path.suffix == ".gz":
                assert content[3] == 0  # no name of a file, no comment
                assert content[4:8] == bytes(4)  # no time
                content = gzip.decompress(content)
            for secret in (b"70000003", b"80000003", b"911007919", letters(3).encode(), b"2013-05-"):
                assert secret not in content
        assert not check_release(tmp_path / format).failed


def test_values_that_are_no_numbers_are_refused_and_not_dropped(run: Path, hospital: Path, tmp_path: Path) -> None:
    def worded(rows: Rows) -> Rows:
        return [{**rows[0], "hospital_expire_flag": "no"}, *rows[1:]]

    tables = {"admissions": spoiled(hospital, tmp_path, "admissions", worded)}
    with pytest.raises(InputError, match="1 values of hospital_expire_flag are not whole numbers"):
        make_release(run, tmp_path / "shared", tables=tables, crosswalk_file=tmp_path / "c.csv")


def test_an_interval_that_changes_by_an_hour_is_found(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shifted = build.shifted

    def late(policy: ReleasePolicy, column: Column, value: str) -> str:
        moved = shifted(policy, column, value)
        return f"({moved} + INTERVAL 1 HOUR)" if column.name == "dischtime" else moved

    monkeypatch.setattr(build, "shifted", late)
    with pytest.raises(OutputError, match=r"intervals between times are those of the source: found 120"):
        make_release(run, tmp_path / "shared", crosswalk_file=tmp_path / "c.csv")


def test_a_number_of_an_earlier_release_may_be_a_true_number_of_a_new_patient(
    made: Release, run: Path, hospital: Path, crosswalk: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "crosswalk.csv"
    rows = []
    with crosswalk.open() as file:
        for row in csv.DictReader(file):
            if row["true_id"] in ("70000120", "80000120"):
                continue  # not there when the earlier release was made, which gave its number to another stay
            if (row["kind"], row["true_id"]) == ("hadm_id", "80000001"):
                row["released"] = "80000120"
            rows.append(row)
    write(kept, ("kind", "true_id", "released"), [list(row.values()) for row in rows])
    policy = read_policy("mimic_iv")
    policy = replace(policy, ids={**policy.ids, "hadm_id": (20_000_000, 89_999_999)})
    again = make_release(run, tmp_path / "shared", policy, crosswalk_file=kept)
    assert numbers(kept, "hadm_id")["80000001"] == 80_000_120
    results = {check.claim: (check.result, check.found) for check in again.checks}
    assert results["released numbers of an earlier release that are by chance true numbers of others"] == (
        "reported",
        1,
    )


def test_a_merge_with_a_lower_number_keeps_what_was_released(
    made: Release, run: Path, crosswalk: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "crosswalk.csv"
    before = {kind: numbers(crosswalk, kind) for kind in ("subject_id", "offset_days")}
    lines = [line for line in crosswalk.read_text().splitlines() if line.split(",")[1] != "70000001"]
    kept.write_text("\n".join(lines) + "\n")
    (tmp_path / "persons.csv").write_text("patient_id,person_id\n70000001,A\n70000002,A\n")
    make_release(run, tmp_path / "shared", persons=tmp_path / "persons.csv", crosswalk_file=kept)
    for kind, known in before.items():
        after = numbers(kept, kind)
        assert "70000001" not in after
        assert after["70000002"] == known["70000002"]


def test_a_crosswalk_is_used_by_one_release_at_a_time(run: Path, tmp_path: Path) -> None:
    lock = take_lock(tmp_path / ".c.csv.lock")
    assert lock is not None
    with pytest.raises(OutputError, match="Another release"):
        make_release(run, tmp_path / "shared", crosswalk_file=tmp_path / "c.csv")
    lock.release()
    make_release(run, tmp_path / "shared", crosswalk_file=tmp_path / "c.csv")


def test_a_further_table_is_released_by_its_numbers_and_days(run: Path, tmp_path: Path) -> None:
    policy = read_policy("mimic_iv")
    further = Table(
        "procedures",
        (
            Column("subject_id", "id", id="subject_id", required=True),
            Column("hadm_id", "id", id="hadm_id"),
            Column("chartdate", "date", required=True),
            Column("code", "values", values=("A1", "B2")),
        ),
    )
    rows = [(70_000_001 + n, 80_000_001 + n, "2013-01-07", "AB"[n % 2] + "12"[n % 2]) for n in range(40)]
    write(tmp_path / "given.csv", ("subject_id", "hadm_id", "chartdate", "code"), rows)
    made = make_release(
        run,
        tmp_path / "shared",
        replace(policy, tables=(*policy.tables, further)),
        tables={"procedures": tmp_path / "given.csv"},
        crosswalk_file=tmp_path / "c.csv",
    )
    subjects, offsets = numbers(tmp_path / "c.csv", "subject_id"), numbers(tmp_path / "c.csv", "offset_days")
    released = {row["subject_id"]: row for row in rows_of(made.folder, "procedures")}
    assert len(released) == 40
    for n in range(40):
        true = str(70_000_001 + n)
        day = build.date(2013, 1, 7).toordinal() + offsets[true]
        assert released[str(subjects[true])]["chartdate"] == str(build.date.fromordinal(day))


@pytest.mark.parametrize(
    ("keep", "different", "passes"), [(("season",), 80, True), (("season",), 10, False), ((), 80, False)]
)
def test_offsets_are_spread_as_far_as_an_option_lets_them(keep: tuple[str, ...], different: int, passes: bool) -> None:
    engine = DuckDBEngine()
    select = (
        f"'offset_days' AS kind, CAST(person AS VARCHAR) AS true_id, 365 * (100 + person % {different}) AS released"
    )
    engine.create("crosswalk", f"SELECT {select} FROM (SELECT unnest(range(50_000)) AS person) AS people")
    found = list(disclosure.offsets(engine, replace(read_policy("mimic_iv"), keep=keep)))
    engine.close()
    assert [check.passed for check in found] == [True, passes]


def test_linking_by_rank_finds_nobody(made: Release, crosswalk: Path) -> None:
    for kind in ("subject_id", "hadm_id"):
        known = numbers(crosswalk, kind)
        guessed = dict(zip(sorted(known, key=int), sorted(known.values()), strict=True))
        # One is correct by chance; ten or more of 120 are correct once in ten million releases.
        assert sum(guessed[true] == released for true, released in known.items()) < 10


# Each leak in tables made by others: a change, and the check that detects it.
def _year(rows: Rows) -> Rows:
    return [{**rows[0], "anchor_year": "2013"}, *rows[1:]]


def _group(rows: Rows) -> Rows:
    return [{**rows[0], "anchor_year_group": "2013-05-06"}, *rows[1:]]


def _born_later(rows: Rows) -> Rows:
    return [{**rows[0], "anchor_age": "-1"}, *rows[1:]]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_year, "every anchor_year is 2100 or later"),
        (_group, "anchor_year_group has only groups of 3 years"),
        (_born_later, "no age below 0"),
    ],
)
def test_a_leak_in_what_is_derived_is_found(
    made: Release, tmp_path: Path, spoil: Callable[[Rows], Rows], said: str
) -> None:
    shutil.copytree(made.folder, tmp_path / "theirs")
    put(tmp_path / "theirs", "patients", spoil(rows_of(made.folder, "patients")))
    assert [check.claim for check in check_release(tmp_path / "theirs").failed if said in check.claim]


def test_an_age_over_89_is_found_by_whole_years_between_two_days(made: Release, tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    shutil.copytree(made.folder, folder)
    stays = [row for row in rows_of(folder, "admissions") if "02" <= row["admittime"][5:7] < "06"]
    one = stays[0]["subject_id"]
    year = int(stays[0]["admittime"][:4])
    rows = rows_of(folder, "patients")
    for row in rows:
        if row["subject_id"] == one:
            row |= {"anchor_age": "89", "anchor_year": str(year), "dod": ""}
    put(folder, "patients", rows)
    visits = [row for row in rows_of(folder, "edstays") if row["subject_id"] != one]
    claim = "patients: no date reveals an age over 89"
    for day, passes in ((f"{year + 1}-01-03", True), (f"{year + 1}-06-30", False)):
        visit = {**visits[0], "subject_id": one, "hadm_id": "", "stay_id": "39999999"}
        visit |= {"intime": f"{day} 01:00:00", "outtime": f"{day} 02:00:00"}
        put(folder, "edstays", [*visits, visit])
        assert {check.claim: check.passed for check in check_release(folder).checks}[claim] == passes


def test_rows_and_numbers_in_the_order_of_true_years_are_found(made: Release, tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    shutil.copytree(made.folder, folder)
    chance = random.Random(1)
    people = rows_of(folder, "patients")
    for row in people:
        start = 2008 + 3 * chance.randrange(4)
        row["anchor_year_group"] = f"{start} - {start + 2}"
    put(folder, "patients", people)
    group = {row["subject_id"]: row["anchor_year_group"] for row in people}
    stays = rows_of(folder, "admissions")
    chance.shuffle(stays)
    put(folder, "admissions", stays)
    claims = ("order of rows does not follow the true years", "hadm_id does not follow the true years")
    assert not [check for check in check_release(folder).failed if any(claim in check.claim for claim in claims)]
    in_order = sorted(stays, key=lambda row: group[row["subject_id"]])
    put(folder, "admissions", in_order)
    assert [check for check in check_release(folder).failed if claims[0] in check.claim]
    for number, row in enumerate(in_order):
        row["hadm_id"] = str(20_000_000 + number)
    chance.shuffle(in_order)
    put(folder, "admissions", in_order)
    assert [check for check in check_release(folder).failed if claims[1] in check.claim]


def test_a_stray_file_in_the_folder_is_found(made: Release, tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    shutil.copytree(made.folder, folder)
    (folder / "crosswalk.csv").write_text("kind,true_id,released\n")
    assert [check.claim for check in check_release(folder).failed] == [
        "the folder contains only the tables and the files that describe them"
    ]


def test_the_people_of_a_release_are_all_there(made: Release) -> None:
    assert made.rows["patients"] == PEOPLE
    assert not made.had_crosswalk
    assert "NO CROSSWALK OF AN EARLIER RELEASE" in str(made)
