"""Judge cascades by the truth, by a labeled sample, or by estimates.

Each compared pair has a share: the probability that it is a match. For the truth it is 1 or 0, and missing for
patients who are not labeled; estimates lie between. The number of true links is the sum of their shares, so the same
search works with all three.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linkage.evaluation.truth import Unlisted, load_truth
from linkage.relink.comparisons import Comparisons
from linkage.rules.cascade import Cascade


@dataclass(frozen=True)
class Judged:
    """The links of a cascade, judged by a belief.

    `links` is the number of links, `judged` how many of them have a share, `true` how many of these are
    matches, and `matches` the number of all matches; `by_rule` maps each rule to its (links, judged, true). `of`
    describes these matches in words.

    >>> from linkage.rules.file import read_rules
    >>> judged = Judged(read_rules("exact"), {"E1": (40, 30, 29.0), "E2": (10, 10, 9.0)}, 50)
    >>> judged.links, judged.ppv, judged.sensitivity
    (50, 0.95, 0.76)
    """

    cascade: Cascade
    by_rule: Mapping[str, tuple[int, int, float]]
    matches: float
    of: str = ""

    @property
    def links(self) -> int:
        """The number of links."""
        return sum(found[0] for found in self.by_rule.values())

    @property
    def judged(self) -> int:
        """The number of links that have a share."""
        return sum(found[1] for found in self.by_rule.values())

    @property
    def true(self) -> float:
        """How many of the judged links are matches: the sum of their shares."""
        return sum(found[2] for found in self.by_rule.values())

    @property
    def sensitivity(self) -> float:
        """The share of `matches` that is linked; 0 if there are no matches."""
        return self.true / self.matches if self.matches else 0.0

    @property
    def ppv(self) -> float:
        """The share of judged links that are matches; 1 if there are no judged links."""
        return self.true / self.judged if self.judged else 1.0

    def __repr__(self) -> str:
        return (
            f"Judged({self.cascade.name}: {self.links:,} links, PPV {self.ppv:.4f}, sensitivity {self.sensitivity:.4f}"
            f" of {self.of or f'{self.matches:,.0f} matches'})"
        )


@dataclass(frozen=True)
class Belief:
    """The shares of compared pairs, in the table `table` of the engine (patient_id, death_id, share). `source` names
    their origin in a few words; `of` describes the `matches` that sensitivity refers to. For an example, see
    `believe_truth`, which makes one."""

    comparisons: Comparisons
    table: str
    matches: float
    source: str
    of: str = ""

    def judge(self, cascade: Cascade) -> Judged:
        """Apply a cascade and judge its links.

        Raises RulesError when the cascade could accept pairs that were not compared.
        """
        kept = self.comparisons
        with kept.separate_schema():
            kept.assign(cascade)
            found = kept.engine.rows(
                # Decimals, because a floating-point sum depends on the order and so on the number of threads.
                "SELECT linked.rule_position, count(*), count(believed.share),"
                " coalesce(sum(CAST(believed.share AS DECIMAL(18, 12))), 0)"
                f" FROM linked LEFT JOIN {self.table} AS believed"
                " ON linked.patient_id = believed.patient_id AND linked.death_id = believed.death_id"
                " GROUP BY linked.rule_position"
            )
        counts = {position: (int(links), int(judged), float(true)) for position, links, judged, true in found}
        by_rule = {rule.id: counts.get(n, (0, 0, 0.0)) for n, rule in enumerate(cascade.rules, start=1)}
        return Judged(cascade, by_rule, self.matches, self.of)


def believe_truth(comparisons: Comparisons, truth: Any, *, unlisted: Unlisted = "unknown") -> Belief:
    """A belief from a truth table, which may label only a sample of the patients.

    `truth` is a path or data frame of patient_id (or subject_id) and death_id, empty for a patient without a death in
    the registry, as `linkage.evaluation` reads it. Patients who are not listed are left out of every number
    (`unlisted` = "unknown"), or have no death ("no_match").

    Raises InputError when no row refers to a patient of the run.

    >>> import linkage, pandas as pd
    >>> from linkage.relink.comparisons import compare_once
    >>> people = pd.DataFrame({"first_name": ["Ann", "Mary"], "last_name": "Lee", "birth_date": "1950-02-11"})
    >>> with linkage.link(people.assign(patient_id=["1", "2"]), people.assign(death_id=["8", "9"])) as run:
    ...     belief = believe_truth(compare_once(run), pd.DataFrame({"patient_id": ["1", "2"], "death_id": ["8", None]}))
    ...     judged = belief.judge(run.cascade)
    >>> belief.source, judged.links, judged.ppv
    ('the truth about 2 patients', 2, 0.5)
    """
    engine = comparisons.engine
    with comparisons.separate_schema():
        load_truth(engine, truth, unlisted)
        table = comparisons.new_table("believed")
        engine.create(table, _BY_TRUTH)
        matches = engine.rows("SELECT count(DISTINCT patient_id) FROM true_pair")[0][0]
        compared = engine.rows(f"SELECT count(DISTINCT patient_id) FROM {table} AS believed WHERE share = 1")[0][0]
        labeled = engine.count("labeled")
    source = f"the truth about {labeled:,} patients"
    of = f"the {matches:,} matches of labeled patients"
    if matches:
        of += (
            f", of which {100 * compared / matches:.1f} % are among the compared pairs (no cascade can find the others)"
        )
    return Belief(comparisons, table, float(matches), source, of)


_BY_TRUTH = """
SELECT kept.patient_id, kept.death_id, CAST(true_pair.patient_id IS NOT NULL AS DOUBLE) AS share
FROM kept
JOIN labeled ON kept.patient_id = labeled.patient_id
LEFT JOIN true_pair ON kept.patient_id = true_pair.patient_id AND kept.death_id = true_pair.death_id
"""
