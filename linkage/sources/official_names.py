"""Tables with official column names: OMOP's person and visit_occurrence, and IJE's fields in a CSV file.

A table is recognized only by several of its column names together, because one name alone is ambiguous.
"""

from collections.abc import Mapping, Sequence

from linkage.known_names import letters

_DATE = ("{}_YR", "{}_MO", "{}_DY")
# The columns that identify a table, and its names for our columns; the first name found is used.
_TABLES: tuple[tuple[tuple[str, ...], Mapping[str, tuple[str | tuple[str, ...], ...]]], ...] = (
    (
        ("person_id", "gender_concept_id", "year_of_birth"),
        {
            "patient_id": ("person_id",),
            "sex": ("gender_concept_id",),
            "birth_date": ("birth_datetime", ("year_of_birth", "month_of_birth", "day_of_birth")),
        },
    ),
    (
        ("visit_occurrence_id", "person_id", "visit_start_date"),
        {
            "patient_id": ("person_id",),
            "kind": ("visit_concept_id",),
            "start": ("visit_start_datetime", "visit_start_date"),
            "discharge": ("visit_end_datetime", "visit_end_date"),
        },
    ),
    (
        ("DOD_YR", "DOD_MO", "DOD_DY", "LNAME"),
        {
            "middle_name": ("DMIDDLE", "MIDNAME", "MNAME"),
            "former_last_names": ("DMAIDEN", "FLNAME"),
            "birth_date": (tuple(one.format("DOB") for one in _DATE),),
            "death_date": (tuple(one.format("DOD") for one in _DATE),),
        },
    ),
)


def official_names(found: Sequence[str]) -> dict[str, str | tuple[str, ...]]:
    """Map our columns to those of an official table (ours -> theirs); empty for any other table.

    >>> official_names(["person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth"])
    {'patient_id': 'person_id', 'sex': 'gender_concept_id', 'birth_date': ('year_of_birth', ...)}
    """
    spelled = {letters(name): name for name in found}
    chosen: dict[str, str | tuple[str, ...]] = {}
    for known_by, columns in _TABLES:
        if not all(letters(name) in spelled for name in known_by):
            continue
        for ours, several in columns.items():
            for theirs in several:
                names = (theirs,) if isinstance(theirs, str) else theirs
                if all(letters(name) in spelled for name in names):
                    as_spelled = tuple(spelled[letters(name)] for name in names)
                    chosen.setdefault(ours, as_spelled[0] if isinstance(theirs, str) else as_spelled)
    return chosen
