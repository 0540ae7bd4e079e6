"""What the linkage does to a study: mortality and survival under each set of rules, side by side.

A reader of a linked study asks whether its answer would be another one with stricter or looser rules,
or without one of them. So the same patients are followed from the same day under each `Scenario`,
and only the links differ. It is a step of its own because it needs outcomes and nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from linkage.decisions import make_review_patients
from linkage.errors import InputError
from linkage.evaluation.relinking import UNCONTESTED, accepted_pairs, relinked
from linkage.extras import needs
from linkage.followup import mortality_at
from linkage.mortality import build_outcome
from linkage.quoting import literal

if TYPE_CHECKING:
    import numpy
    import pandas

    from linkage.engines.duckdb import DuckDBEngine
    from linkage.result import Linkage

    Numbers = numpy.ndarray[Any, numpy.dtype[Any]]

HORIZONS = (30, 90, 365)
"""Days after the index date at which mortality is given."""

Kind = Literal["hospital", "cumulative", "without", "other"]


@dataclass(frozen=True)
class Scenario:
    """One way of linking the same patients.

    `name` says which links count, `kind` how it was made; `days` and `died` hold one number per patient: the days
    followed from the index date, 0 to the longest horizon, and whether follow-up ended in death. The kinds are
    hospital (no link counts), cumulative (the first rules), without (all rules but one) and other (another run).
    """

    name: str
    kind: Kind
    days: "Numbers"
    died: "Numbers"


@dataclass(frozen=True)
class Study:
    """The same patients under several scenarios; the last cumulative one is the run itself.

    `patients` has one row per patient followed: patient_id and rule, the rule of its link or None. `rules` are the
    ids of the cascade's rules, in order; `not_followed` is the number of patients without an index date.
    """

    patients: "pandas.DataFrame"
    rules: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    horizons: tuple[int, ...] = HORIZONS
    not_followed: int = 0

    def scenario(self, name: str) -> Scenario:
        """The scenario of that name. Raises InputError when there is none."""
        for scenario in self.scenarios:
            if scenario.name == name:
                return scenario
        raise InputError(f"There is no scenario {name!r}. There are: {', '.join(s.name for s in self.scenarios)}.")

    @property
    def main(self) -> Scenario:
        """The run as it is: all rules."""
        return [scenario for scenario in self.scenarios if scenario.kind == "cumulative"][-1]

    @cached_property
    def mortality(self) -> "pandas.DataFrame":
        """One row per scenario and horizon: scenario, kind, horizon_days, patients, deaths, risk, risk_low, risk_high.

        `deaths` are those within the horizon, `risk` is one less the Kaplan-Meier estimate, with its 95 % interval.
        """
        import pandas as pd

        rows = []
        for scenario in self.scenarios:
            curve = kaplan_meier(scenario.days, scenario.died)
            for days in self.horizons:
                row = {"scenario": scenario.name, "kind": scenario.kind, "horizon_days": days}
                rows.append(row | _read(curve, len(scenario.days), days)._asdict())
        return pd.DataFrame(rows)

    def risk(self, name: str, horizon: int) -> "Risk":
        """The row of `mortality` of a scenario at one of the horizons."""
        table = self.mortality
        row = table[(table["scenario"] == name) & (table["horizon_days"] == horizon)].iloc[0]
        return Risk(*(row[name] for name in Risk._fields))

    def curve(self, name: str) -> "pandas.DataFrame":
        """The Kaplan-Meier curve of a scenario, see `kaplan_meier`."""
        scenario = self.scenario(name)
        return kaplan_meier(scenario.days, scenario.died)


class Risk(NamedTuple):
    """Mortality at a horizon: patients followed, deaths by then, and the risk (0 to 1) with its 95 % interval."""

    patients: int
    deaths: int
    risk: float
    risk_low: float
    risk_high: float


def follow(
    run: "Linkage",
    *,
    index_dates: "pandas.DataFrame | Mapping[Any, Any] | None" = None,
    horizons: Sequence[int] = HORIZONS,
    others: "Mapping[str, Linkage] | None" = None,
) -> Study:
    """Follow the patients of a run under no links, under its first rules, one more at a time, without each of its
    rules, and under `others`.

    `index_dates` is a frame of patient_id and index_date or a mapping, one date per patient; without it every patient
    with an anchor is followed from the last discharge, the day from which MIMIC-IV counts its year.
    `horizons` are days. `others` are runs over the same files under other rules or thresholds, by name.
    Follow-up ends with death, with the registry's coverage, or at the longest horizon; patients in review are followed
    for no day. A death in hospital counts in every scenario, because no link is needed to know of it.

    Raises InputError where there are no outcomes, no patient to follow, or a patient twice.

    >>> import pandas as pd
    >>> people = {"first_name": ["BILL", "ANA"], "last_name": ["LEE", "DIAZ"], "ssn": ["012346531", "012349147"]}
    >>> patients = pd.DataFrame({"patient_id": ["1", "2"], "birth_date": ["1950-02-11", "1944-07-30"], **people})
    >>> deaths = pd.DataFrame({"death_id": ["7", "8"], "birth_date": ["1950-02-11", "1944-07-03"],
    ...     "death_date": ["2015-02-01", "2015-12-31"], **people})
    >>> stays = pd.DataFrame({"patient_id": ["1", "2"], "start": "2015-01-02", "discharge": "2015-01-09"})
    >>> from linkage import link
    >>> with link(patients, deaths, encounters=stays) as run:
    ...     study = follow(run, horizons=[30])
    >>> study.mortality[["scenario", "deaths", "patients"]].head(2).to_numpy().tolist()
    [['hospital alone', 0, 2], ['R1', 1, 2]]
    """
    outcomes = run.outcomes
    asked = _asked(outcomes, index_dates)
    longest = max(horizons)
    linked = _followed(outcomes, asked, longest)
    unlinked = _followed(_without_links(outcomes), asked, longest)
    rule = outcomes.set_index("patient_id")["rule"].reindex(asked["patient_id"]).to_numpy(dtype=object)
    ids = [each.id for each in run.cascade.rules]
    position = _positions(rule, ids)
    scenarios = [Scenario("hospital alone", "hospital", *unlinked)]
    scenarios += [
        Scenario(cumulative_name(ids, last), "cumulative", *_chosen(position <= last, linked, unlinked))
        for last in range(len(ids))
    ]
    scenarios += [
        Scenario(f"without {rule}", "without", *_updated(linked, outcome, asked, longest))
        for rule, outcome in _leaving_out_each(run)
    ]
    scenarios += [
        Scenario(name, "other", *_followed(other.outcomes, asked, longest)) for name, other in (others or {}).items()
    ]
    patients = asked[["patient_id"]].assign(rule=rule).reset_index(drop=True)
    return Study(patients, tuple(ids), tuple(scenarios), tuple(sorted(horizons)), len(outcomes) - len(asked))


def cumulative_name(ids: Sequence[str], last: int) -> str:
    """What the first rules of a cascade are called.

    >>> cumulative_name(["R1", "R2", "R3"], 0), cumulative_name(["R1", "R2", "R3"], 2)
    ('R1', 'R1 to R3')
    """
    return ids[0] if last == 0 else f"{ids[0]} to {ids[last]}"


def kaplan_meier(days: "Numbers", died: "Numbers") -> "pandas.DataFrame":
    """The Kaplan-Meier estimate: day, at_risk, deaths, survival, survival_low, survival_high.

    The 95 % interval is Greenwood's, on the scale of log(-log). Source: Kaplan and Meier, J Am Stat Assoc 1958; both
    are those of lifelines.

    >>> import numpy as np
    >>> kaplan_meier(np.array([0, 5, 9, 9]), np.array([True, True, False, False]))["survival"].round(3).tolist()
    [0.75, 0.5, 0.5]
    """
    import numpy as np
    import pandas as pd

    fitter = needs("lifelines").KaplanMeierFitter()
    # As counts per day: the estimate is the same, and half a million rows become a few hundred.
    counts = [np.bincount(days[died == ended], minlength=int(days.max()) + 1) for ended in (False, True)]
    day = np.concatenate([np.flatnonzero(found) for found in counts])
    weights = np.concatenate([found[found > 0] for found in counts])
    ended = np.repeat([False, True], [np.count_nonzero(found) for found in counts])
    fitter.fit(day, ended, weights=weights)
    low, high = fitter.confidence_interval_.to_numpy().T
    steps = pd.DataFrame(
        {
            "day": fitter.survival_function_.index.to_numpy().astype(int),
            "at_risk": fitter.event_table["at_risk"].to_numpy().astype(int),
            "deaths": fitter.event_table["observed"].to_numpy().astype(int),
            "survival": fitter.survival_function_.iloc[:, 0].to_numpy(),
            "survival_low": low,
            "survival_high": high,
        }
    )
    return steps.bfill()


def risk_at(days: "Numbers", died: "Numbers", horizon: int) -> Risk:
    """Mortality within a horizon of so many days, by Kaplan-Meier.

    >>> import numpy as np
    >>> risk_at(np.array([0, 5, 9, 9]), np.array([True, True, False, False]), 5).risk
    0.5
    """
    if not len(days):
        return Risk(0, 0, float("nan"), float("nan"), float("nan"))
    return _read(kaplan_meier(days, died), len(days), horizon)


def _read(curve: "pandas.DataFrame", patients: int, horizon: int) -> Risk:
    """What a curve says at a day."""
    until = curve[curve["day"] <= horizon]
    if not len(until):
        return Risk(patients, 0, 0.0, 0.0, 0.0)
    last = until.iloc[-1]
    risk, low, high = (1 - float(last[name]) for name in ("survival", "survival_high", "survival_low"))
    return Risk(patients, int(until["deaths"].sum()), risk, low, high)


class Estimate(NamedTuple):
    """A share (0 to 1) with its 95 % interval."""

    value: float
    low: float
    high: float


def corrected(hospital: Risk, linked: Risk, *, sensitivity: Estimate, ppv: Estimate) -> Estimate:
    """Mortality as it would be without false and missed links.

    Deaths known to the hospital need no correction. Of the rest, found by links alone,

        true risk = observed risk * PPV / sensitivity,

    which is the estimator of Rogan and Gladen (Am J Epidemiol 1978; 107: 71-76) with specificity written as
    PPV. It takes the errors of linkage to be as frequent at every time after the index date. The interval is by the
    delta method on the logarithm, from the three intervals, taken as independent.

    >>> half = Estimate(0.5, 0.4, 0.6)
    >>> one = Estimate(1.0, 1.0, 1.0)
    >>> corrected(Risk(100, 5, 0.05, 0, 0), Risk(100, 25, 0.25, 0.17, 0.35), sensitivity=half, ppv=one).value
    0.45
    """
    observed = linked.risk - hospital.risk
    if not observed > 0 or not sensitivity.value > 0 or not ppv.value > 0:
        return Estimate(linked.risk, linked.risk_low, linked.risk_high)
    found = observed * ppv.value / sensitivity.value
    z = NormalDist().inv_cdf(0.975)
    of_risk = (linked.risk_high - linked.risk_low) / (2 * z) / observed
    spread = exp(z * sqrt(of_risk**2 + _log_error(sensitivity) ** 2 + _log_error(ppv) ** 2))
    known = hospital.risk
    return Estimate(known + found, known + found / spread, min(known + found * spread, 1.0))


def _log_error(share: Estimate) -> float:
    """The standard error of the logarithm, read off a 95 % interval. An interval down to 0 says nothing: it is cut."""
    low = max(share.low, 1e-9)
    return (log(share.high) - log(low)) / (2 * NormalDist().inv_cdf(0.975))


def _asked(outcomes: "pandas.DataFrame", index_dates: Any) -> "pandas.DataFrame":
    import pandas as pd

    if index_dates is None:
        asked = outcomes[["patient_id", "anchor_date"]].dropna().rename(columns={"anchor_date": "index_date"})
    elif isinstance(index_dates, Mapping):
        asked = pd.DataFrame({"patient_id": list(index_dates), "index_date": list(index_dates.values())})
    else:
        asked = index_dates[["patient_id", "index_date"]]
    asked = asked.assign(patient_id=asked["patient_id"].astype(str)).reset_index(drop=True)
    if not len(asked):
        raise InputError("There is no patient to follow: none has an index date or a last discharge.")
    if asked["patient_id"].duplicated().any():
        raise InputError("index_dates has a patient twice. Give one index date per patient, such as the first stay's.")
    return asked


def _without_links(outcomes: "pandas.DataFrame") -> "pandas.DataFrame":
    """The outcomes of the same patients had nobody been linked."""
    linked = outcomes["rule"].notna()
    alone = outcomes["hospital_death_date"]
    undated = linked & alone.isna()
    return outcomes.assign(
        death_date=outcomes["death_date"].mask(linked, alone),
        death_date_precision=outcomes["death_date_precision"].mask(undated),
        # Who is not linked is alive as far as the registry's coverage goes, which mortality_at works out.
        status=outcomes["status"].mask(undated, "alive_at_one_year"),
    )


def _leaving_out_each(run: "Linkage") -> Iterator[tuple[str, "pandas.DataFrame"]]:
    """Each rule with the outcomes, in the run without it, of the patients for whom that changes anything: what the
    rule had linked is free for the other rules."""
    engine, rules = run.engine, run.cascade.rules
    with accepted_pairs(engine, run.cascade, contacts=True):
        engine.create("uncontested", UNCONTESTED)
        engine.create("run_review", "SELECT patient_id FROM review_patient")
        for position, rule in enumerate(rules if len(rules) > 1 else (), start=1):
            others = replace(run.cascade, rules=tuple(other for other in rules if other is not rule))
            with _at_stake(engine, position), relinked(engine, others):
                make_review_patients(engine, others)
                engine.create("changed", _CHANGED)
                ids = " ".join(f"WHEN {n} THEN {literal(each.id)}" for n, each in enumerate(others.rules, start=1))
                engine.create("link", f"SELECT *, CASE rule_position {ids} END AS rule FROM relinked {_OF_CHANGED}")
                for name in ("patient", "review_patient"):
                    engine.create(name, f"SELECT * FROM {name} {_OF_CHANGED}")
                build_outcome(engine, run.policy)
                yield rule.id, engine.frame("SELECT * FROM outcome")


@contextmanager
def _at_stake(engine: "DuckDBEngine", position: int) -> Iterator[None]:
    """A block in which `accepted` has only the pairs, and `run_link` only the links, that leaving out the rule at a
    position can touch: where nobody else contends for a pair, that is the rule's own."""
    with engine.aside():
        engine.create(
            "kept", f"SELECT uncontested.* FROM uncontested JOIN decided {_SAME_PAIR} WHERE rule_position <> {position}"
        )
        engine.create("accepted", f"SELECT * FROM accepted ANTI JOIN kept {_SAME_PAIR}")
        engine.create("run_link", f"SELECT patient_id, death_id FROM link ANTI JOIN kept {_SAME_PAIR}")
        yield


