"""Layouts of fixed-width files: the position of each field, its codes, and the columns made from the fields.

Three official layouts are built in. Users can write others, such as a state's, in TOML of the same format.
"""

import hashlib
import re
import tomllib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from linkage.errors import InputError, did_you_mean
from linkage.system.limits import read_small
from linkage.system.text_pipe import open_text

TYPES = ("text", "number", "letters")
ACTIONS = ("add", "change", "delete", "void", "alias")
BUILT_IN = ("ssa_dmf", "ije_mortality", "mortality_roster")
_MADE_BY = ("first_of", "all_of", "join")


@dataclass(frozen=True)
class Field:
    """One field: its name, first character (from 1), length, and the values that mean "not known".

    A "number" contains only digits and blanks, and "letters" contain no digit; anything else reveals a shifted line.
    `codes` maps a value to its replacement; an empty replacement means not known.
    """

    name: str
    start: int
    length: int
    type: str = "text"
    unknown: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """Its last character."""
        return self.start + self.length - 1


@dataclass(frozen=True)
class Made:
    """How a column is made from fields: "parts" of a date, or "join", "first_of", or "all_of" the fields."""

    how: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """A layout: the full and the shortest allowed length of a line, its fields, and the columns made from them.

    `key` lists the fields that identify a record. `actions` maps the codes of each flag field to actions on the
    registry.
    """

    name: str
    title: str
    length: int
    shortest: int
    fields: tuple[Field, ...]
    columns: Mapping[str, Made]
    key: tuple[str, ...] = ()
    actions: tuple[tuple[str, Mapping[str, str]], ...] = ()
    digest: str = ""

    def field(self, name: str) -> Field:
        """The field with this name."""
        return next(one for one in self.fields if one.name == name)

    @property
    def key_is_ssn(self) -> bool:
        """Whether the key of a record is the SSN."""
        return "ssn" in self.columns and self.columns["ssn"].fields == self.key

    @property
    def names(self) -> list[str]:
        """The columns of a file with this layout: those made from fields, and the fields not used for any of them."""
        used = {name for made in self.columns.values() for name in made.fields}
        used |= {*self.key, *(name for name, _ in self.actions)}
        taken = {name.lower() for name in self.columns}
        own = [one.name for one in self.fields if one.name not in used and one.name.lower() not in taken]
        return [*self.columns, *own]


def read_layout(name: str) -> Layout:
    """Read a built-in layout by name, or a layout from a TOML file by path.

    Raises InputError, which names the field and the remedy.

    >>> layout = read_layout("ssa_dmf")
    >>> layout.length, layout.field("SSN").start, layout.names[:3]
    (100, 2, ['first_name', 'middle_name', 'last_name'])
    >>> read_layout("ssa_dfm")
    Traceback (most recent call last):
    linkage.errors.InputError: layout = 'ssa_dfm' is neither a built-in layout (ssa_dmf, ...) nor ... "ssa_dmf"?
    """
    if name in BUILT_IN:
        content = files("linkage.formats").joinpath("layouts", f"{name}.toml").read_bytes()
    else:
        try:
            content = read_small(Path(name), InputError)
        except OSError:
            raise InputError(
                f"layout = {name!r} is neither a built-in layout ({', '.join(BUILT_IN)}) nor the path of a TOML file."
                + did_you_mean(name, BUILT_IN)
            ) from None
    shown = name if name in BUILT_IN else Path(name).name
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InputError(f"layout {shown} is not valid TOML: {problem}.") from None
    return _Reader(shown).layout(data, hashlib.sha256(content).hexdigest())


def layout_of_lines(path: Path) -> str | None:
    """The built-in layout that matches the first lines of a file, or None."""
    try:
        with open_text(path, "latin-1") as text:
            start = text.read(1 << 17)
    except (OSError, EOFError, zlib.error):
        return None
    lines = [one.lstrip("\x0c") for one in re.split(r"\r\n|\n|\r", start.rstrip("\x1a"))]
    whole = [one for one in (lines[:-1] or lines) if one.strip()][:50]
    return next((name for name in BUILT_IN if whole and _fits(read_layout(name), whole)), None)


def _fits(layout: Layout, lines: Sequence[str]) -> bool:
    """Whether lines match a layout: one has its full length, and all have digits in its number fields."""
    numbers = [one for one in layout.fields if one.type == "number" and one.end <= layout.shortest]
    return max(map(len, lines)) == layout.length and all(
        len(line) >= layout.shortest
        and all(re.fullmatch("[0-9 ]*", line[one.start - 1 : one.end]) for one in numbers)
        and any(re.fullmatch("[0-9]+", line[one.start - 1 : one.end]) for one in numbers)
        for line in lines
    )


