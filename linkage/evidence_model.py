"""Evidence: what each field of a pair weighs, estimated from the two files themselves and without truth.

The model of Fellegi and Sunter (1969) with classes of relatives. A pair is one person's, two strangers', twins', of
one household, or of namesakes of two generations; each class has its own probability of every level of every field.
How strangers agree (u) is seen on pairs drawn at random and on how common values are. How one person's two records
agree (m), and how many such pairs there are, is found by expectation-maximisation over counts of patterns. How many
relatives there are is counted where the true partner is known (see `weigh`).

Pure: no engine and no files. Whole numbers come in, sorted, and whole numbers go out: thousandths of a bit and odds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from linkage.evidence_sql import COUNTED, STEPS_PER_BIT, Weighed, digits

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Tables = Mapping[str, Floats]

PER_BIT = 1000
"""Weights are whole thousandths of a bit, so that sums do not depend on their order."""
ONE = 2**16
"""Odds of 1, as the whole number that stands for them."""
MOST_BITS, LEAST_BITS = 28, -16
"""Odds beyond these limits are cut off, which keeps sums of odds far below 2 to the power of 53."""
ROUNDS = 100
PRIOR_PAIRS = 20.0
"""The weight of the usual agreement of one person's records, as so many pairs: it decides where a file has few."""
TWINS, HOUSEHOLD, NAMESAKES, NAMESAKES_SSN = "twins", "household", "namesakes", "namesakes with one SSN"
RELATIVES = (TWINS, HOUSEHOLD, NAMESAKES, NAMESAKES_SSN)
USUAL_RELATIVES = {TWINS: 2e-3, HOUSEHOLD: 2e-3, NAMESAKES: 2e-3, NAMESAKES_SSN: 5e-4}
"""Relatives of each kind among the patients, for one death, before any are counted."""
PRIOR_DEATHS = 100.0
"""The weight of the usual number of relatives, as so many deaths of which the partner is known."""

_MATCH, _STRANGER, _SHARED, _SURE = "match", "stranger", "shared", "sure"
# Where each kind of relatives gets its agreement from; a field that is not named is a stranger's.
_KIN: Mapping[str, Mapping[str, str]] = {
    TWINS: {"last_name": _MATCH, "birth_date": _MATCH},
    HOUSEHOLD: {"last_name": _MATCH, "ssn": _SHARED},
    NAMESAKES: {"first_name": _MATCH, "middle_name": _MATCH, "last_name": _MATCH, "sex": _MATCH},
    NAMESAKES_SSN: {
        **dict.fromkeys(("first_name", "middle_name", "last_name", "sex"), _MATCH),
        "ssn": _SHARED,
    },
}
_USUAL_EXACT = {"ssn": 0.9, "sex": 0.98, "suffix": 0.9, "full_name": 0.985, "birth_date": 0.9}


@dataclass(frozen=True)
class Patterns:
    """Distinct patterns of agreement: a row each, a column for each field, -1 where it is not known; and how many
    pairs show each. The rows are in the order of their codes."""

    levels: Whole
    pairs: Floats
    buckets: Whole


@dataclass(frozen=True)
class Model:
    """What has been estimated: by field the probability of each level among pairs of one person (`m`) and of strangers
    (`u`), the sexes of strangers of one first name (`u_sex_of_namesakes`), and expected pairs by class."""

    fields: tuple[Weighed, ...]
    m: Tables
    u: Tables
    u_sex_of_namesakes: Floats
    all_pairs: float
    matches: float
    relatives: Mapping[str, float]


def unpack(codes: Sequence[int], fields: Sequence[Weighed], pairs: Sequence[int] | None = None) -> Patterns:
    """The patterns that codes stand for."""
    rest = np.array(codes, dtype=np.int64)
    parts: dict[str, Whole] = {}
    for name, radix in digits(fields):
        parts[name], rest = rest % radix, rest // radix
    levels = [np.where(parts[f.name] == len(f.levels), -1, parts[f.name]) for f in fields]
    buckets = [parts[f"{name}_bucket"] for name in COUNTED]
    counts = np.ones(len(rest)) if pairs is None else np.array(pairs, dtype=np.float64)
    return Patterns(np.array(levels, dtype=np.int64).T.reshape(len(rest), len(fields)), counts, np.array(buckets).T)


def start(
    fields: tuple[Weighed, ...],
    drawn: Patterns,
    same_value: Mapping[str, float],
    ssn_digits: int,
    patients: int,
    deaths: int,
) -> Model:
    """The model before anything is learned of pairs of one person.

    `drawn` are patterns of pairs of strangers; `same_value` the probability that two records of one file carry the
    same value of a field.
    """
    u = {f.name: _among_strangers(n, f, drawn) for n, f in enumerate(fields)}
    exact = {**same_value, "ssn": 10.0**-ssn_digits}
    for name, share in exact.items():
        u[name] = _with_exact(u[name], min(max(share, 1e-12), 0.5))
    if "full_name" in u:
        chance = u["first_name"][0] * u["last_name"][0]
        u["full_name"][1:] = np.maximum(chance, 1e-12)
        u["full_name"][0] = 1 - u["full_name"][1:].sum()
    m = {f.name: usual(f) for f in fields}
    whole = float(patients) * deaths
    return Model(fields, m, u, _sex_of_namesakes(fields, drawn, u), whole, 0.3 * min(patients, deaths), {})


