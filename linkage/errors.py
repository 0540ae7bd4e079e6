"""Everything that can go wrong by a user's hand, as one small tree.

A message says where, what was found, what is allowed and what to do next. It never holds a
name, a social security number or a birth date: rows are named by file and number.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from linkage.known_names import is_header


class LinkageError(Exception):
    """Base of every error that a user of the toolkit can cause and mend."""


class RulesError(LinkageError):
    """A rule file that says something the toolkit does not know, or contradicts itself."""


class JobError(LinkageError):
    """A job file that says something the toolkit does not know, or contradicts itself."""


class InputError(LinkageError):
    """A file, frame or column that cannot be read as patients, encounters or deaths."""


class OutputError(LinkageError):
    """An output folder that cannot be written, or that already holds something else."""


class EngineError(LinkageError):
    """The database gave up: no memory, no disk, or a defect of the toolkit. Its own words are not passed
    on, because they may quote a value."""


_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


def told_alone(function: Callable[_Given, _Answer]) -> Callable[_Given, _Answer]:
    """Let a function's errors leave it without the faults that they tell of, whose words may quote a row.

    `raise ... from None` hides such a fault and keeps it: whoever logs an error with all that led to it would print it.

    >>> @told_alone
    ... def read():
    ...     try:
    ...         int("SMITH")
    ...     except ValueError:
    ...         raise InputError("This is no number.") from None
    >>> try:
    ...     read()
    ... except InputError as problem:
    ...     print(problem.__context__)
    None
    """

    @wraps(function)
    def alone(*given: _Given.args, **named: _Given.kwargs) -> _Answer:
        try:
            return function(*given, **named)
        except LinkageError as problem:
            problem.__cause__ = problem.__context__ = None
            raise

    return alone


def did_you_mean(found: str, allowed: Iterable[str]) -> str:
    """Name the closest allowed word, or say nothing when none is close.

    >>> did_you_mean("similiar", ["exact", "similar"])
    '  Did you mean "similar"?'
    >>> did_you_mean("purple", ["exact", "similar"])
    ''
    """
    from difflib import get_close_matches  # only an error needs it

    close = get_close_matches(found, list(allowed), n=1)
    return f'  Did you mean "{close[0]}"?' if close else ""


# A date, a number, or text that a quote has swallowed: where the first line of a file is no header, it is a person.
_DATA = re.compile(r"\s*[0-9].*|.*[\r\n].*|.{65,}", re.DOTALL)


def columns_found(found: Sequence[str], near: str = "", mapped: Iterable[str] = ()) -> str:
    """The columns of a file in words, with the closest to `near`; unless they may be a row of data: a person.

    They are named where one goes by a name that is known, or is one of `mapped`, to which the user has mapped ours.

    >>> columns_found(["mrn", "ssn"], near="mnr")
    'Columns found: mrn, ssn.  Did you mean "mrn"?'
    >>> columns_found(["7", "BILL", "LEE", "1950-02-11"])
    'Its first line looks like a row of data, so that its 4 columns are not named here. It needs a header line.'
    >>> columns_found(["E7", "BILL", "LEE"])
    'None of its 3 columns has a known name, so that they are not named here: its first line may be a row of data. ...
    """
    if any(_DATA.fullmatch(name) for name in found):
        return (
            f"Its first line looks like a row of data, so that its {len(found):,} columns are not named here."
            " It needs a header line."
        )
    if not is_header(found) and not set(mapped) & set(found):
        return (
            f"None of its {len(found):,} columns has a known name, so that they are not named here: its first line may"
            " be a row of data. It needs a header line."
        )
    listed = ", ".join(_short(name) for name in found[:_MOST])
    more = f" and {len(found) - _MOST:,} more" if len(found) > _MOST else ""
    return f"Columns found: {listed}{more}.{did_you_mean(near, found[:_COMPARED]) if near else ''}"


_MOST, _COMPARED = 200, 2_000
"""How many columns a message names, and among how many it looks for the nearest."""


def _short(name: str) -> str:
    return name if len(name) <= 64 else f"{name[:60]}..."


def shown_names(found: Iterable[str]) -> list[str]:
    """Names of columns, those left out that look like data.

    >>> shown_names(["ward", "1950-02-11"])
    ['ward', '(a name that looks like data)']
    """
    return [HIDDEN if _DATA.fullmatch(name) else name for name in found]


HIDDEN = "(a name that looks like data)"
