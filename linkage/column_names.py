"""Which column of a source holds what: by what the user has mapped, by our own names and by others that are known.

Hospitals write the names of columns with blanks, points and capitals as they please, and these mean nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from linkage.errors import InputError, columns_found, did_you_mean
from linkage.known_names import letters
from linkage.sources import Source, require_columns


def matched_columns(
    source: Source, found: list[str], wanted: Mapping[str, tuple[str, ...]], required: tuple[str, ...]
) -> dict[str, str]:
    """Which of a source's columns holds what: ours -> theirs.

    `wanted` lists for each of our columns the other names it goes by. A name that the user has
    mapped comes first, then our own, then the others; two others at once are refused.
    """
    require_columns(source.name, len(found))
    chosen: dict[str, str] = {}
    mapped = source.columns.values()
    for ours, theirs in source.columns.items():
        if ours not in wanted:
            allowed = ", ".join(wanted)
            raise InputError(
                f"{source.name}: columns maps {ours!r}, which is not one of ours. Ours: {allowed}."
                + did_you_mean(ours, wanted)
            )
        if theirs not in found:
            raise InputError(
                f"{source.name}: column {theirs!r}, mapped to {ours}, is missing."
                f" {columns_found(found, theirs, mapped)}"
            )
        chosen[ours] = theirs
    for ours, others in wanted.items():
        if ours not in chosen:
            names = [name for name in columns_called((ours, *others), found) if name not in source.columns.values()]
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
                f"{source.name}: column {ours} is missing. {columns_found(found, mapped=mapped)}"
                f' Map it: columns = {{ {ours} = "..." }}.{_NO_NUMBERS.get(required, "")}{_one_column(found)}'
            )
    return chosen


def columns_called(names: Iterable[str], found: Sequence[str]) -> list[str]:
    """The columns that go by these names, whatever their case, and with or without blanks and other signs.

    >>> columns_called(["last_name", "surname"], ["Last Name", "DOB", "SURNAME"])
    ['Last Name', 'SURNAME']
    """
    called: dict[str, None] = {}
    small, bare = _by_spelling(tuple(found))
    for name in names:
        exactly = small.get(name, [])
        called |= dict.fromkeys(exactly or bare.get(letters(name), []))
    return list(called)


_NO_NUMBERS: dict[tuple[str, ...], str] = {
    ("death_id",): " A file that does not number its deaths, such as the Death Master File, needs a column that does."
}


@lru_cache(maxsize=4)
def _by_spelling(found: tuple[str, ...]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The columns by their names in small letters, and by their letters alone."""
    small: dict[str, list[str]] = {}
    bare: dict[str, list[str]] = {}
    for column in found:
        small.setdefault(column.lower(), []).append(column)
        bare.setdefault(letters(column), []).append(column)
    return small, bare


def _one_column(found: list[str]) -> str:
    return (
        '  There is only one column: is the delimiter another? Declare it: delimiter = ";".' if len(found) == 1 else ""
    )
