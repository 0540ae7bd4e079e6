"""Everything that can go wrong by a user's hand, as one small tree.

A message says where, what was found, what is allowed and what to do next. It never holds a
name, a social security number or a birth date: rows are named by file and number.
"""

from collections.abc import Iterable
from difflib import get_close_matches


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


def did_you_mean(found: str, allowed: Iterable[str]) -> str:
    """Name the closest allowed word, or say nothing when none is close.

    >>> did_you_mean("similiar", ["exact", "similar"])
    '  Did you mean "similar"?'
    >>> did_you_mean("purple", ["exact", "similar"])
    ''
    """
    close = get_close_matches(found, list(allowed), n=1)
    return f'  Did you mean "{close[0]}"?' if close else ""
