"""Judge and learn rules without truth, by the model of evidence (docs/evidence.md)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from linkage.errors import InputError
from linkage.method.decide_sql import MILLION
from linkage.printing import counted
from linkage.relink.comparisons import Comparisons
from linkage.rules.cascade import Cascade
from linkage.rules.file import read_rules
from linkage.run.link import link
from linkage.run.result import Linkage
from linkage.tuning.judging import Belief, Judged

_MARGIN = 0.4
"""The part of the false links that a floor allows which is kept in reserve for the error of the model: as in
`rules/evidence.toml`, where a PPV of 99.5 % is required and 99.7 % is the target."""


def believe_model(comparisons: Comparisons) -> Belief:
    """A belief without truth: each compared pair has the probability that the model of evidence gives it.

    The files of the run are linked again with `evidence`, or with the run's own cascade if that weighs evidence. Pairs
    that this run does not weigh, or finds very improbable, have a probability of 0. Sensitivity refers to all
    matches that the model expects, also those that share no blocking key.

    >>> import linkage
    >>> from linkage.tuning import compare_once
    >>> from synthetic import make_registry
    >>> town = make_registry("small", patients=200)
    >>> with linkage.link(town.patients, town.deaths, "exact") as run:
    ...     judged = believe_model(compare_once(run)).judge(run.cascade)
    >>> judged.links, judged.ppv > 0.95
    (16, True)
    """
    with _weighed(comparisons.run, None) as run:
        shares = run.engine.frame(f"SELECT patient_id, death_id, millionths / {MILLION} AS share FROM evidence")
        matches = _expected_matches(run.counts["expected"])
    engine = comparisons.engine
    with comparisons.separate_schema():
        weighed, table = comparisons.new_table("weighed"), comparisons.new_table("believed")
        engine.keep(weighed, shares)
        engine.create(table, _BY_MODEL.format(weighed=weighed))
    return Belief(comparisons, table, matches, "estimates without truth", _of(matches))


def learn(run: Linkage, *, floor: float = 0.995) -> Judged:
    """Learn a cascade whose expected PPV is at least `floor` (0 to 1), without truth.

    The files of the run are linked again with `evidence`, or with the run's own cascade if that weighs evidence. The
    result has its rules, with the limits on probability that these files need, and in the `why` of each rule its links
    and their expected PPV. Use it on the same files, or on files of the same kind: the weights are estimated anew in
    each run. `linkage.tuning.rule_text(judged.cascade)` is the rule file.

    Raises InputError if `floor` is not between 0 and 1.

    >>> import linkage
    >>> from synthetic import make_registry
    >>> town = make_registry("small", patients=200)
    >>> with linkage.link(town.patients, town.deaths, "exact") as run:
    ...     judged = learn(run, floor=0.99)
    >>> judged.cascade.name, judged.ppv >= 0.99
    ('learned', True)
    """
    if not 0 < floor < 1:
        raise InputError(f"floor = {floor} is not a PPV. Give a share between 0 and 1, such as 0.995.")
    with _weighed(run, 1 - (1 - floor) * (1 - _MARGIN)) as weighed:
        expected, cascade = weighed.counts["expected"], weighed.cascade
    rules = tuple(replace(rule, why=_why(expected["by_rule"][rule.id])) for rule in cascade.rules)
    learned = replace(
        cascade,
        name="learned",
        title="Learned without truth: the rules of evidence, with the limits that these files need",
        source=f"Estimated from the files themselves, for a PPV of {floor:g}",
        rules=rules,
        ppv=None,
        path=None,
        digest="",
    )
    by_rule = {
        rule: (one["links"], one["links"], one["links"] - one["false"]) for rule, one in expected["by_rule"].items()
    }
    matches = _expected_matches(expected)
    return Judged(learned, by_rule, matches, _of(matches))


def _weighed(run: Linkage, ppv: float | None) -> Linkage:
    """The same files, linked by a cascade that weighs evidence."""
    cascade = run.cascade if run.cascade.weighs else _evidence_for(run.cascade)
    patients, deaths, *encounters = run.sources
    return link(patients, deaths, replace(cascade, ppv=ppv), encounters=encounters or None, policy=run.policy)


def _evidence_for(cascade: Cascade) -> Cascade:
    """The cascade `evidence` for numbers of the same kind."""
    return replace(read_rules("evidence"), ssn=cascade.ssn)


def _why(expected: Mapping[str, Any]) -> str:
    ppv = f"expected PPV {100 * expected['ppv']:.2f} %" if expected["links"] else "no link here"
    return f"Learned without truth: {counted(expected['links'], 'link')}, {ppv}."


def _expected_matches(expected: Mapping[str, Any]) -> float:
    missed = expected["missed_among_candidates"] + expected["missed_outside_candidates"]
    return float(expected["links"] - expected["false"] + missed)


def _of(matches: float) -> str:
    return f"the {matches:,.0f} matches that the model expects in these files"


_BY_MODEL = """
SELECT kept.patient_id, kept.death_id, coalesce(weighed.share, 0.0) AS share
FROM kept
LEFT JOIN {weighed} AS weighed ON kept.patient_id = weighed.patient_id AND kept.death_id = weighed.death_id
"""
