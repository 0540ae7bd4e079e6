"""Word lists for reading names: titles, suffixes, particles, and words that mark a name as not known.

They cover English-language records of the United States, and words for "not known" in western European languages.
Placeholders of several words are recognized by patterns, because they cannot all be listed: UNKNOWN MALE, BABY GIRL A.
"""

import re
from collections.abc import Sequence
from itertools import pairwise


def set_of(words: str) -> frozenset[str]:
    """The set of words of a text."""
    return frozenset(words.split())


_CREDENTIALS = set_of(
    "MD PHD RN ESQ DDS DMD DVM LPN JD CPA MBA BSN MSN EDD DPM PSYD PHARMD LCSW FACS MSW RPH DECD USN USMC USAF RET"
)
TITLES = _CREDENTIALS | set_of("MR MRS MS MISS MX DR DOCTOR PROF REV MSGR FR SIR HON CAPT SGT LT COL MAJ")
"""Titles and credentials, which are removed from either end of a name."""
LEADING_TITLES = frozenset(["SR"])  # sister, or the Spanish señor; after a name it is the suffix

SUFFIXES = {
    **dict.fromkeys(("JR", "JUNIOR", "JNR"), "JR"),
    **dict.fromkeys(("SR", "SENIOR", "SNR"), "SR"),
    **dict.fromkeys(("I", "1ST"), "I"),
    **dict.fromkeys(("II", "2ND"), "II"),
    **dict.fromkeys(("III", "3RD"), "III"),
    **dict.fromkeys(("IV", "4TH"), "IV"),
    **dict.fromkeys(("V", "5TH"), "V"),
    **dict.fromkeys(("VI", "6TH"), "VI"),
}
LEADING_SUFFIXES = frozenset(["JR", "JNR", "II", "III", "IV"])
NOT_BEHIND_GIVEN = frozenset(["I", "V", "VI"])  # there an initial, or the Vietnamese name

PARTICLES = set_of("""
    DE LA LAS LOS DEL DA DAS DO DOS DI DU LE EL AL ST STE SAINT SAN SANTA VAN VON DER DEN TER TEN MC MAC O BEN BIN IBN
    ABU Y E
    """)

ALSO_CALLED = set_of("NEE AKA FKA NKA ALIAS FORMERLY GEB GEBOREN GEBORENE")
"""Words between a name and another name of the same person: SMITH NEE JONES."""

LONE_TITLES = {
    True: frozenset(TITLES - {"DOCTOR"}),
    False: frozenset(TITLES - {"DOCTOR", "FR", "SIR", "HON", "COL", "MAJ", "RET"}),
}
"""Titles that are not names even when alone, for given names and for others. Some are surnames: MAJ, HON."""
LONE_SUFFIXES = frozenset(["JR", "JNR", "SR", "SNR", "II", "III", "IV"])
"""Words that are suffixes even when alone in a last-name or middle-name column; a given name can be JR."""

NULL_SURNAMES = ("FALSE", "NA", "NIL", "NONE", "NULL", "TEST", "TRUE")
"""Surnames that programs and clerks also write as nulls. The file shows which they are; see `null_surnames`."""

_NULLS = set_of("""
    NA NK NS NAN NAT NIL NONE NULL UK UNK UNKNOWN MISSING BLANK EMPTY UNDEFINED NOTKNOWN NOTSTATED NOTGIVEN NOTAVAILABLE
    """)
# Characters that occur in no name. A name in brackets is not a null, because its letters are none of the words above.
_NO_NAMES = re.compile(r"[\\/#<>()\[\]{}!?*_%$@=|:;\"]")


def is_null_text(text: str) -> bool:
    r"""Whether a text is how a program or a clerk writes nothing, with signs that no name has.

    >>> [is_null_text(text) for text in ("N/A", r"\N", "#NULL!", "<NA>", "(null)", "-none-", "Null", "Nan", "O'Neil")]
    [True, True, True, True, True, True, False, False, False]
    """
    plain = text.strip()
    if plain[:1].isalnum() and plain[-1:].isalnum() and not _NO_NAMES.search(plain) and plain.upper() != "N.A":
        return False
    return plain.startswith("#") or plain.upper() == r"\N" or re.sub("[^A-Z]", "", plain.upper()) in _NULLS


_UNKNOWN = set_of("""
    UNKNOWN UNKN UNK UNIDENTIFIED UNNAMED UNSPECIFIED ANONYMOUS ANON REFUSED DECLINED WITHHELD MISSING
    REDACTED SUPPRESSED MASKED ENCRYPTED DEIDENTIFIED
    """)
_OF_A_MOTHER = re.compile(r"[A-Z]S ?(BOY|GIRL)S?( ?[A-D]| ?[0-9])?$|[0-9] ?(BOY|GIRL)|(BOY|GIRL) ?[0-9]")
"""First names of newborns before they have one: JUDYSGIRL, of twins 1JUDYSGIRL and 2JUDYSGIRL, BOY 2."""
_NEWBORN = set_of("BABY BABYBOY BABYGIRL BABYOF BB BG NB NEWBORN INFANT NEONATE")
_UNBORN = set_of("FETUS FOETUS FETAL FOETAL STILLBORN STILLBIRTH IUFD NONVIABLE CONCEPTUS REMAINS")
"""Words that no living person's name holds."""
_INITIALS = frozenset(["BB", "BG", "NB"])  # baby boy, baby girl, newborn
_SEXES = set_of("MALE FEMALE BOY GIRL TWIN TRIPLET")
_KINDS = set_of("""
    MAN WOMAN PERSON PATIENT PT CHILD ADULT NAME FIRST LAST MIDDLE GIVEN SURNAME SEX GENDER TRAUMA VICTIM SUBJECT WHITE
    BLACK HISPANIC ASIAN ONE TWO THREE NUMBER NO OF THE
    """)
