"""Future dates, and birth dates after a patient was seen: treated as data entry errors and not known.

An exact link to such a record would be rejected as impossible, and its patient would count as alive. The latest
plausible year is inferred from the files, not from the clock: a run gives the same result next year, and the shifted
years of de-identified files (2100 to 2211 in MIMIC) are as valid as any other.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from linkage.engines import Engine, tallies
from linkage.method.encounter_times import TIMES
from linkage.method.records import Loaded
from linkage.values.calendars import BUDDHIST, BUDDHIST_YEARS, FIRST_BUDDHIST

HAS_COME = 2026
"""The year of this version; no date in this year or earlier counts as a future date."""
SHIFTED_FROM = 2100
"""If most dates are in this year or later, they are taken as shifted by up to a century per patient, as in MIMIC."""
SHIFTED_BY = 100
APART_YEARS = 3
"""Years this far after the preceding ones (two empty years between) are treated as isolated."""
FEW_IN_A_YEAR = 0.01
"""A last year with less than this share of the dates of the year with the most consists of errors."""

IN_THE_FUTURE, AFTER_CONTACT = "in the future", "after the last contact"
"""The reasons for which a date is not known."""

# A patient with nothing but a recorded death was last seen at that death.
_LAST_SEEN = """
SELECT
  patient_id,
  CAST(coalesce(max(greatest(start_time, discharge_time)), max(death_time)) AS DATE) AS last_seen
