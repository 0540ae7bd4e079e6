"""Optional libraries: imported on first use. If one is missing, the error names the extra that installs it."""

from importlib import import_module
from typing import Any

from linkage.errors import LinkageError

# What needs each library, and the extra of this package that installs it.
_EXTRAS = {
    "pyarrow": ("Polars frames, DuckDB files, database output and `linkage synth` need it", "arrow"),
    "pyspark": ('engine = "spark" needs it', "spark"),
    "pyreadstat": ("SAS, Stata and SPSS files need it", "stat"),
    "python_calamine": ("Excel workbooks need it", "excel"),
    "recordlinkage": ('engine = "reference" and everything else that uses recordlinkage need it', "recordlinkage"),
    "scipy": ("Exact intervals need it", "evaluate"),
    "sklearn": ("Classifiers need it", "tune"),
}


def needs(module: str, *, extra: str | None = None) -> Any:
    """Import a module that needs an optional library.

    `extra` names the extra to install, if not the library's own. Raises LinkageError that says how to install the
    library if it is missing.

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
