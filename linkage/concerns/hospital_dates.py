"""A date in the patients file that is read as the hospital's date of death, but seems to be that of the last contact.

Each such date makes a patient dead. A file that gives a date of last follow-up or of its extraction under a name for
dates of death would therefore leave nobody alive.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from linkage.concerns.likely_names import is_of_others, likely_columns
from linkage.concerns.mark_words import may_say_life
from linkage.concerns.unread_words import Words
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.records import Loaded, as_text
from linkage.printing import agreeing, counted, share
from linkage.quoting import quoted
from linkage.sources.column_names import shown_name
from linkage.sources.source import Source
from linkage.values.codes import NO, read_codes
from linkage.values.date_forms import MONTH_FIRST
from linkage.values.dates import NOT_KNOWN_WORDS, standard_date
from linkage.values.no_dates import no_dates

_OURS = "hospital_death_date"
_MOST, _PEOPLE_ENOUGH = 0.6, 20
"""The share of the patients above which so many deaths are doubtful, and the number of patients that can show it."""
_OF_ONE_DAY, _FEW = 0.1, 10
_STATUS_WORDS = range(2, 6)
_FREQUENT = 50
"""How many of the most frequent days are examined: a placeholder for the living is among them."""


def concerns_of_hospital_dates(
    engine: DuckDBEngine, source: Source, patients: Loaded, unread: Mapping[str, Words]
) -> list[str]:
    """What looks wrong in the dates of death of the patients file, in one sentence with all reasons."""
    if _OURS not in patients.columns:
        return []
    days = _days_by_flag(engine, source, patients)
    dated = sum(sum(those.values()) for those in days.values())
    reasons = [
        *_of_flag(source, patients, days),
        *_of_number(patients, dated, unread),
        *_of_one_day(days, dated),
    ]
    if not reasons:
        return []
    return [
        f"{patients.name}, {shown_name(patients.columns[_OURS])} (read as {_OURS}): {'; '.join(reasons)}. Each date"
        " counts as a death. Is it the date of the last follow-up or of the extraction? If so, leave the column out of"
        " the file, or fill it only for patients who died."
    ]


def _days_by_flag(engine: DuckDBEngine, source: Source, patients: Loaded) -> dict[str, Counter[str]]:
    """For each word of the flag beside the dates, the patients with a date: by frequent day, and all others as ''."""
    date, flag = as_text(patients.columns[_OURS]), "''"
    if "deceased" in patients.columns:
        flag = f"coalesce({as_text(patients.columns['deceased'])}, '')"
    words = quoted(tuple(sorted(word for word in NOT_KNOWN_WORDS if word)))
    day = "coalesce(CAST(CAST(timestamp_of(date) AS DATE) AS VARCHAR), date)"
    found = engine.rows_of(
        source,
        f"SELECT flag, sum(times), arg_max({{'day': day, 'times': times}}, times, {_FREQUENT}) FROM"
        f" (SELECT flag, {day} AS day, count(*) AS times FROM"
        f" (SELECT {flag} AS flag, nullif(trim({date}), '') AS date FROM source) AS read"
        f" WHERE upper(date) NOT IN ({words}) GROUP BY ALL) AS counted GROUP BY flag ORDER BY flag",
    )
    form = patients.forms[_OURS].form if _OURS in patients.forms else MONTH_FIRST
    placeholders = no_dates("death_time")
    days: dict[str, Counter[str]] = {}
    for word, total, frequent in found:
        those = days.setdefault(str(word), Counter({"": int(total)}))
        for each in frequent:
            those[""] -= each["times"]
            if digits := standard_date(each["day"], placeholders, form).digits:
                those[digits] += each["times"]
    return days


def _of_flag(source: Source, patients: Loaded, days: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Patients with a date who did not die, by the flag that is read beside it."""
    if "deceased" not in patients.columns:
        return []
    name = shown_name(patients.columns["deceased"])
    rows = {word: sum(those.values()) for word, those in days.items()}
    own = source.reading.words.get("died_in_hospital")
    meanings = read_codes("died_in_hospital", rows, own, name).meanings
    number = sum(rows[word] for word, meaning in meanings.items() if meaning == NO)
    if not number:
        return []
    return [
        f"{counted(number, 'patient has', 'patients have')} a date although {name} (read as deceased) says that"
        f" {agreeing(number, 'the patient', 'they')} did not die"
    ]


def _of_number(patients: Loaded, dated: int, unread: Mapping[str, Words]) -> list[str]:
    """Most patients are dead by the dates, and there are many, or a status stands beside the dates."""
    named = likely_columns("patients", "deceased", patients.unused)
    beside = [
        name
        for name, words in unread.items()
        if len(words) in _STATUS_WORDS and not is_of_others(name) and (name in named or may_say_life(name))
    ]
    if dated < _MOST * patients.rows or not (beside or patients.rows >= _PEOPLE_ENOUGH):
        return []
    status = f", and {beside[0]}, which is not read, may say who died" if beside else ""
    return [f"{counted(dated, 'patient has', 'patients have')} a date ({share(dated, patients.rows)}){status}"]


def _of_one_day(days: Mapping[str, Mapping[str, int]], dated: int) -> list[str]:
    all_days: Counter[str] = Counter()
    for those in days.values():
        all_days.update({day: times for day, times in those.items() if day})
    most: Sequence[tuple[str, int]] = all_days.most_common(1)
    if not most or most[0][1] < max(_FEW, _OF_ONE_DAY * dated):
        return []
    return [f"{share(most[0][1], dated)} of the {dated:,} dates are the same day"]
