"""Guess the meaning of columns from parts of their names, as used by hospitals and registries.

Except for the names that are always understood, these are guesses, which `linkage init` writes down for a person to
check.
"""

import re
from collections.abc import Iterable, Sequence

from anyascii import anyascii

from linkage.method.encounters import ENCOUNTER_COLUMNS
from linkage.method.records import DEATH_COLUMNS, PATIENT_COLUMNS
from linkage.sources.column_names import columns_called
from linkage.sources.reading import DATE_COLUMNS

COLUMNS = {"patients": PATIENT_COLUMNS, "deaths": DEATH_COLUMNS, "encounters": ENCOUNTER_COLUMNS}

# Parts of column names used by hospitals and registries, the most specific pattern first, including those of files in
# other western European languages.
_WHEN = "date|day|dt|time"
_NO_DATES = (
    "place|state|county|country|city|name|weight|sex|order|cause|manner|cert|type|reason|source|dispos|note|remark"
)
_NOT_A_DATE = f"(?!.*({_NO_DATES}))"
# NO is also the beginning of NOTE and NOTIFIED, and ID of IDENTIFIED.
_NUMBER = "(?:id(?!entif(?:ied|ication)_?(?:d|t|by))|nr|num|no(?![a-z]))"
# Authorizations, referrals and consents expire too, so that this word is understood only of a patient or a hospital.
_EXPIRED = (
    "(?:^|(?:^|_)(?:pat|patient|pt|person|decedent|subject|hosp|hospital|inpatient|ip|ed|er|icu|visit|enc|encounter"
    "|stay|disch|discharge|is|was)_?)expired?"
)
_DATE_EXPIRED = rf"{_EXPIRED}_?({_WHEN})(_?(time|tm))?$|^(pat_|patient_|pt_)?({_WHEN})_?expired$"
NAMES: dict[str, tuple[str, ...]] = {
    "death_id": (
        rf"cert(ificate)?(_?(id|no|nr|num|number))?$|death_?{_NUMBER}|state_?file|file_?(no(?![a-z])|nr|num)|(^|_)sfn",
        r"^register_?n|sterbefall_?n",
    ),
    "patient_id": (
        r"(^|_)pat_?id$",  # Epic's key in all tables; PAT_MRN_ID contains one
        rf"mrn|medical_?record|med_?rec|patient_?{_NUMBER}|subject|person_?id|empi|(^|_)pt_?{_NUMBER}",
        rf"patienten_?{_NUMBER}|patient(en)?_?n(_|$)|prontuario",
    ),
    "former_last_names": (r"maiden|former|birth_?name|previous", r"geburtsname|nom_de_naissance"),
    "first_name": (
        r"(first|given|fore)_?(name|nm|n$)|(^|_)[fg]_?name",
        r"first|given",
        r"vorname|prenom|(^|_)nombre|voorna|forna[mv]n",
    ),
    "middle_name": (r"middle|(^|_)m_?name|(^|_)mid_|(^|_)mi$",),
    "last_name": (
        r"(last|sur|family)_?(name|nm|n$)|(^|_)l_?name",
        r"last|family",
        r"nachname|familienname|apellido|(^|_)nom$|achternaam|sobrenome|e[ft]terna[mv]n",
    ),
    "suffix": (r"suff|generation",),
    "ssn": (r"(?<!dod_)ssn|social|soc_?sec", r"personn(r|ummer)|fodselsn|cpr_?n|(^|_)cpf$"),
    "birth_date": (
        "birth_?date",
        rf"dob|birth_?({_WHEN})|({_WHEN})_?(of_?)?birth|(^|_)b_?date",
        f"^{_NOT_A_DATE}.*(birth|born)",
        r"geburtsdat|geburtstag|(^|_)geb|naissance|nacimiento|geboorte|(dt|data)_?(de_)?nasc|fodels?edat|fodselsdat",
    ),
    "death_time": (r"death_?time", _DATE_EXPIRED),
    "death_date": (
        rf"dod|(death|died|deceased|dth)_?({_WHEN})|({_WHEN})_?(of_?)?(death|died)",
        f"^{_NOT_A_DATE}.*(death|died|deceased)",
        r"sterbedat|todes|deces|defuncion|muerte|overlijd|(dt|data)_?(do_)?obito",
    ),
    "hospital_death_date": (
        r"dod_?hosp|hosp(ital)?_?(dod|death)",
        rf"(death|died|deceased|dth)_?({_WHEN})|({_WHEN})_?(of_?)?(death|died)",
        _DATE_EXPIRED,
    ),
    "deceased": (
        r"vital_?stat|deceased|^(is_)?(dead|died|expired)$|(death|dead|died)_?(flag|ind|yn|boolean)"
        rf"|{_EXPIRED}_?(flag|ind|yn|boolean)",
        r"(pat|patient|pt|living|life)_?stat",
    ),
    "sex": (r"(^|_)sex($|_)|gender", r"geschlecht|sexe|sexo|geslacht|(^|_)kon$|kjonn"),
    "void": (r"(^|_)void",),
    "start": (
        rf"(admi[ts]|admsn).*({_WHEN})|({_WHEN}).*admi[ts]",
        r"admi[ts]|arriv|in_?time|start|(^|_)reg_?(dt|date|time)",
        r"aufnahme|ingreso|opname|internacao|inn?skriv|indlaeg",
    ),
    "discharge": (
        rf"disch.*({_WHEN})|({_WHEN}).*disch",
        r"disch|depart|out_?time|(^|_)end($|_)",
        r"entlass|(^|_)alta|ontslag|u[td]skriv",
    ),
    "died_in_hospital": (
        rf"{_EXPIRED}($|_(flag|ind|yn)|_?in_?(ed|er|icu|hosp))|died_?in|(death|dead|died|deceased)_?(flag|ind|yn)"
        r"|^(is_)?(dead|died|deceased)$|hosp(ital)?_?(death|mortality)$",
        rf"^(?!.*({_WHEN})).*(dispo|disch.*(stat|loc|dest|cond|_to($|_)))",
    ),
    "kind": (r"kind|class|visit_concept|(visit|encounter|encntr)_?type(?!_concept)",),
}
# Certificates and hospitals also name the family, who reported the death, and whom to call. Partners and Children's are
# hospitals, and an apparent death is the patient's.
_RELATED = (
    r"father|mother|(?<!ap)parent|spouse|husband|wife|sibling|brother|sister|(^|_)(son|daughter|twin)(_|$)|partner(?!s)"
    r"|baby|child(?!ren)|infant|newborn|neonat|fo?et(al|us)|stillb|donor|surrogate|informant|(^|_|of)kin(?!d)|(^|_)nok"
    r"|relative|contact|guarant|subscriber|insur|polic(y|ies)|employ|physician|provider|doctor"
)
_OF_OTHERS = re.compile(f"{_RELATED}|emerg")
# In an encounter, the emergency room and the times of a physician concern the patient, but a death can be another's.
_DEATHS_OF_OTHERS = re.compile(_RELATED)
_DEATHS_OF_ENCOUNTERS = ("death_time", "died_in_hospital")


