"""Reading a rule file, with error messages that name the file, the rule or field, what was found and what is
allowed."""

import hashlib
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from linkage.errors import RulesError, did_you_mean, without_cause
from linkage.rules.cascade import (
    DUPLICATES,
    EVIDENCE,
    EXACT,
    FIELD_KINDS,
    KEY_COLUMNS,
    NOT_KNOWN,
    RARE_FIELDS,
    TIES,
    Cascade,
    Condition,
    Field,
    Level,
    Line,
    Plausibility,
    Rarity,
    Rule,
)
from linkage.rules.shipped import as_standard, placeholders, shipped_file, shipped_rules
from linkage.rules.toml_tables import TomlTables
from linkage.system.limits import read_small
from linkage.values import one_sided
from linkage.values.measures import MEASURES
from linkage.values.names import STEPS
from linkage.values.ssn import LONGEST, SsnPolicy


@without_cause
def read_rules(source: str | Path) -> Cascade:
    """Read a cascade: the name of a shipped one, or the path of a TOML file.

    Raises RulesError, with file, rule and remedy, if the file cannot be read or has an invalid setting.

    >>> cascade = read_rules("mimic_iv")
    >>> cascade.rules[0].id, cascade.keys[1]
    ('R1', ('ssn',))
    """
    path = shipped_file(str(source)) or Path(source)
    try:
        content = read_small(path, RulesError)
    except OSError:
        known = ", ".join(shipped_rules())
        raise RulesError(
            f"{source}: no such rule file. Give the path of a .toml file, or one of: {known}."
            + did_you_mean(str(source), shipped_rules())
        ) from None
    try:
        data = tomllib.loads(content.decode("utf-8"))
        cascade = _Reader(path.name).cascade(path.stem, data)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise RulesError(f"{path.name} is not valid TOML: {problem}.") from None
    except RecursionError:
        raise RulesError(f"{path.name} is nested far deeper than any rule file.") from None
    return replace(cascade, path=str(path.absolute()), digest=hashlib.sha256(content).hexdigest())


_MOST_RULES, _MOST_KEYS, _MOST_LINES = 500, 100, 100
"""Each adds an expression to the SQL of a run."""


