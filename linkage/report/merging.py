"""Merge very small groups of patients before numbers are withheld.

If the numbers of a small group are withheld, numbers of other groups must be withheld too, so that they do not reveal
them. So small groups of a variable are merged first, in the same way for all tables.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from linkage.evaluation.subgroups import NOT_KNOWN

if TYPE_CHECKING:
    import pandas

Steps = list[list[str]]


def merged_groups(counts: "pandas.DataFrame", smallest: int, *, is_ordered: bool = False) -> dict[str, str]:
    """The new name of each group of a variable after small groups are merged.

    `counts` has one row per group, in order, and one column per number that is the denominator of a rate, such as
    patients and deaths in the registry. A group is small if one of these is 1 to `smallest` - 1. For an ordered
    variable (such as age), a small group is merged with the smaller of its neighbors, except for "not known". The small
    groups of other variables are merged with each other; if the result is still small, the next smallest group is
    added, first of all a group called "other". At least two groups remain.

    >>> import pandas
    >>> counts = pandas.DataFrame({"patients": [4, 9, 60, 300]}, index=["A", "B", "C", "D"])
    >>> merged_groups(counts, 11)
    {'A': 'A or B', 'B': 'A or B', 'C': 'C', 'D': 'D'}
    >>> merged_groups(counts, 20)["C"]
    'other (3 groups)'
    >>> ages = pandas.DataFrame({"patients": [4, 20, 90]}, index=["0-17", "18-44", "45-64"])
    >>> merged_groups(ages, 11, is_ordered=True)
    {'0-17': '0-17 or 18-44', '18-44': '0-17 or 18-44', '45-64': '45-64'}
    """
    names = [str(name) for name in counts.index]
    size = {name: [int(number) for number in row] for name, row in zip(names, counts.to_numpy(), strict=True)}
    steps: Steps = [[name] for name in names]
    if is_ordered:
        _join_neighbors(steps, size, smallest)
    _join_rest(steps, size, smallest)
    called = {name: _called(step, names) for step in steps for name in step}
    return {name: called[name] for name in names}


def _total(step: Sequence[str], size: Mapping[str, list[int]]) -> list[int]:
    return [sum(numbers) for numbers in zip(*(size[name] for name in step), strict=True)]


def _is_tiny(step: Sequence[str], size: Mapping[str, list[int]], smallest: int) -> bool:
    return any(0 < number < smallest for number in _total(step, size))


def _join_neighbors(steps: Steps, size: Mapping[str, list[int]], smallest: int) -> None:
    while True:
        known = [step for step in steps if step != [NOT_KNOWN]]
        tiny = [step for step in known if _is_tiny(step, size, smallest)]
        if not tiny or len(known) < 3:
            return
        place = known.index(tiny[0])
        near = [known[n] for n in (place - 1, place + 1) if 0 <= n < len(known)]
        other = min(near, key=lambda step: _total(step, size))
        first, second = sorted((tiny[0], other), key=known.index)
        first += second
        steps.remove(second)


def _join_rest(steps: Steps, size: Mapping[str, list[int]], smallest: int) -> None:
    tiny = [step for step in steps if _is_tiny(step, size, smallest)]
    if not tiny:
        return
    together = [name for step in tiny for name in step]
    rest = [step for step in steps if step not in tiny]
    rest.sort(key=lambda step: (step[0].casefold() != "other", _total(step, size)))
    while len(rest) > 1 and (_is_tiny(together, size, smallest)):
        together += rest.pop(0)
    if len(rest) >= 1:
        kept = [step for step in steps if step in rest]
        order = {name: n for n, name in enumerate(size)}
        steps[:] = [*kept, sorted(together, key=order.__getitem__)]


def _called(step: Sequence[str], names: Sequence[str]) -> str:
    if len(step) <= 2:
        return " or ".join(step)
    name = f"other ({len(step)} groups)"
    while name in names:
        name = f"merged: {name}"
    return name
