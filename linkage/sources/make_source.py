"""Make a source from what a user gives: a path, a frame, a table of a database, and declarations.

`source` is the public function; `as_source` also accepts everything that `link` accepts as a table.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from linkage.errors import InputError, did_you_mean, without_cause
from linkage.sources.frames import is_of_arrow, is_of_spark
from linkage.sources.header import refuse_equal_names, require_columns
from linkage.sources.reading import Reading
from linkage.sources.servers import SERVERS, require_variable
from linkage.sources.source import ColumnName, Source
from linkage.system.intact import require_regular


@without_cause
def as_source(data: Any, columns: Mapping[str, ColumnName] | None = None, name: str = "frame") -> Source:
    """A Source from a path or a pandas, Polars or Arrow frame.

    >>> as_source("deaths.csv.gz").format
    Traceback (most recent call last):
    linkage.errors.InputError: deaths.csv.gz: no such file.
    """
    if isinstance(data, Source):
        named = name if data.format == "frame" and data.name == "frame" else data.name
        return replace(data, name=named, columns={**data.columns, **(columns or {})})
    if isinstance(data, str | Path):
        return source(data, columns=columns)
    if type(data).__module__.startswith("pyspark.pandas."):
        data = data.to_spark()
    if hasattr(data, "collect") and not is_of_spark(data):
        raise InputError(f"{name}: the frame is lazy. Pass the result of its collect() method.")
    if not hasattr(data, "columns"):
        raise InputError(f"{name}: {type(data).__name__} is neither a path nor a data frame.")
    # An Arrow table's `columns` are not names. Some other frames return something for any attribute, so test for Arrow.
    names = data.column_names if is_of_arrow(data) else data.columns
    refuse_equal_names(name, [str(column) for column in names])
    require_columns(name, len(names))
    return Source(name, frame=data, columns=columns or {})


def run_sources(
    patients: Any, deaths: Any, encounters: Any, columns: Mapping[str, Mapping[str, ColumnName]]
) -> list[Source]:
    """The sources of a run: patients, deaths, and each of the encounters.

    `columns` maps our names to theirs, for each of "patients", "deaths" and "encounters". Raises InputError.
    """
    for table in columns:
        if table not in ("patients", "deaths", "encounters"):
            raise InputError(f"columns has {table!r}. Allowed: patients, deaths, encounters.")
    several = encounters if isinstance(encounters, list | tuple) else [] if encounters is None else [encounters]
    return _with_distinct_names([
        as_source(patients, columns.get("patients"), "patients"),
        as_source(deaths, columns.get("deaths"), "deaths"),
        *(as_source(data, columns.get("encounters"), "encounters") for data in several),
    ])  # fmt: skip


def _with_distinct_names(sources: Iterable[Source]) -> list[Source]:
    """Number sources that have the same name, so that rejected rows are counted for the right one."""
    named: dict[str, Source] = {}
    for source in sources:
        numbered = (f"{source.name} ({number})" for number in itertools.count(2))
        name = next(name for name in itertools.chain([source.name], numbered) if name not in named)
        named[name] = replace(source, name=name).as_seen()
    return list(named.values())


@without_cause
def source(
    file: Any = None,
    *,
    table: str = "",
    query: str = "",
    columns: Mapping[str, ColumnName] | None = None,
    **reading: Any,
) -> Source:
    """A file, data frame or database table, and how it is written.

    `file` is a CSV, CSV.gz, fixed-width, Parquet, DuckDB, Excel, SAS, Stata, SPSS or FHIR file, a folder of Parquet or
    FHIR files, or a data frame (pandas, Polars, Arrow or Spark). A registry with a layout can also be a list of files,
    in the order in which they were sent. A DuckDB file needs a `table` or a `query`. For a `table` or a `query` of a
    server, `postgres`, `odbc`, `sqlite`, `snowflake` or `bigquery` names the environment variable that holds its
    address. `columns` maps our column names to those of the source, and a date to a name or to a list of the columns of
    its year, month and day. The other arguments are those of `linkage.sources.reading.Reading`: encoding, delimiter,
    quote, dates, two_digit_years_up_to, ssn_lost_zeros, kind, words, layout.

    Raises InputError.

    >>> source("deaths.csv", encoding="cp1252", dates={"death_date": "DD/MM/YYYY"})
    Traceback (most recent call last):
    linkage.errors.InputError: deaths.csv: no such file.
    """
    servers = {kind: variable for kind in SERVERS if (variable := reading.pop(kind, ""))}
    declared = _declared(reading)
    if isinstance(file, list | tuple):
        return _several_files(file, declared, columns, named=bool(table or query or servers))
    if not isinstance(file, str | Path | None):
        return _frame_source(file, declared, columns, named=bool(table or query or servers))
    if bool(file) + len(servers) != 1:
        raise InputError(f"Name either a file, or the environment variable of one server ({', '.join(SERVERS)}).")
    if "://" in str(file or ""):
        raise InputError(
            "file is an address, and not a path. Only files on a disk can be read; the address of a server is in an"
            f" environment variable, whose name goes into one of: {', '.join(SERVERS)}."
        )
    for kind, variable in servers.items():
        require_variable(variable, kind)
        _check_table(f"{SERVERS[kind].title} (a server)", table, query)
        name = table or f"query of {variable}"
        return Source(name, None, None, columns or {}, declared, table, query, kind, variable)
    path = Path(str(file))
    if not _is_there(path):
        raise InputError(f"{path}: no such file.")
    require_regular(path)
    found = Source(path.name, path, None, columns or {}, declared, table, query)
    if found.format == "fixed":
        _check_fixed(found)
        return found
    if found.format in ("fhir", "stat", "excel"):
        return _checked_format(found)
    if found.format == "duckdb":
        _check_table(path.name, table, query)
        return replace(found, name=f"{path.name}: {table}" if table else path.name)
    if table or query:
        raise InputError(f"{path.name} is not a database, so it has no table or query.")
    if not found.files:
        raise InputError(f"{path} is a folder without Parquet files (no such file ends in .parquet).")
    for file in found.files:
        require_regular(file)
    if path.is_dir():
        _refuse_output(path, found.files)
    return found


def _check_fixed(found: Source) -> None:
    """Refuse settings that a fixed-width file cannot have, and a layout that cannot be read."""
    if found.table or found.query:
        raise InputError(f"{found.name} is not a database, so it has no table or query.")
    if found.path is not None and found.path.is_dir():
        raise InputError(f'{found.name} is a folder. Name the files of it in their order: file = ["...", "..."].')
    if given := [name for name in ("delimiter", "quote") if name in found.reading.declared()]:
        raise InputError(f"{found.name} has a layout, so it has no {given[0]}. Leave one of the two out.")
    _ = found.layout


def _checked_format(found: Source) -> Source:
    """A file that is not text; raises InputError for settings that its format cannot have."""
    assert found.path is not None
    if found.query or (found.table and found.format != "excel"):
        raise InputError(f"{found.name} is not a database, so it has no table or query.")
    of_text = ("delimiter", "quote", *(() if found.format == "stat" else ("encoding",)))
    if given := [name for name in of_text if name in found.reading.declared()]:
        raise InputError(f"{found.name} is not a CSV file, so it has no {given[0]}. Leave it out.")
    for file in found.files:
        require_regular(file)
    return found


def _several_files(
    files: Sequence[Any], declared: Reading, columns: Mapping[str, ColumnName] | None, *, named: bool
) -> Source:
    """Files that together form one registry, as one source."""
    if named or not files or not all(isinstance(file, str | Path) for file in files):
        raise InputError(
            'A list names files in their order, such as file = ["2019.txt", "2020.txt"], and nothing else.'
        )
    if twice := [file for place, file in enumerate(files) if file in files[:place]]:
        raise InputError(f"{Path(twice[0]).name} is named twice.")
    each = [
        source(file, columns=columns, **{one.name: getattr(declared, one.name) for one in fields(Reading)})
        for file in files
    ]
    if len(each) > 1 and not each[0].is_stream:
        raise InputError(
            f"{each[0].name} and others: only a registry in FHIR, or in a layout with a [registry], comes in several"
            " files. Combine other files into one."
        )
    name = each[0].name if len(each) == 1 else f"{each[0].name} and {len(each) - 1} more"
    return replace(each[0], name=name, later=tuple(Path(str(file)) for file in files[1:]))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as problem:  # a name that is too long for any file
        shown = str(path) if len(str(path)) <= 200 else f"{str(path)[:200]}..."
        raise InputError(f"{shown}: cannot be read: {problem.strerror}.") from None


def _declared(reading: Mapping[str, Any]) -> Reading:
    allowed = [one.name for one in fields(Reading)]
    for setting in reading:
        if setting not in allowed:
            raise InputError(
                f"{setting!r} is not a setting of a source. Allowed: {', '.join(allowed)}."
                + did_you_mean(setting, allowed)
            )
    return Reading(**reading)


def _frame_source(frame: Any, declared: Reading, columns: Mapping[str, ColumnName] | None, *, named: bool) -> Source:
    """A data frame with its declared settings."""
    of_text = [name for name in ("encoding", "delimiter", "quote") if name in declared.declared()]
    if named or of_text:
        raise InputError(
            f"A data frame has no {of_text[0] if of_text else 'table, query or server'}. Leave it out: dates, ssn and"
            " all else are declared as for a file."
        )
    return replace(as_source(frame, columns), reading=declared)


def _check_table(place: str, table: str, query: str) -> None:
    if bool(table) == bool(query):
        raise InputError(f"{place} needs either a table or a query.")


_OF_A_RUN = ("manifest.json", "links.parquet", "rejected.parquet")


def _refuse_output(folder: Path, files: Iterable[Path]) -> None:
    """Raise InputError for a folder with the output of a run: its files would be read as those of the hospital."""
    for place in {file.parent for file in files}:
        if all((place / name).exists() for name in _OF_A_RUN):
            raise InputError(
                f"{folder} holds the output of a run ({place.name}), which would be read as input. Move it elsewhere,"
                " or name the files that are meant."
            )
