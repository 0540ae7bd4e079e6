"""What the texts of names and dates show before they are standardized: damaged letters, and times of day.

Both are asked of the distinct values by one statement, because standardizing removes them.
"""

from collections.abc import Mapping, Sequence

from linkage.engines import Engine
from linkage.method.standardize.as_read import DATES, NAME_FIELDS
from linkage.quoting import quoted
from linkage.values.clocks import minute_of_day, shifted_midnights
from linkage.values.damaged_letters import PATTERNS

NAMES = (*NAME_FIELDS, "former_last_names")
"""The columns of names that are searched for damaged letters."""
_CLOCK = (
    "^(?:.*?[0-9][T :]+([0-2]?[0-9]:[0-5][0-9])(?:[:][0-9]{2}(?:[.,][0-9]+)?)?"
    "|[0-9]{8}T?([0-2][0-9][0-5][0-9])(?:[0-9]{2})?) ?([AP]M)?$"
)
_GROUPS = (1, 2, 3)
"""The groups of a time with a colon, of one without, and of the half of a day. A time with a zone has no match."""

Signs = dict[str, dict[str, dict[str, int]]]
"""Numbers by side, column of the table, and sign."""


def value_signs(engine: Engine, sides: Sequence[str]) -> Signs:
    """The signs in the distinct values: by name the kind of damage with the number of rows, and by date the time of day
    ("" if there is none) with the number of distinct values. Call `list_values` first."""
    selects = (f"SELECT '{side}' AS side, field, {_sign(side)} AS sign FROM {side}_value" for side in sides)
    listed = "\nUNION ALL ".join(selects)
    found: Signs = {side: {} for side in sides}
    counted = f"SELECT side, field, sign, count(*) FROM ({listed}) AS listed WHERE sign IS NOT NULL GROUP BY 1, 2, 3"
    for side, field, sign, number in sorted(engine.rows(counted)):
        found[side].setdefault(field, {})[sign] = int(number)
    damaged = [(side, field) for side in sides for field in found[side] if field in NAMES]
    return _with_rows(engine, found, damaged) if damaged else found


def _sign(side: str) -> str:
    dates = quoted(tuple(DATES[side]))
    clock = " || ".join(f"regexp_extract(upper(trim(value)), '{_CLOCK}', {group})" for group in _GROUPS)
    return f"CASE WHEN field IN ({quoted(NAMES)}) THEN {_DAMAGE} WHEN field IN ({dates}) THEN {clock} END"


_DAMAGE = (
    "CASE WHEN full_match(value, '[A-Z]+') THEN NULL "
    + " ".join(f"WHEN full_match(value, '{pattern}') THEN '{kind}'" for kind, pattern in PATTERNS.items())
    + " END"
)


def _with_rows(engine: Engine, found: Signs, columns: Sequence[tuple[str, str]]) -> Signs:
    """The signs with the number of rows of the damaged names, instead of distinct values."""
    selects = (
        f"SELECT '{side}', '{field}', sign, count(*) FROM {side} JOIN (SELECT value, {_DAMAGE} AS sign"
        f" FROM {side}_value WHERE field = '{field}') AS damaged ON {side}.{field} = damaged.value"
        " WHERE sign IS NOT NULL GROUP BY sign"
        for side, field in columns
    )
    for side, field, sign, number in engine.rows("\nUNION ALL ".join(selects)):
        found[side][field][sign] = int(number)
    return found


def clocks_of(signs: Mapping[str, Mapping[str, int]], side: str) -> dict[str, tuple[str, ...]]:
    """For each column of dates of a side, under its name in the file, the times of day that look like midnight in
    another zone."""
    found = {}
    for field, ours in DATES[side].items():
        minutes: dict[int, int] = {}
        for clock, number in signs.get(field, {}).items():
            if clock:
                minute = minute_of_day(clock)
                minutes[minute] = minutes.get(minute, 0) + number
        if clocks := shifted_midnights(minutes, signs.get(field, {}).get("", 0)) if minutes else ():
            found[ours] = clocks
    return found
