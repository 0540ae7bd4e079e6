"""The Methods section of a report, generated from the rule file and the manifest of the run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from linkage.report.counted import hospital_deaths_given
from linkage.report.parts import Section, Table
from linkage.report.tables import dates_not_known, encounters_mended, rows_of_files
from linkage.rules.wording import mortality_sentences, words
from linkage.run.output import manifest

if TYPE_CHECKING:
    from linkage.run.result import Linkage


def methods(run: "Linkage", smallest: int) -> Section:
    """The Methods section: data, cleaning, linkage, censoring and software."""
    recorded = manifest(run, "csv.gz")
    method = words(run.cascade)
    blocks: list[str | list[str] | Table] = [
        f"Patients were linked to deaths by ordered {'' if run.cascade.weighs else 'deterministic '}rules.",
        *_cleaning(recorded["counts"], run.cascade.ssn.people_at_most),
        method.candidates,
        *([method.agreement] if method.agreement else []),
        method.order,
        method.rules,
        f"{method.closeness} {method.time}",
    ]
    if run.has_mortality:
        given = hospital_deaths_given(run)
        blocks.append(mortality_sentences(run.policy, run.coverage_stated, given).replace("\n", " "))
    blocks += [_software(recorded), rows_of_files(run.counts, smallest)]
    tables = [dates_not_known(run.counts, run.loaded, smallest), encounters_mended(run.counts, smallest)]
    blocks += [table for table in tables if table.rows]
    return Section("methods", "Methods", tuple(blocks))


def _cleaning(counts: Mapping[str, Any], people_at_most: int) -> list[str]:
    """A paragraph on the cleaning of fields, with its reasons but without numbers, many of which would be small."""
    reasons: dict[str, set[str]] = {}
    for columns in counts["cleaned"].values():
        for column, found in columns.items():
            reasons.setdefault(column.removesuffix("_partial").replace("_", " ").replace("ssn", "SSN"), set()).update(
                found
            )
    listed = "; ".join(f"{column} ({', '.join(sorted(found))})" for column, found in sorted(reasons.items()))
    shared = (
        f" An SSN carried by more than {people_at_most} people in the two files together was also treated as missing."
        if people_at_most > 1
        else ""
    )
    several = (
        " Records of one file were treated as one person if they had the same names and date of birth and no"
        " contradicting values, or the same SSN, date of birth and first name."
    )
    if any(counts.get("expected", {}).get("joined", {}).values()):
        several += (
            " Records that differed were treated as one person if each of them probably matched the same record of the"
            " other file."
        )
    return [
        "Names, numbers and dates were standardized in the same way in both files, and placeholder values were treated"
        " as missing."
        + shared
        + (f" Values were changed or set to missing for these reasons: {listed}." if listed else "")
        + (several if any(counts["records_of_persons_with_several"].values()) else "")
    ]


def _software(recorded: Mapping[str, Any]) -> str:
    versions = recorded["versions"]
    engine = recorded["settings"]["decided_by"]
    return (
        f"The linkage was run with mortality-linkage {versions['linkage']} on Python {versions['python']}, using the"
        f" engine {engine} (DuckDB {versions['duckdb']}). The SHA-256 digest of the rule file"
        f" {recorded['rules']['name']} begins with {recorded['rules']['sha256'][:16]}."
    )
