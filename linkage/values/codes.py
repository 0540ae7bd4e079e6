"""Words and codes of flags and of the sex: a closed vocabulary; other words are never guessed.

A flag can move a date of death, so an unknown word in a flag is an error. The sex is only one field among others, so an
unknown word there is treated as not known, and counted. Users declare their own words with a
source: `words = { void = { X9 = "yes" } }`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from anyascii import anyascii

from linkage.values.name_words import set_of

YES, NO, NOT_KNOWN = "yes", "no", "not known"
FLAGS = ("void", "died_in_hospital", "organ_donor")
CODED = (*FLAGS, "sex")
MEANINGS = {**dict.fromkeys(FLAGS, (YES, NO, NOT_KNOWN)), "sex": ("M", "F", NOT_KNOWN)}
"""The meanings that can be declared for a word of each column."""

NULL_WORDS = (
    *("NULL", "(NULL)", "<NULL>", "[NULL]", "#NULL!", "NONE", "NIL", "NA", "N/A", "#N/A", "<NA>", "NAN", "NAT"),
    *(chr(92) + "N", "?", ".", "-", "--", "UNKNOWN", "MISSING", "BLANK", "EMPTY"),
)
"""Null words in a column of ids or codes."""

_NOT_KNOWN = frozenset(
    [*NULL_WORDS, "U", "UN", "UK", "UNK", "UNKN", "9", "99", "NOT KNOWN", "NOT STATED", "NOT GIVEN", "NOT AVAILABLE"]
    + ["NOT APPLICABLE", "NOT RECORDED", "NOT REPORTED", "NOT SPECIFIED", "UNSPECIFIED", "UNDETERMINED", "REFUSED"]
)
_YES = set_of("1 Y YES T TRUE X J JA S SI SIM OUI VRAI WAHR VERDADERO VERDADEIRO VERO WAAR SANN")
_NO = set_of("0 N NO F FALSE NEIN NON NEE NAO NEJ NEI FAUX FALSCH FALSO ONWAAR FALSK")
_VOID = set_of("V D VOID VOIDED DELETE DELETED CANCELED CANCELLED INVALID ANNULLED REVOKED WITHDRAWN RESCINDED")
NOT_IN_FORCE = frozenset(word for word in _VOID if len(word) > 1) | set_of(
    "MERGED INACTIVE INACTIVATED DUPLICATE OBSOLETE PURGED SUPERSEDED RETIRED REMOVED ENTERED-IN-ERROR"
)
"""Words that say of a record that it is not in force, whatever its column; letters are too ambiguous."""
_VALID = set_of(
    "A C ADD ADDED CHANGE CHANGED ACTIVE VALID NEW ORIGINAL AMENDED CORRECTED ISSUED REGISTERED FINAL"
) | frozenset(["NOT VOID", "NON VOID", "NON-VOID", "NOT VOIDED"])
_DIED = set_of(
    "EXPIRED EXP EXPIRE DIED DEAD DEATH DECEASED DECD MORGUE MORTUARY CORONER 20 40 41 42 4216643 VERSTORBEN GESTORBEN"
    " EXITUS FALLECIDO FALLECIDA FALLECIMIENTO MUERTO MUERTA DEFUNCION DECEDE DECEDEE DECES OBITO FALECIDO FALECIDA"
    " OVERLEDEN DECEDUTO DECEDUTA AVLIDEN"
) | frozenset(
    ["DEAD/EXPIRED", "EXPIRED/DEAD", "DIED IN HOSPITAL", "EXPIRED IN MEDICAL FACILITY", "EXPIRED AT HOME"]
    + ["EXPIRED IN A MEDICAL FACILITY", "EXPIRED - PLACE UNKNOWN", "EXPIRED, PLACE UNKNOWN", "PATIENT DIED"]
    + ["MEDICAL EXAMINER", "FUNERAL HOME"]
)
DEATH_WORDS = frozenset(word for word in _DIED if not word.isdigit())
"""Words that can only mean a death."""
_SURVIVED = set_of(
    "ALIVE LIVING SURVIVED DISCHARGED HOME SNF REHAB HOSPICE AMA TRANSFER TRANSFERRED ROUTINE ICF LTCH LTAC PSYCH"
) | frozenset(
    ["DISCHARGED ALIVE", "DISCHARGED HOME", "HOME HEALTH CARE", "HOME HEALTH", "SKILLED NURSING FACILITY"]
    + ["CHRONIC/LONG TERM ACUTE CARE", "AGAINST ADVICE", "AGAINST MEDICAL ADVICE", "LEFT AGAINST MEDICAL ADVICE"]
    + ["LEFT AGAINST MEDICAL ADVI", "PSYCH FACILITY", "ACUTE HOSPITAL", "OTHER FACILITY", "ASSISTED LIVING"]
    + ["HEALTHCARE FACILITY", "LONG TERM CARE HOSPITAL", "SHORT TERM HOSPITAL", "HOSPICE-HOME", "HOSPICE - HOME"]
    + ["HOSPICE-MEDICAL FACILITY", "HOSPICE - MEDICAL FACILITY", "REHAB/DISTINCT PART HOSP", "NURSING HOME"]
    + ["HOME WITH HOME IV PROVIDR", "DISC-TRAN CANCER/CHLDRN H", "DISC-TRAN TO FEDERAL HC", "SNF-MEDICAID ONLY CERTIF"]
    + ["REHABILITATION", "REHABILITATION FACILITY", "INTERMEDIATE CARE FACILITY", "LEFT WITHOUT BEING SEEN", "OTHER"]
)
WORDS: dict[str, dict[str, frozenset[str]]] = {
    "void": {YES: _YES | _VOID, NO: _NO | _VALID, NOT_KNOWN: _NOT_KNOWN},
    "died_in_hospital": {YES: _YES | _DIED, NO: _NO | _SURVIVED, NOT_KNOWN: _NOT_KNOWN},
    "organ_donor": {YES: _YES | {"DONOR", "ORGAN DONOR"}, NO: _NO, NOT_KNOWN: _NOT_KNOWN},
    "sex": {
        "M": set_of(
            "M MALE MAN BOY H HOMBRE HOMME HOMEM HERR MANN MASCULINO MASCULIN MASCULINE MAENNLICH MANNLICH MANNELIJK"
            " MANLIG MAND MANDLIG VARON 1 8507 248153007"
        ),
        "F": set_of(
            "F FEMALE WOMAN GIRL W K WEIBLICH FRAU FEMENINO FEMININO FEMININ FEMININE FEMME MUJER MULHER VROUW"
            " VROUWELIJK KVINNA KVINNE KVINDE KVINNLIG KVINDELIG 2 8532 248152002"
        ),
        NOT_KNOWN: _NOT_KNOWN | {"0", "8551", "8570", "8521"},
    },
}
"""The whole vocabulary, in upper case and without accents: for each column, the words of each meaning."""

SEX_LETTERS = {"MALE": "M", "8507": "M", "FEMALE": "F", "8532": "F"}
"""Words for the sex that always mean what their letter means, and settle the meaning of other codes as it does."""

# Discharge status of UB-04. Otherwise its 1 would be read as a flag's yes, and its 9 as not known.
_STATUS_DIED = frozenset(["20", "40", "41", "42"])
_STATUS_ALIVE = frozenset(
    [*map(str, range(1, 10)), "21", "30", "43", "50", "51", *map(str, range(61, 67)), "69", "70", "71", "72"]
    + [*map(str, range(81, 96)), "10", "11", "12", "13", "14", "15", "16", "17", "18", "19"]
)

DOUBTFUL = 0.05
"""The share of a column's known rows above which a code makes another code ambiguous."""
_OF_A_STATUS = re.compile("stat|dispo|destin|location|discharged_to|vital|living|alive|condition")
_OF_DEATH = re.compile("expire|dead|death|deceas|died|mort")
_VITAL = re.compile("vital|living|alive|(pat|patient|pt)_?stat")
_STATUS_WHY = (
    "in a status column 1, Y or T may mean alive, dead or something else: as a registry's vital status 1 means"
    " alive, and as a discharge status home"
)
# Ambiguous codes, the codes next to which they are ambiguous, the codes that settle it, and the reason.
_TWO_MEANINGS = (
    (
        "M",
        ("H", "V"),
        ("F", "W", "K"),
        "next to H or V, M means a woman in Spanish and Portuguese, and a man elsewhere",
    ),
    ("1", ("0",), ("2",), "in a column of 0 and 1 without 2, 1 may mean a man or a woman"),
)


