"""A finished run again, from the same files and rules, to be asked what its output folder does not hold."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from linkage.cascade import link
from linkage.errors import OutputError, told_alone
from linkage.mortality import MortalityPolicy
from linkage.output import MANIFEST, read_manifest
from linkage.reading import Reading
from linkage.result import Linkage
from linkage.sources import Source
from linkage.version import __version__


@told_alone
def repeat_run(folder: Path, *, trust_queries: bool = False) -> Linkage:
    """Run a finished job again, from the same files and rules, to be asked about.

    A query that the manifest holds is asked only with `trust_queries`: whoever wrote the folder wrote the query.

    Raises OutputError when a file or the rules have changed since, the data came from memory, the manifest is
    another version's, or it holds a query that nobody trusts.
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
    asked = [source.name for source in sources if source.query]
    if asked and not trust_queries:
        raise OutputError(
            f"{folder / MANIFEST} holds a query of {asked[0]}, and whoever wrote the folder wrote the query. Read it"
            " there; to ask it again, add --trust-queries (in Python: trust_queries=True)."
        )
    for file in (*files, rules):
        _require_unchanged(*file)
    patients, deaths, *encounters = sources
    run = link(patients, deaths, rules[0], encounters=encounters, policy=policy, **options)
    if (*run.digests, run.cascade.digest) != (*(digest for _, digest, _ in files), rules[1]):
        run.close()
        raise OutputError(
            "An input or the rule file has changed while the run was repeated. Run the job again, then ask."
        )
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
    if (not Path(path).is_file() and not Path(path).is_dir()) or Source(path, Path(path)).digest() != digest:
        raise OutputError(f"The {what} has changed or moved since the run. Run the job again, then ask.")
