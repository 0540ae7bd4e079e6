"""Block: choose the pairs worth comparing, and count them.

A key's block is enumerated if it has no more pairs than there are records. A larger block, such as first and last name
in a big registry, grows with the square of the file size; its pairs are counted from group sizes, and only the pairs
that a rule can accept are made.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from linkage.engines import Engine
from linkage.errors import RulesError
from linkage.method import block_sql, estimate_sql
from linkage.method.agreement_sql import Key
from linkage.method.crowds import EVERYBODY, everyone, joined, kept, times
from linkage.method.dense_blocks import make_dense, most_weighed
from linkage.rules.cascade import Cascade

MOST_PAIRS = 200_000_000
"""A join that would compare more pairs than this, and more than a few per record, is refused with advice before it
runs."""

MOST_ACCEPTED, MOST_ACCEPTED_PER_RECORD = 20_000_000, 5
"""The limits on pairs that agree on every field a rule requires to be exact, in total and per record. Real files have
about one such pair per record; more means a placeholder shared by many people."""

_SAMPLED = 64
"""How many times more pairs there are than in a sample of one in eight patients and deaths."""

_ESTIMATED_AT_LEAST = _SAMPLED * 400
"""Four hundred pairs in a sample of one in eight patients and deaths: their relative standard error is 5 %, unless a
few records have most of the pairs."""

_PAIR_COST = 5
"""Measured cost of examining one pair, relative to scanning one record in a join."""


@dataclass(frozen=True)
class Blocks:
    """Results of blocking, counted as in the MIMIC-IV paper: distinct pairs that agree on at least one key, and
    patients with at least one such pair. `dense` is, for each key that has any, the number of pairs in its dense
    blocks."""

    candidate_links: int
    patients_with_candidate: int
    small: tuple[Key, ...]
    large: tuple[Key, ...]
    dense: Mapping[str, int] = field(default_factory=dict)


@dataclass
class PairCounts:
    """Counts of pairs that agree on columns. Each set of columns is counted once and cached."""

    engine: Engine
    records: int
    among: block_sql.Among = EVERYBODY
    known: dict[frozenset[str], int] = field(default_factory=dict)
    estimated: dict[frozenset[str], int] = field(default_factory=dict)

    def __call__(self, names: Iterable[str]) -> int:
        """The exact count."""
        agreeing = frozenset(names)
        if agreeing not in self.known:
            self.known[agreeing] = int(self.engine.rows(self._counting(agreeing))[0][0])
        return self.known[agreeing]

    def _counting(self, agreeing: frozenset[str]) -> str:
        seen = self.estimated | self.known
        fewer = any(columns <= agreeing and self._are_few(pairs) for columns, pairs in seen.items())
        few = fewer or self._are_few(self.estimate(agreeing))
        return (block_sql.pairs_one_by_one if few else block_sql.pairs_agreeing_on)(agreeing, self.among)

    def are_surely_more(self, key: Key, most: int) -> bool:
        """Whether more than `most` pairs agree on a key: in the sample itself or, if the estimate is far higher, in as
        small a part of the values as probably has so many."""
        estimated = self.estimate(key)
        parts = estimated // (2 * most) + 1
        if parts == 1 or estimated > _SAMPLED * most:
            return parts > 1
        select = block_sql.pairs_one_by_one(key, estimate_sql.one_part(key, parts))
        return int(self.engine.rows(select)[0][0]) > most

    def count_each(self, groups: Iterable[Iterable[str]]) -> None:
        """Count the pairs of several groups of columns in one statement."""
        wanted = [group for group in dict.fromkeys(map(frozenset, groups)) if group not in self.known]
        counts = [
            f"SELECT {n} AS place, counted.* FROM ({self._counting(group)}) AS counted(pairs)"
            for n, group in enumerate(wanted)
        ]
        for place, pairs in self.engine.rows("\nUNION ALL\n".join(counts)) if counts else ():
            self.known[wanted[int(place)]] = int(pairs)

    def _are_few(self, pairs: int) -> bool:
        return pairs <= 2 * self.records

    def estimate(self, names: Iterable[str]) -> int:
        """The count estimated from a sample of patients and deaths."""
        agreeing = frozenset(names)
        self.estimate_each([agreeing])
        return self.estimated[agreeing]

    def estimate_each(self, groups: Iterable[Iterable[str]]) -> None:
        """Estimate the counts of several groups of columns from one sample."""
        wanted = [group for group in dict.fromkeys(map(frozenset, groups)) if group not in self.estimated]
        if wanted:
            for place, pairs in self.engine.rows(estimate_sql.estimated_pairs(list(map(sorted, wanted)), self.among)):
                self.estimated[wanted[int(place)]] = int(pairs)

    def about(self, names: Iterable[str]) -> int:
        """The count with the precision of a forecast: two digits from the sample, or exact if the sample is too
        small."""
        agreeing = frozenset(names)
        if agreeing in self.known or self.estimate(agreeing) < _ESTIMATED_AT_LEAST:
            return self(agreeing)
        return _rounded(self.estimate(agreeing))

    def is_large(self, key: Key) -> bool:
        """Whether a key has more pairs than there are records."""
        # The sample decides for counts far from the threshold. The others are counted: on Spark, a query with a limit
        # on rows would run on one machine.
        if frozenset(key) not in self.known:
            estimated = self.estimate(key)
            if not self.records / 4 <= estimated <= 2 * self.records:
                return estimated > self.records
        return self(key) > self.records


def _rounded(number: int) -> int:
    return round(number, 2 - len(str(number)))


def block(
    engine: Engine,
    cascade: Cascade,
    keys: Sequence[Key],
    records: int,
    counts: PairCounts | None = None,
    *,
    crowded: bool = False,
) -> Blocks:
    """Make the tables `pair` (all pairs that a rule could accept) and `candidate_patient`, and count.

    `records` is the number of patients plus deaths; `counts` may already contain some counts of pairs. If files are
    `crowded`, pairs are made between representative records only, and counted for all records.
    """
    counts = counts or PairCounts(engine, records)
    made = kept_pairs(engine, records) if crowded else counts
    made.estimate_each(keys)
    large = [key for key in keys if made.is_large(key)]
    small = [key for key in keys if key not in large]
    most = most_weighed(engine, cascade)
    dense: dict[str, int] = {}
    found = _enumerate(cascade, small, large, made, most, dense)
    only_small = _count_candidates(engine, crowded=crowded) if large or crowded else found
    candidates = only_small + _count_union(counts, large)
    patients = engine.create("candidate_patient", "SELECT DISTINCT patient_id FROM candidate")
    pairs = engine.create("pair", "SELECT patient_id, death_id FROM candidate WHERE acceptable")
    engine.drop("candidate")
    for key in large:
        _add_large(engine, cascade, key, small, made, most, dense)
    if crowded:
        engine.create("candidate_patient", everyone("patient", "SELECT patient_id FROM candidate_patient", ""))
    if large or crowded:
        patients, pairs = engine.count("candidate_patient"), engine.count("pair")
    _refuse_if_too_many(cascade, "", pairs, records)
    return Blocks(candidates, patients, tuple(small), tuple(large), dict(sorted(dense.items())))


def kept_pairs(engine: Engine, records: int) -> PairCounts:
    """Counts of pairs among representative and ungrouped records."""
    return PairCounts(engine, records, (kept("patient"), kept("death")))


def _count_candidates(engine: Engine, *, crowded: bool) -> int:
    """The pairs of small blocks that do not agree on any large key."""
    if not crowded:
        return engine.count("candidate WHERE NOT in_large")
    counted = f"SELECT coalesce(sum({times()}), 0) FROM candidate{joined('candidate')}"
    return int(engine.rows(f"{counted} WHERE NOT in_large")[0][0])


def _enumerate(
    cascade: Cascade,
    small: Sequence[Key],
    large: Sequence[Key],
    counts: PairCounts,
    most: float,
    dense: dict[str, int],
) -> int:
    """Make `candidate`, the pairs of all small blocks, and return their number. `dense` receives the pairs of dense
    blocks."""
    engine, parts = counts.engine, []
    for number, key in enumerate(small):
        name = f"block_{number}"
        pairs = partial(block_sql.block, cascade, key, small[:number], large, counts.among)
        # An estimate saves making a block twice. Whether blocks are dense depends on exact counts.
        if counts.estimate(key) > most or engine.create(name, pairs()) > most:
            left_out = make_dense(engine, key, most, counts.among)
            if left_out:
                dense["+".join(key)] = left_out
            engine.create(name, pairs("dense" if left_out else ""))
            engine.drop("dense")
        parts.append(name)
    nothing = "SELECT patient_id, CAST(NULL AS STRING) AS death_id, FALSE AS acceptable, FALSE AS in_large FROM patient"
    found = engine.create("candidate", block_sql.distinct(parts) if parts else f"{nothing} WHERE FALSE")
    engine.drop(*parts)
    return found


def _count_union(counts: PairCounts, keys: Sequence[Key]) -> int:
    """The number of pairs that agree on at least one key, by inclusion-exclusion on group counts."""
    # Keys are added one by one, because most of the combinations of many keys have the same columns and cancel out.
    signs: dict[frozenset[str], int] = {}
    for key in map(frozenset, keys):
        met = {columns: sign for columns, sign in signs.items() if sign}
        for columns, sign in [(key, 1), *((columns | key, -sign) for columns, sign in met.items())]:
            signs[columns] = signs.get(columns, 0) + sign
    return sum(signs[columns] * counts(columns) for columns in sorted(signs, key=len) if signs[columns])


def _add_large(
    engine: Engine,
    cascade: Cascade,
    key: Key,
    small: Sequence[Key],
    counts: PairCounts,
    most: float,
    dense: dict[str, int],
) -> None:
    """Add to `pair` the acceptable pairs of a large block, and to `candidate_patient` every patient with a pair in
    it. A cascade that weighs compares all its pairs, or, if these are more than `most`, those of blocks that are not
    dense."""
    size, records = counts(key), counts.records
    if cascade.weighs:
        left_out = make_dense(engine, key, most, counts.among) if size > most else 0
        if left_out:
            dense["+".join(key)] = left_out
        kept = block_sql.sparse(key, "dense" if left_out else "", counts.among)
        engine.create("pair", f"SELECT * FROM pair UNION {kept}")
        engine.drop("dense")
        cascade = block_sql.by_agreement(cascade)
    joins = block_sql.large_joins(cascade, key, small)
    made = {name: engine.create(name, select) for name, select in block_sql.within(cascade, key, small, counts.among)}
    within = ("patient_within", "death_within")
    engine.create("candidate_patient", "SELECT * FROM candidate_patient UNION SELECT patient_id FROM patient_within")
    records_within = sum(made[name] for name in within)
    if _PAIR_COST * size <= records_within * len(joins):
        # Each join scans all of these records. Beyond some number of joins, one pass over all pairs is cheaper.
        found = block_sql.walk(cascade, key, small, counts.among)
    else:
        for join in joins:
            _refuse_if_too_large(cascade, join, key, size, records)
            if size > _most_accepted(records) and len(join.equalities) > len(key):
                pairs = int(engine.rows(block_sql.pairs_of(join.equalities, *within))[0][0])
                _refuse_if_too_many(cascade, f", rule {join.rule}", pairs, records, _AND_PIECES)
        found = " UNION ".join(block_sql.join_select(join, small) for join in joins)
    if joins:
        engine.create("pair", f"SELECT * FROM pair UNION {found}")
    engine.drop(*within)


def _refuse_if_too_large(cascade: Cascade, join: block_sql.Join, key: Key, size: int, records: int) -> None:
    most = max(MOST_PAIRS, _most_accepted(records))
    if size <= most or len(join.equalities) > len(key):
        return
    raise RulesError(
        f"{cascade.name}, rule {join.rule}: would compare {size:,} pairs that agree only on"
        f" {' and '.join(key)} (at most {most:,}). Require one more exact field, or a birth_date or"
        " ssn that is at least similar."
    )


_AND_PIECES = ", and on parts of the birth_date or ssn that similar values share"


def _most_accepted(records: int) -> int:
    return max(MOST_ACCEPTED, MOST_ACCEPTED_PER_RECORD * records)


def _refuse_if_too_many(cascade: Cascade, rule: str, pairs: int, records: int, also: str = "") -> None:
    if pairs > _most_accepted(records):
        raise RulesError(
            f"{cascade.name}{rule}: {pairs:,} pairs agree on every field required to be exact{also} (at most"
            f" {_most_accepted(records):,}). Many records probably share a default value, such"
            " as a placeholder name or date. linkage run --dry-run shows the sizes of the largest"
            " groups. List such values under not_known in the rule file, or add a condition to the rule."
        )
