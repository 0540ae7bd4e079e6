"""Describe a cascade for the Methods section of a paper: a table of its rules, and sentences."""

from collections.abc import Iterable
from typing import NamedTuple

from linkage.printing import table
from linkage.rules.cascade import EXACT, NOT_KNOWN, Cascade, Field, Line, Rule
from linkage.rules.policy import NO_COVERAGE, MortalityPolicy
from linkage.values.measures import MEASURES


def rules_table(cascade: Cascade) -> str:
    """A text table with one row per rule and one column per field that some rule uses.

    >>> from linkage.rules.file import read_rules
    >>> print(rules_table(read_rules("exact")).splitlines()[0])
    rule  first name  last name  ssn        birth date
    """
    used = [name for name in cascade.fields if any(c.field == name for rule in cascade.rules for c in rule.agree)]
    rows = [["rule", *(name.replace("_", " ") for name in used), "rare", "unique", "probability"]]
    for rule in cascade.rules:
        wanted = {condition.field: " or ".join(condition.levels).replace("_", " ") for condition in rule.agree}
        rare = ", ".join(f"{rarity.field.replace('_', ' ')} {rarity.at_most}" for rarity in rule.rare)
        probable = "" if rule.probability is None else f"{rule.probability:g}"
        rows.append([rule.id, *(wanted.get(name, "") for name in used), rare, "yes" if rule.unique else "", probable])
    asked = [place for place in range(len(rows[0])) if any(row[place] for row in rows[1:])]
    return table([[row[place] for place in asked] for row in rows], right=[])


class Words(NamedTuple):
    """The method in sentences, by topic. `agreement` has one sentence per field and `rules` one per rule. `source` and
    `provenance` (by rule id) say where the cascade and its rules come from; they are not part of the method."""

    candidates: str
    agreement: list[str]
    order: str
    rules: list[str]
    closeness: str
    time: str
    source: str
    provenance: dict[str, str]


def words(cascade: Cascade) -> Words:
    """Describe a cascade in sentences for a Methods section.

    >>> from linkage.rules.file import read_rules
    >>> words(read_rules("exact")).rules[0]
    'Rule E1 linked pairs that agreed exactly on SSN, date of birth, last name and first name.'
    """
    tied = (
        "Pairs that were still tied were held for clerical review."
        if cascade.ties == "review"
        else "Among pairs that were still tied, the one with the lowest id was linked."
    )
    closeness = _listed([_spoken(name) for name in cascade.closeness], "and")
    return Words(
        _keys_sentence(cascade),
        [field_sentence(field) for field in cascade.compared if field.levels],
        "The rules were applied in the order given, each to the patients and deaths that earlier rules had not linked.",
        [rule_sentence(rule) for rule in cascade.rules],
        "If a rule accepted several pairs of the same patient or the same death, the pair that agreed most closely was"
        f" linked. Closeness was compared on {closeness}, in that order. {tied}{_weighing(cascade)}",
        f"A pair was excluded if the death preceded the patient's last hospital contact by more than"
        f" {cascade.plausibility.contact_tolerance_days} days, preceded birth, or implied an age of more than"
        f" {cascade.plausibility.oldest_age_years} years.",
        f"{cascade.title}." + (f" Source: {cascade.source}." if cascade.source else ""),
        {rule.id: rule.why for rule in cascade.rules},
    )


def _weighing(cascade: Cascade) -> str:
    """How probabilities were estimated, if the cascade uses them; otherwise empty."""
    if not cascade.weighs:
        return ""
    target = (
        ""
        if cascade.ppv is None
        else f" Limits on probability were raised until the expected share of true links was {100 * cascade.ppv:g} %."
    )
    return (
        " The probability that two records belonged to one person was estimated from the two files alone, with the"
        " model of Fellegi and Sunter extended by classes of relatives, value frequencies and rival pairs." + target
    )


def sentences(cascade: Cascade) -> str:
    """The whole method in sentences (candidates, agreement, rules, ties and time), followed by its provenance."""
    parts = words(cascade)
    method = [parts.candidates, *parts.agreement, parts.order, *parts.rules, parts.closeness, parts.time]
    reasons = [f"{rule_name(id)}: {why}" for id, why in parts.provenance.items() if why]
    return "\n\n".join([cascade.title, *method, f"Provenance of the rules. {parts.source}", *reasons])


