"""Agreement patterns, and the share of their pairs that are matches, estimated from the registry itself.

A pattern states how each field of a pair agrees: exactly, at a level of the rule file, not known, or not at all.
Four methods estimate the false pairs of each pattern without truth, and serve as checks of one another:

- *decoys*: every death gets a birth date a few years off and an SSN that belongs to nobody; pairs that still agree do
  so by chance;
- *time*: pairs whose death precedes a later contact with the hospital are false (Newman & Brown, JAMIA 1997; Foster
  2000); per death, they are as likely as false pairs that are possible in time;
- *better pairs*: if the truth is one-to-one, a pair whose patient or death has a better pair is false (after Blakely &
  Salmond, Int J Epidemiol 2002); false pairs involve such people as often as other people;
- *mixture*: expectation-maximization over the patterns (Fellegi & Sunter, JASA 1969; Winkler 1988).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from linkage.evaluation.timing import deaths_at_risk
from linkage.relink.comparisons import Comparisons, compare_once, measure_pairs
from linkage.relink.reach import widest
from linkage.rules.cascade import Cascade
from linkage.run.result import Linkage
from linkage.tuning.judging import Belief
from linkage.tuning.mixture import mixture_shares

SHIFTS_DAYS = (-1494, -1129, -764, 764, 1129, 1494)
"""Days by which the birth dates of decoys are shifted: about two to four years, in both directions, so that neither
old nor young people are favored. A shifted date rarely looks like a typing error of the true one, and pairs that are
candidates without the shift are left out."""

_PRIOR_PAIRS = 1.0
"""The weight, in pairs, of the mixture's estimate; it matters only for patterns with few pairs."""

_LIKELY = 0.5
"""The least share with which the pairs of a pattern claim their people, so that worse patterns lose them."""


_CLEARLY = 0.1
"""How much greater the share of a better pattern must be. Two records of one person that were not recognized as such
claim the same death by patterns of about the same share; neither claim makes the other false."""


@dataclass(frozen=True)
class Patterns:
    """Agreement patterns of the pairs of a run. `fields` are the compared fields, in the order of a pattern.

    `table` has one row per pattern, highest share first: the agreement of each field, `pairs` (those that no better
    pattern claims), the estimated number of false ones by each method (`decoys`, `time`, `better_pairs`, `mixture`),
    `false`, the greater of the first two, and `share`, the resulting share of true pairs (0 to 1). `pairs` has one row
    per pair that is possible in time: patient_id, death_id, pattern (the row of `table`), and `left`, whether no better
    pattern claims its patient or death. For an example, see `estimate_patterns`, which makes it.
    """

    comparisons: Comparisons
    fields: tuple[str, ...]
    table: pd.DataFrame
    pairs: pd.DataFrame

    @property
    def matches(self) -> float:
        """The estimated number of matches among all pairs."""
        return float((self.table["pairs"] * self.table["share"]).sum())

    def believe(self) -> Belief:
        """The estimates as a belief, for judging cascades and for `search`."""
        share = self.table["share"].to_numpy()[self.pairs["pattern"]] * self.pairs["left"].to_numpy()
        with self.comparisons.separate_schema():
            table = self.comparisons.new_table("believed")
            self.comparisons.engine.keep(table, self.pairs[["patient_id", "death_id"]].assign(share=share))
        return Belief(self.comparisons, table, self.matches, "estimates without truth", self.of)

    @property
    def of(self) -> str:
        """A description of the matches that an estimated sensitivity refers to."""
        return (
            f"the {self.matches:,.0f} matches estimated among the compared pairs; matches that meet no blocking key are"
            " not counted, and their number is not known without truth"
        )

    def __repr__(self) -> str:
        return (
            f"Patterns({len(self.table):,} patterns of {len(self.pairs):,} pairs:"
            f" {self.matches:,.0f} matches estimated)"
        )


