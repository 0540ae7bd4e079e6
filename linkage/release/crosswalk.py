"""The crosswalk: which released number stands for which true one, and by how many days each person's dates move.

It is the one file that leads back to people, and stays in the hospital. A later release reads it, so that known
patients keep their numbers and their offset, and new ones never take a number that is in use.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import OutputError
from linkage.release.policy import ReleasePolicy
from linkage.sources.make_source import source
from linkage.system.locks import holder, take_lock

OFFSET = "offset_days"
_COLUMNS = ("kind", "true_id", "released")
_DAYS_OF_YEAR = 365.2425

Numbers = npt.NDArray[np.int64]


def read_crosswalk(engine: DuckDBEngine, path: Path, policy: ReleasePolicy) -> int:
    """Make the table `crosswalk` (kind, true_id, released) from the file, or an empty one; how many rows it has.

    Rows of kind `offset_days` hold the days by which the dates of a person move; `true_id` is then the person's.

    Raises OutputError when the file is no crosswalk, or one with numbers outside the ranges of the policy.
    """
    if not path.exists():
        nothing = "CAST(NULL AS VARCHAR) AS kind, CAST(NULL AS VARCHAR) AS true_id, CAST(NULL AS BIGINT) AS released"
        engine.create("crosswalk", f"SELECT * FROM (SELECT {nothing}) AS nothing WHERE FALSE")
        return 0
    file = source(path)
    if tuple(engine.columns(file)) != _COLUMNS:
        raise OutputError(f"{path} is no crosswalk: its columns are not {', '.join(_COLUMNS)}. Name another file.")
    rows = engine.load("crosswalk", file, "SELECT kind, true_id, CAST(released AS BIGINT) AS released FROM source")
    outside = " OR ".join(
        f"kind = '{kind}' AND released NOT BETWEEN {first} AND {last}" for kind, (first, last) in policy.ids.items()
    )
    ((strange,),) = engine.rows(f"SELECT count(*) FROM crosswalk WHERE {outside or 'FALSE'}")
    if strange:
        raise OutputError(
            f"{path}: {strange:,} numbers are outside the ranges of {policy.name}. Was it another policy?"
        )
    return rows


def draw_ids(engine: DuckDBEngine, kind: str, span: tuple[int, int], taken: str) -> int:
    """Give each row of `unnumbered` (true_id) that has no released number of this kind one; how many were given.

    Numbers come from the system's random source, each once, and never one that the SELECT `taken` (number) lists: no
    number of the hospital's own may stand for somebody else in the release.

    Raises OutputError when the range has too few numbers.
    """
    first, last = span
    count = engine.create(
        "fresh",
        "SELECT DISTINCT true_id FROM unnumbered WHERE NOT EXISTS (SELECT 1 FROM crosswalk"
        f" WHERE crosswalk.kind = '{kind}' AND crosswalk.true_id = unnumbered.true_id)",
    )
    if not count:
        engine.drop("fresh")
        return 0
    used = engine.frame(
        f"SELECT number FROM ({taken}) AS taken WHERE number BETWEEN {first} AND {last}"
        f" UNION SELECT released AS number FROM crosswalk WHERE kind = '{kind}'"
    )
    barred = used["number"].to_numpy(dtype=np.int64)
    free = last - first + 1 - int(((barred >= first) & (barred <= last)).sum())
    if count > free / 2:
        raise OutputError(
            f"{count:,} numbers of {kind} are needed, and {free:,} are free in {first} to {last}. Give a range at"
            " least twice as large as the number needed, so that numbers cannot be guessed."
        )
    _append(engine, kind, _distinct(count, first, last, barred))
    return count


def _distinct(count: int, first: int, last: int, barred: Numbers) -> Numbers:
    """Different numbers in random order, from the system's random source."""
    drawn = np.empty(0, dtype=np.int64)
    while len(drawn) < count:
        more = first + (_random(2 * (count - len(drawn)) + 100) % np.uint64(last - first + 1)).astype(np.int64)
        pooled = np.concatenate([drawn, more[~np.isin(more, barred)]])
        drawn = pooled[np.sort(np.unique(pooled, return_index=True)[1])]
    return drawn[:count]