def usual(field: Weighed) -> Floats:
    """How two records of one person usually agree on a field, before any pair is seen.

    >>> usual(Weighed("first_name", ("exact", "similar", "disagree"))).round(3).tolist()
    [0.85, 0.1, 0.05]
    """
    exact, others = _USUAL_EXACT.get(field.name, 0.85), len(field.levels) - 1
    rest = 2.0 ** np.arange(others, 0, -1) if others else np.ones(0)
    return np.concatenate([[exact], (1 - exact) * rest / max(rest.sum(), 1.0)])


def _among_strangers(column: int, field: Weighed, drawn: Patterns) -> Floats:
    found = np.bincount(drawn.levels[:, column] + 1, drawn.pairs, len(field.levels) + 1)[1:]
    return (found + 0.5) / (found.sum() + 0.5 * len(found))


def _with_exact(shares: Floats, exact: float) -> Floats:
    rest = shares[1:] * (1 - exact) / max(shares[1:].sum(), 1e-12)
    return np.concatenate([[exact], rest])


def _sex_of_namesakes(fields: Sequence[Weighed], drawn: Patterns, u: Tables) -> Floats:
    """How strangers agree on the sex whose first names agree: nearly always, so that it says little more."""
    names = [field.name for field in fields]
    first, sex = drawn.levels[:, names.index("first_name")], drawn.levels[:, names.index("sex")]
    chosen = (first >= 0) & (first <= 1) & (sex >= 0)
    found = np.bincount(sex[chosen], drawn.pairs[chosen], 2)
    # As many as ten pairs are taken to agree: a name tells the sex.
    return np.asarray((found + np.array([10.0, 0.5])) / (found.sum() + 10.5))


def fit(model: Model, patterns: Patterns) -> Model:
    """Expectation-maximisation: the model that makes these counts of patterns likeliest, relatives as given."""
    u, kin = _strangers(model, patterns), None
    prior = {field.name: usual(field) * PRIOR_PAIRS for field in model.fields}
    for _ in range(ROUNDS):
        match = model.matches * density(model, patterns, _MATCH)
        kin = _relatives(model, patterns)
        strangers = max(model.all_pairs - model.matches - sum(model.relatives.values()), 1.0)
        share = match / np.maximum(match + strangers * u + kin, 1e-300) * patterns.pairs
        m = {f.name: _maximised(patterns.levels[:, n], share, prior[f.name]) for n, f in enumerate(model.fields)}
        model = replace(model, m=m, matches=max(float(share.sum()), 0.5))
    return model


def _maximised(levels: Whole, share: Floats, prior: Floats) -> Floats:
    found = np.bincount(levels + 1, share, len(prior) + 1)[1:] + prior
    return np.asarray(found / found.sum())


def count_relatives(model: Model, others: Patterns, sure_deaths: int, patients: int) -> Mapping[str, float]:
    """Relatives of each kind among the patients for one death, from pairs of sure deaths with other patients.

    A further record of the same person counts as that, not as a relative. Where few deaths are sure, the usual numbers
    decide.
    """
    rates = dict(USUAL_RELATIVES)
    if not len(others.pairs):
        return {kind: rates[kind] * PRIOR_DEATHS / (PRIOR_DEATHS + sure_deaths) for kind in rates}
    by_kind = {kind: density(model, others, kind) for kind in RELATIVES}
    again, strangers, doubles = density(model, others, _MATCH), _strangers(model, others), 1e-3
    for _ in range(ROUNDS):
        parts = {kind: rates[kind] * by_kind[kind] for kind in RELATIVES}
        total = sum(parts.values()) + doubles * again + patients * strangers
        share = others.pairs / np.maximum(total, 1e-300)
        doubles = (float((doubles * again * share).sum()) + 1e-3) / max(sure_deaths, 1)
        for kind in RELATIVES:
            found = float((parts[kind] * share).sum()) + USUAL_RELATIVES[kind] * PRIOR_DEATHS
            rates[kind] = found / (sure_deaths + PRIOR_DEATHS)
    return rates


def density(model: Model, patterns: Patterns, kind: str) -> Floats:
    """How likely each pattern is in a class of pairs."""
    product = np.ones(len(patterns.pairs))
    for n, field in enumerate(model.fields):
        product *= _chances(model, patterns, n, field, kind)
    return product


def _strangers(model: Model, patterns: Patterns) -> Floats:
    return density(model, patterns, _STRANGER)


def _relatives(model: Model, patterns: Patterns) -> Floats:
    return sum(
        (number * density(model, patterns, kind) for kind, number in model.relatives.items()),
        np.zeros(len(patterns.pairs)),
    )


