"""Which patterns imply a blocking key, in the reference engine: pattern by pattern in plain Python.

It shares with the fast engines only the table of what a measure of the full name implies.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from linkage.method.evidence_levels import EITHER_ORDER, IMPLIED_PARTS, LEAST_REACH, NAMES
from linkage.reference.evidence_levels import Levels, PairLevels

Key = tuple[str, ...]
Missed = list[tuple[Levels, float]]
OTHER = -2
"""The level that stands for every level of a field without patterns of its own: all but exact agreement and the levels
of partial dates."""


class KeyReach:
    """The blocking keys, and the patterns of agreement that imply one of them."""

    def __init__(self, levels: PairLevels, keys: Sequence[Key], known: Mapping[str, float]) -> None:
        self.levels, self.keys, self.known = levels, keys, known
        full = levels.cascade.fields["full_name"].levels if "full_name" in levels.place else ()
        self.implied = [
            {part for part in EITHER_ORDER + _LAST_NAME if all(part in IMPLIED_PARTS.get(x.measure, ()) for x in lines)}
            for lines in (level.lines for level in full)
        ]
        self.fields = self._fields()
        self.patterns = list(self._patterns())
        self.is_found = [self.finds(pattern) for pattern in self.patterns]

    def _fields(self) -> list[str]:
        used = {name for key in self.keys for part in key for name in self._needed(part)}
        if self.implied and used & {*NAMES, "full_name"}:
            used.add("full_name")
        return [name for name in self.levels.place if name in used]

    def _needed(self, part: str) -> list[str]:
        if part in EITHER_ORDER:
            return [NAMES[0], NAMES[-1]]
        if part.startswith("birth"):
            return ["birth_date"]
        for name in ("first_name", "middle_name", "last_name", "ssn"):
            if part.startswith(name):
                return [name]
        return [part]

    def finds(self, pattern: Levels) -> bool:
        """Whether a pattern implies a key."""
        return any(all(self._agrees(part, pattern) for part in key) for key in self.keys)

    def _agrees(self, part: str, pattern: Levels) -> bool:
        place = self.levels.place
        swapped = pattern[place["full_name"]] if "full_name" in place else None
        if swapped and part in self.implied[swapped - 1]:
            return True
        return all(pattern[place[name]] == 0 for name in self._needed(part)) or self._agrees_in_part(part, pattern)

    def _agrees_in_part(self, part: str, pattern: Levels) -> bool:
        """Whether a part of a key follows from the level of partial birth dates."""
        level = pattern[self.levels.place["birth_date"]] if "birth_date" in self.levels.place else None
        return level is not None and part in self._partial("birth_date").get(level, ())

    def _partial(self, name: str) -> dict[int, tuple[str, ...]]:
        """The levels of partial values of a field, each with the parts of keys that then agree."""
        return dict(self.levels.fields[self.levels.place[name]].partial)

    def missed(self, found: float, m: Mapping[str, Sequence[float]]) -> tuple[float, Missed]:
        """The number of all pairs of one person if the keys find so many of them, and the expected number of pairs of
        each pattern that implies no key."""
        chances = [self._chance(pattern, m) for pattern in self.patterns]
        if not any(self.is_found):
            return found, []
        of_keys = sum(one for one, is_found in zip(chances, self.is_found, strict=True) if is_found)
        by_key = max(of_keys / sum(chances), LEAST_REACH)
        missed = found / by_key - found
        total = max(sum(chances) - of_keys, 1e-300)
        both = zip(self.patterns, chances, self.is_found, strict=True)
        return found + missed, [(one, missed * chance / total) for one, chance, is_found in both if not is_found]

    def _chance(self, pattern: Levels, m: Mapping[str, Sequence[float]]) -> float:
        """The probability of a pattern, before normalization."""
        chance, place = 1.0, self.levels.place
        for name in self.fields:
            level, known = pattern[place[name]], self.known[name]
            if name == "full_name":
                chance *= m[name][level or 0]
            elif level is None:
                chance *= known if name in NAMES and self._is_swapped(pattern) else 1 - known
            else:
                own = m[name][0] + sum(m[name][partial] for partial in self._partial(name))
                chance *= known * (1 - own if level == OTHER else m[name][level])
        return chance

    def _is_swapped(self, pattern: Levels) -> bool:
        return "full_name" in self.levels.place and bool(pattern[self.levels.place["full_name"]])

    def _patterns(self) -> Iterator[Levels]:
        """All patterns of the fields of the keys. Levels without their own patterns are one."""
        choices: list[Sequence[int | None]] = []
        for name in self.levels.place:
            if name not in self.fields:
                choices.append([None])
            else:
                own = [None, 0, *self._partial(name), OTHER]
                choices.append(range(len(self.implied) + 1) if name == "full_name" else own)
        for pattern in product(*choices):
            names = (pattern[self.levels.place[name]] for name in NAMES)
            if not self._is_swapped(pattern) or all(level is None for level in names):
                yield pattern


_LAST_NAME = ("last_name", "last_name_sound", "last_name_initial")