FROM encounter
GROUP BY patient_id
"""
_BORN_LATER = """
SELECT patient.patient_id
FROM patient
JOIN last_seen ON last_seen.patient_id = patient.patient_id
WHERE earliest_day(coalesce(patient.birth_date, patient.birth_date_partial)) > last_seen.last_seen
"""


def last_year_of(dates: Mapping[int, int]) -> int | None:
    """The last plausible year, from the number of dates of deaths and encounters in each year.

    None if there are no dates. If most dates are before 2100, dates after the year of this version are errors if they
    are isolated and a minority, or few compared with the year that has the most. If most dates are in 2100 or later,
    errors are dates a century or more after the median.

    >>> last_year_of({2014: 30, 2015: 40, 2051: 1}), last_year_of({2110: 4, 2200: 4, 2201: 11, 2301: 1})
    (2026, 2201)
    >>> last_year_of({2027: 30, 2028: 40, 2029: 35}), last_year_of({})
    (2029, None)
    """
    total = sum(dates.values())
    years = sorted(year for year, number in dates.items() if number)
    if not years:
        return None
    seen = 0
    for middle in years:
        seen += dates[middle]
        if 2 * seen > total:
            break
    if middle >= SHIFTED_FROM:
        return max(year for year in years if year < middle + SHIFTED_BY)
    return max(HAS_COME, _without_slips(years, dates)[-1])


def _without_slips(years: list[int], dates: Mapping[int, int]) -> list[int]:
    groups: list[list[int]] = []
    for year in years:
        if groups and year - groups[-1][-1] < APART_YEARS:
            groups[-1].append(year)
        else:
            groups.append([year])
    total, dropped = sum(dates.values()), 0
    while len(groups) > 1 and groups[-1][0] > HAS_COME:
        dropped += sum(dates[year] for year in groups[-1])
        if 2 * dropped > total:
            break
        groups.pop()
    kept = [year for group in groups for year in group]
    few = FEW_IN_A_YEAR * max(dates[year] for year in kept)
    while kept[-1] > HAS_COME and dates[kept[-1]] < few:
        kept.pop()
    return kept


def drop_future_dates(
    engine: Engine, loaded: Sequence[Loaded], cleaning: Mapping[str, dict[str, Counter[str]]], keep: bool = False
) -> list[Loaded]:
    """Treat future dates, and births after the last contact, as not known; add them to the counts.

    Reads and changes `patient`, `death` and `encounter`. With `keep`, the table `last_seen` is kept (when each patient
    was last seen). Returns `loaded` with the last plausible year.
    """
    encounters = len(loaded) > 2
    years = _dates_by_year(engine, encounters)
    last = last_year_of(years)
    found = [replace(one, last_year=last) for one in loaded]
    if last is not None:
        _drop_people(engine, last, cleaning)
        if encounters and max(years) > last:
            found[2:] = _drop_times(engine, found[2:], last)
    if encounters:
        engine.create("last_seen", _LAST_SEEN)
        if later := engine.create("born_later", _BORN_LATER):
            for part in _COLUMNS["patient"]["birth_date"]:
                engine.update(
                    "patient", part, "CAST(NULL AS STRING)", "born_later", "patient.patient_id = born_later.patient_id"
                )
            cleaning["patient"]["birth_date"][AFTER_CONTACT] += later
        engine.drop("born_later", *([] if keep else ["last_seen"]))
    return found


# The columns of the tables that contain each date.
_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "patient": {"birth_date": ("birth_date", "birth_date_partial")},
    "death": {"birth_date": ("birth_date", "birth_date_partial"), "death_date_partial": ("death_date_partial",)},
}


def _dates_by_year(engine: Engine, encounters: bool) -> dict[int, int]:
    dates = ["SELECT CAST(substr(death_date_partial, 1, 4) AS INT) AS year FROM death"]
    if encounters:
        dates += [f"SELECT CAST(year({time}) AS INT) AS year FROM encounter" for time in TIMES.values()]
    counted = f"SELECT year, count(*) FROM ({' UNION ALL '.join(dates)}) AS dated WHERE year IS NOT NULL GROUP BY year"
    return {int(year): int(number) for year, number in engine.rows(counted)}


def _drop_people(engine: Engine, last: int, cleaning: Mapping[str, dict[str, Counter[str]]]) -> None:
    later = {
        (side, column): {part: f"substr({part}, 1, 4) > '{last:04}'" for part in parts}
        for side, columns in _COLUMNS.items()
        for column, parts in columns.items()
    }
    counts = {
        f"{side}.{column}": f"SELECT CASE WHEN {_is_buddhist(_year_of(conditions), last)} THEN '{BUDDHIST}' ELSE"
        f" '{IN_THE_FUTURE}' END, count(*) FROM {side} WHERE {' OR '.join(conditions.values())} GROUP BY 1"
        for (side, column), conditions in later.items()
    }
    found = tallies(engine, counts)
    for (side, column), conditions in later.items():
        if reasons := found[f"{side}.{column}"]:
            for part, condition in conditions.items():
                engine.blank(side, part, condition)
            cleaning[side][column].update(reasons)


def _year_of(parts: Iterable[str]) -> str:
    return f"substr(coalesce({', '.join(parts)}), 1, 4)"


def _is_buddhist(year: str, last: int) -> str:
    """The condition that a year would be plausible if it were one of the Buddhist calendar."""
    return f"CAST({year} AS INT) BETWEEN {FIRST_BUDDHIST} AND {last + BUDDHIST_YEARS}"


def _drop_times(engine: Engine, loaded: Sequence[Loaded], last: int) -> list[Loaded]:
    later = {ours: f"year({time}) > {last}" for ours, time in TIMES.items()}
    found, start, number = [], 0, engine.row_numbers("encounter")
    for one in loaded:
        here = f"{number} >= {start} AND {number} < {start + one.rows}"
        times = {ours: dict(reasons) for ours, reasons in one.times_not_read.items()}
        for ours, condition in later.items():
            ahead = _is_buddhist(f"year({TIMES[ours]})", last)
            for reason, is_it in ((BUDDHIST, ahead), (IN_THE_FUTURE, f"NOT ({ahead})")):
                if count := engine.count(f"encounter WHERE {here} AND {condition} AND {is_it}"):
                    times.setdefault(ours, {})[reason] = count
        found.append(replace(one, times_not_read=times))
        start += one.rows
    for ours, condition in later.items():
        engine.blank("encounter", TIMES[ours], condition)
    return found
