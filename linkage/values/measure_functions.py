"""The Python function of each measure, which the reference engine uses.

Separate from the list of measures, because an engine that lacks a function in SQL calls the one defined here. Dates are
compared as eight digits, YYYYMMDD, with 00 for an unknown day or month.
"""

from collections.abc import Callable

import jellyfish


def jaro_winkler_similarity(left: str, right: str) -> float:
    """Jaro-Winkler similarity, from 0 to 1, rounded to nine decimals.

    Engines add the bonus for a common prefix in different orders, so their results differ in the last bit, which could
    decide at a threshold; the rounded values are equal.

    >>> jaro_winkler_similarity("MARTHA", "MARHTA")
    0.961111111
    """
    return round(jellyfish.jaro_winkler_similarity(left, right), 9)


def initial(left: str, right: str) -> bool:
    """Whether one name is the initial of the other.

    >>> initial("J", "JOHN"), initial("JO", "JOHN"), initial("J", "J")
    (True, False, False)
    """
    return (len(left) == 1) != (len(right) == 1) and left[:1] == right[:1]


def prefix_letters(left: str, right: str) -> int:
    """The number of letters of the shorter name if the longer one begins with it; otherwise 0.

    >>> prefix_letters("ROB", "ROBERT"), prefix_letters("BOB", "ROBERT")
    (3, 0)
    """
    short, long = sorted((left, right), key=len)
    return len(short) if long.startswith(short) else 0


def first_letters(left: str, right: str) -> int:
    """The number of letters in the common prefix of two names, up to ten.

    >>> first_letters("CHRISTINA", "CHRISTOPHER"), first_letters("BOB", "ROBERT")
    (6, 0)
    """
    return next((n for n in range(10, 0, -1) if min(len(left), len(right)) >= n and left[:n] == right[:n]), 0)


def share_any(left: list[str], right: list[str]) -> bool:
    """Whether two lists share an element.

    >>> share_any(["GARCIA", "LOPEZ"], ["LOPEZ"])
    True
    """
    return not set(left).isdisjoint(right)


def first_of_several(left: list[str], right: list[str]) -> bool:
    """Whether one side has a single given name that is the first of several given names on the other side.

    A plus marks the side with several names. If both sides have several, the other names must agree too.

    >>> first_of_several(["+", "ANN"], ["ANN"]), first_of_several(["+", "MARY"], ["+", "MARY"])
    (True, False)
    """
    return share_any(left, right) and not ("+" in left and "+" in right)


def digits_changed(left: str, right: str) -> int:
    """The number of positions at which two numbers of the same length differ (Hamming distance).

    >>> digits_changed("19500131", "19500137")
    1
    """
    return sum(a != b for a, b in zip(left, right, strict=True))


def digits_transposed(left: str, right: str) -> bool:
    """Whether swapping one pair of adjacent digits turns one number into the other.

    >>> digits_transposed("19500113", "19500131"), digits_transposed("11", "11")
    (True, False)
    """
    return jellyfish.damerau_levenshtein_distance(left, right) == 1 and digits_changed(left, right) == 2


def _fully_known(*dates: str) -> bool:
    return all(date[4:6] != "00" and date[6:] != "00" for date in dates)


def day_and_month_swapped(left: str, right: str) -> bool:
    """Whether two dates of one year have day and month swapped.

    >>> day_and_month_swapped("19500211", "19501102"), day_and_month_swapped("19500202", "19500202")
    (True, False)
    """
    swapped = right[:4] + right[6:] + right[4:6]
    return _fully_known(left, right) and left == swapped and left != right


def year_off_by(years: int) -> Callable[[str, str], bool]:
    """A function that returns whether two dates have the same day and month, and years that differ by this number.

    >>> year_off_by(10)("19500211", "19600211"), year_off_by(1)("19500211", "19510212")
    (True, False)
    """

    def off_by(left: str, right: str) -> bool:
        same_day = _fully_known(left, right) and left[4:] == right[4:]
        return same_day and abs(int(left[:4]) - int(right[:4])) == years

    return off_by


def a_generation_apart(left: str, right: str) -> bool:
    """Whether two birth years differ by 16 to 45, as those of parent and child usually do.

    >>> a_generation_apart("19500211", "19800704"), a_generation_apart("19500211", "19600211")
    (True, False)
    """
    return _fully_known(left, right) and 16 <= abs(int(left[:4]) - int(right[:4])) <= 45


def same_year_and_month(left: str, right: str) -> bool:
    """Whether two dates fall in the same month of the same year, whatever the day.

    >>> same_year_and_month("19500200", "19500211"), same_year_and_month("19500000", "19500000")
    (True, False)
    """
    return left[:6] == right[:6] and left[4:6] != "00"


def parts_agree(left: str, right: str) -> int:
    """The number of parts that agree (1: year, 2: year and month) of two dates of which at least one is partial; 0 if
    both are complete or a part that both have differs.

    >>> parts_agree("19500200", "19500211"), parts_agree("19500000", "19500211"), parts_agree("19500200", "19500311")
    (2, 1, 0)
    """
    if left[:4] != right[:4] or _fully_known(left, right):
        return 0
    if "00" in (left[4:6], right[4:6]):
        return 1
    return 2 if left[4:6] == right[4:6] else 0


def default_date(left: str, right: str) -> bool:
    """Whether one date is a default value for the other: 1 January of its year, or the 1st or 15th of its month.

    >>> default_date("19500101", "19500723"), default_date("19500715", "19500723")
    (True, True)
    >>> default_date("19500701", "19500823"), default_date("19500723", "19500723")
    (False, False)
    """
    if left == right or left[:4] != right[:4] or not _fully_known(left, right):
        return False
    same_month = left[:6] == right[:6]
    return any(one[4:] == "0101" or (same_month and one[6:] in ("01", "15")) for one in (left, right))


def first_and_last_swapped(left: str, right: str) -> bool:
    """Whether first and last name are swapped. Full names are FIRST|MIDDLE|LAST.

    >>> first_and_last_swapped("JAMES||GEORGE", "GEORGE|T|JAMES")
    True
    """
    first, _, last = left.split("|")
    other_first, _, other_last = right.split("|")
    return first == other_last and last == other_first and first != last


def swapped_with_slips(left: str, right: str) -> bool:
    """Whether first and last name are swapped, each with the same first letter and at most two edits after it.

    >>> swapped_with_slips("JASPER||DESILVA", "DESLLVA||JASPER"), swapped_with_slips("JASPER||DESILVA", "HAND||JASPER")
    (True, False)
    """
    first, _, last = left.split("|")
    other_first, _, other_last = right.split("|")
    crossed = (first, other_last), (last, other_first)
    return all(one[0] == other[0] and jellyfish.levenshtein_distance(one, other) <= 2 for one, other in crossed)


def middle_name_as_first(left: str, right: str) -> bool:
    """Whether one side has the other's middle name as its first name, with the same last name.

    >>> middle_name_as_first("ANNA|MARY|LEE", "MARY||LEE")
    True
    """
    first, middle, last = left.split("|")
    other_first, other_middle, other_last = right.split("|")
    used = middle == other_first or first == other_middle
    return last == other_last and first != other_first and used
