"""A sweep: vary one limit at a time, and count the links gained and lost."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from linkage.errors import RulesError
from linkage.evaluation.intervals import proportion_interval
from linkage.evaluation.truth import Unlisted
from linkage.relink.comparisons import Comparisons, compare_once
from linkage.relink.reach import LOOSEST, limits, with_limits
from linkage.rules.cascade import Cascade
from linkage.tuning.judging import Belief, believe_truth
from linkage.values.measures import MEASURES

if TYPE_CHECKING:
    import pandas

    from linkage.run.result import Linkage

_SIMILARITIES = (0.75, 0.8, 0.85, 0.9, 0.95)


def sweep(
    run: "Linkage", truth: Any = None, *, limits_of: Sequence[str] | None = None, unlisted: Unlisted = "unknown"
) -> "pandas.DataFrame":
    """The links that a run would make if one of its limits were changed, for each limit and several values.

    `limits_of` are names of limits, see `tuning.limits`; None takes all. One row per limit and value: limit, value,
    is_chosen (the run's own value), links, gained and lost compared with the run; and, with a `truth`, matches, judged
    (links of labeled patients), true_matches, sensitivity and ppv (0 to 1) with exact 95 % intervals.

    Raises RulesError for a name that is not a limit.

    >>> import pandas as pd
    >>> from linkage import link
    >>> patient = {"patient_id": ["7"], "first_name": ["KAREN"], "last_name": ["LEE"], "birth_date": ["1950-02-11"]}
    >>> death = {"death_id": ["40"], "first_name": ["KARIN"], "last_name": ["LEE"], "birth_date": ["1950-02-11"]}
    >>> with link(pd.DataFrame(patient), pd.DataFrame(death)) as run:
    ...     found = sweep(run, limits_of=["first_name__jaro_winkler_similarity"])
    >>> found[["value", "links", "lost"]].to_numpy().tolist()[-2:]
    [[0.9, 1.0, 0.0], [0.95, 0.0, 1.0]]
    """
    import pandas as pd

    known = limits(run.cascade)
    for name in limits_of or ():
        if name not in known:
            raise RulesError(f"{run.cascade.name}: {name} is not a limit. Limits: {', '.join(known) or 'none'}.")
    names = list(known) if limits_of is None else list(limits_of)
    kept = compare_once(run)
    belief = None if truth is None else believe_truth(kept, truth, unlisted=unlisted)
    as_run = _tried(kept, belief, run.cascade) if names else {}
    rows = []
    for name in names:
        for value in _values(name, known[name]):
            is_chosen = value == known[name]
            found = as_run if is_chosen else _tried(kept, belief, with_limits(run.cascade, {name: value}))
            rows.append({"limit": name, "value": value, "is_chosen": is_chosen, **found})
    return _with_rates(pd.DataFrame(rows)) if truth is not None and rows else pd.DataFrame(rows)


def _values(name: str, chosen: float) -> list[float]:
    """The values to try for a limit: none looser than the reach of the comparisons, and always the chosen one.

    >>> _values("first_name__jaro_winkler_similarity", 0.88), _values("ssn__levenshtein_distance", 2.0)
    ([0.75, 0.8, 0.85, 0.88, 0.9, 0.95], [0.0, 1.0, 2.0])
    >>> _values("first_name__prefix_letters", 3.0)
    [2.0, 3.0, 4.0]
    """
    measure = name.rpartition("__")[2]
    if measure == "jaro_winkler_similarity":
        return sorted({*_SIMILARITIES, chosen})
    if chosen != int(chosen) or chosen > 10:
        return [chosen]
    loosest = LOOSEST.get(measure, chosen)
    at_least = MEASURES[measure].limit == "at_least"
    steps = range(int(min(chosen, loosest)), int(chosen) + 2) if at_least else range(int(max(chosen, loosest)) + 1)
    return [float(value) for value in steps]


def _tried(kept: Comparisons, belief: Belief | None, cascade: Cascade) -> dict[str, int]:
    counted: dict[str, int] = {}
    if belief is not None:
        judged = belief.judge(cascade)
        counted = {"matches": round(belief.matches), "judged": judged.judged, "true_matches": round(judged.true)}
    with kept.separate_schema():
        if belief is None:
            kept.assign(cascade)
        links, both, before = kept.engine.rows(_AGAINST_THE_RUN)[0]
    return {"links": links, "gained": links - both, "lost": before - both, **counted}


_AGAINST_THE_RUN = """
SELECT
    (SELECT count(*) FROM linked),
    (SELECT count(*) FROM linked JOIN link ON linked.patient_id = link.patient_id AND linked.death_id = link.death_id),
    (SELECT count(*) FROM link)
"""


def _with_rates(table: "pandas.DataFrame") -> "pandas.DataFrame":
    return table.assign(**dict(_rates(table)))


def _rates(table: "pandas.DataFrame") -> Iterator[tuple[str, Any]]:
    for name, of in (("sensitivity", "matches"), ("ppv", "judged")):
        low, high = proportion_interval(table["true_matches"], table[of])
        yield name, table["true_matches"] / table[of].where(table[of] > 0)
        yield f"{name}_low", low
        yield f"{name}_high", high
