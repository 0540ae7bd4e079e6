"""Columns of encounters that are not read although they say which rows are visits without a stay, or in an ED.

Each row of a file without a kind counts as a hospital stay. A clinic visit is then the last discharge of a patient, and
begins the year of follow-up.
"""

import re
from collections.abc import Mapping

from linkage.concerns.likely_names import likely_columns, words_of
from linkage.concerns.unread_words import Words, plain
from linkage.method.encounters import ED_SIGNS, ED_WORDS, KIND_WORDS, NO_STAY_WORDS
from linkage.method.records import Loaded
from linkage.printing import agreeing, counted
from linkage.sources.source import Source

_BY_NAME = re.compile(r"(^|_)(enc|pat|patient|pt|contact|adt)_?(type|class|categ|cat)|(visit|encounter)_?categ")
_OF_SOMETHING_ELSE = re.compile(
    r"fin|pay|insur|drug|medic|social|race|acuity|triage|weight|bmi|asa|nyha|admi[ts]|admsn|adm_|source|locat|priorit"
    r"|urgen|referr|disch|dispo|dest|place|unit|ward|service|dep(t|art)|transport|note|order|bill|blood"
)
_LONG = 3
"""By its words alone, a column is recognized only by whole words, not by letters."""


def concerns_of_kinds(source: Source, one: Loaded, unread: Mapping[str, Words]) -> list[str]:
    """What looks wrong in a file of encounters whose kinds are not read, by the words of the columns not used."""
    of_ed = any(name.lower() in ED_SIGNS for name in (*one.unused, *map(str, one.columns.values())))
    if "kind" in one.columns or source.reading.kind or of_ed:
        return []
    named = likely_columns("encounters", "kind", one.unused)
    for name, words in unread.items():
        by_name = name in named or _BY_NAME.search(words_of(name)) is not None
        if not _OF_SOMETHING_ELSE.search(words_of(name)) and _is_kind(words, by_name):
            visits, ed = (_rows_of(words, those) for those in (NO_STAY_WORDS, ED_WORDS))
            if visits or ed:
                return [_concern(one, name, visits, ed)]
    return []


def _is_kind(words: Words, by_name: bool) -> bool:
    """Whether a column holds kinds: by its name if any whole word is one, and otherwise if most rows and words are."""
    if by_name and any(len(word) > _LONG and _is(word, (*ED_WORDS, *NO_STAY_WORDS)) for word in words):
        return True
    known = {word: rows for word, rows in words.items() if _is(word, (*KIND_WORDS, *NO_STAY_WORDS))}
    if 2 * sum(known.values()) <= sum(words.values()) or 2 * len(known) < len(words):
        return False
    return by_name or any(len(word) > _LONG and not word.isdigit() and _is(word, NO_STAY_WORDS) for word in known)


def _is(word: str, those: tuple[str, ...]) -> bool:
    return word.lower() in those or plain(word).lower() in those


def _rows_of(words: Words, those: tuple[str, ...]) -> int:
    return sum(rows for word, rows in words.items() if _is(word, those))


def _concern(one: Loaded, name: str, visits: int, ed: int) -> str:
    no_stays = agreeing(visits, "it is not a hospital stay", "they are not hospital stays")
    said = [f"of {counted(visits, 'row')} that {no_stays}"] if visits else []
    said += (
        [f"of {counted(ed, 'row')} that {agreeing(ed, 'it is', 'they are')} in an emergency department"] if ed else []
    )
    return (
        f"{one.name}: {name} is not read, and may hold kind. It says {' and '.join(said)}; all rows count as hospital"
        f' stays. Map it: columns = {{ kind = "{name}" }}, or leave it out of the file.'
    )
