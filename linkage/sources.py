"""Where a table comes from: a CSV or Parquet file, or a data frame; and what its columns mean.

Everything is read as text. A number or date that a reader has guessed at (an SSN that lost its
leading zero, a day that became a month) cannot be mended later.
"""

import csv
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linkage.errors import InputError, did_you_mean

DELIMITERS = (",", "\t", ";", "|")


@dataclass(frozen=True)
class Source:
    """A file or frame, with the columns that the user has named: ours -> theirs."""

    name: str
    path: Path | None = None
    frame: Any = None
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def format(self) -> str:
        """csv, parquet or frame."""
        if self.path is None:
            return "frame"
        return "parquet" if self.path.suffix.lower() in (".parquet", ".pq") else "csv"

    def delimiter(self) -> str:
        """The separator that the header line of a CSV file uses most."""
        header = self._header_line()
        return max(DELIMITERS, key=header.count)

    def header(self) -> list[str]:
        """The column names of a CSV file.

        Raises InputError when two columns have one name.
        """
        written = next(csv.reader([self._header_line()], delimiter=self.delimiter()))
        names = [name.strip() or f"column_{place}" for place, name in enumerate(written, start=1)]
        lower = [name.lower() for name in names]
        twice = sorted({name for name in names if lower.count(name.lower()) > 1})
        if twice:
            raise InputError(f"{self.name}: two columns are called {', '.join(twice)}. Each needs a name of its own.")
        return names

    def _header_line(self) -> str:
        assert self.path is not None
        opened = gzip.open if self.path.suffix.lower() == ".gz" else open
        try:
            with opened(self.path, "rt", encoding="utf-8-sig", errors="replace") as lines:
                header = lines.readline()
        except (OSError, EOFError) as problem:
            raise InputError(f"{self.name} cannot be read: {problem.__class__.__name__}.") from None
        if not header.strip():
            raise InputError(f"{self.name} is empty. It needs a header line that names its columns.")
        return header.rstrip("\r\n")

    def text_frame(self) -> Any:
        """The frame with every column as text, in pandas; dates as ISO, whole numbers without a point."""
        frame = self.frame if not hasattr(self.frame, "to_pandas") else self.frame.to_pandas()
        return frame.reset_index(drop=True).apply(_as_text) if len(frame.columns) else frame

    def digest(self) -> str | None:
        """SHA-256 of the file's bytes; None for a frame."""
        if self.path is None:
            return None
        with self.path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()


def _as_text(column: Any) -> Any:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        text = column.dt.strftime("%Y-%m-%d %H:%M:%S").str.removesuffix(" 00:00:00")
    elif pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        text = column.astype("Int64").astype("string")
    else:
        text = column.astype("string")
    return text.astype(object).where(column.notna(), None)


def as_source(data: Any, columns: Mapping[str, str] | None = None, name: str = "frame") -> Source:
    """A Source from a path or a pandas, Polars or Arrow frame.

    >>> as_source("deaths.csv.gz").format
    Traceback (most recent call last):
    linkage.errors.InputError: deaths.csv.gz: no such file.
    """
    if isinstance(data, Source):
        return data
    if isinstance(data, str | Path):
        path = Path(data)
        if not path.is_file():
            raise InputError(f"{path}: no such file.")
        return Source(path.name, path=path, columns=columns or {})
    if not hasattr(data, "columns") and not hasattr(data, "column_names"):
        raise InputError(f"{name}: {type(data).__name__} is neither a path nor a data frame.")
    return Source(name, frame=data, columns=columns or {})


def matched_columns(
    source: Source, found: list[str], wanted: Mapping[str, tuple[str, ...]], required: tuple[str, ...]
) -> dict[str, str]:
    """Which of a source's columns holds what: ours -> theirs.

    `wanted` lists for each of our columns the other names it goes by. A name that the user has
    mapped comes first, then our own, then the others; two others at once are refused.
    """
    by_lower = {column.lower(): column for column in found}
    chosen: dict[str, str] = {}
    for ours, theirs in source.columns.items():
        if ours not in wanted:
            allowed = ", ".join(wanted)
            raise InputError(
                f"{source.name}: columns maps {ours!r}, which is not one of ours. Ours: {allowed}."
                + did_you_mean(ours, wanted)
            )
        if theirs not in found:
            raise InputError(
                f"{source.name}: column {theirs!r}, mapped to {ours}, is missing."
                f" Columns found: {', '.join(found)}.{did_you_mean(theirs, found)}"
            )
        chosen[ours] = theirs
    for ours, others in wanted.items():
        if ours not in chosen:
            names = [by_lower[name] for name in (ours, *others) if name in by_lower]
            names = [name for name in names if name not in source.columns.values()]
            if len(names) > 1 and names[0].lower() != ours:
                raise InputError(
                    f"{source.name}: {' and '.join(names)} could both be {ours}."
                    f' Say which: columns = {{ {ours} = "{names[0]}" }}.'
                )
            if names:
                chosen[ours] = names[0]
    for ours in required:
        if ours not in chosen:
            raise InputError(
                f"{source.name}: column {ours} is missing. Columns found: {', '.join(found)}."
                f' Map it: columns = {{ {ours} = "..." }}.'
            )
    return chosen
