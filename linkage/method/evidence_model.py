"""Evidence: the weight of each field of a pair, estimated from the two files themselves, without truth.

The model of Fellegi and Sunter (1969), extended by classes of relatives. The two records of a pair are of one person,
of strangers, of twins, of one household, or of namesakes of two generations; each class has its own probability of
every level of every field. Agreement among strangers (u) is estimated from pairs drawn at random and from value
frequencies. Agreement within a person (m), and the number of such pairs, are found by expectation-maximization on
counts of patterns. Relatives are counted where the true partner is known (see `weigh`).

Pure: no engine and no files. Input is sorted whole numbers; output is whole numbers: thousandths of a bit, and odds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkage.method.evidence_levels import (
    BUCKETS,
    COUNTED,
    DOUBLES,
    HOUSEHOLD,
    LEAST_BITS,
    MANY_VALUES,
    MOST_BITS,
    NAMESAKES,
    NAMESAKES_SSN,
    ONE,
    PER_BIT,
    PRIOR_DEATHS,
    PRIOR_NAMESAKES,
    PRIOR_PAIRS,
    PRIOR_TIED,
    ROUNDS,
    SHARED_EXACT,
    START_SHARE,
    STEPS_PER_BIT,
    TIED,
    TWINS,
    TWINS_SSN,
    USUAL_EXACT,
    USUAL_EXACT_OTHERS,
    USUAL_RELATIVES,
    USUAL_SEXES,
    Weighed,
    digits,
)

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Tables = Mapping[str, Floats]
_MATCH, _STRANGER, _SHARED = "match", "stranger", "shared"
# The distribution from which each class of relatives takes its agreement; fields not named agree as for strangers.
_KIN: Mapping[str, Mapping[str, str]] = {
    TWINS: {"last_name": _MATCH, "birth_date": _MATCH},
    TWINS_SSN: {"last_name": _MATCH, "birth_date": _MATCH, "ssn": _SHARED},
    HOUSEHOLD: {"last_name": _MATCH, "ssn": _SHARED},
    NAMESAKES: {"first_name": _MATCH, "middle_name": _MATCH, "last_name": _MATCH, "sex": _MATCH},
    NAMESAKES_SSN: {
        **dict.fromkeys(("first_name", "middle_name", "last_name", "sex"), _MATCH),
        "ssn": _SHARED,
    },
}


@dataclass(frozen=True)
class Patterns:
    """Distinct patterns of agreement, with one row each and a column per field (-1 if not known), and the number of
    pairs with each. Rows are in the order of their codes."""

    levels: Whole
    pairs: Floats
    buckets: Whole


@dataclass(frozen=True)
class Model:
    """The estimates: by field the probability of each level among pairs of one person (`m`) and of strangers (`u`), the
    agreement on sex of strangers with one first name (`u_sex_of_namesakes`), how much more often than by chance
    strangers share both names (`names_together`), and expected pairs by class."""

    fields: tuple[Weighed, ...]
    m: Tables
    u: Tables
    u_sex_of_namesakes: Floats
    names_together: float
    all_pairs: float
    matches: float
    relatives: Mapping[str, float]


@dataclass(frozen=True)
class Limits:
    """Bounds on the numbers of relatives, from those counted: by kind the least and the greatest number of pairs, and
    for the kinds in `TIED` their ratio to another kind."""

    by_kind: Mapping[str, tuple[float, float]]
    shares: Mapping[str, float]

    def keep(self, found: Mapping[str, float]) -> dict[str, float]:
        """The numbers of pairs found, moved into their bounds."""
        kept = {kind: min(max(found[kind], least), most) for kind, (least, most) in self.by_kind.items()}
        return kept | {kind: kept[TIED[kind][0]] * share for kind, share in self.shares.items()}


def unpack(codes: Sequence[int], fields: Sequence[Weighed], pairs: Sequence[int] | None = None) -> Patterns:
    """The patterns that codes represent."""
    rest = np.array(codes, dtype=np.int64)
    parts: dict[str, Whole] = {}
    for name, radix in digits(fields):
        parts[name], rest = rest % radix, rest // radix
    levels = [np.where(parts[f.name] == len(f.levels), -1, parts[f.name]) for f in fields]
    buckets = [parts[f"{name}_bucket"] for name in COUNTED]
    counts = np.ones(len(rest)) if pairs is None else np.array(pairs, dtype=np.float64)
    return Patterns(np.array(levels, dtype=np.int64).T.reshape(len(rest), len(fields)), counts, np.array(buckets).T)


def commonness(histogram: Mapping[int, int], records: int) -> dict[int, float]:
    """The frequency of a value among strangers, by the number of records of one file that have it.

    `histogram` has, for each such number, the number of values. A value on one record of a small file is less frequent
    than 1 in that file's size: if ten values or more have the same number of records, the Good-Turing estimate (Good
    1953) is used.

    >>> {n: round(share, 4) for n, share in commonness({1: 90, 2: 9, 40: 1}, 148).items()}
    {1: 0.0014, 2: 0.0135, 40: 0.2703}
    """
    shares, least = {}, 0.0
    for number in sorted(histogram):
        share = number / records
        if histogram[number] >= MANY_VALUES:
            share = min(share, (number + 1) * (histogram.get(number + 1, 0) + 0.5) / histogram[number] / records)
        least = shares[number] = max(least, share)
    return shares


def buckets(
    counts: Sequence[tuple[int, int]], shares: tuple[Mapping[int, float], Mapping[int, float]], records: tuple[int, int]
) -> list[int]:
    """The bucket of values with these numbers of patients and deaths, in steps of `STEPS_PER_BIT`."""
    found = []
    for both in counts:
        share = sum(n * table[c] for c, table, n in zip(both, shares, records, strict=True) if c) / max(
            sum(n for c, n in zip(both, records, strict=True) if c), 1
        )
        found.append(min(max(round(-STEPS_PER_BIT * math.log2(share)), 0), BUCKETS - 1))
    return found


def start(
    fields: tuple[Weighed, ...],
    drawn: Patterns,
    same_value: Mapping[str, float],
    namesakes: tuple[int, int],
    ssn_digits: int,
    patients: int,
    deaths: int,
) -> Model:
    """The model before anything is estimated from pairs of one person.

    `drawn` are patterns of pairs of strangers; `same_value` has the probability that two records of one file share the
    value of a field; `namesakes` are the pairs within the files with one full name and two birth dates, and all pairs.
    """
    u = {f.name: _among_strangers(n, f, drawn) for n, f in enumerate(fields)}
    exact = {**same_value, "ssn": 10.0**-ssn_digits}
    for name, share in exact.items():
        u[name] = _with_exact(u[name], min(max(share, 1e-12), 0.5))
    for field in (one for one in fields if one.name == "full_name"):
        u[field.name] = _full_name_among_strangers(field, u)
    m = {f.name: usual(f) for f in fields}
    whole = float(patients) * deaths
    together = names_together(namesakes, same_value["first_name"] * same_value["last_name"])
    sexes = _sex_of_namesakes(fields, drawn, u)
    return Model(fields, m, u, sexes, together, whole, START_SHARE * min(patients, deaths), {})


def names_together(namesakes: tuple[int, int], chance: float) -> float:
    """How much more often than by chance two strangers who share one name share the other, because names have an
    origin.

    >>> round(names_together((1_995, 10_000_000), 2e-5), 2), round(names_together((3, 1_000), 1e-4), 2)
    (9.76, 1.57)
    """
    found, pairs = namesakes
    return max((found + PRIOR_NAMESAKES) / (pairs * chance + PRIOR_NAMESAKES), 1.0)


def usual(field: Weighed) -> Floats:
    """The usual agreement of two records of one person on a field, assumed before any pair is seen.

    >>> usual(Weighed("first_name", ("exact", "similar", "disagree"))).round(3).tolist()
    [0.85, 0.1, 0.05]
    """
    exact, others = USUAL_EXACT.get(field.name, USUAL_EXACT_OTHERS), len(field.levels) - 1
    rest = 2.0 ** np.arange(others, 0, -1) if others else np.ones(0)
    return np.asarray(np.concatenate([[exact], (1 - exact) * rest / max(rest.sum(), 1.0)]))


def _among_strangers(column: int, field: Weighed, drawn: Patterns) -> Floats:
    found = np.bincount(drawn.levels[:, column] + 1, drawn.pairs, len(field.levels) + 1)[1:]
    return np.asarray((found + 0.5) / (found.sum() + 0.5 * len(found)))


def _full_name_among_strangers(field: Weighed, u: Tables) -> Floats:
    """Names are swapped by chance as often as two names are equal, or, at a level with slips, close."""
    exact, close = (float(np.prod([u[name][:n].sum() for name in ("first_name", "last_name")])) for n in (1, 2))
    named = [max(close if n in field.with_slips else exact, 1e-12) for n in range(1, len(field.levels))]
    return np.array([1 - sum(named), *named])


def _with_exact(shares: Floats, exact: float) -> Floats:
    rest = shares[1:] * (1 - exact) / max(shares[1:].sum(), 1e-12)
    return np.concatenate([[exact], rest])


def _sex_of_namesakes(fields: Sequence[Weighed], drawn: Patterns, u: Tables) -> Floats:
    """Agreement on sex of strangers whose first names agree: nearly always, so it adds little evidence."""
    names = [field.name for field in fields]
    first, sex = drawn.levels[:, names.index("first_name")], drawn.levels[:, names.index("sex")]
    chosen = (first >= 0) & (first <= 1) & (sex >= 0)
    found = np.bincount(sex[chosen], drawn.pairs[chosen], 2)
    return np.asarray((found + np.array(USUAL_SEXES)) / (found.sum() + sum(USUAL_SEXES)))


def fit(model: Model, patterns: Patterns, limits: Limits | None = None) -> Model:
    """Expectation-maximization: the maximum-likelihood model for these counts of patterns. Without `limits` there are
    no relatives."""
    u, limits = _strangers(model, patterns), limits or Limits({}, {})
    prior = {field.name: usual(field) * PRIOR_PAIRS for field in model.fields}
    model = replace(model, relatives=limits.keep({kind: most for kind, (_, most) in limits.by_kind.items()}))
    for _ in range(ROUNDS):
        match = model.matches * density(model, patterns, _MATCH)
        kin = {kind: number * density(model, patterns, kind) for kind, number in model.relatives.items()}
        strangers = max(model.all_pairs - model.matches - sum(model.relatives.values()), 1.0)
        each = patterns.pairs / np.maximum(match + strangers * u + sum(kin.values()), 1e-300)
        share = match * each
        m = {f.name: _maximised(patterns.levels[:, n], share, prior[f.name]) for n, f in enumerate(model.fields)}
        found = {kind: float((part * each).sum()) for kind, part in kin.items()}
        model = replace(model, m=m, matches=max(float(share.sum()), 0.5), relatives=limits.keep(found))
    return model


def _maximised(levels: Whole, share: Floats, prior: Floats) -> Floats:
    found = np.bincount(levels + 1, share, len(prior) + 1)[1:] + prior
    return np.asarray(found / found.sum())


def count_relatives(model: Model, others: Patterns, sure_deaths: int, patients: int) -> Mapping[str, float]:
    """Relatives of each kind among the patients per death, from pairs of sure deaths with other patients.

    Further records of the same person are estimated separately and do not count as relatives. If few deaths are sure,
    the assumed numbers dominate.
    """
    rates = dict(USUAL_RELATIVES)
    if not len(others.pairs):
        return {kind: rates[kind] * PRIOR_DEATHS / (PRIOR_DEATHS + sure_deaths) for kind in rates}
    by_kind = {kind: density(model, others, kind) for kind in rates}
    again, strangers, doubles = density(model, others, _MATCH), _strangers(model, others), DOUBLES
    for _ in range(ROUNDS):
        parts = {kind: rates[kind] * by_kind[kind] for kind in rates}
        total = sum(parts.values()) + doubles * again + patients * strangers
        share = others.pairs / np.maximum(total, 1e-300)
        doubles = (float((doubles * again * share).sum()) + DOUBLES) / max(sure_deaths, 1)
        for kind in rates:
            found = float((parts[kind] * share).sum()) + USUAL_RELATIVES[kind] * PRIOR_DEATHS
            rates[kind] = found / (sure_deaths + PRIOR_DEATHS)
    return rates


def limits_of(rates: Mapping[str, float], sure: int, deaths: int) -> Limits:
    """Bounds on the numbers of relatives, from those counted among the sure deaths.

    For sure deaths the count is used. For the others, the upper bound exceeds the counted rate by two standard
    deviations of a Poisson count.
    """
    counted = {kind: rate * (sure + PRIOR_DEATHS) for kind, rate in rates.items()}
    by_kind = {}
    for kind in (kind for kind in rates if kind not in TIED):
        most = (counted[kind] + 2 * math.sqrt(counted[kind] + 1)) / (sure + PRIOR_DEATHS)
        by_kind[kind] = (rates[kind] * sure, rates[kind] * sure + most * max(deaths - sure, 0))
    shares = {
        kind: (counted[kind] + usual * PRIOR_TIED) / (counted[other] + PRIOR_TIED)
        for kind, (other, usual) in TIED.items()
    }
    return Limits(by_kind, shares)


def density(model: Model, patterns: Patterns, kind: str) -> Floats:
    """The probability of each pattern in a class of pairs."""
    product = np.ones(len(patterns.pairs))
    for n, field in enumerate(model.fields):
        product *= _chances(model, patterns, n, field, kind)
    return product


def _strangers(model: Model, patterns: Patterns) -> Floats:
    return density(model, patterns, _STRANGER)


def _chances(model: Model, patterns: Patterns, n: int, field: Weighed, kind: str) -> Floats:
    levels = patterns.levels[:, n]
    source = kind if kind in (_MATCH, _STRANGER) else _KIN[kind].get(field.name, _STRANGER)
    if source == _STRANGER and field.name == "sex":
        return _sex_among_strangers(model, patterns, levels, kind)
    tables = {_MATCH: model.m, _STRANGER: model.u}.get(source)
    table = _shared(field) if tables is None else tables[field.name]
    if source == kind == _STRANGER and field.name == "last_name":
        table = np.where(_are_namesakes(model, patterns), model.names_together, 1.0) * table[np.maximum(levels, 0)]
        return np.where(levels < 0, 1.0, table)
    return np.where(levels < 0, 1.0, table[np.maximum(levels, 0)])


def _are_namesakes(model: Model, patterns: Patterns) -> NDArray[np.bool_]:
    """Whether both names agree exactly."""
    at = {field.name: patterns.levels[:, n] for n, field in enumerate(model.fields)}
    return np.asarray((at["first_name"] == 0) & (at["last_name"] == 0))


def _shared(field: Weighed) -> Floats:
    others = len(field.levels) - 1
    return np.array([SHARED_EXACT, *[(1 - SHARED_EXACT) / max(others, 1)] * others])


def _sex_among_strangers(model: Model, patterns: Patterns, levels: Whole, kind: str) -> Floats:
    apart, alike = model.u["sex"], model.u_sex_of_namesakes
    if kind in (TWINS, TWINS_SSN):  # about a third of twins are identical
        apart = (np.array([1.0, 0.0]) + 2 * apart) / 3
    first = patterns.levels[:, [field.name for field in model.fields].index("first_name")]
    at = np.maximum(levels, 0)
    return np.where(levels < 0, 1.0, np.where((first >= 0) & (first <= 1), alike[at], apart[at]))


@dataclass(frozen=True)
class Scores:
    """The weight of each pattern: odds as whole numbers (`ONE` is 1), and thousandths of a bit.

    `prior`, `relatives` and `by_field` add up to `bits`. `complete` patterns agree on names and on a number.
    """

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
    bits = np.sum([prior, *by_field.values()], axis=0, dtype=np.int64)
    # Odds are matches to strangers and relatives: 1 / (1 / odds against strangers + relatives / matches).
    relatives = _bits(1 + _against_relatives(model, patterns) * 2.0 ** (bits / PER_BIT))
    bits = bits - relatives
    odds = _whole(2.0 ** np.clip(bits / PER_BIT, LEAST_BITS, MOST_BITS) * ONE)
    return Scores(odds, bits, prior, -relatives, by_field, _complete(model, patterns))


def _bits(ratio: Floats) -> Whole:
    return _whole(np.log2(np.clip(ratio, 1e-30, 1e30)) * PER_BIT)


def _whole(numbers: Floats) -> Whole:
    return np.asarray(np.rint(numbers), dtype=np.int64)


def _field_ratio(model: Model, patterns: Patterns, n: int, field: Weighed) -> Floats:
    m, u = (_chances(model, patterns, n, field, kind) for kind in (_MATCH, _STRANGER))
    by_value = _by_value(model, patterns, n, field, u)
    if field.name == "last_name":
        by_value = np.where(_are_namesakes(model, patterns), by_value * model.names_together, by_value)
    return np.asarray(m / by_value)


def _by_value(
    model: Model, patterns: Patterns, n: int, field: Weighed, u: Floats, *, of_one_family: bool = False
) -> Floats:
    """Among strangers, exact agreement is as probable as the value is frequent; in a family the last name is the
    same."""
    levels = patterns.levels[:, n]
    share = {name: 2.0 ** (-patterns.buckets[:, k] / STEPS_PER_BIT) for k, name in enumerate(COUNTED)}
    if field.name == "full_name":
        both = share["first_name"] if of_one_family else share["first_name"] * share["last_name"]
        close = model.u["first_name"][:2].sum() if of_one_family else u
        same = np.where(levels > 0, np.maximum(both, 1e-12), u)
        return np.where(np.isin(levels, list(field.with_slips)), close, same)
    return np.where(levels == 0, share[field.name], u) if field.name in COUNTED else u


def _against_relatives(model: Model, patterns: Patterns) -> Floats:
    """The probability that relatives show a pattern, relative to that of pairs of one person."""
    match = model.matches * density(model, patterns, _MATCH)
    total = np.zeros(len(patterns.pairs))
    for kind, number in model.relatives.items():
        chance = np.full(len(patterns.pairs), number)
        for n, field in enumerate(model.fields):
            found = _chances(model, patterns, n, field, kind)
            if _KIN[kind].get(field.name, _STRANGER) == _STRANGER:
                found = _by_value(model, patterns, n, field, found, of_one_family=True)
            chance *= found
        total += chance
    return np.asarray(total / np.maximum(match, 1e-300))


def _complete(model: Model, patterns: Patterns) -> NDArray[np.bool_]:
    at = {field.name: patterns.levels[:, n] for n, field in enumerate(model.fields)}
    close = np.logical_and.reduce([(at[name] >= 0) & (at[name] <= 1) for name in ("first_name", "last_name")])
    return np.asarray(close & ((at["birth_date"] == 0) | (at["ssn"] == 0)))


def described(model: Model, rates: Mapping[str, float]) -> dict[str, Any]:
    """All estimates, for the manifest."""
    strangers = max(model.all_pairs - model.matches - sum(model.relatives.values()), 1.0)
    return {
        "matches": round(model.matches, 2),
        "prior_bits": int(_bits(np.array([model.matches / strangers]))[0]) / PER_BIT,
        "relatives": {
            kind: {"per_death": round(rates[kind], 6), "pairs": round(number, 2)}
            for kind, number in model.relatives.items()
        },
        "fields": {field.name: _described(model.m[field.name], model.u[field.name], field) for field in model.fields},
        "names_together": round(model.names_together, 4),
        "sex_of_strangers_of_one_first_name": [round(float(share), 6) for share in model.u_sex_of_namesakes],
    }


def _described(m: Floats, u: Floats, field: Weighed) -> dict[str, dict[str, float]]:
    bits = _bits(m / u)
    return {
        level: {"m": round(float(m[n]), 6), "u": float(f"{u[n]:.4g}"), "bits": int(bits[n]) / PER_BIT}
        for n, level in enumerate(field.levels)
    }
