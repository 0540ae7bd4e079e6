"""The rule files and placeholders that come with the toolkit.

Separate from reading a rule file, because jobs and explanations need only their names or values.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from linkage.errors import RulesError
from linkage.rules.cascade import FIELD_KINDS

_SHIPPED = (Path(__file__).parents[1] / "rules_data", Path(__file__).parents[2] / "rules")
RETIRED = {"extended": ("evidence", "0033-extended-is-retired")}
"""Cascades that are no longer shipped: the cascade that replaces each, and the decision record."""


def shipped_rules() -> dict[str, Path]:
    """The cascades that come with the toolkit, by name.

    >>> "mimic_iv" in shipped_rules()
    True
    """
    files = sorted(_data_folder().glob("*.toml"))
    return {path.stem: path for path in files if path.stem != "placeholders"}


def names_shipped_rules(name: str) -> bool:
    """Whether this is the name of a shipped or retired cascade, and not a path.

    >>> names_shipped_rules("evidence"), names_shipped_rules("extended"), names_shipped_rules("rules/evidence.toml")
    (True, True, False)
    """
    return name in shipped_rules() or name in RETIRED


def shipped_file(name: str) -> Path | None:
    """The file of a shipped cascade; None if no cascade has this name. Raises RulesError if the cascade is retired.

    >>> shipped_file("my_rules.toml") is None
    True
    """
    if name in RETIRED:
        replacement, record = RETIRED[name]
        raise RulesError(
            f"{name} is no longer shipped. Use {replacement}, which replaces it. If you need the old rules, take"
            f" rules/{name}.toml from the repository's history, as docs/decisions/{record}.md describes, and give the"
            " path of that file."
        )
    return shipped_rules().get(name)


def _data_folder() -> Path:
    return next(folder for folder in _SHIPPED if folder.is_dir())


def placeholders() -> dict[str, tuple[str, ...]]:
    """The values that count as not known in every cascade, by field, in standardized form."""
    data = tomllib.loads((_data_folder() / "placeholders.toml").read_text("utf-8"))
    return {name: as_standard(values, FIELD_KINDS[name]) for name, values in data.items()}


def as_standard(values: Iterable[Any], kind: str) -> tuple[str, ...]:
    """Placeholders in standardized form: digits, or upper case."""
    if kind == "date":
        return tuple(f"{value:%Y%m%d}" for value in values)
    if kind == "ssn":
        return tuple("".join(filter(str.isdigit, value)) for value in values)
    return tuple(value.upper() for value in values)