def field_name(field: str) -> str:
    """The name of a field in a table.

    >>> field_name("birth_date"), field_name("ssn")
    ('birth date', 'SSN')
    """
    return field.replace("_", " ").replace("ssn", "SSN")


_IN_SENTENCES = {
    "birth_date": "date of birth",
    "birth_year": "year of birth",
    "birth_month": "month of birth",
    "birth_day": "day of birth",
    "first_name_initial": "initial of the first name",
    "last_name_initial": "initial of the last name",
    "first_name_sound": "sound of the first name",
    "last_name_sound": "sound of the last name",
    "names_in_either_order": "first and last name in either order",
    "initials_in_either_order": "initials of the first and last name in either order",
    "ssn_last_four": "last four digits of the SSN",
    "ssn_without_last_four": "digits of the SSN before the last four",
    "evidence": "total evidence",
}
"""The names of fields and key columns in a sentence, if they differ from those in a table."""


def _keys_sentence(cascade: Cascade) -> str:
    """The blocking keys of a run, or of a rule file that was not run yet."""
    text = "Patients and deaths were compared if they agreed exactly on at least one of these blocking keys: "
    text += f"{_keys(cascade.keys)}."
    if unused := [key for key in cascade.keys_if_few_pairs if key not in cascade.keys]:
        limit = "no more than there are records, and no more than 300,000"
        text += f" Further keys are used only if few pairs agree on them ({limit}): {_keys(unused)}."
    return text


def _keys(keys: Iterable[tuple[str, ...]]) -> str:
    return "; ".join(_listed([_spoken(name) for name in key], "and") for key in keys)


def _spoken(field: str) -> str:
    """The name of a field or key column in a sentence."""
    return _IN_SENTENCES.get(field, field_name(field))


def two_values(field: str) -> str:
    """Two values of a field, as the subject of a sentence.

    >>> two_values("first_name"), two_values("birth_date"), two_values("ssn")
    ('Two first names', 'Two dates of birth', 'Two SSNs')
    """
    return "Two dates of birth" if field == "birth_date" else f"Two {field_name(field)}s"


def field_sentence(field: Field) -> str:
    """The definition of the levels of agreement of a field, one sentence per level.

    >>> from linkage.rules.file import read_rules
    >>> field_sentence(read_rules("mimic_iv").fields["ssn"])
    'Two SSNs were considered similar if they were equal or if their Levenshtein distance was at most 2.'
    """
    levels = []
    for level in field.levels:
        ways = _listed(["if they were equal", *(f"if {_line(line)}" for line in level.lines)], "or")
        levels.append(f"{_considered(level.name)} {ways}.")
    return f"{two_values(field.name)} {' They '.join(levels)}"


def _line(line: Line) -> str:
    limit = "" if line.limit is None else f"{line.limit:g}"
    return MEASURES[line.measure].sentence.format(limit=limit)


def rule_name(id: str) -> str:
    """The name of a rule in a sentence.

    >>> rule_name("R1"), rule_name("E1")
    ('Rule 1', 'Rule E1')
    """
    return f"Rule {id[1:]}" if id[:1] == "R" and id[1:].isdigit() else f"Rule {id}"


def rule_sentence(rule: Rule) -> str:
    """A sentence that says which pairs a rule linked.

    >>> from linkage.rules.file import read_rules
    >>> print(rule_sentence(read_rules("mimic_iv").rules[1]))
    Rule 2 linked pairs that agreed exactly on last name and date of birth, and were similar in first name.
    """
    exact = [_spoken(each.field) for each in rule.agree if each.levels == (EXACT,)]
    alike: dict[str, list[str]] = {}
    several: dict[tuple[str, ...], list[str]] = {}
    for each in rule.agree:
        if len(each.levels) > 1 or each.levels[0] == NOT_KNOWN:
            several.setdefault(each.levels, []).append(_spoken(each.field))
        elif each.levels[0] != EXACT:
            alike.setdefault(each.levels[0], []).append(_spoken(each.field))
    conditions = [f"agreed exactly on {_listed(exact, 'and')}"] if exact else []
    conditions += [_alike(level, _listed(fields, "and")) for level, fields in alike.items()]
    if rule.probability is not None:
        conditions.append(f"had a probability of at least {rule.probability:g} of belonging to one person")
    provisos = [
        f"{'each of ' if len(fields) > 1 else ''}{_listed(fields, 'and')} {_ways(levels)}"
        for levels, fields in several.items()
    ]
    rare = [f"a {_spoken(rarity.field)} found on at most {rarity.at_most:,} records" for rarity in rule.rare]
    if rare:
        provisos.append(f"both records had {_listed(rare, 'and')} of the two files together")
    if rule.unique:
        provisos.append("neither the patient nor the death had another such pair")
    if not conditions:
        return f"{rule_name(rule.id)} linked pairs in which {_listed(provisos, 'and')}."
    provided = f", provided {_listed([f'that {proviso}' for proviso in provisos], 'and')}" if provisos else ""
    return f"{rule_name(rule.id)} linked pairs that {_listed(conditions, 'and')}{provided}."


