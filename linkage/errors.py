"""The errors that users can cause and correct.

A message says where the problem is, what was found, what is allowed and what to do. It never contains a
name, a social security number or a birth date: rows are identified by file and number.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from linkage.known_names import is_header


class LinkageError(Exception):
    """Base class of all errors that a user of the toolkit can cause and correct.

    >>> from linkage import source
    >>> try:
    ...     source("absent.csv")
    ... except LinkageError as problem:
    ...     print(problem)
    absent.csv: no such file.
    """


class RulesError(LinkageError):
    """A rule file has an unknown or contradictory setting.

    >>> from linkage import read_rules
    >>> read_rules("exakt")
    Traceback (most recent call last):
    linkage.errors.RulesError: exakt: no such rule file. ... Did you mean "exact"?
    """


class JobError(LinkageError):
    """A job file has an unknown or contradictory setting.

    >>> from linkage import read_job
    >>> read_job("absent.toml")
    Traceback (most recent call last):
    linkage.errors.JobError: absent.toml: no such job file. `linkage init FILES...` writes a first one.
    """


class InputError(LinkageError):
    """A file, data frame, column or argument cannot be used.

    >>> from linkage import source
    >>> source("absent.csv")
    Traceback (most recent call last):
    linkage.errors.InputError: absent.csv: no such file.
    """


class OutputError(LinkageError):
    """An output folder cannot be read or written, or it contains other files.

    >>> from linkage import evaluate
    >>> evaluate("absent")
    Traceback (most recent call last):
    linkage.errors.OutputError: absent contains no finished run: there is no readable manifest.json.
    """


class EngineError(LinkageError):
    """The database failed: no memory, no disk space, or a defect of the toolkit. Its own message is not passed
    on, because it may quote a value."""


_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


def without_cause(function: Callable[_Given, _Answer]) -> Callable[_Given, _Answer]:
    """Decorate a function so that its LinkageErrors carry no cause and no context, whose messages may quote a row.

    `raise ... from None` only hides the original error. It stays in `__context__`, which logging tools may print.

    >>> @without_cause
    ... def read():
    ...     try:
    ...         int("SMITH")
    ...     except ValueError:
    ...         raise InputError("This is not a number.") from None
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
    """A suggestion of the closest allowed word; empty if none is close.

    >>> did_you_mean("similiar", ["exact", "similar"])
    ' Did you mean "similar"?'
    >>> did_you_mean("purple", ["exact", "similar"])
    ''
    """
    from difflib import get_close_matches  # only an error needs it

    close = get_close_matches(found, list(allowed), n=1)
    return f' Did you mean "{close[0]}"?' if close else ""


# A date, a number, or text that an open quote has joined: the first line is then not a header, but data about a person.
_DATA = re.compile(r"\s*[0-9].*|.*[\r\n].*|.{65,}", re.DOTALL)


def columns_found(found: Sequence[str], near: str = "", mapped: Iterable[str] = ()) -> str:
    """List the columns of a file and suggest the one closest to `near`, unless the first line may be a row of data.

    The columns are listed only if at least one has a known name or is in `mapped`, the columns that the user named.

    >>> columns_found(["mrn", "ssn"], near="mnr")
    'Columns found: mrn, ssn. Did you mean "mrn"?'
    >>> columns_found(["7", "BILL", "LEE", "1950-02-11"])
    'Its first line looks like a row of data, so its 4 columns are not listed here. Add a header line.'
    >>> columns_found(["000007BILL           19500211"])
    'Its first line looks like a row of data without a delimiter. If its columns have fixed widths, ...
    >>> columns_found(["E7", "BILL", "LEE"])
    'None of its 3 columns has a known name, so they are not listed here: its first line may be a row of data. ...
    """
    if any(_DATA.fullmatch(name) for name in found):
        if len(found) == 1:
            return (
                "Its first line looks like a row of data without a delimiter. If its columns have fixed widths,"
                " describe them in a layout, and name it in the job file: layout = ... (docs/formats/own_layout.md)."
                " Otherwise add a header line."
            )
        return (
            f"Its first line looks like a row of data, so its {len(found):,} columns are not listed here."
            " Add a header line."
        )
    if not is_header(found) and not set(mapped) & set(found):
        return (
            f"None of its {len(found):,} columns has a known name, so they are not listed here: its first line may"
            " be a row of data. If so, add a header line; if not, name the columns in the job file."
        )
    listed = ", ".join(_short(name) for name in found[:_MOST])
    more = f" and {len(found) - _MOST:,} more" if len(found) > _MOST else ""
    return f"Columns found: {listed}{more}.{did_you_mean(near, found[:_COMPARED]) if near else ''}"


_MOST, _COMPARED = 200, 2_000
"""How many columns a message lists, and among how many it looks for the closest name."""


def _short(name: str) -> str:
    return name if len(name) <= 64 else f"{name[:60]}..."


def shown_names(found: Iterable[str]) -> list[str]:
    """Column names, with those that look like data replaced by `HIDDEN`.

    >>> shown_names(["ward", "1950-02-11"])
    ['ward', '(a name that looks like data)']
    """
    return [HIDDEN if _DATA.fullmatch(name) else name for name in found]


HIDDEN = "(a name that looks like data)"
