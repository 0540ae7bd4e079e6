"""Spark, on two worker processes, links as DuckDB does."""

import pandas as pd
import pytest

from tests.small_town.town import link_town

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("spark")]
pytest.importorskip("pyspark")

TABLES = ("links", "outcomes", "release", "review", "rejected")


@pytest.mark.usefixtures("cluster")
def test_the_small_town_comes_out_as_with_duckdb() -> None:
    with link_town(engine="spark") as found, link_town() as expected:
        for table in TABLES:
            pd.testing.assert_frame_equal(getattr(found, table), getattr(expected, table))
        assert found.counts == expected.counts
