"""The times of encounters: how each column of them is written, and which cannot be read.

A column of times that can be read in two ways is refused; a single one that cannot be read is counted.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from linkage.engines import Engine, LookUp
from linkage.errors import InputError
from linkage.method.standardize.date_forms import (
    CODE,
    orders_shown,
    pop_year_first,
    with_digits_against,
    with_likely_forms,
)
from linkage.printing import agreeing, counted
from linkage.sources.source import Source
from linkage.values.calendars import ADVICE
from linkage.values.date_forms import DateForm, FormFound, forms_shown, is_half_converted
from linkage.values.dates import EARLIEST_YEAR, TOO_EARLY, standard_moment
from linkage.values.likely_forms import NUMBER, advice
from linkage.values.mixed_orders import left_as_text, year_day_month
from linkage.values.no_dates import BESIDE_ZERO, DAYS_AS_SECONDS, NO_YEARS, WRITE_DAYS, no_dates

TIMES = {"start": "start_time", "discharge": "discharge_time", "death_time": "death_time"}
"""Our name for a column of times in a file, and in the table `encounter`."""


def drop_no_dates(engine: Engine, here: str) -> tuple[dict[str, dict[str, int]], dict[str, int], set[str]]:
    """Treat times on a placeholder day as not known. Returns how many, by column and reason; by column how many rows
    hold anything; and the columns with times in some other form."""
    conditions = {ours: f"{here} AND {is_no_date(ours, alias)}" for ours, alias in TIMES.items()}
    counted = ", ".join(
        f"count(CASE WHEN {every} THEN 1 END), count(CASE WHEN {every} AND {_is_odd_zero(TIMES[ours])} THEN 1 END),"
        f" count(CASE WHEN {here} AND ({TIMES[ours]} IS NOT NULL OR {ours}_text IS NOT NULL) THEN 1 END),"
        f" count(CASE WHEN {here} THEN {ours}_text END)"
        for ours, every in conditions.items()
    )
    (numbers,) = engine.rows(f"SELECT {counted} FROM encounter")
    found: dict[str, dict[str, int]] = {}
    for (ours, condition), number, odd in zip(conditions.items(), numbers[::4], numbers[1::4], strict=True):
        if number:
            engine.blank("encounter", TIMES[ours], condition)
        reasons = {"placeholder": int(number - odd), DAYS_AS_SECONDS: int(odd)}
        found[ours] = {reason: times for reason, times in reasons.items() if times}
    odd_texts = {ours for ours, number in zip(TIMES, numbers[3::4], strict=True) if number}
    return found, dict(zip(TIMES, map(int, numbers[2::4]), strict=True)), odd_texts


def minutes_of_day(engine: Engine, here: str, columns: Iterable[str]) -> dict[str, dict[int, int]]:
    """For each of these columns, the number of times by minute of the day."""
    selects = [
        f"SELECT '{ours}', hour({TIMES[ours]}) * 60 + minute({TIMES[ours]}), count(*) FROM encounter"
        f" WHERE {here} AND {TIMES[ours]} IS NOT NULL GROUP BY 2"
        for ours in columns
    ]
    found: dict[str, dict[int, int]] = {}
    for ours, minute, number in engine.rows("\nUNION ALL ".join(selects)) if selects else ():
        found.setdefault(ours, {})[int(minute)] = int(number)
    return found


def _is_odd_zero(alias: str) -> str:
    """The condition that a time is a number of days that was read as seconds, see `DAYS_AS_SECONDS`."""
    return (
        f"CAST({alias} AS DATE) IN ({_days(BESIDE_ZERO)})"
        f" AND (minute({alias}) % 15 <> 0 OR date_trunc('minute', {alias}) <> {alias})"
    )


def _days(days: Iterable[str]) -> str:
    return ", ".join(f"DATE '{day[:4]}-{day[4:6]}-{day[6:]}'" for day in days)


def is_no_date(ours: str, alias: str) -> str:
    """The condition that a time is on a placeholder day of a column. `ours` is our name for the column (a key of
    `TIMES`), `alias` the name in the table.

    >>> is_no_date("start", "intime")[:46]
    '(year(intime) < 1971 OR year(intime) > 2037) A'
    """
    years = ", ".join(map(str, NO_YEARS))
    # Nearly all times are in these years and need no further test.
    return (
        f"(year({alias}) < 1971 OR year({alias}) > 2037)"
        f" AND (CAST({alias} AS DATE) IN ({_days(sorted(no_dates(ours)))}) OR year({alias}) IN ({years}))"
    )


def read_odd_times(
    engine: Engine,
    source: Source,
    start: int,
    rows: int,
    not_read: dict[str, dict[str, int]],
    odd_texts: set[str],
    names: Mapping[str, str],
) -> dict[str, FormFound]:
    """Read the times of the columns `odd_texts` that are written in some other form, each text once. Returns how each
    column was read.

    Times that cannot be read are counted in `not_read`. `names` are those for messages, where they differ from ours.
    """
    here = f"{engine.row_numbers('encounter')} >= {start}"
    odd = {
        ours: f"SELECT DISTINCT {ours}_text AS value FROM encounter WHERE {ours}_text IS NOT NULL AND {here}"
        for ours in TIMES
    }
    shown = {ours: orders_shown(engine, select) if ours in odd_texts else {} for ours, select in odd.items()}
    written_oddly = {ours for ours, orders in shown.items() if orders}
    declared = source.reading.forms
    seconds = {ours: pop_year_first(orders, declared.get(ours)) for ours, orders in shown.items()}
    forms = with_digits_against(engine, forms_shown(shown, declared, source.reading.two_digit_years_up_to), odd)
    if written_oddly:
        listed = " UNION ALL ".join(f"SELECT '{ours}' AS field, value FROM ({odd[ours]}) AS odd" for ours in TIMES)
        forms = with_likely_forms(engine, forms, listed, dict(zip(TIMES, TIMES, strict=True)))
    for ours, alias in TIMES.items():
        if ours in written_oddly:
            engine.look_up("time_read", odd[ours], _reader(ours, forms[ours].form), ("moment", "note"))
            _refuse_doubtful_form(engine, source, names.get(ours, ours), forms[ours])
            is_it = f"{ours}_text = time_read.value AND {here}"
            engine.update("encounter", alias, "timestamp_of(time_read.moment)", "time_read", is_it)
            days_second, months_second = seconds[ours] if seconds[ours][0] > 1 else (0, 0)
            forms[ours] = replace(forms[ours], day_second=0 if months_second else days_second)
            _count_not_read(engine, source, forms[ours], (ours, start, rows), not_read[ours], names.get(ours, ours))
            engine.drop("time_read")
            plain = f"({ours}_text IS NULL{_or_number(ours, forms[ours].form)}) AND {here}"
            forms[ours] = _with_swapped_days(
                engine, forms[ours], shown[ours], (days_second, months_second), (alias, plain)
            )
    return {ours: found for ours, found in forms.items() if ours in written_oddly}


def _or_number(ours: str, form: DateForm) -> str:
    """The condition for the times of a column of day numbers that a spreadsheet has converted; codes are none."""
    text = f"{ours}_text"
    return f" OR full_match({text}, '{NUMBER}') AND NOT full_match({text}, '{CODE}')" if form.days_since else ""


def _with_swapped_days(
    engine: Engine, found: FormFound, shown: Mapping[str, int], seconds: tuple[int, int], times: tuple[str, str]
) -> FormFound:
    """The form of a column, with the number of days in which day and month seem to be exchanged.

    `seconds` are the dates with the year first and the day, or the month, second. `times` are the column of the table
    and the condition of those of its times that are plain.
    """
    alias, plain = times
    select = f"SELECT count(DISTINCT CAST({alias} AS DATE)), max(day({alias})) FROM encounter WHERE {plain}"
    ((number, last),) = engine.rows(select)
    days, latest = int(number), int(last or 0)
    day_second, day_second_too = year_day_month(*seconds, days, latest)
    return replace(
        found,
        swapped=days if is_half_converted(shown, days, latest) else 0,
        left_as_text=left_as_text(shown, days, latest),
        day_second=day_second,
        day_second_too=day_second_too,
    )


def _reader(ours: str, form: DateForm) -> LookUp:
    """A function that returns a time in ISO format, or what is wrong with it."""
    without = no_dates(ours)
    others = without - {*BESIDE_ZERO}

    def read(text: str) -> tuple[str | None, ...]:
        found = standard_moment(text, others, form)
        if found.text and found.text[:10].replace("-", "") in without:
            return None, "placeholder" if _QUARTER.fullmatch(found.text[11:]) else DAYS_AS_SECONDS
        return found.text, found.note

    return read


_QUARTER = re.compile("[0-9]{2}:(00|15|30|45):00([.]0+)?")


def _refuse_doubtful_form(engine: Engine, source: Source, ours: str, found: FormFound) -> None:
    if found.form.either_order:
        declare = f'declare the correct order: dates = {{ {ours} = "MM/DD/YYYY" }}. The others are then not known.'
        raise InputError(
            f"{source.name}: some times of {ours} have the month first and others the day. Write all in one order"
            + ("." if found.form.days_since else f", or {declare}")
        )
    if short := engine.count("time_read WHERE note = 'two-digit year'"):
        raise InputError(
            f"{source.name}: {counted(short, 'different time')} of {ours} {agreeing(short, 'has', 'have')} a"
            f" two-digit year. Declare the last year that it can mean, which settles the century:"
            f" two_digit_years_up_to = {{ {ours} = 2024 }}."
        )


def _count_not_read(
    engine: Engine, source: Source, form: FormFound, place: tuple[str, int, int], counts: dict[str, int], name: str
) -> None:
    """Count single unreadable times as not known, by reason; refuse a column with mostly unreadable times.

    Placeholders (9999-12-31) do not count as unreadable: some systems write them for events that have not happened.
    """
    ours, start, rows = place
    number = engine.row_numbers("encounter")
    read = f"FROM encounter JOIN time_read ON {ours}_text = time_read.value WHERE {number} >= {start}"
    reasons = engine.rows(f"SELECT note, count(*), min({number}) {read} AND note IS NOT NULL GROUP BY note")
    bad = {note: int(count) for note, count, _ in reasons if note != "placeholder"}
    if sum(bad.values()) > rows / 2:
        first = source.row_number(min(row for note, _, row in reasons if note != "placeholder") - start)
        raise InputError(
            f"{source.name}: {sum(bad.values()):,} of {rows:,} rows have a {name} time that cannot be read, first in"
            f" row {first:,}. "
            f"{advice(form.likely, name) or _what_to_do(name, max(bad, key=lambda note: (bad[note], note)), form)}"
        )
    for note, count, _ in reasons:
        counts[note] = counts.get(note, 0) + int(count)


def _what_to_do(ours: str, note: str, found: FormFound) -> str:
    if note == "day not known":
        return f"They give only a month or year, and {ours} needs a day. Leave the column out if it has no days."
    if note == DAYS_AS_SECONDS:
        return WRITE_DAYS
    if note in ADVICE:
        return ADVICE[note]
    if note == TOO_EARLY:
        return f"These days are before {EARLIEST_YEAR}, the first year that is read. Leave such times empty."
    if note == "impossible":
        return _other_order(ours, found)
    return (
        "Write times as 2015-01-31 or 2015-01-31 07:30:00, or declare their form:"
        f' dates = {{ {ours} = "DD/MM/YYYY" }}. See the forms of dates in docs/job.md.'
    )


def _other_order(ours: str, found: FormFound) -> str:
    """What to do about days that do not exist in the order in which they were read."""
    if found.day_second:
        return "These days do not exist. Their order seems to be year, day, month. Write them as 2015-01-31."
    if found.form.order == "DMY":
        first, form = "month comes before the day", "MM/DD/YYYY"
    else:
        first, form = "day comes before the month", "DD/MM/YYYY"
    form = form.replace("/", "") if found.form.compact else form
    return f'These days do not exist. If the {first}, declare: dates = {{ {ours} = "{form}" }}.'