_CHILDREN = frozenset([*_NEWBORN, *_SEXES, "SON", "DAUGHTER", "CHILD"])
_DOES = set_of("JOHN JANE JON JOHNNY JOHNNIE JANIE JOAN BABY")
_TESTS = set_of("TEST TESTING TESTER TESTPATIENT DUMMY FAKE DEMO SAMPLE")
_WITHOUT = set_of("NAME FIRST LAST MIDDLE SURNAME GIVEN DATA INFO INFORMATION ANSWER RECORD FIRSTNAME LASTNAME")


# What registration clerks write over the name of a record that must not be used, and the thing it refers to.
_NEVER_NAMES = set_of("""
    VOIDED MERGED DUPLICATE DUPLICATED DELETED INVALID INVALIDATED ERRONEOUS INACTIVE INACTIVATED CANCELED CANCELLED
    OBSOLETE PURGED SUPERSEDED
    """)
_NOT_IN_USE = _NEVER_NAMES | set_of("VOID MERGE DUPLICATES DUP DUPE DELETE ERROR OLD WRONG BAD INCORRECT")
_RECORDS = set_of("""
    RECORD RECORDS CHART MRN MR ACCOUNT ACCT REGISTRATION ENTRY ENTERED PATIENT PT NAME NUMBER ID FILE VISIT ENCOUNTER
    OTHER NEW CORRECT
    """)
_SURNAMES_TOO = frozenset(["OLD", "BAD"])
_POINTING = frozenset(["SEE", "USE"])
_TO_ANOTHER = set_of("WITH INTO TO OF SEE USE")
_BETWEEN_WORDS = _TO_ANOTHER | set_of("IN NO BE DO NOT AND BY")

_OF_NOBODY = _UNKNOWN | _NEWBORN | _SEXES | _KINDS
_TEST_WORDS = _TESTS | set_of("PATIENT PT DO NOT USE NAME")
_NEEDED = (
    _UNKNOWN | _CHILDREN | _UNBORN | _TESTS | _NOT_IN_USE | _POINTING | set_of("NOT NO DOE TO CONCEPTION BORN TRAUMA")
)
"""Every pattern needs at least one of these words."""


def is_pattern(words: Sequence[str], given: bool) -> bool:
    """Whether the words together mean that a name is not known.

    >>> [is_pattern(text.split(), True) for text in ("UNKNOWN MALE", "INFANT GIRL", "BABY MARIA", "JEAN LUC")]
    [True, True, True, False]
    >>> [is_pattern(text.split(), False) for text in ("JOHN DOE", "TEST PATIENT", "BABY THOMAS", "ZZTEST")]
    [True, True, False, True]
    >>> [is_pattern(text.split(), False) for text in ("DO NOT USE", "SEE MRN 123", "FETAL DEMISE", "DUP LEE", "OLD")]
    [True, True, True, False, False]
    >>> [is_pattern(text.split(), True) for text in ("JUDYSGIRL", "2JUDYSGIRL", "JUDYS BOY B", "BOY1", "BOY", "BOYD")]
    [True, True, True, True, False, False]
    """
    if not words:
        return False
    if words[0].startswith("ZZ"):  # a test patient, named to be sorted last in every list
        return True
    if given and _OF_A_MOTHER.search(" ".join(words)):
        return True
    if _NEEDED.isdisjoint(words):  # as nearly all names are
        return False
    if len(words) < 2:
        return words[0] == "BABYOF"
    return _is_of_nobody(words, given) or _is_of_a_record(words) or _all_of_a_kind(words)


def _is_of_nobody(words: Sequence[str], given: bool) -> bool:
    """Patterns for people without a name: newborns, stillbirths, unidentified patients, test patients."""
    first, second = words[0], words[1]
    if first == "BABYOF" or (first in _CHILDREN and "OF" in words[1:4]):
        return True
    if not _UNBORN.isdisjoint(words) or (second == "BORN" and first == "STILL") or words[-1] == "CONCEPTION":
        return True
    if first in _NEWBORN and (given or second in _CHILDREN or first in _INITIALS):
        return True
    return first == "TRAUMA" or (given and first in _TESTS)


def _is_of_a_record(words: Sequence[str]) -> bool:
    """Patterns for records that must not be used or that refer to another record; also next to a name."""
    first, second = words[0], words[1]
    if first == "NOT" or (first == "NO" and second in _WITHOUT) or (first == "TO" and second == "BE" and words[2:]):
        return True
    if ("DO", "NOT") in pairwise(words) or not _NEVER_NAMES.isdisjoint(words):
        return True
    if first in _NOT_IN_USE - _SURNAMES_TOO and second in _TO_ANOTHER:
        return True
    long_words = [word for word in words if len(word) > 1 and not word.isdigit()]
    if not (_NOT_IN_USE | _RECORDS | _BETWEEN_WORDS).issuperset(long_words):
        return False
    if first in _POINTING:  # SEE MRN 123, USE 4711
        return len(long_words) < len(words) or not _RECORDS.isdisjoint(long_words)
    return not _NOT_IN_USE.isdisjoint(long_words) and (len(long_words) > 1 or words[1].isdigit())


def _all_of_a_kind(words: Sequence[str]) -> bool:
    long_words = [word for word in words if len(word) > 1 and not word.isdigit()]
    if not long_words:
        return False
    if _OF_NOBODY.issuperset(long_words) and any(word in _UNKNOWN or word in _CHILDREN for word in long_words):
        return True
    if "DOE" in long_words and all(word == "DOE" or word in _DOES or word in _OF_NOBODY for word in long_words):
        return True
    return _TEST_WORDS.issuperset(long_words) and not _TESTS.isdisjoint(long_words)
