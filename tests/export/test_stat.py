"""Exports to Stata and SAS have dates, labels, and codes, and the same bytes each time."""

from datetime import date
from pathlib import Path
from typing import Literal

import pandas as pd
import pyreadstat
import pytest

import linkage
from linkage.cli.main import main
from linkage.errors import InputError
from linkage.export import export
from linkage.export.stat import _CODES, _LABELS, kind_of, label_of, names_for, write_stat
from linkage.method.censor_sql import OUTCOME_COLUMNS


def test_stata_gets_dates_codes_and_labels(out: Path, tmp_path: Path) -> None:
    summary = export(out, "stata", tmp_path / "stata")
    assert "rows: links 4, outcomes 5, release 5" in summary
    rows, meta = pyreadstat.read_dta(tmp_path / "stata" / "outcomes.dta")
    assert rows["patient_id"].tolist() == ["1", "2", "3", "4", "5"]
    assert rows["dod"].tolist()[:3] == [date(2015, 3, 10), date(2015, 4, 15), date(2015, 1, 9)]
    assert rows["dod"].isna().tolist() == [False, False, False, True, True]
    assert rows["followup_days"].tolist() == [60, 96, 0, 365, 365]
    assert rows["death_observed"].tolist() == [1, 1, 1, 0, 0]
    by_code = meta.variable_value_labels["status"]
    assert [by_code[code] for code in rows["status"]] == [
        *["died_within_one_year"] * 3,
        "died_later",
        "alive_at_one_year",
    ]
    assert meta.variable_value_labels["death_observed"] == {0: "no", 1: "yes"}
    assert dict(zip(meta.column_names, meta.column_labels, strict=True))["dod"].startswith("Released date of death")
    assert meta.original_variable_types["dod"] == "%td"
    assert (tmp_path / "stata" / "outcomes.dta").stat().st_mode & 0o077 == 0


def test_sas_gets_dates_and_labels_in_transport_files(out: Path, tmp_path: Path) -> None:
    export(out, "sas", tmp_path / "sas")
    rows, meta = pyreadstat.read_xport(tmp_path / "sas" / "outcomes.xpt")
    assert rows["status"].tolist() == [*["died_within_one_year"] * 3, "died_later", "alive_at_one_year"]
    assert rows["dod"].tolist()[:3] == [date(2015, 3, 10), date(2015, 4, 15), date(2015, 1, 9)]
    assert meta.original_variable_types["dod"] == "DATE9"
    assert meta.table_name.lower() == "outcomes"
    assert all(meta.column_labels)


def test_an_export_holds_all_links_and_says_which_names_were_cut(out: Path, tmp_path: Path) -> None:
    export(out, "stata", tmp_path / "stata")
    rows, meta = pyreadstat.read_dta(tmp_path / "stata" / "links.dta")
    assert rows["patient_id"].tolist() == ["1", "2", "3", "4"]
    assert set(rows["ssn_agreement"]) <= {"exact", "not_known", "disagree", "similar"}
    assert "first_name_jaro_winkler_similari" in meta.column_names
    assert '"first_name_jaro_winkler_similarity": "first_name_jaro_winkler_similari"' in (
        tmp_path / "stata" / "export.json"
    ).read_text("utf-8")


