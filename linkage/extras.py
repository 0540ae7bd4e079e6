"""Libraries that only reports need: loaded when first asked for, and named when missing."""

from importlib import import_module
from typing import Any

from linkage.errors import LinkageError


def needs(module: str) -> Any:
    """A module of the extra `report`.

    Raises LinkageError, saying how to install it, when it is missing.

    >>> needs("json").dumps([1])
    '[1]'
    >>> needs("not_a_library")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    linkage.errors.LinkageError: not_a_library is not installed. Reports need it: pip install "mortality-linkage..."
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as problem:
        library = (problem.name or module).partition(".")[0]
        raise LinkageError(
            f'{library} is not installed. Reports need it: pip install "mortality-linkage[report]"'
        ) from None
