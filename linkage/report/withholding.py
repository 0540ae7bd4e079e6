"""Determine which numbers of a report are withheld, for all of its tables, figures and sentences together.

Each number is declared as the set of patients that it counts, with the cost of withholding it.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from linkage.method.decide import FATES
from linkage.report.counted import LINKAGE_RESULTS, compares_sides, dates_of_death, hospital_sides, shown_scenarios
from linkage.report.merging import merged_groups
from linkage.report.numbers import LEAVING, Numbers
from linkage.report.people import People
from linkage.report.system import hidden_keys

if TYPE_CHECKING:
    import pandas

    from linkage.evaluation.study import Study
    from linkage.run.result import Linkage


_ORDERED = ("age_band",)


def numbers_of(
    run: "Linkage | None" = None,
    evaluation: Any = None,
    study: "Study | None" = None,
    *,
    groups: "pandas.DataFrame | None" = None,
    review: Sequence[str] = (),
    smallest: int,
) -> Numbers:
    """Determine which numbers of a run, its evaluation and a study must be withheld.

    `groups` has the values of each variable, indexed by patient_id; the default is that of the evaluation. `review` are
    the ids of patients in review, who are not in the study. Numbers of 1 to `smallest` - 1 are withheld.
    """
    if smallest == 1:
        return Numbers()
    ids = _ids(run, evaluation, study)
    people = People(len(ids))
    if groups is None and evaluation is not None:
        groups = evaluation.people.get("groups")
    sets = _Sets(people, ids, smallest)
    if run is not None:
        sets.run(run)
    if study is not None:
        sets.study(study, review)
    if run is not None and run.has_mortality:
        sets.sides(run)
    if evaluation is not None:
        sets.evaluation(evaluation)
    called = sets.divide(groups)
    main = () if study is None else ((study.main.name, max(study.horizons)),)
    return Numbers(smallest, hidden_keys(people, smallest), called, people, main)


def _ids(run: "Linkage | None", evaluation: Any, study: "Study | None") -> "pandas.Index[Any]":
    import pandas as pd

    if run is not None:
        patients: pd.Index[Any] = pd.Index([one for (one,) in run.engine.rows(_PATIENTS)])
        return patients
    frames = [] if study is None else [study.patients]
    if evaluation is not None:
        frames += [evaluation.people[name] for name in ("judged", "hospital_deaths") if name in evaluation.people]
    ids: pd.Index[Any] = pd.Index([])
    for frame in frames:
        ids = ids.union(pd.Index(frame["patient_id"]), sort=False)
    return ids


_PATIENTS = "SELECT patient_id FROM patient ORDER BY length(patient_id), patient_id"
_FATES = """
SELECT patient.patient_id, coalesce(fate.stage, 0) AS stage, link.rule
FROM patient
LEFT JOIN fate ON patient.patient_id = fate.patient_id
LEFT JOIN link ON patient.patient_id = link.patient_id
ORDER BY length(patient.patient_id), patient.patient_id
"""


class _Sets:
    """Adds the sets of patients that a report counts, source by source. Numbers with high costs, those most important
    to readers, are withheld last."""

    def __init__(self, people: People, ids: "pandas.Index[Any]", smallest: int) -> None:
        self.people, self.ids, self.smallest = people, ids, smallest
        self.divided: list[tuple[str, Any, float, bool]] = []
        self.divided_bounds: list[tuple[str, Any, str, float]] = []
        self.is_truth_of_all = False

    def mask(self, patients: Any, chosen: Any) -> Any:
        """The chosen patients as a mask over all patients."""
        import numpy as np

        mask = np.zeros(len(self.ids), bool)
        mask[self.ids.get_indexer(patients)[np.asarray(chosen, dtype=bool)]] = True
        return mask

    def run(self, run: "Linkage") -> None:
        """Add the flow, links by rule, statuses and dates of death."""
        found = run.engine.frame(_FATES)
        add, stage = self.people.add, found["stage"].to_numpy()
        add(("patients",), stage >= 0, is_fixed=True)
        names = dict(enumerate(FATES))
        here = stage >= 0
        for n, fate in enumerate(LEAVING):
            left = stage == next(number for number, name in names.items() if name == fate)
            add(("left", fate), left, cost=4)
            here = here & ~left
            add(("here", str(n + 1)), here, cost=4, is_fixed=n + 1 == len(LEAVING))
        for rule in run.cascade.rules:
            add(("rule", rule.id), (found["rule"] == rule.id).to_numpy(), cost=3)
        if run.has_mortality:
            status = run.outcomes.set_index("patient_id")["status"].reindex(self.ids)
            for name in status.unique():
                add(("status", str(name)), (status == name).to_numpy(), cost=3)
            for name, patients in dates_of_death(run).items():
                add(("date", name), patients.reindex(self.ids).to_numpy(dtype=bool), cost=2)

    def study(self, study: "Study", review: Sequence[str]) -> None:
        """Add the followed patients, and the deaths by scenario and horizon."""
        import numpy as np

        ids, add = study.patients["patient_id"], self.people.add
        followed = self.mask(ids, np.ones(len(ids), bool))
        waiting = self.ids.isin(review)
        add(("followed",), followed, cost=8)
        add(("followed in review",), waiting, cost=0.5)
        self.people.add_unseen(("not followed",), ~followed & ~waiting)
        for scenario in shown_scenarios(study, self.smallest):
            for horizon in study.horizons:
                died = scenario.died & (scenario.days <= horizon)
                cost = 8 if scenario.kind == "hospital" or scenario is study.main else 4
                add(("deaths", scenario.name, str(horizon)), self.mask(ids, died), cost=cost)
        last = study.main.died & (study.main.days <= max(study.horizons))
        self.divided.append(("followed", followed, 3, True))
        self.divided.append(("deaths", self.mask(ids, last), 2, True))
        self.divided.append(("linked", self.mask(ids, study.patients["rule"].notna()), 1, False))

    def sides(self, run: "Linkage") -> None:
        """Add deaths in hospital by linkage, if there are enough of them to be compared."""
        found = hospital_sides(run, self.smallest)
        if not compares_sides(found, self.smallest):
            return
        for side in LINKAGE_RESULTS:
            mask = self.mask(found["patient_id"], found["side"] == side)
            if mask.any():
                self.people.add(("side", side), mask, cost=2)
                self.divided.append((f"side {side}", mask, 0.7, False))

    def evaluation(self, evaluation: Any) -> None:
        """Add the counts with truth, and those of deaths in hospital."""
        if "judged" in evaluation.people:
            rules = evaluation.tables["by_rule"]["rule"].unique().tolist() if "by_rule" in evaluation.tables else []
            self._truth(evaluation.people["judged"], rules)
        died = evaluation.people.get("hospital_deaths")
        if died is not None and len(died):
            self._hospital(died)

    def _truth(self, judged: "pandas.DataFrame", rules: Sequence[str]) -> None:
        import numpy as np

        ids, add = judged["patient_id"], self.people.add
        match, link, true = (judged[name].to_numpy(bool) for name in ("is_match", "is_linked", "is_true_link"))

        def of(chosen: Any) -> Any:
            return self.mask(ids, chosen)

        everybody = of(np.ones(len(ids), bool))
        self.is_truth_of_all = bool(everybody.all())
        add(("labeled",), everybody, cost=4)
        add(("matches",), of(match), is_fixed=True)
        add(("links",), of(link), is_fixed=True)
        add(("true",), of(true), cost=7)
        self.people.add_unseen(("false",), of(link & ~true))
        self.people.add_unseen(("missed",), of(match & ~true))
        add(("without match",), of(~match), cost=4)
        add(("right non-links",), of(~match & ~link), cost=3)
        self.people.add_bound(("bound", "right non-links"), of(~match & link), of(~match), cost=1)
        add(("ceiling",), of(judged["is_met"]), cost=4)
        self.people.add_bound(("bound", "ceiling"), of(match & ~judged["is_met"]), of(match), cost=1)
        for stage in judged.loc[match & ~true, "stage"].unique():
            add(("stage", str(stage)), of(match & (judged["stage"] == stage)), cost=2)
        self._truth_by_rule(judged, rules, of)
        self._truth_by_key(judged, of)
        self.divided.append(("matches", of(match), 1.5, True))
        self.divided.append(("links", of(link), 2, True))
        self.divided.append(("true", of(true), 0.5, False))
        self.divided.append(("false", of(link & ~true), 0.5, False))
        self.divided.append(("missed", of(match & ~true), 0, False))

    def _truth_by_rule(self, judged: "pandas.DataFrame", rules: Sequence[str], of: Callable[[Any], Any]) -> None:
        import numpy as np

        link, true = (judged[name].to_numpy(bool) for name in ("is_linked", "is_true_link"))
        upto = np.zeros(len(judged), bool)
        for rule in rules:  # in order, and also rules without links, whose running total is in the table
            own = (judged["rule"] == rule).to_numpy() & link
            if ("rule", rule) not in self.people.sets or not self.is_truth_of_all:
                self.people.add(("judged rule", rule), of(own), cost=2)
            self.people.add(("rule false", rule), of(own & ~true), cost=1)
            self.people.add_bound(("bound", "rule true", rule), of(own & true), of(own), cost=0.2)
            upto = upto | own
            self.people.add(("links up to", rule), of(upto), cost=0.3)
            self.people.add(("true up to", rule), of(upto & true), cost=0.3)

    def _truth_by_key(self, judged: "pandas.DataFrame", of: Callable[[Any], Any]) -> None:
        keys = sorted((name for name in judged if str(name).startswith("key_")), key=lambda name: int(str(name)[4:]))
        match = judged["is_match"].to_numpy(bool)
        met = judged[keys].to_numpy(bool) & match[:, None]
        for n in range(len(keys)):
            self.people.add(("key", str(n)), of(met[:, n]), cost=1.5)
            self.people.add_bound(("bound", "key", str(n)), of(match & ~met[:, n]), of(match), cost=0.5)
            self.people.add(("key only", str(n)), of(met[:, n] & (met.sum(axis=1) == 1)), cost=1)

    def _hospital(self, died: "pandas.DataFrame") -> None:
        import numpy as np

        ids = died["patient_id"]
        everybody = self.mask(ids, np.ones(len(ids), bool))
        self.people.add(("hospital deaths",), everybody, cost=6)
        for kind in ("found_within_7_days", "on_another_date", "date_not_known", "not_found"):
            name, mask = kind.replace("_", " "), self.mask(ids, died[kind])
            self.people.add(("hospital", name), mask, cost=2)
            self.people.add_bound(("bound", "hospital", name), everybody & ~mask, everybody, cost=0.5)
        found = self.mask(ids, died["found_within_7_days"])
        self.divided.append(("hospital deaths", everybody, 1, False))
        self.divided.append(("hospital found", found, 0.8, False))
        self.divided_bounds.append(("bound hospital found", everybody & ~found, "hospital deaths", 0.2))

    def divide(self, groups: "pandas.DataFrame | None") -> dict[str, dict[str, str]]:
        """Add the counts by subgroup; returns the new names of merged groups."""
        import numpy as np
        import pandas as pd

        called: dict[str, dict[str, str]] = {}
        if groups is None or not self.divided:
            return called
        for variable in groups.columns:
            values = groups[variable].reindex(self.ids).astype(str).fillna("")
            names = [str(name) for name in groups[variable].astype("category").cat.categories]
            sizes = {
                name: [int((mask & (values == group).to_numpy()).sum()) for group in names]
                for name, mask, _, is_base in self.divided
                if is_base and name != "deaths"
            }
            counts = pd.DataFrame(sizes, index=names)
            called[str(variable)] = merged_groups(counts, self.smallest, is_ordered=variable in _ORDERED)
            self.people.divide_by(str(variable), values.map(called[str(variable)]).fillna(""))
        for name, mask, cost, _ in self.divided:
            if name == "linked" and self.is_truth_of_all:
                continue  # the table of accuracy has the links by subgroup
            if name == "missed":
                self.people.divide(name, np.asarray(mask), cost=0)
            else:
                self.people.divide(name, np.asarray(mask), cost=cost)
        for name, mask, whole, cost in self.divided_bounds:
            self.people.divide_bound(name, mask, whole, cost=cost)
        return called
