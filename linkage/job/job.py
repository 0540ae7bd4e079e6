"""A job: the sources, the method and the place of the output, in one file that can be run again.

Paths in a job file are relative to it. Every setting can also be given on the command line, which takes precedence.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

from linkage.errors import InputError, JobError, without_cause
from linkage.formats.layout import BUILT_IN
from linkage.rules.policy import Anchor, MortalityPolicy, PartialDeathDates
from linkage.rules.shipped import names_shipped_rules
from linkage.rules.study_facts import STUDY_SETTINGS, StudyFacts
from linkage.rules.toml_tables import TomlTables
from linkage.run.database_output import Target, check_database, write_to_database
from linkage.run.forecast import Forecast
from linkage.run.link import foresee, link
from linkage.run.output import FORMATS, check_folder, claim_output, write_all
from linkage.run.prepare import ENGINES
from linkage.run.progress import Progress
from linkage.run.result import Linkage
from linkage.sources.make_source import source
from linkage.sources.reading import Reading
from linkage.sources.servers import SERVERS
from linkage.sources.source import Source
from linkage.system.limits import read_small

Change = tuple[str, Any]
"""A setting given elsewhere: its dotted name, such as patients.file, and its value."""

SOURCE_SETTINGS = ("file", "table", "query", *SERVERS, "columns", *(one.name for one in fields(Reading)))
_METHOD = ("rules", "anchor", "coverage", "partial_death_dates", "groups")
_MACHINE = ("engine", "memory", "threads", "strict")
SETTINGS = ("format", *_METHOD, *_MACHINE, "study", "patients", "deaths", "encounters", "output")


@dataclass(frozen=True)
class Job:
    """All settings of a run: its inputs, its method, its output and the resources that it may use.

    `rules` is the name of a shipped cascade or the path of a rule file. `folder` and `format` say where and how the
    output is written, and `target` the schema of a PostgreSQL server that also gets it. The other settings are those of
    `link`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     patients, deaths = Path(name, "patients.csv"), Path(name, "deaths.csv")
    ...     patients.touch()
    ...     deaths.touch()
    ...     files = [("patients.file", str(patients)), ("deaths.file", str(deaths)), ("output.folder", "out")]
    ...     job = read_job(None, files)
    >>> job.rules, job.format, job.encounters
    ('mimic_iv', 'csv.gz', ())
    """

    patients: Source
    deaths: Source
    encounters: tuple[Source, ...]
    rules: str
    policy: MortalityPolicy
    study: StudyFacts
    groups: tuple[str, ...]
    folder: Path
    format: str
    target: Target | None
    engine: str
    memory: str | None
    threads: int | None
    strict: bool = False
    snapshot: bool = False

    @property
    def _sources(self) -> tuple[Source, ...]:
        return self.patients, self.deaths, *self.encounters

    def claim_output(self) -> AbstractContextManager[Callable[[Callable[[Path], None]], None]]:
        """Lock the output folder for this job before any work, after checking that the database can be written too.

        Raises OutputError.
        """
        if self.target is not None:
            check_database(self.target)
        return claim_output(self.folder, self._sources)

    def link(self, progress: Progress | None = None) -> Linkage:
        """Run the job without writing anything."""
        return link(**self._settings(), policy=self.policy, study=self.study, engine=self.engine, progress=progress)

    def foresee(self, progress: Progress | None = None) -> Forecast:
        """Forecast the cost of the job. Also raises OutputError if its output folder could not be used."""
        check_folder(self.folder, self._sources)
        return foresee(**self._settings(), progress=progress)

    def _settings(self) -> dict[str, Any]:
        return {
            "patients": self.patients,
            "deaths": self.deaths,
            "rules": self.rules,
            "encounters": list(self.encounters),
            "groups": self.groups,
            "memory": self.memory,
            "threads": self.threads,
            "strict": self.strict,
        }

    def write(self, run: Linkage, replace: Callable[[Callable[[Path], None]], None]) -> None:
        """Write a run to the places that the job names: the claimed folder first, then the database, each all at
        once."""
        replace(lambda folder: write_all(run, folder, self.format, keep_snapshot=self.snapshot))
        if self.target is not None:
            write_to_database(run, self.target)


@without_cause
def read_job(path: str | Path | None, changes: Iterable[Change] = ()) -> Job:
    """Read a job file; `changes` are settings that take precedence over it. Without a file, they are the only settings.

    Raises JobError, with file, table and remedy.

    >>> read_job(None, [("patients.file", "nobody.csv")])
    Traceback (most recent call last):
    linkage.errors.JobError: the command line, [patients]: nobody.csv: no such file.
    """
    reader = _Reader("the command line" if path is None else Path(path).name)
    data: dict[str, Any] = {"format": 1}
    try:
        if path is not None:
            data = _resolved(_parsed(Path(path)), Path(path).absolute().parent)
        for name, value in changes:
            reader.change(data, name.split("."), value)
        return reader.job(data)
    except RecursionError:
        raise reader.fail("", "is nested far deeper than any job.") from None


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_small(path, JobError).decode("utf-8"))
    except OSError:
        raise JobError(f"{path}: no such job file. `linkage init FILES...` writes a first one.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise JobError(f"{path.name} is not valid TOML: {problem}.") from None


def _resolved(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The settings, with paths that do not depend on the current directory."""
    several = data.get("encounters")
    for table in (data.get("patients"), data.get("deaths"), *(several if isinstance(several, list) else [])):
        if not isinstance(table, dict):
            continue
        file, layout = table.get("file"), table.get("layout")
        if isinstance(file, str):
            table["file"] = str(folder / file)
        if isinstance(file, list) and all(isinstance(one, str) for one in file):
            table["file"] = [str(folder / one) for one in file]
        if isinstance(layout, str) and layout not in BUILT_IN:
            table["layout"] = str(folder / layout)
    rules, output = data.get("rules"), data.get("output")
    if isinstance(rules, str) and not names_shipped_rules(rules):
        data["rules"] = str(folder / rules)
    if isinstance(output, dict) and isinstance(output.get("folder"), str):
        output["folder"] = str(folder / output["folder"])
    return data


