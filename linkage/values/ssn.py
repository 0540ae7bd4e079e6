"""Social security numbers: digits only, and only numbers that can belong to one person.

A number that could never be issued, a well-known dummy or a number of the wrong length is not
known; it must be gone before blocking, or it would join strangers. Many dummies are well formed,
so the list in `rules/placeholders.toml` and the count of people who carry a number matter more
than the structure.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

LONGEST = 15
"""Digits of the longest number that a rule file may ask for; Spark compares them place by place."""

ZEROS_LOST = "7 or 8 digits"
"""Why a number is not known that may have lost its leading zeros to a spreadsheet."""

_ROUNDED = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SsnPolicy:
    """What a rule file says about numbers.

    `digits` is the length of a number (9; another length switches the checks of structure off).
    `keep_taxpayer_numbers` keeps 900-999, which are issued to taxpayers without an SSN.
    `people_at_most` is how many different people (last name and birth date) may carry a number,
    in both files together, before it counts as a dummy.
    """

    digits: int = 9
    keep_taxpayer_numbers: bool = True
    people_at_most: int = 5


@dataclass(frozen=True, slots=True)
class Ssn:
    """A standardised number: all digits, or only its last four, or neither, and why."""

    ssn: str | None
    last_four: str | None = None
    note: str | None = None


def standard_ssn(
    text: str | None, dummies: Collection[str] = (), policy: SsnPolicy = SsnPolicy(), restore_zeros: bool = False
) -> Ssn:
    """Standardise one number. `restore_zeros` puts back one or two leading zeros that a spreadsheet took away.

    >>> standard_ssn("912-34-5678")
    Ssn(ssn='912345678', last_four='5678', note=None)
    >>> standard_ssn("000-12-3456").note, standard_ssn("XXX-XX-3456")
    ('never issued', Ssn(ssn=None, last_four='3456', note='last four digits only'))
    >>> standard_ssn("78051120").note
    '7 or 8 digits'
    >>> standard_ssn("78051121", restore_zeros=True)
    Ssn(ssn='078051121', last_four='1121', note='leading zeros restored')
    """
    if text is None or not text.strip():
        return Ssn(None)
    plain = re.sub(r"[-\s./]", "", re.sub(r"\.0$", "", text.strip()))
    masked = re.fullmatch(r"[Xx*#]*([0-9]{4})", plain)
    if masked and policy.digits != 4:
        return Ssn(None, _last_four(masked[1]), "last four digits only")
    if _ROUNDED.fullmatch(text.strip()):
        return Ssn(None, note="rounded by a spreadsheet")
    if not re.fullmatch("[0-9]+", plain):
        return Ssn(None, note="not a number")
    # Area numbers from 001 on: a number that could be issued has lost two zeros at most.
    restored = restore_zeros and policy.digits - 2 <= len(plain) < policy.digits
    plain = plain.zfill(policy.digits) if restored else plain
    if policy.digits == 9 and len(plain) in (7, 8):
        return Ssn(None, note=ZEROS_LOST)
    if len(plain) != policy.digits:
        return Ssn(None, note=f"not {policy.digits} digits")
    reason = _why_not_known(plain, dummies, policy)
    if reason:
        return Ssn(None, note=reason)
    return Ssn(plain, plain[-4:], "leading zeros restored" if restored else None)


def _last_four(digits: str) -> str | None:
    return None if digits == "0000" else digits


def _why_not_known(digits: str, dummies: Collection[str], policy: SsnPolicy) -> str | None:
    if len(set(digits)) == 1:
        return "one repeated digit"
    if digits in dummies:
        return "known dummy"
    if policy.digits != 9:
        return None
    # SSA: area 000 and 666, group 00 and serial 0000 are never assigned.
    if digits[:3] in ("000", "666") or digits[3:5] == "00" or digits[5:] == "0000":
        return "never issued"
    if digits[0] == "9" and not policy.keep_taxpayer_numbers:
        return "taxpayer number"
    return None
