"""What the model of evidence says of a run, in words: expected errors, and the table of weights."""

from collections.abc import Iterator, Mapping
from typing import Any

from linkage.method.evidence_levels import LESS_BY_CLASS
from linkage.printing import agreeing, counted, table
from linkage.rules.cascade import EVEN, Cascade


def expected_summary(cascade: Cascade, counts: Mapping[str, Any]) -> str:
    """The summary of a run that weighs its pairs."""
    found = counts["expected"]
    left_out = _left_out(found["not_weighed"])
    if not found["links"]:
        return " ".join(["There are no links with a probability.", *left_out])
    low, high = (f"{100 * one:.2f}" for one in found["ppv_interval"])
    missed = found["missed_among_candidates"]
    lines = [
        f"Model estimate, without truth: {found['false']:.1f} of {found['links']:,} links are expected to be false"
        f" (PPV {100 * found['ppv']:.2f} %, 95 % interval {low} to {high} %), and {missed:.1f} matches among the"
        f" candidates to be unlinked. Another {found['missed_outside_candidates']:.1f} matches are expected to share no"
        " blocking key, assuming that the errors in the fields of a record are independent.",
        *_joined(found.get("joined", {})),
        *left_out,
    ]
    limits = [rule.probability for rule in cascade.rules if rule.by_evidence and rule.probability is not None]
    if cascade.ppv is not None and limits:
        lines.append(_target(cascade.ppv, found, min(limits)))
    rows = [["rule", "links", "expected false", "95 % interval", "expected PPV"]]
    rows += [_row(rule, one) for rule, one in found["by_rule"].items() if one["links"]]
    return " ".join(lines) + "\n\n" + table(rows, right=[1, 2, 3, 4])


def _joined(joined: Mapping[str, int]) -> list[str]:
    found = [counted(number, side) for side, number in joined.items() if number]
    if not found:
        return []
    recognized = agreeing(
        sum(joined.values()), "was recognized as a further record", "were recognized as further records"
    )
    return [f"{' and '.join(found)} {recognized} of a person, because they match the same record of the other file."]


def _left_out(dense: Mapping[str, int]) -> list[str]:
    if not dense:
        return []
    listed = "; ".join(f"{key}: {pairs:,}" for key, pairs in dense.items())
    return [
        "Pairs that share only a common value of a blocking key were not weighed. Pairs with such values, by key:"
        f" {listed}."
    ]


def _target(ppv: float, found: Mapping[str, Any], limit: float) -> str:
    kept = f"The target PPV is {100 * ppv:g} %: links with a probability below {limit:.3f} were left out."
    if found["ppv"] >= ppv:
        return kept
    return f"{kept} The target is not reached, because of rules without such a limit, or with one below {EVEN:g}."


def _row(rule: str, one: Mapping[str, Any]) -> list[str]:
    low, high = one["false_interval"]
    return [rule, f"{one['links']:,}", f"{one['false']:.1f}", f"{low} to {high}", f"{100 * one['ppv']:.2f} %"]


def weights_table(evidence: Mapping[str, Any]) -> str:
    """The estimates of a run: bits by field and level, expected matches and expected relatives."""
    rows = [["field", "level", "one person", "strangers", "bits"]]
    for field, levels in evidence["fields"].items():
        for place, (level, one) in enumerate(levels.items()):
            name = field.replace("_", " ") if not place else ""
            rows.append([name, level.replace("_", " "), f"{one['m']:.4f}", f"{one['u']:.3g}", f"{one['bits']:+.3f}"])
    lines = [
        f"{evidence['compared_pairs']:,} pairs compared, {evidence['patterns']:,} patterns of agreement.",
        f"{evidence['matches']:,.1f} pairs of one person expected; the prior weight of a pair is"
        f" {evidence['prior_bits']:+.3f} bits.",
        *_neither(evidence),
        *_further(evidence),
        f"Relatives, counted on {evidence['sure_deaths']:,} deaths with a nearly certain partner:",
        *(
            f"  {kind}: {1000 * one['per_death']:.2f} for 1,000 deaths, {one['pairs']:,.1f} pairs expected"
            for kind, one in evidence["relatives"].items()
        ),
    ]
    tables = [table(rows, right=[2, 3, 4]), *_rarities(evidence.get("rarer_of_similar_names", {}))]
    return "\n\n".join([*tables, "\n".join(lines)])


def _neither(evidence: Mapping[str, Any]) -> list[str]:
    if "neither_has_partner" not in evidence:  # a run of an earlier version
        return []
    return [f"The probability that neither record of a pair has a partner is {evidence['neither_has_partner']:.3f}."]


def _further(evidence: Mapping[str, Any]) -> list[str]:
    if "differing_records" not in evidence:  # a run of an earlier version
        return []
    patients, deaths = evidence["differing_records"].values()
    return [
        "Further records of a person that differ in name or birth date, expected for 1,000 records:"
        f" {1000 * patients:.2f} patients, {1000 * deaths:.2f} deaths."
    ]


def _rarities(by_field: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    """The bits that similar names have besides those of their level, by the frequency of the rarer name."""
    columns = {
        f"{field} {level}".replace("_", " "): found for field, of in by_field.items() for level, found in of.items()
    }
    classes = sorted({int(one) for found in columns.values() for one in found})
    if classes:
        rows = [["rarer name on one record in", *columns]]
        for one in classes:
            bits = (found.get(str(one)) for found in columns.values())
            rows.append(
                [f"{one:,} to {one * LESS_BY_CLASS:,}", *(f"{each['bits']:+.3f}" if each else "" for each in bits)]
            )
        yield table(rows, right=range(1, len(rows[0])))