def _random(count: int) -> npt.NDArray[np.uint64]:
    # Modulo a range of a few million the bias of 64 bits is below one in a trillion.
    return np.frombuffer(os.urandom(8 * count), dtype=np.uint64)


def draw_offsets(engine: DuckDBEngine, first_year: int, last_year: int, keep: tuple[str, ...]) -> int:
    """Give each row of `lived` (person_id, first_date, last_date) without an offset one; how many were given.

    All dates of the person then fall between the two years. With "weekday" in `keep` offsets are whole weeks, and with
    "season" whole years to within a day (with both, to within four).

    Raises OutputError when somebody's dates span more than the years.
    """
    count = engine.create(
        "fresh",
        "SELECT person_id AS true_id, first_date, last_date FROM lived WHERE NOT EXISTS (SELECT 1 FROM crosswalk"
        f" WHERE crosswalk.kind = '{OFFSET}' AND crosswalk.true_id = lived.person_id)",
    )
    if not count:
        engine.drop("fresh")
        return 0
    place = engine.row_numbers("fresh")
    people = engine.frame(f"SELECT first_date, last_date FROM fresh ORDER BY {place}")
    days = {name: _days(people[name]) for name in ("first_date", "last_date")}
    least = _day(date(first_year, 1, 1)) + 7 - days["first_date"]
    most = _day(date(last_year, 12, 31)) - 7 - days["last_date"]
    if (least > most).any():
        raise OutputError(
            f"The dates of {int((least > most).sum()):,} people span more than {last_year - first_year + 1} years: a"
            " wrong date, or a wrong merge. Correct them, or widen years in the policy."
        )
    random = _random(len(people))
    if "season" in keep:
        first, last = np.ceil(least / _DAYS_OF_YEAR), np.floor(most / _DAYS_OF_YEAR)
        years = first + (random % np.maximum(last - first + 1, 1).astype(np.uint64)).astype(np.float64)
        offset = np.rint(years * _DAYS_OF_YEAR).astype(np.int64)
    else:
        offset = least + (random % (most - least + 1).astype(np.uint64)).astype(np.int64)
    if "weekday" in keep:
        offset = np.rint(offset / 7).astype(np.int64) * 7
    _append(engine, OFFSET, offset)
    return count


def _days(column: "pd.Series[pd.Timestamp]") -> Numbers:
    return np.asarray(column, dtype="datetime64[D]").astype(np.int64)


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _append(engine: DuckDBEngine, kind: str, released: Numbers) -> None:
    """Add the rows of `fresh` to the crosswalk, with one drawn number each, in the order of the rows."""
    engine.keep("drawn", pd.DataFrame({"place": np.arange(len(released)), "released": released}))
    place = engine.row_numbers("fresh")
    engine.create(
        "crosswalk",
        f"SELECT * FROM crosswalk UNION ALL SELECT '{kind}' AS kind, fresh.true_id, drawn.released"
        f" FROM fresh JOIN drawn ON drawn.place = {place}",
    )
    engine.drop("drawn", "fresh")


def write_crosswalk(engine: DuckDBEngine, path: Path) -> None:
    """Put the crosswalk in the place of the file at once, readable by its owner alone."""
    beside = path.with_name(f".{path.name}.writing")
    beside.unlink(missing_ok=True)  # what a killed release has left, or a link that somebody has put there
    order = "written.kind, length(written.true_id), written.true_id"
    engine.write("SELECT kind, true_id, released FROM crosswalk", order, beside, "csv")
    descriptor = os.open(beside, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(beside, path)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a crosswalk, so that no other release draws numbers from it meanwhile.

    Raises OutputError when another release holds it, or its folder cannot be written.
    """
    beside = path.with_name(f".{path.name}.lock")
    try:
        lock = take_lock(beside)
    except OSError as problem:
        raise OutputError(f"The crosswalk {path} cannot be written: {problem.strerror}.") from None
    if lock is None:
        raise OutputError(
            f"Another release ({holder(beside)}) is using the crosswalk {path}. Wait until it has ended: two at once"
            " could give one number twice."
        )
    try:
        yield
    finally:
        lock.release()
