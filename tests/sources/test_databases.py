"""Tables and queries of DuckDB and PostgreSQL are read like files, and results are written all at once."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

import linkage
from linkage.cli.main import main
from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import EngineError
from linkage.run.database_output import Target, check_database, write_to_database
from linkage.sources.make_source import source
from linkage.sources.servers import connected
from tests.small_town import town
from tests.sources.servers import SERVER, ask, postgres_server

TOWN = {"patients": town.PATIENTS, "deaths": town.DEATHS, "admissions": town.ENCOUNTERS[0], "ed": town.ENCOUNTERS[1]}
COVERAGE = "coverage = [2014-01-01, 2017-06-30]\n"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a real server that holds the town."""
    with postgres_server() as address:
        with connected("postgres", SERVER, "test", linkage.InputError) as connection, connection.cursor() as cursor:
            cursor.execute('CREATE SCHEMA "the registry"')
            for name, path in TOWN.items():
                cursor.adbc_ingest(name, rows(path), db_schema_name="the registry")
            connection.commit()
        yield address


def rows(path: Path) -> Any:
    """A CSV file as an Arrow table of texts."""
    return duckdb.sql(f"FROM read_csv('{path}', all_varchar = true)").to_arrow_table()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The output of a run on the town's files."""
    out = tmp_path_factory.mktemp("expected") / "out"
    with town.link_town() as run:
        run.write(out)
    return {name: (out / f"{name}.csv.gz").read_bytes() for name in ("links", "outcomes", "release", "review")}


def job_of(folder: Path, tables: dict[str, str], output: str = "") -> Path:
    """A job file whose sources are these tables of settings."""
    lines = [f"[{name}]\n{tables[name]}" for name in ("patients", "deaths")]
    lines += [f"[[encounters]]\n{tables[name]}" for name in ("admissions", "ed")]
    path = folder / "job.toml"
    path.write_text("\n".join(["format = 1", COVERAGE, *lines, f'[output]\nfolder = "out"\n{output}']))
    return path


def assert_same(folder: Path, expected: dict[str, bytes]) -> None:
    """Assert that the output equals that of the files."""
    assert {name: (folder / "out" / f"{name}.csv.gz").read_bytes() for name in expected} == expected


