"""Hypothesis strategies: small registries with many problems at once, and random cascades.

A registry has very few people. Most records are one of them with up to three fields changed,
so that exact copies, ties, chains, families, twins, swapped names, wrong digits, placeholders
and partial dates occur in a dozen rows. Values are as in files, not standardized.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

import pandas as pd
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from linkage.errors import InputError
from linkage.method.keys import usable_keys
from linkage.rules.cascade import (
    DUPLICATES,
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
from linkage.rules.file import read_rules
from linkage.values.measures import MEASURES
from linkage.values.names import OPTIONAL_STEPS, STEPS
from linkage.values.ssn import SsnPolicy

Text = str | None


def examples(in_ci: int) -> int:
    """How many examples a property of whole runs gets: a third outside CI, where every run draws new ones."""
    return in_ci if "CI" in os.environ else -(-in_ci // 3)


FIRST_NAMES: tuple[Text, ...] = (
    *("JOHN", "Jon", "JOHNNY", "John Q", "Dr. John", "J", "BILL", "William", "GEORGE", "JAMES"),
    *("MARY", "Mary Ann", "MARTHA", "MARHTA", "José", "JOSE JR", "BABY BOY", "Unknown", "", None),
)
MIDDLE_NAMES: tuple[Text, ...] = (None, None, "", "Q", "QUINN", "JOHN", "Mary", "GEORGE", "NMN")
LAST_NAMES: tuple[Text, ...] = (
    *("SMITH", "Smyth", "SMITH JR", "SMITHSON", "O'Brien", "OBRIEN", "GEORGE", "James", "DOE", "", None),
    *("GARCIA", "García-Lopez", "LOPEZ", "De la Cruz", "CRUZ", "XXX"),
)
FORMER_NAMES: tuple[Text, ...] = (
    None,
    None,
    None,
    "SMITH",
    "Lopez; SMITH",
    "GARCIA|Unknown",
    "CRUZ, Smyth Jr",
)
SUFFIXES: tuple[Text, ...] = (None, None, "Jr.", "SENIOR", "3rd", "MD")
SSNS: tuple[Text, ...] = (
    *("212-34-5678", "212345678", "212345687", "212345679", None, "XXX-XX-5678", "213345679", "5679"),
    *("912-34-5678", "123-45-6789", "000-12-3456", "21234567", "", None, None),
)
BIRTH_DATES: tuple[Text, ...] = (
    *("1950-02-11", "19500211", "02/11/1950", "1950-11-02", "1950-02-12", "1951-02-11", "1950-02-21"),
    *("1960-02-11", "1950-01-01", "1950-02-01", "1950-02", "1950", "1950-99-99", "1900-01-01"),
    *("25/02/1950", "1950-02-30", "1950-13-01", "not a date", "1880-02-11", "", None),
)
DEATH_DATES: tuple[Text, ...] = (
    *("2015-06-30", "06/30/2015", "2015-06-29", "2015-06", "2015", "2016-02-29", "2016-02"),
    *("1950-02-10", "1950-02", "1949", "2026-01-01", "2015-02-30", "", None),
)
SEXES: tuple[Text, ...] = ("M", "male", "1", "F", "U", None)

_POOLS: Mapping[str, tuple[Text, ...]] = {
    "first_name": FIRST_NAMES,
    "middle_name": MIDDLE_NAMES,
    "last_name": LAST_NAMES,
    "former_last_names": FORMER_NAMES,
    "suffix": SUFFIXES,
    "ssn": SSNS,
    "birth_date": BIRTH_DATES,
    "sex": SEXES,
    "death_date": DEATH_DATES,
}
# Ids of several lengths: "9" sorts before "10" like numbers, and ids need not be numbers.
_IDS = ("1", "2", "9", "10", "11", "100", "A", "B1", "b1", "Z")


@dataclass(frozen=True)
class Registry:
    """Two files of raw text as rows, and the last contact by patient id. Rows print in a failing
    example; frames would be cut short."""

    patient_rows: tuple[dict[str, Text], ...]
    death_rows: tuple[dict[str, Text], ...]
    columns: tuple[str, ...]
    last_contact: dict[str, date]

    @property
    def patients(self) -> pd.DataFrame:
        """The patients as a frame; a column that the file does not have is absent."""
        columns = [column for column in self.columns if column != "death_date"]
        return pd.DataFrame(list(self.patient_rows), columns=["patient_id", *columns], dtype=object)

    @property
    def deaths(self) -> pd.DataFrame:
        """The deaths as a frame."""
        return pd.DataFrame(list(self.death_rows), columns=["death_id", *self.columns], dtype=object)


def assume_usable(registry: Registry, cascade: Cascade) -> None:
    """Exclude what a run refuses, see test_records: a file without rows, and files without any key."""
    assume(registry.patient_rows and registry.death_rows)
    try:
        usable_keys(cascade, registry.columns, registry.columns)
    except InputError:
        assume(False)


@st.composite
def registries(draw: st.DrawFn, most: int = 8) -> Registry:
    """A registry with up to `most` patients and as many deaths, all records of one to three people."""
    persons = draw(st.lists(_persons(), min_size=1, max_size=3))
    patients = draw(_file("patient_id", persons, most))
    deaths = draw(_file("death_id", persons, most))
    absent = draw(st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from(sorted(_POOLS)), max_size=3)))
    columns = tuple(column for column in _POOLS if column not in absent)
    rows = [tuple(_only(row, columns) for row in file) for file in (patients, deaths)]
    seen = st.dictionaries(st.sampled_from(_IDS), st.sampled_from(_CONTACTS), max_size=4)
    return Registry(rows[0], rows[1], columns, draw(seen))


# Around the tolerance: 30 days before 30 June 2015 is 31 May, and 29 February 2016 is a leap day.
_CONTACTS = (date(2010, 1, 1), date(2015, 7, 30), date(2015, 7, 31), date(2016, 3, 30), date(2016, 4, 1))


def _persons() -> SearchStrategy[dict[str, Text]]:
    # The pools begin with ordinary values, because people with only unknown values are never compared.
    return st.fixed_dictionaries({column: st.sampled_from(pool[:6]) for column, pool in _POOLS.items()})


@st.composite
def _file(draw: st.DrawFn, id_column: str, persons: list[dict[str, Text]], most: int) -> list[dict[str, Text]]:
    ids = draw(st.permutations(_IDS))[: draw(st.sampled_from((0, 1, 2, 4, 4, 6, most, most)))]
    return [{id_column: record_id, **draw(_variant(draw(st.sampled_from(persons))))} for record_id in ids]


@st.composite
def _variant(draw: st.DrawFn, person: dict[str, Text]) -> dict[str, Text]:
    """The person's record as some clerk wrote it: exact, with up to three fields changed, or with
    first and last name exchanged."""
    record = dict(person)
    for column in draw(st.lists(st.sampled_from(sorted(_POOLS)), max_size=3)):
        record[column] = draw(st.sampled_from(_POOLS[column]))
    if draw(st.integers(0, 7)) == 0:
        record["first_name"], record["last_name"] = record["last_name"], record["first_name"]
    return record


def _only(row: dict[str, Text], columns: tuple[str, ...]) -> dict[str, Text]:
    return {column: text for column, text in row.items() if column in columns or column.endswith("_id")}


_USUAL_KEYS = (
    ("last_name",),
    ("first_name",),
    ("ssn",),
    ("birth_date",),
    ("birth_year",),
    ("last_name", "birth_date"),
)
_USUAL_FIELDS = ("last_name", "first_name", "birth_date", "ssn")
_LIMITS = {
    "jaro_winkler_similarity": (0.7, 0.8, 0.85, 0.9, 0.96, 1.0),
    "levenshtein_distance": (1.0, 2.0, 4.0),
    "prefix_letters": (1.0, 3.0),
    "first_letters": (1.0, 2.0, 4.0),
    "digits_changed": (1.0, 2.0, 3.0),
    "parts_agree": (1.0, 2.0),
}


@st.composite
def cascades(draw: st.DrawFn, fewest_rules: int = 1) -> Cascade:
    """A random cascade: levels of random lines, one to four rules, and every policy of a rule file.

    A rule need not contain a blocking key; its pairs are then those candidates that meet it.
    """
    fields = {name: draw(_fields(name)) for name in FIELD_KINDS}
    keys = st.one_of(
        st.sampled_from(_USUAL_KEYS),
        st.lists(st.sampled_from(KEY_COLUMNS), min_size=1, max_size=2, unique=True).map(tuple),
    )
    rule = st.tuples(_conditions(fields), _rarities(), st.booleans())
    rules = draw(st.lists(rule, min_size=fewest_rules, max_size=4))
    return Cascade(
        name="random",
        title="A random cascade",
        source="",
        keys=tuple(draw(st.lists(keys, min_size=1, max_size=3, unique_by=frozenset))),
        fields=fields,
        rules=tuple(
            Rule(f"R{number}", agree, "", rare, unique) for number, (agree, rare, unique) in enumerate(rules, start=1)
        ),
        closeness=tuple(draw(st.lists(st.sampled_from(tuple(fields)), max_size=6, unique=True))),
        ties=draw(st.sampled_from(TIES)),
        duplicates=draw(st.sampled_from(DUPLICATES)),
        ssn=SsnPolicy(9, draw(st.booleans()), draw(st.integers(1, 5))),
        plausibility=Plausibility(draw(st.sampled_from((0, 30))), draw(st.sampled_from((115, 115, 65)))),
    )


@st.composite
def _fields(draw: st.DrawFn, name: str) -> Field:
    fitting = [measure for measure, found in MEASURES.items() if FIELD_KINDS[name] in found.kinds]
    names: tuple[str, ...] = ()
    if fitting:
        names = draw(st.sampled_from(((), ("similar",), ("similar", "loose"))))
    lines = st.lists(_lines(fitting), min_size=1, max_size=3, unique=True).map(tuple)
    levels = tuple(Level(level, draw(lines)) for level in names)
    dropped = draw(st.one_of(st.none(), st.sampled_from(OPTIONAL_STEPS)))
    steps = tuple(step for step in STEPS if step != dropped)
    return Field(name, levels, _placeholders()[name], steps)


@cache
def _placeholders() -> dict[str, tuple[str, ...]]:
    return {name: found.not_known for name, found in read_rules("exact").fields.items()}


@st.composite
def _lines(draw: st.DrawFn, fitting: list[str]) -> Line:
    measure = draw(st.sampled_from(fitting))
    return Line(measure, draw(st.sampled_from(_LIMITS[measure])) if measure in _LIMITS else None)


def _rarities() -> SearchStrategy[tuple[Rarity, ...]]:
    # Names of these registries are on few records, so limits between two and six are both met and exceeded.
    limits = st.builds(Rarity, st.sampled_from(RARE_FIELDS), st.integers(2, 6))
    one = st.lists(limits, min_size=1, max_size=2, unique_by=lambda rarity: rarity.field).map(tuple)
    return st.one_of(st.just(()), st.just(()), one)


@st.composite
def _conditions(draw: st.DrawFn, fields: Mapping[str, Field]) -> tuple[Condition, ...]:
    """Conditions on different fields, at least one of which does not accept "not known"."""
    names = draw(st.lists(st.sampled_from((*_USUAL_FIELDS * 2, *fields)), min_size=1, max_size=3, unique=True))
    firm, *others = (draw(_condition(fields[name], may_miss=bool(place))) for place, name in enumerate(names))
    return tuple(draw(st.permutations([firm, *others])))


@st.composite
def _condition(draw: st.DrawFn, compared: Field, *, may_miss: bool) -> Condition:
    ways = [EXACT, *(level.name for level in compared.levels), *([NOT_KNOWN] if may_miss else [])]
    return Condition(compared.name, tuple(draw(st.lists(st.sampled_from(ways), min_size=1, max_size=2, unique=True))))
