"""Columns that are not read although, by their names or words, they concern deaths.

A column with an unusual name that marks void certificates or deaths, or gives dates of death, is not read, and this is
not an error: a void certificate is then linked, a death has no date, or a patient who died counts as alive. So every
such column is reported until it is mapped or removed.
"""

import re
from collections.abc import Mapping, Sequence

from linkage.concerns.hospital_dates import concerns_of_hospital_dates
from linkage.concerns.likely_names import dates_in_parts, discharge_columns, likely_columns
from linkage.concerns.mark_words import may_say_death
from linkage.concerns.unread_kinds import concerns_of_kinds
from linkage.concerns.unread_marks import columns_of_removal, concern_of_removal, concerns_of_marks
from linkage.concerns.unread_words import Words, words_of_unread
from linkage.engines import Engine
from linkage.engines.duck.engine import DuckDBEngine
from linkage.method.records import Loaded
from linkage.printing import agreeing, counted
from linkage.quoting import literal, quoted, quoted_name
from linkage.sources.column_names import each_name, shown_name
from linkage.sources.source import ROW_NUMBER, ColumnName, Source
from linkage.system.closed_duckdb import as_pattern
from linkage.values.codes import DEATH_WORDS, YES, read_codes, word_of
from linkage.values.dates import NOT_KNOWN_WORDS

_OF_DEATHS = {
    "patients": ("hospital_death_date", "deceased"),
    "deaths": ("death_date", "void"),
    "encounters": ("discharge", "death_time", "died_in_hospital"),
}
"""The columns of each table that can change a date of death, or void a death."""


def concerns_of_unread_columns(loaded: Sequence[Loaded]) -> list[str]:
    """What looks wrong in the columns that were not used: patients, deaths and encounters, in this order."""
    concerns = [concern for role, one in zip(_roles(loaded), loaded, strict=True) for concern in _of_file(role, one)]
    if loaded[2:] and "death_date" not in loaded[1].columns:
        concerns.append(f"{loaded[1].name}: no column is read as death_date, so it gives no date of death.")
    return concerns


def _roles(loaded: Sequence[Loaded]) -> list[str]:
    return ["patients", "deaths", *["encounters"] * len(loaded[2:])]


def _of_file(role: str, one: Loaded) -> list[str]:
    in_parts = dates_in_parts(role, one.unused)
    concerns = []
    for ours in _OF_DEATHS[role]:
        if ours in one.columns:
            continue
        parts = in_parts.get(ours)
        names = parts or likely_columns(role, ours, one.unused)[:1]
        if names:
            listed = ", ".join(f'"{name}"' for name in names)
            concerns.append(
                f"{one.name}: {', '.join(names)} {agreeing(len(names), 'is', 'are')} not read, and may hold {ours}."
                f" Map {agreeing(len(names), 'it', 'them')}: columns = {{ {ours} = {f'[{listed}]' if parts else listed}"
                f" }}, or leave {agreeing(len(names), 'it', 'them')} out of the file."
            )
    return concerns