_SAME_PAIR = "USING (patient_id, death_id)"
_OF_CHANGED = "WHERE patient_id IN (SELECT patient_id FROM changed)"
_CHANGED = """
WITH now AS (SELECT patient_id, death_id FROM relinked UNION ALL SELECT patient_id, NULL FROM review_patient),
was AS (SELECT patient_id, death_id FROM run_link UNION ALL SELECT patient_id, NULL FROM run_review)
SELECT DISTINCT patient_id
FROM ((SELECT * FROM now EXCEPT SELECT * FROM was) UNION ALL (SELECT * FROM was EXCEPT SELECT * FROM now)) AS other
"""


def _updated(
    linked: tuple["Numbers", "Numbers"], outcomes: "pandas.DataFrame", asked: "pandas.DataFrame", longest: int
) -> tuple["Numbers", "Numbers"]:
    """How long everybody was followed, when some patients have another outcome than in the run."""
    days, died = linked[0].copy(), linked[1].copy()
    places = asked["patient_id"].isin(outcomes["patient_id"]).to_numpy().nonzero()[0]
    if len(places):
        days[places], died[places] = _followed(outcomes, asked.iloc[places].reset_index(drop=True), longest)
    return days, died


def _followed(outcomes: "pandas.DataFrame", asked: "pandas.DataFrame", longest: int) -> tuple["Numbers", "Numbers"]:
    found = mortality_at(outcomes, asked, longest, uncensored=True)
    return found["followup_days"].to_numpy(dtype="int64"), found["death_observed"].to_numpy(dtype=bool)


def _positions(rules: "Numbers", ids: Sequence[str]) -> "Numbers":
    """The place of each patient's rule in the cascade; after the last for who has none."""
    import numpy as np

    place = {rule: number for number, rule in enumerate(ids)}
    return np.array([place.get(rule, len(ids)) for rule in rules])


def _chosen(
    counts: "Numbers", linked: tuple["Numbers", "Numbers"], unlinked: tuple["Numbers", "Numbers"]
) -> tuple["Numbers", "Numbers"]:
    import numpy as np

    return np.where(counts, linked[0], unlinked[0]), np.where(counts, linked[1], unlinked[1])