def word_of(text: str) -> str:
    """A text in the form of the vocabulary: upper case, no surrounding blanks, no decimals of a whole number.

    >>> word_of(" yes "), word_of("1.0"), word_of("Männlich")
    ('YES', '1', 'MANNLICH')
    """
    word = " ".join(text.upper().split())
    if not word.isascii():
        word = " ".join(anyascii(word).upper().split())
    return re.sub(r"^([0-9]+)\.0*$", r"\1", word)


@dataclass(frozen=True, slots=True)
class Codes:
    """The meanings of the words of one column, the words without a known meaning, and the reason if there is one."""

    meanings: Mapping[str, str]
    unread: tuple[str, ...] = ()
    why: str = ""

    def words(self, meaning: str) -> list[str]:
        """The words of the column that have a meaning."""
        return [word for word, its in self.meanings.items() if its == meaning]


def read_codes(column: str, rows: Mapping[str, int], own: Mapping[str, str] | None = None, called: str = "") -> Codes:
    """The meanings of the words of a whole column; `rows` has the rows with each word, `own` the declared meanings.

    A column is read as a whole because a code can have two meanings: 1 is a yes, or the discharge status of patients
    who went home. `called` is its name in the file: in a column with the name of a status, a flag's words for yes and
    no are ambiguous.

    >>> read_codes("died_in_hospital", {"1": 3, "0": 9}).meanings
    {'1': 'yes', '0': 'no'}
    >>> read_codes("died_in_hospital", {"01": 3, "20": 1}).meanings
    {'01': 'no', '20': 'yes'}
    >>> read_codes("void", {"V": 2, "maybe": 1}).unread
    ('maybe',)
    >>> read_codes("died_in_hospital", {"A": 3, "D": 1}, called="PAT_STATUS").meanings
    {'A': 'no', 'D': 'yes'}
    >>> read_codes("died_in_hospital", {"1": 3, "0": 1}, called="vital_status").unread
    ('1', '0')
    """
    declared = {word_of(word): meaning for word, meaning in (own or {}).items()}
    words = {text: word_of(text) for text in rows}
    if column == "sex" and not own:
        words = {text: SEX_LETTERS.get(word, word) for text, word in words.items()}
    of_status = column == "died_in_hospital" and any(
        re.fullmatch("[0-9]{2}", word) and word not in declared and word != "99" for word in words.values()
    )
    name = called.lower() if column == "died_in_hospital" else ""
    if _VITAL.search(name):
        declared = {"A": NO, "L": NO, "D": YES} | declared
    no_flag = not of_status and _OF_A_STATUS.search(name) is not None and not _OF_DEATH.search(name)
    doubtful = tuple(
        text for text, word in words.items() if no_flag and word in _YES | _NO | {"9"} and word not in declared
    )
    if doubtful:
        return Codes({}, doubtful, _STATUS_WHY)
    meanings: dict[str, str] = {}
    unread: list[str] = []
    for text, word in words.items():
        meaning = declared.get(word) or _meaning(column, word, of_status)
        if meaning is None:
            unread.append(text)
        else:
            meanings[text] = meaning
    if column == "sex":
        return _with_letters_settled(Codes(meanings, tuple(unread)), words, rows, declared)
    return Codes(meanings, tuple(unread))


