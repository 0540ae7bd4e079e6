"""The limits of a cascade as named numbers, and the check that a cascade stays within a reach.

A limit is named by field and measure, in the style of scikit-learn parameters:
`first_name__jaro_winkler_similarity`. If several levels of a field use the measure, the name of the level
comes between the two.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from linkage.errors import RulesError, did_you_mean
from linkage.rules.cascade import EXACT, NOT_KNOWN, Cascade, Condition, Field, Level, Line, Rule
from linkage.values.measures import MEASURES

LOOSEST = {"jaro_winkler_similarity": 0.7, "levenshtein_distance": 2, "digits_changed": 2, "prefix_letters": 2}
"""The loosest limits that `loosened` sets. Blocking on exact parts of a number cannot find a distance of 3."""

_SEEN_WHEN_NOT_KNOWN = {"same_year_and_month", "parts_agree", "last_four"}
"""Measures that can compare partial values, such as a date without its day."""


def _named_lines(cascade: Cascade) -> Iterator[tuple[str, Field, Level, Line]]:
    for field in cascade.compared:
        limited = [(level, line) for level in field.levels for line in level.lines if line.limit is not None]
        for level, line in limited:
            users = {other.name for other, its in limited if its.measure == line.measure}
            middle = f"{level.name}__" if len(users) > 1 else ""
            yield f"{field.name}__{middle}{line.measure}", field, level, line


def limits(cascade: Cascade) -> dict[str, float]:
    """Every limit of a cascade by name.

    >>> from linkage import read_rules
    >>> limits(read_rules("mimic_iv"))["first_name__jaro_winkler_similarity"]
    0.85
    """
    return {name: float(line.limit) for name, _, _, line in _named_lines(cascade) if line.limit is not None}


def with_limits(cascade: Cascade, changed: Mapping[str, float]) -> Cascade:
    """A copy of the cascade with some limits changed.

    Raises RulesError for a name that is not a limit of this cascade.

    >>> from linkage import read_rules
    >>> stricter = with_limits(read_rules("mimic_iv"), {"first_name__jaro_winkler_similarity": 0.92})
    >>> limits(stricter)["first_name__jaro_winkler_similarity"]
    0.92
    """
    known = limits(cascade)
    for name in changed:
        if name not in known:
            raise RulesError(
                f"{cascade.name}: {name} is not a limit. Limits: {', '.join(known)}.{did_you_mean(name, known)}"
            )
    fields = dict(cascade.fields)
    for name, field, level, line in _named_lines(cascade):
        if name in changed:
            fields[field.name] = _with_line(fields[field.name], level.name, replace(line, limit=float(changed[name])))
    return replace(cascade, fields=fields, path=None, digest="")


def _with_line(field: Field, level_name: str, line: Line) -> Field:
    def with_line(level: Level) -> Level:
        lines = tuple(line if other.measure == line.measure else other for other in level.lines)
        return replace(level, lines=lines) if level.name == level_name else level

    return replace(field, levels=tuple(with_line(level) for level in field.levels))


def loosened(cascade: Cascade, loosest: Mapping[str, float] = LOOSEST) -> Cascade:
    """A copy of the cascade in which every limit is at least as loose as `loosest` (by measure); looser limits are
    kept.

    >>> from linkage import read_rules
    >>> limits(loosened(read_rules("mimic_iv")))["last_name__jaro_winkler_similarity"]
    0.7
    """
    changed = {}
    for name, _, _, line in _named_lines(cascade):
        if line.measure in loosest and line.limit is not None:
            pick = min if MEASURES[line.measure].limit == "at_least" else max
            changed[name] = pick(line.limit, loosest[line.measure])
    return with_limits(cascade, changed)


def widest(cascade: Cascade) -> Cascade:
    """A reach that accepts every pair that meets a blocking key. A key without birth date and SSN also requires one of
    the two to be at least similar, because too many strangers share a name.

    >>> from linkage import read_rules
    >>> [[condition.field for condition in rule.agree] for rule in widest(read_rules("mimic_iv")).rules[1:]]
    [['first_name', 'last_name', 'birth_date'], ['ssn'], ['last_name', 'birth_date']]
    """
    rules: list[tuple[Condition, ...]] = []
    for key in dict.fromkeys((*cascade.keys, *cascade.keys_if_few_pairs)):
        exact = tuple(Condition(name, (EXACT,)) for name in key if name in cascade.fields)
        if {"ssn", "birth_date"} & set(key):
            rules.append(exact)
        else:
            rules += [(*exact, _at_least_similar(cascade, name)) for name in ("ssn", "birth_date")]
    return replace(
        cascade,
        rules=tuple(Rule(f"W{n}", agree, "") for n, agree in enumerate(dict.fromkeys(rules), start=1)),
        closeness=tuple(dict.fromkeys([*cascade.closeness, *(field.name for field in cascade.compared)])),
        path=None,
        digest="",
    )


def _at_least_similar(cascade: Cascade, name: str) -> Condition:
    named = tuple(level.name for level in cascade.fields[name].levels)
    return Condition(name, named or (EXACT,))


def require_reached(reach: Cascade, cascade: Cascade) -> None:
    """Check that `reach` accepts every pair that `cascade` could accept.

    Raises RulesError that names the first key, field or rule beyond the reach.
    """
    for key in cascade.fixed_keys:
        if key not in reach.keys:
            raise _outside(cascade, f"blocking key {' + '.join(key)} was not compared")
    for key in cascade.keys_if_few_pairs:
        if key not in reach.keys_if_few_pairs:
            raise _outside(cascade, f"blocking key {' + '.join(key)} was not compared if few pairs agree on it")
    for name, field in cascade.fields.items():
        if (field.not_known, field.steps) != (reach.fields[name].not_known, reach.fields[name].steps):
            raise _outside(cascade, f"{name} would be standardized differently (not_known, known, standardize)")
    if (cascade.ssn, cascade.plausibility) != (reach.ssn, reach.plausibility):
        raise _outside(cascade, "the settings of SSN or plausibility differ")
    measured = {(field.name, line.measure) for field in reach.compared for line in field.lines}
    compared = {field.name for field in reach.compared}
    for field in cascade.compared:
        if field.name not in compared:
            raise _outside(cascade, f"{field.name} was not compared")
        for line in field.lines:
            if (field.name, line.measure) not in measured:
                raise _outside(cascade, f"{field.name}: {line.measure} was not measured")
    for name in cascade.counted:
        if name not in reach.counted:
            raise _outside(cascade, f"the records per {name} were not counted")
    for rule in cascade.rules:
        if not reaches(reach, cascade, rule):
            raise _outside(cascade, f"rule {rule.id} accepts pairs that no rule of the reach accepts")


def _outside(cascade: Cascade, what: str) -> RulesError:
    return RulesError(
        f"{cascade.name} could accept pairs that were not compared: {what}. Compare again with a reach that includes"
        " it, such as compare_once(run, reach=loosened(cascade))."
    )


def reaches(reach: Cascade, cascade: Cascade, rule: Rule) -> bool:
    """Whether one rule of the reach accepts every pair that the rule of the cascade accepts."""
    return any(_implies(cascade, rule, reach, wide) for wide in reach.rules)


def _implies(cascade: Cascade, rule: Rule, reach: Cascade, wide: Rule) -> bool:
    """Whether `wide` accepts every pair that `rule` accepts."""
    narrow = {condition.field: condition for condition in rule.agree}
    return all(
        condition.field in narrow
        and _narrower(
            cascade.fields[condition.field], narrow[condition.field], reach.fields[condition.field], condition
        )
        for condition in wide.agree
    )


def _narrower(field: Field, condition: Condition, wide_field: Field, wide: Condition) -> bool:
    lines = [line for level in wide_field.levels if level.name in wide.levels for line in level.lines]
    for name in condition.levels:
        if name == NOT_KNOWN:
            if not _not_known_is_reached(field, wide_field, wide):
                return False
        elif set(wide.levels) == {NOT_KNOWN}:
            return False
        elif name != EXACT:
            level = next(level for level in field.levels if level.name == name)
            if not all(any(_line_within(line, other) for other in lines) for line in level.lines):
                return False
    return True


def _not_known_is_reached(field: Field, wide_field: Field, wide: Condition) -> bool:
    """Whether every pair that is not known in the cascade is also accepted by the reach. A pair that is not known
    in the cascade can be similar in the reach, by a measure that compares partial values."""
    if NOT_KNOWN not in wide.levels:
        return False
    own = {line.measure for line in field.lines}
    elsewhere = [level for level in wide_field.levels if level.name not in wide.levels]
    return not any(
        line.measure in _SEEN_WHEN_NOT_KNOWN and line.measure not in own for level in elsewhere for line in level.lines
    )


def _line_within(line: Line, wide: Line) -> bool:
    if line.measure != wide.measure:
        return False
    if line.limit is None or wide.limit is None:
        return True
    way = MEASURES[line.measure].limit
    return line.limit >= wide.limit if way == "at_least" else line.limit <= wide.limit
