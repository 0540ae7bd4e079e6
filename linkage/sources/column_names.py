"""Which column of a source holds what: by what the user has mapped, by our own names and by others that are known.

Hospitals write the names of columns with blanks, points and capitals as they please, and these mean nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from linkage.errors import InputError, columns_found, did_you_mean
from linkage.known_names import letters
from linkage.sources.header import require_columns
from linkage.sources.official_names import official_names
from linkage.sources.reading import DATE_COLUMNS
from linkage.sources.source import ROW_NUMBER, ColumnName, Source


def matched_columns(
    source: Source, found: list[str], wanted: Mapping[str, tuple[str, ...]], required: tuple[str, ...]
) -> dict[str, ColumnName]:
    """Which of a source's columns holds what: ours -> theirs.

    `wanted` lists for each of our columns the other names it goes by. A name that the user has
    mapped comes first, then our own, then the others; two others at once are refused.
    """
    require_columns(source.name, len(found))
    chosen: dict[str, ColumnName] = {}
    mapped = [name for theirs in source.columns.values() for name in each_name(theirs)]
    # An id may also be what its column is called: an extract of the Death Master File has no other id than the SSN.
    taken = {name for ours, theirs in source.columns.items() if not ours.endswith("_id") for name in each_name(theirs)}
    for ours, theirs in source.columns.items():
        if ours not in wanted:
            allowed = ", ".join(wanted)
            raise InputError(
                f"{source.name}: columns maps {ours!r}, which is not one of ours. Ours: {allowed}."
                + did_you_mean(ours, wanted)
            )
        _check_parts(source, ours, theirs)
        for name in each_name(theirs):
            if name not in found and (ours, name) != ("death_id", ROW_NUMBER):
                raise InputError(
                    f"{source.name}: column {name!r}, mapped to {ours}, is missing."
                    f" {columns_found(found, name, mapped)}"
                )
        chosen[ours] = theirs if isinstance(theirs, str) else tuple(theirs)
    own = {name.lower() for name in found}
    for ours, official in official_names(found).items():
        if ours in wanted and ours not in chosen and ours not in own and not taken & set(each_name(official)):
            chosen[ours] = official
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
                f"{source.name}: column {ours} is missing. {columns_found(found, mapped=mapped)}"
                f' Map it: columns = {{ {ours} = "..." }}.{_one_column(found)}'
            )
    return chosen


def each_name(theirs: ColumnName) -> tuple[str, ...]:
    """The names of the columns that hold one of ours.

    >>> each_name("dod"), each_name(["DOD_YR", "DOD_MO", "DOD_DY"])
    (('dod',), ('DOD_YR', 'DOD_MO', 'DOD_DY'))
    """
    return (theirs,) if isinstance(theirs, str) else tuple(theirs)


def shown_name(theirs: ColumnName) -> str:
    """The columns that hold one of ours, as a message names them."""
    return " + ".join(each_name(theirs))


def _check_parts(source: Source, ours: str, theirs: ColumnName) -> None:
    """Refuse a list of columns that are not the year, month and day of a date."""
    if isinstance(theirs, str):
        return
    example = f'columns = {{ {ours} = ["DOD_YR", "DOD_MO", "DOD_DY"] }}'
    if ours not in DATE_COLUMNS:
        raise InputError(
            f"{source.name}: {ours} is mapped to a list of columns. Only a date can be mapped to the columns of its"
            f" year, month and day: {', '.join(DATE_COLUMNS)}."
        )
    names = each_name(theirs)
    if len(names) not in (2, 3) or len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
        raise InputError(
            f"{source.name}: {ours} is mapped to {len(names)} columns. Name those of its year, month and day, in this"
            f" order: {example}. The day may be left out."
        )
    if ours in source.reading.dates:
        raise InputError(
            f"{source.name}: {ours} is mapped to columns of its year, month and day, which need no form. Take it out"
            " of dates."
        )


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