def estimate_patterns(run: Linkage, levels: Cascade | None = None) -> Patterns:
    """The agreement patterns of all pairs that meet a blocking key, with the estimated share of true pairs in each.

    `levels` is the cascade whose keys and levels of agreement are used (None: that of the run); its rules are
    ignored. The method *time* is used if the run has encounters.

    Raises RulesError when `levels` standardizes values differently from the run.

    >>> import linkage
    >>> from synthetic import make_registry
    >>> town = make_registry("small", patients=200)
    >>> with linkage.link(town.patients, town.deaths, "exact") as run:
    ...     patterns = estimate_patterns(run)
    >>> patterns.fields[:3], bool(patterns.table["share"].is_monotonic_decreasing)
    (('first_name', 'middle_name', 'last_name'), True)
    """
    kept = compare_once(run, widest(run.cascade if levels is None else levels))
    fields = tuple(field.name for field in kept.reach.compared)
    with kept.separate_schema():
        found = _pairs(kept, fields)
        decoys = [_decoys(kept, fields, days, found) for days in SHIFTS_DAYS]
        ages = _time_weights(kept) if run.has_mortality else None
    table = _first_guess(found, decoys, fields)
    for _ in range(2):  # shares determine which pairs are left, and these determine the shares
        found = _left(found, table)
        table = _counted(table, found, [_left(pairs, table, among=found) for pairs in decoys], ages, run)
    pairs = found[found["impossible"].isna()].reset_index(drop=True)
    place = pd.Series(np.arange(len(table)), index=table["pattern"])
    pairs["pattern"] = place.loc[pairs["pattern"]].to_numpy()
    agreed = pd.DataFrame(table["pattern"].str.split("|").to_list(), columns=list(fields), index=table.index)
    return Patterns(
        kept,
        fields,
        pd.concat([agreed, table.drop(columns="pattern")], axis=1),
        pairs[["patient_id", "death_id", "pattern", "left"]],
    )


def _pairs(kept: Comparisons, fields: tuple[str, ...]) -> pd.DataFrame:
    """The pairs of the current table `kept`: ids, persons, the pattern, and why the pair is impossible in time."""
    # The full name adds information to first and last name only if the two are swapped.
    terms = {"full_name": "CASE WHEN full_name_agreement IN ('exact', 'not_known') THEN 'disagree' ELSE {} END"}
    pattern = " || '|' || ".join(terms.get(name, "{}").format(f"{name}_agreement") for name in fields)
    found: pd.DataFrame = kept.engine.frame(
        "SELECT decided.patient_id, decided.death_id,"
        " coalesce(patient_person.person_id, decided.patient_id) AS patient_person,"
        " coalesce(death_person.person_id, decided.death_id) AS death_person,"
        f" {pattern} AS pattern, impossible FROM ({kept.decided(kept.reach)}) AS decided"
        " LEFT JOIN patient_person ON decided.patient_id = patient_person.patient_id"
        " LEFT JOIN death_person ON decided.death_id = death_person.death_id"
        " ORDER BY decided.patient_id, decided.death_id"
    )
    return found


@contextmanager
def _decoy_deaths(kept: Comparisons, days: int) -> Iterator[None]:
    """Within the block, deaths have shifted birth dates and SSNs that belong to nobody."""
    shifted = f"strftime(day_of(birth_date) + INTERVAL ({days}) DAY, '%Y%m%d')"
    # Nines' complement: SSN areas from 001 to 772 become areas that were hardly ever issued.
    number = "translate({}, '0123456789', '9876543210')"
    replaced = f"{shifted} AS birth_date, NULL AS birth_date_partial, {number.format('ssn')} AS ssn"
    with kept.engine.separate_schema():
        kept.engine.create(
            "death",
            f"SELECT * REPLACE ({replaced}, {number.format('ssn_last_four')} AS ssn_last_four) FROM death"
            " WHERE birth_date IS NOT NULL",
        )
        yield


def _decoys(kept: Comparisons, fields: tuple[str, ...], days: int, real: pd.DataFrame) -> pd.DataFrame:
    """The pairs of patients with decoys, without pairs that are candidates with the true values too."""
    with _decoy_deaths(kept, days):
        measure_pairs(kept.run, kept.reach)
        found = _pairs(kept, fields)
    found = found[found["impossible"].isna()]
    ids = ["patient_id", "death_id"]
    known = pd.MultiIndex.from_frame(found[ids]).isin(pd.MultiIndex.from_frame(real[ids]))
    return found[~known]


