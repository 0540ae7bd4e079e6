"""Tables as text: rounding does not mislead."""

import pandas as pd

from linkage.evaluation.printing import as_text, printed


def shown(**columns: object) -> list[str]:
    """The cells of a table of one row, without its header."""
    return as_text(pd.DataFrame([columns])).splitlines()[2].split("  ")


def test_a_share_that_is_not_all_never_reads_as_all() -> None:
    assert shown(ppv=0.99961, ppv_low=0.9994, ppv_high=1.0) == ["99.96 % (99.94-100.0)"]
    assert shown(ppv=0.0004, ppv_low=0.0, ppv_high=0.01) == ["0.04 % (0.0-1.0)"]


def test_false_links_are_numbers_and_not_shares() -> None:
    assert shown(false_links=27.25, false_links_low=18.0, false_links_high=1040.0) == ["27.2 (18.0-1,040.0)"]


def test_what_is_not_known_is_a_dash() -> None:
    assert shown(rule="R5", ppv=float("nan"), ppv_low=float("nan"), ppv_high=float("nan")) == ["R5", "", "-"]


def test_shares_of_several_measures_stand_side_by_side() -> None:
    row = {"variable": "sex", "of": 10, "share_low": 0.2, "share_high": 0.8}
    table = pd.DataFrame([
        row | {"measure": "found", "group": "F", "number": 5, "share": 0.5},
        row | {"measure": "not found", "group": "F", "number": 5, "share": 0.5},
        row | {"measure": "found", "group": "M", "number": 0, "share": float("nan"), "of": 0},
    ])  # fmt: skip
    header, _, only = as_text(table).splitlines()
    assert header.split() == ["variable", "group", "of", "found", "not", "found"]
    assert only.split() == ["sex", "F", "10", *["5:", "50.0", "%", "(20.0-80.0)"] * 2]


def test_notes_stand_at_the_end() -> None:
    assert printed({"Title.": pd.DataFrame({"n": [1]})}, ["Mind this."]).endswith("\n\nNote. Mind this.")
