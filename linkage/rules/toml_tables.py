"""Reading the tables of TOML files that people write: rule files and job files.

Every error names the file and the place, what was found and what is allowed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from linkage.errors import LinkageError, did_you_mean

_LONGEST = 2_000
"""The longest error message; a longer quotation would not help."""


class TomlTables:
    """Takes settings out of parsed TOML; every error names the file.

    >>> TomlTables("job.toml").text({"title": 7}, "title", "[patients]")
    Traceback (most recent call last):
    linkage.errors.LinkageError: job.toml, [patients]: title is missing or not a string. Write title = "...".
    """

    error: type[LinkageError] = LinkageError

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, where: str, problem: str) -> LinkageError:
        """The error to raise: the file, the place in it, and the problem."""
        message = f"{self.file}, {where}: {problem}" if where else f"{self.file}: {problem}"
        return self.error(message if len(message) <= _LONGEST else f"{message[:_LONGEST]}...")

    def only(self, table: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
        """Refuse a table with an unknown setting, and suggest the closest valid name."""
        allowed = tuple(allowed)
        for key in table:
            if key not in allowed:
                raise self.fail(
                    where,
                    f'"{key}" is not a setting. Allowed: {", ".join(allowed)}.{did_you_mean(key, allowed)}',
                )

    def table(self, data: Mapping[str, Any], key: str) -> dict[str, Any]:
        """A setting that is a table; empty if it is missing."""
        found = data.get(key, {})
        if not isinstance(found, dict):
            raise self.fail("", f"{key} must be a table, written [{key}].")
        return found

    def text(self, data: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
        """A setting that is a text. Without a default it is required and must not be blank."""
        found = data.get(key, default)
        if not isinstance(found, str) or (default is None and not found.strip()):
            raise self.fail(where, f'{key} is missing or not a string. Write {key} = "...".')
        return found

    def whole(self, data: Mapping[str, Any], key: str, where: str, default: int, least: int = 0) -> int:
        """A setting that is a whole number of at least `least`."""
        found = data.get(key, default)
        if not isinstance(found, int) or isinstance(found, bool) or found < least:
            raise self.fail(where, f"{key} = {found!r} is not a whole number of at least {least}.")
        return found

    def yes_or_no(self, data: Mapping[str, Any], key: str, where: str) -> bool:
        """A setting that is true or false; false if it is missing."""
        found = data.get(key, False)
        if not isinstance(found, bool):
            raise self.fail(where, f"{key} = {found!r} is neither true nor false.")
        return found

    def choice(self, data: Mapping[str, Any], key: str, allowed: tuple[str, ...], where: str = "") -> str:
        """A setting with one of the allowed values, the first of which is the default."""
        found = data.get(key, allowed[0])
        if found not in allowed:
            allowed = tuple(dict.fromkeys(allowed))
            raise self.fail(
                where,
                f"{key} = {found!r} is not allowed. Allowed: {', '.join(allowed)}.{did_you_mean(str(found), allowed)}",
            )
        return str(found)

    def words(self, data: Mapping[str, Any], key: str, where: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """A setting that is a list of allowed words; empty if it is missing."""
        found = data.get(key, [])
        if not isinstance(found, list):
            raise self.fail(where, f"{key} must be a list, written [...].")
        for word in found:
            if word not in allowed:
                raise self.fail(
                    where,
                    f"{key} names {word!r}. Allowed: {', '.join(allowed)}.{did_you_mean(str(word), allowed)}",
                )
        if len(set(found)) != len(found):
            raise self.fail(where, f"{key} names something twice.")
        return tuple(found)
