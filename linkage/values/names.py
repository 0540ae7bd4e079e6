"""Names, standardized to the same form in both files: upper case, unaccented letters only.

A name is read as words. Titles and suffixes are removed from its ends, a middle initial inside a first name is moved to
the middle name, another name of the same person is kept separately, and a placeholder for "no name" becomes not known.
The remaining words are joined, so that O'BRIEN, O BRIEN and OBRIEN are one name; the separate words are kept as well,
so that one part of a compound surname can still be compared.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import jellyfish
from anyascii import anyascii

from linkage.values.affixes import CLOSED_UP, WORD, without_affixes
from linkage.values.name_words import (
    ALSO_CALLED,
    LONE_SUFFIXES,
    LONE_TITLES,
    NULL_SURNAMES,
    PARTICLES,
    SUFFIXES,
    is_null_text,
    is_pattern,
)

OPTIONAL_STEPS = ("drop titles", "move suffix", "move initial")
STEPS = ("upper case", "fold accents", "letters only", *OPTIONAL_STEPS)


@dataclass(frozen=True, slots=True)
class Name:
    """A standardized name: its joined form, its words, and the parts that were moved out of it.

    `former` are other last names of the same person: SMITH NEE JONES, SMITH (JONES).
    """

    name: str | None
    parts: tuple[str, ...] = ()
    suffix: str | None = None
    middle: str | None = None
    notes: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def standard_name(
    text: str | None, not_known: Collection[str] = (), steps: Collection[str] = STEPS, given: bool = False
) -> Name:
    """Standardize one name.

    `not_known` lists placeholders in upper case; one of several words also matches longer texts that begin with it
    (BABY BOY matches BABY BOY SMITH). `steps` are those of `STEPS` to apply; the first three are always applied,
    because Jaro-Winkler gives the same result in every engine only on plain letters. `given` says that this is a first
    name, from which a trailing initial can be moved.

    >>> standard_name("O'Brien-García Jr.").name, standard_name("O'Brien-García Jr.").suffix
    ('OBRIENGARCIA', 'JR')
    >>> standard_name("De la Cruz").parts
    ('CRUZ',)
    >>> standard_name("Smith née Jones").former, standard_name("Saint John").name
    (('JONES',), 'STJOHN')
    >>> standard_name("Dr. John Q", given=True).notes
    ('punctuation dropped', 'title dropped', 'initial moved')
    >>> standard_name("Baby Boy Smith", not_known=["BABY BOY"]).notes
    ('placeholder',)
    """
    if text is None or not text.strip():
        return Name(None)
    if is_one_plain_word(text, given):  # like most former names
        is_known = not _is_placeholder([text], not_known, given)
        return Name(text, (text,), words=(text,)) if is_known else Name(None, notes=("placeholder",))
    if is_null_text(text):
        return Name(None, notes=("placeholder",))
    written, notes, asides = _words(text)
    if _is_placeholder(written, not_known, given):
        return Name(None, notes=("placeholder",))
    words, others, notes = _without_other_names(written, notes, given)
    words, suffixes, notes = without_affixes(words, notes, steps, given)
    words, notes = _drop_digits(words, notes)
    middle = None
    if given and "move initial" in steps and len(words) > 1 and len(words[-1]) == 1 < len(words[0]):
        middle, words, notes = words[-1], words[:-1], [*notes, "initial moved"]
    words = _saints(words)
    name = _saint("".join(words))
    if not given and name in LONE_SUFFIXES and "move suffix" in steps:
        words, suffixes = [], [*suffixes, SUFFIXES[name]]
    former: tuple[str, ...] = ()
    if asides or others:
        former, suffixes = _read_asides([*asides, *others], not_known, steps, suffixes, given)
    suffix = suffixes[0] if len(set(suffixes)) == 1 else None
    if len(set(suffixes)) > 1:
        notes = [*notes, "suffixes that differ"]
    if words != written and _is_placeholder(words, not_known, given):
        return Name(None, suffix=suffix, middle=middle, notes=("placeholder",), former=former)
    if not words:
        moved = ("suffix moved",) if suffix else ("no letters",)
        return Name(None, suffix=suffix, middle=middle, notes=moved, former=former)
    return Name(name, _parts(words, name), suffix, middle, tuple(notes), former, tuple(words))


def is_one_plain_word(text: str, given: bool) -> bool:
    """Whether only a list of placeholders could show that a text is not a name."""
    if not (text.isascii() and text.isalpha() and text.isupper()):
        return False
    return not (text.startswith("SAINT") or (not given and text in LONE_SUFFIXES))


def _words(text: str) -> tuple[list[str], list[str], list[str]]:
    """The words of a text, what was done to it, and what was in brackets or quotes."""
    notes = []
    plain = text
    if not text.isascii():
        # Upper case first, because files are read this way: a small letter and its capital can have different Latin
        # forms.
        plain = anyascii(text.upper())
        notes.append("accents folded")
    plain = plain.upper()
    asides: list[str] = []
    if _may_hold_asides(plain):
        asides = [next(filter(None, found), "") for found in _ASIDE.findall(plain)]
        outside = _ASIDE.sub(" ", plain)
        if not asides:
            pass
        elif WORD.search(outside):
            plain = outside
            notes.append("brackets dropped")
        else:  # nothing but a name in brackets or quotes
            plain, asides = " ".join(asides), []
    if "/" in plain:
        plain = _SLASHED.sub(lambda found: _ABBREVIATIONS[found[1]], plain)
    words = WORD.findall(plain.translate(CLOSED_UP))
    if "".join(words) != "".join(plain.split()):
        notes.append("punctuation dropped")
    return words, notes, asides


def _may_hold_asides(plain: str) -> bool:
    # An apostrophe opens a quote only before a word: O'BRIEN has none.
    return " '" in plain or " `" in plain or plain[:1] in "'`" or any(sign in plain for sign in '([{"')


_DIGITS = re.compile("[0-9]+")
_ASIDE = re.compile(r"""[(\[{]([^)\]}]*)[)\]}]?|"([^"]*)"|(?<![^\s])['`]+([^\s'`]+)['`]+(?![^\s,.;])""")
_ABBREVIATIONS = {
    **dict.fromkeys(("B/O", "BB/O", "BG/O", "D/O", "S/O", "NB/O"), " BABYOF "),
    "A/K/A": " AKA ",
    "F/K/A": " FKA ",
    "N/K/A": " NKA ",
}
_SLASHED = re.compile(rf"(?<![A-Z0-9])({'|'.join(_ABBREVIATIONS)})(?![A-Z0-9])")


