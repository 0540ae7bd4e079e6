"""Agreement patterns, and how many of their pairs are matches, estimated from the registry itself.

A pattern is how each field of a pair agrees: exactly, by a level of the rule file, not known, or not at all.
No truth is needed to see that some patterns are chance. Several routes count their false pairs, and check
one another:

- *decoys*: every death gets a birth date a few years off and an SSN of nobody; what still agrees, agrees by chance;
- *time*: deaths before a later contact with the hospital (Newman & Brown, JAMIA 1997; Foster 2000) are false, and as
  likely, death for death, as false pairs that time allows;
- *better pairs*: a pair whose patient or death has a better one is false where truth is one-to-one (after Blakely &
  Salmond, Int J Epidemiol 2002), and false pairs meet such people as often as others do;
- *mixture*: expectation-maximisation over the patterns (Fellegi & Sunter, JASA 1969; Winkler 1988).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from linkage.evaluation.timing import deaths_at_risk
from linkage.relink.kept import Comparisons, compare_once, measure_pairs
from linkage.relink.reach import widest
from linkage.rules.cascade import Cascade
from linkage.run.result import Linkage
from linkage.tuning.judging import Belief
from linkage.tuning.mixture import mixture_shares

SHIFTS_DAYS = (-1494, -1129, -764, 764, 1129, 1494)
"""By how much the birth dates of decoys are moved: two to four years and some weeks, to both sides, so that neither
old nor young are favoured. A shifted date is rarely a slip of the true one, and pairs that meet anyway are left out."""

_PRIOR_PAIRS = 1.0
"""How many pairs the mixture's opinion counts for, which decides where a pattern has hardly any."""

_LIKELY = 0.5
"""From this share on, a pattern's pairs take their people away from worse patterns."""


_CLEARLY = 0.1
"""By how much a better pattern's share must be greater. Two records of one person, that nothing has shown to be one,
claim the same death by patterns about as good; neither claim makes the other false."""


@dataclass(frozen=True)
class Patterns:
    """Agreement patterns of the pairs of a run. `fields` are those that were compared, in the order of a pattern.

    `table` has one row per pattern, the surest first: how each field agrees, `pairs` (that no better pattern claims),
    the false ones among them by each route (`decoys`, `time`, `better_pairs`, `mixture`), `false`, the greater of
    the first two, and `share`, the share of true pairs that follows. `pairs` has one row per pair that time allows:
    patient_id, death_id, pattern (the row of `table`), and `left`, whether no better pattern claims it.
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
        """The estimates as a belief, by which cascades can be judged and searched for."""
        share = self.table["share"].to_numpy()[self.pairs["pattern"]] * self.pairs["left"].to_numpy()
        with self.comparisons.aside():
            table = self.comparisons.new_table("believed")
            self.comparisons.engine.keep(table, self.pairs[["patient_id", "death_id"]].assign(share=share))
        return Belief(self.comparisons, table, self.matches, "estimates without truth", self.of)

    @property
    def of(self) -> str:
        """Which matches an estimated sensitivity is of, in words."""
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

    `levels` is the cascade whose keys and levels of agreement are used (None: that of the run); its rules play no
    part. With encounters, time is one of the routes.

    Raises RulesError when the levels standardise otherwise than the run did.
    """
    kept = compare_once(run, widest(run.cascade if levels is None else levels))
    fields = tuple(field.name for field in kept.reach.compared)
    with kept.aside():
        found = _pairs(kept, fields)
        decoys = [_decoys(kept, fields, days, found) for days in SHIFTS_DAYS]
        ages = _time_weights(kept) if run.has_mortality else None
    table = _first_guess(found, decoys, fields)
    for _ in range(2):  # the shares decide who is left over, and that decides the shares
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
    """The pairs of the table `kept` in view: ids, the death's person, the pattern, and why time forbids it."""
    # Of the full name only a swap says more than the names do.
    told = {"full_name": "CASE WHEN full_name_agreement IN ('exact', 'not_known') THEN 'disagree' ELSE {} END"}
    pattern = " || '|' || ".join(told.get(name, "{}").format(f"{name}_agreement") for name in fields)
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
    """Within it, no death has the birth date or the SSN of anybody."""
    shifted = f"strftime(day_of(birth_date) + INTERVAL ({days}) DAY, '%Y%m%d')"
    # Nine's complement: numbers from 001 to 772 as areas become ones that hardly anybody has.
    number = "translate({}, '0123456789', '9876543210')"
    replaced = f"{shifted} AS birth_date, NULL AS birth_date_partial, {number.format('ssn')} AS ssn"
    with kept.engine.aside():
        kept.engine.create(
            "death",
            f"SELECT * REPLACE ({replaced}, {number.format('ssn_last_four')} AS ssn_last_four) FROM death"
            " WHERE birth_date IS NOT NULL",
        )
        yield


