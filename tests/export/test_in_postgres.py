"""Exports to PostgreSQL are atomic, have the types and keys of the definition, and overwrite no other table."""

from collections.abc import Iterator
from pathlib import Path

import adbc_driver_manager
import pytest

from linkage.cli.main import main
from linkage.errors import InputError, OutputError
from linkage.export import TARGETS, export
from linkage.export.stat import SUFFIXES
from tests.sources.servers import SERVER, ask, postgres_server


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server."""
    with postgres_server() as address:
        yield address


def columns(schema: str, table: str) -> list[tuple[str, str, str]]:
    """The columns of a table: name, type, whether they may be empty."""
    return [
        (str(name), str(type_), str(empty))
        for name, type_, empty in ask(
            "SELECT column_name::text, data_type::text, is_nullable::text FROM information_schema.columns"
            f" WHERE table_schema = '{schema}' AND table_name = '{table}' ORDER BY ordinal_position"
        )
    ]


def test_omop_s_death_has_the_types_and_the_key_of_its_definition(server: str, out: Path) -> None:
    for _ in range(2):  # the second replaces the first
        summary = export(out, "omop", postgres=SERVER)
    assert "3 rows of death written to schema linkage_omop of the server" in summary
    assert server not in summary
    assert columns("linkage_omop", "death") == [
        ("person_id", "bigint", "NO"),
        ("death_date", "date", "NO"),
        ("death_datetime", "timestamp without time zone", "YES"),
        ("death_type_concept_id", "bigint", "YES"),
        ("cause_concept_id", "bigint", "YES"),
        ("cause_source_value", "character varying", "YES"),
        ("cause_source_concept_id", "bigint", "YES"),
    ]
    found = ask("SELECT person_id, death_date::text, death_type_concept_id FROM linkage_omop.death ORDER BY 1")
    assert found == [(1, "2015-03-10", 32879), (2, "2015-04-30", 32879), (3, "2015-01-09", 32817)]
    with pytest.raises(adbc_driver_manager.Error, match="duplicate key"):
        ask("INSERT INTO linkage_omop.death SELECT * FROM linkage_omop.death")


def test_a_folder_and_a_server_hold_the_same(server: str, out: Path, tmp_path: Path) -> None:
    assert server
    summary = export(out, "pcornet", tmp_path / "pcornet", postgres=SERVER, schema="shared")
    assert f"written to {tmp_path / 'pcornet'} and schema shared of the server" in summary
    found = ask("SELECT * FROM shared.death ORDER BY patid, death_source")
    assert [(row[0], str(row[1]), *row[2:]) for row in found] == [
        ("1", "2015-03-10", "N", "S", "E"),
        ("2", "2015-04-15", "D", "S", "F"),
        ("3", "2015-01-09", "N", "L", "NI"),
        ("3", "2015-01-11", "N", "S", "E"),
    ]


def test_i2b2_and_the_submission_go_to_a_server_too(server: str, out: Path) -> None:
    assert server
    export(out, "i2b2", postgres=SERVER, birth_dates=True)
    assert ask(
        "SELECT vital_status_cd, birth_date::text FROM linkage_i2b2.patient_dimension WHERE patient_num = 4"
    ) == [("UB", "1943-02-01 00:00:00")]
    export(out, "ndi", postgres=SERVER)
    assert ask("SELECT count(*), min(length(record)), max(length(record)) FROM linkage_ndi.submission") == [
        (8, 100, 100)
    ]
    assert ask("SELECT patient_id, reason FROM linkage_ndi.not_submitted") == []


@pytest.mark.parametrize("to", [to for to in TARGETS if to not in SUFFIXES])
def test_a_table_that_no_export_has_written_stays(server: str, out: Path, tmp_path: Path, to: str) -> None:
    assert server
    table = {"i2b2": "patient_dimension", "ndi": "submission"}.get(to, "death")
    ask("CREATE SCHEMA IF NOT EXISTS theirs")
    ask(f"CREATE TABLE IF NOT EXISTS theirs.{table} AS SELECT 1 AS mine")
    with pytest.raises(OutputError, match=f"schema theirs has a table {table} that no run has written"):
        export(out, to, tmp_path / "new", postgres=SERVER, schema="theirs")
    assert ask(f"SELECT mine FROM theirs.{table}") == [(1,)]
    assert not (tmp_path / "new").exists()


def test_an_address_is_no_name_of_a_variable_and_is_not_printed(out: Path) -> None:
    with pytest.raises(InputError, match="postgres must be the name of an environment variable") as refused:
        export(out, "omop", postgres="postgresql://ann:zqsecret@host/x")
    assert "zqsecret" not in str(refused.value)
    with pytest.raises(InputError, match=r"Name a new folder \(--output\), an environment variable"):
        export(out, "omop")


def test_the_command_line_takes_a_server(server: str, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(out), "--to", "omop", "--postgres", SERVER, "--schema", "by command"]) == 0
    assert ask('SELECT count(*) FROM "by command".death') == [(3,)]
    assert server not in capsys.readouterr().out
