"""Names, written the same way in both files: upper case, unaccented letters only.

A name is read as words. Titles in front and suffixes behind are taken off, a middle initial
inside a first name is moved to the middle name, and a placeholder for "no name" becomes not known.
What remains is joined, so that O'BRIEN, O BRIEN and OBRIEN are one name; the words are kept
beside it, so that one half of a compound surname can still be compared.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

import jellyfish
from anyascii import anyascii

OPTIONAL_STEPS = ("drop titles", "move suffix", "move initial")
STEPS = ("upper case", "fold accents", "letters only", *OPTIONAL_STEPS)

TITLES = frozenset(
    [
        "MR",
        "MRS",
        "MS",
        "MISS",
        "DR",
        "DOCTOR",
        "PROF",
        "REV",
        "FR",
        "SIR",
        "HON",
        "CAPT",
        "SGT",
        "LT",
        "COL",
        "MAJ",
        "MD",
        "PHD",
        "RN",
        "ESQ",
    ]
)
SUFFIXES = {
    **dict.fromkeys(("JR", "JUNIOR", "JNR"), "JR"),
    **dict.fromkeys(("SR", "SENIOR", "SNR"), "SR"),
    **dict.fromkeys(("II", "2ND"), "II"),
    **dict.fromkeys(("III", "3RD"), "III"),
    **dict.fromkeys(("IV", "4TH"), "IV"),
}
SEXES = dict.fromkeys(("M", "MALE", "1", "1.0"), "M") | dict.fromkeys(("F", "FEMALE", "2", "2.0"), "F")
"""Codes of the sex; pandas writes 1.0 where a column has gaps."""
PARTICLES = frozenset(
    [
        "DE",
        "LA",
        "LAS",
        "LOS",
        "DEL",
        "DA",
        "DAS",
        "DO",
        "DOS",
        "DI",
        "DU",
        "LE",
        "EL",
        "AL",
        "ST",
        "SAINT",
        "SAN",
        "SANTA",
        "VAN",
        "VON",
        "DER",
        "DEN",
        "TER",
        "TEN",
        "MC",
        "MAC",
        "O",
        "BEN",
        "BIN",
        "IBN",
        "ABU",
        "Y",
        "E",
    ]
)


@dataclass(frozen=True, slots=True)
class Name:
    """A standardised name: its joined form, its words, and what was moved out of it."""

    name: str | None
    parts: tuple[str, ...] = ()
    suffix: str | None = None
    middle: str | None = None
    notes: tuple[str, ...] = ()


def standard_name(
    text: str | None, not_known: Collection[str] = (), steps: Collection[str] = STEPS, given: bool = False
) -> Name:
    """Standardise one name.

    `not_known` lists placeholders in upper case; one of several words also stands for what begins
    with it (BABY BOY for BABY BOY SMITH). `steps` are those of `STEPS` to take; the first three are
    always taken, because Jaro-Winkler is only the same in every engine on plain letters. `given`
    says that this is a first or middle name, out of which a trailing initial may be moved.

    >>> standard_name("O'Brien-García Jr.").name, standard_name("O'Brien-García Jr.").suffix
    ('OBRIENGARCIA', 'JR')
    >>> standard_name("De la Cruz").parts
    ('CRUZ',)
    >>> standard_name("Dr. John Q", given=True).notes
    ('punctuation dropped', 'title dropped', 'initial moved')
    >>> standard_name("Baby Boy Smith", not_known=["BABY BOY"]).notes
    ('placeholder',)
    """
    if text is None or not text.strip():
        return Name(None)
    if text.isascii() and text.isalpha() and text.isupper():  # one plain word, as most former names are
        is_known = not _is_placeholder([text], not_known)
        return Name(text, (text,)) if is_known else Name(None, notes=("placeholder",))
    written, notes = _words(text)
    if _is_placeholder(written, not_known):
        return Name(None, notes=("placeholder",))
    words = written
    if "drop titles" in steps:
        words, notes = _drop_titles(words, notes)
    suffix = None
    if "move suffix" in steps and len(words) > 1 and words[-1] in SUFFIXES:
        suffix, words, notes = SUFFIXES[words[-1]], words[:-1], [*notes, "suffix moved"]
    words, notes = _drop_digits(words, notes)
    middle = None
    if given and "move initial" in steps and len(words) > 1 and len(words[-1]) == 1 < len(words[0]):
        middle, words, notes = words[-1], words[:-1], [*notes, "initial moved"]
    if words != written and _is_placeholder(words, not_known):
        return Name(None, suffix=suffix, middle=middle, notes=("placeholder",))
    if not words:
        return Name(None, suffix=suffix, middle=middle, notes=("no letters",))
    return Name("".join(words), _parts(words), suffix, middle, tuple(notes))


def _words(text: str) -> tuple[list[str], list[str]]:
    notes = []
    plain = text
    if not text.isascii():
        # Upper case first, as files are read: the Latin of a small letter need not be that of its capital.
        plain = anyascii(text.upper())
        notes.append("accents folded")
    plain = plain.upper()
    if "(" in plain:
        plain = _BRACKETS.sub(" ", plain)
        notes.append("brackets dropped")
    words = _WORD.findall(plain.translate(_CLOSED_UP))
    if "".join(words) != "".join(plain.split()):
        notes.append("punctuation dropped")
    return words, notes


# A national registry has millions of names that are not plain.
_WORD, _BRACKETS, _DIGITS = re.compile("[A-Z0-9]+"), re.compile(r"\([^)]*\)?"), re.compile("[0-9]+")
_CLOSED_UP = str.maketrans("", "", "'.`")


def _is_placeholder(words: list[str], not_known: Collection[str]) -> bool:
    joined = "".join(words)
    if len(joined) > 2 and joined == len(joined) * joined[0]:  # XXX, AAAA: a key held down
        return True
    together, several = _placeholders(frozenset(not_known))
    if joined in together:
        return True
    return bool(words) and any(words[: len(entry)] == entry for entry in several.get(words[0], ()))


@cache
def _placeholders(not_known: frozenset[str]) -> tuple[frozenset[str], dict[str, list[list[str]]]]:
    """Placeholders written as one word, and those of several words by their first one."""
    several: dict[str, list[list[str]]] = {}
    for first, *others in (entry.split() for entry in sorted(not_known) if " " in entry.strip()):
        several.setdefault(first, []).append([first, *others])
    return frozenset(entry.replace(" ", "") for entry in not_known), several


def _drop_titles(words: list[str], notes: list[str]) -> tuple[list[str], list[str]]:
    kept = list(words)
    while len(kept) > 1 and kept[0] in TITLES:
        kept = kept[1:]
    while len(kept) > 1 and kept[-1] in TITLES:
        kept = kept[:-1]
    return kept, notes if len(kept) == len(words) else [*notes, "title dropped"]


def _drop_digits(words: list[str], notes: list[str]) -> tuple[list[str], list[str]]:
    if all(map(str.isalpha, words)):
        return words, notes
    return [letters for word in words if (letters := _DIGITS.sub("", word))], [*notes, "digits dropped"]


def _parts(words: list[str]) -> tuple[str, ...]:
    telling = [word for word in words if word not in PARTICLES and len(word) > 1]
    return tuple(dict.fromkeys(telling)) or ("".join(words),)


def standard_suffix(text: str | None) -> str | None:
    """The suffix in its short form, or None when it is none that we know.

    >>> standard_suffix("Jr."), standard_suffix("3rd"), standard_suffix("MD")
    ('JR', 'III', None)
    """
    return SUFFIXES.get(re.sub(r"[^A-Z0-9]", "", (text or "").upper()))


def former_names(text: str | None, not_known: Collection[str] = (), steps: Collection[str] = STEPS) -> list[str]:
    """Former last names, separated by semicolons, bars or commas, each standardised.

    >>> former_names("Smith; O'Hara")
    ['SMITH', 'OHARA']
    """
    pieces = re.split(r"[;|,]", text or "")
    return [name for piece in pieces if (name := standard_name(piece, not_known, steps).name)]


def standard_sex(text: str | None) -> str | None:
    """M or F, or None for anything else. 1 and 2 are read as in ISO/IEC 5218: male and female.

    >>> standard_sex("female"), standard_sex("1"), standard_sex("U")
    ('F', 'M', None)
    """
    return SEXES.get((text or "").strip().upper())


def formal_names(name: str, nicknames: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The name itself and the formal names that it may stand for. BILL is WILLIAM, not the reverse.

    >>> formal_names("BILL", {"BILL": ("WILLIAM",)})
    ['BILL', 'WILLIAM']
    """
    return [name, *nicknames.get(name, ())]


def sound(name: str) -> str | None:
    """The Metaphone code of a name; None when nothing is left of it.

    >>> sound("SMITH") == sound("SMYTH")
    True
    """
    return jellyfish.metaphone(name) or None
