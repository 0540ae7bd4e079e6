"""Compare pairs once, then apply any number of cascades to them.

Computing measures takes most of the time of a linkage, and measures do not depend on limits or rules. They are
stored in a table of the engine for every pair that the loosest version of the rules (the reach) could accept. A
changed cascade is applied to this table with the same SQL, without reading, standardizing, blocking or
comparing again. Pairs beyond the reach were not compared, so a cascade that could accept them is refused.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from linkage.engines.duck.engine import DuckDBEngine
from linkage.errors import RulesError
from linkage.method import compare_sql, decide_sql
from linkage.method.assign import assign
from linkage.method.block import PairCounts, block
from linkage.method.columns import SIDES
from linkage.method.decide import make_links, rank_decided
from linkage.method.keys import of_both_files, usable_keys, with_few_pairs
from linkage.method.standardize.sounds import sounding
from linkage.relink.reach import limits, loosened, require_reached
from linkage.rules.cascade import Cascade
from linkage.run.output import table_select
from linkage.run.result import Linkage

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Decision:
    """The result of applying a cascade to stored pairs: `links`, as a run with this cascade would give them, and
    `held`, the pairs (patient_id, death_id) in unresolved ties.

    >>> import pandas as pd
    >>> from linkage.rules.file import read_rules
    >>> Decision(read_rules("exact"), pd.DataFrame({"patient_id": ["7", "8"]}), pd.DataFrame({"patient_id": []}))
    Decision(exact: 2 links, 0 pairs in ties)
    """

    cascade: Cascade
    links: "pandas.DataFrame"
    held: "pandas.DataFrame"

    def __repr__(self) -> str:
        return f"Decision({self.cascade.name}: {len(self.links):,} links, {len(self.held):,} pairs in ties)"


@dataclass(frozen=True)
class Comparisons:
    """The stored pairs of a run with their measures. `reach` accepts all of them; `pairs` is their number. `schema` is
    the schema of the engine that holds them. For an example, see `compare_once`, which makes it."""

    run: Linkage
    reach: Cascade
    schema: str
    pairs: int

    @property
    def engine(self) -> DuckDBEngine:
        """The engine of the run, which holds the table `kept`."""
        return self.run.engine

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return self: the object is a handle to open tables, so scikit-learn's `clone` must not copy it."""
        return self

    def __repr__(self) -> str:
        wide = ", ".join(f"{name} {limit:g}" for name, limit in limits(self.reach).items())
        return (
            f"Comparisons({self.pairs:,} pairs: all that {self.reach.name} accepts with {wide or 'no limits'},"
            f" on {len(self.reach.keys)} blocking keys)"
        )

    @contextmanager
    def separate_schema(self) -> Iterator[None]:
        """Create tables in a separate schema; the tables of the run can be read and are not changed."""
        with self.engine.separate_schema(self.schema):
            yield

    def new_table(self, name: str) -> str:
        """A table name, beginning with `name`, that is not in use yet."""
        found = self.engine.rows(f"SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '{name}_%'")
        return f"{name}_{found[0][0]}"

    def decide(self, cascade: Cascade) -> Decision:
        """Apply a cascade to the stored measures.

        Raises RulesError when the cascade could accept pairs that were not compared.
        """
        with self.separate_schema():
            self._assign(cascade)
            make_links(self.engine, cascade)
            links = self.engine.frame(table_select(self.run, "links"))
            held = self.engine.frame("SELECT patient_id, death_id FROM held ORDER BY ALL")
        return Decision(cascade, links, held)

    def assign(self, cascade: Cascade) -> None:
        """Within `separate_schema`, create `linked` (patient_id, death_id, rule_position): links without reasons.

        Raises RulesError under the same conditions as `decide`.
        """
        self._assign(cascade, bare=True)
        together = cascade.links_persons
        self.engine.create("linked", _LINKED_TOGETHER if together else _LINKED)

    def _assign(self, cascade: Cascade, *, bare: bool = False) -> None:
        require_reached(self.reach, cascade)
        if self.run.has_mortality and cascade.duplicates != self.run.cascade.duplicates:
            raise RulesError(
                f"{cascade.name}: duplicates = {cascade.duplicates!r} differs from the run's, whose last contacts were"
                f" determined per {'person' if cascade.duplicates == 'report' else 'record'}."
                " Link again with this setting."
            )
        decided = self.decided(cascade)
        self.engine.create("decided", decide_sql.bare(cascade, decided) if bare else decided)
        rank_decided(self.engine, cascade)
        assign(self.engine, cascade.ties)

    def decided(self, cascade: Cascade, accepted_only: bool = True) -> str:
        """The SELECT of the decided pairs, from the stored measures of pairs that meet a key of the cascade."""
        cascade = cascade.using(self.reach.keys)
        place = {key: n for n, key in enumerate(self.reach.keys)}
        met = " OR ".join(f"key_{place[key]}" for key in cascade.keys)
        keys = [f"key_{place[key]} AS key_{n}" for n, key in enumerate(cascade.keys)]
        # Persons are those of the cascade, not those of the reach.
        others = [f"key_{n}" for n in range(len(place))]
        others += [f"{side}_person" for side in SIDES if compare_sql.persons(self.reach)]
        columns = ", ".join([f"pair.* EXCLUDE ({', '.join(others)})", *keys, *compare_sql.persons(cascade)])
        joins = " ".join(compare_sql.person_joins(cascade))
        measured = f"WITH measured AS (\n    SELECT {columns} FROM kept AS pair {joins} WHERE {met}\n),\n"
        return measured + decide_sql.decide(cascade, accepted_only=accepted_only)


