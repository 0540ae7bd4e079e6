"""A run writes all its files or none, readable by their owner only, with the same bytes for the same input."""

import csv
import gzip
import hashlib
import itertools
import json
import os
import random
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import linkage
from linkage.engines.duck.engine import DuckDBEngine
from linkage.system.gzip_pipe import gzip_pipe
from tests.small_town import town
from tests.small_town.town import link_town

TABLES = {"links", "outcomes", "release", "patients", "review", "rejected"}


@pytest.fixture(scope="module")
def linked() -> Iterator[linkage.Linkage]:
    """One run on the small town."""
    with link_town() as run:
        yield run


@pytest.fixture(scope="module", params=["csv.gz", "parquet"])
def written(request: pytest.FixtureRequest, linked: linkage.Linkage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the run in each format, written with a permissive umask."""
    folder = tmp_path_factory.mktemp("run") / "out"
    mask = os.umask(0)
    try:
        linked.write(folder, request.param)
    finally:
        os.umask(mask)
    return folder


def digests(folder: Path) -> dict[str, str]:
    """The hash of each table's file."""
    files = sorted(path for path in folder.iterdir() if path.name != "manifest.json")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a compressed CSV file, as Python's own reader sees them."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_files_are_readable_by_their_owner_alone(written: Path) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in written.iterdir()} == {0o600}


def test_every_table_and_the_manifest_are_written(written: Path) -> None:
    format = json.loads((written / "manifest.json").read_text())["settings"]["format"]
    assert {path.name for path in written.iterdir()} == {f"{name}.{format}" for name in TABLES} | {"manifest.json"}


def test_nothing_is_left_beside_the_output(written: Path) -> None:
    assert list(written.parent.iterdir()) == [written]


def test_tables_hold_what_the_frames_hold(linked: linkage.Linkage, written: Path) -> None:
    for name in ("links", "outcomes", "release", "review", "rejected"):
        frame = getattr(linked, name)
        if (path := written / f"{name}.parquet").exists():
            pd.testing.assert_frame_equal(linked.engine.frame("SELECT * FROM source", linkage.source(path)), frame)
        else:
            read = rows(written / f"{name}.csv.gz")
            assert len(read) == len(frame)
            assert list(read[0]) == list(frame.columns)
            first = frame.columns[0]
            assert [row[first] for row in read] == frame[first].tolist()


def test_a_release_holds_an_id_and_a_date_and_nothing_else(written: Path) -> None:
    if not (written / "release.csv.gz").exists():
        assert list(pd.read_parquet(written / "release.parquet").columns) == ["patient_id", "dod"]
        return
    found = rows(written / "release.csv.gz")
    assert list(found[0]) == ["patient_id", "dod"]
    assert {len(row["dod"]) for row in found} == {0, 10}


def test_a_run_that_was_given_no_encounters_ends_with_links(tmp_path: Path) -> None:
    with link_town(encounters=None) as run:
        run.write(tmp_path / "out")
        with pytest.raises(linkage.InputError, match="no outcomes: the run has no encounters"):
            _ = run.outcomes
    assert set(digests(tmp_path / "out")) == {"links.csv.gz", "review.csv.gz", "rejected.csv.gz"}


def shuffled_town(folder: Path, seed: int) -> Path:
    """The town's files with their rows in another order."""
    folder.mkdir()
    for path in (town.PATIENTS, town.DEATHS, *town.ENCOUNTERS):
        header, *lines = path.read_text("utf-8").splitlines()
        random.Random(seed).shuffle(lines)
        (folder / path.name).write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return folder


@pytest.mark.parametrize("format", ["csv.gz", "parquet"])
def test_a_run_is_repeatable_byte_for_byte(tmp_path: Path, format: str) -> None:
    for name, options in (("one", {"threads": 1}), ("two", {"threads": 2}), ("again", {"threads": 2, "memory": "1GB"})):
        with link_town(**options) as run:
            run.write(tmp_path / name, format)
    assert digests(tmp_path / "one") == digests(tmp_path / "two") == digests(tmp_path / "again")


@pytest.mark.parametrize("format", ["csv.gz", "parquet"])
def test_the_order_of_input_rows_changes_no_byte(tmp_path: Path, linked: linkage.Linkage, format: str) -> None:
    linked.write(tmp_path / "as given", format)
    with link_town(shuffled_town(tmp_path / "shuffled", seed=1)) as run:
        run.write(tmp_path / "otherwise", format)
        assert run.counts == linked.counts
        # The list of rejected rows has new row numbers; the reasons are the same.
        assert sorted(run.rejected["reason"]) == sorted(linked.rejected["reason"])
    before, after = digests(tmp_path / "as given"), digests(tmp_path / "otherwise")
    for found in (before, after):
        del found[f"rejected.{format}"]
    assert before == after


def compressed(pieces: list[bytes]) -> bytes:
    """The content of a file after a text is written to the pipe in pieces."""
    with tempfile.TemporaryFile() as file:
        with gzip_pipe(os.dup(file.fileno())) as path, open(path, "wb", buffering=0) as text:
            for piece in pieces:
                text.write(piece)
        file.seek(0)
        return file.read()


@given(st.lists(st.integers(1, 3_000_000), max_size=5))
def test_the_pieces_in_which_text_comes_change_no_byte(cuts: list[int]) -> None:
    text = b"".join(b"%d,%d,exact,not_known\n" % (number, number**2 % 9973) for number in range(100_000))
    places = [0, *sorted(cuts), len(text)]
    pieces = [text[start:stop] for start, stop in itertools.pairwise(places)]
    whole = compressed([text])
    assert gzip.decompress(whole) == text
    assert compressed(pieces) == whole


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_last_good_output(
    tmp_path: Path, linked: linkage.Linkage, monkeypatch: pytest.MonkeyPatch, problem: BaseException
) -> None:
    folder = tmp_path / "out"
    linked.write(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write, begun = DuckDBEngine.write, []

    def break_off(engine: DuckDBEngine, select: str, order: str, path: Path, *others: Any, **options: Any) -> None:
        begun.append(path)
        write(engine, select, order, path, *others, **options)
        if len(begun) == 3:
            raise problem

    monkeypatch.setattr(DuckDBEngine, "write", break_off)
    with pytest.raises((linkage.OutputError, KeyboardInterrupt)) as raised:
        linked.write(folder)
    assert isinstance(raised.value, KeyboardInterrupt) or "The last output is untouched" in str(raised.value)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert list(tmp_path.iterdir()) == [folder]


def test_a_later_run_replaces_all_files_of_an_earlier_one(tmp_path: Path, linked: linkage.Linkage) -> None:
    linked.write(tmp_path / "out", "parquet")
    linked.write(tmp_path / "out", "csv.gz")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {f"{name}.csv.gz" for name in TABLES} | {
        "manifest.json"
    }


def test_an_empty_folder_is_taken(tmp_path: Path, linked: linkage.Linkage) -> None:
    linked.write(tmp_path)
    assert (tmp_path / "manifest.json").is_file()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_folder_with_the_files_of_others_is_refused(tmp_path: Path, linked: linkage.Linkage) -> None:
    (tmp_path / "thesis.tex").write_text("five years of work")
    with pytest.raises(
        linkage.OutputError, match=r"no run has written, such as thesis\.tex\. Choose a new or an empty folder"
    ):
        linked.write(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "five years of work"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path, linked: linkage.Linkage) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(linkage.OutputError, match="is a file"):
        linked.write(tmp_path / "out")
    with pytest.raises(linkage.OutputError, match="cannot be written: File exists"):
        linked.write(tmp_path / "out" / "below")


def test_a_folder_is_made_with_those_above_it(tmp_path: Path, linked: linkage.Linkage) -> None:
    linked.write(tmp_path / "a" / "b" / "out")
    assert (tmp_path / "a" / "b" / "out" / "links.csv.gz").is_file()


def test_the_manifest_states_how_to_repeat_the_run(written: Path) -> None:
    manifest = json.loads((written / "manifest.json").read_text("utf-8"))
    files = [town.PATIENTS, town.DEATHS, *town.ENCOUNTERS]
    assert [source["file"] for source in manifest["inputs"]] == [path.name for path in files]
    for source, path in zip(manifest["inputs"], files, strict=True):
        assert source["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    rules = linkage.shipped_rules()["mimic_iv"]
    assert manifest["rules"]["name"] == "mimic_iv"
    assert manifest["rules"]["sha256"] == hashlib.sha256(rules.read_bytes()).hexdigest()
    assert manifest["inputs"][0]["columns"]["patient_id"] == "subject_id"
    settings = manifest["settings"]
    assert (settings["anchor"], settings["coverage_first"], settings["coverage_last"]) == (
        "hospital_or_ed",
        "2014-01-01",
        "2017-06-30",
    )
    assert settings["coverage_stated"] is True
    assert manifest["versions"]["linkage"] == linkage.__version__
    assert {"candidate_links", "patients_with_candidate", "links_by_rule", "rows"} <= set(manifest["counts"])
    assert {"read", "block", "compare", "assign", "censor"} <= set(manifest["seconds"])


def test_coverage_that_nobody_stated_is_reported_as_what_the_file_shows(tmp_path: Path) -> None:
    with link_town(policy=linkage.MortalityPolicy()) as run:
        run.write(tmp_path / "out")
        outcomes = run.outcomes
    settings = json.loads((tmp_path / "out" / "manifest.json").read_text())["settings"]
    assert settings["coverage_stated"] is False
    assert (settings["coverage_first"], settings["coverage_last"]) == ("2014-01-01", "2017-06-30")
    assert outcomes["coverage_last"].dt.strftime("%Y-%m-%d").unique().tolist() == ["2017-06-30"]


AWKWARD = [
    "comma, inside",
    'a "quoted" word',
    "two\nlines",
    "'single'",
    "semi;colon\ttab",
    "naïve ünïcode",
    "",
    "1e5",
]


def test_awkward_values_survive_the_quoting_of_rfc_4180(tmp_path: Path) -> None:
    patients = pd.DataFrame({
        "patient_id": [f'{place}, "{value[:3]}"' for place, value in enumerate(AWKWARD)],
        "last_name": "Lee",
        "birth_date": "1950-02-11",
        'group "A", b': AWKWARD,
    })  # fmt: skip
    deaths = pd.DataFrame({"death_id": ['9,"9"'], "last_name": ["LEE"], "birth_date": ["1950-02-12"]})
    stays = pd.DataFrame({"patient_id": patients["patient_id"], "start": "2015-01-01", "discharge": "2015-01-02"})
    with linkage.link(patients, deaths, encounters=stays, groups=['group "A", b']) as run:
        run.write(tmp_path / "out")
    found = {row["patient_id"]: row['group "A", b'] for row in rows(tmp_path / "out" / "outcomes.csv.gz")}
    assert found == dict(zip(patients["patient_id"], AWKWARD, strict=True))


MIMIC_SHAPES = [
    # columns of the patients other than names, columns of the written table, reason
    (("subject_id", "dod"), ["subject_id", "dod", "last_name", "birth_date"], "dod is filled where it stands"),
    (("SUBJECT_ID", "DOD"), ["SUBJECT_ID", "DOD", "last_name", "birth_date"], "MIMIC-III wrote capitals"),
    (("subject_id",), ["subject_id", "last_name", "birth_date", "dod"], "a missing dod is added at the end"),
    (("patient_id",), None, "a table of another shape is not written"),
]


@pytest.mark.parametrize(("columns", "expected", "reason"), MIMIC_SHAPES, ids=[row[-1] for row in MIMIC_SHAPES])
def test_patients_of_the_shape_of_mimic_come_back_with_dod(
    tmp_path: Path, columns: tuple[str, ...], expected: list[str] | None, reason: str
) -> None:
    values = {name: ["10", "9"] if name.lower() != "dod" else [None, None] for name in columns}
    patients = pd.DataFrame({**values, "last_name": ["Lee", "Roe"], "birth_date": ["1950-02-11", "1951-03-12"]})
    deaths = pd.DataFrame(
        {
            "death_id": ["1"],
            "last_name": ["LEE"],
            "birth_date": ["1950-02-11"],
            "ssn": ["212345678"],
            "dod": ["2015-06-30"],
        }
    )
    stays = pd.DataFrame({"subject_id": ["10", "9"], "admittime": "2015-01-01", "dischtime": "2015-01-02"})
    cascade = linkage.read_rules("mimic_iv")
    deathtime = stays.assign(deathtime=["2015-01-02", ""], hospital_expire_flag=[1, 0])
    with linkage.link(patients, deaths, cascade, encounters=deathtime) as run:
        run.write(tmp_path / "out")
    path = tmp_path / "out" / "patients.csv.gz"
    assert path.exists() is (expected is not None)
    if expected:
        found = rows(path)
        assert list(found[0]) == expected
        lee = next(row for row in found if row["last_name"] == "Lee")
        assert [found.index(lee), next(v for k, v in lee.items() if k.lower() == "dod")] == [1, "2015-01-02"]


def test_patients_that_were_not_used_are_not_in_the_table_of_patients(tmp_path: Path) -> None:
    people = [("1", "Lee"), (None, "Nobody"), (" ", "Nobody"), ("2", "Roe"), ("1 ", "Lee"), ("10", "Moe")]
    patients = pd.DataFrame(people, columns=["subject_id", "last_name"]).assign(birth_date="1950-02-11")
    deaths = pd.DataFrame({"death_id": ["8"], "last_name": ["LEE"], "birth_date": ["1950-02-12"]})
    stays = pd.DataFrame({"subject_id": ["1", "2"], "dischtime": "2015-01-02", "deathtime": ["2015-01-02", None]})
    with linkage.link(patients, deaths, encounters=stays) as run:
        run.write(tmp_path / "out")
    found = [
        (row["subject_id"].strip(), row["last_name"], row["dod"]) for row in rows(tmp_path / "out/patients.csv.gz")
    ]
    assert found == [("1", "Lee", "2015-01-02"), ("2", "Roe", ""), ("10", "Moe", "")]


@pytest.mark.parametrize("format", ["csv.gz", "parquet"])
def test_rows_stay_in_order_when_several_threads_write_them(tmp_path: Path, format: str) -> None:
    # More rows than one thread processes at once, and text that is checked while it is read.
    engine = DuckDBEngine(threads=4)
    engine.create("numbered", "SELECT CAST(n AS VARCHAR) AS id, 'plain' AS text FROM range(600000, 0, -1) AS r(n)")
    path = tmp_path / f"numbered.{format}"
    engine.write("SELECT * FROM numbered", "length(written.id), written.id", path, format)
    ids = duckdb.sql(f"SELECT id FROM '{path}'").fetchall()
    engine.close()
    assert [int(id) for (id,) in ids] == list(range(1, 600_001))