def _is_placeholder(words: list[str], not_known: Collection[str], given: bool) -> bool:
    joined = "".join(words)
    if joined[:1] == joined[1:2] == joined[2:3] != "" and joined == len(joined) * joined[0]:  # XXX: a key held down
        return True
    together, several = _placeholders(frozenset(not_known))
    if joined in together or joined in LONE_TITLES[given]:
        return True
    if is_pattern(words, given) or joined.startswith("ZZ"):
        return True
    return bool(words) and any(words[: len(entry)] == entry for entry in several.get(words[0], ()))


@cache
def _placeholders(not_known: frozenset[str]) -> tuple[frozenset[str], dict[str, list[list[str]]]]:
    """Placeholders of one word, and those of several words by their first word."""
    several: dict[str, list[list[str]]] = {}
    for first, *others in (entry.split() for entry in sorted(not_known) if " " in entry.strip()):
        several.setdefault(first, []).append([first, *others])
    return frozenset(entry.replace(" ", "") for entry in not_known), several


def _without_other_names(words: list[str], notes: list[str], given: bool) -> tuple[list[str], list[str], list[str]]:
    """The words before NEE, AKA and similar words, and the words after them."""
    if ALSO_CALLED.isdisjoint(words):
        return words, [], notes
    for place, word in enumerate(words[1:-1], start=1):
        if word in ALSO_CALLED:
            note = "other name dropped" if given else "former name found"
            return words[:place], [" ".join(words[place + 1 :])], [*notes, note]
    return words, [], notes


def _drop_digits(words: list[str], notes: list[str]) -> tuple[list[str], list[str]]:
    if all(map(str.isalpha, words)):
        return words, notes
    return [letters for word in words if (letters := _DIGITS.sub("", word))], [*notes, "digits dropped"]


# At the beginning: née Jones.
_OTHER_NAME = re.compile(rf"^\W*(?:NÉE|{'|'.join(sorted(ALSO_CALLED))})\b\W+", re.IGNORECASE)
_SAINT = re.compile("^SAINT(?=E?[A-Z]{4})")


_SHORT_SAINTS = {"SAINT": "ST", "SAINTE": "STE"}


def _saints(words: list[str]) -> list[str]:
    """SAINT before another word, abbreviated: ST, and STE for a woman."""
    if len(words) < 2:
        return words
    return [*(_SHORT_SAINTS.get(word, word) for word in words[:-1]), words[-1]]


def _saint(name: str) -> str:
    # If fewer letters follow, as in SAINTIL, the word is a different name.
    return _SAINT.sub("ST", name) if name.startswith("SAINT") else name


def _read_asides(
    texts: list[str], not_known: Collection[str], steps: Collection[str], suffixes: list[str], given: bool
) -> tuple[tuple[str, ...], list[str]]:
    """The names in brackets, in quotes or after NEE; they can have a suffix."""
    found = [
        Name(None, suffix=SUFFIXES[word]) if (word := re.sub("[^A-Z0-9]", "", text)) in SUFFIXES
        else standard_name(_OTHER_NAME.sub("", text), not_known, steps, given)
        for text in texts
    ]  # fmt: skip
    former = [name.name for name in found if name.name and name.name not in NULL_SURNAMES]
    return tuple(dict.fromkeys(former)), [*suffixes, *(name.suffix for name in found if name.suffix)]


def _parts(words: list[str], name: str) -> tuple[str, ...]:
    main_words = [word for word in words if word not in PARTICLES and len(word) > 1]
    return tuple(dict.fromkeys(main_words)) if len(words) > 1 and main_words else (name,)


def former_names(text: str | None, not_known: Collection[str] = (), steps: Collection[str] = STEPS) -> list[str]:
    """Former last names, separated by semicolons, bars or commas, each standardized. NONE and NULL give no name.

    >>> former_names("Smith; O'Hara"), former_names("None")
    (['SMITH', 'OHARA'], [])
    """
    if is_null_text(text or ""):
        return []
    pieces = [_OTHER_NAME.sub("", piece) for piece in re.split(r"[;|,]", text or "")]
    names = [standard_name(piece, not_known, steps) for piece in pieces]
    found = [one for name in names for one in (name.name, *name.former) if one and one not in NULL_SURNAMES]
    return list(dict.fromkeys(found))


def sound(name: str) -> str | None:
    """The Metaphone code of a name; None if nothing is left of it.

    >>> sound("SMITH") == sound("SMYTH")
    True
    """
    return jellyfish.metaphone(name) or None
