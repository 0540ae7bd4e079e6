"""Compare two runs with different rules or files: links gained, lost and moved, by rule, with reasons.

Two numbers of links that differ by ten can hide a thousand patients whose links changed. Runs are therefore compared
patient by patient, and each change has the reason why the other run did not make the link: a condition that the pair
does not meet, or the rule that linked the death to another patient.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from linkage.printing import counted, table
from linkage.run.explanation import PairExplained, explain_pairs
from linkage.run.result import Linkage
from linkage.run.unmet_conditions import unmet_conditions

if TYPE_CHECKING:
    import pandas

_COLUMNS = ("patient_id", "change", "death_before", "rule_before", "death_after", "rule_after")
CHANGES = ("gained", "lost", "moved", "same death, other rule")


@dataclass(frozen=True)
class Comparison:
    """The differences between the links of two runs. `print` shows them by rule and reason.

    `changes` has one row per patient whose link differs: patient_id, change (one of `CHANGES`), death_before,
    rule_before, death_after, rule_after; `reason`, why the other run did not make this link; and `lost_to`, the
    patient to whom it linked the death instead. `same` is the number of links by the same rule in both runs.

    >>> import pandas as pd
    >>> changes = pd.DataFrame({"patient_id": ["7"], "change": "gained", "rule_before": None, "rule_after": "R2",
    ...     "reason": "before: no blocking key is met"})
    >>> print(Comparison("exact", "mimic_iv", 3, changes))
    From exact to mimic_iv: 3 links are the same, by the same rule; 1 gained, 0 lost, 0 moved, 0 same death, other rule.
    <BLANKLINE>
    change  rule before  rule after  patients  reason
    ------  -----------  ----------  --------  ------------------------------
    gained               R2                 1  before: no blocking key is met
    """

    before: str
    after: str
    same: int
    changes: "pandas.DataFrame"

    @property
    def by_rule(self) -> "pandas.DataFrame":
        """The number of patients by kind of change, rule before, rule after, and reason."""
        columns = ["change", "rule_before", "rule_after", "reason"]
        counted = self.changes.fillna("").groupby(columns, sort=True).size().rename("patients").reset_index()
        order = counted["change"].map(CHANGES.index)
        ordered = counted.assign(order=order).sort_values(["order", *columns[1:]], ignore_index=True)
        return ordered[[*columns[:3], "patients", "reason"]]

    def __str__(self) -> str:
        counts = self.changes["change"].value_counts()
        head = ", ".join(f"{counts.get(change, 0):,} {change}" for change in CHANGES)
        same = counted(self.same, "link is", "links are")
        text = f"From {self.before} to {self.after}: {same} the same, by the same rule; {head}."
        if not len(self.changes):
            return text
        rows = [[str(row[name]) for name in self.by_rule] for row in self.by_rule.to_dict("records")]
        return f"{text}\n\n" + table([[str(name).replace("_", " ") for name in self.by_rule], *rows], right=[3])

    __repr__ = __str__


def compare(before: Linkage, after: Linkage) -> Comparison:
    """Compare two runs patient by patient. Both must be open; their files and rules may differ.

    >>> import linkage, pandas as pd
    >>> people = pd.DataFrame({"first_name": ["Ann"], "last_name": ["Lee"], "birth_date": ["1950-02-11"]})
    >>> files = people.assign(patient_id="1"), people.assign(death_id="8", first_name="Anne")
    >>> with linkage.link(*files, "exact") as strict, linkage.link(*files, "mimic_iv") as usual:
    ...     compare(strict, usual).changes[["patient_id", "change", "reason"]].to_numpy().tolist()
    [['1', 'gained', 'before: no blocking key is met']]
    """
    old, new = _links(before, "before"), _links(after, "after")
    both = old.join(new, how="outer").sort_index(key=lambda ids: ids.map(lambda id: (len(id), id)))
    both["change"] = _changes(both)
    changed = both[both["change"] != ""].rename_axis("patient_id").reset_index()
    reasons = _reasons(before, after, changed)
    changed["reason"], changed["lost_to"] = ([one[n] for one in reasons] for n in (0, 1))
    ordered = changed[[*_COLUMNS, "reason", "lost_to"]]
    return Comparison(_name(before), _name(after), int((both["change"] == "").sum()), ordered)


def _links(run: Linkage, when: str) -> "pandas.DataFrame":
    links = run.links.set_index("patient_id")[["death_id", "rule"]]
    return links.rename(columns={"death_id": f"death_{when}", "rule": f"rule_{when}"})


def _name(run: Linkage) -> str:
    return run.cascade.name


def _changes(both: "pandas.DataFrame") -> list[str]:
    return [_change(row) for row in both.astype(object).mask(both.isna(), other=None).to_dict("records")]


def _change(row: Mapping[Hashable, Any]) -> str:
    if row["death_before"] is None:
        return "gained"
    if row["death_after"] is None:
        return "lost"
    if row["death_before"] != row["death_after"]:
        return "moved"
    return "" if row["rule_before"] == row["rule_after"] else CHANGES[3]


def _reasons(before: Linkage, after: Linkage, changed: "pandas.DataFrame") -> list[tuple[str, str | None]]:
    """For each change, why one run did not make the link of the other, and the patient who has the death instead."""
    rows = changed.astype(object).mask(changed.isna(), other=None).to_dict("records")
    wanted = [
        (row["patient_id"], death) for row in rows for death in (row["death_before"], row["death_after"]) if death
    ]
    old, new = _Run.of(before, wanted), _Run.of(after, wanted)
    return [_reason(old, new, row) for row in rows]


@dataclass(frozen=True)
class _Run:
    """One run with the explanations of the requested pairs, and its links by patient and by death."""

    run: Linkage
    pairs: Mapping[tuple[str, str], PairExplained]
    linked: Mapping[str, tuple[str, str]]
    holders: Mapping[str, tuple[str, str]]
    tied: frozenset[str]

    @classmethod
    def of(cls, run: Linkage, pairs: Sequence[tuple[str, str]]) -> Self:
        links = run.links[["patient_id", "death_id", "rule"]].to_numpy().tolist()
        return cls(
            run,
            explain_pairs(run.engine, run.cascade, run.has_mortality, pairs),
            {patient: (death, rule) for patient, death, rule in links},
            {death: (patient, rule) for patient, death, rule in links},
            frozenset(patient for (patient,) in run.engine.rows("SELECT patient_id FROM review_patient")),
        )

    def why_not(self, patient: str, death: str) -> tuple[str, str | None]:
        """Why this run did not link a pair, and the patient who has the death instead."""
        pair = self.pairs.get((patient, death))
        if pair is None:
            return "the pair is not in the files", None
        if not pair.blocking_keys:
            return "no blocking key is met", None
        if pair.rule is None:
            return f"no rule accepts it: {pair.missing}", None
        if pair.impossible:
            return f"{pair.rule} accepts it, but it is impossible in time ({pair.impossible})", None
        if patient in self.linked:
            return f"{pair.rule} accepts it, but {self.linked[patient][1]} links the patient to another death", None
        if death in self.holders:
            holder, rule = self.holders[death]
            return f"{pair.rule} accepts it, but {rule} links the death to another patient", holder
        tie = "it is held in a tie" if patient in self.tied else "another certificate of the same death was linked"
        return f"{pair.rule} accepts it, but {tie}", None

    def why_not_by(self, rule: str, patient: str, death: str) -> str | None:
        """Why a pair that this run links is not linked by a given rule of the other run; None if it could be."""
        if rule not in {own.id for own in self.run.cascade.rules}:
            return f"there is no {rule}"
        wanted = unmet_conditions(self.run.cascade, rule, self.pairs[patient, death].agreement)
        return f"{rule} also requires {', '.join(wanted)}" if wanted else None


def _reason(old: _Run, new: _Run, row: Mapping[Hashable, Any]) -> tuple[str, str | None]:
    patient, first, second = str(row["patient_id"]), row["death_before"], row["death_after"]
    if row["change"] == "gained":
        reason, rival = old.why_not(patient, second)
        return f"before: {reason}", rival
    if row["change"] == "lost":
        reason, rival = new.why_not(patient, first)
        return f"after: {reason}", rival
    if row["change"] == "moved":
        reason, rival = new.why_not(patient, first)
        return f"the first, after: {reason}; the second, before: {old.why_not(patient, second)[0]}", rival
    before, after = row["rule_before"], row["rule_after"]
    if gone := new.why_not_by(before, patient, first):
        return f"after: {gone}", None
    if new_to_it := old.why_not_by(after, patient, first):
        return f"before: {new_to_it}", None
    order = [rule.id for rule in new.run.cascade.rules]
    if order.index(after) < order.index(before):
        return f"{after} comes before {before}", None
    return f"after: {before} requires a rarer name, or a pair that is unique", None