def _meaning(column: str, word: str, of_status: bool) -> str | None:
    if not word:
        return NOT_KNOWN
    if of_status and word.isdigit():
        status = str(int(word))
        return YES if status in _STATUS_DIED else NO if status in _STATUS_ALIVE else None
    return next((meaning for meaning, words in WORDS[column].items() if word in words), None)


def _with_letters_settled(
    codes: Codes, words: Mapping[str, str], rows: Mapping[str, int], declared: Collection[str]
) -> Codes:
    """The same with ambiguous codes settled: refused if they are frequent, not known if they are rare."""
    undeclared = set(words.values()) - set(declared)
    known = sum(number for text, number in rows.items() if codes.meanings.get(text) != NOT_KNOWN)
    for code, partners, settled_by, why in _TWO_MEANINGS:
        beside = sum(rows[text] for text, word in words.items() if word in partners and word not in declared)
        beside_in = known + (beside if code == "1" else 0)  # 0 is a word for not known elsewhere
        if code in undeclared and beside > DOUBTFUL * beside_in and not undeclared & set(settled_by):
            return Codes({}, tuple(text for text, word in words.items() if word in (code, *partners)), why)
    if "M" not in undeclared or "H" not in undeclared:
        return codes
    # Next to M, an H is a typing error.
    strays = [text for text, word in words.items() if word == "H"]
    meanings = {text: meaning for text, meaning in codes.meanings.items() if text not in strays}
    return Codes(meanings, (*codes.unread, *strays))


def standard_sex(text: str | None) -> str | None:
    """M or F, or None for anything else, for a single value without its column.

    >>> standard_sex("female"), standard_sex("1"), standard_sex("U")
    ('F', 'M', None)
    """
    meaning = _meaning("sex", word_of(text or ""), of_status=False)
    return meaning if meaning in ("M", "F") else None


def allowed_words(column: str) -> str:
    """The words of a column that are understood, for a message.

    >>> allowed_words("organ_donor")[:26]
    'yes (1, DONOR, J, JA, ORGA'
    """
    meanings = [f"{meaning} ({', '.join(sorted(words))})" for meaning, words in WORDS[column].items()]
    return ", ".join(meanings)
