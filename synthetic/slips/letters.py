"""Typing and hearing errors: one letter or sound of a name is wrong.

Names are arrays of text and are processed as tables of letters, one row per name, so that no slip needs a loop
over rows.
"""

import numpy as np
import numpy.typing as npt

from synthetic.chance import Ints
from synthetic.names import Texts
from synthetic.slips.records import Dice, Record

Letters = npt.NDArray[np.uint32]
_A = ord("A")

# Spellings that sound alike in English; either can replace the other.
_SOUNDS = (
    ("PH", "F"), ("CK", "K"), ("CH", "K"), ("TH", "T"), ("EE", "EA"), ("EI", "IE"), ("LL", "L"), ("NN", "N"),
    ("TT", "T"), ("SS", "S"), ("RR", "R"), ("Y", "I"), ("C", "K"), ("S", "Z"), ("IE", "Y"), ("AI", "AY"),
    ("OU", "OO"), ("AU", "AW"), ("GH", "G"), ("QU", "KW"), ("X", "KS"), ("V", "W"),
)  # fmt: skip


def letters_of(texts: Texts, *, spare: int = 0) -> tuple[Letters, Ints]:
    """A table of letters, with `spare` empty columns at the right, and the length of each text."""
    fixed = texts.astype("U")
    width = max(fixed.dtype.itemsize // 4, 1)
    table = fixed.astype(f"U{width + spare}").view(np.uint32).reshape(len(texts), width + spare)
    return table.copy(), (table != 0).sum(axis=1)


def texts_of(table: Letters) -> Texts:
    """Texts from a table of letters.

    >>> import numpy as np
    >>> table, lengths = letters_of(np.array(["ANN", "BO"], dtype=object))
    >>> texts_of(table).tolist(), lengths.tolist()
    (['ANN', 'BO'], [3, 2])
    """
    return np.ascontiguousarray(table).view(f"U{table.shape[1]}").ravel().astype(object)


def replaced(texts: npt.NDArray[np.str_], old: str, new: str) -> Texts:
    """Texts with the first `old` replaced. An empty array is returned unchanged, because numpy fails on it."""
    return np.char.replace(texts, old, new, count=1).astype(object) if len(texts) else texts.astype(object)


def _place(dice: Dice, lengths: Ints) -> Ints:
    """A random position in each name; the first letter is rarely chosen."""
    first = dice.uniform("first") < 0.05
    return np.where(first, 0, 1 + dice.whole("place", np.maximum(lengths - 1, 1))).clip(0, np.maximum(lengths - 1, 0))


def letter_changed(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """One letter becomes another."""
    table, lengths = letters_of(record.text(field))
    rows, place = np.arange(len(table)), _place(dice, lengths)
    shift = 1 + dice.whole("letter", 25)
    table[rows, place] = _A + (table[rows, place].astype(np.int64) - _A + shift) % 26
    return {field: texts_of(table)}


def letter_dropped(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """One letter is left out."""
    table, lengths = letters_of(record.text(field), spare=1)
    columns = np.arange(table.shape[1] - 1)
    source = columns + (columns >= _place(dice, lengths)[:, None])
    return {field: texts_of(np.take_along_axis(table, source, axis=1))}


def letter_doubled(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """One letter is typed twice."""
    table, lengths = letters_of(record.text(field), spare=1)
    columns = np.arange(table.shape[1])
    source = columns - (columns > _place(dice, lengths)[:, None])
    return {field: texts_of(np.take_along_axis(table, source, axis=1))}


def letters_swapped(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """Two adjacent letters are transposed."""
    table, lengths = letters_of(record.text(field))
    rows, place = np.arange(len(table)), np.minimum(_place(dice, lengths), np.maximum(lengths - 2, 0))
    after = np.minimum(place + 1, table.shape[1] - 1)
    table[rows, place], table[rows, after] = table[rows, after].copy(), table[rows, place].copy()
    return {field: texts_of(table)}


def sounds_alike(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """One sound is spelled another way; names without any of the listed sounds are not changed."""
    texts = record.text(field).astype("U")
    both = [*_SOUNDS, *((second, first) for first, second in _SOUNDS)]
    found = np.stack([np.char.find(texts, heard) >= 0 for heard, _ in both], axis=1)
    order = dice.matrix("sound", len(both)) * found
    chosen = order.argmax(axis=1)
    result = record.text(field).copy()
    for number, (heard, written) in enumerate(both):
        rows = np.flatnonzero((chosen == number) & found[:, number])
        result[rows] = replaced(texts[rows], heard, written)
    return {field: result}


def accents(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """One vowel, or the N of a Spanish name, has its accent."""
    texts = record.text(field).astype("U")
    plain, accented = ("E", "A", "I", "O", "N"), ("É", "Á", "Í", "Ó", "Ñ")
    chosen = dice.whole("letter", len(plain))
    result = record.text(field).copy()
    for number, (letter, written) in enumerate(zip(plain, accented, strict=True)):
        rows = np.flatnonzero(chosen == number)
        result[rows] = replaced(texts[rows], letter, written)
    return {field: result}


def truncated(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """Long names are truncated: old systems store 15 letters of a first name and 20 of a last name."""
    return {field: record.text(field).astype("U20" if field == "last_name" else "U15").astype(object)}


def small_letters(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """Smith or smith instead of SMITH."""
    texts = record.text(field).astype("U")
    return {field: np.where(dice.uniform("all") < 0.3, np.char.lower(texts), np.char.title(texts)).astype(object)}
