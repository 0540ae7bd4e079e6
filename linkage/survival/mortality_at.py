"""Mortality at an index date: dead, alive or unknown, and for how long each patient was followed.

"Has any date of death" does not mean "died within a year of this stay". A patient with several stays has
several answers, and a patient without a released date may be alive, or may have died after the released year.
This module needs only a table of outcomes, so it can be used long after the linkage.
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
"""The time in days that replaces a follow-up of 0 days, as is usual in the field."""

USED = (
    *("dod", "death_date", "death_date_precision", "censor_date", "anchor_date", "status"),
    *("coverage_first", "coverage_last"),
)
"""The columns of outcomes that are read if they are present."""

_HORIZON = re.compile(r"(\d+)\s*(day|month|year)s?", re.IGNORECASE)


class _Known(NamedTuple):
    """What is known of each requested patient, as days: died between `died_from` and `died_until`, with `death`
    as the best estimate; otherwise alive through `alive_until`."""

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

    `outcomes` has one row per patient: patient_id, dod and, if available, censor_date,
    anchor_date, status, coverage_first, coverage_last and death_date_precision (the columns of
    `outcome`). `index_dates` is a data frame of patient_id and index_date, with as many rows per patient
    as there are stays, or a mapping from patient to date. Dates are datetime64, date or ISO text.
    `horizon` is a number of days, or "30 days", "6 months", "1 year"; it includes its last day,
    and months and years are calendar units (29 February to 28 February).

    Returns one row per row of `index_dates`, in the same order: patient_id, index_date, `answer`, `followup_days`,
    `followup_time_days` and `death_observed`; survival libraries take the last three. Parametric survival models
    reject a time of 0, so `followup_time_days` is half a day there, and otherwise equals `followup_days`.

    - dead: a date of death on or before index date + horizon. A death on or before the index date counts as
      dead with 0 days, because in-hospital deaths often precede the administrative discharge.
    - alive: no death by the horizon, and followed that long. Released dates (the default) are known up to the
      censoring date only, so a patient who died later is alive until that date and unknown
      afterward. `uncensored=True` reads the internal `death_date` and follows patients to the end of the
      registry's coverage (`coverage_last`, or the column of that name). A patient was also alive at
      every index date and horizon before the last discharge, whatever the registry covers.
    - unknown: anything else. followup_days then ends with the last day on which the answer is known, and is 0 when
      that is before the index date. Patients in review are unknown. So is a patient whose death after the last
      discharge is not within coverage that is continuous from that discharge: outside its coverage, a registry
      holds only some deaths.

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
    rows_asked = _outcome_rows(outcomes, asked, uncensored)
    index = _days(asked["index_date"], "index_dates", required=True)
    until = _add(index, *_horizon(horizon))
    known = _known(rows_asked, index, coverage_last, uncensored)

    dead = known.died_until <= until
    alive = (known.died_from > until) | (np.isnat(known.death) & (known.alive_until >= until))
    answer = np.where(dead, "dead", np.where(alive, "alive", "unknown")).astype(object)
    ends = np.where(np.isnat(known.died_from), known.alive_until, known.died_from)
    ends = np.where(dead, known.death, ends)
    # If the last known day is missing (NaT), follow-up is 0 days unless the patient was alive at the horizon.
    ends = np.where(alive, until, np.where(np.isnat(ends), index, np.minimum(ends, until)))
    followup = np.maximum((ends - index).astype("int64"), 0)
    time = np.maximum(followup, HALF_A_DAY)
    return asked.assign(answer=answer, followup_days=followup, followup_time_days=time, death_observed=dead)


def _known(rows_asked: "pandas.DataFrame", index: "Days", coverage_last: date | None, uncensored: bool) -> _Known:
    import numpy as np
    import pandas as pd

    death = _column(rows_asked, "death_date" if uncensored else "dod")
    anchor, censor = _column(rows_asked, "anchor_date"), _column(rows_asked, "censor_date")
    # If the anchor is missing, use the earliest one that gives this censoring date (28 or 29 February).
    anchor = np.where(np.isnat(anchor), _add(censor, -12, "months"), anchor)
    first, last = _column(rows_asked, "coverage_first"), _column(rows_asked, "coverage_last")
    if coverage_last is not None:
        last = np.repeat(_days(pd.Series([coverage_last], dtype=object), "coverage_last"), len(rows_asked))
    if uncensored and len(rows_asked) and np.isnat(last).any():
        raise InputError(
            "uncensored = True follows patients to the end of the registry's coverage, which is not stated."
            " Give coverage_last, the last day of death for which the registry is complete."
        )
    followed = last if uncensored else np.where(np.isnat(censor), censor, np.fmin(censor, last))
    seen_last = np.where(np.isnat(anchor), index, anchor)
    covered = np.isnat(first) | (first <= seen_last)
    # A patient was alive at the last discharge, whatever the registry covers. A patient with status died_later but
    # without a date was alive at the censoring date, but cannot be followed beyond it.
    followed = np.where((_status(rows_asked) == "died_later") & np.isnat(death), np.fmin(followed, censor), followed)
    alive_until = np.where(covered & ~_unsettled(rows_asked, last), np.fmax(followed, anchor), anchor)
    alive_until[_status(rows_asked) == "in_review"] = np.datetime64("NaT")
    ends = np.where(covered, last, seen_last)
    beyond = ~np.isnat(ends) & (death > np.fmax(np.fmax(ends, anchor), index))
    death = np.where(beyond, np.datetime64("NaT"), death)
    return _Known(death, *_interval(rows_asked, death, anchor), alive_until)


def _interval(rows_asked: "pandas.DataFrame", death: "Days", anchor: "Days") -> tuple["Days", "Days"]:
    """The first and last possible day of a date known only to the month or year."""
    import numpy as np

    died_from, died_until = death.copy(), death.copy()
    precision = _text(rows_asked, "death_date_precision")
    for name, unit in (("month", "M"), ("year", "Y")):
        rows = precision == name
        start = death[rows].astype(f"datetime64[{unit}]")
        died_until[rows] = (start + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
        died_from[rows] = np.fmin(np.fmax(start.astype("datetime64[D]"), anchor[rows]), death[rows])
    return died_from, died_until


def _unsettled(rows_asked: "pandas.DataFrame", last: "Days") -> "Days":
    import numpy as np

    status = _status(rows_asked)
    not_covered: Days = (status == "unknown_not_covered") & np.isnat(last)
    return np.isin(status, UNSETTLED) | not_covered


def _status(rows_asked: "pandas.DataFrame") -> "Days":
    return _text(rows_asked, "status")


def _text(rows_asked: "pandas.DataFrame", name: str) -> "Days":
    import numpy as np

    if name not in rows_asked:
        return np.full(len(rows_asked), "", dtype=object)
    return rows_asked[name].fillna("").astype(str).to_numpy(dtype=object)


def _column(rows_asked: "pandas.DataFrame", name: str) -> "Days":
    import numpy as np

    if name not in rows_asked:
        return np.full(len(rows_asked), np.datetime64("NaT"), dtype="datetime64[D]")
    return _days(rows_asked[name], f"outcomes, {name}")


def _asked(index_dates: "pandas.DataFrame | Mapping[Any, Any]") -> "pandas.DataFrame":
    import pandas as pd

    if isinstance(index_dates, Mapping):
        pairs = {"patient_id": list(index_dates), "index_date": list(index_dates.values())}
        return pd.DataFrame(pairs, columns=["patient_id", "index_date"])
    if not isinstance(index_dates, pd.DataFrame):
        raise InputError(
            f"index_dates is a {type(index_dates).__name__}. Give a pandas data frame or a mapping from patient to"
            " date."
        )
    _require(index_dates, ("patient_id", "index_date"), "index_dates")
    return index_dates.loc[:, ["patient_id", "index_date"]]


def _outcome_rows(outcomes: "pandas.DataFrame", asked: "pandas.DataFrame", uncensored: bool) -> "pandas.DataFrame":
    """The outcome of each requested row. Ids are compared as text, because CSV readers convert them to numbers."""
    import pandas as pd

    _require(outcomes, ("patient_id", "death_date" if uncensored else "dod"), "outcomes")
    ids = pd.Index(outcomes["patient_id"].astype(str))
    if not ids.is_unique:
        raise InputError(
            f"outcomes: {counted(int(ids.duplicated().sum()), 'row repeats', 'rows repeat')} a patient_id. There is"
            f" one outcome per patient."
        )
    places = ids.get_indexer(pd.Index(asked["patient_id"].astype(str)))
    if (places < 0).any():
        raise InputError(
            f"index_dates: {counted(int((places < 0).sum()), 'row has', 'rows have')} a patient_id without an outcome,"
            f" first in row {int((places < 0).argmax()) + 1:,}. Leave out rows of patients who are not in this linkage."
        )
    return outcomes.loc[:, [column for column in USED if column in outcomes]].take(places)


def _require(frame: "pandas.DataFrame", columns: Iterable[str], name: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        found = ", ".join(map(str, frame.columns))
        raise InputError(f"{name}: column {missing[0]} is missing. Columns found: {found}. Rename one to it.")


def _horizon(horizon: object) -> tuple[int, str]:
    if isinstance(horizon, Integral) and not isinstance(horizon, bool) and int(horizon) >= 0:
        return int(horizon), "days"
    if isinstance(horizon, str) and (match := _HORIZON.fullmatch(horizon.strip())):
        number, unit = int(match[1]), match[2].lower()
        return (number, "days") if unit == "day" else (number * (12 if unit == "year" else 1), "months")
    raise InputError(f'horizon = {horizon!r} is not a length of time. Give days, as in 30, or "6 months", "1 year".')


def _add(days: "Days", number: int, unit: str) -> "Days":
    """Add days or calendar months; a day that the month does not have becomes its last day."""
    import numpy as np

    if unit == "days":
        return days + np.timedelta64(number, "D")
    month = days.astype("datetime64[M]")
    first = (month + np.timedelta64(number, "M")).astype("datetime64[D]")
    last = (month + np.timedelta64(number + 1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    moved: Days = np.minimum(first + (days - month.astype("datetime64[D]")), last)
    return moved


def _days(values: "pandas.Series[Any]", where: str, required: bool = False) -> "Days":
    """A column as whole days. Nanoseconds would not do: they cover only the years 1677 to 2262."""
    import numpy as np
    import pandas as pd

    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_localize(None)
    if values.dtype.kind == "M":
        days = values.to_numpy().astype("datetime64[D]")
    else:
        # Dates repeat, so each is parsed once. A missing value has the code -1, the last place of `read`.
        codes, found = pd.factorize(values)
        read = np.full(len(found) + 1, np.datetime64("NaT"), dtype="datetime64[D]")
        for code, value in enumerate(found):
            try:
                read[code] = _day(value)
            except ValueError:
                row = int((codes == code).argmax()) + 1
                raise InputError(f"{where}: the value in row {row:,} is not a date. Write 2150-01-31.") from None
        days = read[codes]
    if required and np.isnat(days).any():
        row = int(np.isnat(days).argmax()) + 1
        raise InputError(f"{where}: no date in row {row:,}. Leave out rows without an index date.")
    return days


def _day(value: object) -> date | None:
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    # Python cannot parse the nanoseconds that pandas and numpy write.
    return datetime.fromisoformat(str(value)[:26]).date() if value != "" else None
