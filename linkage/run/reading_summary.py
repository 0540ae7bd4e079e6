"""The results of reading, in words: date formats, values not known, and columns not used."""

from collections.abc import Mapping, Sequence
from typing import Any

from linkage.formats.stream import in_words
from linkage.method.columns import SIDES
from linkage.method.flags_and_sex import NOT_UNDERSTOOD
from linkage.method.future_dates import IN_THE_FUTURE
from linkage.method.records import Loaded
from linkage.method.standardize.odd_values import lost_values
from linkage.printing import share, table
from linkage.rules.cascade import NOT_KNOWN, Cascade, Rule
from linkage.sources.column_names import shown_name
from linkage.sources.source import ROW_NUMBER
from linkage.values.codes import MEANINGS
from linkage.values.likely_forms import advice
from linkage.values.ssn import ZEROS_LOST

# The columns that can contain a field besides its own: suffixes and initials follow names.
_FOUND_IN = {
    "middle_name": ("middle_name", "first_name"),
    "last_name": ("last_name", "former_last_names"),
    "suffix": ("suffix", "first_name", "last_name"),
}


def rules_out_of_reach(cascade: Cascade, loaded: Sequence[Loaded]) -> str:
    """The rules that no pair can satisfy, because a file lacks a column that they require to be known."""
    out_of_reach: dict[str, list[str]] = {}
    for rule in cascade.rules:
        if lacking := _lacking(rule, loaded):
            out_of_reach.setdefault(" and ".join(lacking), []).append(rule.id)
    lines = [f"  {lacking}: {', '.join(rules)}" for lacking, rules in out_of_reach.items()]
    return "\n".join(["No pair can satisfy these rules, because a file lacks a column", *lines]) if lines else ""


def _lacking(rule: Rule, loaded: Sequence[Loaded]) -> list[str]:
    wanted = [condition.field for condition in rule.agree if NOT_KNOWN not in condition.levels]
    wanted += [rarity.field for rarity in rule.rare]
    fields = [name for field in wanted for name in (("first_name", "last_name") if field == "full_name" else (field,))]
    return [
        field
        for field in dict.fromkeys(fields)
        if not all(set(_FOUND_IN.get(field, (field,))) & set(one.columns) for one in loaded[:2])
    ]


def forms_of_dates(loaded: Sequence[Loaded]) -> str:
    """The order in which each ambiguous column of dates was read."""
    lines = [
        f"  {one.name}, {shown_name(one.columns[column])}: {found}"
        for one in loaded
        for column, found in one.forms.items()
        if found.how
    ]
    return "\n".join(["Dates that can be read in several ways were read", *lines]) if lines else ""


def ids_made(loaded: Sequence[Loaded]) -> str:
    """A note on the ids of deaths, if the file has none or they are SSNs."""
    deaths = loaded[1]
    number = deaths.columns["death_id"]
    if number == ROW_NUMBER:
        return (
            f"{deaths.name} has no column of death ids: the row number is used as the death_id. It depends on the order"
            " of the rows, so another extract of the registry gives the same deaths other ids."
        )
    if number == deaths.columns.get("ssn") or deaths.ids_are_ssns:
        return f"{deaths.name}: the SSN is also the death_id, so every output table with a death_id contains SSNs."
    return ""


def rows_forgiven(loaded: Sequence[Loaded]) -> str:
    """The files with a deviation that is tolerated in every row."""
    return "\n".join(f"{one.name}: {one.forgiven}." for one in loaded if one.forgiven)


def registry_changes(loaded: Sequence[Loaded]) -> str:
    """The effect of the records of a registry that is a stream of changes."""
    lines = [f"{one.name} is a stream of records: {in_words(one.actions)}." for one in loaded if one.actions]
    return "\n".join(lines)


