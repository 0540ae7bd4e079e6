"""Spark on two worker processes agrees with DuckDB and the reference engine, even if a worker dies."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import linkage
from linkage.method.linking import Linking
from linkage.rules.file import read_rules
from linkage.run.output import table_names
from linkage.run.prepare import Ready, open_engine, prepare
from linkage.run.progress import Progress, Stopwatch
from linkage.sources.make_source import run_sources
from linkage.sources.source import Source
from synthetic import make_registry
from tests.formats import test_engines as formats
from tests.formats.test_tables import workbook
from tests.spark.everybody import CROWD, FAMOUS, OTHERS, write_common_names, write_everybody
from tests.stages import finished
from tests.test_febrl import linked

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.slow
pytest.importorskip("pyspark", reason="PySpark is not installed: Spark is not tested")


def assert_same(found: linkage.Linkage, expected: linkage.Linkage) -> None:
    for table in table_names(found):
        pd.testing.assert_frame_equal(getattr(found, table), getattr(expected, table))
    assert found.counts == expected.counts


def test_names_that_most_people_share_cost_no_pairs_and_change_no_link(cluster: "SparkSession", tmp_path: Path) -> None:
    """Rows of the text files are rejected, numbered and examined as by DuckDB."""
    files = write_common_names(tmp_path)
    with linkage.link(**files, engine="spark") as found, linkage.link(**files) as expected:
        assert_same(found, expected)
        assert found.counts["candidate_links"] > FAMOUS**2  # counted, not created
        assert found.database.rows("SELECT count(*) FROM pair")[0][0] < 2 * OTHERS
        linked = found.links.iloc[0]
        explanations = [run.explain(linked["patient_id"], linked["death_id"]) for run in (found, expected)]
        assert str(explanations[0]) == str(explanations[1])
        assert expected.rejected["row_number"].tolist() == [4, 4, 6]
        assert expected.links["death_id"].astype(int).min() == 2
        assert list(found.concerns) == list(expected.concerns)
        assert [concern.partition(":")[0] for concern in expected.concerns][-1].startswith("encounters.csv")
    assert cluster.catalog.listTables() == []  # a separate session leaves no name in theirs


def test_febrl_comes_out_as_with_duckdb(cluster: "SparkSession") -> None:
    (_, found, counts), (_, expected, expected_counts) = linked("febrl 1", "spark"), linked("febrl 1")
    pd.testing.assert_frame_equal(found, expected)
    assert counts == expected_counts


def test_pairs_are_weighed_as_by_duckdb(cluster: "SparkSession", monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer keys and fewer drawn pairs, because each key costs Spark a second and all pairs of 400 records cost it
    ten. One key has dense blocks. A third of the births are years, and some people have three records in each file, one
    with a typing error."""
    monkeypatch.setattr("linkage.method.dense_blocks.MOST_WEIGHED", 60)
    monkeypatch.setattr("linkage.method.evidence_sql.SAMPLED", 80)
    town = make_registry("twins_and_families", patients=250, seed=8)
    born = town.deaths["birth_date"].astype(str)
    deaths = town.deaths.assign(birth_date=born.where(town.deaths.index % 3 > 0, born.str[:4]))
    patients, deaths = (with_further_records(file, 80) for file in (town.patients, deaths))
    keys = (("ssn",), ("last_name", "birth_date"), ("first_name", "last_name"))
    cascade, runs = replace(read_rules("evidence"), keys=keys), []
    for engine in ("duckdb", "spark"):
        with linkage.link(patients, deaths, cascade, engine=engine) as run:
            runs.append((run.links, run.review, run.counts, run.evidence))
    for one, other in zip(runs[0][:2], runs[1][:2], strict=True):
        pd.testing.assert_frame_equal(other, one)
    assert runs[0][2:] == runs[1][2:]
    assert set(runs[0][0]["rule"]) - {"R1", "R2"}
    assert "year" in set(runs[0][0]["birth_date_agreement"])
    assert all(runs[0][2]["expected"]["joined"].values())


def with_further_records(file: pd.DataFrame, people: int) -> pd.DataFrame:
    """A file whose first people have an identical record more, and one whose first name lacks its last letter."""
    again, id_column = file.head(people), file.columns[0]
    same, slips = (again.assign(**{id_column: again[id_column].astype(str) + end}) for end in "12")
    slips = slips.assign(first_name=slips["first_name"].str[:-1])
    return pd.concat([file.assign(**{id_column: file[id_column].astype(str)}), same, slips], ignore_index=True)


PREPARED = ("patient", "death", "encounter", "rejected", "nickname", "patient_person", "death_person")
"""The tables of the first steps that later steps read."""


@contextmanager
def prepared(patients: Any, deaths: Source, stays: Any, engine: str) -> Iterator[tuple[Ready, dict[str, pd.DataFrame]]]:
    """A run of files in several formats, until pairs are made, and its tables."""
    sources = run_sources(patients, deaths, stays, {})
    with closing(open_engine(engine, None, None, sources)) as database:
        ready = prepare(Linking(database, read_rules("mimic_iv"), sources), Stopwatch())
        tables = {name: database.frame(f"SELECT * FROM {name} ORDER BY ALL") for name in PREPARED}
        yield ready, {name: table.drop(columns="rowid", errors="ignore") for name, table in tables.items()}


