"""Evidence: the weight of each field of a pair, estimated from the two files themselves, without truth.

The model of Fellegi and Sunter (1969), extended by classes of relatives. The two records of a pair are of one person,
of strangers, of twins, of one household, or of namesakes of two generations; each class has its own probability of
every level of every field. Agreement among strangers (u) is estimated from pairs drawn at random and from value
frequencies. Agreement within a person (m), and the number of such pairs, are found by expectation-maximization on
counts of patterns. Relatives are counted where the true partner is known (see `weigh`).

Pure: no engine and no files. Input is sorted whole numbers; output is whole numbers: thousandths of a bit, and odds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from linkage.method.evidence_classes import (
    BY_CHANCE,
    MATCH,
    STRANGER,
    Floats,
    Model,
    Patterns,
    Tables,
    Whole,
    density,
    match_densities,
    rarities,
    rarity,
)
from linkage.method.evidence_levels import (
    LEAST_COMPLETE,
    LEAST_PARTIAL,
    LEAST_REACH,
    PRIOR_NAMESAKES,
    PRIOR_PAIRS,
    RARITIES,
    RARITY_FIELDS,
    ROUNDS,
    START_SHARE,
    TIED,
    TOGETHER,
    USUAL_EXACT,
    USUAL_EXACT_OTHERS,
    USUAL_SEXES,
    Weighed,
)
from linkage.method.evidence_reach import KeyReach

Namesakes = Mapping[tuple[str, str], tuple[int, int]]
"""By pair of names: the pairs of records of one file that share both and have two birth dates, and all pairs."""


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


def known_shares(drawn: Patterns) -> Floats:
    """The share of pairs in which both values are known, by field, in pairs drawn at random."""
    # If no pair could be drawn, all values count as known.
    return np.asarray(((drawn.levels >= 0).T @ drawn.pairs + 1) / (float(drawn.pairs.sum()) + 1))


def start(
    fields: tuple[Weighed, ...],
    drawn: Patterns,
    same_value: Mapping[str, float],
    namesakes: Namesakes,
    ssn_digits: int,
    patients: int,
    deaths: int,
) -> Model:
    """The model before anything is estimated from pairs of one person.

    `drawn` are patterns of pairs of strangers; `same_value` has the probability that two records of one file share the
    value of a field; `namesakes` has, by pair of names, the pairs within the files that share both and have two birth
    dates, and all pairs.
    """
    u = {f.name: _among_strangers(n, f, drawn) for n, f in enumerate(fields)}
    complete = _complete_dates(fields, drawn)
    exact = {**same_value, "ssn": 10.0**-ssn_digits, "birth_date": same_value["birth_date"] * complete}
    for name, share in exact.items():
        u[name] = _with_exact(u[name], min(max(share, 1e-12), 0.5))
    for field in (one for one in fields if one.name == "full_name"):
        u[field.name] = _full_name_among_strangers(field, u)
    m = {f.name: usual(f, complete) for f in fields}
    whole = float(patients) * deaths
    together = {
        (one, other): names_together(namesakes[one, other], same_value[one] * same_value[other])
        for one, other in TOGETHER
    }
    sexes = _sex_of_namesakes(fields, drawn)
    rare = {f.name: rarities(drawn, drawn.pairs, n, f) for n, f in enumerate(fields) if f.name in RARITY_FIELDS}
    matches = START_SHARE * min(patients, deaths)
    return Model(fields, m, u, rare, rare, sexes, together, whole, matches, 0.0, {}, complete)


def names_together(namesakes: tuple[int, int], chance: float) -> float:
    """How much more often than by chance two strangers who share one name share the other, because both have one origin
    or one follows from the other.

    >>> round(names_together((1_995, 10_000_000), 2e-5), 2), round(names_together((3, 1_000), 1e-4), 2)
    (9.76, 1.57)
    """
    found, pairs = namesakes
    return max((found + PRIOR_NAMESAKES) / (pairs * chance + PRIOR_NAMESAKES), 1.0)


def usual(field: Weighed, complete_dates: float = 1.0) -> Floats:
    """The usual agreement of two records of one person on a field, assumed before any pair is seen.

    `complete_dates` is the share of pairs without a partial birth date. Others usually agree as far as they are known.

    >>> usual(Weighed("first_name", ("exact", "similar", "disagree"))).round(3).tolist()
    [0.85, 0.1, 0.05]
    >>> born = Weighed("birth_date", ("exact", "year", "disagree"), partial=((1, ("birth_year",)),))
    >>> usual(born, 0.5).round(3).tolist()
    [0.45, 0.45, 0.1]
    """
    exact, partial = USUAL_EXACT.get(field.name, USUAL_EXACT_OTHERS), [level for level, _ in field.partial]
    others = np.setdiff1d(np.arange(1, len(field.levels)), partial)
    rest = 2.0 ** np.arange(len(others), 0, -1)
    found = np.zeros(len(field.levels))
    found[0], found[others] = exact, (1 - exact) * rest / max(rest.sum(), 1.0)
    if not partial:
        return found
    of_partial = np.zeros(len(field.levels))
    of_partial[partial], of_partial[-1] = exact / len(partial), 1 - exact
    share = max(1 - complete_dates, LEAST_PARTIAL)
    return np.asarray((1 - share) * found + share * of_partial)


def _complete_dates(fields: Sequence[Weighed], drawn: Patterns) -> float:
    """The share of pairs of strangers with two complete birth dates, of those whose birth dates can be compared; 1 if
    partial dates that agree are not known, because the rule file has no level for them."""
    n, born = next((n, field) for n, field in enumerate(fields) if field.name == "birth_date")
    if drawn.partial is None or not born.partial:
        return 1.0
    known, partial = float(drawn.pairs[drawn.levels[:, n] >= 0].sum()), float(drawn.pairs[drawn.partial].sum())
    return max(1 - partial / max(known, 1.0), LEAST_COMPLETE)


def _among_strangers(column: int, field: Weighed, drawn: Patterns) -> Floats:
    found = np.bincount(drawn.levels[:, column] + 1, drawn.pairs, len(field.levels) + 1)[1:]
    return np.asarray((found + 0.5) / (found.sum() + 0.5 * len(found)))


def _full_name_among_strangers(field: Weighed, u: Tables) -> Floats:
    """Names are swapped by chance as often as two names are equal, or, at a level with slips, close."""
    exact, close = (float(np.prod([u[name][:-1][:n].sum() for name in ("first_name", "last_name")])) for n in (1, 2))
    named = [max(close if n in field.with_slips else exact, 1e-12) for n in range(1, len(field.levels))]
    return np.array([max(1 - sum(named), 1e-12), *named])


def _with_exact(shares: Floats, exact: float) -> Floats:
    rest = shares[1:] * (1 - exact) / max(shares[1:].sum(), 1e-12)
    return np.concatenate([[exact], rest])


def _sex_of_namesakes(fields: Sequence[Weighed], drawn: Patterns) -> Floats:
    """Agreement on sex of strangers whose first names agree: nearly always, so it adds little evidence."""
    names = [field.name for field in fields]
    first, sex = drawn.levels[:, names.index("first_name")], drawn.levels[:, names.index("sex")]
    chosen = (first >= 0) & (first <= 1) & (sex >= 0)
    found = np.bincount(sex[chosen], drawn.pairs[chosen], 2)
    return np.asarray((found + np.array(USUAL_SEXES)) / (found.sum() + sum(USUAL_SEXES)))


def fit(model: Model, patterns: Patterns, reach: KeyReach, limits: Limits | None = None) -> Model:
    """Fit the model to counts of patterns by expectation-maximization (maximum likelihood with a prior on agreement).

    `model` gives the starting values. `limits` bounds the numbers of relatives; without it there are none. Only
    patterns that imply a blocking key are counted as pairs of one person; `reach` adds the expected number of pairs
    with other patterns. If no pattern implies a key, all are counted. The number of rounds is fixed.

    Strangers share common values more easily than rare ones. So patterns are counted separately by the frequency of
    their values: otherwise, pairs with common names and different birth dates would seem to be of one person.

    Source: Fellegi and Sunter, J Am Stat Assoc 1969; Winkler, Proc ASA 1988; for truncated data, Dempster, Laird and
    Rubin, J R Stat Soc B 1977.
    """
    limits, implies_key = limits or Limits({}, {}), reach.meets(patterns.levels)
    prior = {f.name: usual(f, model.complete_dates) * PRIOR_PAIRS for f in model.fields}
    if not implies_key.any():
        reach, implies_key = reach.of_no_key(), np.ones(len(patterns.pairs), dtype=np.bool_)
    model = replace(model, relatives=limits.keep({kind: most for kind, (_, most) in limits.by_kind.items()}))
    # Only what pairs of one person have in common changes from round to round, and it does not depend on shared values.
    of_levels, place = _without_shared_values(model, patterns)
    by_chance = {kind: density(model, patterns, kind, BY_CHANCE) for kind in (STRANGER, *model.relatives)}
    for _ in range(ROUNDS):
        by_kind = match_densities(model, of_levels, (MATCH, *model.relatives))
        alike = {kind: part[place] for kind, part in by_kind.items()}
        match = model.matches * alike[MATCH]
        kin = {kind: number * by_chance[kind] * alike[kind] for kind, number in model.relatives.items()}
        strangers = max(model.all_pairs - model.matches - sum(model.relatives.values()), 1.0)
        each = patterns.pairs / np.maximum(match + strangers * by_chance[STRANGER] + sum(kin.values()), 1e-300)
        share = np.where(implies_key, match * each, 0.0)
        matches, missed = _with_missed(model, reach, max(float(share.sum()), 0.5))
        by_levels = np.bincount(place, share, len(of_levels.levels)).astype(np.float64)
        m = {
            field.name: _maximized(
                of_levels.levels[:, n],
                by_levels,
                prior[field.name] + reach.by_level(n, field, missed, model.m[field.name]),
            )
            for n, field in enumerate(model.fields)
        }
        m |= {f.name: _of_wrong_dates(m[f.name], f.generation, model.u[f.name]) for f in model.fields if f.generation}
        rare = {
            field.name: rarities(of_levels, by_levels, n, field, model.u_rarity[field.name])
            for n, field in enumerate(model.fields)
            if field.name in RARITY_FIELDS
        }
        found = {kind: float((part * each).sum()) for kind, part in kin.items()}
        compared = float((match * each).sum())
        model = replace(model, m=m, m_rarity=rare, matches=matches, compared=compared, relatives=limits.keep(found))
    return model


def _without_shared_values(model: Model, patterns: Patterns) -> tuple[Patterns, Whole]:
    """The patterns that differ in levels or in the rarity of similar names, and each pattern's place among them."""
    different = np.zeros(len(patterns.levels), dtype=np.int64)  # one number for each, in the order of the levels
    for n, field in enumerate(model.fields):
        different = different * (len(field.levels) + 1) + patterns.levels[:, n] + 1
    for n, field in enumerate(model.fields):
        if field.name in RARITY_FIELDS:
            different = different * RARITIES + rarity(patterns, n, field)
    _, first, place = np.unique(different, return_index=True, return_inverse=True)
    return Patterns(patterns.levels[first], patterns.pairs[first], patterns.buckets[first]), place.reshape(-1)


def _with_missed(model: Model, reach: KeyReach, found: float) -> tuple[float, Floats]:
    """The number of all pairs of one person if the keys find so many of them, and how many have each of the patterns
    that imply no key. The keys find at least `LEAST_REACH` of all."""
    if not reach.is_met.any():
        return found, np.zeros(len(reach.patterns))
    chance = reach.probabilities(model.fields, model.m)
    by_key, outside = max(float(chance[reach.is_met].sum()), LEAST_REACH), np.where(reach.is_met, 0.0, chance)
    missed = found / by_key - found
    return found + missed, missed * outside / max(float(outside.sum()), 1e-300)


def _maximized(levels: Whole, share: Floats, prior: Floats) -> Floats:
    found = np.bincount(levels + 1, share, len(prior) + 1)[1:] + prior
    return np.asarray(found / found.sum())


def _of_wrong_dates(m: Floats, generation: int, u: Floats) -> Floats:
    """Within a person, dates that are not similar are a generation apart as often as those of strangers, because such a
    date is any date. If this were estimated, nothing would distinguish wrong dates from those of namesakes."""
    wrong = [generation, len(m) - 1]
    spread = m.copy()
    spread[wrong] = m[wrong].sum() * u[wrong] / u[wrong].sum()
    return spread
