"""The names of columns that are always understood, by which a header is told from a row of data.

Where a file has no header, its first row stands in the place of the names of its columns, and a message that names
them names a person. So no message names columns unless one of them goes by a name from this list.
"""

import re
from collections.abc import Iterable

_LISTED = """
    patient_id subject_id death_id certificate_id person_id
    first_name given_name firstname first fname gname middle_name middlename middle mname middle_initial
    last_name surname lastname last lname family_name suffix name_suffix suff
    former_last_names former_last_name maiden_name birth_last_name flname
    ssn social_security_number soc_sec_id birth_date dob date_of_birth birthdate sex gender
    death_date dod date_of_death deathdate void amends amended_death_id amends_death_id replaces replaced_death_id
    hospital_death_date death_dt death_datetime dod_hosp deceased deceased_flag deceased_date deceased_datetime
    deceased_yn deceased_boolean is_deceased vital_status
    kind encounter_kind start admittime intime admit_date start_date start_time
    discharge dischtime outtime discharge_date discharge_time death_time deathtime
    died_in_hospital hospital_expire_flag organ_donor
    other_death_ids patient_slips death_slips
"""
KNOWN = frozenset(name.replace("_", "") for name in _LISTED.split())
"""Every name that some table knows, without its signs."""
_NAMES_TOO = frozenset(
    ("first", "middle", "last", "suffix", "suff", "void", "replaces", "deceased", "kind", "start", "discharge")
)
"""Those by which people may be called: one alone is no sign of a header."""


def letters(name: str) -> str:
    """A name without blanks and other signs, in small letters.

    >>> letters("Last Name")
    'lastname'
    """
    return re.sub(r"[\W_]+", "", name).lower()


def is_header(names: Iterable[str]) -> bool:
    """Whether names of columns are those of a header.

    >>> is_header(["MRN", "Last Name", "ward"]), is_header(["E1001", "SMITH", "ANN"]), is_header(["A7", "KIND", "ANN"])
    (True, False, False)
    """
    known = {letters(name) for name in names} & KNOWN
    return len(known) > 1 or bool(known - _NAMES_TOO)
