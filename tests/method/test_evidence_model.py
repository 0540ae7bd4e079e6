"""Weights of agreement follow from counts alone: the model on small tables of patterns."""

import math
from itertools import product

import numpy as np
import pytest

from linkage.method.evidence_classes import STRANGER, Model, Patterns, of_values, unpack
from linkage.method.evidence_levels import (
    COUNTED,
    HOUSEHOLD,
    NAMESAKES,
    NAMESAKES_SSN,
    ONE,
    TOGETHER,
    TWINS,
    TWINS_SSN,
    USUAL_RELATIVES,
    Weighed,
)
from linkage.method.evidence_model import Limits, fit, start
from linkage.method.evidence_reach import KeyReach, reach_of
from linkage.method.evidence_relatives import count_relatives, limits_of
from linkage.method.evidence_scores import score
from linkage.method.evidence_values import buckets, commonness
from linkage.method.expected import interval
from linkage.rules.file import read_rules

FIELDS = tuple(
    Weighed(name, levels)
    for name, levels in (
        ("first_name", ("exact", "similar", "disagree")),
        ("middle_name", ("exact", "disagree")),
        ("last_name", ("exact", "similar", "disagree")),
        ("suffix", ("exact", "disagree")),
        ("ssn", ("exact", "similar", "disagree")),
        ("birth_date", ("exact", "similar", "disagree")),
        ("sex", ("exact", "disagree")),
    )
)
PATIENTS, DEATHS = 10_000, 5_000
NAME_BUCKET, DATE_BUCKET = 16, 28  # a name on one of 256 records, a date on one of 16,384


def patterns(*rows: tuple[str, int], bucket: int = NAME_BUCKET) -> Patterns:
    """Patterns with one digit per field in the order of FIELDS ("-": not known), with counts."""
    levels = [[-1 if sign == "-" else int(sign) for sign in text] for text, _ in rows]
    counted = [[DATE_BUCKET if name == "birth_date" else bucket for name in COUNTED]] * len(rows)
    return Patterns(np.array(levels), np.array([pairs for _, pairs in rows], dtype=float), np.array(counted))


def new_model(namesakes: tuple[int, int] = (0, 0), both: tuple[str, str] = ("first_name", "last_name")) -> Model:
    """Strangers rarely agree: one name in 250, one date in 20,000."""
    drawn = patterns(("2121221", 40_000), ("2121220", 40_000), ("1121220", 400), ("2111220", 80), ("2121211", 80))
    same = {"first_name": 1 / 256, "last_name": 1 / 256, "middle_name": 1 / 256, "birth_date": 1 / 20_000}
    return start(FIELDS, drawn, same, dict.fromkeys(TOGETHER, (0, 0)) | {both: namesakes}, 9,
                 PATIENTS, DEATHS)  # fmt: skip


EVERYTHING = KeyReach(
    (), (), np.zeros((0, len(FIELDS)), dtype=np.int64), np.zeros(0, dtype=np.bool_), np.ones(len(FIELDS))
)
MATCHES = patterns(
    ("0-0-000", 900), ("1-0-000", 60), ("0-1-000", 30), ("0-0-010", 20), ("0-0--00", 300), ("0-0-200", 6),
    ("2-2-201", 40), ("2-0-220", 80),
)  # fmt: skip


def bits(model: Model, text: str, bucket: int = NAME_BUCKET) -> float:
    """The weight of a pattern."""
    return float(score(model, patterns((text, 1), bucket=bucket)).bits[0]) / 1000


def test_one_persons_pairs_are_told_from_strangers_without_truth() -> None:
    model = fit(new_model(), MATCHES, EVERYTHING)
    assert model.matches == pytest.approx(1_316, abs=3)
    assert model.m["first_name"][0] == pytest.approx(1_256 / 1_316, abs=0.02)
    assert bits(model, "0-0-000") > 10
    assert bits(model, "2-0-220") < -10


def truncated() -> Patterns:
    """Expected counts of 1,000 pairs of one person with names and a birth date, if only pairs that agree on two of the
    three are compared. One date in ten is replaced."""
    m = {"first_name": (0.8, 0.1, 0.1), "last_name": (0.85, 0.1, 0.05), "birth_date": (0.88, 0.02, 0.1)}
    rows = []
    for chosen in product(range(3), repeat=3):
        if chosen.count(0) >= 2:
            first, last, born = chosen
            of_person = 1_000 * math.prod(m[name][level] for name, level in zip(m, chosen, strict=True))
            rows.append((f"{first}-{last}--{born}-", round(of_person + strangers_with(chosen))))
    return patterns(*rows)


