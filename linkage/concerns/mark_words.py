"""Words and codes that mark a row which should not count, and the names of columns that hold them.

A word such as VOID says the same in any column. A word such as INACTIVE, or a code of one letter or digit, has a
meaning only together with the name of its column.
"""

import re

from linkage.concerns.likely_names import is_of_others, status_columns, words_of
from linkage.concerns.unread_words import Words, plain
from linkage.values.codes import NOT_IN_FORCE, NOT_KNOWN, WORDS

ALIVE = re.compile(
    r"((PRESUMED|STILL|DISCHARGED|LAST KNOWN) )?ALIVE( .*|[,;(/].*)?|LIVING|SURVIVED|SURVIVOR|SURVIVING"
    r"|NOT (DEAD|DECEASED|DIED|EXPIRED)|LEBT|LEBEND|LEBENDIG|VIVO|VIVA|VIVANT|VIVANTE|EN VIE|IN LEVEN|LEVEND"
)
"""Words that say of a person that they are alive. HOME is no such word: it is also a place of death."""
FETAL = re.compile(r"(.* )?(FO?ETAL( .*)?|FO?ETUS|STILL ?(BIRTHS?|BORN))")
"""Words for deaths before birth, which are nobody's death in a hospital's list of patients."""
OTHER_EVENT = re.compile(r"(LIVE )?BIRTHS?( RECORD| CERTIFICATE)?|MARRIAGES?( LICENSE)?|DIVORCES?|CIVIL UNIONS?")
"""Words for events of other registers."""
NOT_IN_FORCE_LONG = re.compile(r"(VOID(ED)?|DELETED?|CANCELL?ED)( (BY|DUE|BECAUSE|RECORD|CERTIFICATE)\b.*|[,;(/:].*)")
NOT_MADE = re.compile(
    r"(PATIENT |PROVIDER |CLINIC |HOSPITAL |APPOINTMENT )?(CANCELL?ED|CANCELL?ATION)( .*|[,;(/:].*)?"
    r"|NO ?SHOW(ED|S)?( .*)?|DID NOT (ATTEND|ARRIVE|SHOW( UP)?)|NEVER ARRIVED|NOT ARRIVED|MISSED( APPOINTMENT)?"
    r"|RESCHEDULED|WAIT ?LIST(ED)?"
)
"""Words for visits that were not made."""
NOT_YET_MADE = re.compile(r"PLANNED|SCHEDULED|BOOKED|PROPOSED|PRE ?ADMIT(TED)?")
"""Words for visits that were not made yet. Of an admission, they say that it was no emergency."""

_IN_ANY_COLUMN = frozenset(plain(word) for word in NOT_IN_FORCE)
_OF_RECORDS_ONLY = frozenset(
    ["RETIRED", "REMOVED", "INVALID", "INACTIVE", "INACTIVATED", "WITHDRAWN", "REVOKED", "OBSOLETE"]
)
"""Words that in other columns say something of a person, a consent or an insurance."""
_OF_SOMETHING_ELSE = re.compile(
    r"insur|payer|payor|payment|polic|coverage|claim|bill|invoic|charge|employ|occup|job|work|milit|veteran|marit"
    r"|consent|portal|mychart|smok|tobac|alcohol|allerg|immun|vaccin|medication|prescri|order|referr|licen|address"
)
_HOW_ADMITTED = re.compile(r"adm|type|class|categ|source|priorit|urgen|procedure|surg|operat|elective|disch|dispo")

_LIFE = (
    r"deceased|dead|died|alive|living|expired|(death|dth)_?(flag|ind|indicator|yn|stat(us)?)|vital_?(stat(us)?|sts)"
    r"|(life|living|survival)_?(stat(us)?|sts)"
)
_BEFORE = r"(is_?|was_?|cur(rent)?_?|last_?|pat_?|patient_?|pt_?|person_?|case_?|decedent_?)*"
_AFTER = r"(_?(flag|ind|indicator|yn|bool|boolean|stat(us)?|sts|code|cd|recode))*(_?[0-9])?"
_SAYS_LIFE = re.compile(f"{_BEFORE}({_LIFE}){_AFTER}")
_MAY_SAY_LIFE = re.compile(f"{_BEFORE}(vs|stat(us)?|sts|follow_?up_?stat(us)?){_AFTER}")
_PAIRS = (("A", "D"), ("L", "D"), ("0", "1"), ("1", "2"), ("Y", "N"), ("T", "F"), ("YES", "NO"), ("TRUE", "FALSE"))

_PARTS = (
    "record|rec|row|entry|patient|pat|pt|person|death|dth|certificate|cert|encounter|enc|visit|appointment|appt|chart"
    "|acct|account|mrn|file|registry|reg|code|cd|type|indicator|ind|yn|is|was|current|cur"
)
_CORES = (
    "voided|void|deleted|delete|del|canceled|cancelled|cancel|inactive|invalid|active|valid"
    "|status|stat|sts|flag|flg|action|transaction|trans|txn"
)
_OF_A_RECORD = re.compile(f"(({_CORES}|{_PARTS})_?)+")
_MARKED, _STANDING = re.compile("void|delet|(^|_)del(_|$)|cancel|inactive|invalid"), re.compile("active|valid")
_STATUS = re.compile("stat|sts")
_CHANGE = re.compile("flag|flg|action|trans|txn")


