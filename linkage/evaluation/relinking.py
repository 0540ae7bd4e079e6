"""Linking again, inside a finished run: with other rules, or with encounters withheld.

Only pairs that the run's own rules accept are decided about again, so rules may be left out, reordered
or made stricter, but not looser. The tables of the run stay as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from linkage.assignment import assign
from linkage.decisions import make_links, qualify
from linkage.engines.duckdb import DuckDBEngine
from linkage.rules import Cascade


@contextmanager
def relinked(engine: DuckDBEngine, cascade: Cascade, *, contacts: bool) -> Iterator[None]:
    """A block in which `decided`, `qualified`, `held` and `link` are those of this cascade.

    Without `contacts`, the last contact with the hospital vetoes no pair.
    """
    with engine.aside():
        engine.create("pair", "SELECT patient_id, death_id FROM decided")
        qualify(engine, cascade, contacts=contacts)
        assign(engine, cascade)
        make_links(engine, cascade)
        yield