def strangers_with(chosen: tuple[int, ...]) -> float:
    """The pairs of strangers with a pattern, by the probabilities of the model."""
    u = new_model().u
    shares = (u[name][level] for name, level in zip(("first_name", "last_name", "birth_date"), chosen, strict=True))
    return PATIENTS * DEATHS * math.prod(float(share) for share in shares)


KEYS = [("first_name", "last_name"), ("first_name", "birth_date"), ("last_name", "birth_date")]
ALL_KNOWN = np.array([float(field.name in ("first_name", "last_name", "birth_date")) for field in FIELDS])
REACH = reach_of(read_rules("exact"), FIELDS, KEYS, ALL_KNOWN)


def test_pairs_that_share_no_key_are_added_to_the_matches() -> None:
    # 1,000 x (0.8 x 0.85 + 0.8 x 0.88 x 0.15 + 0.85 x 0.88 x 0.2) = 935 pairs agree on two of three fields.
    whole, found = fit(new_model(), truncated(), REACH), fit(new_model(), truncated(), EVERYTHING)
    assert whole.matches == pytest.approx(1_000, abs=30)
    assert found.matches < 900  # pairs with a replaced date pass for strangers


def test_a_replaced_date_weighs_as_much_as_it_would_if_all_pairs_were_compared() -> None:
    whole, found = fit(new_model(), truncated(), REACH), fit(new_model(), truncated(), EVERYTHING)
    assert whole.m["birth_date"][2] == pytest.approx(0.1, abs=0.025)
    assert found.m["birth_date"][2] < 0.01
    assert bits(whole, "0-0--2-") > bits(found, "0-0--2-")


def test_a_field_that_no_pair_knows_reaches_nothing() -> None:
    reach = reach_of(read_rules("exact"), FIELDS, [("ssn",), *KEYS], ALL_KNOWN)
    whole, beside = (fit(new_model(), truncated(), one) for one in (REACH, reach))
    assert beside.matches == pytest.approx(whole.matches, rel=1e-6)


def test_if_no_pattern_implies_a_key_all_count() -> None:
    reach = reach_of(read_rules("exact"), FIELDS, [("middle_name", "suffix")], ALL_KNOWN)
    assert fit(new_model(), MATCHES, reach).matches == pytest.approx(fit(new_model(), MATCHES, EVERYTHING).matches)


def test_if_every_pair_has_one_error_the_keys_are_not_thought_to_miss_most_matches() -> None:
    # Independent errors would give as many pairs without any error, and many with two, which agree on no key.
    found = patterns(("1-0--0-", 300), ("0-1--0-", 300), ("0-0--2-", 300), ("0-0--0-", 3), bucket=24)
    model = fit(new_model(), found, REACH)
    assert 850 < model.compared < model.matches <= 2.001 * model.compared


def test_pairs_that_share_only_common_names_are_strangers() -> None:
    # Names on one of 64 records: 12,207 of the 50 million pairs share both by chance. 5 % more are found.
    known = patterns(("0-0--0-", 900), ("1-0--0-", 60), ("0-1--0-", 40), bucket=24)
    common = patterns(("0-0--2-", 12_817), bucket=12)
    both = Patterns(*(np.concatenate(parts) for parts in zip(*map(columns, (known, common)), strict=True)))
    model = fit(new_model(), both, EVERYTHING)
    assert model.matches == pytest.approx(1_000, abs=25)
    assert model.m["birth_date"][2] < 0.02


def test_a_misspelled_name_that_is_rare_weighs_more_than_two_similar_common_names() -> None:
    # The strangers drawn have similar names on one record of 256; misspelled names are on one of 65,536.
    rows = {bucket: patterns(("1-0--00", pairs), bucket=bucket) for bucket, pairs in ((32, 90), (NAME_BUCKET, 10))}
    known = patterns(("0-0--00", 900), ("2-0--20", 3_000))
    found = Patterns(*(np.concatenate(parts) for parts in zip(*map(columns, (known, *rows.values())), strict=True)))
    model = fit(new_model(), found, EVERYTHING)
    rare, common = (score(model, row).by_field["first_name"][0] / 1000 for row in rows.values())
    level = math.log2(model.m["first_name"][1] / model.u["first_name"][1])
    assert common < level - 1.5 < level + 3 < rare
    assert bits(model, "0-0--00", 32) - bits(model, "2-0--00", 32) > bits(model, "0-0--00") - bits(model, "2-0--00")