class _Reader:
    """Turns parsed TOML into a layout. Every error names the layout and the place in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def fail(self, problem: str) -> InputError:
        return InputError(f"layout {self.name}: {problem}")

    def only(self, table: Any, allowed: Sequence[str], where: str) -> dict[str, Any]:
        if not isinstance(table, dict):
            raise self.fail(f"{where} must be a table.")
        for key in table:
            if key not in allowed:
                raise self.fail(
                    f'{where} has "{key}", which is not a setting. Allowed: {", ".join(allowed)}.'
                    + did_you_mean(key, allowed)
                )
        return table

    def layout(self, data: dict[str, Any], digest: str) -> Layout:
        self.only(data, ("format", "title", "length", "shortest", "field", "columns", "registry"), "it")
        if data.get("format") != 1:
            raise self.fail(f"format = {data.get('format')!r} is not known. This version reads format = 1.")
        listed = data.get("field")
        if not isinstance(listed, list) or not listed:
            raise self.fail("it needs fields: [[field]], each with name, start and length.")
        fields = tuple(self.field(one, place) for place, one in enumerate(listed, start=1))
        names = [one.name for one in fields]
        if twice := [name for name in names if [other.lower() for other in names].count(name.lower()) > 1]:
            raise self.fail(f"two fields are named {twice[0]}. Field names must be unique.")
        length = self.whole(data, "length", "it", max(one.end for one in fields))
        for one in fields:
            if one.end > length:
                raise self.fail(f"field {one.name} ends at {one.end:,}, but a line has {length:,} characters.")
        shortest = self.whole(data, "shortest", "it", length)
        columns = self.columns(data.get("columns", {}), names)
        registry = self.only(data.get("registry", {}), ("key", "action"), "[registry]")
        key = self.listed(registry.get("key", []), names, "[registry] key")
        actions = tuple(self.action(one, names) for one in registry.get("action", []))
        if actions and not key:
            raise self.fail("[registry] has actions but no key. List the fields that identify a record: key = [...].")
        return Layout(
            self.name, str(data.get("title", "")), length, min(shortest, length), fields, columns, key, actions, digest
        )

    def field(self, data: Any, place: int) -> Field:
        self.only(data, ("name", "start", "length", "type", "unknown", "codes"), f"field {place}")
        name = data.get("name")
        if not isinstance(name, str) or not name.strip():
            raise self.fail(f"field {place} has no name.")
        where = f"field {name}"
        kind, unknown, codes = data.get("type", "text"), data.get("unknown", []), data.get("codes", {})
        if kind not in TYPES:
            raise self.fail(f"{where}: type = {kind!r} is not one of: {', '.join(TYPES)}.{did_you_mean(kind, TYPES)}")
        if not isinstance(unknown, list) or not all(isinstance(one, str) for one in unknown):
            raise self.fail(f'{where}: unknown must be a list of strings, such as unknown = ["99"].')
        if not isinstance(codes, dict) or not all(isinstance(one, str) for one in codes.values()):
            raise self.fail(f'{where}: codes must give a text for each code, such as codes = {{ 1 = "M" }}.')
        start = self.whole(data, "start", where, None)
        return Field(name, start, self.whole(data, "length", where, None), kind, tuple(unknown), codes)

    def whole(self, data: Mapping[str, Any], key: str, where: str, default: int | None) -> int:
        found = data.get(key, default)
        if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= 1_000_000:
            raise self.fail(f"{where}: {key} = {found!r} is not a whole number of characters from 1 to 1,000,000.")
        return found

    def listed(self, found: Any, names: Iterable[str], where: str) -> tuple[str, ...]:
        several = [found] if isinstance(found, str) else found
        if not isinstance(several, list):
            raise self.fail(f"{where} must be a list of fields.")
        for name in several:
            if name not in (allowed := list(names)):
                raise self.fail(f"{where} names {name!r}, which is not a field.{did_you_mean(str(name), allowed)}")
        return tuple(several)

    def columns(self, data: Any, names: Sequence[str]) -> dict[str, Made]:
        if not isinstance(data, dict):
            raise self.fail("[columns] must be a table.")
        made = {}
        for ours, given in data.items():
            how = "parts" if isinstance(given, list) else "join"
            if isinstance(given, dict):
                if len(given) != 1 or next(iter(given)) not in _MADE_BY:
                    raise self.fail(f"[columns] {ours} must use one of: {', '.join(_MADE_BY)}.")
                how, given = next(iter(given.items()))
            made[ours] = Made(how, self.listed(given, names, f"[columns] {ours}"))
            if not made[ours].fields:
                raise self.fail(f"[columns] {ours} names no field.")
        return made

    def action(self, data: Any, names: Sequence[str]) -> tuple[str, Mapping[str, str]]:
        self.only(data, ("field", "codes"), "[registry] action")
        (name,) = self.listed(data.get("field", ""), names, "[registry] action")
        codes = data.get("codes", {})
        for does in codes.values() if isinstance(codes, dict) else ["?"]:
            if does not in ACTIONS:
                raise self.fail(
                    f"[registry] action of {name}: {does!r} is not one of: {', '.join(ACTIONS)}."
                    + did_you_mean(str(does), ACTIONS)
                )
        return name, codes
