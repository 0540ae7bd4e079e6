"""Repeat a finished run from the same files and rules, to answer questions that its output folder cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import OutputError, without_cause
from linkage.method.records import Loaded
from linkage.rules.file import read_rules
from linkage.rules.policy import MortalityPolicy
from linkage.rules.study_facts import study_of_manifest
from linkage.run.link import link
from linkage.run.output import MANIFEST, read_manifest
from linkage.run.progress import Stopwatch
from linkage.run.result import Linkage
from linkage.run.snapshot import restore_tables, restored_sources, without_snapshot
from linkage.sources.reading import Reading
from linkage.sources.servers import SERVERS
from linkage.sources.source import Source
from linkage.version import __version__


@without_cause
def repeat_run(folder: Path, *, trust_queries: bool = False) -> Linkage:
    """Repeat a finished job from the same files and rules, to query it.

    A database query stored in the manifest is only run with `trust_queries`, because the author of the folder could
    have put any query there. A server is queried again through the same environment variable, and must return the same
    rows. A run with a snapshot is restored from it.

    Raises OutputError if a file, a server's rows or the rules have changed since, if the data came from memory, if the
    manifest is from another version, or if it has a query that is not trusted.

    >>> import tempfile
    >>> import pandas as pd
    >>> person = pd.DataFrame({"first_name": ["Ann"], "last_name": ["Lee"], "birth_date": ["1950-02-11"]})
    >>> with tempfile.TemporaryDirectory() as name:
    ...     files = Path(name, "patients.csv"), Path(name, "deaths.csv")
    ...     person.assign(patient_id=7).to_csv(files[0], index=False)
    ...     person.assign(death_id=40).to_csv(files[1], index=False)
    ...     with link(*files) as run:
    ...         run.write(Path(name, "out"))
    ...     with repeat_run(Path(name, "out")) as again:
    ...         again.explain("7").fate
    'linked to death 40 by R2, with no runner-up'
    """
    manifest = read_manifest(folder)
    try:
        sources, policy, options = _settings_of_manifest(manifest)
        stated = {name: manifest["settings"][name] for name in ("coverage_stated", "coverage_how")}
        files = [(source["path"], source["sha256"], f"input {source['file']}") for source in manifest["inputs"]]
        layouts = [source.get("layout_sha256", "") for source in manifest["inputs"]]
        contents = [source["sha256_of_rows"] for source in manifest["inputs"]]
        rules = manifest["rules"]["path"], manifest["rules"]["sha256"], "rule file"
        study = study_of_manifest(manifest["study"])
    except (KeyError, TypeError) as problem:
        raise OutputError(
            f"{folder / MANIFEST} is from an older or newer version of the toolkit ({_version_of(manifest)}; this is"
            f" {__version__}): {f'it has no {problem}' if isinstance(problem, KeyError) else problem}. {_RUN_AGAIN}"
        ) from None
    if manifest.get("snapshot"):
        _require_unchanged(*rules)
        return restored_run(folder, manifest, sources, policy)
    _require_repeatable(folder, sources, contents, trust_queries=trust_queries)
    for (path, digest, what), source in zip(files, sources, strict=True):
        if source.path is not None:
            _require_unchanged(path, digest, what, source.later)
    _require_unchanged(*rules)
    for source, layout in zip(sources, layouts, strict=True):
        if source.origin().get("layout_sha256", "") != layout:
            raise OutputError(f"The layout of the input {source.name} has changed since the run. {_RUN_AGAIN}")
    patients, deaths, *encounters = sources
    run = link(patients, deaths, rules[0], encounters=encounters, policy=policy, study=study, **options)
    if (*run.digests, run.cascade.digest) != (*(digest for _, digest, _ in files), rules[1]):
        run.close()
        raise OutputError(f"An input or the rule file has changed while the run was repeated. {_RUN_AGAIN}")
    for source, before, now in zip(sources, contents, run.contents, strict=True):
        if before != now:
            run.close()
            raise OutputError(
                f"The rows of {source.name} have changed since the run. {_RUN_AGAIN} With snapshot = true, under"
                " [output], the rows of a run are kept."
            )
    return replace(run, **stated)


_RUN_AGAIN = "Run the job again and query its new output."


def _require_repeatable(
    folder: Path, sources: Sequence[Source], contents: Sequence[str | None], *, trust_queries: bool
) -> None:
    """Raise OutputError if a source was in memory, or has a query that is not trusted."""
    for source, content in zip(sources, contents, strict=True):
        if source.format == "frame" or (source.format == "server" and content is None):
            raise OutputError(
                f"The input {source.name} was not a file, so the run cannot be repeated. {without_snapshot(folder)}"
            )
    asked = [source.name for source in sources if source.query]
    if asked and not trust_queries:
        raise OutputError(
            f"{folder / MANIFEST} has a query of {asked[0]}, and the author of the folder could have changed it. Read"
            " it there; to run it again, add --trust-queries (in Python: trust_queries=True)."
        )


def restored_run(
    folder: Path, manifest: Mapping[str, Any], sources: Sequence[Source], policy: MortalityPolicy
) -> Linkage:
    """A finished run restored from its snapshot, without linking. Raises OutputError if the snapshot belongs to another
    run."""
    restored = restored_sources(folder, manifest["snapshot"], sources)
    database = DuckDBEngine()
    try:
        restore_tables(database, folder, manifest["snapshot"])
    except BaseException:
        database.close()
        raise
    settings, counts = manifest["settings"], manifest["counts"]
    groups = {f"group_{n}": group for n, group in enumerate(settings["groups"])}
    loaded = [
        Loaded(
            source["file"], rows["read"], rows["rejected"], source["columns"], groups if place == 0 else {},
            source["columns_not_used"], times_not_read=counts["times_not_read"].get(source["file"], {}),
        )
        for place, (source, rows) in enumerate(zip(manifest["inputs"], counts["rows"], strict=True))
    ]  # fmt: skip
    return Linkage(
        database, read_rules(manifest["rules"]["path"]), settings["decided_by"], restored, loaded, policy,
        settings["coverage_stated"], counts, Stopwatch(),
        digests=[source["sha256"] for source in manifest["inputs"]],
        contents=[source["sha256_of_rows"] for source in manifest["inputs"]],
        coverage_how=settings["coverage_how"], concerns=manifest["what_looks_wrong"],
        study=study_of_manifest(manifest["study"]),
    )  # fmt: skip


def _settings_of_manifest(manifest: Mapping[str, Any]) -> tuple[list[Source], MortalityPolicy, dict[str, Any]]:
    """The sources, the policy and the other options of a run, from its manifest."""
    settings = manifest["settings"]
    sources = [
        Source(
            source["file"],
            None if source["path"] is None else Path(source["path"]),
            columns=source["columns"],
            reading=Reading(**source["declared"]),
            table=source.get("table", ""),
            query=source.get("query", ""),
            server=server,
            variable=source.get(server, ""),
            later=tuple(map(Path, source.get("later_paths", ()))),
        )
        for source in manifest["inputs"]
        for server in [next((kind for kind in SERVERS if kind in source), "")]
    ]
    first, last = (
        settings[name] and date.fromisoformat(settings[name]) for name in ("coverage_first", "coverage_last")
    )
    policy = MortalityPolicy(settings["anchor"], first, last, settings["partial_death_dates"])
    return sources, policy, {"groups": settings["groups"]}


def _version_of(manifest: Mapping[str, Any]) -> str:
    versions = manifest.get("versions", {}) if isinstance(manifest, Mapping) else {}
    return str(versions.get("linkage", "unknown"))


def _require_unchanged(path: str | None, digest: str | None, what: str, later: tuple[Path, ...] = ()) -> None:
    if path is None or digest is None:
        raise OutputError(
            f"The {what} was not a file, so the run cannot be repeated. Query it in Python: run.explain(...)."
        )
    is_there = (Path(path).is_file() or Path(path).is_dir()) and all(file.is_file() for file in later)
    if not is_there or Source(path, Path(path), later=later).digest() != digest:
        raise OutputError(f"The {what} has changed or moved since the run. {_RUN_AGAIN}")
