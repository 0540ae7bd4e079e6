"""What looks wrong in the letters of names: a file whose encoding was mistaken, so that names have other letters."""

from collections.abc import Mapping, Sequence

from linkage.method.columns import SIDES
from linkage.method.records import Loaded
from linkage.method.standardize.value_signs import NAMES
from linkage.printing import agreeing, counted
from linkage.sources.column_names import shown_name
from linkage.values.damaged_letters import LOST, MARKS, TWICE

_AT_LEAST = {TWICE: 1, LOST: 1, MARKS: 3}
"""From how many rows on damage is reported: a question mark can be one clerk's doubt."""
_WHAT = {
    TWICE: (
        "letters such as Ã± for ñ. UTF-8 was read as cp1252 or Latin-1, here or when the file was made",
        "If the file is UTF-8, declare no other encoding; otherwise export it again as UTF-8.",
    ),
    LOST: (
        "the sign that replaces a letter which could not be read (U+FFFD). The letters are lost",
        "Export the file again as UTF-8, and declare its encoding if it has another.",
    ),
    MARKS: (
        "a question mark between two letters, or a sign that UTF-8 has if it is read as cp1252. Letters such as ñ seem"
        " to be lost",
        "Export the file again as UTF-8.",
    ),
}


def concerns_of_letters(loaded: Sequence[Loaded], damaged: Mapping[str, Mapping[str, Mapping[str, int]]]) -> list[str]:
    """The concerns about each column of names, from the number of rows by side, column and kind of damage."""
    return [
        f"{one.name}, {shown_name(one.columns[name])} (read as {name}): {counted(number, 'name')}"
        f" {agreeing(number, 'has', 'have')} {_WHAT[kind][0]}, so"
        f" {agreeing(number, 'it differs', 'they differ')} from the same {agreeing(number, 'name', 'names')} in other"
        f" files. {_WHAT[kind][1]}"
        for side, one in zip(SIDES, loaded, strict=False)
        for name in NAMES
        for kind, least in _AT_LEAST.items()
        if (number := damaged.get(side, {}).get(name, {}).get(kind, 0)) >= least and name in one.columns
    ]