@pytest.mark.parametrize("name", ["ssa_dmf", "ije", "fhir"])
def test_files_in_other_formats_are_read_as_by_duckdb(cluster: "SparkSession", name: str, tmp_path: Path) -> None:
    """The later steps do not know the format. One registry, which changes its records, is linked too. With another one,
    the patients are a workbook and the stays a file of Stata."""
    make, linked_patients = formats.REGISTRIES[name]
    patients, stays = formats.PATIENTS, formats.STAYS
    if name == "ije":
        rows = [list(patients.columns), *patients.to_numpy().tolist()]
        patients, stays = workbook(tmp_path / "patients.xlsx", Patients=rows), formats.stata(tmp_path / "s.dta", stays)
    with (
        prepared(patients, make(tmp_path), stays, "spark") as (found, tables),
        prepared(patients, make(tmp_path), stays, "duckdb") as (expected, expected_tables),
    ):
        assert len(expected_tables["patient"]) == len(expected_tables["encounter"]) == 5
        assert len(expected_tables["death"]) == len(linked_patients)
        for table, rows in expected_tables.items():
            pd.testing.assert_frame_equal(tables[table], rows, check_like=True)  # columns in any order
        assert found.loaded == expected.loaded
        assert found.concerns == expected.concerns
        for state in ("keys", "cleaning", "persons", "one_sided"):
            assert getattr(found.linking, state) == getattr(expected.linking, state)
        if name == "ssa_dmf":
            runs = finished(found, "spark"), finished(expected, "duckdb")
            assert runs[1].links["patient_id"].tolist() == linked_patients
            assert_same(*runs)


def workers(session: "SparkSession") -> set[int]:
    """The worker processes of a session."""
    pattern = f"CoarseGrainedExecutorBackend.*{session.sparkContext.applicationId}"
    found = subprocess.run(["pgrep", "-f", pattern], capture_output=True, text=True).stdout.split()
    return set(map(int, found))


class Killer(Progress):
    """Kills a worker during a job of one step."""

    def __init__(self, session: "SparkSession", step: str) -> None:
        self.session, self.step, self.killed = session, step, 0

    def begin(self, step: str) -> None:
        if step == self.step:
            threading.Thread(target=self._kill).start()

    def _kill(self) -> None:
        tracker = self.session.sparkContext.statusTracker()
        while not tracker.getActiveStageIds():
            time.sleep(0.01)
        self.killed = min(workers(self.session))
        os.kill(self.killed, signal.SIGKILL)


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return write_everybody(tmp_path_factory.mktemp("everybody"))


@pytest.fixture(scope="module")
def expected(everybody: dict[str, Any]) -> Iterator[linkage.Linkage]:
    with linkage.link(**everybody) as run:
        yield run


@pytest.fixture(scope="module")
def found(everybody: dict[str, Any], cluster: "SparkSession") -> Iterator[linkage.Linkage]:
    """People of every profile, linked by Spark while one of its workers was killed."""
    killer = Killer(cluster, "block")
    with linkage.link(**everybody, engine="spark", progress=killer) as run:
        assert killer.killed
        yield run


def test_people_of_every_profile_are_linked_as_by_duckdb_though_a_worker_dies(
    found: linkage.Linkage, expected: linkage.Linkage
) -> None:
    assert_same(found, expected)


def test_people_of_every_profile_are_linked_as_by_the_reference_engine(
    found: linkage.Linkage, everybody: dict[str, Any]
) -> None:
    with linkage.link(**everybody, engine="reference") as reference:
        pd.testing.assert_frame_equal(found.links, reference.links)


def test_a_crowd_of_one_name_is_entered_by_pieces_of_other_fields(found: linkage.Linkage) -> None:
    assert found.counts["candidate_links"] > CROWD**2  # counted, not created: at most ...
    assert found.database.rows("SELECT count(*) FROM pair")[0][0] < CROWD**2 / 4
    assert found.links["patient_id"].str.startswith("77").sum() > CROWD / 2


def test_text_files_are_the_same_bytes(found: linkage.Linkage, expected: linkage.Linkage, tmp_path: Path) -> None:
    for name, run in (("spark", found), ("duckdb", expected)):
        run.write(tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "duckdb").glob("*.csv.gz"))
    assert names == [f"{name}.csv.gz" for name in ("links", "outcomes", "patients", "rejected", "release", "review")]
    for name in names:
        assert (tmp_path / "spark" / name).read_bytes() == (tmp_path / "duckdb" / name).read_bytes(), name


def test_parquet_is_folders_of_the_same_rows_in_the_same_order(
    found: linkage.Linkage, expected: linkage.Linkage, tmp_path: Path
) -> None:
    for name, run in (("spark", found), ("duckdb", expected)):
        run.write(tmp_path / name, "parquet")
    for path in sorted((tmp_path / "duckdb").glob("*.parquet")):
        parts = sorted((tmp_path / "spark" / path.name).iterdir())
        assert {part.suffix for part in parts} == {".parquet"}
        assert {part.stat().st_mode & 0o777 for part in parts} == {0o600}
        assert pq.read_table(path).to_pylist() == [row for part in parts for row in pq.read_table(part).to_pylist()]