def test_a_duckdb_file_gives_what_its_tables_would_as_files(
    tmp_path: Path, expected: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    with duckdb.connect(str(tmp_path / "hospital.duckdb")) as database:
        for name, path in TOWN.items():
            database.execute(f"CREATE TABLE \"{name} '19\" AS FROM read_csv('{path}', all_varchar = true)")
    tables = {name: f'file = "hospital.duckdb"\ntable = "{name} \'19"' for name in TOWN}
    tables["deaths"] = "file = \"hospital.duckdb\"\nquery = '''SELECT * FROM \"deaths '19\"'''"
    assert main(["run", str(job_of(tmp_path, tables)), "--quiet"]) == 0
    assert_same(tmp_path, expected)
    explain = ["explain", str(tmp_path / "out"), "--patient", "5"]
    assert main(explain) == 1
    assert (
        "has a query of hospital.duckdb, and the author of the folder could have changed it" in capsys.readouterr().err
    )
    assert main([*explain, "--trust-queries"]) == 0


def test_a_server_s_tables_and_queries_give_what_they_would_as_files(
    server: str, tmp_path: Path, expected: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    tables = {name: f'postgres = "{SERVER}"\ntable = "the registry.{name}"' for name in TOWN}
    tables["deaths"] = f'postgres = "{SERVER}"\nquery = \'SELECT * FROM "the registry".deaths\''
    job = job_of(tmp_path, tables, output=f'postgres = "{SERVER}"\nschema = "results"')
    for _ in range(2):  # the second run replaces the first
        assert main(["run", str(job), "--quiet"]) == 0
    assert_same(tmp_path, expected)
    linked = ask("SELECT count(*) FROM results.links JOIN results.release USING (patient_id) WHERE rule LIKE 'R%'")
    assert linked == [(expected_rows(tmp_path / "out" / "links.csv.gz"),)]
    assert ask("SELECT count(*) FROM results.outcomes") == [(expected_rows(tmp_path / "out" / "outcomes.csv.gz"),)]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["inputs"][0]["table"] == "the registry.patients"
    assert server not in json.dumps(manifest)
    assert main(["explain", str(tmp_path / "out"), "--patient", "1", "--trust-queries"]) == 0
    assert "linked to death 101 by R1" in capsys.readouterr().out
    ask("UPDATE \"the registry\".deaths SET middle_name = 'X' WHERE death_id = '101'")
    try:
        assert main(["explain", str(tmp_path / "out"), "--patient", "1", "--trust-queries"]) == 1
        assert "have changed since the run. Run the job again" in capsys.readouterr().err
    finally:
        ask("UPDATE \"the registry\".deaths SET middle_name = 'R' WHERE death_id = '101'")


def expected_rows(path: Path) -> int:
    """The rows of a table of the output."""
    ((count,),) = duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall()
    return int(count)


def test_without_encounters_there_are_links_alone(server: str) -> None:
    assert server
    people = {name: source(postgres=SERVER, table=f"the registry.{name}") for name in ("patients", "deaths")}
    with linkage.link(**people) as run:
        write_to_database(run, Target(SERVER, "only links"))
    found = ask("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'only links'")
    assert found == [("links",)]


TYPES = """
    SELECT
        row_number() OVER (ORDER BY subject_id)::float8 AS subject_id, first_name, last_name::varchar(40),
        replace(ssn, '-', '')::numeric AS ssn, '1950-02-11'::date AS birth_date, gender::char(8), now() AS loaded,
        gen_random_uuid() AS row_key, '{}'::jsonb AS more, ARRAY[1] AS several
    FROM "the registry".patients WHERE ssn ~ '^[1-9][0-9-]{10}$'
"""


def test_typed_columns_of_a_server_are_read_as_text_would_be(server: str) -> None:
    assert server
    patients = source(postgres=SERVER, query=TYPES)
    deaths = source(postgres=SERVER, query=TYPES.replace("AS subject_id", "AS death_id"))
    with linkage.link(patients, deaths) as run:
        assert (run.links["patient_id"] == run.links["death_id"]).all()
        assert "1" in set(run.links["patient_id"])
        assert run.counts["cleaned"]["patient"].get("birth_date") is None


PROBLEMS = [
    ({"table": "nobody"}, r"nobody: there is no such table \(SQLSTATE 42P01\)\."),
    ({"query": "SELEC 1"}, r"the query is not one valid SELECT \(SQLSTATE 42601\)\."),
    ({"query": "SELECT nobody FROM pg_tables"}, r"there is no such column \(SQLSTATE 42703\)\."),
    ({"query": "SELECT 'Zqlast'::int AS patient_id"}, r"the query cannot convert .* a value \(SQLSTATE 22P02\)\."),
]


@pytest.mark.parametrize(("settings", "words"), PROBLEMS, ids=[row[1][:30] for row in PROBLEMS])
def test_what_a_server_refuses_is_reported_without_its_words(server: str, settings: dict[str, str], words: str) -> None:
    assert server
    with pytest.raises(linkage.InputError, match=words) as refused:
        linkage.link(source(postgres=SERVER, **settings), source(town.DEATHS))
    assert "Zqlast" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_address_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(linkage.InputError, match="the environment variable NOWHERE is not set"):
        linkage.link(source(postgres="NOWHERE", table="x"), source(town.DEATHS))
    monkeypatch.setenv("NOWHERE", "postgresql://anna:zqsecret@127.0.0.1:1/x")
    with pytest.raises(linkage.InputError, match="x: the server cannot be reached") as refused:
        linkage.link(source(postgres="NOWHERE", table="x"), source(town.DEATHS))
    assert "zqsecret" not in str(refused.value)


def test_a_table_that_no_run_has_written_is_not_replaced_and_no_work_is_begun(server: str, tmp_path: Path) -> None:
    assert server
    ask("CREATE SCHEMA theirs")
    ask("CREATE TABLE theirs.outcomes AS SELECT 1 AS mine")
    with pytest.raises(linkage.OutputError, match="schema theirs has a table outcomes that no run has written"):
        check_database(Target(SERVER, "theirs"))
    tables = {name: f'file = "{path}"' for name, path in TOWN.items()}
    job = job_of(tmp_path, tables, output=f'postgres = "{SERVER}"\nschema = "theirs"')
    assert main(["run", str(job), "--quiet"]) == 1
    assert not (tmp_path / "out").exists()
    assert ask("SELECT mine FROM theirs.outcomes") == [(1,)]


END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL"


def test_a_connection_lost_while_writing_leaves_the_tables_of_the_last_run(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert server
    target = Target(SERVER, "lost")
    with town.link_town() as run:
        write_to_database(run, target)
        before = ask("SELECT count(*) FROM lost.outcomes")
        arrow = run.engine.arrow

        def lose(select: str) -> Any:
            ask(END)
            return arrow(select)

        monkeypatch.setattr(run.engine, "arrow", lose)
        with pytest.raises(linkage.OutputError, match=r"schema lost: .*The database is as it was\."):
            write_to_database(run, target)
    assert ask("SELECT count(*) FROM lost.outcomes") == before


def test_a_connection_lost_while_reading_ends_in_a_sentence(server: str) -> None:
    assert server
    slow = (
        "SELECT n::text AS patient_id, CASE n WHEN 2000000 THEN (SELECT string_agg(pg_terminate_backend(pid)::text, '')"
        " FROM pg_stat_activity WHERE pid = pg_backend_pid()) END AS ssn FROM generate_series(1, 3000000) AS n"
    )
    with pytest.raises(linkage.InputError, match="query of LINKAGE_TEST_SERVER: "):
        linkage.link(source(postgres=SERVER, query=slow), source(town.DEATHS))


DUCKDB_PROBLEMS = [
    ({"table": "nobody"}, r"h\.duckdb: nobody: there is no such table\. Tables of the file: people\."),
    ({"query": "SELEC 1"}, r"h\.duckdb: the query failed \(ParserException\)\."),
    ({"query": "SELECT last_name::INT AS patient_id FROM people"}, r"h\.duckdb: the "),
]


@pytest.mark.parametrize(("settings", "words"), DUCKDB_PROBLEMS, ids=[row[1][:40] for row in DUCKDB_PROBLEMS])
def test_what_a_duckdb_file_refuses_is_reported_without_its_words(
    tmp_path: Path, settings: dict[str, str], words: str
) -> None:
    with duckdb.connect(str(tmp_path / "h.duckdb")) as database:
        database.execute("CREATE TABLE people AS SELECT 'Zqlast' AS last_name")
    with pytest.raises(linkage.InputError, match=words) as refused:
        linkage.link(source(tmp_path / "h.duckdb", **settings), source(town.DEATHS))
    assert "Zqlast" not in str(refused.value)


ATTACKS = [
    # query, expected message
    ("COPY (SELECT 1) TO '{there}'; SELECT * FROM people", "the query is 2 statements. It must be one SELECT"),
    ("SELECT * FROM people; SELECT * FROM people", "the query is 2 statements"),
    ("COPY people TO '{there}'", "a statement of the kind COPY"),
    ("ATTACH '{there}'", "a statement of the kind ATTACH"),
    ("INSTALL httpfs", "a statement of the kind LOAD"),
    ("INSTALL avro FROM community", "a statement of the kind LOAD"),
    ("SET threads = 1", "a statement of the kind SET"),
    ("PRAGMA enable_profiling", "a statement of the kind PRAGMA"),
    ("CALL enable_logging(storage = 'file', storage_path = '{there}')", "a statement of the kind CALL"),
    ("INSERT INTO people VALUES ('Roe')", "a statement of the kind INSERT"),
    ("EXPORT DATABASE '{there}'", "a statement of the kind EXPORT"),
    (" -- nothing", "the query is 0 statements"),
    ("SELECT * FROM read_text('{secret}')", "accesses a file, the network, or an extension"),
    ("SELECT * FROM read_csv('{secret}')", "accesses a file, the network, or an extension"),
    ("SELECT * FROM '{secret}'", "accesses a file, the network, or an extension"),
    ("SELECT * FROM glob('/etc/*')", "accesses a file, the network, or an extension"),
    ("SELECT * FROM query_table('{secret}')", "accesses a file, the network, or an extension"),
    ("SELECT * FROM read_parquet('https://example.org/x.parquet')", "the query failed|accesses a file"),
    ("SELECT * FROM query('COPY people TO ''{there}''')", "the query failed"),
    ("WITH new AS (INSERT INTO people VALUES ('Roe') RETURNING *) SELECT * FROM new", "the query failed"),
    ("SELECT * FROM enable_logging(storage = 'file', storage_path = '{there}')", "the query failed|accesses a file"),
]


@pytest.mark.parametrize(("query", "words"), ATTACKS, ids=[row[0][:50] for row in ATTACKS])
def test_a_query_of_a_duckdb_file_reads_its_tables_and_does_nothing_else(
    tmp_path: Path, query: str, words: str
) -> None:
    secret, there = tmp_path / "secret.csv", tmp_path / "there"
    secret.write_text("patient_id,last_name\n1,Lee\n")
    with duckdb.connect(str(tmp_path / "h.duckdb")) as database:
        database.execute("CREATE TABLE people AS SELECT 'Lee' AS last_name")
    people = source(tmp_path / "h.duckdb", query=query.format(secret=secret, there=there))
    with closing(DuckDBEngine()) as engine, pytest.raises(linkage.InputError, match=words):
        engine.columns(people)
    assert not there.exists()
    with duckdb.connect(str(tmp_path / "h.duckdb")) as database:
        assert database.execute("SELECT * FROM people").fetchall() == [("Lee",)]


SELECTS = ["FROM deaths", "TABLE deaths", "WITH d AS (FROM deaths) SELECT * FROM d;", "SELECT * FROM deaths -- all"]


@pytest.mark.parametrize("query", SELECTS)
def test_whatever_way_one_select_is_written_it_is_one(tmp_path: Path, query: str) -> None:
    with duckdb.connect(str(tmp_path / "h.duckdb")) as database:
        database.execute("CREATE TABLE deaths AS SELECT range AS death_id FROM range(7)")
    with closing(DuckDBEngine()) as engine:
        assert engine.load("death", source(tmp_path / "h.duckdb", query=query), "SELECT * FROM source") == 7


SERVER_ATTACKS = [
    "SELECT 1; DROP TABLE kept",
    "DROP TABLE kept",
    "SELECT 1) AS a; DROP TABLE kept; SELECT * FROM (SELECT 1",
    "SELECT 1) TO STDOUT; DROP TABLE kept; COPY (SELECT 1",
    "COPY (SELECT 1) TO PROGRAM 'touch {there}'",
    "COPY kept TO '{there}'",
    "COMMIT",
    "SET TRANSACTION READ WRITE",
    "WITH gone AS (DELETE FROM kept RETURNING *) SELECT * FROM gone",
    "INSERT INTO kept VALUES (2) RETURNING *",
    "SELECT nextval('counted')",
    "SELECT set_config('transaction_read_only', 'off', false), nextval('counted')",
    "DO 'BEGIN DROP TABLE kept; END'",
]


@pytest.mark.parametrize("query", SERVER_ATTACKS)
def test_a_query_of_a_server_changes_nothing_there(server: str, tmp_path: Path, query: str) -> None:
    assert server
    ask("DROP TABLE IF EXISTS kept")
    ask("CREATE TABLE kept AS SELECT 1 AS patient_id")
    ask("CREATE SEQUENCE IF NOT EXISTS counted")
    people = source(postgres=SERVER, query=query.format(there=tmp_path / "there"))
    with closing(DuckDBEngine()) as engine, pytest.raises(linkage.InputError, match=f"query of {SERVER}: "):
        engine.load("patient", people, "SELECT * FROM source")
    assert not (tmp_path / "there").exists()
    assert ask("SELECT * FROM kept") == [(1,)]
    assert ask("SELECT is_called FROM counted") == [(False,)]


def test_a_query_of_a_server_may_end_in_a_semicolon_or_a_comment_and_keeps_its_order(server: str) -> None:
    assert server
    for end in (";", "; ", "\n-- all of them", ""):
        people = source(postgres=SERVER, query=f"SELECT n AS id FROM generate_series(1, 9) AS n ORDER BY n DESC{end}")
        with closing(DuckDBEngine()) as engine:
            engine.load("patient", people, "SELECT * FROM source")
            assert [row[0] for row in engine.rows("SELECT id FROM patient ORDER BY rowid")] == list(range(9, 0, -1))


def test_the_engine_reads_the_files_of_its_job_and_no_other(tmp_path: Path) -> None:
    for name in ("a[1].csv", "b.csv"):
        (tmp_path / name).write_text("x\n1\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "b.csv")
    read = "SELECT x FROM read_csv('{}', columns = {{'x': 'VARCHAR'}}, header = true)"
    with closing(DuckDBEngine(sources=[source(tmp_path / "a[1].csv")])) as engine:
        assert engine.load("mine", source(tmp_path / "a[1].csv"), "SELECT * FROM source") == 1
        assert engine.load("truth", source(tmp_path / "link.csv"), "SELECT * FROM source") == 1
        for statement in (
            read.format(tmp_path / "b.csv"),
            read.format(tmp_path / "link.csv"),
            f"COPY (SELECT 1) TO '{tmp_path / 'c.csv'}'",
            f"ATTACH '{tmp_path / 'd.duckdb'}'",
            "INSTALL httpfs",
            "SET enable_external_access = true",
            "SET lock_configuration = false",
            "SET threads = 1",
        ):
            with pytest.raises(EngineError):
                engine.rows(statement)
    assert {path.name for path in tmp_path.iterdir()} == {"a[1].csv", "b.csv", "link.csv"}


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h.db").write_text("patient_id,last_name")
    with pytest.raises(linkage.InputError, match=r"h\.db: people cannot be opened as a DuckDB file"):
        linkage.link(source(tmp_path / "h.db", table="people"), source(town.DEATHS))
