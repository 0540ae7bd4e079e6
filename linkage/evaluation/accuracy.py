"""With truth: how many matches were found, how many links are right, for whom, and what lost the others."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from linkage.evaluation.relinking import accepted_pairs, relinked
from linkage.evaluation.tables import with_share
from linkage.evaluation.truth import STAGES, Labels

if TYPE_CHECKING:
    from linkage.engines.duckdb import DuckDBEngine
    from linkage.result import Linkage
    from linkage.rules import Cascade, Rule


def accuracy_tables(
    run: "Linkage", judged: pd.DataFrame, groups: pd.DataFrame, labels: Labels
) -> dict[str, pd.DataFrame]:
    """Every table with truth, by name, from the table `judged` and the subgroups of the patients.

    Reads the run's tables and `true_pair`, see `load_truth`.
    """
    tables = {
        "overall": overall(judged, run.engine.frame("SELECT * FROM judged_person") if labels.has_persons else None),
        "by_rule": by_rule(run.engine, run.cascade, judged, run.has_mortality),
        "by_subgroup": by_subgroup(judged, groups),
        "by_slip": by_slip(judged),
        "blocking": blocking(judged, run.cascade.keys),
        "missed": missed(judged),
        "missed_matches": missed_matches(judged),
        "false_matches": false_matches(judged),
    }
    return {name: table for name, table in tables.items() if name != "by_slip" or labels.has_slips}


def rates(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts (see `count`) with sensitivity, ppv, f1, specificity and ceiling, each with its interval.

    F1 is 2p / (1 + p) of the share p of true matches among all pairs that are links or matches, and so
    is its interval. Specificity is of patients without a match: the share of them that is not linked.

    >>> one = pd.DataFrame([{"labelled": 100, "matches": 10, "links": 9, "true_matches": 8, "false_matches": 1,
    ...     "missed_matches": 2, "linked_without_match": 1, "ceiling_matches": 9}])
    >>> rates(one)[["sensitivity", "ppv", "f1", "specificity"]].round(3).to_numpy().tolist()
    [[0.8, 0.889, 0.842, 0.989]]
    """
    without = counts["labelled"] - counts["matches"]
    either = counts["links"] + counts["missed_matches"]
    shares = {
        "sensitivity": (counts["true_matches"], counts["matches"]),
        "ppv": (counts["true_matches"], counts["links"]),
        "f1": (counts["true_matches"], either),
        "specificity": (without - counts["linked_without_match"], without),
        "ceiling": (counts["ceiling_matches"], counts["matches"]),
    }
    table = counts.drop(columns="linked_without_match")
    for name, (number, of) in shares.items():
        table = with_share(table, name, number, of)
    for f1 in ("f1", "f1_low", "f1_high"):
        table[f1] = 2 * table[f1] / (1 + table[f1])
    return table