# A stay that is expected or ordered has not begun or ended then. EST after a time is a time zone.
_NOT_YET = re.compile(
    r"(^|_)(expected|exp|estimated|est(?=_)|(?<!time_)(?<!tm_)est|planned|scheduled|sched|target(ed)?|anticipated|antic"
    r"|projected|proj|predicted|pred|proposed|intended|tentative|order(s|ed)?|request(ed)?|decision|ready|cancel(l?ed)?"
    r")(_|$)|(^|_)(expected|estimated|planned|scheduled|anticipated|projected|predicted)"
)


def _is_foreign(role: str, ours: str, words: str) -> bool:
    """Whether words concern another person, or a stay that is only expected."""
    if ours in ("start", "discharge"):
        return _NOT_YET.search(words) is not None
    if role != "encounters":
        return _OF_OTHERS.search(words) is not None
    return ours in _DEATHS_OF_ENCOUNTERS and _DEATHS_OF_OTHERS.search(words) is not None


# Days in the life of a record, not of a person: dates of death are expected to differ from them.
_ACT = re.compile(
    "regist|(^|_)reg(_|$)|filed|filing|file_?(date|dt)|report|receiv|record|(?<!c)enter|entry|creat|updat|modif|issu"
    "|sign|certif|load|extract|notif|notic|verif|amend|correct|confirm|process"
)
_WHOLE_DATE = rf"(dod(_?({_WHEN}))?|(death|died|deceased|dth)_?({_WHEN})(_?(time|tm))?|({_WHEN})_?(of_?)?(death|died))"
# A date of death that was amended or verified is one.
_CHECK = "(amend(ed)?|verif(ied)?|correct(ed)?|confirm(ed)?)"
_CHECKED = re.compile(rf"(^|_){_CHECK}(_(.*_)?)?{_WHOLE_DATE}$|{_WHOLE_DATE}_?{_CHECK}$")
_ENDS_IN_DATE = re.compile(rf"({_WHOLE_DATE}|dod_(recorded|reported|certified))$")
_DATES_OF_DEATH = ("death_date", "hospital_death_date", "death_time")