class _Reader(TomlTables):
    """Turns parsed TOML into a Job; every error names the file."""

    error = JobError

    def change(self, data: dict[str, Any], name: list[str], value: Any) -> None:
        """Insert a setting. For encounters, a number selects one of several, and without a number the setting applies
        to all."""
        first, rest = name[0], name[1:]
        inner = data.get(first)
        if not rest:
            if first == "file":  # a new file does not have the table of the old one
                for other in ("table", "query", *SERVERS):
                    data.pop(other, None)
            data[first] = value
        elif isinstance(inner, list) and rest[0].isdigit() and 0 < int(rest[0]) <= len(inner) and len(rest) > 1:
            self.change(inner[int(rest[0]) - 1], rest[1:], value)
        elif isinstance(inner, list):
            for one in inner:
                self.change(one, rest, value)
        elif isinstance(inner, dict | None):
            self.change(data.setdefault(first, {}), rest, value)
        else:
            raise self.fail("", f"{first} is not a table, so {'.'.join(name)} cannot be set in it.")

    def job(self, data: dict[str, Any]) -> Job:
        self.only(data, SETTINGS, "")
        if data.get("format") != 1:
            raise self.fail("", f"format = {data.get('format')!r} is not known. This version reads format = 1.")
        output = self.table(data, "output")
        self.only(output, ("folder", "format", "snapshot", "postgres", "schema"), "[output]")
        return Job(
            patients=self.source(self.table(data, "patients"), "[patients]"),
            deaths=self.source(self.table(data, "deaths"), "[deaths]"),
            encounters=self.encounters(data.get("encounters", [])),
            rules=self.text(data, "rules", "", default="mimic_iv"),
            policy=self.policy(data),
            study=self.study(self.table(data, "study")),
            groups=self.groups(data.get("groups", [])),
            folder=Path(self.text(output, "folder", "[output]")),
            format=self.choice(output, "format", FORMATS, "[output]"),
            target=self.target(output),
            engine=self.choice(data, "engine", ENGINES),
            memory=self.text(data, "memory", "", default="") or None,
            threads=self.whole(data, "threads", "", default=1, least=1) if "threads" in data else None,
            strict=self.yes_or_no(data, "strict", ""),
            snapshot=self.snapshot(data, output),
        )

    def encounters(self, data: Any) -> tuple[Source, ...]:
        if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
            raise self.fail("", "encounters must be a list of tables: write each file as a table [[encounters]].")
        return tuple(self.source(one, f"[[encounters]] number {n}") for n, one in enumerate(data, start=1))

    def source(self, data: dict[str, Any], where: str) -> Source:
        self.only(data, SOURCE_SETTINGS, where)
        if not data:
            raise self.fail(where, 'is missing. Name its file: file = "..."')
        settings = dict(data)
        for key in ("table", "query", *SERVERS, *(() if isinstance(data.get("file"), list) else ("file",))):
            self.text(data, key, where, default="")
        columns = settings.get("columns", {})
        if not isinstance(columns, dict) or not all(
            isinstance(name, str)
            for theirs in columns.values()
            for name in (theirs if isinstance(theirs, list) else [theirs])
        ):
            raise self.fail(
                where,
                'columns maps our names to yours, such as columns = { patient_id = "mrn" }, and a date to a list of the'
                ' columns of its year, month and day, such as { birth_date = ["DOB_YR", "DOB_MO", "DOB_DY"] }.',
            )
        try:
            return source(settings.pop("file", None), **settings)
        except InputError as problem:
            raise self.fail(where, str(problem)) from None

    def policy(self, data: Mapping[str, Any]) -> MortalityPolicy:
        first, last = self.coverage(data.get("coverage"))
        anchor = self.choice(data, "anchor", ("hospital_or_ed", *get_args(Anchor)))
        partial = self.choice(data, "partial_death_dates", get_args(PartialDeathDates))
        try:
            return MortalityPolicy(anchor, first, last, partial)  # type: ignore[arg-type]  # checked above
        except InputError as problem:
            raise self.fail("", str(problem)) from None

    def study(self, data: dict[str, Any]) -> StudyFacts:
        self.only(data, STUDY_SETTINGS, "[study]")
        try:
            return StudyFacts(**data)
        except InputError as problem:
            raise self.fail("[study]", str(problem)) from None

    def coverage(self, found: Any) -> tuple[date | None, date | None]:
        if found is None:
            return None, None
        if (
            not isinstance(found, list | tuple)
            or len(found) != 2
            or any(isinstance(day, datetime) or not isinstance(day, date) for day in found)
        ):
            raise self.fail("", "coverage is the first and the last day, such as coverage = [2008-01-01, 2021-12-31].")
        return found[0], found[1]

    def groups(self, found: Any) -> tuple[str, ...]:
        if not isinstance(found, list | tuple) or not all(isinstance(name, str) for name in found):
            raise self.fail("", 'groups lists columns of the patients, such as groups = ["race"].')
        return tuple(found)

    def snapshot(self, data: Mapping[str, Any], output: Mapping[str, Any]) -> bool:
        wanted = self.yes_or_no(output, "snapshot", "[output]")
        if wanted and data.get("engine") == "spark":
            raise self.fail(
                "[output]", 'a run with Spark cannot keep a snapshot. Leave it out, or use engine = "duckdb".'
            )
        return wanted

    def target(self, output: Mapping[str, Any]) -> Target | None:
        variable = self.text(output, "postgres", "[output]", default="")
        schema = self.text(output, "schema", "[output]", default="linkage")
        if not variable and "schema" in output:
            raise self.fail("[output]", 'schema needs a database: also set postgres = "VARIABLE".')
        try:
            return Target(variable, schema) if variable else None
        except InputError as problem:
            raise self.fail("[output]", str(problem)) from None
