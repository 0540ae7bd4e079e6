"""The crosswalk: the released number for each true number, and the date offset of each person in days.

It is the only file that allows reidentification, and must stay in the hospital. Later releases read it so that known
patients keep their numbers and offset, and new patients never get a number in use.
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
    """Create the table `crosswalk` (kind, true_id, released) from the file, or empty, and return its number of rows.

    Rows of kind `offset_days` give the date offset in days of the person in `true_id`.

    Raises OutputError if the file is not a crosswalk, or has numbers outside the ranges of the policy.
    """
    if not path.exists():
        nothing = "CAST(NULL AS VARCHAR) AS kind, CAST(NULL AS VARCHAR) AS true_id, CAST(NULL AS BIGINT) AS released"
        engine.create("crosswalk", f"SELECT * FROM (SELECT {nothing}) AS nothing WHERE FALSE")
        return 0
    file = source(path)
    if tuple(engine.columns(file)) != _COLUMNS:
        raise OutputError(f"{path} is not a crosswalk: its columns are not {', '.join(_COLUMNS)}. Name another file.")
    rows = engine.load("crosswalk", file, "SELECT kind, true_id, CAST(released AS BIGINT) AS released FROM source")
    outside = " OR ".join(
        f"kind = '{kind}' AND released NOT BETWEEN {first} AND {last}" for kind, (first, last) in policy.ids.items()
    )
    strange = engine.count(f"crosswalk WHERE {outside or 'FALSE'}")
    if strange:
        raise OutputError(
            f"{path}: {strange:,} numbers are outside the ranges of {policy.name}. Was it made with another policy?"
        )
    return rows


def draw_ids(engine: DuckDBEngine, kind: str, span: tuple[int, int], taken: str) -> int:
    """Assign a number to each row of `unnumbered` (true_id) that has none of this kind, and return how many.

    Numbers are unique and come from the system's random source. Numbers listed by the SELECT `taken` (number) are
    excluded, so that a true number of one patient is never the released number of another.

    Raises OutputError if the range has too few numbers.
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
            f"{count:,} numbers of {kind} are needed, but only {free:,} are free in {first} to {last}. Set a range at"
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
    # Taking 64 random bits modulo a range of a few million has a bias below one in a trillion.
    return np.frombuffer(os.urandom(8 * count), dtype=np.uint64)


def draw_offsets(engine: DuckDBEngine, first_year: int, last_year: int, keep: tuple[str, ...]) -> int:
    """Draw an offset for each row of `lived` (person_id, first_date, last_date) without one, and return how many.

    The offset moves all dates of the person into the given years. With "weekday" in `keep`, offsets are whole weeks;
    with "season", whole years to within a day (with both, to within four days).

    Raises OutputError if the dates of a person span more than the given years.
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
            " date or a merge of records is wrong. Correct them, or widen years in the policy."
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
    """Add the rows of `fresh` to the crosswalk, each with its drawn number, in row order."""
    engine.keep("drawn", pd.DataFrame({"place": np.arange(len(released)), "released": released}))
    place = engine.row_numbers("fresh")
    engine.create(
        "crosswalk",
        f"SELECT * FROM crosswalk UNION ALL SELECT '{kind}' AS kind, fresh.true_id, drawn.released"
        f" FROM fresh JOIN drawn ON drawn.place = {place}",
    )
    engine.drop("drawn", "fresh")


def write_crosswalk(engine: DuckDBEngine, path: Path) -> None:
    """Replace the crosswalk file atomically; only its owner can read it."""
    beside = path.with_name(f".{path.name}.writing")
    beside.unlink(missing_ok=True)  # left by a killed release, or a link planted by someone else
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
    """Lock a crosswalk, so that no other release draws numbers from it at the same time.

    Raises OutputError if another release has locked it, or its folder cannot be written.
    """
    beside = path.with_name(f".{path.name}.lock")
    try:
        lock = take_lock(beside)
    except OSError as problem:
        raise OutputError(f"The crosswalk {path} cannot be written: {problem.strerror}.") from None
    if lock is None:
        raise OutputError(
            f"Another release ({holder(beside)}) is using the crosswalk {path}. Wait until it ends: two at once"
            " could assign the same number twice."
        )
    try:
        yield
    finally:
        lock.release()
