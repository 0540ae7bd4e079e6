"""The column names that are always understood, which distinguish a header from a row of data.

If a file has no header, its first row is read as column names, and a message that lists them would show a person's
data. So messages list column names only if at least one of them is in this list.
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
"""Every column name that is recognized in some table, without underscores."""
_NAMES_TOO = frozenset(
    ("first", "middle", "last", "suffix", "suff", "void", "replaces", "deceased", "kind", "start", "discharge")
)
"""Those that are also names of people or words of data: one alone does not show that a line is a header."""


def letters(name: str) -> str:
    """A name in lower case, without blanks and punctuation.

    >>> letters("Last Name")
    'lastname'
    """
    return re.sub(r"[\W_]+", "", name).lower()


def is_header(names: Iterable[str]) -> bool:
    """Whether these column names are those of a header, not the values of a first row.

    >>> is_header(["MRN", "Last Name", "ward"]), is_header(["E1001", "SMITH", "ANN"]), is_header(["A7", "KIND", "ANN"])
    (True, False, False)
    """
    known = {letters(name) for name in names} & KNOWN
    return len(known) > 1 or bool(known - _NAMES_TOO)