def _chances(model: Model, patterns: Patterns, n: int, field: Weighed, kind: str) -> Floats:
    levels = patterns.levels[:, n]
    source = kind if kind in (_MATCH, _STRANGER) else _KIN[kind].get(field.name, _STRANGER)
    if field.name == "full_name" and kind in RELATIVES:
        source = _SURE  # names in each other's place are a slip of one person's record
    if source == _STRANGER and field.name == "sex":
        return _sex_among_strangers(model, patterns, levels, kind)
    tables = {_MATCH: model.m, _STRANGER: model.u}.get(source)
    table = _fixed(source, field) if tables is None else tables[field.name]
    return np.where(levels < 0, 1.0, table[np.maximum(levels, 0)])


def _fixed(source: str, field: Weighed) -> Floats:
    exact = 0.97 if source == _SHARED else 1 - 1e-9
    others = len(field.levels) - 1
    return np.array([exact, *[(1 - exact) / max(others, 1)] * others])


def _sex_among_strangers(model: Model, patterns: Patterns, levels: Whole, kind: str) -> Floats:
    apart, alike = model.u["sex"], model.u_sex_of_namesakes
    if kind == TWINS:  # about a third of twins are identical
        apart = (np.array([1.0, 0.0]) + 2 * apart) / 3
    first = patterns.levels[:, [field.name for field in model.fields].index("first_name")]
    at = np.maximum(levels, 0)
    return np.where(levels < 0, 1.0, np.where((first >= 0) & (first <= 1), alike[at], apart[at]))


@dataclass(frozen=True)
class Scores:
    """What each pattern weighs: odds as whole numbers (`ONE` is 1), and thousandths of a bit, of which `prior` and those
    by field, less those of `relatives`, add up to `bits`. `complete` patterns agree on names and on a number."""

    odds: Whole
    bits: Whole
    prior: Whole
    relatives: Whole
    by_field: Mapping[str, Whole]
    complete: NDArray[np.bool_]


def score(model: Model, patterns: Patterns) -> Scores:
    """The weight of each pattern against strangers, field by field, and against relatives."""
    by_field = {f.name: _bits(_field_ratio(model, patterns, n, f)) for n, f in enumerate(model.fields)}
    strangers = max(model.all_pairs - model.matches - sum(model.relatives.values()), 1.0)
    prior = np.full(len(patterns.pairs), _bits(np.array([model.matches / strangers]))[0])
    bits = prior + sum(by_field.values())
    # Odds are matches to strangers and relatives: 1 / (1 / odds against strangers + relatives / matches).
    relatives = _bits(1 + _against_relatives(model, patterns) * 2.0 ** (bits / PER_BIT))
    bits = bits - relatives
    odds = np.rint(2.0 ** np.clip(bits / PER_BIT, LEAST_BITS - 2, MOST_BITS) * ONE).astype(np.int64)
    return Scores(odds, bits, prior, -relatives, by_field, _complete(model, patterns))


def _bits(ratio: Floats) -> Whole:
    return np.rint(np.log2(np.clip(ratio, 1e-30, 1e30)) * PER_BIT).astype(np.int64)


def _field_ratio(model: Model, patterns: Patterns, n: int, field: Weighed) -> Floats:
    m, u = (_chances(model, patterns, n, field, kind) for kind in (_MATCH, _STRANGER))
    return np.asarray(m / _by_value(patterns, n, field, u))


def _by_value(patterns: Patterns, n: int, field: Weighed, u: Floats) -> Floats:
    """Among strangers exact agreement is as likely as the value is common."""
    levels = patterns.levels[:, n]
    share = {name: 2.0 ** (-patterns.buckets[:, k] / STEPS_PER_BIT) for k, name in enumerate(COUNTED)}
    if field.name == "full_name":
        return np.where(levels > 0, np.maximum(share["first_name"] * share["last_name"], 1e-12), u)
    return np.where(levels == 0, share[field.name], u) if field.name in COUNTED else u


def _against_relatives(model: Model, patterns: Patterns) -> Floats:
    """How likely relatives show a pattern, for each time that pairs of one person do."""
    match = model.matches * density(model, patterns, _MATCH)
    total = np.zeros(len(patterns.pairs))
    for kind, number in model.relatives.items():
        chance = np.full(len(patterns.pairs), number)
        for n, field in enumerate(model.fields):
            found = _chances(model, patterns, n, field, kind)
            from_strangers = _KIN[kind].get(field.name, _STRANGER) == _STRANGER
            by_value = from_strangers and field.name in COUNTED
            chance *= _by_value(patterns, n, field, found) if by_value else found
        total += chance
    return np.asarray(total / np.maximum(match, 1e-300))


def _complete(model: Model, patterns: Patterns) -> NDArray[np.bool_]:
    at = {field.name: patterns.levels[:, n] for n, field in enumerate(model.fields)}
    close = np.logical_and.reduce([(at[name] >= 0) & (at[name] <= 1) for name in ("first_name", "last_name")])
    return np.asarray(close & ((at["birth_date"] == 0) | (at["ssn"] == 0)))
