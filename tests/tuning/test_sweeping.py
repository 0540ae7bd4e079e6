"""A sweep tries stricter and looser limits, but never beyond the pairs that were compared."""

import pytest

from linkage import read_rules
from linkage.relink.reach import limits, loosened, require_reached, with_limits
from linkage.tuning.sweeping import _values
from tests.rules import MANY_FEATURES, rules_id


@pytest.mark.parametrize("name", ["mimic_iv", MANY_FEATURES, "hiv_surveillance", "exact"], ids=rules_id)
def test_no_step_of_a_sweep_goes_beyond_what_is_compared_for_it(name: str) -> None:
    cascade = read_rules(name)
    reach = loosened(cascade)
    for limit, chosen in limits(cascade).items():
        values = _values(limit, chosen)
        assert chosen in values
        for value in values:
            require_reached(reach, with_limits(cascade, {limit: value}))


STEPS = [
    # limit, chosen, steps, why
    ("first_name__prefix_letters", 3.0, [2.0, 3.0, 4.0], "a similarity: fewer letters are looser"),
    ("first_name__prefix_letters", 1.0, [1.0, 2.0], "looser than what is compared otherwise"),
    ("last_name__first_letters", 4.0, [4.0, 5.0], "not loosened, so nothing looser is compared"),
    ("birth_date__far__digits_changed", 3.0, [0.0, 1.0, 2.0, 3.0], "a distance: more digits are looser"),
    ("birth_date__digits_changed", 1.0, [0.0, 1.0, 2.0], "loosened by one"),
    ("first_name__levenshtein_distance", 20.0, [20.0], "too many steps"),
]


@pytest.mark.parametrize(("limit", "chosen", "steps", "why"), STEPS, ids=[row[3] for row in STEPS])
def test_steps_know_which_way_is_looser(limit: str, chosen: float, steps: list[float], why: str) -> None:
    assert _values(limit, chosen) == steps, why
