"""Write lines of synthetic people in the official layouts, and read a source of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from linkage.engines.duck.engine import DuckDBEngine
from linkage.formats.layout import read_layout
from linkage.sources.make_source import source
from linkage.sources.source import Source


def line(layout: str, **values: str) -> str:
    """One line of a layout; missing fields are blank."""
    fields = read_layout(layout)
    signs = [" "] * fields.length
    for name, value in values.items():
        one = fields.field(name)
        assert len(value) <= one.length, name
        signs[one.start - 1 : one.start - 1 + len(value)] = value
    return "".join(signs)


def dmf(ssn: str, last: str, first: str, died: str = "06122015", born: str = "02111950", **more: str) -> str:
    """One line of the Death Master File; dates are MMDDCCYY, as in the file."""
    parts = {
        "DOD_MO": died[:2],
        "DOD_DY": died[2:4],
        "DOD_YR": died[4:],
        "DOB_MO": born[:2],
        "DOB_DY": born[2:4],
        "DOB_YR": born[4:],
    }
    return line("ssa_dmf", SSN=ssn, LNAME=last, GNAME=first, **parts, **more)


def ije(number: str, last: str = "LEE", first: str = "ANN", died: str = "20150612", **more: str) -> str:
    """One line of an IJE file; dates as YYYYMMDD."""
    born = more.pop("born", "19500211")
    values = {
        "DOD_YR": died[:4],
        "DOD_MO": died[4:6],
        "DOD_DY": died[6:],
        "DSTATE": "NY",
        "FILENO": number,
        "DOB_YR": born[:4],
        "DOB_MO": born[4:6],
        "DOB_DY": born[6:],
        "VOID": "0",
        "ALIAS": "0",
        "REPLACE": "0",
        "GNAME": first,
        "LNAME": last,
    }
    return line("ije_mortality", **{**values, **more})


def write(path: Path, lines: Iterable[str], encoding: str = "utf-8", end: str = "\n") -> Path:
    """A file of lines."""
    path.write_bytes("".join(f"{one}{end}" for one in lines).encode(encoding))
    return path


def read(*paths: Path, **settings: Any) -> tuple[list[Mapping[str, Any]], Source]:
    """The rows of a source as the method gets them, and the source."""
    given = source(list(paths) if len(paths) > 1 else paths[0], **settings)
    engine = DuckDBEngine(sources=[given])
    try:
        frame = engine.frame("SELECT * FROM source", given)
    finally:
        engine.close()
    rows = [{name: value for name, value in row.items() if isinstance(value, str)} for row in frame.to_dict("records")]
    return rows, given