_ADJECTIVES = ("similar", "alike")
"""Names of levels that can be used as adjectives in a sentence; others are quoted."""


def _quoted(level: str) -> str:
    return f"at level “{level.replace('_', ' ')}”"


def _considered(level: str) -> str:
    return f"were considered {level}" if level in _ADJECTIVES else f"agreed {_quoted(level)}"


def _alike(level: str, fields: str) -> str:
    return f"were {level} in {fields}" if level in _ADJECTIVES else f"agreed {_quoted(level)} on {fields}"


def _ways(levels: tuple[str, ...]) -> str:
    """The predicate of a field that agrees at any of these levels.

    >>> _ways(("slip", "near", "not_known"))
    'agreed at level “slip” or “near”, or was not known on at least one side'
    """
    plain = {EXACT: "agreed exactly", **{level: f"was {level}" for level in _ADJECTIVES}}
    ways = [plain[level] for level in levels if level in plain]
    named = [f"“{level.replace('_', ' ')}”" for level in levels if level not in (*plain, NOT_KNOWN)]
    if named:
        ways.append(f"agreed at level {_listed(named, 'or')}")
    if NOT_KNOWN in levels:
        ways.append("was not known on at least one side")
    return _listed(ways, "or")


def _listed(words: list[str], last: str) -> str:
    """Join words into an English list.

    >>> _listed(["a", "b", "c"], "or"), _listed(["if x, y", "if z"], "or")
    ('a, b or c', 'if x, y, or if z')
    """
    if len(words) == 1:
        return words[0]
    comma = "," if any("," in word or " and " in word or " or " in word for word in words) else ""
    return f"{', '.join(words[:-1])}{comma} {last} {words[-1]}"


def mortality_sentences(policy: MortalityPolicy, stated: bool, hospital_deaths: bool = True) -> str:
    """How dates of death were determined: precedence, censoring, partial dates and coverage.

    Precedence is described only if the hospital gave dates of death (`hospital_deaths`). `stated` says whether the
    coverage was stated rather than inferred.

    >>> from datetime import date
    >>> mortality_sentences(MortalityPolicy("hospital", date(2008, 1, 1), date(2019, 12, 31)), True).splitlines()[0]
    "The hospital's date of death took precedence over the registry's, unless it was not plausible."
    """
    anchor = {
        "hospital": "hospital discharge",
        "hospital_or_ed": "discharge from the hospital or its emergency department",
    }
    partial = {
        "months": "A date of death known only to the month was set to the middle of the days of that month that"
        " followed the last contact; a date known only to the year was not used.",
        "middle": "A date of death known only to the month or year was set to the middle of the days of that month or"
        " year that followed the last contact.",
        "withhold": "A date of death known only to the month or year was not used.",
    }
    covered = (
        "No date of death in the registry could be read, so no patient was assumed to be alive."
        if policy.coverage_last == NO_COVERAGE
        else f"The registry covered deaths from {policy.coverage_first} to {policy.coverage_last}"
        + (
            ", as stated for this linkage."
            if stated
            else ". This was not stated; it was inferred from the first and last death in the file, excluding deaths"
            " isolated in time from the others."
        )
    )
    return "\n".join(
        [
            *(
                ["The hospital's date of death took precedence over the registry's, unless it was not plausible."]
                if hospital_deaths
                else []
            ),
            f"Dates of death were released if they fell within one year of the last {anchor[policy.anchor]}, and were"
            " censored otherwise.",
            partial[policy.partial_death_dates],
            covered,
        ]
    )