def test_the_rarity_of_similar_names_says_nothing_if_no_pair_has_shown_it() -> None:
    model = new_model()
    common, rare = (score(model, patterns(("1-0--00", 1), bucket=bucket)).by_field["first_name"] for bucket in (4, 40))
    assert common == rare


def columns(found: Patterns) -> tuple[np.ndarray, ...]:
    return found.levels, found.pairs, found.buckets


def test_the_parts_of_a_weight_add_up_to_it() -> None:
    found = score(fit(new_model(), MATCHES, EVERYTHING, limits_of(USUAL_RELATIVES, 500, DEATHS)), MATCHES)
    parts = found.prior + found.relatives + sum(found.by_field.values())
    assert parts.tolist() == found.bits.tolist()
    assert found.odds[0] > ONE > found.odds[-1]


def test_what_is_not_known_weighs_nothing() -> None:
    found = score(fit(new_model(), MATCHES, EVERYTHING), patterns(("0-0--00", 1)))
    assert [int(found.by_field[name][0]) for name in ("middle_name", "suffix", "ssn")] == [0, 0, 0]


def test_a_rare_name_weighs_more_than_a_common_one() -> None:
    model = fit(new_model(), MATCHES, EVERYTHING)
    # Two fields agree on values that are four times as rare: 2 bits each.
    assert bits(model, "0-0--20", bucket=20) - bits(model, "0-0--20", bucket=16) == pytest.approx(4, abs=0.01)


def test_names_of_one_origin_weigh_less_together_than_apart() -> None:
    # Out of 10 million pairs, 153 would share both names by chance, but 1,530 do.
    apart, together = (
        fit(new_model((153, 10_000_000)), MATCHES, EVERYTHING),
        fit(new_model((1_530, 10_000_000)), MATCHES, EVERYTHING),
    )
    assert bits(apart, "0-0--20") - bits(together, "0-0--20") == pytest.approx(math.log2(10), abs=0.1)
    assert bits(apart, "0-1--00") == pytest.approx(bits(together, "0-1--00"), abs=0.1)


@pytest.mark.parametrize(
    ("before", "of_one", "of_none"), [("last_name", "200-20", "202-20"), ("first_name", "002-20", "202-20")]
)
def test_a_middle_name_weighs_less_where_it_follows_from_another_name(before: str, of_one: str, of_none: str) -> None:
    apart, together = (
        fit(new_model((found, 10_000_000), (before, "middle_name")), MATCHES, EVERYTHING) for found in (153, 1_530)
    )
    assert bits(apart, f"{of_one}0") - bits(together, f"{of_one}0") == pytest.approx(math.log2(10), abs=0.1)
    assert bits(apart, f"{of_none}0") == pytest.approx(bits(together, f"{of_none}0"), abs=0.1)


def test_two_names_agree_at_most_always() -> None:
    model = new_model((100_000, 100_000), ("last_name", "middle_name"))
    both = patterns(("200-200", 1), bucket=2)
    assert of_values(model, both, 1, FIELDS[1], STRANGER).tolist() == [1.0]


def test_a_first_name_leaves_the_sex_little_to_say() -> None:
    model = fit(new_model(), MATCHES, EVERYTHING)
    assert bits(model, "0-0-200") - bits(model, "0-0-20-") < 0.5 < bits(model, "2-0-200") - bits(model, "2-0-20-")


def test_twins_and_namesakes_weigh_less_where_there_are_any() -> None:
    alone, limits = (
        fit(new_model(), MATCHES, EVERYTHING),
        {TWINS: (50.0, 50.0), HOUSEHOLD: (20.0, 20.0), NAMESAKES: (80.0, 80.0)},
    )
    among = fit(new_model(), MATCHES, EVERYTHING, Limits(limits, {TWINS_SSN: 0.02, NAMESAKES_SSN: 0.1}))
    for text in ("2-0--00", "0-0--20", "2-0-020", "0-0-020", "2-0-000"):
        assert bits(among, text, bucket=30) < bits(alone, text, bucket=30) - 1, text
    assert bits(among, "0-0-000", bucket=30) > 15  # no relative has the same names, number, and birth date


