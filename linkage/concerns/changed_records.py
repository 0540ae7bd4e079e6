"""Records that change others, in a table with IJE's columns: only a file in IJE's layout has them applied."""

from collections.abc import Sequence

from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.known_names import letters
from linkage.method.records import Loaded
from linkage.printing import counted
from linkage.quoting import quoted, quoted_name
from linkage.sources.column_names import each_name
from linkage.sources.source import Source

_KEY = ("DOD_YR", "DSTATE", "FILENO")
_ACTIONS = {"REPLACE": ("1", "2"), "ALIAS": ("1",), "VOID": ("1",)}
_LAYOUTS = ("fixed", "fhir")


def concerns_of_changed_records(engine: Engine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """Deaths with IJE's columns of year, state and certificate number, of which some replace, void or rename others."""
    source, one = sources[1], loaded[1]
    if not isinstance(engine, DuckDBEngine) or source.format in _LAYOUTS:
        return []
    names = [name for theirs in one.columns.values() for name in each_name(theirs)]
    named = {letters(name): name for name in (*names, *one.unused)}
    actions = [action for action in _ACTIONS if letters(action) in named]
    if not actions or not all(letters(part) in named for part in _KEY):
        return []
    columns = {name: quoted_name(named[letters(name)]) for name in (*_KEY, *actions)}
    key = ", ".join(f"ltrim(trim(text_of({columns[part]})), '0')" for part in _KEY)
    is_it = {a: f"trim(text_of({columns[a]})) IN ({quoted(_ACTIONS[a])})" for a in actions}
    counts = ", ".join(f"count(CASE WHEN {is_it[action]} THEN 1 END) AS {action}" for action in actions)
    # A void record whose certificate is not in the file changes nothing.
    sums = ", ".join(f"coalesce(sum(CASE WHEN records > 1 THEN {action} END), 0)" for action in actions)
    (numbers,) = engine.rows_of(
        source, f"SELECT {sums} FROM (SELECT count(*) AS records, {counts} FROM source GROUP BY {key}) AS certificate"
    )
    found = [counted(int(n), f"row with {a}", f"rows with {a}") for a, n in zip(actions, numbers, strict=True) if n]
    if not found:
        return []
    return [
        f"{one.name}: {', '.join(found)} {'is' if sum(map(int, numbers)) == 1 else 'are'} of a certificate (year, state"
        " and number) that has other rows too. In a table they do not change those: dates of death that were replaced,"
        " and certificates that were made void later, are used. Apply the changes first, or use the file of lines with"
        ' layout = "ije_mortality".'
    ]
