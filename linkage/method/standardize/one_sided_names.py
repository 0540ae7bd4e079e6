"""Names that are far too frequent in one file compared with the other: found by counting, and treated as not known if
the cascade says so."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from linkage.engines import Engine, tallies
from linkage.method.columns import SIDES
from linkage.method.standardize.as_read import SEVERAL_NAMES
from linkage.quoting import literal
from linkage.values.one_sided import (
    EXPECTED_AT_LEAST,
    FIELDS,
    NOT_KNOWN,
    SHORTEST_BEGINNING,
    TIMES_AS_COMMON,
    Decades,
    is_one_sided,
    may_stand_for_none,
)

_BORN = "coalesce(substr(coalesce(birth_date, birth_date_partial), 1, 3), '')"


def one_sided_names(engine: Engine, choice: str) -> dict[str, dict[str, int]]:
    """The number of records of each side, by field, with a name that is far too frequent for the other side.

    With the choice `not_known`, these names are made not known.
    """
    found: dict[str, dict[str, int]] = {side: {} for side in SIDES}
    known = tallies(engine, {name: _known(name) for name in FIELDS})
    for name in FIELDS:
        for side, words in _found(engine, name, [known[name][side] for side in SIDES]):
            borne = f"{name} IN ({_listed(words)})"
            found[side][name] = engine.count(f"{side} WHERE {borne}")
            if choice == NOT_KNOWN:
                several = SEVERAL_NAMES if name == "first_name" else ()
                for column in (f"{name}_parts", *several, name):  # the name last, because it is used to find the others
                    engine.blank(side, column, borne)
    return found


def _listed(words: Sequence[str]) -> str:
    return ", ".join(map(literal, words))


def _known(name: str) -> str:
    """The number of records of each side with a name in a field."""
    return " UNION ALL ".join(f"SELECT '{side}', count({name}) FROM {side}" for side in SIDES)


def _found(engine: Engine, name: str, records: Sequence[int]) -> list[tuple[str, list[str]]]:
    """The sides that have such names in a field, with the names. `records` are the numbers of records with a name, by
    side."""
    # With fewer records, the expected number of any name is too small.
    if not all(records) or max(records) < EXPECTED_AT_LEAST:
        return []
    suspects = engine.rows(_suspects(name, *records))
    return [(side, words) for side in SIDES if (words := list(_of_side(engine, name, side, suspects)))]


def _suspects(name: str, patients: int, deaths: int) -> str:
    """Names that are far too frequent on one side when years of birth are ignored: few, to be tested further."""
    patient, death = (
        f"(SELECT {name} AS name, count(*) AS records FROM {side} GROUP BY {name}) AS {side}_named" for side in SIDES
    )
    of_patients, of_deaths = (f"coalesce({side}_named.records, 0)" for side in SIDES)
    far = " OR ".join(
        f"({here} * {there_all} >= {EXPECTED_AT_LEAST * here_all}"
        f" AND {there} * {TIMES_AS_COMMON * here_all} <= {here} * {there_all})"
        for here, here_all, there, there_all in (
            (of_patients, patients, of_deaths, deaths),
            (of_deaths, deaths, of_patients, patients),
        )
    )
    named = "coalesce(patient_named.name, death_named.name)"
    return (
        f"SELECT {named} AS name FROM {patient} FULL JOIN {death} ON patient_named.name = death_named.name"
        f" WHERE {named} IS NOT NULL AND ({far}) ORDER BY 1"
    )


def _of_side(engine: Engine, name: str, side: str, suspects: Sequence[Sequence[str]]) -> Iterator[str]:
    if not suspects:
        return
    (other,) = (one for one in SIDES if one != side)
    totals = {one: _by_decade(engine, one, "'all'", f"{name} IS NOT NULL")["all"] for one in SIDES}
    words = [word for (word,) in suspects if may_stand_for_none(word)]
    here = _by_decade(engine, side, name, f"{name} IN ({_listed(words)})") if words else {}
    for word in (word for word in here if is_one_sided(here[word], 0, totals[side], totals[other])):
        begun = f"(starts_with({name}, {literal(word)}) OR starts_with({literal(word)}, {name}))"
        alike = f"({name} = {literal(word)} OR length({name}) >= {SHORTEST_BEGINNING} AND {begun})"
        if is_one_sided(here[word], engine.count(f"{other} WHERE {alike}"), totals[side], totals[other]):
            yield word


def _by_decade(engine: Engine, side: str, value: str, where: str) -> Mapping[str, Decades]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    counted = f"SELECT {value} AS name, {_BORN} AS born, count(*) AS records FROM {side} WHERE {where}"
    for name, born, records in engine.rows(f"{counted} GROUP BY 1, 2 ORDER BY 1, 2"):
        found[name][born] = int(records)
    return found
