"""Release policies: the tables, columns, and values that may be released. Everything not listed is dropped.

A policy is a TOML file, so that the person responsible for a release can review it on one page.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.errors import RulesError, did_you_mean
from linkage.rules.toml_tables import TomlTables

KINDS = ("id", "date", "time", "values", "range", "derived")
"""Kinds of columns: an id, a day, a time, listed texts, whole numbers in a range, or a value derived by the toolkit."""
DERIVED = ("anchor_age", "anchor_year", "anchor_year_group", "dod")
KEEP = ("weekday", "season")
PATIENTS = "patients"
FIRST_GROUP, GROUP_YEARS = 2008, 3
"""MIMIC-IV's groups of anchor years: 2008 - 2010, 2011 - 2013, and so on."""
_SHIPPED = (Path(__file__).parents[1] / "rules_data" / "release", Path(__file__).parents[2] / "rules" / "release")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that may be released. `kind` is one of `KINDS`; `values` are the listed texts, `range` the least and
    greatest whole number, `id` the kind of id. `required` columns are never empty."""

    name: str
    kind: str
    id: str = ""
    values: tuple[str, ...] = ()
    range: tuple[int, int] = (0, 0)
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table that may be released. `key` is its unique key. For a table of stays, `start` and `end` are the columns of
    their times, `discharge` says that `end` is a discharge, and `death` is the column of the time of death. Rows with a
    value in `leave_out` (column, values) are not released."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    discharge: bool = False
    death: str = ""
    leave_out: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def of_kind(self, *kinds: str) -> tuple[Column, ...]:
        """The columns of these kinds."""
        return tuple(column for column in self.columns if column.kind in kinds)


@dataclass(frozen=True, slots=True)
class Share:
    """A user's requirement: at least this share of a table's rows has a value in the column."""

    table: str
    column: str
    at_least: float


@dataclass(frozen=True, slots=True)
class ReleasePolicy:
    """A release policy. `ids` gives the range of released numbers of each kind, `years` the first and last year of
    released dates, `oldest` the highest age released unchanged, `oldest_as` the age that replaces higher
    ones, `days_before_discharge` how many days a registry's date of death may precede the last discharge, and `groups`
    the columns whose combinations could single out a person."""

    name: str
    title: str
    ids: Mapping[str, tuple[int, int]]
    tables: tuple[Table, ...]
    years: tuple[int, int] = (2100, 2200)
    keep: tuple[str, ...] = ()
    drop_time_of_day: bool = False
    oldest: int = 89
    oldest_as: int = 91
    days_before_discharge: int = 30
    groups: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()

    def table(self, name: str) -> Table:
        """The table with this name."""
        return next(table for table in self.tables if table.name == name)


def shipped_policies() -> dict[str, Path]:
    """The policies shipped with the toolkit, by name.

    >>> list(shipped_policies())
    ['mimic_iv']
    """
    folder = next(folder for folder in _SHIPPED if folder.is_dir())
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read_policy(source: str | Path) -> ReleasePolicy:
    """Read a shipped policy by name, or a policy from a TOML file by path.

    Raises RulesError, which names the file, the place in it, and the remedy.

    >>> policy = read_policy("mimic_iv")
    >>> policy.ids["subject_id"], [table.name for table in policy.tables]
    ((10000000, 19999999), ['patients', 'admissions', 'transfers', 'edstays'])
    """
    path = shipped_policies().get(str(source), Path(source))
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError:
        known = ", ".join(shipped_policies())
        raise RulesError(
            f"{source}: no such policy. Give the path of a .toml file, or one of: {known}."
            + did_you_mean(str(source), shipped_policies())
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise RulesError(f"{path.name} is not valid TOML: {problem}.") from None
    return _Reader(path.name).policy(path.stem, data)


class _Reader(TomlTables):
    error = RulesError

    def policy(self, name: str, data: Mapping[str, Any]) -> ReleasePolicy:
        self.only(data, ("format", "title", "groups", "ids", "dates", "age", "dod", "tables", "share"), "")
        if data.get("format") != 1:
            raise self.fail("", "format = 1 is missing. It gives the version of the policy format.")
        ids = {kind: self.range(data["ids"], kind, "[ids]") for kind in self.table(data, "ids")}
        dates, age = self.table(data, "dates"), self.table(data, "age")
        dod = self.table(data, "dod")
        self.only(dod, ("days_before_discharge",), "[dod]")
        self.only(dates, ("years", "keep", "time_of_day"), "[dates]")
        self.only(age, ("oldest", "older_as"), "[age]")
        tables = tuple(self.one_table(name, ids, given) for name, given in self.table(data, "tables").items())
        self.check_patients(tables)
        columns = tuple(dict.fromkeys(column.name for table in tables for column in table.columns))
        oldest = self.whole(age, "oldest", "[age]", 89)
        return ReleasePolicy(
            name,
            self.text(data, "title", ""),
            ids,
            tables,
            self.range(dates, "years", "[dates]", (2100, 2200)),
            self.words(dates, "keep", "[dates]", KEEP),
            self.choice(dates, "time_of_day", ("keep", "drop"), "[dates]") == "drop",
            oldest,
            self.whole(age, "older_as", "[age]", oldest + 2, least=oldest + 1),
            self.whole(dod, "days_before_discharge", "[dod]", 30, least=0),
            self.words(data, "groups", "", columns),
            tuple(self.share(tables, given) for given in data.get("share", [])),
        )

    def range(
        self, data: Mapping[str, Any], key: str, where: str, default: tuple[int, int] | None = None
    ) -> tuple[int, int]:
        found = data.get(key, list(default) if default else None)
        whole = isinstance(found, list) and len(found) == 2 and all(type(number) is int for number in found)
        if not whole or found[0] > found[1]:
            raise self.fail(where, f"{key} is not a range. Write {key} = [first, last], in whole numbers.")
        return found[0], found[1]

    def check_patients(self, tables: tuple[Table, ...]) -> None:
        names = [table.name for table in tables]
        if PATIENTS not in names:
            raise self.fail("", "[tables.patients] is missing. It has one row per person.")
        for table in tables:
            if "subject_id" not in [column.name for column in table.of_kind("id")]:
                raise self.fail(f"[tables.{table.name}]", 'subject_id = { id = "subject_id" } is missing.')
            if table.name != PATIENTS and table.of_kind("derived"):
                raise self.fail(f"[tables.{table.name}]", "only [tables.patients] may have derived columns.")

    def one_table(self, name: str, ids: Mapping[str, tuple[int, int]], given: Any) -> Table:
        where = f"[tables.{name}]"
        if not isinstance(given, dict):
            raise self.fail(where, "it must be a table.")
        self.only(given, ("columns", "key", "start", "end", "discharge", "death", "leave_out"), where)
        columns = tuple(self.column(where, ids, column, how) for column, how in self.table(given, "columns").items())
        names = tuple(column.name for column in columns)
        times = ("", *(column.name for column in columns if column.kind in ("date", "time")))
        return Table(
            name,
            columns,
            self.words(given, "key", where, names),
            self.choice(given, "start", times, where),
            self.choice(given, "end", times, where),
            bool(given.get("discharge", False)),
            self.choice(given, "death", times, where),
            tuple(
                self.left_out(where, columns, name, values) for name, values in self.table(given, "leave_out").items()
            ),
        )

    def left_out(self, where: str, columns: tuple[Column, ...], name: str, values: Any) -> tuple[str, tuple[str, ...]]:
        listed = tuple(column.name for column in columns if column.kind == "values")
        self.choice({"column": name}, "column", listed, f"{where} leave_out")
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.fail(where, f"leave_out of {name} must be a list of strings.")
        return name, tuple(values)

    def column(self, where: str, ids: Mapping[str, tuple[int, int]], name: str, how: Any) -> Column:
        where = f"{where} {name}"
        if not isinstance(how, dict):
            raise self.fail(where, 'declare its content, such as { type = "time" } or { values = ["M", "F"] }.')
        self.only(how, ("id", "type", "values", "range", "required"), where)
        given = [kind for kind in ("id", "type", "values", "range") if kind in how]
        if len(given) != 1:
            raise self.fail(where, "give exactly one of id, type, values, and range.")
        required = bool(how.get("required", False))
        match given[0]:
            case "id":
                kind = self.choice(how, "id", tuple(ids), where)
                return Column(name, "id", kind, required=required)
            case "values":
                listed = how["values"]
                if not isinstance(listed, list) or not all(isinstance(value, str) for value in listed):
                    raise self.fail(where, "values must be a list of strings.")
                return Column(name, "values", values=tuple(listed), required=required)
            case "range":
                return Column(name, "range", range=self.range(how, "range", where), required=required)
        kind = self.choice(how, "type", ("date", "time", "derived"), where)
        if kind == "derived" and name not in DERIVED:
            raise self.fail(where, f"is not a derived column of the toolkit. Derived columns: {', '.join(DERIVED)}.")
        return Column(name, kind, required=required)

    def share(self, tables: tuple[Table, ...], given: Mapping[str, Any]) -> Share:
        where = "[[share]]"
        self.only(given, ("table", "column", "at_least"), where)
        table = self.choice(given, "table", tuple(table.name for table in tables), where)
        names = next(tuple(column.name for column in one.columns) for one in tables if one.name == table)
        at_least = given.get("at_least")
        if not isinstance(at_least, float | int) or not 0 <= at_least <= 1:
            raise self.fail(where, "at_least must be a share from 0 to 1, such as 0.99.")
        return Share(table, self.choice(given, "column", names, where), float(at_least))
