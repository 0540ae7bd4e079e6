"""A cascade in words: the table and the sentences that a paper's Methods section would carry."""

from typing import NamedTuple

from linkage.method.censor import NO_COVERAGE, MortalityPolicy
from linkage.rules.cascade import EXACT, NOT_KNOWN, Cascade, Field, Line, Rule
from linkage.run.summary import table
from linkage.values.measures import MEASURES


def rules_table(cascade: Cascade) -> str:
    """One row per rule and one column per field that some rule looks at.

    >>> from linkage.rules.file import read_rules
    >>> print(rules_table(read_rules("exact")).splitlines()[0])
    rule  first name  last name  ssn        birth date
    """
    used = [name for name in cascade.fields if any(c.field == name for rule in cascade.rules for c in rule.agree)]
    rows = [["rule", *(name.replace("_", " ") for name in used), "rare", "unique"]]
    for rule in cascade.rules:
        wanted = {condition.field: " or ".join(condition.levels).replace("_", " ") for condition in rule.agree}
        rare = ", ".join(f"{rarity.field.replace('_', ' ')} {rarity.at_most}" for rarity in rule.rare)
        rows.append([rule.id, *(wanted.get(name, "") for name in used), rare, "yes" if rule.unique else ""])
    asked = [place for place in range(len(rows[0])) if any(row[place] for row in rows[1:])]
    return table([[row[place] for place in asked] for row in rows], right=[])


class Words(NamedTuple):
    """The method in sentences, part by part: `agreement` and `rules` are lists of one sentence each."""

    title: str
    candidates: str
    agreement: list[str]
    order: str
    rules: list[str]
    closeness: str
    time: str


def words(cascade: Cascade) -> Words:
    """What a cascade does, in sentences for a Methods section.

    >>> from linkage.rules.file import read_rules
    >>> words(read_rules("exact")).order
    'Rules were applied in the order below; a pair that an earlier rule had linked was not considered again.'
    """
    keys = "; ".join(_listed([field_name(name) for name in key], "and") for key in cascade.keys)
    tied = (
        "What remained tied was held for clerical review."
        if cascade.ties == "review"
        else "What remained tied went to the lowest id."
    )
    return Words(
        f"{cascade.title}." + (f" Source: {cascade.source}." if cascade.source else ""),
        f"A patient and a death were a candidate pair when they agreed exactly on at least one of: {keys}.",
        [field_sentence(field) for field in cascade.compared if field.levels],
        "Rules were applied in the order below; a pair that an earlier rule had linked was not considered again.",
        [f"{rule.id}. {rule_sentence(rule)}{' ' + rule.why if rule.why else ''}" for rule in cascade.rules],
        "Within a rule the closer pair was linked first, by "
        + _listed([field_name(name) for name in cascade.closeness], "and")
        + f", in this order. {tied}",
        f"A pair was excluded when the death lay more than {cascade.plausibility.contact_tolerance_days} days before"
        " the patient's last hospital contact, before birth, or at an age over"
        f" {cascade.plausibility.oldest_age_years} years.",
    )


def sentences(cascade: Cascade) -> str:
    """The whole method in sentences: candidates, agreement, rules, ties and time."""
    told = words(cascade)
    parts = [told.title, told.candidates, *told.agreement, told.order, *told.rules, told.closeness, told.time]
    return "\n\n".join(parts)


def field_name(field: str) -> str:
    """A field as a sentence names it.

    >>> field_name("birth_date"), field_name("ssn")
    ('birth date', 'SSN')
    """
    return field.replace("_", " ").replace("ssn", "SSN")


def field_sentence(field: Field) -> str:
    """When values of a field agree, level by level."""
    levels = []
    for level in field.levels:
        ways = _listed([_line(line) for line in level.lines], "or")
        levels.append(f"agree as {level.name.replace('_', ' ')} when they are equal, or {ways}")
    return f"Values of {field_name(field.name)} {'; '.join(levels)}."


def _line(line: Line) -> str:
    limit = "" if line.limit is None else f"{line.limit:g}"
    return MEASURES[line.measure].sentence.format(limit=limit)


def rule_sentence(rule: Rule) -> str:
    """Which pairs a rule links."""
    wanted = []
    for condition in rule.agree:
        ways = [_level(level) for level in condition.levels]
        wanted.append(f"{field_name(condition.field)} {_listed(ways, 'or')}")
    rare = [f"a {field_name(rarity.field)} on at most {rarity.at_most:,} records" for rarity in rule.rare]
    counted = f", both with {_listed(rare, 'and')} of both files together" if rare else ""
    unique = ", when neither the patient nor the death had another such pair" if rule.unique else ""
    return f"Linked were pairs with {_listed(wanted, 'and')}{counted}{unique}."


def _level(level: str) -> str:
    return {EXACT: "exactly equal", NOT_KNOWN: "not known on a side"}.get(level, level.replace("_", " "))


def _listed(words: list[str], last: str) -> str:
    """Words as English lists them.

    >>> _listed(["a", "b", "c"], "or")
    'a, b or c'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def mortality_sentences(policy: MortalityPolicy, stated: bool) -> str:
    """How dates of death were determined: precedence, censoring, coverage, and what a missing date means.

    >>> from datetime import date
    >>> mortality_sentences(MortalityPolicy("hospital", date(2008, 1, 1), date(2019, 12, 31)), True).splitlines()[0]
    "The hospital's date of death took precedence over the registry's."
    """
    anchor = {
        "hospital": "hospital discharge",
        "hospital_or_ed": "discharge from the hospital or its emergency department",
    }
    partial = {
        "months": "A date of death known only to the month was taken as the middle of what the last contact leaves of"
        " that month; a date known only to the year was not used.",
        "middle": "A date of death known only to the month or year was taken as the middle of what the last contact"
        " leaves of it.",
        "withhold": "A date of death known only to the month or year was not used.",
    }
    covered = (
        "The registry has no date of death that can be read, so that nobody was taken to be alive."
        if policy.coverage_last == NO_COVERAGE
        else f"The registry covers deaths from {policy.coverage_first} to {policy.coverage_last}, "
        + (
            "as stated for this linkage."
            if stated
            else "guessed from the first and last death in the file but for any that stand apart, as nobody stated it."
        )
    )
    return "\n".join(
        [
            "The hospital's date of death took precedence over the registry's.",
            f"Released dates are censored one year after the last {anchor[policy.anchor]}.",
            partial[policy.partial_death_dates],
            covered,
        ]
    )
