"""Libraries that not every user installs: loaded when first asked for, and named with their extra when missing."""

from importlib import import_module
from typing import Any

from linkage.errors import LinkageError

# What each library is for, and the extra of this package that installs it.
_EXTRAS = {
    "pyarrow": ("Polars frames, DuckDB files, database output and `linkage synth` need it", "arrow"),
    "pyspark": ('engine = "spark" needs it', "spark"),
    "pyreadstat": ("SAS, Stata and SPSS files need it", "stat"),
    "python_calamine": ("Excel workbooks need it", "excel"),
    "recordlinkage": ('engine = "reference" and whatever else uses recordlinkage need it', "recordlinkage"),
    "scipy": ("Exact intervals need it", "evaluate"),
    "sklearn": ("Classifiers need it", "tune"),
}


def needs(module: str, *, extra: str | None = None) -> Any:
    """A module that needs a library of an extra.

    `extra` names the extra to install where another than the library's own is meant. Raises LinkageError, saying how
    to install it, when the library is missing.

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
        purpose, usual = _EXTRAS.get(library, ("Reports need it", "report"))
        raise LinkageError(
            f'{library} is not installed. {purpose}: pip install "mortality-linkage[{extra or usual}]"'
        ) from None
