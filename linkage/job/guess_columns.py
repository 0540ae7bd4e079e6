"""Guess which column of a file holds what, from the names of the columns and the form of their values.

Separate from the guess about a file, which also has an encoding, a layout and a role.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from linkage.concerns.likely_names import NAMES, by_name, dates_in_parts, words_of
from linkage.sources.reading import Reading
from linkage.sources.source import ColumnName
from linkage.values.codes import DEATH_WORDS, read_codes, standard_sex, word_of
from linkage.values.dates import standard_date

MOST = 0.5
"""The share of values above which they decide a guess."""
_FEW_WORDS = 100
_SSN = re.compile(r"[0-9]{3}-?[0-9]{2}-?[0-9]{4}")
_WHOLE_NAME = re.compile(r"[^,]+, ?[^,]+")


def guess_columns(role: str, texts: Mapping[str, Sequence[str]]) -> dict[str, ColumnName]:
    """Which column holds what, by names and, where they say nothing, by values.

    >>> guess_columns("patients", {"MRN": ["7", "8"], "Surname": ["LEE"], "nr": ["212-34-5678"]})
    {'last_name': 'Surname', 'patient_id': 'MRN', 'ssn': 'nr'}
    """
    parts = dates_in_parts(role, list(texts))
    in_parts = {name for names in parts.values() for name in names}
    chosen = by_name(role, [name for name in texts if name not in in_parts])
    # A year alone would turn every date into a partial one: its column is used only together with that of the month,
    # and not if a column with the whole date can be read.
    parts = {ours: names for ours, names in parts.items() if share_read(texts.get(chosen.get(ours, ""), ())) <= MOST}
    chosen = {ours: name for ours, name in chosen.items() if ours not in parts}
    for flag, vocabulary in _FLAGS.items():
        words = Counter(texts[chosen[flag]]) if flag in chosen else Counter()
        if read_codes(vocabulary, words, called=chosen.get(flag, "")).unread:
            del chosen[flag]
    _prefer_readable_sex(chosen, texts)
    free = [name for name in texts if name not in chosen.values() and name not in in_parts]
    if role != "encounters" and "ssn" not in chosen:
        numbers = [name for name in free if share_of(_SSN, texts[name]) > MOST and not re.search("ids?$", name.lower())]
        chosen |= {"ssn": numbers[0]} if len(numbers) == 1 else {}
    id_column = "death_id" if role == "deaths" else "patient_id"
    if id_column not in chosen and role != "encounters":
        distinct = [name for name in free if texts[name] and len(set(texts[name])) == len(texts[name])]
        chosen |= {id_column: distinct[0]} if distinct and distinct[0] not in chosen.values() else {}
    return {**chosen, **parts}


_FLAGS = {"died_in_hospital": "died_in_hospital", "void": "void", "deceased": "died_in_hospital"}
"""The columns of flags, each with the vocabulary that reads it."""


def advice_on_death_columns(unused: Sequence[str], texts: Mapping[str, Sequence[str]]) -> list[str]:
    """What to do about columns that are not used although some of their words say that somebody died."""
    return [
        f"{name} has a word for death, and others that are not understood. If it says who died, map it\n"
        "to died_in_hospital (in the patients file: deceased), and declare the meaning of its words:\n"
        'words = { died_in_hospital = { WORD = "no" } }'
        for name in unused
        if len(set(texts[name])) <= _FEW_WORDS and DEATH_WORDS & set(map(word_of, texts[name]))
    ]


def _prefer_readable_sex(chosen: dict[str, str], texts: Mapping[str, Sequence[str]]) -> None:
    """If two columns have the sex, such as a system's code and its word, choose the one that can be read."""
    if "sex" in chosen:
        named = [name for name in texts if re.search("|".join(NAMES["sex"]), words_of(name))]
        read = [name for name in (chosen["sex"], *named) if _share_of_sexes(texts[name]) > MOST]
        chosen["sex"] = (read or [chosen["sex"]])[0]


def _share_of_sexes(texts: Sequence[str]) -> float:
    return sum(standard_sex(text) is not None for text in texts) / len(texts) if texts else 0.0


def advice_on_whole_names(columns: Mapping[str, ColumnName], texts: Mapping[str, Sequence[str]]) -> list[str]:
    """What to do about columns that hold last and first name together, where the file has no others."""
    if {"first_name", "last_name"} <= set(columns):
        return []
    named = [name for name in texts if re.search(r"name|(^|_)nm($|_)", words_of(name))]
    whole = [name for name in named if share_of(_WHOLE_NAME, texts[name]) > MOST]
    return [
        f"{name} seems to have whole names, last name first. Split it into separate columns for last name, first name"
        "\nand middle name: whole names are never split automatically."
        for name in whole
    ]


def share_of(pattern: re.Pattern[str], texts: Sequence[str]) -> float:
    """The share of texts that match a pattern completely; 0 if there are none."""
    return sum(bool(pattern.fullmatch(text)) for text in texts) / len(texts) if texts else 0.0


def share_read(days: Sequence[str], form: str = "") -> float:
    """The share of days that can be read in a form."""
    reading = Reading(dates={"start": form} if form else {}, two_digit_years_up_to={"start": 2020}).forms
    known = [standard_date(day, (), *reading.values()).digits for day in days]
    return sum(digits is not None for digits in known) / len(known) if known else 0.0
