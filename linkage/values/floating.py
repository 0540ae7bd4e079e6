"""Whole numbers in floating-point columns: up to where they are exact.

A spreadsheet, SAS, or pandas stores ids as floating-point numbers. Beyond a limit, several whole numbers have the same
floating-point number, so an id may have been altered. Such a number is written with an exponent, by which a rounded id
is recognized.
"""

EXACT_TO = 2**53
EXACT_TO_32 = 2**24
"""From here on, numbers of 64 or 32 bits can stand for several whole numbers."""


def text_of_rounded(value: float) -> str:
    """A number from the limit on, as text.

    >>> text_of_rounded(123456789012345678.0)
    '1.2345678901234568e+17'
    """
    return f"{value:.16e}"
