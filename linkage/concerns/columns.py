"""Count for each column read how many values are missing and how many were lost, and judge these counts.

Separate from the other concerns, because `linkage check` shows the counts as a table too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from linkage.concerns.counts import FEW, MANY, NEARLY_ALL, SEVERAL
from linkage.engines import Engine
from linkage.method.encounter_times import TIMES
from linkage.method.records import DEATH_COLUMNS, HOSPITAL_DEATH, PATIENT_COLUMNS, Loaded
from linkage.method.standardize.odd_values import lost_values
from linkage.printing import counted, share
from linkage.sources.column_names import shown_name
from linkage.values.calendars import ADVICE
from linkage.values.dates import EARLIEST_YEAR, TOO_EARLY
from linkage.values.likely_forms import advice
from linkage.values.no_dates import DAYS_AS_SECONDS, WRITE_DAYS
from linkage.values.ssn import LAST_FOUR_ONLY

_COLUMNS = {"patient": PATIENT_COLUMNS, "death": DEATH_COLUMNS}
_IN_TABLE = {"death_date": "death_date_partial"}
_NOT_COUNTED = ("void", "amends", *HOSPITAL_DEATH)


def columns_read(
    engine: Engine, loaded: Sequence[Loaded], cleaning: Mapping[str, Mapping[str, Mapping[str, int]]]
) -> list[dict[str, Any]]:
    """For each column read: its file, name, rows, missing values, and values lost by reason."""
    found = []
    ours = {
        side: [name for name in wanted if name in one.columns and name not in (f"{side}_id", *_NOT_COUNTED)]
        for (side, wanted), one in zip(_COLUMNS.items(), loaded, strict=False)
    }
    missing = _unknown(engine, ours)
    for (side, names), one in zip(ours.items(), loaded, strict=False):
        for name, unknown in zip(names, missing[side], strict=True):
            lost = lost_values(cleaning.get(side, {}).get(_IN_TABLE.get(name, name), {}))
            found.append(_column(one, name, one.used, unknown - sum(lost.values()), lost))
    for one in loaded[2:]:
        found += [_column(one, name, one.rows, 0, reasons) for name, reasons in one.times_not_read.items()]
        flags = {name: reasons for name, reasons in one.codes_not_known.items() if name != "kind"}
        found += [_column(one, name, one.rows, 0, reasons) for name, reasons in flags.items()]
    return found


def _unknown(engine: Engine, columns: Mapping[str, Sequence[str]]) -> dict[str, Sequence[int]]:
    """For the columns of each side, the number of its rows without a value; both by one statement."""
    asked = {side: names for side, names in columns.items() if names}
    if not asked:
        return dict.fromkeys(columns, ())
    selects = " CROSS JOIN ".join(
        f"(SELECT {', '.join(f'count(*) - count({_known(name)}) AS {side}_{name}' for name in names)} FROM {side})"
        f" AS of_{side}"
        for side, names in asked.items()
    )
    numbers = iter(engine.rows(f"SELECT * FROM {selects}")[0])
    return {side: [int(next(numbers)) for _ in names] for side, names in columns.items()}


def _known(ours: str) -> str:
    """The value of a column of ours in the table of a side, however much of a date is known."""
    return f"coalesce({ours}, {ours}_partial)" if ours == "birth_date" else _IN_TABLE.get(ours, ours)


def _column(one: Loaded, ours: str, rows: int, missing: int, lost: Mapping[str, int]) -> dict[str, Any]:
    column = {"file": one.name, "name": shown_name(one.columns[ours]), "ours": ours, "rows": rows}
    likely = one.forms[ours].likely if ours in one.forms else ()
    return {**column, "missing": max(missing, 0), "lost": lost, "likely": likely}


def concerns_of_columns(columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """What looks wrong in columns, as `columns_read` describes them: empty, mostly missing, or not readable."""
    concerns = []
    for column in columns:
        place = f"{column['file']}, {column['name']} (read as {column['ours']})"
        # A missing discharge or death time is normal, and many systems write a placeholder for it.
        usual = ("placeholder",) if column["ours"] in ("discharge", "death_time") else ()
        rows, lost = column["rows"], sum(number for reason, number in column["lost"].items() if reason not in usual)
        rarely_known = column["ours"] in ("suffix", "former_last_names")
        if column["missing"] >= rows and not rarely_known:
            concerns.append(f"{place}: empty in every row.")
        elif column["missing"] > NEARLY_ALL * rows and not rarely_known:
            concerns.append(f"{place}: {share(column['missing'], rows)} missing.")
        elif column["ours"] == "death_date" and max(FEW, SEVERAL * rows) <= column["missing"]:
            concerns.append(
                f"{place}: {counted(column['missing'], 'row has', 'rows have')} no date of death"
                f" ({share(column['missing'], rows)}). Are these people alive, or are their dates in another column?"
                " Remove the rows of the living, and map the column of the dates."
            )
        last_four = column["lost"].get(LAST_FOUR_ONLY, 0) if column["ours"] == "ssn" else 0
        lost -= last_four
        if last_four > SEVERAL * rows:
            concerns.append(
                f"{place}: {share(last_four, rows)} have only the last four digits. Rules that accept last_four use"
                " them; for all others the number is not known."
            )
        if column["ours"] in TIMES:  # one unknown discharge can move a date of death
            concerns += (
                [f"{place}: {counted(lost, 'time')} ({share(lost, rows)}) cannot be read.{_what_to_do(column)}"]
                if lost
                else []
            )
        elif lost > SEVERAL * rows and column["ours"] != "suffix":
            concerns.append(f"{place}: {share(lost, rows)} cannot be read or are dummies.{_what_to_do(column)}")
    return concerns


def _what_to_do(column: Mapping[str, Any]) -> str:
    """What lost dates have in common, after a blank: the form that they seem to have, or that their years are early."""
    form = advice(column["likely"], column["ours"])
    if not form and column["lost"].get("two-digit year"):
        form = (
            "Their years have two digits: declare the last year that they can mean, which settles the century:"
            f" two_digit_years_up_to = {{ {column['ours']} = ... }}."
        )
    if not form and column["lost"].get(DAYS_AS_SECONDS, 0) > MANY * sum(column["lost"].values()):
        form = WRITE_DAYS
    if not form and column["lost"].get(TOO_EARLY, 0) > MANY * sum(column["lost"].values()):
        form = f"Most of these are before {EARLIEST_YEAR}, the first year that is read."
    for reason, advised in ADVICE.items():
        if not form and column["lost"].get(reason, 0) > MANY * sum(column["lost"].values()):
            form = advised
    return f" {form}" if form else ""
