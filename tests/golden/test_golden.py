"""The SQL of the shipped cascades and of the tests' own, stored where a statistician can read it.

A change of these files is a change of the method or of its cost, and is reviewed as one. To update
them on purpose: RENEW_GOLDEN=1 python -m pytest tests/golden, and commit the changes.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage.method import block_sql, decide_sql
from linkage.method.agreement_sql import Key
from linkage.rules.cascade import Cascade
from linkage.rules.file import read_rules
from linkage.rules.shipped import shipped_rules
from tests.rules import MANY_FEATURES

FOLDER = Path(__file__).parent
RENEW = bool(os.environ.get("RENEW_GOLDEN"))


def golden() -> Iterator[tuple[str, str]]:
    """Each file's name and expected text."""
    for cascade in map(read_rules, (*sorted(shipped_rules()), MANY_FEATURES)):
        name = cascade.name
        yield f"{name}.compare.sql", decide_sql.compare(cascade)
        for place, key in enumerate(cascade.keys):
            block = f"{name}.{'-'.join(key)}"
            yield f"{block}.block.sql", block_sql.block(cascade, key, cascade.keys[:place])
            if not {"ssn", "birth_date"} & set(key):  # blocks of names only grow quadratically
                yield f"{block}.large.sql", large(cascade, key)


def large(cascade: Cascade, key: Key) -> str:
    """How each rule finds the pairs of a key's block if the block is too large to enumerate."""
    small = [other for other in cascade.keys if other != key]
    joins = block_sql.large_joins(cascade, key, small)
    if not joins:
        return "-- Every rule that could accept a pair of this block demands another key as well."
    return "\n;\n".join(f"-- {join.rule}\n{block_sql.join_select(join, small)}" for join in joins)


def write(path: Path, text: str) -> str:
    """The text as stored in a golden file: without blank lines at its ends."""
    path.write_text(text.strip() + "\n", "utf-8")
    return path.read_text("utf-8")


@pytest.mark.parametrize(("name", "text"), list(golden()), ids=[name for name, _ in golden()])
def test_the_sql_is_what_it_was(name: str, text: str) -> None:
    path = FOLDER / name
    kept = write(path, text) if RENEW else path.read_text("utf-8")
    assert text.strip() + "\n" == kept, "If this is meant: RENEW_GOLDEN=1 python -m pytest tests/golden"


def test_no_golden_file_is_left_over() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.sql")) == sorted(name for name, _ in golden())
