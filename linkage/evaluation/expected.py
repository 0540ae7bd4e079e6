"""The expected errors of a run that weighs its pairs, by subgroup: false links, and matches without a link."""

from typing import TYPE_CHECKING

import pandas as pd

from linkage.method.expected import interval

if TYPE_CHECKING:
    from linkage.run.result import Linkage

_OF_PATIENTS = """
SELECT patient_id, CAST(sum(millionths) AS DOUBLE) / 1000000 AS matches
FROM (
    SELECT
        evidence.patient_id,
        coalesce(death_person.person_id, evidence.death_id) AS person,
        max(evidence.millionths) AS millionths
    FROM evidence
    LEFT JOIN death_person ON evidence.death_id = death_person.death_id
    LEFT JOIN decided ON evidence.patient_id = decided.patient_id AND evidence.death_id = decided.death_id
    WHERE decided.impossible IS NULL
    GROUP BY evidence.patient_id, coalesce(death_person.person_id, evidence.death_id)
) AS person
GROUP BY patient_id
ORDER BY length(patient_id), patient_id
"""


def expected_by_subgroup(run: "Linkage", groups: pd.DataFrame) -> pd.DataFrame:
    """Links, expected false links with their interval, the PPV that follows, and the expected matches among the
    candidates that have no link, by subgroup.

    `groups` is indexed by patient_id and has one column per variable. Sums of probabilities, without truth.
    """
    links = run.links.set_index("patient_id")["probability"].reindex(groups.index)
    matches = run.engine.frame(_OF_PATIENTS).set_index("patient_id")["matches"].reindex(groups.index).fillna(0.0)
    each = pd.DataFrame(
        {
            "links": links.notna().astype(int),
            "false_links": (1 - links).fillna(0.0),
            "missed_among_candidates": (matches - links.fillna(0.0)).clip(lower=0.0),
        }
    )
    tables = []
    for variable in groups:
        table = each.groupby(groups[variable].astype(str).rename("group"), sort=True).sum().reset_index()
        tables.append(table.assign(variable=str(variable)))
    found = pd.concat(tables, ignore_index=True) if tables else each.head(0).assign(variable="", group="")
    low, high = zip(*map(interval, found["false_links"]), strict=True) if len(found) else ((), ())
    found["false_links_low"], found["false_links_high"] = list(low), list(high)
    found["false_links_high"] = found[["false_links_high", "links"]].min(axis=1)
    known = found["links"].where(found["links"] > 0)
    found["ppv"] = 1 - found["false_links"] / known
    # The interval is of whole numbers: where hardly any false link is expected, it is none to none.
    found["ppv_low"] = (1 - found["false_links_high"] / known).clip(upper=found["ppv"])
    found["ppv_high"] = 1 - found["false_links_low"] / known
    return found[
        [
            *("variable", "group", "links", "false_links", "false_links_low", "false_links_high"),
            *("ppv", "ppv_low", "ppv_high", "missed_among_candidates"),
        ]
    ].round({"false_links": 2, "missed_among_candidates": 2})