def _decoys(kept: Comparisons, fields: tuple[str, ...], days: int, real: pd.DataFrame) -> pd.DataFrame:
    """The pairs that patients make with decoys, without those that the same two records make anyway."""
    with _decoy_deaths(kept, days):
        measure_pairs(kept.run, kept.reach)
        found = _pairs(kept, fields)
    found = found[found["impossible"].isna()]
    ids = ["patient_id", "death_id"]
    known = pd.MultiIndex.from_frame(found[ids]).isin(pd.MultiIndex.from_frame(real[ids]))
    return found[~known]


def _time_weights(kept: Comparisons) -> pd.Series:
    """For each patient, how many deaths time allows for each death that it forbids."""
    at_risk = deaths_at_risk(kept.engine, kept.reach).set_index("patient_id")
    forbidden = at_risk["before_last_contact"]
    return (at_risk["allowed"] / forbidden.where(forbidden > 0)).dropna()


def _first_guess(found: pd.DataFrame, decoys: list[pd.DataFrame], fields: tuple[str, ...]) -> pd.DataFrame:
    """Patterns in the order of their share by decoys alone."""
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
    """The patterns with the false pairs of each route, among pairs that no better pattern claims, ordered anew."""
    allowed = found[found["impossible"].isna()]
    left = allowed[allowed["left"]]

    def by_pattern(pairs: pd.DataFrame, weights: "pd.Series | float" = 1.0) -> pd.Series:
        counts = pairs.assign(weight=weights).groupby("pattern")["weight"].sum()
        return table["pattern"].map(counts).fillna(0.0)

    told = table[["pattern"]].copy()
    told["pairs"] = by_pattern(left).astype(int)
    together = pd.concat(decoys)
    told["decoys"] = by_pattern(together[together["left"]]) / len(decoys)
    false = told["decoys"].copy()
    if ages is not None:
        early = found[found["left"] & (found["impossible"] == "death before last contact")]
        told["time"] = by_pattern(early, early["patient_id"].map(ages).fillna(1.0))
        false = false.clip(lower=told["time"])
    told["better_pairs"] = by_pattern(allowed[~allowed["left"]]) * _odds_of_no_better(allowed, table, run)
    prior = mixture_shares(told["pattern"], told["pairs"], told["decoys"] * len(decoys), table["share"])
    told["mixture"] = told["pairs"] * (1 - prior)
    told["false"] = false
    told["share"] = _share(told["pairs"], false, prior)
    return _ordered(told)


def _left(pairs: pd.DataFrame, table: pd.DataFrame, among: pd.DataFrame | None = None) -> pd.DataFrame:
    """The pairs with `left`: whether neither side has a pair (of `among`) of a clearly better, likely pattern."""
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
    """For each false pair of which a side has a better pair, how many have none, if people meet by chance."""
    likely = set(table.loc[table["share"] >= _LIKELY, "pattern"])
    sure = allowed[allowed["left"] & allowed["pattern"].isin(likely)]
    patients, deaths = (loaded.used for loaded in run.loaded[:2])
    free = (1 - sure["patient_id"].nunique() / patients) * (1 - sure["death_person"].nunique() / deaths)
    return free / (1 - free) if free < 1 else 0.0