class _Reader(TomlTables):
    """Turns parsed TOML into a Cascade; every error names the file."""

    error = RulesError

    def cascade(self, name: str, data: dict[str, Any]) -> Cascade:
        top = (
            *("format", "title", "source", "closeness", "ties", "duplicates", "one_sided_names", "ppv"),
            *("blocking", "fields", "plausibility", "rule"),
        )
        self.only(data, top, "")
        if data.get("format") != 1:
            raise self.fail("", f"format = {data.get('format')!r} is not known. This version reads format = 1.")
        fields = self.fields(self.table(data, "fields"))
        closeness = self.words(data, "closeness", "", (*fields, EVIDENCE)) or tuple(
            found for found in fields if found != "full_name"
        )
        keys, keys_if_few_pairs = self.keys(self.table(data, "blocking"))
        rules = self.rules(data.get("rule"), fields)
        return Cascade(
            name=name,
            title=self.text(data, "title", ""),
            source=self.text(data, "source", "", default=""),
            keys=keys,
            fields=fields,
            rules=rules,
            closeness=closeness,
            ties=self.choice(data, "ties", TIES),
            duplicates=self.choice(data, "duplicates", DUPLICATES),
            one_sided_names=self.one_sided_names(data),
            ssn=self.ssn_policy(self.table(data, "fields").get("ssn", {})),
            plausibility=self.plausibility(self.table(data, "plausibility")),
            ppv=self.ppv(data, rules),
            keys_if_few_pairs=keys_if_few_pairs,
        )

    def one_sided_names(self, data: dict[str, Any]) -> str:
        if data.get("one_sided_names") == "tell":
            raise self.fail("", 'one_sided_names = "tell" is now written one_sided_names = "report".')
        return self.choice(data, "one_sided_names", one_sided.CHOICES)

    def ppv(self, data: dict[str, Any], rules: Sequence[Rule]) -> float | None:
        if "ppv" not in data:
            return None
        if not any(rule.by_evidence for rule in rules):
            raise self.fail(
                "", "ppv needs at least one rule with probability = { at_least = 0.5 } or more, to raise its limit."
            )
        return self.share(data["ppv"], "ppv", "")

    def share(self, found: Any, name: str, where: str) -> float:
        if not isinstance(found, int | float) or isinstance(found, bool) or not 0 < found < 1:
            raise self.fail(where, f"{name} = {found!r} is not a share between 0 and 1, such as 0.995.")
        return float(found)

    def keys(self, data: dict[str, Any]) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
        """The keys for files of every size, and those for few pairs."""
        where, lists = "[blocking]", ("keys", "keys_if_few_pairs")
        self.only(data, lists, where)
        for name in lists:
            found = data.get(name, None if name == "keys" else [["ssn"]])
            if not isinstance(found, list) or not found or not all(isinstance(key, list) and key for key in found):
                raise self.fail(where, f'{name} must list at least one key, such as {name} = [["ssn"]].')
        every, few = (
            tuple(self.words({name: key}, name, where, KEY_COLUMNS) for key in data.get(name, [])) for name in lists
        )
        if len(every + few) > _MOST_KEYS:
            raise self.fail(where, f"there are {len(every + few):,} keys. At most {_MOST_KEYS} can be run.")
        self.refuse_repeated_keys([(key, name) for name, keys in zip(lists, (every, few), strict=True) for key in keys])
        return every, few

    def refuse_repeated_keys(self, listed: Sequence[tuple[tuple[str, ...], str]]) -> None:
        """Refuse two keys of the same columns, in whatever order: the second would find no further pair."""
        seen: dict[frozenset[str], str] = {}
        for key, name in listed:
            if sooner := seen.get(frozenset(key)):
                both = f"{sooner} twice" if sooner == name else f"{sooner} and in {name}"
                raise self.fail(
                    "[blocking]",
                    f"{' + '.join(key)} is in {both} (the order of its parts does not matter). Leave one out.",
                )
            seen[frozenset(key)] = name

    def fields(self, data: dict[str, Any]) -> dict[str, Field]:
        self.only(data, FIELD_KINDS, "[fields]")
        shipped = placeholders()
        return {name: self.field(name, data.get(name, {}), shipped.get(name, ())) for name in FIELD_KINDS}

    def field(self, name: str, data: Any, shipped: tuple[str, ...]) -> Field:
        where, kind = f"[fields.{name}]", FIELD_KINDS[name]
        if not isinstance(data, dict):
            raise self.fail(where, f"must be a table, written {where}.")
        own = {"ssn": ("taxpayer_numbers", "shared_by_at_most", "digits"), "name": ("standardize",)}.get(kind, ())
        listed = ("not_known", "known") if kind in ("name", "ssn", "date") else ()
        self.only(data, ("agree", *listed, *own), where)
        agree = data.get("agree", {})
        if not isinstance(agree, dict):
            raise self.fail(where, "agree must name levels, such as agree.similar = [ ... ].")
        levels = tuple(self.level(name, kind, level, lines) for level, lines in agree.items())
        added, taken = self.values(data, "not_known", where, kind), self.values(data, "known", where, kind)
        not_known = tuple(value for value in dict.fromkeys((*shipped, *added)) if value not in taken)
        return Field(name, levels, not_known, self.words(data, "standardize", where, STEPS) or STEPS)

    def values(self, data: dict[str, Any], key: str, where: str, kind: str) -> tuple[str, ...]:
        found = data.get(key, [])
        wanted: type = date if kind == "date" else str
        if not isinstance(found, list) or not all(isinstance(value, wanted) for value in found):
            example = "[1900-01-01]" if kind == "date" else '["UNKNOWN"]'
            raise self.fail(
                where, f"{key} must be a list of {'dates' if kind == 'date' else 'strings'}, such as {example}."
            )
        return as_standard(found, kind)

    def level(self, field_name: str, kind: str, level: str, lines: Any) -> Level:
        where = f"[fields.{field_name}] agree.{level}"
        if level in (EXACT, NOT_KNOWN):
            raise self.fail(where, f'"{level}" has a fixed meaning; give the level another name.')
        if not re.fullmatch("[a-z][a-z0-9_]*", level):
            raise self.fail(where, "the name of a level is a word of lower-case letters, digits and underscores.")
        if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
            raise self.fail(where, 'must be a list of lines, such as [{ measure = "nickname" }].')
        if len(lines) > _MOST_LINES:
            raise self.fail(where, f"there are {len(lines):,} lines. At most {_MOST_LINES} can be run.")
        return Level(level, tuple(self.line(kind, line, where) for line in lines))

    def line(self, kind: str, data: dict[str, Any], where: str) -> Line:
        fitting = [name for name, measure in MEASURES.items() if kind in measure.kinds]
        found = data.get("measure")
        if found not in fitting:
            raise self.fail(
                where,
                f"measure = {found!r} does not compare a {kind}. Defined for it: {', '.join(fitting) or 'none'}."
                + did_you_mean(str(found), fitting),
            )
        way = MEASURES[found].limit
        self.only(data, ("measure", *([way] if way else [])), where)
        if way is None:
            return Line(found)
        limit = data.get(way)
        if not isinstance(limit, int | float) or isinstance(limit, bool):
            raise self.fail(where, f"{found} needs a number: {way} = ...")
        if (found == "jaro_winkler_similarity" and not 0 < limit <= 1) or not 0 <= limit < math.inf:
            raise self.fail(where, f"{way} = {limit} is out of range for {found}.")
        return Line(found, float(limit))

    def ssn_policy(self, data: dict[str, Any]) -> SsnPolicy:
        where = "[fields.ssn]"
        taxpayer = data.get("taxpayer_numbers", "keep")
        if taxpayer not in ("keep", "drop"):
            raise self.fail(where, f"taxpayer_numbers = {taxpayer!r} is not allowed. Allowed: keep, drop.")
        people = self.whole(data, "shared_by_at_most", where, SsnPolicy().people_at_most, least=1)
        digits = self.whole(data, "digits", where, 9, least=5)
        if digits > LONGEST:
            raise self.fail(where, f"digits = {digits} is not allowed. Allowed: 5 to {LONGEST}.")
        return SsnPolicy(digits, taxpayer == "keep", people)

    def plausibility(self, data: dict[str, Any]) -> Plausibility:
        standard = Plausibility()
        where = "[plausibility]"
        self.only(data, ("contact_tolerance_days", "oldest_age_years"), where)
        return Plausibility(
            self.whole(data, "contact_tolerance_days", where, standard.contact_tolerance_days),
            self.whole(data, "oldest_age_years", where, standard.oldest_age_years, least=1),
        )

    def rules(self, data: Any, fields: Mapping[str, Field]) -> tuple[Rule, ...]:
        if not isinstance(data, list) or not data or not all(isinstance(rule, dict) for rule in data):
            raise self.fail("", "there is no rule. Write at least one [[rule]].")
        if len(data) > _MOST_RULES:
            raise self.fail("", f"there are {len(data):,} rules. At most {_MOST_RULES} can be run.")
        rules = tuple(self.rule(number, rule, fields) for number, rule in enumerate(data, start=1))
        seen: set[str] = set()
        for rule in rules:
            if rule.id in seen:
                raise self.fail(f"rule {rule.id}", "this id occurs twice. Each rule needs a unique id.")
            seen.add(rule.id)
        return rules

    def rule(self, number: int, data: dict[str, Any], fields: Mapping[str, Field]) -> Rule:
        where = f"rule {data.get('id', f'number {number}')}"
        self.only(data, ("id", "agree", "rare", "unique", "probability", "why"), where)
        probability = self.probability(data, where)
        agree = data.get("agree", {} if probability is not None else None)
        if not isinstance(agree, dict) or not (agree or probability is not None):
            raise self.fail(where, 'agree is missing or empty. Write agree = { ssn = "exact" }.')
        conditions = tuple(self.condition(name, wanted, fields, where) for name, wanted in agree.items())
        if probability is None and all(NOT_KNOWN in condition.levels for condition in conditions):
            raise self.fail(where, "nothing has to agree: every condition also accepts not_known.")
        unique = data.get("unique", False)
        if not isinstance(unique, bool):
            raise self.fail(where, f"unique = {unique!r} is not allowed. Allowed: true, false.")
        why = self.text(data, "why", where, default="")
        rare = self.rarities(data.get("rare", {}), where)
        return Rule(self.text(data, "id", where), conditions, why, rare, unique, probability)

    def probability(self, data: dict[str, Any], where: str) -> float | None:
        if "probability" not in data:
            return None
        found = data["probability"]
        if not isinstance(found, dict) or "at_least" not in found:
            raise self.fail(where, "probability must be written probability = { at_least = 0.9 }.")
        self.only(found, ("at_least",), f"{where}, probability")
        return self.share(found["at_least"], "at_least", f"{where}, probability")

    def rarities(self, data: Any, where: str) -> tuple[Rarity, ...]:
        if not isinstance(data, dict) or not all(isinstance(limit, dict) for limit in data.values()):
            raise self.fail(
                where, "rare must name fields with limits, such as rare = { last_name = { at_most = 20 } }."
            )
        self.only(data, RARE_FIELDS, f"{where}, rare")
        for name, limit in data.items():
            self.only(limit, ("at_most",), f"{where}, rare {name}")
            if "at_most" not in limit:
                raise self.fail(where, f"rare {name} needs a number of records: {name} = {{ at_most = ... }}")
        return tuple(Rarity(name, self.whole(limit, "at_most", where, 0, least=1)) for name, limit in data.items())

    def condition(self, name: str, wanted: Any, fields: Mapping[str, Field], where: str) -> Condition:
        if name not in fields:
            raise self.fail(where, f'"{name}" is not a field. Fields: {", ".join(fields)}.{did_you_mean(name, fields)}')
        defined = (EXACT, *(level.name for level in fields[name].levels), NOT_KNOWN)
        levels = wanted if isinstance(wanted, list) else [wanted]
        for level in levels:
            if level not in defined:
                raise self.fail(
                    where,
                    f'{name} = "{level}" is not a way of agreeing.\n  Defined for {name}: {", ".join(defined)}.'
                    + did_you_mean(str(level), defined),
                )
        if not levels:
            raise self.fail(where, f"{name} = [] accepts nothing. Defined for {name}: {', '.join(defined)}.")
        return Condition(name, tuple(levels))
