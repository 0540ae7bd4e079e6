"""Slips in Social Security numbers and in the recorded sex.

The leading 9 is never changed: an error must not turn a number that was never issued into a real person's number.
"""

import numpy as np

from synthetic.chance import Bools, Ints
from synthetic.names import Texts
from synthetic.slips.letters import letters_of, texts_of
from synthetic.slips.records import Dice, Record

# Numbers that clerks enter for "not known"; none belongs to a single person.
DUMMIES = ("000000000", "999999999", "123456789", "111111111", "078051120", "219099999", "888888888", "987654321")


def ssn_text(numbers: Ints) -> Texts:
    """Numbers as text of nine digits; empty for people without a number."""
    return np.where(numbers > 0, numbers.astype("U9"), "").astype(object)


def has_ssn(record: Record, field: str) -> Bools:
    """Records with a number of nine digits that starts with 9."""
    texts = record.text("ssn").astype("U11")
    nine = (np.char.str_len(texts) == 9) & np.char.startswith(texts, "9")
    return np.asarray(nine & ~np.isin(texts, DUMMIES))


def ssn_dummy(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """A well-known dummy number."""
    return {"ssn": np.array(DUMMIES, dtype=object)[dice.whole("which", len(DUMMIES))]}


def ssn_of_relative(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The number of a spouse or parent, as insurers record it."""
    return {"ssn": ssn_text(record.person("relative_ssn"))}


def ssn_digit_changed(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """One digit is changed; clerks also do this on purpose to pass a check for duplicates."""
    table, _ = letters_of(record.text("ssn"))
    rows, place = np.arange(len(table)), 1 + dice.whole("place", 8)
    digit = table[rows, place].astype(np.int64) - ord("0")
    table[rows, place] = ord("0") + (digit + 1 + dice.whole("digit", 9)) % 10
    return {"ssn": texts_of(table)}


def ssn_digits_swapped(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """Two adjacent digits are transposed."""
    table, _ = letters_of(record.text("ssn"))
    rows, place = np.arange(len(table)), 1 + dice.whole("place", 7)
    table[rows, place], table[rows, place + 1] = table[rows, place + 1].copy(), table[rows, place].copy()
    return {"ssn": texts_of(table)}


def ssn_last_four(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """Only the last four digits are recorded."""
    table, _ = letters_of(record.text("ssn"))
    return {"ssn": texts_of(table[:, 5:9])}


def ssn_dashes(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """Written 912-34-5678."""
    digits = record.text("ssn").astype("U9").view("U1").reshape(-1, 9).astype(object)
    parts = [digits[:, :3].sum(axis=1), digits[:, 3:5].sum(axis=1), digits[:, 5:].sum(axis=1)]
    return {"ssn": parts[0] + "-" + parts[1] + "-" + parts[2]}


def sex_wrong(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The other sex is recorded."""
    return {"sex": np.where(record.text("sex") == "F", "M", "F").astype(object)}
