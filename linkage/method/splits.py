"""Pigeonhole principle: replace a fuzzy comparison by a few exact joins.

Each measure below comes with a lemma: two values that are equal, or within its limit, agree exactly on at least one of
the listed parts. Joins on each part therefore find every pair that the measure accepts, at the cost of exact joins. The
measure is still evaluated on every pair found.

Based on the filter-and-verify family of similarity joins (Gravano et al., VLDB 2001).
"""

from linkage.method.columns import column
from linkage.rules.cascade import EXACT, Field, Level, Line

Equality = tuple[str, str]
"""An expression of the patient and one of the death that must be equal."""
Split = frozenset[Equality]


def splits_of(field: Field, levels: tuple[str, ...]) -> set[Split] | None:
    """The exact joins that together find every pair of a condition, or None if there are none.

    >>> from linkage.rules.cascade import Field, Level, Line
    >>> field = Field("birth_date", (Level("similar", (Line("year_off_by_one"),)),))
    >>> splits_of(field, ("similar",)) == {frozenset({_piece("birth_date", 5, 2), _piece("birth_date", 7, 2)})}
    True
    >>> splits_of(field, ("exact", "similar")) == splits_of(field, ("similar",))
    True
    >>> splits_of(field, ("similar", "not_known")) is None
    True
    """
    chosen: list[Level] = []
    # A named level is also met by exact agreement.
    for level in [level for level in levels if level != EXACT] or levels:
        found = [candidate for candidate in field.levels if candidate.name == level]
        if not found:  # exact alone is its own join, and unknown values cannot be joined
            return None
        chosen += found
    splits: set[Split] = set()
    for line in (line for level in chosen for line in level.lines):
        pieces = _pieces(field, line)
        if pieces is None:
            return None
        splits |= pieces
    return {split for split in splits if not any(other < split for other in splits)}


def _piece(name: str, start: int, length: int, death_start: int | None = None) -> Equality:
    patient, death = column("patient", name), column("death", name)
    return (
        f"substr({patient}, {start}, {length})",
        f"substr({death}, {start if death_start is None else death_start}, {length})",
    )


def _pieces(field: Field, line: Line) -> set[Split] | None:
    if field.kind == "date":
        return _date_pieces(field.name, line)
    if field.kind == "ssn":
        return _number_pieces(field.name, line)
    return None


def _date_pieces(name: str, line: Line) -> set[Split] | None:
    year, month, day = _piece(name, 1, 4), _piece(name, 5, 2), _piece(name, 7, 2)
    same_year, same_day_of_year = frozenset({year}), frozenset({month, day})
    if line.measure == "digits_changed" and line.limit is not None and line.limit < 2:
        # One changed digit affects either the year, or month and day, but not both.
        return {same_year, same_day_of_year}
    if line.measure == "digits_changed" and line.limit is not None and line.limit < 3:
        return {same_year, frozenset({month}), frozenset({day})}
    if line.measure == "digits_transposed":
        # Two adjacent digits are both in the year, both after it, or on either side of its end.
        return {same_year, same_day_of_year, frozenset({_piece(name, 1, 3), _piece(name, 6, 1), day})}
    if line.measure in ("day_and_month_swapped", "default_date"):
        return {same_year}
    if line.measure in ("year_off_by_one", "year_off_by_ten"):
        return {same_day_of_year}
    if line.measure == "same_year_and_month":
        return {frozenset({_piece(f"{name}_partial", 1, 6)})}
    if line.measure == "parts_agree" and line.limit is not None and line.limit > 0:
        return {frozenset({_piece(f"{name}_partial", 1, 4 if line.limit <= 1 else 6)})}
    return None


def _number_pieces(name: str, line: Line) -> set[Split] | None:
    if line.measure == "last_four":
        pieces = column("patient", f"{name}_last_four"), column("death", f"{name}_last_four")
        return {frozenset({pieces})}
    first, middle, last = (_piece(name, start, 3) for start in (1, 4, 7))
    if line.measure == "digits_transposed":
        # Two adjacent digits affect at most two of the three parts.
        return {frozenset({first}), frozenset({middle}), frozenset({last})}
    if line.measure not in ("levenshtein_distance", "digits_changed") or line.limit is None or line.limit >= 3:
        return None
    whole = {frozenset({first}), frozenset({middle}), frozenset({last})}
    if line.measure == "digits_changed":
        return whole  # at most two changed digits affect at most two of three parts
    # The numbers are equally long, so one edit is a changed digit, and two edits are two changed digits or a deletion
    # with an insertion. The digits between these two are shifted by one place: if the two are in the outer parts, the
    # middle part is unchanged but one place to the left or right.
    shifted = {frozenset({_piece(name, 4, 3, death_start=start)}) for start in (3, 5)}
    return whole | shifted
