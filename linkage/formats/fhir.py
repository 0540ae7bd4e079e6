"""Death certificates as FHIR bundles (VRDR): documents, rosters, and messages that update, void, or add aliases.

Registries send bundles that violate the schema, so only the fields that linkage needs are read. Extensions are
recognized by the last part of their URL, because versions of the guide use different URLs for the same extension.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from linkage.errors import InputError
from linkage.formats.resources import (
    NULL_NAMES,
    ONLY_TEXT,
    code_of,
    date_of,
    died,
    is_only_text,
    is_withdrawn,
    last_part,
    listed,
    name_of,
    sex_of,
    ssn_of,
    value_of,
)

COLUMNS = (
    *("first_name", "middle_name", "last_name", "suffix", "former_last_names", "sex", "ssn", "birth_date"),
    "death_date",
)
SUFFIXES = (".json", ".ndjson", ".jsonl")
_ACTIONS = {
    "vrdr_submission": "add",
    "vrdr_submission_update": "change",
    "vrdr_submission_void": "void",
    "vrdr_alias": "alias",
}
_KEY = re.compile("[0-9]{4}[A-Z]{2}[0-9]{6}")
_MOST_VOIDED = 1_000_000
NOT_OF_DEATH = "a message that does not report a death"


@dataclass(frozen=True)
class Event:
    """One message or certificate: the record it concerns, its action on that record, and the columns it gives.

    `doubts` say what looks wrong in it, as in `resources`.
    """

    number: int
    key: str | None
    action: str
    columns: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Events:
    """The events in order, the messages that report no death, and how the order was determined."""

    events: Sequence[Event]
    unfit: Sequence[tuple[int, str]]
    order: str = ""


def is_fhir(path: Path) -> bool:
    """Whether a path has a JSON file name, or is a folder of JSON files; in subfolders, only if there is no Parquet.

    Tables of Parquet files, such as those of Iceberg, describe themselves in JSON files of a subfolder.

    >>> is_fhir(Path("deaths.ndjson.gz")), is_fhir(Path("deaths.csv"))
    (True, False)
    """
    if path.is_dir():
        at_top = any(is_fhir(one) and _is_plain(one.name) for one in path.iterdir() if one.is_file())
        return at_top or (not any(path.glob("**/*.parquet")) and bool(files_of(path)))
    return path.name.lower().removesuffix(".gz").endswith(SUFFIXES)


def files_of(folder: Path) -> list[Path]:
    """The JSON files of a folder and its subfolders, sorted; names that start with `.` or `_` are skipped."""
    return [one for one in files_in(folder) if is_fhir(one)]


def files_in(folder: Path) -> list[Path]:
    """All files of a folder and its subfolders, sorted; names that start with `.` or `_` are skipped."""
    found = (one for one in folder.glob("**/*") if one.is_file())
    return sorted(one for one in found if all(map(_is_plain, one.relative_to(folder).parts)))


def _is_plain(name: str) -> bool:
    return not name.startswith((".", "_"))


def read_events(files: Sequence[Path], *, by_time: bool) -> Events:
    """Read the events of the bundles in these files.

    `by_time` orders messages by their timestamps if every message has one; use it for a folder, where file names do
    not give an order. Raises InputError, with the file and line, for invalid JSON.
    """
    bundles = [one for path in files for one in _bundles(path)]
    order = ""
    if by_time and len(bundles) > 1:
        times = [_time(bundle) for _, bundle in bundles]
        order = "messages are ordered by file name, because not all have a timestamp"
        if all(times):
            order = "messages are ordered by their timestamps"
            by_timestamp = sorted(range(len(bundles)), key=lambda place: (times[place], place))
            bundles = [bundles[place] for place in by_timestamp]
    events: list[Event] = []
    unfit: list[tuple[int, str]] = []
    for place, (line, bundle) in enumerate(bundles, start=1):
        number = line if len(files) == 1 else place
        try:
            events += _events_of(bundle, number)
        except _UnfitError as problem:
            unfit.append((number, str(problem)))
        except (AttributeError, KeyError, TypeError, ValueError, IndexError):
            unfit.append((number, "it does not have the structure of a death certificate"))
    return Events(events, unfit, order)


class _UnfitError(Exception):
    """Why a bundle cannot be used."""


def _bundles(path: Path) -> Iterator[tuple[int, Any]]:
    """The bundles of a file, each with its line number, or its position if the file is one JSON text."""
    try:
        opened = gzip.open if path.suffix.lower() == ".gz" else open
        with opened(path, "rb") as file:
            content = file.read().decode("utf-8-sig")
    except (OSError, EOFError):
        raise InputError(f"{path.name} cannot be read.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8. JSON must be UTF-8.") from None
    by_line = path.name.lower().removesuffix(".gz").endswith((".ndjson", ".jsonl"))
    texts = list(enumerate(re.split(r"\r\n|\n|\r", content), start=1)) if by_line else [(1, content)]
    number = 0
    for line, text in texts:
        if not text.strip():
            continue
        try:
            data = json.loads(text, object_hook=_without_nulls)
        except (ValueError, RecursionError) as problem:
            at = line if by_line else getattr(problem, "lineno", 1)
            raise InputError(
                f"{path.name}, line {at:,}, is not valid JSON. The whole file, or each line of it, must be JSON; name a"
                " file with one bundle per line .ndjson."
            ) from None
        for one in _unpacked(data):
            number += 1
            yield (line if by_line else number), one


def _without_nulls(found: dict[str, Any]) -> dict[str, Any]:
    """A JSON object without its nulls, which some programs write for what is not given."""
    return {name: value for name, value in found.items() if value is not None}


def _unpacked(data: Any) -> Iterator[Any]:
    """A bundle, or the bundles in a list or in a bundle that contains only bundles."""
    if isinstance(data, list):
        for one in data:
            yield from _unpacked(one)
        return
    resources = _resources(data)
    if resources and all(one.get("resourceType") == "Bundle" for one in resources):
        for one in resources:
            yield from _unpacked(one)
        return
    yield data


def _resources(bundle: Any) -> list[dict[str, Any]]:
    entries = bundle.get("entry", []) if isinstance(bundle, dict) else []
    found = [entry.get("resource") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return [one for one in found if isinstance(one, dict)]


def _time(bundle: Any) -> datetime | None:
    try:
        timestamp = datetime.fromisoformat(bundle["timestamp"])
    except (KeyError, TypeError, ValueError):
        return None
    return timestamp if timestamp.tzinfo else None


def _events_of(bundle: dict[str, Any], number: int) -> list[Event]:
    resources = _resources(bundle)
    header = next((one for one in resources if one.get("resourceType") == "MessageHeader"), None)
    if header is None:
        return _certificate(bundle, number, _status(bundle))
    event = last_part(header.get("eventUri") or header.get("eventCoding", {}).get("code"))
    action = _ACTIONS.get(event)
    if action is None:
        known = event if re.fullmatch("[a-z_]{1,60}", event) else "another kind"
        raise _UnfitError(f"{NOT_OF_DEATH} ({known})")
    if action in ("void", "alias"):
        try:
            parameters = next(one for one in resources if one.get("resourceType") == "Parameters")
            values = {one["name"]: value_of(one) for one in parameters["parameter"]}
            return _void(values, number) if action == "void" else [_alias(values, number)]
        except (KeyError, StopIteration, TypeError, ValueError):
            what = "it voids" if action == "void" else "its names belong to"
            raise _UnfitError(f"it does not say which certificate {what}") from None
    document = next((one for one in resources if one.get("resourceType") == "Bundle"), bundle)
    status = _status(document)
    return _certificate(document, number, status if status == "alias" else action)


def _status(bundle: dict[str, Any]) -> str:
    """The action that a roster or document declares in its metadata: an alias, a replacement, or an addition."""
    extensions = {last_part(one.get("url")): value_of(one) for one in bundle.get("meta", {}).get("extension", [])}
    for name, action in (("aliasstatus", "alias"), ("replacestatus", "change")):
        status = next((value for key, value in extensions.items() if key.replace("-", "").endswith(name)), None)
        if status is True or str(code_of(status)).lower() in ("1", "2", "true", "updated", "y"):
            return action
    return "add"


def _key_of(values: Mapping[str, Any], further: int = 0) -> str:
    key = f"{int(values['death_year']):04}{str(values['jurisdiction_id']).upper()}{int(values['cert_no']) + further:06}"
    if not _KEY.fullmatch(key):
        raise _UnfitError("the year, jurisdiction, and number of the certificate are incomplete")
    return key


def _void(values: Mapping[str, Any], number: int) -> list[Event]:
    count = int(values.get("block_count") or 1)
    if not 1 <= count <= _MOST_VOIDED:
        raise _UnfitError(f"block_count is not between 1 and {_MOST_VOIDED:,}")
    return [Event(number, _key_of(values, further), "void") for further in range(count)]


def _alias(values: Mapping[str, Any], number: int) -> Event:
    names = {
        "first_name": "alias_decedent_first_name",
        "middle_name": "alias_decedent_middle_name",
        "last_name": "alias_decedent_last_name",
        "suffix": "alias_decedent_name_suffix",
        "former_last_names": "alias_father_surname",
        "ssn": "alias_social_security_number",
    }
    columns = {ours: str(values[theirs]).strip() for ours, theirs in names.items() if values.get(theirs)}
    return Event(number, _key_of(values), "alias", columns)


def _certificate(bundle: dict[str, Any], number: int, action: str) -> list[Event]:
    resources = _resources(bundle)
    identifier = str(bundle.get("identifier", {}).get("value", "")).strip().upper()
    key = identifier if _KEY.fullmatch(identifier) else None
    if is_withdrawn(resources):
        if key is None or action == "alias":
            raise _UnfitError("it was entered in error, and does not say which certificate it voids")
        return [Event(number, key, "void")]
    persons = [one for one in resources if one.get("resourceType") == "Patient" and _is_decedent(one)]
    if len(persons) != 1:
        raise _UnfitError(f"{len(persons):,} decedents in one bundle" if persons else "no decedent")
    (person,) = persons
    names = [one for one in listed(person.get("name")) if one is not None]
    present = sorted(names, key=lambda name: bool(name.get("period", {}).get("end")))  # a name that has ended is last
    official = next((one for one in present if one.get("use") == "official"), None)
    official = official or next((one for one in present if one.get("use") not in _OTHER_USES), {})
    fathers = [
        name_of(name).get("last_name")
        for one in resources
        if one.get("resourceType") == "RelatedPerson" and "FTH" in json.dumps(one.get("relationship", []))
        for name in listed(one.get("name"))[:1]
    ]
    maiden = [name_of(one).get("last_name") or one.get("text") for one in names if one.get("use") == "maiden"]
    former = [one.strip() for one in (*maiden, *fathers) if one and one.strip().upper() not in NULL_NAMES]
    death_date, doubts = died(resources, person)
    if is_only_text(official):
        doubts = (*doubts, ONLY_TEXT)
    columns = {
        **name_of(official),
        "former_last_names": ";".join(dict.fromkeys(former)),
        "sex": sex_of(person),
        "ssn": ssn_of(person),
        "birth_date": date_of(person, "birthDate"),
        "death_date": death_date,
    }
    events = [Event(number, key, action, _known(columns), doubts)]
    if key is not None and action != "alias":
        others = [name_of(one) for one in names if one is not official and one.get("use") in ("nickname", "old")]
        events += [Event(number, key, "alias", other) for other in others if other and other != name_of(official)]
    return events


_OTHER_USES = ("maiden", "nickname", "old", "anonymous", "temp")


def _is_decedent(person: dict[str, Any]) -> bool:
    profiles = [last_part(one) for one in person.get("meta", {}).get("profile", [])]
    return not any("mother" in one or "father" in one for one in profiles)


def _known(columns: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in columns.items() if value}
