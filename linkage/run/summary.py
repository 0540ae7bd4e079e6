"""The printed summary of a run, modeled on the paragraph and table of the MIMIC-IV paper."""

from collections.abc import Mapping
from typing import Any

from linkage.method.contact_sql import REPAIR_MEANINGS
from linkage.method.hospital_death_sql import LONG_AFTER_DEATH_DAYS
from linkage.printing import counted, share, table
from linkage.rules.cascade import Cascade, Rule
from linkage.rules.policy import NO_COVERAGE, MortalityPolicy


def paragraph(cascade: Cascade, counts: Mapping[str, Any]) -> str:
    """The paragraph of the paper: individuals, candidate links, linked individuals."""
    patients, with_candidate, linked = (counts[n] for n in ("patients", "patients_with_candidate", "patients_linked"))
    per = f"{counts['candidate_links'] / with_candidate:.2f}" if with_candidate else "-"
    return (
        f"{counted(patients, 'individual')} and {counted(counts['deaths'], 'death')}."
        f" {counted(counts['candidate_links'], 'candidate link')} ({per} per individual with any) for"
        f" {counted(with_candidate, 'individual')} ({share(with_candidate, patients)})."
        f" {counted(linked, 'individual')} linked ({share(linked, patients)} of all, {share(linked, with_candidate)}"
        f" of those with a candidate), by {cascade.name}."
    )


def links_by_rule(cascade: Cascade, counts: Mapping[str, Any]) -> str:
    """The table of the paper: links by rule."""
    linked = counts["patients_linked"]
    rows = [["rule", "links", "share", "agreement"]]
    for rule in cascade.rules:
        found = counts["links_by_rule"][rule.id]
        rows.append([rule.id, f"{found:,}", share(found, linked), agreement_in_words(rule)])
    rows.append(["all", f"{linked:,}", share(linked, linked), ""])
    return table(rows, right=[1, 2])


def agreement_in_words(rule: Rule) -> str:
    """The conditions of a rule in short form: "exact: last name, ssn; similar: first name"."""
    fields: dict[str, list[str]] = {}
    for condition in rule.agree:
        fields.setdefault(" or ".join(condition.levels), []).append(condition.field)
    for rarity in rule.rare:
        fields.setdefault("rare", []).append(rarity.field)
    if rule.unique:
        fields["unique"] = ["on both sides"]
    if rule.probability is not None:
        fields["probability"] = [f"at least {rule.probability:.3g}"]
    return "; ".join(f"{levels}: {', '.join(names)}" for levels, names in fields.items()).replace("_", " ")


def fates(counts: Mapping[str, Any]) -> str:
    """A table of all patients by fate; the numbers add up to the number of patients."""
    found = counts["patients_by_fate"]
    rows = [["patients", "number", "share"]]
    rows += [[fate, f"{number:,}", share(number, counts["patients"])] for fate, number in found.items()]
    rows.append(["all", f"{counts['patients']:,}", share(counts["patients"], counts["patients"])])
    return table(rows, right=[1, 2])


def statuses(counts: Mapping[str, Any]) -> str:
    """A table of all patients by status in the outcome table."""
    rows = [["status", "patients", "share"]]
    for status, number in counts["mortality"]["status"].items():
        rows.append([status.replace("_", " "), f"{number:,}", share(number, counts["patients"])])
    return table(rows, right=[1, 2])