_LINKED = """
SELECT qualified.patient_record AS patient_id, qualified.death_record AS death_id, qualified.rule_position
FROM assigned
JOIN qualified ON assigned.patient_id = qualified.patient_id AND assigned.death_id = qualified.death_id
"""
_LINKED_TOGETHER = """
SELECT
    coalesce(patient_person.patient_id, qualified.patient_record) AS patient_id,
    qualified.death_record AS death_id,
    qualified.rule_position
FROM assigned
JOIN qualified ON assigned.patient_id = qualified.patient_id AND assigned.death_id = qualified.death_id
LEFT JOIN patient_person ON assigned.patient_id = patient_person.person_id
"""


def compare_once(run: Linkage, reach: Cascade | None = None) -> Comparisons:
    """Store the measures of every pair of a finished run that `reach` could accept.

    The default reach is the run's cascade with loosened limits. Any cascade can then be applied whose rules are each
    at least as strict as some rule of the reach: with tighter limits, in another order, or with fewer rules. The run
    must stay open; closing it also deletes the stored measures.

    Raises RulesError when the reach standardizes values differently from the run.

    >>> import linkage, pandas as pd
    >>> from linkage.tuning import with_limits
    >>> people = pd.DataFrame({"first_name": ["Rolad", "Mary"], "last_name": ["Lee", "Fox"],
    ...     "birth_date": ["1950-02-11", "1944-07-30"]})
    >>> run = linkage.link(people.assign(patient_id=[1, 2]), people.replace("Rolad", "Roland").assign(death_id=[8, 9]))
    >>> kept = compare_once(run)
    >>> stricter = with_limits(run.cascade, {"first_name__jaro_winkler_similarity": 0.98})
    >>> kept.decide(stricter).links["patient_id"].tolist()
    ['2']
    >>> run.close()
    """
    reach = loosened(run.cascade) if reach is None else reach
    _require_same_cleaning(run, reach)
    engine, loaded = run.engine, run.loaded[:2]
    few = of_both_files(reach.keys_if_few_pairs, *(list(table.columns) for table in loaded))
    reach = reach.using(with_few_pairs(PairCounts(engine, sum(table.used for table in loaded)), few))
    schema = f"kept_{len(engine.rows('SELECT 1 FROM duckdb_schemas() WHERE schema_name LIKE $$kept%$$'))}"
    with engine.separate_schema(schema):
        return Comparisons(run, reach, schema, measure_pairs(run, reach))


def measure_pairs(run: Linkage, reach: Cascade) -> int:
    """Create the table `kept` with the measures of every pair that `reach` could accept. Returns the row count."""
    engine, (patients, deaths) = run.engine, run.loaded[:2]
    keys = usable_keys(reach, list(patients.columns), list(deaths.columns))
    for name in reach.counted:
        engine.create(f"{name}_bearers", compare_sql.bearers(name))
    block(engine, reach, keys, patients.used + deaths.used)
    kept = engine.create("kept", compare_sql.measure(reach, contacts=run.has_mortality))
    engine.drop("pair", "candidate_patient")
    return kept


def _require_same_cleaning(run: Linkage, reach: Cascade) -> None:
    done = run.cascade
    sounds = sorted(set(sounding(reach)) - set(sounding(done)))
    other = [
        name
        for name, field in reach.fields.items()
        if (field.not_known, field.steps) != (done.fields[name].not_known, done.fields[name].steps)
    ]
    if done.one_sided_names != reach.one_sided_names and "names_of_one_file" in run.counts:
        other.append("one_sided_names")
    if done.ssn != reach.ssn or other or sounds:
        raise RulesError(
            f"{reach.name} standardizes values differently from {done.name}, the cascade of the run:"
            f" {', '.join([*other, *(f'{name}_sound' for name in sounds)]) or 'ssn'}."
            f" Link with {reach.name} first, then call compare_once on that run."
        )
