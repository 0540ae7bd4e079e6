"""The effect of the linkage on a study: mortality and survival under several sets of rules.

Readers of a linked study ask whether its results would change with stricter or looser rules,
or without one of them. So the same patients are followed from the same day under each `Scenario`;
only the links differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from linkage.errors import InputError
from linkage.relink.leaving_out import leaving_out_each
from linkage.survival.kaplan_meier import Risk, kaplan_meier, read_risk
from linkage.survival.mortality_at import mortality_at

if TYPE_CHECKING:
    import pandas

    from linkage.run.result import Linkage
    from linkage.survival.kaplan_meier import Numbers

HORIZONS = (30, 90, 365)
"""Days after the index date at which mortality is computed."""

Kind = Literal["hospital", "cumulative", "without", "other"]


@dataclass(frozen=True)
class Scenario:
    """One way of linking the same patients.

    `name` says which links are used. `days` and `died` have one value per patient: the days followed from the index
    date, 0 to the longest horizon, and whether follow-up ended in death. `in_review` is the number of these patients
    who are in review: they are included and followed for 0 days. `kind` is hospital (no links are used),
    cumulative (the first rules), without (all rules but one) or other (another run).
    """

    name: str
    kind: Kind
    days: "Numbers"
    died: "Numbers"
    in_review: int = 0


@dataclass(frozen=True)
class Study:
    """The same patients under several scenarios; the last cumulative one is the run itself.

    `patients` has one row per followed patient: patient_id and rule (the rule of its link, or None). `rules` are the
    ids of the cascade's rules in order.
    """

    patients: "pandas.DataFrame"
    rules: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    horizons: tuple[int, ...] = HORIZONS

    def scenario(self, name: str) -> Scenario:
        """The scenario of that name. Raises InputError when there is none."""
        for scenario in self.scenarios:
            if scenario.name == name:
                return scenario
        raise InputError(f"There is no scenario {name!r}. Scenarios: {', '.join(s.name for s in self.scenarios)}.")

    @property
    def main(self) -> Scenario:
        """The scenario of the run itself, with all rules."""
        return [scenario for scenario in self.scenarios if scenario.kind == "cumulative"][-1]

    @cached_property
    def mortality(self) -> "pandas.DataFrame":
        """One row per scenario and horizon: scenario, kind, horizon_days, patients, in_review, deaths, risk, risk_low,
        risk_high.

        `patients` is the number followed, including those in review. `deaths` counts deaths within the horizon, and
        `risk` (0 to 1) is 1 minus the Kaplan-Meier estimate of survival, with its 95 % interval.
        """
        import pandas as pd

        rows = []
        for scenario in self.scenarios:
            curve = kaplan_meier(scenario.days, scenario.died)
            for days in self.horizons:
                row = {"scenario": scenario.name, "kind": scenario.kind, "horizon_days": days}
                row |= read_risk(curve, len(scenario.days), days)._asdict()
                rows.append(row | {"in_review": scenario.in_review})
        columns = ("scenario", "kind", "horizon_days", "patients", "in_review")
        return pd.DataFrame(rows, columns=[*columns, *Risk._fields[1:]])

    def risk(self, name: str, horizon: int) -> Risk:
        """The row of `mortality` of a scenario at one of the horizons."""
        table = self.mortality
        row = table[(table["scenario"] == name) & (table["horizon_days"] == horizon)].iloc[0]
        return Risk(*(row[name] for name in Risk._fields))

    def curve(self, name: str) -> "pandas.DataFrame":
        """The Kaplan-Meier curve of a scenario, see `kaplan_meier`."""
        scenario = self.scenario(name)
        return kaplan_meier(scenario.days, scenario.died)


def follow(
    run: "Linkage",
    *,
    index_dates: "pandas.DataFrame | Mapping[Any, Any] | None" = None,
    horizons: Sequence[int] = HORIZONS,
    others: "Mapping[str, Linkage] | None" = None,
) -> Study:
    """Follow the patients of a run under several scenarios: no links, the first rule, the first two rules and so on,
    all rules but one, and the runs `others`.

    `index_dates` is a data frame of patient_id and index_date or a mapping, one date per patient. By default, every
    patient with an anchor is followed from the last discharge, from which MIMIC-IV counts its year.
    `horizons` are days. `others` maps names to runs on the same files with other rules or thresholds.
    Follow-up ends with death, with the registry's coverage, or at the longest horizon; patients in review are followed
    for 0 days. A death in hospital counts in every scenario, because it is known without a link.

    Raises InputError if there are no outcomes, no horizon, no patient to follow, or several dates for a patient.

    >>> import pandas as pd
    >>> people = {"first_name": ["BILL", "ANA"], "last_name": ["LEE", "DIAZ"], "ssn": ["012346531", "012349147"]}
    >>> patients = pd.DataFrame({"patient_id": ["1", "2"], "birth_date": ["1950-02-11", "1944-07-30"], **people})
    >>> deaths = pd.DataFrame({"death_id": ["7", "8"], "birth_date": ["1950-02-11", "1944-07-03"],
    ...     "death_date": ["2015-02-01", "2015-12-31"], **people})
    >>> stays = pd.DataFrame({"patient_id": ["1", "2"], "start": "2015-01-02", "discharge": "2015-01-09"})
    >>> from datetime import date
    >>> from linkage import MortalityPolicy, link
    >>> covered = MortalityPolicy(coverage_first=date(2015, 1, 1), coverage_last=date(2015, 12, 31))
    >>> with link(patients, deaths, encounters=stays, policy=covered) as run:
    ...     study = follow(run, horizons=[30])
    >>> study.mortality[["scenario", "deaths", "patients"]].head(2).to_numpy().tolist()
    [['hospital alone', 0, 2], ['R1', 1, 2]]
    """
    if min(horizons, default=0) < 1:
        raise InputError(
            f"horizons = {list(horizons)} are not days after the index date. Give whole numbers of at least 1, such as"
            " [30, 365]."
        )
    outcomes = run.outcomes
    asked = _asked(outcomes, index_dates)
    longest = max(horizons)
    linked = _followed(outcomes, asked, longest)
    unlinked = _followed(_without_links(run, outcomes), asked, longest)
    rule = outcomes.set_index("patient_id")["rule"].reindex(asked["patient_id"]).to_numpy(dtype=object)
    ids = [each.id for each in run.cascade.rules]
    position = _positions(rule, ids)
    waiting = _in_review(outcomes, asked)
    scenarios = [Scenario("hospital alone", "hospital", *unlinked, waiting)]
    scenarios += [
        Scenario(cumulative_name(ids, last), "cumulative", *_chosen(position <= last, linked, unlinked), waiting)
        for last in range(len(ids))
    ]
    scenarios += [
        Scenario(
            f"without {rule}",
            "without",
            *_updated(linked, changed, asked, longest),
            waiting
            + _in_review(changed, asked)
            - _in_review(outcomes[outcomes["patient_id"].isin(changed["patient_id"])], asked),
        )
        for rule, changed in leaving_out_each(run)
    ]
    scenarios += [
        Scenario(name, "other", *_followed(other_outcomes, asked, longest), _in_review(other_outcomes, asked))
        for name, other in (others or {}).items()
        for other_outcomes in [other.outcomes]
    ]
    patients = asked[["patient_id"]].assign(rule=rule).reset_index(drop=True)
    return Study(patients, tuple(ids), tuple(scenarios), tuple(sorted(horizons)))


def cumulative_name(ids: Sequence[str], last: int) -> str:
    """The name of the scenario of the first rules of a cascade, up to the position `last` (from 0).

    >>> cumulative_name(["R1", "R2", "R3"], 0), cumulative_name(["R1", "R2", "R3"], 2)
    ('R1', 'R1 to R3')
    """
    return ids[0] if last == 0 else f"{ids[0]} to {ids[last]}"


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
        raise InputError("There is no patient to follow: none has an index date or a last discharge. Give index_dates.")
    if asked["patient_id"].duplicated().any():
        raise InputError("index_dates has a patient twice. Give one index date per patient, such as the first stay's.")
    return asked


def _without_links(run: "Linkage", outcomes: "pandas.DataFrame") -> "pandas.DataFrame":
    """The outcomes that the same patients would have without any links."""
    linked = outcomes["rule"].notna()
    alone = outcomes["hospital_death_date"]
    undated = linked & alone.isna()
    died = {patient for (patient,) in run.engine.rows("SELECT patient_id FROM contact WHERE died_in_hospital")}
    on_an_unknown_day = undated & outcomes["patient_id"].isin(died)
    return outcomes.assign(
        death_date=outcomes["death_date"].mask(linked, alone),
        death_date_precision=outcomes["death_date_precision"].mask(undated),
        # A patient without a link is alive to the end of the registry's coverage, which mortality_at determines, unless
        # the hospital recorded a death without a date.
        status=outcomes["status"].mask(undated, "alive_at_one_year").mask(on_an_unknown_day, "died_date_not_known"),
    )


def _updated(
    linked: tuple["Numbers", "Numbers"], outcomes: "pandas.DataFrame", asked: "pandas.DataFrame", longest: int
) -> tuple["Numbers", "Numbers"]:
    """Days and deaths of all patients, where the outcomes of some patients differ from those of the run."""
    days, died = linked[0].copy(), linked[1].copy()
    places = asked["patient_id"].isin(outcomes["patient_id"]).to_numpy().nonzero()[0]
    if len(places):
        days[places], died[places] = _followed(outcomes, asked.iloc[places].reset_index(drop=True), longest)
    return days, died


def _followed(outcomes: "pandas.DataFrame", asked: "pandas.DataFrame", longest: int) -> tuple["Numbers", "Numbers"]:
    found = mortality_at(outcomes, asked, longest, uncensored=True)
    return found["followup_days"].to_numpy(dtype="int64"), found["death_observed"].to_numpy(dtype=bool)


def _in_review(outcomes: "pandas.DataFrame", asked: "pandas.DataFrame") -> int:
    """How many of the followed patients are in review."""
    waiting = outcomes.loc[outcomes["status"] == "in_review", "patient_id"]
    return int(asked["patient_id"].isin(waiting).sum())


def _positions(rules: "Numbers", ids: Sequence[str]) -> "Numbers":
    """The position of each patient's rule in the cascade; the number of rules for patients without a link."""
    import numpy as np

    place = {rule: number for number, rule in enumerate(ids)}
    return np.array([place.get(rule, len(ids)) for rule in rules])


def _chosen(
    counts: "Numbers", linked: tuple["Numbers", "Numbers"], unlinked: tuple["Numbers", "Numbers"]
) -> tuple["Numbers", "Numbers"]:
    import numpy as np

    return np.where(counts, linked[0], unlinked[0]), np.where(counts, linked[1], unlinked[1])
