"""The two shapes of estimates without truth: shares, and expected false links; overall, by rule and by subgroup."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from linkage.evaluation.intervals import prediction_interval, proportion_interval

ALL = "all"


@dataclass(frozen=True)
class Cohort:
    """The patients of a run: `groups` (one column per variable, indexed by patient_id), and the `links` of the run
    (patient_id, death_id, rule), whose rules are `rules`."""

    groups: pd.DataFrame
    links: pd.DataFrame
    rules: tuple[str, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, and before them "all" and "rule"."""
        return (ALL, "rule", *map(str, self.groups.columns))

    def with_groups(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table with patient_id, and the variables of each patient beside, for `grouped`."""
        places = self.groups.index.get_indexer(pd.Index(frame["patient_id"]))
        return frame.assign(**{
            f"group {name}": self.groups[name].array.take(places, allow_fill=True) for name in self.groups
        })  # fmt: skip

    def grouped(self, frame: pd.DataFrame, values: Sequence[str], variable: str) -> pd.DataFrame:
        """Sums of columns of a table that `with_groups` gave (which has rule, too), by one variable."""
        if variable == ALL:
            return frame[list(values)].sum().to_frame(ALL).T
        if variable == "rule":
            return frame.groupby("rule")[list(values)].sum().reindex(list(self.rules), fill_value=0)
        found = frame.groupby(f"group {variable}", observed=False)[list(values)].sum()
        return found.reindex(list(self.groups[variable].cat.categories), fill_value=0)


def joined(columns: pd.DataFrame) -> "pd.Series[str]":
    """All columns of a table as one column of text.

    >>> joined(pd.DataFrame({"sex": ["F", "M"], "race": ["A", "B"]})).tolist()
    ['|F|A', '|M|B']
    """
    text = pd.Series("", columns.index)
    for name in columns.columns:
        text = text + "|" + columns[name].astype(str)
    return text


def with_share(table: pd.DataFrame, name: str, number: "pd.Series[Any]", of: "pd.Series[Any]") -> pd.DataFrame:
    """A table with a share and its exact interval: NAME, NAME_low, NAME_high."""
    low, high = proportion_interval(number, of)
    share = {name: number / of.where(of > 0), f"{name}_low": low, f"{name}_high": high}
    return pd.concat([table, pd.DataFrame(share, index=table.index)], axis=1)


def shares(frame: pd.DataFrame, measures: Sequence[str], cohort: Cohort, by: Sequence[str]) -> pd.DataFrame:
    """How many rows of a table (patient_id, rule, one flag per measure) are of each kind, by each variable.

    Columns: measure, variable, group, number, of, share and its interval.
    """
    tables = []
    frame = cohort.with_groups(frame.assign(of=1))
    for variable in by:
        counts = cohort.grouped(frame, [*measures, "of"], variable).rename_axis("group").reset_index()
        tables += [
            counts[["group", measure, "of"]]
            .rename(columns={measure: "number"})
            .assign(measure=measure.replace("_", " "), variable=variable)
            for measure in measures
        ]
    table = pd.concat(tables, ignore_index=True).astype({"group": str, "number": int, "of": int})
    return with_share(table[["measure", "variable", "group", "number", "of"]], "share", table["number"], table["of"])


def expected_false(seen: pd.DataFrame, at_risk: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """False links seen where every link is false, scaled to the links of the run.

    `seen` has one row per false link: patient_id, rule, and where false links are not all of one kind a `weight`, by
    which the scale of its kind differs from that of all deaths at risk. `at_risk` has patient_id, the deaths at
    risk where links were seen (`seen_at_risk`) and those at risk in the run (`run_at_risk`); a false link is taken to
    be as likely for each. Columns: variable, group, seen, scale, false_links and the exact (Poisson) interval for their
    number in this run, links, and ppv with the interval that follows.
    """
    tables = []
    risks = ["seen_at_risk", "run_at_risk"]
    at_risk, linked = cohort.with_groups(at_risk), cohort.with_groups(cohort.links.assign(links=1))
    everybody = cohort.grouped(at_risk, risks, ALL)
    counted = cohort.with_groups(seen.assign(seen=1) if "weight" in seen else seen.assign(seen=1, weight=1.0))
    for variable in cohort.variables:
        sums = cohort.grouped(counted, ["seen", "weight"], variable)
        links = cohort.grouped(linked, ["links"], variable)["links"]
        table = pd.DataFrame({"seen": sums["seen"], "links": links}).astype(int)
        # Every rule meets all deaths; a subgroup has its own.
        own = everybody if variable == "rule" else cohort.grouped(at_risk, risks, variable)
        ratio: pd.Series[Any] = own["run_at_risk"].div(own["seen_at_risk"].where(own["seen_at_risk"] > 0))
        table["scale"] = (ratio.iloc[0] if variable == "rule" else ratio) * (sums["weight"] / sums["seen"]).fillna(1)
        tables.append(table.assign(variable=variable).rename_axis("group").reset_index())
    return _scaled(pd.concat(tables, ignore_index=True).astype({"group": str}))


def _scaled(table: pd.DataFrame) -> pd.DataFrame:
    low, high = prediction_interval(table["seen"], table["scale"])
    expected: dict[str, Any] = {
        "false_links": table["seen"] * table["scale"],
        "false_links_low": low,
        "false_links_high": high,
    }
    # No more links can be false than there are.
    false = {name: np.minimum(number, table["links"]) for name, number in expected.items()}
    links = table["links"].where(table["links"] > 0)
    right = {
        name: 1 - false[bound] / links
        for name, bound in (
            ("ppv", "false_links"),
            ("ppv_low", "false_links_high"),
            ("ppv_high", "false_links_low"),
        )
    }
    return pd.concat([
        table[["variable", "group", "seen", "scale"]], pd.DataFrame(false), table["links"], pd.DataFrame(right),
    ], axis=1)  # fmt: skip
