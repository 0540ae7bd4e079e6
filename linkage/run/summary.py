"""A run in the words and the table of the MIMIC-IV paper, with this run's numbers."""

from collections.abc import Mapping
from typing import Any

from linkage.method.hospital_death_sql import LONG_AFTER_DEATH_DAYS
from linkage.printing import share, table
from linkage.rules.cascade import Cascade, Rule
from linkage.rules.policy import NO_COVERAGE, MortalityPolicy


def paragraph(cascade: Cascade, counts: Mapping[str, Any]) -> str:
    """The paper's paragraph: individuals, candidate links, individuals linked."""
    patients, with_candidate, linked = (counts[n] for n in ("patients", "patients_with_candidate", "patients_linked"))
    per = f"{counts['candidate_links'] / with_candidate:.2f}" if with_candidate else "-"
    return (
        f"{patients:,} individuals and {counts['deaths']:,} deaths. {counts['candidate_links']:,} candidate links"
        f" ({per} per individual with any) for {with_candidate:,} individuals"
        f" ({share(with_candidate, patients)}). {linked:,} individuals linked ({share(linked, patients)} of all,"
        f" {share(linked, with_candidate)} of those with a candidate), by {cascade.name}."
    )


def links_by_rule(cascade: Cascade, counts: Mapping[str, Any]) -> str:
    """The paper's table: links by rule."""
    linked = counts["patients_linked"]
    rows = [["rule", "links", "share", "agreement"]]
    for rule in cascade.rules:
        found = counts["links_by_rule"][rule.id]
        rows.append([rule.id, f"{found:,}", share(found, linked), agreement_in_words(rule)])
    rows.append(["all", f"{linked:,}", share(linked, linked), ""])
    return table(rows, right=[1, 2])


def agreement_in_words(rule: Rule) -> str:
    """What a rule demands, in few words: "exact: last name, ssn; similar: first name"."""
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
    """What became of every patient, so that the numbers add up."""
    found = counts["patients_by_fate"]
    rows = [["patients", "number", "share"]]
    rows += [[fate, f"{number:,}", share(number, counts["patients"])] for fate, number in found.items()]
    rows.append(["all", f"{counts['patients']:,}", share(counts["patients"], counts["patients"])])
    return table(rows, right=[1, 2])


def statuses(counts: Mapping[str, Any]) -> str:
    """What the outcome table says of every patient."""
    rows = [["status", "patients", "share"]]
    for status, number in counts["mortality"]["status"].items():
        rows.append([status.replace("_", " "), f"{number:,}", share(number, counts["patients"])])
    return table(rows, right=[1, 2])


def dates_of_death(counts: Mapping[str, Any]) -> str:
    """How many dates of death are released, and how many were completed, withheld or set aside."""
    mortality = counts["mortality"]
    found = mortality["dates_of_death"]
    lines = [
        f"Dates of death: {found['released']:,} released. For {found['completed']:,} of them the registry knows the"
        " month or year alone, and the day was completed."
    ]
    if found["withheld"]:
        lines.append(f"{found['withheld']:,} patients died on a day that the month or year known does not settle.")
    if found["overruled"]:
        why = "; ".join(f"{doubt} {number:,}" for doubt, number in mortality["hospital_dates_overruled"].items())
        lines.append(
            f"{found['overruled']:,} patients have a hospital date of death that is not plausible and was set aside"
            f" ({why}): see review."
        )
    if far := mortality["hospital_and_registry_far_apart"].get("patients"):
        lines.append(
            f"{far:,} patients have a hospital date of death more than {LONG_AFTER_DEATH_DAYS} days from the linked"
            " certificate's; the hospital's stands: see review."
        )
    if found["certificates_differ"]:
        lines.append(
            f"{found['certificates_differ']:,} linked patients have certificates with different dates of death: see"
            " review."
        )
    if found["in_review"]:
        lines.append(f"{found['in_review']:,} patients are in review: neither dead nor alive until a person decides.")
    return "\n".join(lines)


def deaths_elsewhere(counts: Mapping[str, Any]) -> str:
    """How many deaths the registry is expected not to hold, where their share was stated."""
    found = counts["mortality"].get("deaths_elsewhere")
    if found is None:
        return ""
    return (
        f"Deaths elsewhere: as stated, the registry does not hold {100 * found['share']:g} % of the deaths outside the"
        f" hospital. It shows {found['found_by_registry']:,} in the year of follow-up, so that {found['expected']:,}"
        " more patients are expected to have died, whom the outcomes do not show as dead."
    )


def coverage(policy: MortalityPolicy, stated: bool, how: str = "") -> str:
    """What the registry covers, and whether anybody said so."""
    if policy.coverage_last == NO_COVERAGE:
        return "Registry coverage: none, because no date of death can be read. Nobody is said to be alive."
    source = (how or "as stated") if stated else f"a guess, because nobody stated it: {how or 'as the file shows'}"
    return f"Registry coverage: {policy.coverage_first} to {policy.coverage_last}, {source}."


def report(
    cascade: Cascade, counts: Mapping[str, Any], policy: MortalityPolicy, coverage_stated: bool, how: str = ""
) -> str:
    """Everything that a finished run prints."""
    parts = [paragraph(cascade, counts), links_by_rule(cascade, counts), fates(counts)]
    if "mortality" in counts:
        parts += [statuses(counts), dates_of_death(counts), coverage(policy, coverage_stated, how)]
        parts += [told for told in [deaths_elsewhere(counts)] if told]
    rejected = sum(row["rejected"] for row in counts["rows"])
    if rejected:
        parts.append(f"{rejected:,} rows could not be used: see rejected.")
    return "\n\n".join(parts)