def count(judged: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """The counts behind the rates, of all labelled patients or by some of their columns."""
    met = judged[_keys(judged)].any(axis=1)
    flags = pd.DataFrame({
        "labelled": True,
        "matches": judged["is_match"],
        "links": judged["is_linked"],
        "true_matches": judged["is_true_link"],
        "false_matches": judged["is_linked"] & ~judged["is_true_link"],
        "missed_matches": judged["is_match"] & ~judged["is_true_link"],
        "linked_without_match": judged["is_linked"] & ~judged["is_match"],
        "ceiling_matches": met,
    })  # fmt: skip
    if not by:
        return flags.sum().to_frame().T.astype(int)
    return flags.groupby([judged[name] for name in by], observed=True).sum().astype(int).reset_index()


def overall(judged: pd.DataFrame, persons: pd.DataFrame | None) -> pd.DataFrame:
    """All patient records; and persons, where the truth names them, of whom it is enough that one record is found."""
    tables = [rates(count(judged)).assign(unit="patient records")]
    if persons is not None:
        tables.append(rates(count(persons)).assign(unit="persons"))
    return _first(pd.concat(tables, ignore_index=True), "unit")


def by_subgroup(judged: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """The rates for each value of each variable."""
    joined = judged.join(groups, on="patient_id")
    tables = [
        count(joined, [name]).rename(columns={name: "group"}).astype({"group": str}).assign(variable=name)
        for name in map(str, groups.columns)
    ]
    if not tables:
        return pd.DataFrame()
    return _first(rates(pd.concat(tables, ignore_index=True)), "variable", "group")


def by_slip(judged: pd.DataFrame) -> pd.DataFrame:
    """Sensitivity by what stands between the two records of a match; a match with several slips counts for each."""
    matches = judged.loc[judged["is_match"], ["patient_id", "slips", "is_true_link"]]
    matches = matches.assign(met=judged[_keys(judged)].any(axis=1))
    listed = matches["slips"].fillna("").str.strip("; ").replace("", "none").str.split(r"\s*;[;\s]*", regex=True)
    slips = matches.assign(slip=listed).explode("slip").drop_duplicates(["patient_id", "slip"])
    parted = slips["slip"].str.partition(":")
    slips = slips.assign(slip=parted[0], field=parted[2])
    found = slips.groupby(["slip", "field"])
    table = found.agg(
        matches=("patient_id", "size"), true_matches=("is_true_link", "sum"), ceiling_matches=("met", "sum")
    )
    table = with_share(table, "sensitivity", table["true_matches"], table["matches"])
    return with_share(table, "ceiling", table["ceiling_matches"], table["matches"]).reset_index()


def _keys(judged: pd.DataFrame) -> list[str]:
    return [str(name) for name in judged.columns if str(name).startswith("key_")]


def blocking(judged: pd.DataFrame, keys: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Pairs completeness of each key and of their union: the share of matches that the key makes candidates.

    `only_matches` are those that no other key reaches.
    """
    matches = judged.loc[judged["is_match"], _keys(judged)]
    rows = [
        {
            "key": "+".join(key),
            "matches": len(matches),
            "ceiling_matches": int(matches[f"key_{n}"].sum()),
            "only_matches": int((matches[f"key_{n}"] & (matches.sum(axis=1) == 1)).sum()),
        }
        for n, key in enumerate(keys)
    ]
    union = int(matches.any(axis=1).sum())
    rows.append({"key": "any", "matches": len(matches), "ceiling_matches": union, "only_matches": union})
    table = pd.DataFrame(rows)
    return with_share(table, "ceiling", table["ceiling_matches"], table["matches"])


def missed(judged: pd.DataFrame) -> pd.DataFrame:
    """Matches by the stage that they reached, so that they add up: what lost each, and those linked."""
    reached = judged.loc[judged["is_match"], "stage"].value_counts()
    table = pd.DataFrame({"stage": STAGES, "number": [int(reached.get(stage, 0)) for stage in STAGES]})
    table["matches"] = table["number"].sum()
    return with_share(table, "share", table["number"], table["matches"])


def missed_matches(judged: pd.DataFrame) -> pd.DataFrame:
    """Every match that is not linked, with the stage that lost it."""
    lost = judged[judged["is_match"] & ~judged["is_true_link"]]
    return lost[["patient_id", "true_death_id", "stage", "slips"]].rename(columns={"true_death_id": "death_id"})


def false_matches(judged: pd.DataFrame) -> pd.DataFrame:
    """Every link that is not a match, with its rule, and whether its patient has a match elsewhere."""
    wrong = judged[judged["is_linked"] & ~judged["is_true_link"]]
    return wrong[["patient_id", "death_id", "rule", "is_match"]].rename(columns={"is_match": "patient_has_match"})


def by_rule(engine: "DuckDBEngine", cascade: "Cascade", judged: pd.DataFrame, contacts: bool) -> pd.DataFrame:
    """Links by rule, in four ways (`scope`):

    in the cascade: the links that it made, after the rules before it.
    cumulative: those of it and all rules before it, which are the links of a cascade that ends there.
    alone: the links of a cascade that has this rule alone.
    only this rule: those of its links that satisfy no other rule.
    """
    names = [rule.id for rule in cascade.rules]
    with accepted_pairs(engine, cascade, contacts=contacts):
        satisfied = pd.concat([_alone(engine, cascade, rule) for rule in cascade.rules], ignore_index=True)
    alone = satisfied[satisfied["is_link"]].merge(judged[["patient_id", "is_match"]], on="patient_id")
    linked = judged.loc[judged["is_linked"], ["patient_id", "death_id", "rule", "is_true_link", "is_match"]]
    linked = linked.rename(columns={"is_true_link": "is_true"})
    rules_met = satisfied.value_counts(["patient_id", "death_id"]).rename("rules_met")
    only = linked.join(rules_met, on=["patient_id", "death_id"])
    own = _links_by_rule(linked, names)
    scopes = {
        "in the cascade": own,
        "cumulative": own.cumsum(),
        "alone": _links_by_rule(alone, names),
        "only this rule": _links_by_rule(only[only["rules_met"] == 1], names),
    }
    counts = pd.concat([found.assign(scope=scope) for scope, found in scopes.items()]).reset_index()
    counts = counts.assign(labelled=len(judged), matches=int(judged["is_match"].sum()), ceiling_matches=0)
    counts["missed_matches"] = counts["matches"] - counts["true_matches"]
    table = rates(counts)
    return _first(table.drop(columns=table.filter(like="ceiling").columns), "scope", "rule")


def _alone(engine: "DuckDBEngine", cascade: "Cascade", rule: "Rule") -> pd.DataFrame:
    """Every pair that satisfies one rule, and whether it is a link when there is no other rule."""
    with relinked(engine, replace(cascade, rules=(rule,))):
        satisfied: pd.DataFrame = engine.frame(_SATISFIED)
        return satisfied.assign(rule=rule.id)


_SATISFIED = """
SELECT
    decided.patient_id, decided.death_id, relinked.patient_id IS NOT NULL AS is_link,
    true_pair.patient_id IS NOT NULL AS is_true
FROM decided
LEFT JOIN relinked ON decided.patient_id = relinked.patient_id AND decided.death_id = relinked.death_id
LEFT JOIN true_pair ON decided.patient_id = true_pair.patient_id AND decided.death_id = true_pair.death_id
"""


def _links_by_rule(links: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    flags = pd.DataFrame({
        "links": True,
        "true_matches": links["is_true"],
        "false_matches": ~links["is_true"],
        "linked_without_match": ~links["is_match"],
    })  # fmt: skip
    found = flags.groupby(links["rule"]).sum().reindex(list(names), fill_value=0)
    return found.astype(int).rename_axis("rule")


def _first(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return table[[*columns, *(name for name in table.columns if name not in columns)]]
