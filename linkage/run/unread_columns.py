"""Columns that nobody reads, although their names say that they tell of deaths.

A column of void certificates or of dates of death that goes by an unusual name is left unread without an error: a void
certificate is then linked, and a death has no date. So each such column looks wrong until it is mapped or left out.
"""

from collections.abc import Sequence

from linkage.method.records import Loaded
from linkage.printing import agreeing
from linkage.run.likely_names import dates_in_parts, likely_columns

_TELLING = {
    "patients": ("hospital_death_date", "deceased"),
    "deaths": ("death_date", "void"),
    "encounters": ("discharge", "death_time", "died_in_hospital"),
}
"""The columns of each table that can move a date of death or take a death back."""


def unread_columns(loaded: Sequence[Loaded]) -> list[str]:
    """What looks wrong in the columns that were not used: patients, deaths and encounters, in this order."""
    roles = ["patients", "deaths", *["encounters"] * len(loaded[2:])]
    concerns = [told for role, one in zip(roles, loaded, strict=True) for told in _of_file(role, one)]
    if loaded[2:] and "death_date" not in loaded[1].columns:
        concerns.append(f"{loaded[1].name}: no column is read as death_date, so that it dates no death.")
    return concerns


def _of_file(role: str, one: Loaded) -> list[str]:
    in_parts = dates_in_parts(role, one.unused)
    concerns = []
    for ours in _TELLING[role]:
        if ours in one.columns:
            continue
        parts = in_parts.get(ours)
        names = parts or likely_columns(role, ours, one.unused)[:1]
        if names:
            listed = ", ".join(f'"{name}"' for name in names)
            concerns.append(
                f"{one.name}: {', '.join(names)} {agreeing(len(names), 'is', 'are')} not read, and may hold {ours}."
                f" Map {agreeing(len(names), 'it', 'them')}: columns = {{ {ours} = {f'[{listed}]' if parts else listed}"
                f" }}, or leave {agreeing(len(names), 'it', 'them')} out of the file."
            )
    return concerns