def marks_record(name: str) -> bool:
    """Whether a column by its name may say that a record is not in force, and nothing else.

    >>> [marks_record(name) for name in ("STATUS", "isActive", "TRANS_CODE", "transport_code", "marital_status")]
    [True, True, True, False, False]
    """
    words = words_of(name)
    cores = (_MARKED, _STANDING, _STATUS, _CHANGE)
    return _OF_A_RECORD.fullmatch(words) is not None and any(core.search(words) for core in cores)


_REMOVAL = re.compile(
    r"(^|_)(delet|cancel|void|retract|supersed|rescind|revok|remov|inactivat|replaced)[a-z]*_"
    r"(date|day|dt|dttm|time|ts|on|at|by|reason|rsn|id|comment)s?(_|$)"
)


def marks_removal(name: str) -> bool:
    """Whether a column by its name holds the day, reason or successor of a record that was removed.

    >>> [marks_removal(name) for name in ("delete_date", "SUPERSEDED_BY", "cancel_reason", "void", "dob")]
    [True, True, True, False, False]
    """
    return _REMOVAL.search(words_of(name)) is not None


def is_not_in_force(name: str, word: str) -> bool:
    """Whether a word of a column says that the record is void, deleted, merged or inactive.

    >>> is_not_in_force("remark", "V - VOIDED"), is_not_in_force("employment", "RETIRED")
    (True, False)
    """
    text = plain(word)
    if text not in _IN_ANY_COLUMN and not NOT_IN_FORCE_LONG.fullmatch(text):
        return False
    if marks_record(name) or status_columns([name]):
        return True
    return text not in _OF_RECORDS_ONLY and not _OF_SOMETHING_ELSE.search(words_of(name))


def is_not_made(name: str, word: str) -> bool:
    """Whether a word of a column of encounters says that the visit was not made, or not yet.

    >>> is_not_made("appt", "NO-SHOW"), is_not_made("status", "PLANNED"), is_not_made("admission_type", "PLANNED")
    (True, True, False)
    """
    text, words = plain(word), words_of(name)
    if _OF_SOMETHING_ELSE.search(words):
        return False
    return NOT_MADE.fullmatch(text) is not None or (
        NOT_YET_MADE.fullmatch(text) is not None and not _HOW_ADMITTED.search(words)
    )


def may_say_death(name: str) -> bool:
    """Whether a column of encounters by its name can say that the patient died, and not a relative, say, or a policy.

    >>> may_say_death("Entlassungsart"), may_say_death("policy_status"), may_say_death("mother_status")
    (True, False, False)
    """
    return not is_of_others(name) and not _OF_SOMETHING_ELSE.search(words_of(name))


def is_short(word: str) -> bool:
    """Whether a word is a code: of one or two letters or digits, or a word for yes or no."""
    return len(word) <= 2 or word in ("YES", "NO", "TRUE", "FALSE")


def may_say_life(name: str) -> bool:
    """Whether a column by its name may say who is alive.

    >>> may_say_life("pt_status"), may_say_life("IsAlive"), may_say_life("smoking_status")
    (True, True, False)
    """
    return any(pattern.fullmatch(words_of(name)) for pattern in (_SAYS_LIFE, _MAY_SAY_LIFE))


def codes_of_life(name: str, words: Words, empty: int) -> dict[str, int]:
    """The codes of a column of deaths that by its name may say who is alive, each with its rows; none if all are dead.

    `empty` is the number of rows without a word.

    >>> codes_of_life("deceased", {"Y": 3, "N": 1}, 0), codes_of_life("deceased", {"Y": 4}, 0)
    ({'Y': 3, 'N': 1}, {})
    """
    says = _SAYS_LIFE.fullmatch(words_of(name)) is not None
    known = {word: rows for word, rows in words.items() if word not in WORDS["void"][NOT_KNOWN]}
    if not known or not all(map(is_short, known)) or not may_say_life(name):
        return {}
    not_known = empty + sum(rows for word, rows in words.items() if word not in known)
    if says and len(known) == 1 and not_known:
        return {**known, "not known": not_known}
    paired = any(set(pair) <= set(known) for pair in _PAIRS)
    return known if paired or (says and len(known) > 1) else {}


def doubtful_codes(role: str, name: str, words: Words, rows: int) -> dict[str, int]:
    """The codes of a column that by its name marks records, which may mean void, deleted or inactive; with their rows.

    A code of most rows is none, unless the name says what it means.

    >>> doubtful_codes("patients", "record_status", {"A": 9, "V": 1}, 10)
    {'V': 1}
    >>> doubtful_codes("patients", "is_active", {"1": 2, "0": 8}, 10), doubtful_codes("patients", "sex", {"D": 1}, 10)
    ({'0': 8}, {})
    """
    text = words_of(name)
    if not marks_record(name) or {"M", "S"} <= set(words):  # the latter is a marital status
        return {}
    if _MARKED.search(text):
        return {word: number for word, number in words.items() if word in ("1", "Y", "T", "V", "D", "X", "YES", "TRUE")}
    if _STANDING.search(text):
        return {
            word: number for word, number in words.items() if word in ("0", "N", "F", "I", "V", "D", "X", "NO", "FALSE")
        }
    codes = {"V", "X"}
    codes |= {other for other, usual in (("0", "1"), ("N", "Y"), ("I", "A")) if usual in words and role != "encounters"}
    if role != "encounters" or _CHANGE.search(text):
        codes.add("D")  # the status of a stay can be D for discharged
    return {word: number for word, number in words.items() if word in codes and 2 * number <= rows}
