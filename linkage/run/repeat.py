"""A finished run again, from the same files and rules, to be asked what its output folder does not hold."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from linkage.errors import OutputError
from linkage.method.censor import MortalityPolicy
from linkage.run.link import link
from linkage.run.output import MANIFEST, read_manifest
from linkage.run.result import Linkage
from linkage.sources.reading import Reading
from linkage.sources.source import Source
from linkage.version import __version__


def repeat_run(folder: Path) -> Linkage:
    """Run a finished job again, from the same files and rules, to be asked about.

    Raises OutputError when a file or the rules have changed since, the data came from memory, or the manifest is
    another version's.
    """
    told = read_manifest(folder)
    try:
        sources, policy, options = _told(told)
        stated = {name: told["settings"][name] for name in ("coverage_stated", "coverage_how")}
        files = [(source["path"], source["sha256"], f"input {source['file']}") for source in told["inputs"]]
        rules = told["rules"]["path"], told["rules"]["sha256"], "rule file"
    except (KeyError, TypeError) as problem:
        raise OutputError(
            f"{folder / MANIFEST} is of an older or newer toolkit ({_version_of(told)}; this is {__version__}):"
            f" {f'it has no {problem}' if isinstance(problem, KeyError) else problem}. Run the job again, then ask."
        ) from None
    for file in (*files, rules):
        _require_unchanged(*file)
    patients, deaths, *encounters = sources
    run = link(patients, deaths, rules[0], encounters=encounters, policy=policy, **options)
    return replace(run, **stated)


def _told(told: Mapping[str, Any]) -> tuple[list[Source], MortalityPolicy, dict[str, Any]]:
    """The sources, the policy and the other options of a run, from its manifest."""
    settings = told["settings"]
    sources = [
        Source(
            source["file"],
            Path(source["path"] or ""),
            columns=source["columns"],
            reading=Reading(**source["declared"]),
            table=source.get("table", ""),
            query=source.get("query", ""),
        )
        for source in told["inputs"]
    ]
    first, last = (
        settings[name] and date.fromisoformat(settings[name]) for name in ("coverage_first", "coverage_last")
    )
    policy = MortalityPolicy(settings["anchor"], first, last, settings["partial_death_date"])
    return sources, policy, {"groups": settings["groups"]}


def _version_of(told: Mapping[str, Any]) -> str:
    versions = told.get("versions", {}) if isinstance(told, Mapping) else {}
    return str(versions.get("linkage", "unknown"))


def _require_unchanged(path: str | None, digest: str | None, what: str) -> None:
    if path is None or digest is None:
        raise OutputError(f"The {what} was not a file, so the run cannot be repeated. Ask in Python: run.explain(...).")
    if not Path(path).exists() or Source(path, Path(path)).digest() != digest:
        raise OutputError(f"The {what} has changed or moved since the run. Run the job again, then ask.")
