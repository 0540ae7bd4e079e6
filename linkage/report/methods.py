"""The Methods section of a report: sentences written from the rule file and the manifest of the run."""

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
    """What was read, how it was cleaned, linked and censored, and with what."""
    told = manifest(run, "csv.gz")
    told_of = words(run.cascade)
    blocks: list[str | list[str] | Table] = [
        "Patients were linked to deaths by ordered deterministic rules.",
        *_cleaning(told["counts"], run.cascade.ssn.people_at_most),
        told_of.candidates,
        *([told_of.agreement] if told_of.agreement else []),
        told_of.order,
        told_of.rules,
        f"{told_of.closeness} {told_of.time}",
    ]
    if run.has_mortality:
        given = hospital_deaths_given(run)
        blocks.append(mortality_sentences(run.policy, run.coverage_stated, given).replace("\n", " "))
    blocks += [_software(told), rows_of_files(run.counts, smallest)]
    tables = [dates_not_known(run.counts, run.loaded, smallest), encounters_mended(run.counts, smallest)]
    blocks += [table for table in tables if table.rows]
    return Section("methods", "Methods", tuple(blocks))


def _cleaning(counts: Mapping[str, Any], people_at_most: int) -> list[str]:
    """Which fields were cleaned, and why: reasons without numbers, which are small and many."""
    reasons: dict[str, set[str]] = {}
    for columns in counts["cleaned"].values():
        for column, found in columns.items():
            reasons.setdefault(column.removesuffix("_partial").replace("_", " ").replace("ssn", "SSN"), set()).update(
                found
            )
    told = "; ".join(f"{column} ({', '.join(sorted(found))})" for column, found in sorted(reasons.items()))
    shared = (
        f" An SSN carried by more than {people_at_most} people in the two files together was also treated as missing."
        if people_at_most > 1
        else ""
    )
    several = (
        " Records of one file that had the same names and date of birth and nothing that contradicted it, or the same"
        " SSN, date of birth and first name, were treated as one person."
    )
    return [
        "Names, numbers and dates were standardized in the same way in both files, and placeholder values were treated"
        " as missing."
        + shared
        + (f" Values were changed or set to missing for these reasons: {told}." if told else "")
        + (several if any(counts["records_of_persons_with_several"].values()) else "")
    ]


def _software(told: Mapping[str, Any]) -> str:
    versions = told["versions"]
    engine = told["settings"]["decided_by"]
    return (
        f"The linkage was run with mortality-linkage {versions['linkage']} on Python {versions['python']}, using the"
        f" engine {engine} (DuckDB {versions['duckdb']}). The SHA-256 digest of the rule file {told['rules']['name']}"
        f" begins with {told['rules']['sha256'][:16]}."
    )
