"""Match the columns of a source to ours: by the user's mapping, by our own names, and by other known names.

Case, blanks, and punctuation in column names are ignored, because hospitals use them inconsistently.
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
    """Map our columns to those of a source (ours -> theirs).

    `wanted` lists other known names for each of our columns. A column mapped by the user takes precedence, then our own
    name, then the other names. Raises InputError if several other names match.
    """
    require_columns(source.name, len(found))
    chosen: dict[str, ColumnName] = {}
    mapped = [name for theirs in source.columns.values() for name in each_name(theirs)]
    # A column mapped to an id can also have its usual meaning: the only id in the Death Master File is the SSN.
    taken = {name for ours, theirs in source.columns.items() if not ours.endswith("_id") for name in each_name(theirs)}
    for ours, theirs in source.columns.items():
        if ours not in wanted:
            allowed = ", ".join(wanted)
            raise InputError(
                f"{source.name}: columns maps {ours!r}, which is not a known column. Known columns: {allowed}."
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
                    f' Name one: columns = {{ {ours} = "{names[0]}" }}.'
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
    """The source columns mapped to one of ours.

    >>> each_name("dod"), each_name(["DOD_YR", "DOD_MO", "DOD_DY"])
    (('dod',), ('DOD_YR', 'DOD_MO', 'DOD_DY'))
    """
    return (theirs,) if isinstance(theirs, str) else tuple(theirs)


def shown_name(theirs: ColumnName) -> str:
    """The source columns mapped to one of ours, formatted for a message."""
    return " + ".join(each_name(theirs))


def _check_parts(source: Source, ours: str, theirs: ColumnName) -> None:
    """Refuse a list of columns that is not the year, month, and day of a date."""
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
            f"{source.name}: {ours} is mapped to {len(names)} columns. Name the columns of its year, month, and day, in"
            f" this order: {example}. The day may be left out."
        )
    if ours in source.reading.dates:
        raise InputError(
            f"{source.name}: {ours} is mapped to columns of its year, month, and day, so it needs no form. Remove it"
            " from dates."
        )


def columns_called(names: Iterable[str], found: Sequence[str]) -> list[str]:
    """The columns with these names, ignoring case, blanks, and punctuation.

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
    """The columns indexed by lower-case name, and by name without blanks and punctuation."""
    small: dict[str, list[str]] = {}
    bare: dict[str, list[str]] = {}
    for column in found:
        small.setdefault(column.lower(), []).append(column)
        bare.setdefault(letters(column), []).append(column)
    return small, bare


def _one_column(found: list[str]) -> str:
    return (
        ' There is only one column. If the delimiter is different, declare it: delimiter = ";".'
        if len(found) == 1
        else ""
    )
