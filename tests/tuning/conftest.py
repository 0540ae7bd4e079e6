"""A small synthetic registry with known truth, linked and compared once for all tests of tuning."""

from collections.abc import Iterator

import pytest

import linkage
from linkage import tuning
from synthetic.registries import Registry, make_registry

RULES = """
format = 1
title = "A pool with a rule too weak"

[blocking]
keys = [["ssn"], ["last_name", "birth_date"], ["first_name", "last_name"]]

[fields.first_name]
agree.similar = [{ measure = "jaro_winkler_similarity", at_least = 0.85 }, { measure = "nickname" }]

[fields.last_name]
agree.similar = [{ measure = "jaro_winkler_similarity", at_least = 0.9 }]

[fields.birth_date]
agree.similar = [{ measure = "digits_changed", at_most = 1 }]

[[rule]]
id = "weak"
agree = { last_name = "exact", birth_date = "exact" }
why = "Twins meet here."

[[rule]]
id = "number"
agree = { ssn = "exact", birth_date = "exact" }

[[rule]]
id = "names"
agree = { last_name = "exact", birth_date = "exact", first_name = "similar" }

[[rule]]
id = "alone"
agree = { first_name = "exact", last_name = "exact", birth_date = "similar" }
rare = { full_name = { at_most = 10 } }
unique = true
"""


@pytest.fixture(scope="package")
def registry() -> Registry:
    """Many families and twins, so relatives share names and birth dates."""
    return make_registry("twins_and_families", patients=3000, seed=3)


@pytest.fixture(scope="package")
def pool(tmp_path_factory: pytest.TempPathFactory) -> linkage.Cascade:
    path = tmp_path_factory.mktemp("rules") / "pool.toml"
    path.write_text(RULES, "utf-8")
    return linkage.read_rules(path)


@pytest.fixture(scope="package")
def kept(registry: Registry, pool: linkage.Cascade) -> Iterator[tuning.Comparisons]:
    stays = registry.admissions
    with linkage.link(registry.patients, registry.deaths, pool, encounters=stays) as run:
        yield tuning.compare_once(run)


@pytest.fixture(scope="package")
def belief(kept: tuning.Comparisons, registry: Registry) -> tuning.Belief:
    return tuning.believe_truth(kept, registry.truth)
