"""What looks wrong in columns of day numbers: codes such as 9999 for "not known", which are days like all others."""

from collections.abc import Iterator, Sequence

from linkage.concerns.counts import is_beyond_chance
from linkage.engines import Engine
from linkage.method.columns import SIDES
from linkage.method.nines import Nines, count_nines
from linkage.method.records import Loaded
from linkage.printing import counted
from linkage.sources.column_names import shown_name

_AT_LEAST, _TIMES_AS_OFTEN = 3, 10
_IN_TABLE = {"birth_date": "birth_date", "death_date": "death_date_partial"}


def concerns_of_nines(engine: Engine, loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about columns that are declared as day numbers; other forms have codes that are no dates."""
    return [
        f"{one.name}, {shown_name(one.columns[ours])} (read as {ours}): {counted(found.number, 'date')} of"
        f" {found.number + found.others:,} are the day that {found.code} stands for. Is {found.code} a code for a date"
        " that is not known? Leave unknown dates empty."
        for one, ours, found in _found(engine, loaded)
        if _is_code(found) and (one.last_year is None or int(found.digits[:4]) <= one.last_year)
    ]


def _is_code(found: Nines) -> bool:
    """Whether a day is a code, by how often it would occur if all days between the first and the last were equally
    frequent; a day before the first or after the last needs only to occur several times."""
    all_, usual = found.number + found.others, 1 / (found.days + 2)
    is_often = found.number >= _TIMES_AS_OFTEN * usual * all_ and is_beyond_chance(found.number, all_, usual)
    return found.number >= _AT_LEAST and (is_often or found.is_apart)


def _found(engine: Engine, loaded: Sequence[Loaded]) -> Iterator[tuple[Loaded, str, Nines]]:
    """The codes in each column of dates, with what was read and our name."""
    for side, one in zip(SIDES, loaded, strict=False):
        for ours, day in _IN_TABLE.items():
            if ours in one.forms and ours in one.columns:
                yield from ((one, ours, found) for found in count_nines(engine, side, day, one.forms[ours].form))
    for one in (loaded[0], *loaded[2:]):
        yield from ((one, ours, found) for ours, codes in one.nines.items() for found in codes)
