"""Social Security numbers: digits only, and only numbers that can belong to one person.

A number that cannot have been issued, a well-known dummy or a number of the wrong length is not known. Such numbers
must be removed before blocking, or they would join strangers. Many dummies are well formed, so the list in
`rules/placeholders.toml` and the count of people who share a number matter more than the structure.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

LONGEST = 15
"""The length of the longest number that a rule file can ask for; Spark compares numbers digit by digit."""

ZEROS_LOST = "7 or 8 digits"
"""The reason for which a number is not known that may have lost its leading zeros in a spreadsheet."""

_DASHES = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_NO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_SIGNS = str.maketrans(
    {
        **dict.fromkeys(_DASHES, "-"),
        **dict.fromkeys(_NO_WIDTH, ""),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        "\uff0e": ".",
    }
)
# A spreadsheet formula that yields a text, a quoted text, and the apostrophe that marks a number as text.
_WRAPPED = re.compile(r"""=?"([^"]*)"|=?'([^']*)'|'([^']*)""")
_DECIMAL = re.compile(r"([0-9]+)[.,]([0-9]*)")
_EXPONENT = re.compile(r"([0-9])(?:[.,]([0-9]*))?E\+?([0-9]{1,2})", re.IGNORECASE)
_SEPARATORS = re.compile(r"(?<=[0-9Xx*#])[-\s./]+(?=[0-9Xx*#])")


@dataclass(frozen=True, slots=True)
class SsnPolicy:
    """The settings of a rule file for numbers.

    `digits` is the length of a number (9; any other length disables the structural checks). `keep_taxpayer_numbers`
    keeps 900-999, which are issued to taxpayers without an SSN. `people_at_most` is the largest number of different
    people (last name and birth date) that can share a number, in both files together, before it counts as a dummy.
    """

    digits: int = 9
    keep_taxpayer_numbers: bool = True
    people_at_most: int = 5


@dataclass(frozen=True, slots=True)
class Ssn:
    """A standardized number: all digits, only its last four, or neither, and why."""

    ssn: str | None
    last_four: str | None = None
    note: str | None = None


LAST_FOUR_ONLY = "last four digits only"


def standard_ssn(
    text: str | None, dummies: Collection[str] = (), policy: SsnPolicy = SsnPolicy(), restore_zeros: bool = False
) -> Ssn:
    """Standardize one number. `restore_zeros` restores one or two leading zeros that a spreadsheet removed.

    >>> standard_ssn("912-34-5678")
    Ssn(ssn='912345678', last_four='5678', note=None)
    >>> standard_ssn("000-12-3456").note, standard_ssn("XXX-XX-3456")
    ('never issued', Ssn(ssn=None, last_four='3456', note='last four digits only'))
    >>> standard_ssn('="212345678"').ssn, standard_ssn("212345678.00").ssn, standard_ssn("2.12345678E8").ssn
    ('212345678', '212345678', '212345678')
    >>> standard_ssn("2123456.78").note, standard_ssn("2.12346E8").note
    ('not a number', 'rounded by a spreadsheet')
    >>> standard_ssn("78051120").note
    '7 or 8 digits'
    >>> standard_ssn("78051121", restore_zeros=True)
    Ssn(ssn='078051121', last_four='1121', note='leading zeros restored')
    >>> standard_ssn("1941-03-07", restore_zeros=True).note
    '7 or 8 digits'
    """
    if text is None or not text.strip():
        return Ssn(None)
    written = _unwrapped(text)
    if not written:
        return Ssn(None)
    if exponent := _EXPONENT.fullmatch(written):
        written = _exact(*exponent.groups())
        if not written:
            return Ssn(None, note="rounded by a spreadsheet")
    plain = _digits_of(written)
    masked = re.fullmatch(r"[Xx*#]*([0-9]{4})", plain)
    if masked and policy.digits != 4:
        return Ssn(None, _last_four(masked[1]), LAST_FOUR_ONLY)
    if not re.fullmatch("[0-9]+", plain):
        return Ssn(None, note="not a number")
    # Area numbers start at 001, so a valid number has lost at most two zeros. Zeros are lost when a text is read as a
    # number, and numbers have no dashes: 1941-03-07 is a date, and 212-34-567 lacks some other digit.
    was_number = plain == written or _DECIMAL.fullmatch(written) is not None
    restored = restore_zeros and was_number and policy.digits - 2 <= len(plain) < policy.digits
    plain = plain.zfill(policy.digits) if restored else plain
    if policy.digits == 9 and len(plain) in (7, 8):
        return Ssn(None, note=ZEROS_LOST)
    if len(plain) != policy.digits:
        return Ssn(None, note=f"not {policy.digits} digits")
    reason = _why_not_known(plain, dummies, policy)
    if reason:
        return Ssn(None, note=reason)
    return Ssn(plain, plain[-4:], "leading zeros restored" if restored else None)


def _unwrapped(text: str) -> str:
    """The text without surrounding blanks, quotes and the like, with its dashes and digits in ASCII."""
    plain = text.translate(_SIGNS).strip()
    if wrapped := _WRAPPED.fullmatch(plain):
        plain = next(inner for inner in wrapped.groups() if inner is not None)
    return plain.strip()


def _exact(first: str, decimals: str | None, exponent: str) -> str:
    """The whole number of 2.12345678E8, or "" if digits are missing: 2.12346E8 may be any of a thousand numbers."""
    decimals = decimals or ""
    return f"{first}{decimals}" if len(decimals) == int(exponent) else ""


def _digits_of(written: str) -> str:
    """The digits without the separators between them; for a decimal number with zero decimals, its whole part."""
    if decimal := _DECIMAL.fullmatch(written):
        return written if decimal[2].strip("0") else decimal[1]
    return _SEPARATORS.sub("", written)


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
