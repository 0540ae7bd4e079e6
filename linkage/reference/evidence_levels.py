"""The agreement of a pair as levels of the weighed fields, in the reference engine."""

from linkage.method.evidence_levels import (
    NAMES,
    Weighed,
    weighed_fields,
)
from linkage.reference.cascade import Vector, closeness
from linkage.rules.cascade import Cascade

Levels = tuple[int | None, ...]


class PairLevels:
    """Computes the agreement of pairs as levels of the weighed fields; None if a field is not known."""

    def __init__(self, cascade: Cascade) -> None:
        self.cascade = cascade
        self.fields = weighed_fields(cascade)
        self.place = {field.name: n for n, field in enumerate(self.fields)}

    def __call__(self, vector: Vector) -> Levels:
        """The levels of a pair. If first and last name are swapped, only the full name is weighed, not its parts."""
        found = {field.name: self._level(field, vector) for field in self.fields}
        if "full_name" in found:
            if self._is_replaced(vector):
                found |= dict.fromkeys(NAMES, None)
            else:
                found["full_name"] = 0
        return tuple(found.values())

    def _level(self, field: Weighed, vector: Vector) -> int | None:
        number = self._number(field.name, vector)
        named = len(self.cascade.fields[field.name].levels)
        if number == named + 1:
            return None
        return number if number <= named else len(field.levels) - 1

    def _number(self, name: str, vector: Vector) -> int:
        return closeness(self.cascade.fields[name], vector) // 10_000_000

    def _is_replaced(self, vector: Vector) -> bool:
        named = len(self.cascade.fields["full_name"].levels)
        if not 1 <= self._number("full_name", vector) <= named:
            return False
        close = (self._number(n, vector) <= min(1, len(self.cascade.fields[n].levels)) for n in NAMES[::2])
        return not all(close)


def levels_complete(found: Levels, levels: PairLevels) -> bool:
    """Whether both names agree (exactly or at the first level), and the birth date or the SSN exactly."""
    names = (found[levels.place[name]] for name in NAMES[::2])
    return all(level in (0, 1) for level in names) and 0 in (found[levels.place[n]] for n in ("birth_date", "ssn"))
