"""Columns that are not read and mark rows that should not count: void records, the living, visits that were not made.

The words of every unread column are looked at, because a hospital or registry can give such a column any name.
"""

from collections.abc import Iterable, Mapping, Sequence

from linkage.concerns.likely_names import is_of_others, likely_columns
from linkage.concerns.mark_words import (
    ALIVE,
    FETAL,
    OTHER_EVENT,
    codes_of_life,
    doubtful_codes,
    is_not_in_force,
    is_not_made,
    is_short,
    marks_record,
    marks_removal,
)
from linkage.concerns.unread_words import Words, rows_with
from linkage.method.records import Loaded
from linkage.printing import agreeing, counted

_TOLD_BY_NAME = {"patients": "deceased", "deaths": "void", "encounters": "died_in_hospital"}


def concerns_of_marks(role: str, one: Loaded, unread: Mapping[str, Words]) -> list[str]:
    """What looks wrong in the words of the columns of one file that were not used."""
    flag = _TOLD_BY_NAME[role]
    told = () if flag in one.columns else likely_columns(role, flag, one.unused)[:1]
    concerns: list[str] = []
    for name, words in unread.items():
        said = [*_not_in_force(role, one, name, words), *(_of_deaths(one, name, words) if role == "deaths" else ())]
        concerns += said or ([] if name in told else _of_codes(role, one, name, words))
    return concerns


def _not_in_force(role: str, one: Loaded, name: str, words: Words) -> list[str]:
    void = sum(rows for word, rows in words.items() if is_not_in_force(name, word))
    missed = sum(
        rows
        for word, rows in words.items()
        if role == "encounters" and is_not_made(name, word) and not is_not_in_force(name, word)
    )
    number = void + missed
    if not number:
        return []
    what = "the record is void, deleted, merged or inactive"
    if role == "encounters":
        what += ", or the visit cancelled, planned or missed"
    remedy = f'Map it: columns = {{ void = "{name}" }}, or remove' if role == "deaths" else "Remove"
    return [
        f"{one.name}: {name} is not read, and says of {counted(number, 'row')} that {what}."
        f" {agreeing(number, 'It counts', 'They count')} like any other. {remedy} such rows from the file."
    ]


def _of_deaths(one: Loaded, name: str, words: Words) -> list[str]:
    concerns = []
    if not is_of_others(name) and (alive := rows_with(words, ALIVE)):
        concerns.append(
            f"{one.name}: {name} is not read, and says of {counted(alive, 'row')} that the person is alive."
            f" {agreeing(alive, 'It counts as a death', 'They count as deaths')}. Remove the rows of the living from"
            " the file."
        )
    if not is_of_others(name) and (other := rows_with(words, OTHER_EVENT)):
        concerns.append(
            f"{one.name}: {name} is not read, and says of {counted(other, 'row')} that"
            f" {agreeing(other, 'it records', 'they record')} a birth, marriage, or divorce."
            f" {agreeing(other, 'It counts as a death', 'They count as deaths')}. Remove such rows from the file."
        )
    if fetal := rows_with(words, FETAL):
        concerns.append(
            f"{one.name}: {name} is not read, and says of {counted(fetal, 'row')} that"
            f" {agreeing(fetal, 'it is a fetal death', 'they are fetal deaths')}, which can be linked to a patient with"
            " the parents' name. Remove such rows from the file."
        )
    return concerns


def _of_codes(role: str, one: Loaded, name: str, words: Words) -> list[str]:
    """A column of codes whose name says that it may mark such rows; only the user can know."""
    empty = max(0, one.rows - sum(words.values()))
    if role == "deaths" and (codes := codes_of_life(name, words, empty)):
        void = ", or records that are void or deleted" if marks_record(name) else ""
        return [
            f"{one.name}: {name} is not read, and has codes: {_listed(codes.items())}. They may mark living"
            f" people{void}, whose rows count as deaths. Remove such rows from the file, or leave out the column."
        ]
    if not (codes := doubtful_codes(role, name, words, one.rows)):
        return []
    died = ", or patients who died" if role == "patients" and "D" in codes else ""
    remedy = f' map it: columns = {{ void = "{name}" }}, or' if role == "deaths" and set(codes) <= set("VDX") else ""
    return [
        f"{one.name}: {name} is not read, and has codes that may mark void, deleted or inactive records{died}:"
        f" {_listed(codes.items())}. If they do,{remedy} remove such rows from the file; otherwise leave out the"
        " column."
    ]


def _listed(codes: Iterable[tuple[str, int]]) -> str:
    """Codes with their rows, the most frequent first."""
    ordered: Sequence[tuple[str, int]] = sorted(codes, key=lambda code: (-code[1], code[0]))
    return ", ".join(f"{code} ({counted(rows, 'row')})" for code, rows in ordered)


def columns_of_removal(one: Loaded, unread: Mapping[str, Words]) -> list[str]:
    """The columns that were not used and by their names hold the day, reason or successor of a removed record. Codes
    are judged separately."""
    codes = {name for name, words in unread.items() if words and all(map(is_short, words))}
    return [name for name in one.unused if marks_removal(name) and name not in codes]


def concern_of_removal(one: Loaded, name: str, rows: int) -> str:
    """The concern about such a column with a value in so many rows."""
    return (
        f"{one.name}: {name} is not read, and has a value in {counted(rows, 'row')}. By its name, it marks records that"
        f" were deleted, cancelled, or replaced. {agreeing(rows, 'It counts', 'They count')} like any other. Remove"
        " such rows from the file, or leave out the column."
    )