def test_namesakes_a_generation_apart_are_estimated_and_wrong_dates_are_kept() -> None:
    """Wrong dates are a generation apart as often as those of strangers: here, in one pair of four."""
    apart = Weighed("birth_date", ("exact", "similar", "generation", "disagree"), generation=2)
    fields = tuple(apart if field.name == "birth_date" else field for field in FIELDS)
    drawn = patterns(("2121221", 10_000), ("2121220", 10_000), ("2121231", 30_000), ("2121230", 30_000))
    same = {"first_name": 1 / 256, "last_name": 1 / 256, "middle_name": 1 / 256, "birth_date": 1 / 20_000}
    unknown = Limits({NAMESAKES: (0.0, 100.0)}, {})

    def fitted(generation: int, other: int) -> Model:
        found = patterns(("0-0--00", 1_000), ("0-0--20", generation), ("0-0--30", other), bucket=24)
        return fit(
            start(fields, drawn, same, dict.fromkeys(TOGETHER, (0, 0)), 9, PATIENTS, DEATHS), found, EVERYTHING, unknown
        )

    with_fathers, with_errors = fitted(30, 1), fitted(10, 30)
    assert with_fathers.relatives[NAMESAKES] == pytest.approx(30, abs=2)
    assert with_errors.relatives[NAMESAKES] < 1
    assert bits(with_fathers, "0-0--20", bucket=24) < bits(with_fathers, "0-0--30", bucket=24) - 2
    assert bits(with_errors, "0-0--20", bucket=24) == pytest.approx(bits(with_errors, "0-0--30", bucket=24), abs=1)


def test_relatives_are_counted_where_the_partner_is_known() -> None:
    model = fit(new_model(), MATCHES, EVERYTHING)
    rates = count_relatives(model, patterns(("2-0-200", 100), ("2-0-201", 50), ("2-0-020", 10)), 1_000, PATIENTS)
    assert rates[TWINS] == pytest.approx(0.136, abs=0.01)
    assert rates[HOUSEHOLD] == pytest.approx(0.009, abs=0.002)
    assert rates[NAMESAKES] < 0.001


def test_without_a_sure_pair_relatives_are_as_usual() -> None:
    rates = count_relatives(fit(new_model(), MATCHES, EVERYTHING), patterns(), 0, PATIENTS)
    assert rates == USUAL_RELATIVES


def test_where_nobody_has_relatives_a_replaced_first_name_stays_the_persons() -> None:
    rows = MATCHES.levels.tolist(), MATCHES.pairs.tolist()
    text = ["".join("-" if level < 0 else str(level) for level in row) for row in rows[0]]
    found = patterns(*zip(text, map(int, rows[1]), strict=True), ("2-0--00", 60))
    model = fit(new_model(), found, EVERYTHING, limits_of(dict.fromkeys(USUAL_RELATIVES, 1e-5), 1_300, 1_376))
    assert model.relatives[TWINS] < 1
    assert bits(model, "2-0--00") > 3


def test_a_value_is_as_common_as_the_other_values_on_as_few_records() -> None:
    shares = commonness({1: 900, 2: 40, 20: 1}, 1_000)
    assert shares[1] == pytest.approx(2 * 40.5 / 900 / 1_000)  # Good-Turing estimate
    assert shares[20] == pytest.approx(0.02)
    assert list(shares.values()) == sorted(shares.values())


def test_a_file_of_few_people_does_not_make_every_value_common() -> None:
    assert commonness({1: 50}, 50)[1] < 1 / 1_000


def test_buckets_are_half_bits_of_both_files_together() -> None:
    table = {1: 1 / 1_024, 4: 1 / 256}
    assert buckets([(1, 1), (4, 4), (1, 0), (0, 4)], (table, table), (1_024, 1_024)) == [20, 16, 20, 16]


def test_codes_are_read_as_they_were_written() -> None:
    code, unit = 0, 1
    for value, radix in (
        (1, 4),
        (2, 3),
        (0, 4),
        (1, 3),
        (3, 4),
        (2, 4),
        (0, 3),
        (11, 64),
        (12, 64),
        (13, 64),
        (14, 64),
    ):
        code, unit = code + value * unit, unit * radix
    found = unpack([code], FIELDS, [7])
    assert found.levels.tolist() == [[1, -1, 0, 1, -1, 2, 0]]
    assert found.buckets.tolist() == [[11, 12, 13, 14]]
    assert found.pairs.tolist() == [7.0]


@pytest.mark.parametrize(("mean", "low", "high"), [(0.0, 0, 0), (0.2, 0, 2), (4.0, 0, 16), (100.0, 2, 370)])
def test_an_interval_holds_the_models_own_error(mean: float, low: int, high: int) -> None:
    assert interval(mean) == (low, high)
