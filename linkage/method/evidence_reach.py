"""Which patterns of agreement imply a blocking key, and how probable the other patterns are among pairs of one person.

Pairs of one person that share no key are not compared. A model fitted to the compared pairs as if they were all pairs
would find that the fields of the keys hardly ever disagree, so an error in one of them would weigh too much.
`evidence_model` therefore counts only patterns that imply a key, and adds the expected number of pairs with the other
patterns: expectation-maximization for truncated data (Dempster, Laird and Rubin 1977, section 4.2).

Pure, like `evidence_model`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from linkage.method.evidence_levels import EITHER_ORDER, IMPLIED_PARTS, NAMES, Weighed
from linkage.rules.cascade import Cascade, Field

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
NOT_KNOWN, OTHER, REPLACED = -1, -2, -3
"""In patterns of the fields of the keys: a value that is not known, any level without its own pattern, and a name for
which the level of the full name stands."""
Agreement = tuple[tuple[int, int], ...]
"""Fields, by position, each with the level that it must have."""
Part = tuple[Agreement, ...]
"""One part of a key, such as the last name: each agreement of which it follows."""


@dataclass(frozen=True)
class KeyReach:
    """What the blocking keys are certain to find.

    `patterns` are all patterns of the fields of the keys, with a row each and a column per weighed field; other fields
    are `NOT_KNOWN`. Only the full name and partial dates have their own levels; those of another field that are not
    exact are one, `OTHER`, so that there are few patterns whatever the rule file. `is_met` marks those that imply a
    key. `columns` are the positions of the fields of the keys. `known` is, by field, the share of pairs in which both
    values are known.
    """

    keys: tuple[tuple[Part, ...], ...]
    columns: tuple[int, ...]
    patterns: Whole
    is_met: Flags
    known: Floats

    def meets(self, levels: Whole) -> Flags:
        """Whether each pattern implies a key."""
        return _meets(self.keys, levels)

    def of_no_key(self) -> "KeyReach":
        """The same patterns, none of which implies a key."""
        return replace(self, keys=(), is_met=np.zeros(len(self.patterns), dtype=np.bool_))

    def probabilities(self, fields: Sequence[Weighed], m: Mapping[str, Floats]) -> Floats:
        """The probability of each of `patterns` among pairs of one person, by the levels' probabilities `m`."""
        chance = np.ones(len(self.patterns))
        for n in self.columns:
            field, known = fields[n], self.known[n]
            of_level = m[field.name]
            if field.name != "full_name":
                other = 1 - of_level[field.as_known].sum()
                of_level = np.concatenate([known * of_level, [known, known * other, 1 - known]])
            chance *= of_level[self.patterns[:, n]]
        return np.asarray(chance / chance.sum())

    def by_level(self, n: int, field: Weighed, pairs: Floats, m: Floats) -> Floats:
        """The pairs at each level of a field, from the pairs with each of `patterns`."""
        found = np.bincount(self.patterns[:, n] - REPLACED, pairs, len(m) - REPLACED)
        others = m.copy()
        others[field.as_known] = 0.0
        return np.asarray(found[-REPLACED:] + found[OTHER - REPLACED] * others / max(float(others.sum()), 1e-300))


def reach_of(cascade: Cascade, fields: Sequence[Weighed], keys: Sequence[tuple[str, ...]], known: Floats) -> KeyReach:
    """What these keys are certain to find. `known` is the share of pairs in which both values of a field are known.

    >>> from linkage.method.evidence_levels import weighed_fields
    >>> from linkage.rules.file import read_rules
    >>> cascade = read_rules("mimic_iv")
    >>> fields = weighed_fields(cascade)
    >>> reach = reach_of(cascade, fields, [("last_name", "birth_date")], np.ones(len(fields)))
    >>> last, born = ([field.name for field in fields].index(name) for name in ("last_name", "birth_date"))
    >>> reach.patterns[reach.is_met][:, [last, born]].tolist()
    [[0, 0]]
    """
    place = {field.name: n for n, field in enumerate(fields)}
    parts = tuple(tuple(_part(name, cascade.fields, fields) for name in key) for key in keys)
    columns = _columns_of(parts, place)
    patterns = np.array(list(_patterns(fields, place, columns)), dtype=np.int64).reshape(-1, len(fields))
    return KeyReach(parts, columns, patterns, _meets(parts, patterns), known)


def _part(name: str, by_name: Mapping[str, Field], fields: Sequence[Weighed]) -> Part:
    place = {field.name: n for n, field in enumerate(fields)}
    agreements: list[Agreement] = [tuple((place[field], 0) for field in _fields_of(name, place))]
    agreements += [((n, level),) for n, field in enumerate(fields) for level, agree in field.partial if name in agree]
    if "full_name" in place:
        for n, level in enumerate(by_name["full_name"].levels, start=1):
            if all(name in IMPLIED_PARTS.get(line.measure, ()) for line in level.lines):
                agreements.append(((place["full_name"], n),))
    return tuple(agreements)


def _fields_of(part: str, place: Mapping[str, int]) -> tuple[str, ...]:
    """The fields whose exact agreement implies that of a part of a key.

    >>> _fields_of("ssn_last_four", {"ssn": 0}), _fields_of("birth_year", {"birth_date": 0})
    (('ssn',), ('birth_date',))
    """
    if part in EITHER_ORDER:
        return ("first_name", "last_name")
    if part.startswith("birth_"):
        return ("birth_date",)
    return (max((name for name in place if part.startswith(name)), key=len),)


def _columns_of(parts: Sequence[Sequence[Part]], place: Mapping[str, int]) -> tuple[int, ...]:
    """The positions of the fields of the keys, and of the full name if its level can stand for those of names."""
    used = {n for key in parts for part in key for agreement in part for n, _ in agreement}
    if "full_name" in place and any(place[name] in used for name in NAMES):
        used.add(place["full_name"])
    return tuple(sorted(used))


def _patterns(fields: Sequence[Weighed], place: Mapping[str, int], columns: Sequence[int]) -> Iterator[list[int]]:
    names = {place[name] for name in NAMES}
    full = place.get("full_name")
    choices = (range(len(fields[n].levels)) if n == full else (NOT_KNOWN, OTHER, *fields[n].as_known) for n in columns)
    for chosen in product(*choices):
        row = [NOT_KNOWN] * len(fields)
        for n, level in zip(columns, chosen, strict=True):
            row[n] = level
        if full is None or row[full] <= 0:
            yield row
        elif all(row[n] == NOT_KNOWN for n in names):  # one row, whatever the levels of the names
            yield [REPLACED if n in names else level for n, level in enumerate(row)]


def _meets(keys: tuple[tuple[Part, ...], ...], levels: Whole) -> Flags:
    met = np.zeros(len(levels), dtype=np.bool_)
    for key in keys:
        agrees = np.ones(len(levels), dtype=np.bool_)
        for part in key:
            agrees &= np.logical_or.reduce([_agrees(agreement, levels) for agreement in part])
        met |= agrees
    return met


def _agrees(agreement: Agreement, levels: Whole) -> Flags:
    return np.asarray(np.logical_and.reduce([levels[:, n] == level for n, level in agreement]))
