"""Evaluation with truth: sensitivity and PPV, overall and by rule and subgroup, and why matches were missed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from linkage.evaluation.tables import with_share
from linkage.evaluation.truth import STAGES, Labels
from linkage.quoting import quoted_name
from linkage.relink.relinking import accepted_pairs, each_rule_alone

if TYPE_CHECKING:
    from linkage.engines.duck.engine import DuckDBEngine
    from linkage.rules.cascade import Cascade
    from linkage.run.result import Linkage


def accuracy_tables(run: "Linkage", labels: Labels, by: Sequence[str]) -> dict[str, pd.DataFrame]:
    """All tables that need truth, by name.

    Reads the tables of the run, `true_pair` and `judged` (see `truth`), and `subgroup` with the columns `by`.
    """
    engine, keys = run.engine, run.cascade.keys
    tables = {
        "overall": overall(engine, labels.has_persons),
        "by_rule": by_rule(engine, run.cascade, run.has_mortality),
        "by_subgroup": by_subgroup(engine, by),
        "by_slip": by_slip(engine) if labels.has_slips else None,
        "blocking": blocking(engine, keys),
        "missed": missed(engine),
        "missed_matches": engine.frame(_MISSED_MATCHES),
        "false_matches": engine.frame(_FALSE_MATCHES),
    }
    return {name: table for name, table in tables.items() if table is not None}


def judged_people(engine: "DuckDBEngine") -> dict[str, pd.DataFrame]:
    """Two tables with one row per labeled patient: the truth about the patient (`judged`), and the value of each
    variable (`groups`)."""
    columns = "* EXCLUDE (person_id, slips, death_id, true_death_id)"
    order = "ORDER BY length(patient_id), patient_id"
    groups: pd.DataFrame = engine.frame(f"SELECT * FROM subgroup {order}")
    return {
        "judged": engine.frame(f"SELECT {columns} FROM judged {order}"),
        "groups": groups.set_index("patient_id").astype("category"),
    }


def rates(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts (the columns of `_COUNTS`) with sensitivity, ppv, f1, specificity and ceiling, each with its interval.

    F1 and its interval are computed as 2p / (1 + p), where p is the share of true matches among all pairs that are
    links or matches. Specificity is the share of patients without a match that are not linked.

    >>> one = pd.DataFrame([{"labeled": 100, "matches": 10, "links": 9, "true_matches": 8, "false_matches": 1,
    ...     "missed_matches": 2, "linked_without_match": 1, "ceiling_matches": 9}])
    >>> rates(one)[["sensitivity", "ppv", "f1", "specificity"]].round(3).to_numpy().tolist()
    [[0.8, 0.889, 0.842, 0.989]]
    """
    without = counts["labeled"] - counts["matches"]
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


_COUNTS = """
count(*) AS labeled,
count(*) FILTER (WHERE is_match) AS matches,
count(*) FILTER (WHERE is_linked) AS links,
count(*) FILTER (WHERE is_true_link) AS true_matches,
count(*) FILTER (WHERE is_linked AND NOT is_true_link) AS false_matches,
count(*) FILTER (WHERE is_match AND NOT is_true_link) AS missed_matches,
count(*) FILTER (WHERE is_linked AND NOT is_match) AS linked_without_match,
count(*) FILTER (WHERE is_met) AS ceiling_matches
"""
"""The counts from which rates are computed, for any group of the rows of `judged`."""

# A person is found if one of its records is.
_PERSONS = """
SELECT bool_or(is_match) AS is_match, bool_or(is_linked) AS is_linked, bool_or(is_true_link) AS is_true_link,
    bool_or(is_met) AS is_met
FROM judged GROUP BY person_id
"""


def overall(engine: "DuckDBEngine", has_persons: bool) -> pd.DataFrame:
    """The rates of all patient records, and of persons if the truth names them."""
    tables = [rates(engine.frame(f"SELECT 'patient records' AS unit, {_COUNTS} FROM judged"))]
    if has_persons:
        tables.append(rates(engine.frame(f"SELECT 'persons' AS unit, {_COUNTS} FROM ({_PERSONS}) AS person")))
    return pd.concat(tables, ignore_index=True)


def by_subgroup(engine: "DuckDBEngine", by: Sequence[str]) -> pd.DataFrame:
    """The rates for each value of each variable."""
    if not by:
        return pd.DataFrame()
    flags = "is_match, is_linked, is_true_link, is_met"
    engine.create("judged_group", f"SELECT subgroup.*, {flags} FROM judged JOIN subgroup USING (patient_id)")
    tables = [
        engine.frame(
            f'SELECT {quoted_name(name)} AS "group", {_COUNTS} FROM judged_group GROUP BY ALL ORDER BY "group"'
        ).assign(variable=name)
        for name in by
    ]
    return _first(rates(pd.concat(tables, ignore_index=True)), "variable", "group")


# A match with several slips counts for each.
_SLIPS = r"""
WITH slip AS (
    SELECT DISTINCT
        patient_id, is_true_link, is_met,
        unnest(string_split_regex(coalesce(nullif(trim(slips, '; '), ''), 'none'), '\s*;[;\s]*')) AS slip
    FROM judged WHERE is_match
)
SELECT
    string_split(slip, ':')[1] AS slip,
    CASE WHEN contains(slip, ':') THEN substr(slip, strpos(slip, ':') + 1) ELSE '' END AS field,
    count(*) AS matches,
    count(*) FILTER (WHERE is_true_link) AS true_matches,
    count(*) FILTER (WHERE is_met) AS ceiling_matches
FROM slip GROUP BY ALL ORDER BY ALL
"""