def _time_weights(kept: Comparisons) -> pd.Series:
    """For each patient, the ratio of deaths that are possible in time to deaths before the last contact."""
    at_risk = deaths_at_risk(kept.engine, kept.reach).set_index("patient_id")
    forbidden = at_risk["before_last_contact"]
    return (at_risk["allowed"] / forbidden.where(forbidden > 0)).dropna()


def _first_guess(found: pd.DataFrame, decoys: list[pd.DataFrame], fields: tuple[str, ...]) -> pd.DataFrame:
    """Patterns with their share by the decoys alone, highest first."""
    counts = found.loc[found["impossible"].isna(), "pattern"].value_counts()
    false = pd.concat(decoys)["pattern"].value_counts() / len(decoys)
    every = sorted(set(found["pattern"]) | set(false.index))
    table = pd.DataFrame({"pattern": every})
    pairs = table["pattern"].map(counts).fillna(0.0)
    table["share"] = _share(pairs, table["pattern"].map(false).fillna(0.0), 0.5)
    return _ordered(table)


def _share(pairs: pd.Series, false: pd.Series, prior: "pd.Series | float") -> pd.Series:
    true = (pairs - false).clip(lower=0.0)
    return (true + _PRIOR_PAIRS * prior) / (pairs.clip(lower=false) + _PRIOR_PAIRS)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(["share", "pattern"], ascending=[False, True], ignore_index=True)


def _counted(
    table: pd.DataFrame,
    found: pd.DataFrame,
    decoys: list[pd.DataFrame],
    ages: pd.Series | None,
    run: Linkage,
) -> pd.DataFrame:
    """The patterns with the false pairs by each method, among pairs that no better pattern claims; sorted again."""
    allowed = found[found["impossible"].isna()]
    left = allowed[allowed["left"]]

    def by_pattern(pairs: pd.DataFrame, weights: "pd.Series | float" = 1.0) -> pd.Series:
        counts = pairs.assign(weight=weights).groupby("pattern")["weight"].sum()
        return table["pattern"].map(counts).fillna(0.0)

    counted = table[["pattern"]].copy()
    counted["pairs"] = by_pattern(left).astype(int)
    together = pd.concat(decoys)
    counted["decoys"] = by_pattern(together[together["left"]]) / len(decoys)
    false = counted["decoys"].copy()
    if ages is not None:
        early = found[found["left"] & (found["impossible"] == "death before last contact")]
        counted["time"] = by_pattern(early, early["patient_id"].map(ages).fillna(1.0))
        false = false.clip(lower=counted["time"])
    counted["better_pairs"] = by_pattern(allowed[~allowed["left"]]) * _odds_of_no_better(allowed, table, run)
    prior = mixture_shares(counted["pattern"], counted["pairs"], counted["decoys"] * len(decoys), table["share"])
    counted["mixture"] = counted["pairs"] * (1 - prior)
    counted["false"] = false
    counted["share"] = _share(counted["pairs"], false, prior)
    return _ordered(counted)


def _left(pairs: pd.DataFrame, table: pd.DataFrame, among: pd.DataFrame | None = None) -> pd.DataFrame:
    """The pairs with a column `left`: whether neither side has a pair (of `among`) with a clearly better, likely
    pattern."""
    share = table.set_index("pattern")["share"]
    among = pairs if among is None else among
    claims = among[among["impossible"].isna()]
    claims = claims.assign(share=claims["pattern"].map(share))
    claims = claims[claims["share"] >= _LIKELY]
    own = pairs["pattern"].map(share).to_numpy()
    left = np.ones(len(pairs), dtype=bool)
    for side in ("patient_person", "death_person"):
        best = pairs[side].map(claims.groupby(side)["share"].max()).fillna(0.0).to_numpy()
        left &= own >= best - _CLEARLY
    return pairs.assign(left=left)


def _odds_of_no_better(allowed: pd.DataFrame, table: pd.DataFrame, run: Linkage) -> float:
    """The ratio of false pairs without a better pair to those with one, if false pairs are random."""
    likely = set(table.loc[table["share"] >= _LIKELY, "pattern"])
    sure = allowed[allowed["left"] & allowed["pattern"].isin(likely)]
    patients, deaths = (loaded.used for loaded in run.loaded[:2])
    free = (1 - sure["patient_id"].nunique() / patients) * (1 - sure["death_person"].nunique() / deaths)
    return free / (1 - free) if free < 1 else 0.0