@pytest.mark.parametrize("to", ["stata", "sas"])
def test_the_same_run_gives_the_same_bytes_whatever_the_time(
    out: Path, tmp_path: Path, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import linkage.export.stat as stat

    for name in ("one", "two"):
        export(out, to, tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        content = path.read_bytes()
        assert content == (tmp_path / "two" / path.name).read_bytes()
        if path.suffix in (".dta", ".xpt"):
            assert b"1960 00:00" in content or b"JAN60:00:00:00" in content
            assert not any(pattern.sub(nothing, content[:720]) != content[:720] for pattern, nothing in stat._TIMES)


@pytest.mark.parametrize("to", ["stata", "sas"])
def test_a_date_column_may_begin_with_any_number_of_empty_cells(tmp_path: Path, to: str) -> None:
    days = [*[None] * 2_000, "2015-03-10", "2204-02-29"]
    path = tmp_path / "outcomes.out"
    write_stat(pd.DataFrame({"dod": days, "hospital_death_date": [None] * len(days)}), path, to, "outcomes")
    rows, _ = pyreadstat.read_dta(path) if to == "stata" else pyreadstat.read_xport(path)
    assert rows["dod"].isna().sum() == 2_000
    assert rows["dod"].tolist()[-2:] == [date(2015, 3, 10), date(2204, 2, 29)]
    assert rows["hospital_death_date"].isna().all()


def test_codes_and_labels_are_those_of_the_method() -> None:
    assert set(OUTCOME_COLUMNS) <= set(_LABELS)
    assert all(len(label) <= 80 for label in _LABELS.values())
    assert list(_CODES["status"]) == list(linkage.method.censor.STATUSES)
    assert [kind_of(name) for name in ("patient_id", "rule", "fate", "ssn_levenshtein_distance")] == [
        "text", "text", "code", "number",
    ]  # fmt: skip
    assert label_of("birth_date_agreement") == "Agreement of birth date"


def test_no_two_columns_get_one_name() -> None:
    names = names_for(["a" * 40, "a" * 41, "A" * 32, "1st", "if", "str7", "é x"])
    assert len({name.lower() for name in names.values()}) == 7
    assert all(len(name) <= 32 for name in names.values())
    assert (names["1st"], names["if"], names["str7"], names["é x"]) == ("_1st", "if_", "str7_", "__x")


def test_tables_for_statistics_are_files(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match=r"Tables for stata are files\. Name a new folder"):
        export(out, "stata", postgres="ANY")
    assert main(["export", str(out), "--to", "sas", "--output", str(tmp_path / "sas")]) == 0
    assert "rows: links 4" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "sas").iterdir()) == [
        "export.json", "links.xpt", "outcomes.xpt", "release.xpt",
    ]  # fmt: skip


@pytest.mark.parametrize("format", ["csv.gz", "parquet"])
def test_ids_and_groups_that_look_like_formulas_are_as_in_the_files(tmp_path: Path, format: Literal["csv.gz"]) -> None:
    """In csv.gz, an apostrophe before them protects spreadsheets."""
    person = {"first_name": ["Ann"], "last_name": ["Lee"], "birth_date": ["1950-02-11"]}
    with linkage.link(
        pd.DataFrame({"patient_id": ["+fX9aQ2b"], "ward": ["=A1"], **person}),
        pd.DataFrame({"death_id": ["@B7"], **person, "dod": ["2015-06-01"]}),
        encounters=pd.DataFrame({"patient_id": ["+fX9aQ2b"], "start": ["2015-01-01"], "discharge": ["2015-01-03"]}),
        groups=["ward"],
    ) as run:
        run.write(tmp_path / "out", format)
    export(tmp_path / "out", "stata", tmp_path / "stata")
    rows, _ = pyreadstat.read_dta(tmp_path / "stata" / "outcomes.dta")
    assert rows[["patient_id", "death_id", "ward"]].to_numpy().tolist() == [["+fX9aQ2b", "@B7", "=A1"]]
    export(tmp_path / "out", "pcornet", tmp_path / "pcornet")
    (table,) = (tmp_path / "pcornet").glob("*.csv.gz")
    assert pd.read_csv(table, dtype=str)["PATID"].tolist() == ["'+fX9aQ2b"]  # once


def test_groups_are_carried_along_as_text(tmp_path: Path) -> None:
    person = {"first_name": ["Ann"], "last_name": ["Lee"], "birth_date": ["1950-02-11"]}
    with linkage.link(
        pd.DataFrame({"patient_id": ["007"], "age band": ["80+"], **person}),
        pd.DataFrame({"death_id": ["2"], **person, "dod": ["2015-06-01"]}),
        encounters=pd.DataFrame({"patient_id": ["007"], "start": ["2015-01-01"], "discharge": ["2015-01-03"]}),
        groups=["age band"],
    ) as run:
        run.write(tmp_path / "out")
    export(tmp_path / "out", "stata", tmp_path / "stata")
    rows, _ = pyreadstat.read_dta(tmp_path / "stata" / "outcomes.dta")
    assert rows[["patient_id", "age_band"]].to_numpy().tolist() == [["007", "80+"]]
