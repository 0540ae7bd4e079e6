"""What looks wrong in what was read, in words: shares and counts alone, no value of an identifier.

A step of its own because files that are read without a complaint can still mean something else than was taken: two
columns swapped, a code that means women here and men there, a date that stands for no date.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from linkage.engines import Engine, count_rows
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.encounters import KIND_WORDS
from linkage.method.records import Loaded, trimmed
from linkage.quoting import quoted
from linkage.run.summary import share
from linkage.sources.source import Source
from linkage.values.nicknames import nickname_table

NEARLY_ALL, MANY, SEVERAL = 0.95, 0.5, 0.05
"""Shares from which something looks wrong."""
FEW, LONG_STAY_DAYS = 10, 3_653
"""A number that may be chance; ten years."""
_SIDES = ("patient", "death")


def concerns(
    engine: DuckDBEngine, sources: Sequence[Source], loaded: Sequence[Loaded], columns: Sequence[Mapping[str, Any]]
) -> list[str]:
    """What looks wrong in the tables of an engine: patients, deaths and encounters, in the order of `sources`.

    `columns` has for each column that was read its file, name, rows, values missing, and values lost by reason.
    """
    return [
        *_of_columns(columns),
        *_swapped(engine, loaded),
        *_sexes_reversed(engine),
        *_of_dates(engine, loaded),
        *_nothing_in_common(engine, loaded),
        *_rejected_rows(engine, loaded),
        *_of_kinds(engine, sources[2:], loaded[2:]),
        *(_of_stays(engine) if loaded[2:] else [_NO_ENCOUNTERS]),
    ]


_NO_ENCOUNTERS = "There are no encounters: the run would end with links, without dates."


def _of_columns(columns: Sequence[Mapping[str, Any]]) -> list[str]:
    concerns = []
    for column in columns:
        place = f"{column['file']}, {column['name']} (read as {column['ours']})"
        rows, lost = column["rows"], sum(column["lost"].values())
        if column["missing"] >= rows:
            concerns.append(f"{place}: holds nothing in any row.")
        elif column["missing"] > NEARLY_ALL * rows and column["ours"] not in ("suffix", "former_last_names"):
            concerns.append(f"{place}: {share(column['missing'], rows)} missing.")
        if lost > SEVERAL * rows and column["ours"] != "suffix":
            concerns.append(f"{place}: {share(lost, rows)} cannot be read or are dummies.")
    return concerns


def _swapped(engine: Engine, loaded: Sequence[Loaded]) -> list[str]:
    """First and last names the wrong way round, seen by the given names that a nickname list knows."""
    names = nickname_table()
    given = sorted({*names, *(formal for several in names.values() for formal in several)})
    engine.insert("given_name", {"name": given}, {"name": "STRING"})
    concerns = []
    for side, one in zip(_SIDES, loaded, strict=False):
        if {"first_name", "last_name"} <= set(one.columns):
            first, last = (_share_given(engine, side, column) for column in ("first_name", "last_name"))
            if last > 2 * first and last > SEVERAL:
                concerns.append(
                    f"{one.name}: {100 * last:.0f} % of the last names and {100 * first:.0f} % of the first names are"
                    " common given names. Are the two columns swapped?"
                )
    engine.drop("given_name")
    return concerns


def _share_given(engine: Engine, side: str, column: str) -> float:
    known, given = engine.rows(
        f"SELECT count(*), count(*) FILTER (WHERE {column} IN (SELECT name FROM given_name)) FROM {side}"
        f" WHERE {column} IS NOT NULL"
    )[0]
    return given / known if known else 0.0


def _of_dates(engine: Engine, loaded: Sequence[Loaded]) -> list[str]:
    concerns = []
    both, before = engine.rows(
        "SELECT count(*), count(*) FILTER (WHERE death_date_partial < birth_date) FROM death"
        " WHERE birth_date IS NOT NULL AND death_date_partial IS NOT NULL"
    )[0]
    if before > SEVERAL * both:
        swapped = " Are the two columns swapped?" if before > MANY * both else ""
        concerns.append(f"{loaded[1].name}: {share(before, both)} died before they were born.{swapped}")
    for side, one in zip(_SIDES, loaded, strict=False):
        born, first_of_january = engine.rows(
            f"SELECT count(birth_date), count(*) FILTER (WHERE birth_date LIKE '%0101') FROM {side}"
        )[0]
        if first_of_january > SEVERAL * born:
            concerns.append(
                f"{one.name}: {share(first_of_january, born)} were born on 1 January: a default date? See not_known in"
                " rule files."
            )
    return concerns


def _sexes_reversed(engine: Engine) -> list[str]:
    """Codes of the sex that mean one thing in one file and another in the other, seen by people who stand in both."""
    both, differ = engine.rows(
        "SELECT count(*), count(CASE WHEN patient.sex <> death.sex THEN 1 END) FROM patient"
        " JOIN death USING (first_name, last_name, birth_date) WHERE patient.sex IS NOT NULL AND death.sex IS NOT NULL"
    )[0]
    if differ <= max(MANY * both, FEW):
        return []
    return [
        f"{share(differ, both)} of those with the same names and birth date in both files differ in sex. Does a code,"
        " such as 1, mean men in one file and women in the other? Write M and F."
    ]


def _of_kinds(engine: DuckDBEngine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """Words for the kind of an encounter that say neither hospital nor emergency department."""
    concerns = []
    for source, one in zip(sources, loaded, strict=True):
        if "kind" in one.columns and not source.reading.kind:
            kind = f"lower({trimmed(one.columns['kind'])})"
            frame = engine.frame(
                f"SELECT count(*) FILTER (WHERE {kind} NOT IN ({quoted(KIND_WORDS)})) AS other FROM source", source
            )
            if (other := int(frame["other"].iloc[0])) > SEVERAL * one.rows:
                concerns.append(
                    f"{one.name}, {one.columns['kind']} (read as kind): {share(other, one.rows)} hold none of"
                    f" {', '.join(KIND_WORDS)}, and count as hospital stays. Take out visits that were none."
                )
    return concerns


def _of_stays(engine: Engine) -> list[str]:
    """Stays that never end: a discharge or death far away keeps a patient alive until then."""
    long = count_rows(
        engine,
        "encounter WHERE days_between(CAST(greatest(discharge_time, death_time) AS DATE), CAST(start_time AS DATE))"
        f" > {LONG_STAY_DAYS}",
    )
    if not long:
        return []
    return [
        f"{long:,} encounters end more than ten years after they began. Is 2100-12-31, or another date far away,"
        " written where there was no discharge or no death? Leave it empty: else it is believed."
    ]


def _nothing_in_common(engine: Engine, loaded: Sequence[Loaded]) -> list[str]:
    """What both files have and no value of which stands in both."""
    concerns = []
    for column in ("ssn", "last_name", "first_name", "birth_date"):
        if all(column in one.columns for one in loaded[:2]):
            sides = (f"(SELECT DISTINCT {column} FROM {side} WHERE {column} IS NOT NULL)" for side in _SIDES)
            patients, deaths = sides
            common = count_rows(engine, f"{patients} AS p JOIN {deaths} AS d USING ({column})")
            if not common:
                concerns.append(f"No {column} stands in both files. Are they written in the same way?")
    return concerns


def _rejected_rows(engine: Engine, loaded: Sequence[Loaded]) -> list[str]:
    return [
        f"{one.name}: {share(one.rejected, one.rows)} of the rows would be rejected."
        for one in loaded
        if one.rejected > SEVERAL * one.rows
    ]
