"""What another cascade, or another file, did: links gained, lost and moved, by rule, and why.

Two numbers that differ by ten may hide a thousand patients who changed places. So two runs are laid side by
side patient by patient, and each change has the reason that the other run gives for not making this link.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linkage.decisions import FATES
from linkage.result import Linkage
from linkage.summary import table

if TYPE_CHECKING:
    import pandas

CHANGES = ("gained", "lost", "moved", "same death, other rule")


@dataclass(frozen=True)
class Comparison:
    """How the links of one run differ from those of an earlier one.

    `changes` has one row per patient whose link differs: patient_id, change (one of `CHANGES`), death_before,
    rule_before, death_after, rule_after and reason. `same` is the number of links that are the same in both.
    """

    before: str
    after: str
    same: int
    changes: "pandas.DataFrame"

    @property
    def by_rule(self) -> "pandas.DataFrame":
        """The number of changes by kind, rule before and rule after."""
        columns = ["change", "rule_before", "rule_after", "reason"]
        counted = self.changes.fillna("").groupby(columns, sort=True).size().rename("patients").reset_index()
        order = counted["change"].map(CHANGES.index)
        return counted.assign(order=order).sort_values(["order", *columns[1:]], ignore_index=True).drop(columns="order")

    def __str__(self) -> str:
        counts = self.changes["change"].value_counts()
        head = ", ".join(f"{counts.get(change, 0):,} {change}" for change in CHANGES)
        text = f"From {self.before} to {self.after}: {self.same:,} links are the same; {head}."
        if not len(self.changes):
            return text
        rows = [[str(row[name]) for name in self.by_rule] for row in self.by_rule.to_dict("records")]
        return f"{text}\n\n" + table([[str(name).replace("_", " ") for name in self.by_rule], *rows], right=[4])

    __repr__ = __str__


def compare(before: Linkage, after: Linkage) -> Comparison:
    """Lay two runs side by side. Both must be open; they need not have the same files or rules.

    >>> import linkage, pandas as pd
    >>> people = pd.DataFrame({"first_name": ["Ann"], "last_name": ["Lee"], "birth_date": ["1950-02-11"]})
    >>> files = people.assign(patient_id="1"), people.assign(death_id="8", first_name="Anne")
    >>> with linkage.link(*files, "exact") as strict, linkage.link(*files, "mimic_iv") as usual:
    ...     compare(strict, usual).changes[["patient_id", "change", "reason"]].to_numpy().tolist()
    [['1', 'gained', 'before: no candidate']]
    """
    old, new = _links(before, "before"), _links(after, "after")
    both = old.join(new, how="outer").sort_index(key=lambda ids: ids.map(lambda id: (len(id), id)))
    both["change"] = _changes(both)
    changed = both[both["change"] != ""].rename_axis("patient_id").reset_index()
    changed["reason"] = _reasons(before, after, changed)
    ordered = changed[["patient_id", "change", "death_before", "rule_before", "death_after", "rule_after", "reason"]]
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


def _reasons(before: Linkage, after: Linkage, changed: "pandas.DataFrame") -> list[str]:
    """Why the run without the link did not make it; of a link that moved, what became of its first death."""
    old, new = _fates(before), _fates(after)
    taken = set(after.links["death_id"])

    def reason(row: Mapping[Hashable, Any]) -> str:
        if row["change"] == "gained":
            return f"before: {old.get(row['patient_id'], 'not among the patients')}"
        if row["change"] == "lost":
            return f"after: {new.get(row['patient_id'], 'not among the patients')}"
        if row["change"] == "moved":
            return f"the first {'went to another patient' if row['death_before'] in taken else 'is free'}"
        return ""

    return [reason(row) for row in changed.to_dict("records")]


def _fates(run: Linkage) -> Mapping[str, str]:
    rows = run.engine.rows(
        "SELECT patient.patient_id, coalesce(fate.stage, 0) FROM patient"
        " LEFT JOIN fate ON patient.patient_id = fate.patient_id"
    )
    return {str(patient): FATES[stage] for patient, stage in rows}
