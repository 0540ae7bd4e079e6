"""Each static statement has a header, its placeholders are filled, and the columns of the outcomes are as declared."""

from pathlib import Path

import pytest

import linkage
from linkage.method.censor_sql import OUTCOME_COLUMNS
from linkage.method.statements import statement
from tests.small_town.town import link_town

FILES = sorted((Path(linkage.__file__).parent / "method" / "sql").glob("*.sql"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_statement_says_first_what_one_row_is(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].startswith(("-- One row", "-- Steps of a WITH"))
    assert max(map(len, lines)) <= 125
    assert not any("--" in line for line in lines if not line.startswith("--"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_statement_is_used(path: Path) -> None:
    code = "".join(file.read_text("utf-8") for file in path.parent.parent.glob("*.py"))
    assert f'"{path.stem}"' in code


def test_a_placeholder_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="long_after"):
        statement("far_apart")


def test_outcomes_have_the_declared_columns() -> None:
    with link_town() as run:
        assert tuple(run.outcomes.columns[: len(OUTCOME_COLUMNS)]) == OUTCOME_COLUMNS
