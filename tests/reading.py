"""The first half of a run, for tests that ask how files are read and what is said about them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from linkage.method.linking import Linking
from linkage.rules.file import read_rules
from linkage.run.prepare import Ready, open_duckdb, prepare
from linkage.run.progress import Stopwatch
from linkage.sources.make_source import run_sources
from linkage.sources.source import ColumnName

REJECTED = "SELECT file, row_number, reason FROM rejected ORDER BY ALL"


@contextmanager
def prepared(
    patients: Any,
    deaths: Any,
    *,
    encounters: Any = None,
    rules: str | Path = "mimic_iv",
    columns: Mapping[str, Mapping[str, ColumnName]] | None = None,
    groups: Sequence[str] = (),
) -> Iterator[Ready]:
    """What `linkage.link` has before it makes pairs, by the same functions: the tables `patient`, `death`, `encounter`
    and `rejected`, and what looks wrong. It takes half as long as a run."""
    sources = run_sources(patients, deaths, encounters, columns or {})
    with closing(open_duckdb(None, 1, sources)) as database:
        yield prepare(Linking(database, read_rules(rules), sources, groups), Stopwatch())


def rejected(ready: Ready) -> list[tuple[str, int, str]]:
    """The rejected rows, as in the output: file, row number, and reason."""
    return ready.linking.engine.rows(REJECTED)  # type: ignore[return-value]  # the types of the columns