def values_not_known(loaded: Sequence[Loaded], counts: Mapping[str, Any]) -> str:
    """The number of values of each column that could not be used, and why."""
    rows = [["file", "column", "values", "share", "not known, or corrected, because"]]
    for side, one in zip(SIDES, loaded, strict=False):
        for column, reasons in counts["cleaned"].get(side, {}).items():
            lost = lost_values(reasons, mended=True)
            if lost:
                ours = column.removesuffix("_partial")
                rows.append([one.name, shown_name(one.columns.get(ours, ours)), *_counted(lost, one.used)])
    for one in loaded:
        for column, reasons in one.times_not_read.items():
            rows.append([one.name, shown_name(one.columns[column]), *_counted(reasons, one.rows)])
    for one in loaded[2:]:
        for column, reasons in one.codes_not_known.items():
            rows.append([one.name, shown_name(one.columns[column]), *_counted(reasons, one.rows)])
    text = table(rows, right=[2, 3]) if len(rows) > 1 else ""
    if any(IN_THE_FUTURE in row[4] for row in rows):
        text += f"\nDates after {loaded[0].last_year} are in the future, judging by the other dates of the files."
    return text


def _counted(reasons: Mapping[str, int], of_rows: int) -> list[str]:
    by_reason = "; ".join(f"{reason} {number:,}" for reason, number in sorted(reasons.items(), key=_largest_first))
    total = sum(reasons.values())
    return [f"{total:,}", share(total, of_rows), by_reason]


def _largest_first(reason: tuple[str, int]) -> tuple[int, str]:
    return -reason[1], reason[0]


def columns_not_used(loaded: Sequence[Loaded]) -> str:
    """The columns that were not read."""
    lines = [f"  {one.name}: {', '.join(one.unused)}" for one in loaded if one.unused]
    return "\n".join(["Columns not used", *lines]) if lines else ""


def hints(counts: Mapping[str, Any], loaded: Sequence[Loaded]) -> str:
    """Settings with which more values could be read."""
    lines = []
    for side, one in zip(SIDES, loaded, strict=False):
        cleaned = counts["cleaned"].get(side, {})
        if NOT_UNDERSTOOD in cleaned.get("sex", {}):
            lines.append(
                f'  {one.name}: words = {{ sex = {{ WORD = "F" }} }} declares the meaning of a word for the sex:'
                f" {', '.join(MEANINGS['sex'])}"
            )
        if ZEROS_LOST in cleaned.get("ssn", {}):
            lines.append(f'  {one.name}: ssn_lost_zeros = "restore" restores zeros that a spreadsheet removed')
        if 2 * sum(number for reason, number in cleaned.get("ssn", {}).items() if _is_of_length(reason)) > one.used:
            lines.append(
                f"  {one.name}: digits, under [fields.ssn] of a rule file, sets the number of digits of an SSN, if it"
                " is not nine"
            )
        for column in ("birth_date", "death_date_partial"):
            if "two-digit year" in cleaned.get(column, {}):
                ours = column.removesuffix("_partial")
                lines.append(
                    f"  {one.name}: two_digit_years_up_to = {{ {ours} = ... }} sets the century of two-digit years"
                )
        lines += [
            f"  {one.name}, {shown_name(one.columns[ours])}: numbers that are not read. {advice(found.likely, ours)}"
            for ours, found in one.forms.items()
            if found.likely
        ]
    return "\n".join(["Settings with which more values could be read", *lines]) if lines else ""


def _is_of_length(reason: str) -> bool:
    return reason == ZEROS_LOST or (reason.startswith("not ") and reason.endswith(" digits"))


def reading(cascade: Cascade, loaded: Sequence[Loaded], counts: Mapping[str, Any]) -> list[str]:
    """All of these parts that are not empty."""
    parts = [
        rules_out_of_reach(cascade, loaded),
        registry_changes(loaded),
        ids_made(loaded),
        rows_forgiven(loaded),
        forms_of_dates(loaded),
        values_not_known(loaded, counts),
        hints(counts, loaded),
        columns_not_used(loaded),
    ]
    return [part for part in parts if part]