def is_of_the_record(name: str) -> bool:
    """Whether a column by its name dates what was done with a record, such as its registration.

    >>> is_of_the_record("DEATH_NOTIFIED_DT"), is_of_the_record("amendment_death_date")
    (True, True)
    >>> is_of_the_record("amended_dod"), is_of_the_record("DEATH_DATE_VERIFIED")
    (False, False)
    """
    words = words_of(name)
    return _ACT.search(words) is not None and not _CHECKED.search(words)


def _best(ours: str, names: Sequence[str]) -> list[str]:
    """The names that can hold one of ours, the likeliest first.

    A reported date of death is taken if there is no other, and the date of a report not at all.
    """
    if ours not in _DATES_OF_DEATH:
        return list(names)
    fit = [name for name in names if not is_of_the_record(name) or _ENDS_IN_DATE.search(words_of(name))]
    return sorted(fit, key=lambda name: _ACT.search(words_of(name)) is not None)


def by_name(role: str, names: Sequence[str]) -> dict[str, str]:
    """Columns by names that are always understood, and then by parts of names."""
    chosen: dict[str, str] = {}
    for ours, others in COLUMNS[role].items():
        if known := columns_called((ours, *others), names):
            chosen[ours] = known[0]
    words = {name: words_of(name) for name in names}
    for ours, patterns in NAMES.items():
        for pattern in patterns if ours in COLUMNS[role] and ours not in chosen else ():
            alike = [name for name in names if re.search(pattern, words[name]) and name not in chosen.values()]
            own = [name for name in alike if not _is_foreign(role, ours, words[name])]
            if best := _best(ours, own):
                chosen[ours] = best[0]
                break
    return chosen


def is_of_others(name: str) -> bool:
    """Whether a column by its name concerns a relative, an informant or a physician.

    >>> is_of_others("mother_status"), is_of_others("vital_status")
    (True, False)
    """
    return _OF_OTHERS.search(words_of(name)) is not None


_FLAGS = ("deceased", "void", "died_in_hospital")
_STATUS = re.compile(
    r"(^|_)(void|delet|merge|inactiv|retired|cancel|(record|rec|row|entry|patient|pat|pt|person|encounter|enc|visit|chart"
    r"|account|acct|mrn|certificate|cert)_?(stat|state|status|sts)|(record|rec|row)_?(flag|ind|type))"
)


def status_columns(names: Sequence[str]) -> list[str]:
    """The columns that by their names may say that a record is not in force: deleted, merged or void.

    >>> status_columns(["record_status", "MERGED_TO", "status", "RowFlag", "vital_status"])
    ['record_status', 'MERGED_TO', 'RowFlag']
    """
    return [name for name in names if _STATUS.search(words_of(name))]


_OF_A_DISCHARGE = re.compile(
    rf"disp|outcome|mortal|dead|died|death|decea|{_EXPIRED}"
    r"|(dis|dsc|pat|pt|vital|living).*(stat|stus)|(disch|dsch).*(loc|dest|cond|type|to($|_))"
)


