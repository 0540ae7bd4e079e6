"""A registry as a stream of events: later records and files add, change, delete, and void earlier ones.

The column `void` says why a record is not in force (a key of `REASONS`), and is NULL for records in force. Replaced and
deleted records are not deaths; an alias is another name for a death in force. Every row of every file is therefore
used, or listed with its reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from linkage.quoting import quoted_name

REASONS = {
    "VOID": "void certificate",
    "DELETION": "deletes a record",
    "OF NOTHING": "voids or deletes a record that is in no file",
    "REPLACED": "replaced by a later record",
    "VOIDED": "voided or deleted by a later record",
    "REPEATED ALIAS": "repeats an alias",
}
"""Why a record is not in force, by its value in `void`."""
KEY, ACTION, PLACE, FILE = "registry_key", "registry_action", "registry_place", "registry_file"

# For speed, only keys with several records, or with a record that is not an addition, are followed.
_FOLDED = """
WITH several AS (
  SELECT registry_key AS key FROM {event} WHERE registry_key IS NOT NULL GROUP BY registry_key HAVING count(*) > 1
  UNION
  SELECT registry_key FROM {event} WHERE registry_key IS NOT NULL AND registry_action <> 'add'
),
watched AS (
  SELECT
    registry_place AS place, registry_file AS file, registry_key AS key, registry_action AS action,
    registry_action IN ('void', 'delete') AS removes, registry_action IN ('add', 'change') AS holds
  FROM {event} WHERE registry_key IN (SELECT key FROM several)
),
followed AS (
  SELECT
    *,
    min(CASE WHEN removes THEN place END) OVER after_it AS next_removal,
    min(CASE WHEN action = 'change' THEN place END) OVER after_it AS next_change,
    min(CASE WHEN action = 'add' THEN place END) OVER later_files AS next_file,
    max(CASE WHEN holds THEN place END) OVER before_it AS last_held,
    max(CASE WHEN removes THEN place END) OVER before_it AS last_removal
  FROM watched
  WINDOW
    after_it AS (PARTITION BY key ORDER BY place ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
    before_it AS (PARTITION BY key ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    later_files AS (PARTITION BY key ORDER BY file RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
),
judged AS (
  SELECT
    *,
    last_held IS NULL OR coalesce(last_removal > last_held, FALSE) AS of_nothing,
    least(
      coalesce(next_removal, {end}), coalesce(next_change, {end}), coalesce(next_file, {end})
    ) AS ended
  FROM followed
)
SELECT
  place, key, action,
  CASE
    WHEN removes AND of_nothing THEN 'OF NOTHING'
    WHEN action = 'void' THEN 'VOID'
    WHEN action = 'delete' THEN 'DELETION'
    WHEN action = 'alias' AND next_removal IS NOT NULL THEN 'VOIDED'
    WHEN action = 'alias' THEN NULL
    WHEN ended = next_removal THEN 'VOIDED'
    WHEN ended < {end} THEN 'REPLACED'
  END AS fate,
  action = 'change' AND of_nothing AS changes_nothing
FROM judged
"""
_END = 9_000_000_000_000_000_000


def by_action(event: str) -> str:
    """The SELECT for each action of a stream: how many records have it, the first of them, how many have no key, and
    how many have a key that is not greater than that of the record read before."""
    return f"""
SELECT
  registry_action, count(*), min(registry_place), count(*) - count(registry_key),
  count(*) FILTER (WHERE registry_key <= before)
FROM (SELECT registry_key, registry_action, registry_place, lag(registry_key) OVER () AS before FROM {event})
GROUP BY registry_action
"""


def all_are_new(actions: Iterable[Sequence[Any]]) -> bool:
    """Whether the rows of `by_action` show that every record is an addition with a key of its own.

    Keys that rise from record to record are all different. A registry is usually in the order of its keys, and then
    this spares the grouping of all keys, which takes several times as long.

    >>> all_are_new([("add", 3, 0, 0, 0)]), all_are_new([("add", 3, 0, 0, 1)]), all_are_new([("change", 1, 0, 0, 0)])
    (True, False, False)
    """
    return all(action == "add" and not without_key + not_rising for action, _, _, without_key, not_rising in actions)


def folded(event: str) -> str:
    """The SELECT for the fate of each record whose key has several records or one that is not an addition."""
    return _FOLDED.format(event=event, end=_END)


def aliases(event: str, fate: str, names: Sequence[str]) -> str:
    """The SELECT for aliases in force: their numbers, and the record, if any, to which each adds a name."""
    same = ", ".join(f"coalesce({quoted_name(name)}, '')" for name in names)
    return f"""
WITH alias AS (
  SELECT event.*, row_number() OVER (PARTITION BY registry_key, {same} ORDER BY registry_place DESC) AS again
  FROM {event} AS event JOIN {fate} AS fate ON fate.place = event.registry_place
  WHERE event.registry_action = 'alias' AND fate.fate IS NULL
),
held AS (
  SELECT key, max(place) AS of_place FROM {fate} WHERE action IN ('add', 'change') AND fate IS NULL GROUP BY key
)
SELECT
  registry_place AS place, again > 1 AS is_repeated, held.of_place,
  row_number() OVER (PARTITION BY registry_key, again > 1 ORDER BY registry_place) AS number
FROM alias LEFT JOIN held ON held.key = alias.registry_key
"""


# For these columns, the value of the record takes precedence over that of its alias.
_OF_THE_RECORD = ("death_date",)
NAMES = ("first_name", "middle_name", "last_name", "suffix", "former_last_names")


def records(event: str, fate: str, alias: str, columns: Sequence[str]) -> str:
    """The SELECT for all records in order, with the fate of each in `void`.

    An alias becomes a separate record. Its `amends` names the record that it belongs to, so that both count as one
    death, and columns missing from the alias are taken from that record.
    """
    listed = []
    for name in columns:
        quoted = quoted_name(name)
        values = [f"event.{quoted}"] if name in NAMES else [f"event.{quoted}", f"held.{quoted}"]
        if name in _OF_THE_RECORD:
            values.reverse()
        listed.append(f"coalesce({', '.join(values)}) AS {quoted}" if len(values) > 1 else f"{values[0]} AS {quoted}")
    # If no file contains the record itself, its first alias takes its place.
    further = "alias.of_place IS NOT NULL OR alias.number > 1"
    number = "coalesce(event.registry_key, 'row ' || (event.registry_place + 1))"
    return f"""
SELECT
  CASE WHEN {further} THEN {number} || '-alias' || alias.number ELSE {number} END AS death_id,
  {", ".join(listed)},
  CASE WHEN alias.is_repeated THEN 'REPEATED ALIAS' ELSE fate.fate END AS void,
  CASE WHEN {further} THEN event.registry_key END AS amends
FROM {event} AS event
LEFT JOIN {fate} AS fate ON fate.place = event.registry_place
LEFT JOIN {alias} AS alias ON alias.place = event.registry_place
LEFT JOIN {event} AS held ON held.registry_place = alias.of_place
ORDER BY event.registry_place
"""


def all_stand(event: str, columns: Sequence[str], *, have_keys: bool) -> str:
    """The SELECT for all records if each is an independent addition: same result as `records`, without joins.

    `have_keys`: no record is without a key, so that it need not be calculated apart from a column that is equal to it.
    """
    listed = ", ".join(quoted_name(name) for name in columns)
    death_id = "registry_key" if have_keys else "coalesce(registry_key, 'row ' || (registry_place + 1))"
    return f"""
SELECT
  {death_id} AS death_id, {listed},
  CAST(NULL AS VARCHAR) AS void, CAST(NULL AS VARCHAR) AS amends
FROM {event}
"""


_BY_ACTION = {
    "additions": "add",
    "changes": "change",
    "deletions": "delete",
    "voids": "void",
    "aliases": "alias",
}
_WITHOUT_KEY = "records without a number, which cannot be changed"


def counts_of(actions: Iterable[Sequence[Any]]) -> dict[str, int]:
    """The counts reported for a stream, by their descriptions (also the keys in the manifest), from the rows of
    `by_action`. Those of `counted` are zero."""
    rows = {action: (number, without_key) for action, number, _, without_key, _ in actions}
    counts = {what: rows.get(action, (0, 0))[0] for what, action in _BY_ACTION.items()}
    counts |= dict.fromkeys(counted("", ""), 0)
    return counts | {_WITHOUT_KEY: sum(without_key for _, without_key in rows.values())}


def counted(fate: str, alias: str) -> dict[str, tuple[str, str]]:
    """The counts of a stream in which some records change others: of which table and condition each is."""
    return {
        "changes to records in no file, kept as additions": (fate, "changes_nothing"),
        "deletions and voids of records in no file": (fate, "fate = 'OF NOTHING'"),
        "records replaced later": (fate, "fate = 'REPLACED'"),
        "records voided or deleted later": (fate, "fate = 'VOIDED'"),
        "aliases of records in no file, kept as deaths": (
            alias,
            "of_place IS NULL AND number = 1 AND NOT is_repeated",
        ),
        "repeated aliases": (alias, "is_repeated"),
    }


def set_aside(actions: Mapping[str, int]) -> int:
    """How many records are not in force because of other records, not because of an error.

    >>> set_aside({"additions": 5, "voids": 1, "records voided or deleted later": 2})
    3
    """
    return sum(actions.get(what, 0) for what in _SET_ASIDE)


_SET_ASIDE = (
    *("deletions", "voids", "records replaced later", "records voided or deleted later"),
    "repeated aliases",
)


def in_words(actions: Mapping[str, int]) -> str:
    """The counts of a stream as text, without zero counts.

    >>> in_words({"additions": 3, "changes": 0, "voids": 1})
    'additions 3; voids 1'
    """
    return "; ".join(f"{what} {number:,}" for what, number in actions.items() if number)
