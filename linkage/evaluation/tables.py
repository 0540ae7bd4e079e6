"""The two kinds of tables of estimates without truth, shares and expected false links, each overall, by rule and by
subgroup."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from linkage.evaluation.intervals import prediction_interval, proportion_interval

ALL = "all"


@dataclass(frozen=True)
class Cohort:
    """The patients of a run: `groups` (one column per variable, indexed by patient_id), the `links` of the run
    (patient_id, death_id, rule), and the ids of its `rules`."""

    groups: pd.DataFrame
    links: pd.DataFrame
    rules: tuple[str, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, preceded by "all" and "rule"."""
        return (ALL, "rule", *map(str, self.groups.columns))

    def with_groups(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table that has patient_id, with the variables of each patient added, for `grouped`."""
        places = self.groups.index.get_indexer(pd.Index(frame["patient_id"]))
        return frame.assign(**{
            f"group {name}": self.groups[name].array.take(places, allow_fill=True) for name in self.groups
        })  # fmt: skip

    def grouped(self, frame: pd.DataFrame, values: Sequence[str], variable: str) -> pd.DataFrame:
        """Sums of columns by one variable. `frame` has rule and the columns added by `with_groups`."""
        if variable == ALL:
            return frame[list(values)].sum().to_frame(ALL).T
        if variable == "rule":
            return frame.groupby("rule")[list(values)].sum().reindex(list(self.rules), fill_value=0)
        found = frame.groupby(f"group {variable}", observed=False)[list(values)].sum()
        return found.reindex(list(self.groups[variable].cat.categories), fill_value=0)


def joined(columns: pd.DataFrame) -> "pd.Series[str]":
    """Join all columns of a table into one column of text.

    >>> joined(pd.DataFrame({"sex": ["F", "M"], "race": ["A", "B"]})).tolist()
    ['|F|A', '|M|B']
    """
    text = pd.Series("", columns.index)
    for name in columns.columns:
        text = text + "|" + columns[name].astype(str)
    return text


def with_share(table: pd.DataFrame, name: str, number: "pd.Series[Any]", of: "pd.Series[Any]") -> pd.DataFrame:
    """The table with a share (0 to 1) and its exact interval added as columns NAME, NAME_low and NAME_high."""
    low, high = proportion_interval(number, of)
    share = {name: number / of.where(of > 0), f"{name}_low": low, f"{name}_high": high}
    return pd.concat([table, pd.DataFrame(share, index=table.index)], axis=1)


def shares(frame: pd.DataFrame, measures: Sequence[str], cohort: Cohort, by: Sequence[str]) -> pd.DataFrame:
    """The share of rows of a table (patient_id, rule, one flag per measure) with each flag, by each variable.

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
    """The expected false links of the run, scaled from false links seen where every link is false.

    `seen` has one row per false link: patient_id, rule, and, if false links are of several kinds, `weight`, the scale
    of its kind relative to that of all deaths at risk. `at_risk` has patient_id, the number of deaths at
    risk where false links were seen (`seen_at_risk`) and of those at risk in the run (`run_at_risk`); every such death
    is assumed to be equally likely to be linked falsely. Columns: variable, group, seen, scale, false_links with an
    exact (Poisson) interval for their number in this run, links, and ppv with the resulting interval.
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
        # The deaths at risk are the same for every rule, but differ between subgroups.
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
    # The number of false links cannot exceed the number of links.
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
