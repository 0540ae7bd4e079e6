"""Rows from a server equal those from a file, with every driver, and no query changes anything."""

import importlib.util
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import duckdb
import pytest

import linkage
from linkage.cli.main import main
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.records import refuse_nested
from linkage.sources.make_source import source
from linkage.sources.one_select import require_select
from linkage.sources.servers import SERVERS, connected
from tests.small_town import town
from tests.sources.servers import SERVER, ask, postgres_server

TOWN = {"patients": town.PATIENTS, "deaths": town.DEATHS, "admissions": town.ENCOUNTERS[0], "ed": town.ENCOUNTERS[1]}
ODBC, SQLITE = "LINKAGE_TEST_ODBC", "LINKAGE_TEST_SQLITE"
COVERAGE = "coverage = [2014-01-01, 2017-06-30]\n"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL server that holds the town."""
    with postgres_server() as address:
        with connected("postgres", SERVER, "test", linkage.InputError) as connection, connection.cursor() as cursor:
            for name, path in TOWN.items():
                table = duckdb.sql(f"FROM read_csv('{path}', all_varchar = true)").to_arrow_table()
                cursor.adbc_ingest(name, table)
            connection.commit()
        yield address


@pytest.fixture(scope="module")
def odbc(server: str) -> Iterator[str]:
    """The connection string by which ODBC reaches the same server."""
    if not shutil.which("odbcinst"):
        pytest.skip("unixodbc is not installed: ODBC is not tested")
    drivers = subprocess.run(["odbcinst", "-q", "-d"], capture_output=True, text=True, check=False).stdout
    if "[PostgreSQL Unicode]" not in drivers:
        pytest.skip("odbc-postgresql is not installed: ODBC is not tested")
    if not importlib.util.find_spec("arrow_odbc"):
        pytest.skip("arrow-odbc is not installed: ODBC is not tested")
    address = urlparse(server)
    host = parse_qs(address.query).get("host", [address.hostname])[0]
    text = f"Driver={{PostgreSQL Unicode}};Server={host};Database={address.path[1:]};Uid={address.username};"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ODBC, text)
        yield text


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A SQLite file that holds the town."""
    if not importlib.util.find_spec("adbc_driver_sqlite"):
        pytest.skip("adbc-driver-sqlite is not installed: SQLite is not tested")
    path = tmp_path_factory.mktemp("sqlite") / "a town.sqlite"
    with sqlite3.connect(path) as connection:
        for name, file in TOWN.items():
            rows = duckdb.sql(f"FROM read_csv('{file}', all_varchar = true)")
            columns = ", ".join(f'"{column}" TEXT' for column in rows.columns)
            connection.execute(f"CREATE TABLE {name} ({columns})")
            marks = ", ".join("?" * len(rows.columns))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows.fetchall())
    connection.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SQLITE, str(path))
        yield path


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The output of the job with Parquet files as sources."""
    folder = tmp_path_factory.mktemp("expected")
    for name, path in TOWN.items():
        duckdb.sql(f"COPY (FROM read_csv('{path}', all_varchar = true)) TO '{folder / name}.parquet'")
    assert main(["run", str(job_of(folder, {name: f'file = "{name}.parquet"' for name in TOWN})), "--quiet"]) == 0
    return outputs(folder)


def job_of(folder: Path, tables: dict[str, str]) -> Path:
    """A job file whose sources are these tables of settings."""
    lines = [f"[{name}]\n{tables[name]}" for name in ("patients", "deaths")]
    lines += [
        f'[[encounters]]\n{tables[name]}\nkind = "{kind}"' for name, kind in (("admissions", "hospital"), ("ed", "ed"))
    ]
    path = folder / "job.toml"
    path.write_text("\n".join(["format = 1", COVERAGE, *lines, '[output]\nfolder = "out"']))
    return path


def outputs(folder: Path) -> dict[str, bytes]:
    """The tables written by a job."""
    return {
        name: (folder / "out" / f"{name}.csv.gz").read_bytes() for name in ("links", "outcomes", "release", "review")
    }


@pytest.mark.parametrize("kind", ["postgres", "odbc", "sqlite"])
def test_the_same_job_gives_the_same_bytes_whatever_brings_the_rows(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    expected: dict[str, bytes],
    kind: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = str(request.getfixturevalue({"postgres": "server"}.get(kind, kind)))
    variable = {"postgres": SERVER, "odbc": ODBC, "sqlite": SQLITE}[kind]
    tables = {name: f'{kind} = "{variable}"\ntable = "{name}"' for name in TOWN}
    tables["deaths"] = f'{kind} = "{variable}"\nquery = "SELECT * FROM deaths;"'
    job = job_of(tmp_path, tables)
    assert main(["check", str(job)]) == 0
    assert main(["run", str(job), "--quiet"]) == 0
    assert outputs(tmp_path) == expected
    kept = (tmp_path / "out" / "manifest.json").read_text("utf-8")
    assert f'"{kind}": "{variable}"' in kept
    assert address not in kept + capsys.readouterr().out
    assert main(["explain", str(tmp_path / "out"), "--patient", "1", "--trust-queries"]) == 0
    assert "linked to death 101 by R1" in capsys.readouterr().out


NUMBERS = [
    # value on the server, value read
    ("123456789::float8", "123456789"),  # a driver reports it as a 32-bit float, with other last digits
    ("123456789::numeric", "123456789"),
    ("123456789::int8", "123456789"),
    ("'012345678'::char(12)", "012345678"),
    ("'Muñoz'", "Muñoz"),
]


@pytest.mark.parametrize(("value", "read"), NUMBERS, ids=[row[0] for row in NUMBERS])
def test_numbers_and_letters_come_whole_by_odbc(odbc: str, value: str, read: str) -> None:
    assert odbc
    engine = DuckDBEngine()
    engine.load("it", source(odbc=ODBC, query=f"SELECT {value} AS x"), "SELECT trim(text_of(x)) AS x FROM source")
    assert engine.rows("SELECT x FROM it") == [(read,)]
    engine.close()


ODD = [
    # value on the server, what is said
    ("NULL::xml", "values of the type xml"),
    ("'[2015-01-01,2015-02-01)'::daterange", "values of a type that the driver cannot read"),
    ("'1.2.3.4'::inet", "values of the type inet"),
    ("'3 days'::interval", "values of the type interval"),
    ("'12.5'::money", "values of the type money"),
    ("'\"Lee\"'::json", "values of the type json"),
    ("ARRAY['Lee']", "lists"),
    ("'Lee'::name", ""),
    ("gen_random_uuid()", ""),
]


@pytest.mark.parametrize(("value", "held"), ODD)
def test_a_column_of_another_type_is_refused_only_if_it_is_read(server: str, value: str, held: str) -> None:
    assert server
    engine = DuckDBEngine()
    given = source(postgres=SERVER, query=f"SELECT 1 AS death_id, {value} AS last_name")
    assert engine.nested(given) == ({"last_name": held} if held else {})
    refuse_nested(engine, given, {"death_id": "death_id"})
    if held:
        with pytest.raises(linkage.InputError, match=rf'holds {held}.* as with CAST\("last_name" AS text\)'):
            refuse_nested(engine, given, {"last_name": "last_name"})
    engine.close()


def test_a_column_that_the_driver_cannot_read_is_named(server: str) -> None:
    assert server
    engine = DuckDBEngine()
    with pytest.raises(linkage.InputError, match=r"Try again, without .*\(pair holds values of the type record\)"):
        engine.nested(source(postgres=SERVER, query="SELECT 1 AS death_id, ROW('Lee', 1) AS pair"))
    engine.close()


def test_a_text_that_is_longer_than_there_is_room_for_is_an_error_and_not_cut(odbc: str) -> None:
    assert odbc
    engine = DuckDBEngine()
    with pytest.raises(linkage.InputError, match="could not be fetched to the end"):
        engine.load("it", source(odbc=ODBC, query="SELECT repeat('a', 30000) AS x"), "SELECT x FROM source")
    assert engine.load("it", source(odbc=ODBC, query="SELECT repeat('a', 8000) AS x"), "SELECT x FROM source") == 1
    engine.close()


def test_values_of_several_types_in_one_column_of_sqlite_are_read_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="the extra sqlite is not installed")
    path = tmp_path / "mixed.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE t (n INTEGER, "a b")')
        rows: list[tuple[int, Any]] = [(n, None) for n in range(3000)]  # more rows than the driver inspects
        rows += [(3000, 7), (3001, 8.0), (3002, 8.5), (3003, "007")]
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
    connection.close()
    monkeypatch.setenv(SQLITE, str(path))
    engine = DuckDBEngine()
    assert engine.load("it", source(sqlite=SQLITE, table="t"), "SELECT * FROM source") == 3004
    assert engine.rows('SELECT "a b" FROM it WHERE n::INT >= 3000 ORDER BY n::INT') == [
        ("7",),
        ("8",),
        ("8.5",),
        ("007",),
    ]
    engine.close()


PROBLEMS = [
    ("odbc", {"table": "nobody"}, r"nobody: there is no such table \(SQLSTATE 42"),
    ("odbc", {"query": "SELECT nobody FROM pg_tables"}, r"there is no such column \(SQLSTATE 42"),
    (
        "odbc",
        {"query": "SELECT 'Zqlast'::int AS patient_id"},
        r"the query cannot convert .* a value \(SQLSTATE 22P02\)",
    ),
    ("sqlite", {"table": "nobody"}, "nobody: the server cannot be reached, the connection was lost, or the query was"),
]


@pytest.mark.parametrize(("kind", "settings", "words"), PROBLEMS, ids=[row[0] + row[2][:30] for row in PROBLEMS])
def test_what_a_server_refuses_is_reported_without_its_words(
    request: pytest.FixtureRequest, kind: str, settings: dict[str, str], words: str
) -> None:
    request.getfixturevalue(kind)
    variable = {"odbc": ODBC, "sqlite": SQLITE}[kind]
    with pytest.raises(linkage.InputError, match=words) as refused:
        linkage.link(source(**{kind: variable}, **settings), source(town.DEATHS))
    assert "Zqlast" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_server_that_is_not_there_is_reported_without_its_address(
    odbc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert odbc
    monkeypatch.setenv("NOWHERE", "Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=1;Uid=anna;Pwd=zqsecret;")
    with pytest.raises(linkage.InputError, match=r"x: the connection was lost \(SQLSTATE 08") as refused:
        linkage.link(source(odbc="NOWHERE", table="x"), source(town.DEATHS))
    assert "zqsecret" not in str(refused.value)
    monkeypatch.setenv("NOWHERE", "Driver={No Such Driver};Pwd=zqsecret;")
    with pytest.raises(linkage.InputError, match="x: the ODBC driver") as refused:
        linkage.link(source(odbc="NOWHERE", table="x"), source(town.DEATHS))
    assert "zqsecret" not in str(refused.value)
    monkeypatch.setenv("NOWHERE", str(tmp_path / "no.sqlite"))
    with pytest.raises(linkage.InputError, match="the SQLite file named by"):
        linkage.link(source(sqlite="NOWHERE", table="x"), source(town.DEATHS))
    assert not (tmp_path / "no.sqlite").exists()


@pytest.mark.parametrize("kind", ["snowflake", "bigquery"])
def test_a_driver_that_is_missing_is_named_with_its_extra(kind: str) -> None:
    if importlib.util.find_spec(f"adbc_driver_{kind}"):
        pytest.skip(f"adbc-driver-{kind} is installed: the error for a missing driver cannot be tested")
    with pytest.raises(linkage.InputError, match=rf"x: {SERVERS[kind].title} needs its driver\. .*\[{kind}\]"):
        linkage.link(source(**{kind: "ANYTHING"}, table="x"), source(town.DEATHS))


ATTACKS = [
    "DROP TABLE kept",
    "SELECT 1; DROP TABLE kept",
    "SELECT 1 AS a; CREATE TABLE made AS SELECT 1",
    "SELECT 1 DROP TABLE kept",
    "SELECT 1) AS a; DROP TABLE kept; SELECT * FROM (SELECT 1",
    "SELECT * INTO made FROM kept",
    "WITH gone AS (DELETE FROM kept RETURNING *) SELECT * FROM gone",
    "SELECT 1 EXEC xp_cmdshell 'touch /x'",
    "ATTACH '{there}' AS y",
    "SELECT * FROM OPENROWSET(BULK '/etc/passwd', SINGLE_CLOB) AS f",
    "select 1 /* */ insert into kept values (2)",
    "PRAGMA writable_schema = 1",
    "",
]


@pytest.mark.parametrize("query", ATTACKS)
def test_a_query_that_could_change_something_is_not_sent(query: str) -> None:
    with pytest.raises(linkage.InputError, match="must be one SELECT"):
        require_select(query, "x")


@pytest.mark.parametrize(
    "query",
    ["select * from deaths", "WITH d AS (SELECT 1 AS n) SELECT * FROM d ;", "SELECT updated_at, created FROM t -- all"],
)
def test_whatever_way_one_select_is_written_it_is_one(query: str) -> None:
    assert require_select(query, "x") == query.strip().removesuffix(";").strip()


def test_a_query_by_odbc_changes_nothing(odbc: str) -> None:
    assert odbc
    ask("CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS n")
    for query in ATTACKS[:7]:
        with pytest.raises(linkage.InputError):
            linkage.link(source(odbc=ODBC, query=query), source(town.DEATHS))
    assert ask("SELECT n FROM kept") == [(1,)]
    assert ask("SELECT to_regclass('made')::text") == [(None,)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("", "the server canceled the statement (SQLSTATE 57P01)"),
        ("UseDeclareFetch=1;Fetch=1000;", "the rows could not be fetched to the end"),  # some rows have arrived
    ],
    ids=["before the first row", "between rows"],
)
def test_a_connection_lost_while_reading_leaves_the_last_output_whole(
    odbc: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: str,
    words: str,
) -> None:
    monkeypatch.setenv(ODBC, odbc + options)
    job = job_of(tmp_path, {name: f'odbc = "{ODBC}"\ntable = "{name}"' for name in TOWN})
    assert main(["run", str(job), "--quiet"]) == 0
    before = outputs(tmp_path)
    ends = (
        "SELECT patient_id, CASE n WHEN 300000 THEN (SELECT string_agg(pg_terminate_backend(pid)::text, '')"
        " FROM pg_stat_activity WHERE pid = pg_backend_pid()) END AS ssn"
        " FROM (SELECT n::text AS patient_id, n FROM generate_series(1, 400000) AS n) AS rows"
    )
    lost = ["--set", f"patients.query={ends}", "--set", "patients.table=''"]
    assert main(["run", str(job), "--quiet", *lost]) == 1
    assert f"query of {ODBC}: {words}" in capsys.readouterr().err
    assert outputs(tmp_path) == before


def test_one_server_is_named_and_no_file_beside_it() -> None:
    for settings in ({"odbc": "A", "sqlite": "B"}, {"file": "x.csv", "odbc": "A"}, {}):
        with pytest.raises(linkage.InputError, match="Name either a file, or the environment variable of one server"):
            source(settings.get("file"), table="x", **{k: v for k, v in settings.items() if k != "file"})
    with pytest.raises(linkage.InputError, match=r"SQLite \(a server\) needs either a table or a query"):
        source(sqlite="A")
    with pytest.raises(linkage.InputError, match="odbc must be the name of an environment variable"):
        source(odbc="Driver={x};Pwd=zqsecret", table="x")
