"""Fuzz targets: each takes any bytes and fails only if the toolkit breaks a promise.

The promises: the result is a LinkageError or a value, never another exception; values have the form that the
rest of the method requires; and errors contain nothing from the rows of a file.
"""

import atexit
import gzip
import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import InputError, JobError, LinkageError, RulesError
from linkage.job.job import read_job
from linkage.method.records import load_people
from linkage.method.rejected import start_rejected
from linkage.rules.file import read_rules
from linkage.rules.shipped import shipped_rules
from linkage.sources.reading import Reading
from linkage.sources.source import Source
from linkage.values.affixes import standard_suffix
from linkage.values.codes import standard_sex
from linkage.values.date_forms import PATTERNS, date_form
from linkage.values.dates import standard_date
from linkage.values.names import former_names, sound, standard_name
from linkage.values.ssn import standard_ssn
from tests.rules import MANY_FEATURES

MARK = "ZQSECRET"
"""Stands in the rows of the seeds, and may not stand in an error unless it has moved into the header."""

_FORMS = [date_form(pattern, 2020) for pattern in PATTERNS]


@cache
def _place() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="fuzz-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@cache
def _engine() -> DuckDBEngine:
    atexit.register(_close)
    return DuckDBEngine(threads=1)


def _close() -> None:
    _engine().close()
    _engine.cache_clear()


def _complaint(read: Callable[[], object], *allowed: type[LinkageError]) -> str | None:
    """The message of a LinkageError, or None if there was none."""
    try:
        read()
    except allowed as problem:
        return str(problem)
    return None


def rule_file(data: bytes) -> None:
    """A rule file is a cascade or a RulesError that names the file."""
    path = _place() / "fuzzed.toml"
    path.write_bytes(data)
    said = _complaint(lambda: read_rules(path), RulesError)
    assert said is None or said.startswith("fuzzed.toml")


def job_file(data: bytes) -> None:
    """A job file is a job or a LinkageError."""
    path = _place() / "job.toml"
    path.write_bytes(data)
    said = _complaint(lambda: read_job(path), JobError, InputError)
    assert said is None or len(said) > 10


def standardizers(data: bytes) -> None:
    """Any text is standardized to plain letters and digits, and standardized text is unchanged."""
    text = data.decode("utf-8", "surrogateescape" if data[:1] == b"\0" else "ignore")
    for given in (False, True):
        name = standard_name(text, ["UNKNOWN", "BABY BOY"], given=given)
        assert name.name is None or re.fullmatch("[A-Z]+", name.name)
        assert all(re.fullmatch("[A-Z]+", part) for part in name.parts)
        if name.name:
            assert standard_name(name.name, given=given).name == name.name
            sound(name.name)
    for former in former_names(text):
        assert re.fullmatch("[A-Z]+", former)
    for form in _FORMS:
        digits = standard_date(text, (), form).digits
        assert digits is None or re.fullmatch("[0-9]{8}", digits)
    number = standard_ssn(text, ["123456789"], restore_zeros=True)
    assert number.ssn is None or re.fullmatch("[0-9]{9}", number.ssn)
    assert number.last_four is None or re.fullmatch("[0-9]{4}", number.last_four)
    assert standard_sex(text) in (None, "M", "F")
    standard_suffix(text)


# How the first byte interprets the rest: a name, a change of the content, how it is read.
_KINDS: list[tuple[str, Callable[[bytes], bytes], Reading]] = [
    ("patients.csv", bytes, Reading()),
    ("patients.csv.gz", gzip.compress, Reading()),
    ("patients.csv.gz", bytes, Reading()),
    ("patients.parquet", bytes, Reading()),
    ("patients.csv", bytes, Reading(encoding="latin-1")),
    ("patients.csv", bytes, Reading(encoding="utf-16")),
]


def reader(data: bytes) -> None:
    """A patients file is read with every row used or rejected, or refused without quoting a row."""
    if not data:
        return
    name, packed, reading = _KINDS[data[0] % len(_KINDS)]
    path = _place() / name
    path.write_bytes(packed(data[1:]))
    said = _complaint(lambda: _read(Source(name, path, reading=reading)), LinkageError)
    if said is not None:
        header = data[1:].replace(b"\r", b"\n").partition(b"\n")[0]
        assert MARK.encode() in header or MARK not in said, "an error quotes a row"
        assert "defect of the toolkit" not in said, said


def _read(source: Source) -> None:
    engine = _engine()
    start_rejected(engine)
    found = load_people(engine, "patient", source)
    rejected = engine.rows("SELECT count(*) FROM rejected")[0][0]
    kept = engine.rows("SELECT count(*) FROM patient")[0][0]
    assert (found.rejected, found.used) == (rejected, kept), "a row is neither used nor rejected"


_ROWS = f"""patient_id,first_name,last_name,ssn,birth_date
1,{MARK},"{MARK}, JR",212-34-5566,1947-03-05
2,"two\nlines",{MARK},,31/12/1950
1,{MARK},"{MARK}, JR",212-34-5566,1947-03-05
,"a ""quoted"" name",NULL,000000000,
""".encode()
SEEDS: dict[str, tuple[Callable[[bytes], None], list[bytes]]] = {
    "rules": (rule_file, [Path(path).read_bytes() for path in (*shipped_rules().values(), MANY_FEATURES)]),
    "job": (
        job_file,
        [
            b'format = 1\nrules = "exact"\n[patients]\nfile = "p.csv"\n[patients.dates]\nbirth_date = "DD/MM/YYYY"\n',
            b'format = 1\ncoverage = [2008-01-01, 2021-12-31]\n[[encounters]]\nfile = "e"\n[output]\nfolder = "o"\n',
        ],
    ),
    "standardize": (
        standardizers,
        [
            text.encode()
            for text in ("O'Brien-García Jr.", "Dr. John Q", "BABY BOY SMITH", "31DEC1950", "9/13/49", "XXX-XX-1234")
        ],
    ),
    "reader": (reader, [bytes([kind]) + _ROWS for kind in range(len(_KINDS))]),
}
"""The targets with what fuzzing starts from."""
