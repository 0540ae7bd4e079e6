"""What looks wrong in death certificates in FHIR: dates that contradict each other, and bundles that are not used."""

from collections.abc import Sequence

from linkage.formats.fhir import NOT_OF_DEATH, files_in
from linkage.printing import agreeing, counted
from linkage.sources.source import Source


def concerns_of_bundles(sources: Sequence[Source]) -> list[str]:
    """The concerns about all sources in FHIR."""
    return [
        concern
        for source in sources
        if source.format == "fhir"
        for concern in (*_doubts(source), *_unfit(source), *_subfolders(source), *_other_files(source))
    ]


def _doubts(source: Source) -> list[str]:
    """What looks wrong in the certificates that no later message changes or voids."""
    found: dict[str, list[int]] = {}
    events = source.events.events
    changes = [(place, event.key) for place, event in enumerate(events) if event.action in ("change", "void")]
    ended = {key: place for place, key in changes if key}
    for place, event in enumerate(events):
        for doubt in event.doubts if place >= ended.get(event.key or "", 0) else ():
            found.setdefault(doubt, []).append(event.number)
    return [
        f"{source.name}: {counted(len(rows), 'certificate has', 'certificates have')} {doubt}, first in row"
        f" {min(rows):,}."
        for doubt, rows in sorted(found.items())
    ]


def _unfit(source: Source) -> list[str]:
    """Bundles that are not used although they may report or void a death; other kinds of messages are no concern."""
    unfit = [(number, why) for number, why in source.events.unfit if not why.startswith(NOT_OF_DEATH)]
    if not unfit:
        return []
    return [
        f"{source.name}: {counted(len(unfit), 'bundle cannot', 'bundles cannot')} be used, first in row"
        f" {unfit[0][0]:,}: {unfit[0][1]}. {agreeing(len(unfit), 'It is', 'They are')} rejected: see the table"
        " rejected."
    ]


def _subfolders(source: Source) -> list[str]:
    """JSON files that a subfolder holds, which may be older copies."""
    files = source.files
    below = sum(path.parent != source.path for path in files) if source.path and source.path.is_dir() else 0
    if not below:
        return []
    return [
        f"{source.name}: {below:,} of its {counted(len(files), 'JSON file')} {agreeing(below, 'is', 'are')} in"
        f" subfolders, and {agreeing(below, 'is', 'are')} read. {agreeing(below, 'Does it', 'Do they')} belong to this"
        " source?"
    ]


def _other_files(source: Source) -> list[str]:
    """Certificates in XML, which are not read."""
    if source.path is None or not source.path.is_dir():
        return []
    xml = [path for path in files_in(source.path) if path.suffix.lower() == ".xml"]
    if not xml:
        return []
    return [
        f"{source.name}: {counted(len(xml), 'file of it is XML and is', 'files of it are XML and are')} not read."
        f" {agreeing(len(xml), 'Is it', 'Are they')} among the JSON files too? If not, convert"
        f" {agreeing(len(xml), 'it', 'them')} to JSON."
    ]
