"""A cascade as data: blocking keys, fields with their levels of agreement, and ordered rules.

Each rule is one row of a paper's table, in order of position, so these dataclasses are the method. `rules.file` reads
them from TOML and reports errors in a file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from linkage.values.measures import MEASURES
from linkage.values.names import STEPS
from linkage.values.one_sided import REPORT
from linkage.values.ssn import SsnPolicy

FIELD_KINDS = {
    "first_name": "name",
    "middle_name": "name",
    "last_name": "name",
    "suffix": "code",
    "ssn": "ssn",
    "birth_date": "date",
    "sex": "code",
    "full_name": "full_name",
}
KEY_COLUMNS = (
    *(name for name in FIELD_KINDS if name != "full_name"),
    *("first_name_initial", "last_name_initial", "first_name_sound", "last_name_sound"),
    *("ssn_last_four", "ssn_without_last_four"),
    *("names_in_either_order", "initials_in_either_order"),
    *("birth_year", "birth_month", "birth_day"),
)
RARE_FIELDS = ("first_name", "middle_name", "last_name", "full_name")
EXACT, NOT_KNOWN = "exact", "not_known"
EVIDENCE = "evidence"
"""In `closeness`, the total weight of evidence of a pair, instead of one field."""
TIES = ("review", "lowest_id")
DUPLICATES = ("report", "link_together")


@dataclass(frozen=True, slots=True)
class Line:
    """One way to meet a level: a measure, and the limit on its value."""

    measure: str
    limit: float | None = None

    def holds(self, value: float | bool) -> bool:
        """Whether a measure's value is within the limit."""
        way = MEASURES[self.measure].limit
        if way is None or self.limit is None:
            return bool(value)
        return value >= self.limit if way == "at_least" else value <= self.limit


@dataclass(frozen=True, slots=True)
class Level:
    """A named degree of agreement, met by exact agreement or by any one line."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """How one field is standardized and compared. Levels are ordered, closest first."""

    name: str
    levels: tuple[Level, ...] = ()
    not_known: tuple[str, ...] = ()
    steps: tuple[str, ...] = STEPS

    @property
    def kind(self) -> str:
        """The kind of its values: name, ssn, date, code or full_name."""
        return FIELD_KINDS[self.name]

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines of all levels, in the order of the file."""
        return tuple(line for level in self.levels for line in level.lines)

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures of all lines, without duplicates."""
        return tuple(dict.fromkeys(line.measure for line in self.lines))


@dataclass(frozen=True, slots=True)
class Condition:
    """A field of a rule and the levels that satisfy it: any one of them."""

    field: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rarity:
    """The largest number of records of both files together with a name that counts as rare. Both names of a pair must
    be rare; a full name is the first and the last name together."""

    field: str
    at_most: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the cascade: every condition must hold, and every rarity.

    `unique` requires that among all pairs that meet these and have possible dates, this one is the patient's only one
    and the death's only one, whatever other rules do. `probability` is the least probability that the two records
    belong to one person; see `evidence_model`. A limit below one half is a floor: it only excludes pairs that the
    evidence contradicts.
    """

    id: str
    agree: tuple[Condition, ...]
    why: str
    rare: tuple[Rarity, ...] = ()
    unique: bool = False
    probability: float | None = None

    @property
    def by_evidence(self) -> bool:
        """Whether the rule accepts pairs because of their evidence: it requires at least an even chance."""
        return self.probability is not None and self.probability >= EVEN


EVEN = 0.5
"""The probability of a pair as likely to be of one person as of two."""


@dataclass(frozen=True, slots=True)
class Plausibility:
    """Limits on plausible dates. A pair is excluded if the death precedes the last contact in person by more than the
    tolerance (days), precedes birth, or implies an age above the limit (years)."""

    contact_tolerance_days: int = 30
    oldest_age_years: int = 115


@dataclass(frozen=True, slots=True)
class Cascade:
    """A whole rule file. `digest` is the SHA-256 of the file's bytes, `path` the file.

    `keys` are the blocking keys, each a group of columns. Those of `keys_if_few_pairs` are used only if no more pairs
    agree on them than there are records, and no more than 300,000; a run adds them to `keys`. `fields` says how each
    field is standardized and compared, and `rules` are applied in this order. `closeness` lists the fields by which
    pairs of one rule are ranked. `ppv` is the target share of true links; a run raises the limits on probability,
    except floors, as far as needed to reach it.

    >>> from linkage.rules.file import read_rules
    >>> cascade = read_rules("exact")
    >>> cascade.keys[0], [rule.id for rule in cascade.rules], cascade.ties
    (('ssn', 'birth_date'), ['E1', 'E2', 'E3'], 'review')
    """

    name: str
    title: str
    source: str
    keys: tuple[tuple[str, ...], ...]
    fields: Mapping[str, Field]
    rules: tuple[Rule, ...]
    closeness: tuple[str, ...]
    ties: str = "review"
    duplicates: str = "report"
    ssn: SsnPolicy = field(default_factory=SsnPolicy)
    plausibility: Plausibility = field(default_factory=Plausibility)
    path: str | None = None
    digest: str = ""
    ppv: float | None = None
    one_sided_names: str = REPORT
    keys_if_few_pairs: tuple[tuple[str, ...], ...] = ()

    @property
    def fixed_keys(self) -> tuple[tuple[str, ...], ...]:
        """The blocking keys that are used in files of every size."""
        return tuple(key for key in self.keys if key not in self.keys_if_few_pairs)

    @property
    def links_persons(self) -> bool:
        """Whether all records of a patient who has several are linked together."""
        return self.duplicates == "link_together"

    def using(self, few: Iterable[tuple[str, ...]]) -> "Cascade":
        """The cascade that uses these of its `keys_if_few_pairs`, and no others.

        >>> from linkage.rules.file import read_rules
        >>> evidence = read_rules("evidence")
        >>> evidence.using([("birth_date",), ("sex",)]).keys[-2:]
        (('first_name', 'last_name_initial', 'birth_month', 'birth_day'), ('birth_date',))
        """
        wanted = set(few)
        return replace(self, keys=self.fixed_keys + tuple(key for key in self.keys_if_few_pairs if key in wanted))

    @property
    def weighs(self) -> bool:
        """Whether anything depends on the evidence of all fields together."""
        return EVIDENCE in self.closeness or any(rule.probability is not None for rule in self.rules)

    def raised_to(self, limit: float) -> "Cascade":
        """The cascade with the limits on probability raised to at least `limit`, except floors.

        >>> from linkage.rules.file import read_rules
        >>> [rule.probability for rule in read_rules("evidence").raised_to(0.7).rules][:3]
        [0.05, 0.05, 0.7]
        """
        rules = [
            replace(rule, probability=max(rule.probability or 0.0, limit)) if rule.by_evidence else rule
            for rule in self.rules
        ]
        return replace(self, rules=tuple(rules))

    @property
    def compared(self) -> tuple[Field, ...]:
        """The fields used by a rule or by the order of closeness; all of them if evidence is weighed."""
        if self.weighs:
            return tuple(self.fields.values())
        used = {condition.field for rule in self.rules for condition in rule.agree} | set(self.closeness)
        return tuple(found for name, found in self.fields.items() if name in used)

    @property
    def counted(self) -> tuple[str, ...]:
        """The names for which a rule requires rarity."""
        asked = {rarity.field for rule in self.rules for rarity in rule.rare}
        return tuple(name for name in RARE_FIELDS if name in asked)