def concerns_of_marked_rows(engine: Engine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """Columns that were not used and by their words mark void records, the living, or visits that were not made.

    The rows count as any other, so that a patient of a deleted record, or a void certificate, is linked. Dates of death
    in the patients file that seem to be those of a last contact are judged too, beside the words of a status.
    """
    if not isinstance(engine, DuckDBEngine):
        return []
    concerns = []
    for role, source, one in zip(_roles(loaded), sources, loaded, strict=True):
        unread = words_of_unread(engine, source, one)
        concerns += concerns_of_marks(role, one, unread)
        concerns += _removed(engine, source, one, unread)
        if role == "encounters":
            concerns += [*concerns_of_kinds(source, one, unread), *_deaths_not_read(engine, source, one, unread)]
        if role == "patients" and loaded[2:]:  # without encounters, dates of death in the patients file are not used
            concerns += concerns_of_hospital_dates(engine, source, one, unread)
    return concerns


def _removed(engine: DuckDBEngine, source: Source, one: Loaded, unread: Mapping[str, Words]) -> list[str]:
    """Columns that were not used and by their names mark removed records, with a value in some rows."""
    names = columns_of_removal(one, unread)
    if not names:
        return []
    words = quoted(tuple(sorted(NOT_KNOWN_WORDS | {""})))
    held = (f"upper(trim(text_of({quoted_name(name)}))) NOT IN ({words})" for name in names)
    counts = ", ".join(f"count(CASE WHEN {is_held} THEN 1 END)" for is_held in held)
    (numbers,) = engine.rows_of(source, f"SELECT {counts} FROM source")
    return [
        concern_of_removal(one, name, int(rows))
        for name, rows in zip(names, numbers, strict=True)
        if 0 < rows < one.rows
    ]


_SAYS_DIED = re.compile(rf"\b({'|'.join(sorted(word for word in DEATH_WORDS if word.isalpha()))})\b")


def _deaths_not_read(engine: DuckDBEngine, source: Source, one: Loaded, unread: Mapping[str, Words]) -> list[str]:
    """Columns of encounters that were not used and say of some stays without a time of death that the patient died.

    By name alone, a discharge disposition is no fault: a file with times of death does not need it. That of MIMIC's ED
    stays is not used by the published method.
    """
    if {"stay_id", "outtime"} <= {*one.unused, one.columns.get("discharge")}:
        return []
    flag = one.columns.get("died_in_hospital")
    flags = likely_columns("encounters", "died_in_hospital", one.unused)[:1]
    by_words = [name for name, words in unread.items() if DEATH_WORDS & {*words} and may_say_death(name)]
    names = list(dict.fromkeys([*flags, *discharge_columns(one.unused), *by_words]))
    if flag is None:  # then the likeliest flag is reported by its name
        names = [name for name in names if name not in flags]
    untimed = _without_death(engine, source, one, flag) if names else ""
    concerns = []
    for name in names:
        found = engine.rows_of(
            source,
            f"SELECT text_of({quoted_name(name)}) AS word, count(*) AS found FROM source WHERE {untimed}"
            " AND word IS NOT NULL GROUP BY word",
        )
        rows = {str(word): int(number) for word, number in found}
        meanings = read_codes("died_in_hospital", rows, called=name).meanings
        number = sum(
            number
            for word, number in rows.items()
            if meanings.get(word) == YES or (word not in meanings and _SAYS_DIED.search(word_of(word)))
        )
        if number:
            concerns.append(_says_of_deaths(one, name, number, flag))
    return concerns


def _without_death(engine: DuckDBEngine, source: Source, one: Loaded, flag: ColumnName | None) -> str:
    """The condition that a row has no time of death, and that the flag that is read says of none."""
    times = each_name(one.columns["death_time"]) if "death_time" in one.columns else ()
    conditions = ["true", *(f"coalesce(trim(text_of({quoted_name(time)})), '') = ''" for time in times)]
    if isinstance(flag, str):
        words = _says_yes(engine, source, flag)
        conditions.append(f"NOT coalesce(text_of({quoted_name(flag)}) IN ({words}), FALSE)")
    return " AND ".join(conditions)


def _says_of_deaths(one: Loaded, name: str, number: int, flag: ColumnName | None) -> str:
    encounters = f"{one.name}: {name} is not read, and seems to say of {counted(number, 'encounter')}"
    if flag is None:
        return (
            f"{encounters} without a time of death that the patient died."
            f' Map it: columns = {{ died_in_hospital = "{name}" }}, or leave it out of the file.'
        )
    return (
        f"{encounters} without a time of death that the patient died, but {shown_name(flag)} (read as died_in_hospital)"
        " does not. Write both into one column, or leave it out of the file."
    )


def _says_yes(engine: DuckDBEngine, source: Source, flag: str) -> str:
    """The words by which the flag that is read says that a patient died, for IN."""
    select = f"SELECT text_of({quoted_name(flag)}) AS word, count(*) FROM source WHERE word IS NOT NULL GROUP BY word"
    rows = {str(word): int(number) for word, number in engine.rows_of(source, select)}
    own = source.reading.words.get("died_in_hospital", {})
    meanings = read_codes("died_in_hospital", rows, own, called=flag).meanings
    return ", ".join(literal(word) for word in ["", *rows] if meanings.get(word) == YES) or "''"


def concerns_of_lacking_columns(engine: Engine, sources: Sequence[Source], loaded: Sequence[Loaded]) -> list[str]:
    """Columns that are missing in some files of a folder, and so not known in the rows of these files."""
    if not isinstance(engine, DuckDBEngine):
        return []
    concerns = []
    for source, one in zip(sources, loaded, strict=True):
        if source.format != "parquet" or len(source.files) < 2:
            continue
        paths = [literal(as_pattern(path)) for path in source.files]
        held = [
            {str(name).lower() for (name,) in engine.rows(f"SELECT name FROM parquet_schema({path})")} for path in paths
        ]
        pairs = [(ours, name) for ours, theirs in one.columns.items() for name in each_name(theirs)]
        for ours, name in pairs:
            lacking = sum(name.lower() not in names for names in held)
            if lacking and name != ROW_NUMBER:
                concerns.append(
                    f"{one.name}: {lacking:,} of its {len(held):,} files {agreeing(lacking, 'has', 'have')} no column"
                    f" {name} (read as {ours}), so its values are not known there. Use the same name in all files."
                )
    return concerns
