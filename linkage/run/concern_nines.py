"""What looks wrong in columns of day numbers: codes such as 9999 for "not known", which are days like all others."""

from collections.abc import Iterator, Sequence

from linkage.engines import Engine
from linkage.method.encounter_times import TIMES
from linkage.method.records import Loaded
from linkage.printing import counted
from linkage.run.concern_counts import SIDES, is_beyond_chance
from linkage.sources.column_names import shown_name
from linkage.values.dates import standard_date

_NINES = ("999", "9999", "99999")
_AT_LEAST, _TIMES_AS_OFTEN = 3, 10
_BY_NINES = """
SELECT
  (SELECT count(*) FROM {table} WHERE {day} = '{nines}'),
  count(*),
  days_between(CAST(max({iso}) AS DATE), CAST(min({iso}) AS DATE)),
  CASE WHEN '{nines}' BETWEEN min({day}) AND max({day}) THEN 0 ELSE 1 END
FROM {table}
WHERE {day} IS NOT NULL AND {day} NOT LIKE '%00' AND {day} <> '{nines}'
"""


def concerns_of_nines(engine: Engine, loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about columns that are declared as day numbers; other forms have codes that are no dates.

    A code is judged by how often its day would occur if all days between the first and the last were equally frequent;
    a day before the first or after the last needs only to occur several times.
    """
    concerns = []
    for one, ours, table, day in _columns(loaded):
        form = one.forms[ours].form
        codes = {nines: standard_date(nines, (), form).digits for nines in _NINES} if form.days_since else {}
        for nines, digits in codes.items():
            iso = f"concat(substr({day}, 1, 4), '-', substr({day}, 5, 2), '-', substr({day}, 7, 2))"
            ((number, others, days, is_apart),) = engine.rows(
                _BY_NINES.format(table=table, day=day, iso=iso, nines=digits)
            )
            all_, usual = number + others, 1 / ((days or 0) + 2)
            is_often = number >= _TIMES_AS_OFTEN * usual * all_ and is_beyond_chance(number, all_, usual)
            if number >= _AT_LEAST and (is_often or is_apart):
                concerns.append(
                    f"{one.name}, {shown_name(one.columns[ours])} (read as {ours}): {counted(number, 'date')} of"
                    f" {all_:,} are the day that {nines} stands for. Is {nines} a code for a date that is not known?"
                    " Leave unknown dates empty."
                )
    return concerns


def _columns(loaded: Sequence[Loaded]) -> Iterator[tuple[Loaded, str, str, str]]:
    """The columns of dates: what was read, our name, the table of the engine, and its days as eight digits."""
    for side, one in zip(SIDES, loaded, strict=False):
        named = {"birth_date": "birth_date", "death_date": "death_date_partial"}
        yield from ((one, ours, side, named[ours]) for ours in named if ours in one.forms and ours in one.columns)
    times = {**TIMES, "hospital_death_date": TIMES["death_time"]}
    for one in (loaded[0], *loaded[2:]):
        for ours, time in times.items():
            if ours in one.forms:
                yield one, ours, "encounter", f"replace(CAST(CAST({time} AS DATE) AS STRING), '-', '')"
