"""Which column of a source holds what: by what the user has mapped, by our own names and by others that are known.

Hospitals write the names of columns with blanks, points and capitals as they please, and these mean nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from linkage.errors import InputError, columns_found, did_you_mean
from linkage.sources.source import ROW_NUMBER, Source


def matched_columns(
    source: Source, found: list[str], wanted: Mapping[str, tuple[str, ...]], required: tuple[str, ...]
) -> dict[str, str]:
    """Which of a source's columns holds what: ours -> theirs.

    `wanted` lists for each of our columns the other names it goes by. A name that the user has
    mapped comes first, then our own, then the others; two others at once are refused.
    """
    chosen: dict[str, str] = {}
    # An id may also be what its column is called: an extract of the Death Master File has no other id than the SSN.
    taken = {theirs for ours, theirs in source.columns.items() if not ours.endswith("_id")}
    for ours, theirs in source.columns.items():
        if ours not in wanted:
            allowed = ", ".join(wanted)
            raise InputError(
                f"{source.name}: columns maps {ours!r}, which is not one of ours. Ours: {allowed}."
                + did_you_mean(ours, wanted)
            )
        if theirs not in found and (ours, theirs) != ("death_id", ROW_NUMBER):
            raise InputError(
                f"{source.name}: column {theirs!r}, mapped to {ours}, is missing. {columns_found(found, near=theirs)}"
            )
        chosen[ours] = theirs
    for ours, others in wanted.items():
        if ours not in chosen:
            names = [name for name in columns_called((ours, *others), found) if name not in taken]
            if len(names) > 1 and names[0].lower() != ours:
                raise InputError(
                    f"{source.name}: {' and '.join(names)} could both be {ours}."
                    f' Say which: columns = {{ {ours} = "{names[0]}" }}.'
                )
            if names:
                chosen[ours] = names[0]
    for ours in required:
        if ours not in chosen:
            raise InputError(
                f"{source.name}: column {ours} is missing. {columns_found(found)}"
                f' Map it: columns = {{ {ours} = "..." }}.{_one_column(found)}'
            )
    return chosen


def columns_called(names: Iterable[str], found: Sequence[str]) -> list[str]:
    """The columns that go by these names, whatever their case, and with or without blanks and other signs.

    >>> columns_called(["last_name", "surname"], ["Last Name", "DOB", "SURNAME"])
    ['Last Name', 'SURNAME']
    """
    called: dict[str, None] = {}
    for name in names:
        exactly = [column for column in found if column.lower() == name]
        called |= dict.fromkeys(exactly or (column for column in found if _letters(column) == _letters(name)))
    return list(called)


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _one_column(found: list[str]) -> str:
    return (
        '  There is only one column: is the delimiter another? Declare it: delimiter = ";".' if len(found) == 1 else ""
    )
