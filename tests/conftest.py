"""What all tests share: how Hypothesis draws, the mark of slow tests, and a database that knows the house functions."""

import os
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, settings

from linkage.engines.duck.functions import HOUSE_FUNCTIONS

# A failing example is shown as it was drawn: shrinking a whole registry takes minutes, and the
# registries are small. Under CI every run draws the same examples, so that a change never fails
# on a case that it has nothing to do with; elsewhere each run looks at others.
settings.register_profile(
    "linkage",
    deadline=None,
    derandomize="CI" in os.environ,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("linkage")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks, which are strict."""
    config.addinivalue_line("markers", 'slow: takes ten seconds or more; leave out with -m "not slow"')


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on which a piece of generated SQL can be tried by itself."""
    with duckdb.connect() as connection:
        for statement in HOUSE_FUNCTIONS:
            connection.execute(statement)
        yield connection
