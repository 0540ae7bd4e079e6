"""Comparison vectors: the stored measures as numbers, for machine learning.

A vector has for each field whether it agrees exactly, whether it is not known, and the value of each measure: the
best possible value for exact agreement, and NaN if the measure could not be computed.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from linkage.relink.comparisons import Comparisons
from linkage.rules.cascade import Cascade
from linkage.tuning.judging import Belief
from linkage.values.measures import MEASURES

Groups = np.ndarray[tuple[int], np.dtype[np.int64]]

IDS = ("patient_id", "death_id", "patient_person", "death_person")
"""The levels of the index: the two records, and the person of each."""

_LONGEST_NAME = 100
"""The value of `prefix_letters` for names that agree exactly: larger than any limit."""


def vector_columns(cascade: Cascade) -> list[str]:
    """The columns of the vectors of a cascade, in their order.

    >>> from linkage import read_rules
    >>> vector_columns(read_rules("exact"))[:3]
    ['first_name_is_exact', 'first_name_is_not_known', 'middle_name_is_exact']
    """
    columns = []
    for field in cascade.compared:
        columns += [f"{field.name}_is_exact", f"{field.name}_is_not_known"]
        columns += [f"{field.name}_{measure}" for measure in field.measures]
    columns += [f"{name}_records" for name in cascade.counted]
    return [*columns, *(f"key_{n}" for n in range(len(cascade.keys))), "impossible"]


def vectors(comparisons: Comparisons) -> pd.DataFrame:
    """A data frame with one row per compared pair, sorted by id, with the columns `vector_columns` and index `IDS`.

    >>> import linkage
    >>> from linkage.relink.comparisons import compare_once
    >>> people = pd.DataFrame({"first_name": ["Ann"], "last_name": "Lee", "birth_date": "1950-02-11"})
    >>> with linkage.link(people.assign(patient_id=["1"]), people.assign(death_id=["8"], first_name="Anne")) as run:
    ...     found = vectors(compare_once(run))
    >>> found[["first_name_is_exact", "first_name_jaro_winkler_similarity"]].round(3).to_numpy().tolist()
    [[0.0, 0.942]]
    """
    read = []
    for field in comparisons.reach.compared:
        read += [f"{field.name}_is_exact", f"{field.name}_is_not_known"]
        for measure in field.measures:
            name = f"{field.name}_{measure}"
            read.append(f"CASE WHEN {field.name}_is_exact THEN {_best(measure)} ELSE {name} END AS {name}")
    read += [f"{name}_records" for name in comparisons.reach.counted]
    read += [*(f"key_{n}" for n in range(len(comparisons.reach.keys))), "impossible IS NOT NULL AS impossible"]
    numbers = ", ".join(f"CAST({one.split(' AS ')[0]} AS DOUBLE) AS {one.split(' AS ')[-1]}" for one in read)
    with comparisons.separate_schema():
        frame: pd.DataFrame = comparisons.engine.frame(
            "SELECT kept.patient_id, kept.death_id, coalesce(patient_person.person_id, kept.patient_id) AS"
            " patient_person, coalesce(death_person.person_id, kept.death_id) AS death_person,"
            f" {numbers} FROM kept LEFT JOIN patient_person ON kept.patient_id = patient_person.patient_id"
            " LEFT JOIN death_person ON kept.death_id = death_person.death_id"
            " ORDER BY kept.patient_id, kept.death_id"
        )
    return frame.set_index(list(IDS))


def _best(measure: str) -> str:
    way = MEASURES[measure].limit
    if measure in ("prefix_letters", "first_letters"):
        return str(_LONGEST_NAME)
    return "0" if way == "at_most" else "1"


class Training(NamedTuple):
    """Training data for scikit-learn: vectors `X`, matches `y` (1 or 0), and `groups` (see `people`)."""

    X: pd.DataFrame
    y: Groups
    groups: Groups


def training_data(belief: Belief) -> Training:
    """The compared pairs of labeled patients, for training and testing.

    >>> import linkage
    >>> from linkage.tuning import believe_truth, compare_once
    >>> people = pd.DataFrame({"last_name": ["Lee", "Fox"], "birth_date": ["1950-02-11", "1944-07-30"]})
    >>> with linkage.link(people.assign(patient_id=["1", "2"]), people.assign(death_id=["8", "9"])) as run:
    ...     truth = pd.DataFrame({"patient_id": ["1", "2"], "death_id": ["8", None]})
    ...     found = training_data(believe_truth(compare_once(run), truth))
    >>> found.X.index.to_frame()[["patient_id", "death_id"]].to_numpy().tolist(), found.y.tolist()
    ([['1', '8'], ['2', '9']], [1, 0])
    """
    found = vectors(belief.comparisons)
    with belief.comparisons.separate_schema():
        frame = belief.comparisons.engine.frame(f"SELECT patient_id, death_id, share FROM {belief.table}")
    share = frame.set_index(["patient_id", "death_id"])["share"]
    ids = found.index.to_frame(index=False)[["patient_id", "death_id"]]
    believed = share.reindex(pd.MultiIndex.from_frame(ids)).to_numpy()
    known = ~np.isnan(believed)
    return Training(found[known], (believed[known] >= 0.5).astype(np.int64), people(found[known]))


def people(vectors: pd.DataFrame) -> Groups:
    """A group number for each row, equal for all pairs that are connected by shared patients or deaths.

    Pass it as `groups` to scikit-learn's grouped splits, so that no patient and no death is on both sides of a
    split and no information about a person leaks between them.

    >>> pairs = pd.MultiIndex.from_tuples([("1", "8"), ("2", "8"), ("3", "9")], names=IDS[2:])
    >>> people(pd.DataFrame(index=pairs)).tolist()
    [0, 0, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    patients, deaths = (vectors.index.get_level_values(name).factorize()[0] for name in IDS[2:])
    number = int(patients.max(initial=-1)) + 1
    size = number + int(deaths.max(initial=-1)) + 1
    pairs = coo_array((np.ones(len(patients)), (patients, number + deaths)), shape=(size, size))
    _, found = connected_components(pairs, directed=False)
    groups: Groups = found[patients].astype(np.int64)
    return groups
