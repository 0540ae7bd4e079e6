"""About fifty people, each designed for one case, are linked by both engines.

`expected.csv` gives the expected result for each of them, and why. A run must agree on every row.
"""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import linkage
import linkage.run.link
from linkage.method.censor import STATUSES
from linkage.method.decide import FATES
from tests.small_town.town import FOLDER as TOWN
from tests.small_town.town import link_town

ENGINES = ("duckdb", "reference")


def expected() -> list[dict[str, str]]:
    """The expected rows."""
    with (TOWN / "expected.csv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


@pytest.fixture(scope="module", params=ENGINES)
def town(request: pytest.FixtureRequest) -> Iterator[linkage.Linkage]:
    """The town, linked by each engine."""
    with link_town(engine=request.param) as linked:
        yield linked


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The output of each engine."""
    written = {}
    for engine in ENGINES:
        written[engine] = tmp_path_factory.mktemp(engine) / "out"
        with link_town(engine=engine) as linked:
            linked.write(written[engine])
    return written


def outcomes_by_patient(town: linkage.Linkage) -> dict[str, dict[str, str]]:
    """The outcome of each patient, as text, in the columns of expected.csv."""
    outcomes = town.outcomes.set_index("patient_id")[["death_id", "rule", "fate", "status", "dod"]]
    outcomes["dod"] = outcomes["dod"].dt.strftime("%Y-%m-%d")
    rows = outcomes.astype(object).fillna("").to_dict("index")
    return {str(patient): {str(name): value for name, value in row.items()} for patient, row in rows.items()}


def test_every_person_comes_out_as_foreseen(town: linkage.Linkage) -> None:
    found = outcomes_by_patient(town)
    assert set(found) == {row["patient_id"] for row in expected()}
    surprises = [
        f"{row['patient_id']} {name}: {found[row['patient_id']][name]!r}, not {row[name]!r}. {row['why']}"
        for row in expected()
        for name in ("death_id", "rule", "fate", "status", "dod")
        if found[row["patient_id"]][name] != row[name]
    ]
    assert not surprises, "\n".join(surprises)


def test_links_and_release_say_what_the_outcomes_say(town: linkage.Linkage) -> None:
    linked = [(row["patient_id"], row["death_id"], row["rule"]) for row in expected() if row["death_id"]]
    assert town.links[["patient_id", "death_id", "rule"]].apply(tuple, axis=1).tolist() == linked
    release = town.release
    assert list(release.columns) == ["patient_id", "dod"]
    days = release["dod"].dt.strftime("%Y-%m-%d").fillna("")
    assert dict(zip(release["patient_id"], days, strict=True)) == {r["patient_id"]: r["dod"] for r in expected()}


def test_the_town_has_somebody_for_every_rule_fate_and_status_but_one() -> None:
    rows = expected()
    assert {row["rule"] for row in rows} - {""} == {rule.id for rule in linkage.read_rules("mimic_iv").rules}
    assert {row["fate"] for row in rows} == set(FATES)
    # A death with an unrecorded day is in test_mortality.
    assert {row["status"] for row in rows} == set(STATUSES) - {"died_date_not_known"}
    assert all(row["why"].endswith(".") for row in rows)


REVIEW = [
    # kind, patient, certificate, rule, reason
    ("tie", "17", "117", "R2", "two certificates of different days"),
    ("tie", "17", "118", "R2", "two certificates of different days"),
    ("tie", "18", "119", "R1", "two record numbers of one patient"),
    ("tie", "19", "119", "R1", "two record numbers of one patient"),
    ("second claim", "22", "123", "R2", "the other twin, by the same rule but less close"),
    ("death before last contact", "39", "139", "R1", "seen alive half a year later"),
    ("death before birth", "41", "141", "R1", "died on the day before birth"),
]


def test_what_needs_a_persons_eye_is_in_review_and_nothing_else(town: linkage.Linkage) -> None:
    found = town.review[["kind", "patient_id", "death_id", "rule"]].apply(tuple, axis=1).tolist()
    assert sorted(found) == sorted(row[:4] for row in REVIEW)


REJECTED = [
    ("admissions.csv", "patient_id is not among the patients"),
    ("deaths.csv", "void certificate"),
    ("deaths.csv", "void certificate"),
]


def test_rows_that_cannot_be_used_are_listed(town: linkage.Linkage) -> None:
    found = town.rejected
    assert sorted(zip(found["file"], found["reason"], strict=True)) == REJECTED
    for file, number in zip(found["file"], found["row_number"], strict=True):
        line = (TOWN / file).read_text("utf-8").splitlines()[number - 1]
        assert line.startswith("99,") if file == "admissions.csv" else line.endswith(",1")


def test_the_runner_up_and_the_margin_are_stated(town: linkage.Linkage) -> None:
    links = town.links.set_index("patient_id")
    twin = links.loc["21"]  # R1 took the certificate that R2 would give to the other twin
    assert (twin["runner_up_patient_id"], twin["runner_up_rule"], twin["margin_rules"]) == ("20", "R2", 1)
    closer = links.loc["23"]
    assert (closer["runner_up_patient_id"], closer["margin_rules"], closer["margin_field"]) == ("22", 0, "first_name")
    assert links["runner_up_rule"].isna()["1"]


def test_every_number_of_the_account_is_the_town_s(town: linkage.Linkage) -> None:
    rows, counts = expected(), town.counts
    assert counts["patients"] == len(rows) == 52
    assert counts["patients_by_fate"] == {fate: sum(row["fate"] == fate for row in rows) for fate in FATES}
    assert counts["patients_linked"] == sum(counts["links_by_rule"].values()) == sum(bool(r["rule"]) for r in rows)
    statuses = counts["mortality"]["status"]
    assert statuses == {status: sum(row["status"] == status for row in rows) for status in statuses}
    assert counts["cleaned"]["patient"]["ssn"] == {"shared by many people": 3, "known dummy": 1}
    assert counts["cleaned"]["death"]["ssn"] == {"shared by many people": 3, "known dummy": 1}
    assert counts["records_of_persons_with_several"] == {"patient": 2, "death": 2}
    assert counts["mortality"]["hospital_registry_difference"] == {"same_day": 1, "within_1_day": 1}
    for row in counts["rows"]:
        assert row["read"] == row["used"] + row["rejected"]
        assert row["read"] == len((TOWN / row["file"]).read_text("utf-8").splitlines()) - 1


def test_both_engines_write_the_same_bytes(folders: dict[str, Path]) -> None:
    names = sorted(path.name for path in folders["duckdb"].iterdir())
    assert names == sorted(path.name for path in folders["reference"].iterdir())
    tables = [name for name in names if name.endswith(".csv.gz")]
    assert len(tables) == 6
    for name in tables:
        assert (folders["duckdb"] / name).read_bytes() == (folders["reference"] / name).read_bytes(), name


def test_the_manifests_of_both_engines_differ_in_who_decided_and_in_seconds(folders: dict[str, Path]) -> None:
    manifests: list[dict[str, Any]] = [json.loads((folders[e] / "manifest.json").read_text()) for e in ENGINES]
    for manifest, engine in zip(manifests, ENGINES, strict=True):
        assert manifest["settings"].pop("decided_by") == engine
        del manifest["seconds"], manifest["cost"]
    assert manifests[0] == manifests[1]


def test_the_patients_table_comes_back_with_its_dod_filled(folders: dict[str, Path]) -> None:
    with gzip.open(folders["duckdb"] / "patients.csv.gz", "rt", encoding="utf-8", newline="") as text:
        filled = list(csv.DictReader(text))
    with (TOWN / "patients.csv").open(encoding="utf-8", newline="") as text:
        given = list(csv.DictReader(text))
    assert [{**row, "dod": ""} for row in filled] == given
    assert [row["dod"] for row in filled] == [row["dod"] for row in expected()]


def test_tables_that_memory_cannot_hold_stand_on_disk_and_the_answers_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with link_town() as expected:
        monkeypatch.setattr("linkage.run.prepare.LARGE", 1)
        monkeypatch.setattr("linkage.run.prepare.BYTES_STORED", 4_000_000_000)
        with link_town() as found:
            assert found.database.rows("SELECT current_setting('memory_limit')") == [("2.6 GiB",)]  # 0.7 of 4 GB
            (path,) = found.database.rows("SELECT path FROM duckdb_databases() WHERE database_name = 'memory'")[0]
            assert Path(path).is_file()
            for table in ("links", "outcomes", "release", "review", "rejected"):
                pd.testing.assert_frame_equal(getattr(found, table), getattr(expected, table))
            assert found.counts == expected.counts
    assert not Path(path).parent.exists()
