"""Simulated clerical errors (slips), in the order in which they are applied to a record.

First come errors about a person's name, then writing errors, then those of forms and systems. Each is a
small function; its frequency is in `profiles/*.toml`, by file and field.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synthetic.chance import Bools
from synthetic.names import Texts
from synthetic.slips import dates, identity, letters, numbers
from synthetic.slips.records import Dice, Record


def anyone(record: Record, field: str) -> Bools:
    """Records in which the field is not empty.

    >>> record = Record({"suffix": np.array(["JR", ""])}, people=None, rows=np.arange(2))
    >>> anyone(record, "suffix").tolist()
    [True, False]
    """
    return np.asarray(record.text(field) != "")


def longer_than_two(record: Record, field: str) -> Bools:
    """Names long enough to be misspelled.

    >>> record = Record({"last_name": np.array(["LEE", "NG"])}, people=None, rows=np.arange(2))
    >>> longer_than_two(record, "last_name").tolist()
    [True, False]
    """
    return np.asarray(np.char.str_len(record.text(field).astype("U3")) > 2)


@dataclass(frozen=True)
class Slip:
    """One kind of error by which a record differs from the truth.

    `act` returns the new values of the fields that the slip changes, and `possible` says which records can have it.

    >>> [slip.name for slip in SLIPS if slip.possible is numbers.has_ssn][:2]
    ['ssn_of_relative', 'ssn_digit_changed']
    """

    name: str
    act: Callable[[Record, str, Dice], dict[str, Texts]]
    possible: Callable[[Record, str], Bools] = anyone


SLIPS: tuple[Slip, ...] = (
    Slip("married_since", identity.married_since, identity.women),
    Slip("maiden_name", identity.maiden_name, identity.changed_name),
    Slip("former_name_unknown", identity.emptied),
    Slip("middle_as_first", identity.middle_as_first, identity.has_middle_name),
    Slip("middle_dropped", identity.emptied),
    Slip("middle_initial", identity.initial_only),
    Slip("nickname", identity.nickname, identity.has_nickname),
    Slip("initial_only", identity.initial_only),
    Slip("part_dropped", identity.part_dropped, identity.two_part),
    Slip("parts_reversed", identity.parts_reversed, identity.two_part),
    Slip("particle", identity.particle, identity.has_particle),
    Slip("sounds_alike", letters.sounds_alike, longer_than_two),
    Slip("letter_changed", letters.letter_changed, longer_than_two),
    Slip("letter_dropped", letters.letter_dropped, longer_than_two),
    Slip("letter_doubled", letters.letter_doubled, longer_than_two),
    Slip("letters_swapped", letters.letters_swapped, longer_than_two),
    Slip("names_swapped", identity.names_swapped),
    Slip("suffix_dropped", identity.emptied, identity.has_suffix),
    Slip("suffix_in_last_name", identity.suffix_in_last_name, identity.has_suffix),
    Slip("title", identity.title),
    Slip("accents", letters.accents, identity.spanish),
    Slip("truncated", letters.truncated),
    Slip("small_letters", letters.small_letters),
    Slip("name_placeholder", identity.name_placeholder),
    Slip("unnamed_infant", identity.unnamed_infant),
    Slip("ssn_of_relative", numbers.ssn_of_relative, numbers.has_ssn),
    Slip("ssn_digit_changed", numbers.ssn_digit_changed, numbers.has_ssn),
    Slip("ssn_digits_swapped", numbers.ssn_digits_swapped, numbers.has_ssn),
    Slip("ssn_last_four", numbers.ssn_last_four, numbers.has_ssn),
    Slip("ssn_dashes", numbers.ssn_dashes, numbers.has_ssn),
    Slip("ssn_dummy", numbers.ssn_dummy),
    Slip("ssn_missing", identity.emptied),
    Slip("day_and_month_swapped", dates.day_and_month_swapped, dates.can_swap),
    Slip("date_digit_changed", dates.date_digit_changed, dates.is_date),
    Slip("date_digits_swapped", dates.date_digits_swapped, dates.is_date),
    Slip("day_off_by_one", dates.day_off_by_one, dates.is_date),
    Slip("year_off_by_one", dates.year_off_by_one, dates.is_date),
    Slip("year_off_by_ten", dates.year_off_by_ten, dates.is_date),
    Slip("default_date", dates.default_date, dates.is_date),
    Slip("partial_date", dates.partial_date, dates.is_date),
    Slip("date_missing", identity.emptied),
    Slip("sex_wrong", numbers.sex_wrong),
)
