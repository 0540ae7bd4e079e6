"""Mortality at an index date: dead, alive or unknown, and for how long each patient was followed.

"Has any date of death" is not "died within a year of this stay": a patient with several stays has
several answers, and one whose release is empty may be alive, or dead after the year that is
released. The step is its own because it asks outcomes and nothing else, long after a linkage.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

from linkage.errors import InputError
from linkage.printing import counted

if TYPE_CHECKING:
    import numpy
    import pandas

    Days = numpy.ndarray[Any, numpy.dtype[Any]]

UNSETTLED = ("in_review", "died_date_partial", "died_date_not_known")
"""Statuses under which a missing date of death does not mean that no death was found."""

HALF_A_DAY = 0.5
"""The time that stands for a follow-up of 0 days, as is usual in the field."""

USED = (
    *("dod", "death_date", "death_date_precision", "censor_date", "anchor_date", "status"),
    *("coverage_first", "coverage_last"),
)
"""The columns of outcomes that are read, as far as they are there."""

_HORIZON = re.compile(r"(\d+)\s*(day|month|year)s?", re.IGNORECASE)


class _Known(NamedTuple):
    """What is known of each asked patient, as days: dead from `died_from` to `died_until` at the
    latest, with `death` as the best date; otherwise alive through `alive_until`."""

    death: "Days"
    died_from: "Days"
    died_until: "Days"
    alive_until: "Days"


def mortality_at(
    outcomes: "pandas.DataFrame",
    index_dates: "pandas.DataFrame | Mapping[Any, Any]",
    horizon: int | str = "1 year",
    *,
    coverage_last: date | None = None,
    uncensored: bool = False,
) -> "pandas.DataFrame":
    """Whether each patient was dead at a horizon after an index date, such as the end of each stay.

    `outcomes` has one row per patient: patient_id and dod, and as far as there are any censor_date,
    anchor_date, status, coverage_first, coverage_last and death_date_precision (the columns of
    `outcome`). `index_dates` is a frame of patient_id and index_date, with as many rows per patient
    as there are stays, or a mapping from patient to date. Dates are datetime64, date or ISO text.
    `horizon` is a number of days, or "30 days", "6 months", "1 year"; its last day belongs to it,
    and months and years are calendar ones (29 February to 28 February).

    Returns one row per row asked, in its order: patient_id, index_date, `answer`, `followup_days`,
    `followup_time_days` and `death_observed`, the last three ready for survival libraries. Parametric models of
    survival refuse a time of 0: `followup_time_days` is half a day there, and otherwise the same as `followup_days`.

    - dead: a date of death on or before index date + horizon. A death on or before the index date is
      dead with 0 days: in-hospital deaths often precede the administrative discharge.
    - alive: no death by then, and followed that long. Released dates (the default) reach to the
      censoring date and no further, so a patient who died later is alive up to there and unknown
      beyond. `uncensored=True` reads the internal `death_date` and follows to the end of the
      registry's coverage (`coverage_last`, or the column of that name). A patient was also alive at
      every index date and horizon before the last discharge, whatever the registry covers.
    - unknown: anything else. followup_days then runs to the end of what is known, 0 when that is
      before the index date. Patients in review are unknown, and so is a death after the last discharge
      that coverage does not reach without a gap: where it has ended, or had not begun at that discharge, a
      registry holds some deaths and not others.

    Raises InputError for a patient without an outcome, a value that is not a date, or a missing column.
    Source: mimic-code discussions of one-year mortality; Johnson et al., Sci Data 2023.

    >>> import pandas
    >>> outcomes = pandas.DataFrame(
    ...     {"patient_id": ["a", "b"], "dod": ["2150-07-01", None], "censor_date": ["2151-01-01"] * 2}
    ... )
    >>> stays = pandas.DataFrame(
    ...     {"patient_id": ["a", "b", "b"], "index_date": ["2150-01-01", "2150-01-01", "2150-06-01"]}
    ... )
    >>> mortality_at(outcomes, stays, "1 year")[["answer", "followup_days", "death_observed"]]
        answer  followup_days  death_observed
    0     dead            181            True
    1    alive            365           False
    2  unknown            214           False
    """
    import numpy as np

    asked = _asked(index_dates)
    told = _told(outcomes, asked, uncensored)
    index = _days(asked["index_date"], "index_dates", required=True)
    until = _add(index, *_horizon(horizon))
    known = _known(told, index, coverage_last, uncensored)

    dead = known.died_until <= until
    alive = (known.died_from > until) | (np.isnat(known.death) & (known.alive_until >= until))
    answer = np.where(dead, "dead", np.where(alive, "alive", "unknown")).astype(object)
    ends = np.where(np.isnat(known.died_from), known.alive_until, known.died_from)
    ends = np.where(dead, known.death, ends)
    # A day that is not known (NaT) ends nothing: nobody was followed, unless the horizon was reached.
    ends = np.where(alive, until, np.where(np.isnat(ends), index, np.minimum(ends, until)))
    followup = np.maximum((ends - index).astype("int64"), 0)
    time = np.maximum(followup, HALF_A_DAY)
    return asked.assign(answer=answer, followup_days=followup, followup_time_days=time, death_observed=dead)


def _known(told: "pandas.DataFrame", index: "Days", coverage_last: date | None, uncensored: bool) -> _Known:
    import numpy as np
    import pandas as pd

    death = _column(told, "death_date" if uncensored else "dod")
    anchor, censor = _column(told, "anchor_date"), _column(told, "censor_date")
    # Not knowing the anchor, the earliest it can be for its censoring date (28 or 29 February).
    anchor = np.where(np.isnat(anchor), _add(censor, -12, "months"), anchor)
    first, last = _column(told, "coverage_first"), _column(told, "coverage_last")
    if coverage_last is not None:
        last = np.repeat(_days(pd.Series([coverage_last], dtype=object), "coverage_last"), len(told))
    if uncensored and len(told) and np.isnat(last).any():
        raise InputError(
            "uncensored = True follows patients to the end of the registry's coverage, which is not stated."
            "  Give coverage_last, the last day of death that the registry is complete for."
        )
    followed = last if uncensored else np.where(np.isnat(censor), censor, np.fmin(censor, last))
    seen_last = np.where(np.isnat(anchor), index, anchor)
    covered = np.isnat(first) | (first <= seen_last)
    # Whatever the registry covers, a patient was alive at the last discharge.
    # Who died later, on a day that is not given, was alive at the censoring date and not for ever.
    followed = np.where((_status(told) == "died_later") & np.isnat(death), np.fmin(followed, censor), followed)
    alive_until = np.where(covered & ~_unsettled(told, last), np.fmax(followed, anchor), anchor)
    alive_until[_status(told) == "in_review"] = np.datetime64("NaT")
    ends = np.where(covered, last, seen_last)
    beyond = ~np.isnat(ends) & (death > np.fmax(np.fmax(ends, anchor), index))
    death = np.where(beyond, np.datetime64("NaT"), death)
    return _Known(death, *_interval(told, death, anchor), alive_until)


def _interval(told: "pandas.DataFrame", death: "Days", anchor: "Days") -> tuple["Days", "Days"]:
    """First and last day that a date known to the month or year can mean."""
    import numpy as np

    died_from, died_until = death.copy(), death.copy()
    precision = _text(told, "death_date_precision")
    for name, unit in (("month", "M"), ("year", "Y")):
        rows = precision == name
        start = death[rows].astype(f"datetime64[{unit}]")
        died_until[rows] = (start + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
        died_from[rows] = np.fmin(np.fmax(start.astype("datetime64[D]"), anchor[rows]), death[rows])
    return died_from, died_until


def _unsettled(told: "pandas.DataFrame", last: "Days") -> "Days":
    import numpy as np

    status = _status(told)
    not_covered: Days = (status == "unknown_not_covered") & np.isnat(last)
    return np.isin(status, UNSETTLED) | not_covered


def _status(told: "pandas.DataFrame") -> "Days":
    return _text(told, "status")


def _text(told: "pandas.DataFrame", name: str) -> "Days":
    import numpy as np

    if name not in told:
        return np.full(len(told), "", dtype=object)
    return told[name].fillna("").astype(str).to_numpy(dtype=object)


def _column(told: "pandas.DataFrame", name: str) -> "Days":
    import numpy as np

    if name not in told:
        return np.full(len(told), np.datetime64("NaT"), dtype="datetime64[D]")
    return _days(told[name], f"outcomes, {name}")


def _asked(index_dates: "pandas.DataFrame | Mapping[Any, Any]") -> "pandas.DataFrame":
    import pandas as pd

    if isinstance(index_dates, Mapping):
        pairs = {"patient_id": list(index_dates), "index_date": list(index_dates.values())}
        return pd.DataFrame(pairs, columns=["patient_id", "index_date"])
    if not isinstance(index_dates, pd.DataFrame):
        raise InputError(
            f"index_dates: {type(index_dates).__name__} is neither a pandas data frame nor a mapping from patient to"
            " date."
        )
    _require(index_dates, ("patient_id", "index_date"), "index_dates")
    return index_dates.loc[:, ["patient_id", "index_date"]]


def _told(outcomes: "pandas.DataFrame", asked: "pandas.DataFrame", uncensored: bool) -> "pandas.DataFrame":
    """The outcome of each row asked. Ids are compared as text: a CSV reader makes numbers of them."""
    import pandas as pd

    _require(outcomes, ("patient_id", "death_date" if uncensored else "dod"), "outcomes")
    ids = pd.Index(outcomes["patient_id"].astype(str))
    if not ids.is_unique:
        raise InputError(
            f"outcomes: {counted(int(ids.duplicated().sum()), 'row repeats', 'rows repeat')} a patient_id.  There is"
            f" one outcome per patient."
        )
    places = ids.get_indexer(pd.Index(asked["patient_id"].astype(str)))
    if (places < 0).any():
        raise InputError(
            f"index_dates: {counted(int((places < 0).sum()), 'row has', 'rows have')} a patient_id without an outcome,"
            f" first in row {int((places < 0).argmax()) + 1:,}.  Ask about patients of this linkage, or leave them"
            " out."
        )
    return outcomes.loc[:, [column for column in USED if column in outcomes]].take(places)


def _require(frame: "pandas.DataFrame", columns: Iterable[str], name: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        found = ", ".join(map(str, frame.columns))
        raise InputError(f"{name}: column {missing[0]} is missing.  Columns found: {found}.  Rename one to it.")


def _horizon(horizon: object) -> tuple[int, str]:
    if isinstance(horizon, Integral) and not isinstance(horizon, bool) and int(horizon) >= 0:
        return int(horizon), "days"
    if isinstance(horizon, str) and (match := _HORIZON.fullmatch(horizon.strip())):
        number, unit = int(match[1]), match[2].lower()
        return (number, "days") if unit == "day" else (number * (12 if unit == "year" else 1), "months")
    raise InputError(f'horizon = {horizon!r} is not a length of time.  Give days, as in 30, or "6 months", "1 year".')


def _add(days: "Days", number: int, unit: str) -> "Days":
    """Add days or calendar months; a day that its month does not have becomes the month's last."""
    import numpy as np

    if unit == "days":
        return days + np.timedelta64(number, "D")
    month = days.astype("datetime64[M]")
    first = (month + np.timedelta64(number, "M")).astype("datetime64[D]")
    last = (month + np.timedelta64(number + 1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    moved: Days = np.minimum(first + (days - month.astype("datetime64[D]")), last)
    return moved


def _days(values: "pandas.Series[Any]", where: str, required: bool = False) -> "Days":
    """A column as whole days. Not through nanoseconds, which end in 2262 and begin in 1677."""
    import numpy as np
    import pandas as pd

    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_localize(None)
    if values.dtype.kind == "M":
        days = values.to_numpy().astype("datetime64[D]")
    else:
        # Dates repeat, so each is read once. Not known has the code -1: the last place.
        codes, found = pd.factorize(values)
        read = np.full(len(found) + 1, np.datetime64("NaT"), dtype="datetime64[D]")
        for code, value in enumerate(found):
            try:
                read[code] = _day(value)
            except ValueError:
                row = int((codes == code).argmax()) + 1
                raise InputError(f"{where}: the value in row {row:,} is not a date.  Write 2150-01-31.") from None
        days = read[codes]
    if required and np.isnat(days).any():
        row = int(np.isnat(days).argmax()) + 1
        raise InputError(f"{where}: no date in row {row:,}.  Leave out rows without an index date.")
    return days


def _day(value: object) -> date | None:
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    # Nanoseconds, as pandas and numpy write them, are more than Python reads.
    return datetime.fromisoformat(str(value)[:26]).date() if value != "" else None