def dates_of_death(counts: Mapping[str, Any]) -> str:
    """How many dates of death were released, completed, withheld or overruled, and which encounters, from which they
    follow, were not used as recorded."""
    mortality = counts["mortality"]
    found = mortality["dates_of_death"]
    lines = [
        f"Dates of death: {found['released']:,} released. For {found['completed']:,} of them, the registry gives only"
        " the month or year, and the day was completed."
    ]
    if found["withheld"]:
        lines.append(
            f"{counted(found['withheld'], 'patient has', 'patients have')} died, but the date is known only to the"
            " month or year, and was not released."
        )
    if found["overruled"]:
        why = "; ".join(f"{doubt} {number:,}" for doubt, number in mortality["hospital_dates_overruled"].items())
        lines.append(
            f"{counted(found['overruled'], 'patient has', 'patients have')} a hospital date of death that is not"
            f" plausible and was set aside ({why}): see the table review."
        )
    if differing := found.get("hospital_dates_differ"):
        lines.append(
            f"{counted(differing, 'patient has', 'patients have')} different dates of death in the hospital's own"
            " records; one of them was used: see the table review."
        )
    if far := mortality["hospital_and_registry_far_apart"].get("patients"):
        lines.append(
            f"{counted(far, 'patient has', 'patients have')} a hospital date of death more than"
            f" {LONG_AFTER_DEATH_DAYS} days from the linked certificate's; the hospital's date was used: see the table"
            " review."
        )
    if found["certificates_differ"]:
        lines.append(
            f"{counted(found['certificates_differ'], 'linked patient has', 'linked patients have')} certificates with"
            " different dates of death: see the table review."
        )
    if found["in_review"]:
        lines.append(
            f"{counted(found['in_review'], 'patient is', 'patients are')} in review: their outcome is unknown until a"
            " person decides."
        )
    mended = "; ".join(
        f"{REPAIR_MEANINGS[reason]} ({number:,})" for reason, number in mortality["encounter_repairs"].items() if number
    )
    if mended:
        lines.append(f"Encounters not used exactly as recorded: {mended}.")
    return "\n".join(lines)


def deaths_elsewhere(counts: Mapping[str, Any]) -> str:
    """The expected number of deaths that the registry does not include, if their share was stated."""
    found = counts["mortality"].get("deaths_elsewhere")
    if found is None:
        return ""
    return (
        f"Deaths elsewhere: as stated, the registry does not hold {100 * found['share']:g} % of the deaths outside the"
        f" hospital. It shows {found['found_by_registry']:,} in the year of follow-up, so {found['expected']:,} more"
        " patients are expected to have died who are not shown as dead in the outcomes."
    )


def several_records(cascade: Cascade, counts: Mapping[str, Any]) -> str:
    """That of a person with several records one is linked, and the others seem to be alive; empty if that is not so."""
    records = counts["records_of_persons_with_several"].get("patient", 0)
    if cascade.links_persons or not records:
        return ""
    return (
        f"{records:,} patient records are of people with several records. At most one record of each person can be"
        ' linked: if the person died, the others seem to be alive. duplicates = "link_together" in the rule file links'
        " all."
    )


def coverage(policy: MortalityPolicy, stated: bool, how: str = "") -> str:
    """The coverage of the registry, and whether it was stated or inferred."""
    if policy.coverage_last == NO_COVERAGE:
        return "Registry coverage: none, because no date of death can be read. No patient is reported as alive."
    source = (how or "as stated") if stated else f"inferred, because it was not stated: {how or 'as the file shows'}"
    return f"Registry coverage: {policy.coverage_first} to {policy.coverage_last}, {source}."


def report(
    cascade: Cascade, counts: Mapping[str, Any], policy: MortalityPolicy, coverage_stated: bool, how: str = ""
) -> str:
    """The full text that a finished run prints."""
    parts = [paragraph(cascade, counts), links_by_rule(cascade, counts), fates(counts)]
    if "mortality" in counts:
        parts += [statuses(counts), dates_of_death(counts), coverage(policy, coverage_stated, how)]
        parts += [text for text in [deaths_elsewhere(counts)] if text]
    parts += [text for text in [several_records(cascade, counts)] if text]
    rejected = sum(row["rejected"] for row in counts["rows"])
    if rejected:
        parts.append(f"{counted(rejected, 'row')} could not be used: see the table rejected.")
    return "\n\n".join(parts)