def by_slip(engine: "DuckDBEngine") -> pd.DataFrame:
    """Sensitivity and ceiling by the differences (slips) between the two records of a match."""
    table: pd.DataFrame = engine.frame(_SLIPS)
    table = with_share(table, "sensitivity", table["true_matches"], table["matches"])
    return with_share(table, "ceiling", table["ceiling_matches"], table["matches"])


def blocking(engine: "DuckDBEngine", keys: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Pairs completeness of each key and of their union: the share of matches that are candidate pairs by the key.

    `only_matches` counts the matches that meet no other key.
    """
    met = " + ".join(f"CAST(key_{n} AS INTEGER)" for n in range(len(keys)))
    flags = [*((f"key_{n}", f"key_{n} AND {met} = 1") for n in range(len(keys))), ("is_met", "is_met")]
    counted = ", ".join(f"count(*) FILTER (WHERE {all_}), count(*) FILTER (WHERE {only})" for all_, only in flags)
    matches, *numbers = engine.rows(f"SELECT count(*), {counted} FROM judged WHERE is_match")[0]
    table = pd.DataFrame({
        "key": [*("+".join(key) for key in keys), "any"],
        "matches": matches,
        "ceiling_matches": numbers[::2],
        "only_matches": numbers[1::2],
    })  # fmt: skip
    return with_share(table, "ceiling", table["ceiling_matches"], table["matches"])


def missed(engine: "DuckDBEngine") -> pd.DataFrame:
    """All matches by the stage that they reached: linked, or the reason they were missed."""
    reached: dict[str, int] = dict(engine.rows("SELECT stage, count(*) FROM judged WHERE is_match GROUP BY stage"))
    table = pd.DataFrame({"stage": STAGES, "number": [reached.get(stage, 0) for stage in STAGES]})
    table["matches"] = table["number"].sum()
    return with_share(table, "share", table["number"], table["matches"])


_MISSED_MATCHES = """
SELECT patient_id, true_death_id AS death_id, stage, slips
FROM judged WHERE is_match AND NOT is_true_link ORDER BY length(patient_id), patient_id
"""
_FALSE_MATCHES = """
SELECT patient_id, death_id, rule, is_match AS patient_has_match
FROM judged WHERE is_linked AND NOT is_true_link ORDER BY length(patient_id), patient_id
"""


_LINKS_BY_RULE = """
WITH rule_link AS (
    SELECT 'in the cascade' AS scope, rule.rule_position, judged.is_true_link AS is_true, judged.is_match
    FROM judged JOIN rule ON judged.rule = rule.id
    UNION ALL
    SELECT 'alone', alone.rule_position, true_pair.patient_id IS NOT NULL, judged.is_match
    FROM alone
    JOIN judged ON alone.patient_id = judged.patient_id
    LEFT JOIN true_pair ON alone.patient_id = true_pair.patient_id AND alone.death_id = true_pair.death_id
    UNION ALL
    SELECT 'only this rule', sole.rule_position, judged.is_true_link, judged.is_match
    FROM judged JOIN (
        SELECT patient_id, death_id, min(rule_position) AS rule_position
        FROM satisfied GROUP BY patient_id, death_id HAVING count(*) = 1
    ) AS sole ON judged.patient_id = sole.patient_id AND judged.death_id = sole.death_id
)
SELECT
    scope, rule_position,
    count(*) AS links,
    count(*) FILTER (WHERE is_true) AS true_matches,
    count(*) FILTER (WHERE NOT is_true) AS false_matches,
    count(*) FILTER (WHERE NOT is_match) AS linked_without_match
FROM rule_link GROUP BY scope, rule_position
"""


def by_rule(engine: "DuckDBEngine", cascade: "Cascade", contacts: bool) -> pd.DataFrame:
    """Links by rule, with four values of `scope`:

    in the cascade: the links that the rule made after the rules before it.
    cumulative: the links of the rule and all rules before it, which are those of a cascade that ends there.
    alone: the links of a cascade with this rule only.
    only this rule: the links of the rule that satisfy no other rule.
    """
    names = [rule.id for rule in cascade.rules]
    engine.insert(
        "rule", {"id": names, "rule_position": range(1, len(names) + 1)}, {"id": "VARCHAR", "rule_position": "INTEGER"}
    )
    with accepted_pairs(engine, cascade, contacts=contacts), each_rule_alone(engine, cascade):
        found = engine.frame(_LINKS_BY_RULE).set_index(["scope", "rule_position"])
    every = {
        scope: found.reindex(pd.MultiIndex.from_product([[scope], range(1, len(names) + 1)]), fill_value=0)
        for scope in ("in the cascade", "alone", "only this rule")
    }
    own, alone, only = (table.set_axis(names).rename_axis("rule") for table in every.values())
    scopes = {"in the cascade": own, "cumulative": own.cumsum(), "alone": alone, "only this rule": only}
    counts = pd.concat([table.assign(scope=scope) for scope, table in scopes.items()]).reset_index()
    labeled, matches = engine.rows("SELECT count(*), count(*) FILTER (WHERE is_match) FROM judged")[0]
    counts = counts.assign(labeled=labeled, matches=matches, ceiling_matches=0)
    counts["missed_matches"] = counts["matches"] - counts["true_matches"]
    table = rates(counts)
    return _first(table.drop(columns=table.filter(like="ceiling").columns), "scope", "rule")


def _first(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return table[[*columns, *(name for name in table.columns if name not in columns)]]
