"""Titles and suffixes before and after a name: DR, JR, 3RD, MD.

Separate from the other steps of reading a name, because a file can also have suffixes in a column of their own.
"""

import re
from collections.abc import Collection

from linkage.values.name_words import LEADING_SUFFIXES, LEADING_TITLES, NOT_BEHIND_GIVEN, SUFFIXES, TITLES, is_null_text

WORD = re.compile("[A-Z0-9]+")
CLOSED_UP = str.maketrans("", "", "'.`")
"""Signs inside a word: O'BRIEN and PH.D. are one word each."""
_AFFIXES = TITLES | LEADING_TITLES | LEADING_SUFFIXES | frozenset(SUFFIXES)


def without_affixes(
    words: list[str], notes: list[str], steps: Collection[str], given: bool
) -> tuple[list[str], list[str], list[str]]:
    """The words without titles and suffixes at either end, in any order, and the suffixes."""
    if len(words) < 2 or _AFFIXES.isdisjoint(words):
        return words, [], notes
    kept, titled = list(words), False
    suffixes: list[str] = []
    titles, moving = "drop titles" in steps, "move suffix" in steps
    while len(kept) > 1:
        first, last = kept[0], kept[-1]
        if titles and (first in TITLES or first in LEADING_TITLES):
            kept, titled = kept[1:], True
        elif titles and last in TITLES:
            kept, titled = kept[:-1], True
        elif moving and last in SUFFIXES and not (given and last in NOT_BEHIND_GIVEN):
            kept, suffixes = kept[:-1], [*suffixes, SUFFIXES[last]]
        elif moving and first in LEADING_SUFFIXES:
            kept, suffixes = kept[1:], [*suffixes, SUFFIXES[first]]
        else:
            break
    if moving and len(kept) > 2 and (inside := [word for word in kept[1:-1] if word in ("JR", "JNR", "III")]):
        kept = [kept[0], *(word for word in kept[1:-1] if word not in inside), kept[-1]]
        suffixes += [SUFFIXES[word] for word in inside]
    repairs = [*(["title dropped"] if titled else []), *(["suffix moved"] if suffixes else [])]
    return kept, suffixes, [*notes, *repairs]


def standard_suffix(text: str | None) -> str | None:
    """The suffix in its short form, or None if it is not a known one. Credentials next to it are ignored.

    >>> standard_suffix("Jr."), standard_suffix("3rd"), standard_suffix("MD, Jr."), standard_suffix("MD")
    ('JR', 'III', 'JR', None)
    """
    words = [word for word in WORD.findall((text or "").upper().translate(CLOSED_UP)) if word not in TITLES]
    return SUFFIXES.get("".join(words))


def suffix_note(text: str) -> str:
    """Why a text of a suffix column gives no suffix; None if it gives one.

    >>> suffix_note("MD"), suffix_note("N/A"), suffix_note("Esquire")
    ('title dropped', 'placeholder', 'not a suffix')
    """
    words = WORD.findall(text.upper().translate(CLOSED_UP))
    if standard_suffix(text) or not text.strip():
        return ""
    if words and all(word in TITLES for word in words):
        return "title dropped"
    is_nothing = is_null_text(text) or "".join(words) in ("", "NULL", "NONE", "NA", "NAN")
    return "placeholder" if is_nothing else "not a suffix"