def discharge_columns(names: Sequence[str]) -> list[str]:
    """The columns that by their names may say how a stay ended, and so that a patient died.

    >>> discharge_columns(["DISCH_DISP_C", "PTNT_DSCHRG_STUS_CD", "Discharged to", "discharge_ward", "visit_status"])
    ['DISCH_DISP_C', 'PTNT_DSCHRG_STUS_CD', 'Discharged to']
    """
    return [name for name in names if _OF_A_DISCHARGE.search(words_of(name))]


def likely_columns(role: str, ours: str, names: Sequence[str]) -> list[str]:
    """The columns that by their names hold one of ours; of a flag, only those that name it, not any status.

    >>> likely_columns("deaths", "void", ["VOID_FLAG", "avoidable", "status"])
    ['VOID_FLAG']
    """
    known = columns_called((ours, *COLUMNS[role][ours]), names)
    patterns = NAMES[ours][:1] if ours in _FLAGS else NAMES[ours]
    found = {name: words_of(name) for name in names}
    own = {name: words for name, words in found.items() if not _is_foreign(role, ours, words)}
    alike = [name for pattern in patterns for name, words in own.items() if re.search(pattern, words)]
    return list(dict.fromkeys([*known, *_best(ours, alike), *alike]))


def alike(names: Iterable[str]) -> list[str]:
    """The names with a word that begins like those of a known table.

    >>> alike(["PAT_LAST_NM", "DECEDENT_DOB", "Osborn", "ward"])
    ['PAT_LAST_NM', 'DECEDENT_DOB']
    """
    parts = [part for patterns in NAMES.values() for part in patterns if not part.startswith(f"^{_NOT_A_DATE}")]
    known = re.compile("|".join(f"(?:^|_)(?:{part})" for part in parts))
    return [name for name in names if known.search(words_of(name))]


# Words in column names that mark a column as one part of a date.
_PARTS = {"year": "ccyy|yyyy|year|yr|yy|y", "month": "month|mnth|mon|mth|mo|mm|m", "day": "day|dy|dd|d"}
_SHORT = ("y", "m", "d")


def dates_in_parts(role: str, names: Sequence[str]) -> dict[str, list[str]]:
    """Dates in separate columns for year, month and day, or for year and month.

    >>> dates_in_parts("deaths", ["DOB_YR", "DOB_MO", "DOB_DY", "year of death", "month of death"])
    {'birth_date': ['DOB_YR', 'DOB_MO', 'DOB_DY'], 'death_date': ['year of death', 'month of death']}
    """
    found: dict[str, dict[str, str]] = {}
    for name in names:
        for part, words in _PARTS.items():
            for whole in _without_part(words_of(name), words):
                found.setdefault(whole, {}).setdefault(part, name)
    parts: dict[str, list[str]] = {}
    for whole, columns in found.items():
        if {"year", "month"} <= set(columns) and len(set(columns.values())) == len(columns):
            for ours in by_name(role, [whole]):
                if ours in DATE_COLUMNS and ours not in parts and not _OF_OTHERS.search(whole):
                    parts[ours] = [columns[part] for part in _PARTS if part in columns]
    return parts


def _without_part(name: str, words: str) -> list[str]:
    """The name of the date to which a column belongs: dob for DOB_YR, birth_date for year_of_birth."""
    stems = []
    if (match := re.fullmatch(rf"(.+?)_?({words})", name)) and (
        match[2] not in _SHORT or name.endswith(f"_{match[2]}")
    ):
        stems.append(match[1])
    if (match := re.fullmatch(rf"({words})_?(?:of_?)?(.+)", name)) and match[1] not in _SHORT:
        stems.append(match[2])
    return [stem if "date" in stem else f"{stem}_date" for stem in stems] + stems


def words_of(name: str) -> str:
    """The words of a column's name: DecLName, DEC-LNAME and dec lname are dec_lname."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", anyascii(name))
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")
