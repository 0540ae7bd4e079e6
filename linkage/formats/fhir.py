"""Death certificates as FHIR bundles (VRDR): documents, rosters, and the messages that change, void and rename them.

Registries send what no schema allows, so only what linkage needs is taken, by the last part of each address: older and
newer guides write the same extensions under other ones.
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
from linkage.formats.resources import NULL_NAMES, code_of, date_of, died, last_part, name_of, sex_of, ssn_of, value_of

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


@dataclass(frozen=True)
class Event:
    """What one message or certificate says: of which record, what it does to it, and the columns that it gives."""

    number: int
    key: str | None
    action: str
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Events:
    """The events of files in their order, the messages that tell of no death, and how the order was found."""

    events: Sequence[Event]
    unfit: Sequence[tuple[int, str]]
    order: str = ""


def is_fhir(path: Path) -> bool:
    """Whether a path is of JSON, by its name; a folder when it holds JSON files.

    >>> is_fhir(Path("deaths.ndjson.gz")), is_fhir(Path("deaths.csv"))
    (True, False)
    """
    if path.is_dir():
        return bool(files_of(path))
    return path.name.lower().removesuffix(".gz").endswith(SUFFIXES)


def files_of(folder: Path) -> list[Path]:
    """The JSON files of a folder, by their names; those whose names begin with a dot are passed over."""
    return sorted(one for one in folder.iterdir() if not one.name.startswith(".") and one.is_file() and is_fhir(one))


def read_events(files: Sequence[Path], *, by_time: bool) -> Events:
    """What the bundles of files say. `by_time` orders messages by their own time, where each has one: in a folder the
    names say nothing.

    Raises InputError for what is no JSON, with the file and the line.
    """
    bundles = [one for path in files for one in _bundles(path)]
    order = ""
    if by_time and len(bundles) > 1:
        times = [_time(bundle) for _, bundle in bundles]
        order = "messages are in the order of the names of their files, because not all tell their time"
        if all(times):
            order = "messages are in the order of their own times"
            told = sorted(range(len(bundles)), key=lambda place: (times[place], place))
            bundles = [bundles[place] for place in told]
    events: list[Event] = []
    unfit: list[tuple[int, str]] = []
    for place, (line, bundle) in enumerate(bundles, start=1):
        number = line if len(files) == 1 else place
        try:
            events += _events_of(bundle, number)
        except _UnfitError as problem:
            unfit.append((number, str(problem)))
        except (AttributeError, KeyError, TypeError, ValueError, IndexError):
            unfit.append((number, "it is not built as a death certificate"))
    return Events(events, unfit, order)


class _UnfitError(Exception):
    """Why a bundle tells of no death."""


def _bundles(path: Path) -> Iterator[tuple[int, Any]]:
    """The bundles of a file, each with its number in it."""
    try:
        opened = gzip.open if path.suffix.lower() == ".gz" else open
        with opened(path, "rb") as file:
            content = file.read().decode("utf-8-sig")
    except (OSError, EOFError):
        raise InputError(f"{path.name} cannot be read.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8, which JSON must be.") from None
    by_line = path.name.lower().removesuffix(".gz").endswith((".ndjson", ".jsonl"))
    texts = list(enumerate(re.split(r"\r\n|\n|\r", content), start=1)) if by_line else [(1, content)]
    number = 0
    for line, text in texts:
        if not text.strip():
            continue
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as problem:
            at = line if by_line else getattr(problem, "lineno", 1)
            raise InputError(f"{path.name} is not JSON, line {at:,}. Each line, or the whole file, must be.") from None
        for one in _unpacked(data):
            number += 1
            yield (line if by_line else number), one


def _unpacked(data: Any) -> Iterator[Any]:
    """A bundle, or the bundles in a list or in a bundle that holds nothing else."""
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
        told = datetime.fromisoformat(bundle["timestamp"])
    except (KeyError, TypeError, ValueError):
        return None
    return told if told.tzinfo else None


def _events_of(bundle: dict[str, Any], number: int) -> list[Event]:
    resources = _resources(bundle)
    header = next((one for one in resources if one.get("resourceType") == "MessageHeader"), None)
    if header is None:
        return _certificate(bundle, number, _status(bundle))
    event = last_part(header.get("eventUri") or header.get("eventCoding", {}).get("code"))
    action = _ACTIONS.get(event)
    if action is None:
        known = event if re.fullmatch("[a-z_]{1,60}", event) else "another kind"
        raise _UnfitError(f"a message that tells of no death ({known})")
    if action in ("void", "alias"):
        told = next(one for one in resources if one.get("resourceType") == "Parameters")
        values = {one["name"]: value_of(one) for one in told["parameter"]}
        return _void(values, number) if action == "void" else [_alias(values, number)]
    document = next((one for one in resources if one.get("resourceType") == "Bundle"), bundle)
    status = _status(document)
    return _certificate(document, number, status if status == "alias" else action)


def _status(bundle: dict[str, Any]) -> str:
    """What a roster or a document says of itself: an alias, a replacement, or an addition."""
    said = {last_part(one.get("url")): value_of(one) for one in bundle.get("meta", {}).get("extension", [])}
    for name, action in (("aliasstatus", "alias"), ("replacestatus", "change")):
        told = next((value for key, value in said.items() if key.replace("-", "").endswith(name)), None)
        if told is True or str(code_of(told)).lower() in ("1", "2", "true", "updated", "y"):
            return action
    return "add"


def _key_of(values: Mapping[str, Any], further: int = 0) -> str:
    key = f"{int(values['death_year']):04}{str(values['jurisdiction_id']).upper()}{int(values['cert_no']) + further:06}"
    if not _KEY.fullmatch(key):
        raise _UnfitError("the year, the jurisdiction and the number of the certificate are not complete")
    return key


def _void(values: Mapping[str, Any], number: int) -> list[Event]:
    count = int(values.get("block_count") or 1)
    if not 1 <= count <= _MOST_VOIDED:
        raise _UnfitError("a void of an impossible number of certificates")
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
    person = next((one for one in resources if one.get("resourceType") == "Patient" and _is_decedent(one)), None)
    if person is None:
        raise _UnfitError("no decedent")
    told = str(bundle.get("identifier", {}).get("value", "")).strip().upper()
    key = told if _KEY.fullmatch(told) else None
    names = [one for one in person.get("name", []) if isinstance(one, dict)]
    official = next((one for one in names if one.get("use") == "official"), None)
    official = official or next((one for one in names if one.get("use") not in _OTHER_USES), {})
    fathers = [
        name.get("family")
        for one in resources
        if one.get("resourceType") == "RelatedPerson" and "FTH" in json.dumps(one.get("relationship", []))
        for name in one.get("name", [])[:1]
    ]
    maiden = [one.get("family") or one.get("text") for one in names if one.get("use") == "maiden"]
    former = [one.strip() for one in (*maiden, *fathers) if one and one.strip().upper() not in NULL_NAMES]
    columns = {
        **name_of(official),
        "former_last_names": ";".join(dict.fromkeys(former)),
        "sex": sex_of(person),
        "ssn": ssn_of(person),
        "birth_date": date_of(person, "birthDate"),
        "death_date": died(resources),
    }
    events = [Event(number, key, action, _known(columns))]
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
