"""The submission file for the National Death Index, with 100 characters per record, and reasons for ineligibility.

A record is eligible if it has the first and last name and either the SSN or the month and year of birth, or if it has
the SSN, the full birth date, and the sex. Additional records with the same user id give the parts of a last name and
former names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LENGTH, LONGEST_ID, MOST_RECORDS = 100, 10, 6
# Name, first character (from 1), length.
_FIELDS = {
    "last_name": (1, 20), "first_name": (21, 15), "middle_initial": (36, 1), "ssn": (37, 9), "birth_month": (46, 2),
    "birth_day": (48, 2), "birth_year": (50, 4), "father_surname": (54, 18), "sex": (75, 1), "id": (82, 10),
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """A standardized patient: names in capital letters, the birth date as YYYYMMDD with zeros for unknown parts."""

    id: str
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    last_name_parts: tuple[str, ...] = ()
    former_last_names: tuple[str, ...] = ()
    ssn: str = ""
    birth_date: str = ""
    sex: str = ""


def why_not(person: Person) -> str:
    """Why a person cannot be submitted; empty for an eligible person.

    >>> why_not(Person("7", "ANN", last_name="LEE", birth_date="19500200"))
    ''
    >>> why_not(Person("7", "ANN", last_name="LEE"))
    'neither an SSN nor a month and year of birth'
    """
    if len(person.id) > LONGEST_ID:
        return f"the id has more than {LONGEST_ID} characters"
    if not person.id.isascii():
        return "the id has letters that are not ASCII"
    year, month, day = person.birth_date[:4], person.birth_date[4:6], person.birth_date[6:]
    has_month = bool(year) and month not in ("", "00")
    if person.first_name and person.last_name:
        return "" if person.ssn or has_month else "neither an SSN nor a month and year of birth"
    if person.ssn and has_month and day not in ("", "00") and person.sex:
        return ""
    return "neither first and last name, nor SSN with full birth date and sex"


def records(person: Person) -> list[str]:
    """The records of an eligible person: first the full last name, then its parts and former names, at most six in all.

    >>> [record[:36].rstrip() for record in records(Person("7", "ANN", "B", "LEEROE", ("LEE", "ROE"), ("DOE",)))]
    ['LEEROE              ANN            B', 'LEE                 ANN            B', ...]
    """
    names = dict.fromkeys([person.last_name, *person.last_name_parts, *person.former_last_names])
    return [_record(person, name) for name in list(names)[:MOST_RECORDS]]


def _record(person: Person, last_name: str) -> str:
    birth = person.birth_date.ljust(8, "0")
    former = next((name for name in person.former_last_names if name != last_name), "")
    values = {
        "last_name": last_name,
        "first_name": person.first_name,
        "middle_initial": person.middle_name,
        "ssn": person.ssn,
        "birth_month": "" if birth[4:6] == "00" else birth[4:6],
        "birth_day": "" if birth[6:] == "00" else birth[6:],
        "birth_year": "" if birth[:4] == "0000" else birth[:4],
        "father_surname": former,
        "sex": person.sex,
        "id": person.id,
    }
    signs = [" "] * LENGTH
    for name, (start, length) in _FIELDS.items():
        text = values[name][:length]
        signs[start - 1 : start - 1 + len(text)] = text
    return "".join(signs)


@dataclass
class Submission:
    """The lines for the NDI, and the id and reason of each patient who is left out."""

    lines: list[str]
    left_out: list[tuple[str, str]]
    people: int = 0


def submission(people: Iterable[Person]) -> Submission:
    """Build the submission for these people."""
    made = Submission([], [])
    for person in people:
        if reason := why_not(person):
            made.left_out.append((person.id, reason))
        else:
            made.people += 1
            made.lines += records(person)
    return made


def people_of(rows: Iterable[tuple[str | None, ...]]) -> Iterator[Person]:
    """People from rows with the columns of `Person`, where lists are joined by bars."""
    for id_, first, middle, last, parts, former, ssn, born, sex in rows:
        yield Person(
            str(id_), first or "", middle or "", last or "", tuple((parts or "").split("|")) if parts else (),
            tuple((former or "").split("|")) if former else (), ssn or "", born or "", sex or "",
        )  # fmt: skip
