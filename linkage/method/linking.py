"""A linkage in progress, and what a step of it declares.

`steps` lists the steps themselves.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from linkage.engines import Engine
from linkage.method.agreement_sql import Key
from linkage.method.block import Blocks, PairCounts
from linkage.method.records import Loaded
from linkage.rules.cascade import Cascade
from linkage.rules.policy import MortalityPolicy
from linkage.rules.study_facts import NO_FACTS, StudyFacts
from linkage.sources.source import Source


@dataclass
class Linking:
    """The state of one linkage: its inputs, and the results of the steps so far. The tables are in the engine.

    `sources` are those of patients, deaths and encounters, in this order; `loaded` describes what was read from each;
    `keys` are the blocking keys whose columns both files have; `few` are such keys that are used only if few pairs
    agree on them, and standardizing adds those that apply to `keys`; `cleaning` counts changed values by side, column
    and reason; `persons` counts, by side, the records of persons with several records, and `joined` the persons that
    became part of another because of their evidence; `one_sided` counts, by side
    and field, the records whose name is far too common given the other file; `damaged` counts, by side, field and kind,
    those whose name has damaged letters. The registry's coverage is added to
    `policy` if it was not stated. If `crowded`, one record of a pair may represent many identical ones. With
    `by_reference`, tables that only the reference engine needs are kept.
    """

    engine: Engine
    cascade: Cascade
    sources: Sequence[Source]
    groups: Sequence[str] = ()
    policy: MortalityPolicy = field(default_factory=MortalityPolicy)
    study: StudyFacts = NO_FACTS
    by_reference: bool = False
    loaded: Sequence[Loaded] = ()
    keys: tuple[Key, ...] = ()
    few: tuple[Key, ...] = ()
    cleaning: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    persons: Mapping[str, int] = field(default_factory=dict)
    joined: Mapping[str, int] = field(default_factory=dict)
    one_sided: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    damaged: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    coverage_how: str = ""
    pairs: PairCounts | None = None
    crowded: bool = False
    blocks: Blocks | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    matches: float = 0.0
    counts: dict[str, Any] = field(default_factory=dict)

    @property
    def people(self) -> int:
        """The number of patients and deaths used."""
        return self.loaded[0].used + self.loaded[1].used

    @property
    def has_encounters(self) -> bool:
        """Whether mortality is determined as well as links."""
        return len(self.sources) > 2

    @property
    def pair_counts(self) -> PairCounts:
        """Counts of pairs that agree on sets of columns; each set is counted once for the whole linkage."""
        self.pairs = self.pairs or PairCounts(self.engine, self.people)
        return self.pairs


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `reads` are tables of earlier steps, `makes` the tables that later steps may read, `within` name
    patterns of tables that only this step uses. `applies` says whether a linkage includes this step."""

    name: str
    does: str
    run: Callable[[Linking], None]
    reads: tuple[str, ...]
    makes: tuple[str, ...]
    within: tuple[str, ...] = ()
    applies: Callable[[Linking], bool] = lambda linking: True
