"""Standardize records for the reference engine, row by row.

Nothing is vectorized: each record is processed by the functions of `linkage.values`, so that errors in the bulk
processing of a fast engine are not repeated here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from linkage.rules.cascade import Cascade, Field
from linkage.values.affixes import standard_suffix
from linkage.values.codes import read_codes
from linkage.values.date_forms import FormFound, forms_found
from linkage.values.dates import standard_date
from linkage.values.given_names import formal_names
from linkage.values.name_words import NULL_SURNAMES, PARTICLES
from linkage.values.names import Name, former_names, sound, standard_name
from linkage.values.nicknames import nickname_table
from linkage.values.no_dates import no_dates
from linkage.values.ssn import standard_ssn

Row = dict[str, Any]
EITHER_ORDER = ("names_in_either_order", "initials_in_either_order")


def by_id(record_id: str) -> tuple[int, str]:
    """The sort key of ids, by which numbers written as text are in numeric order.

    >>> sorted(["10", "9", "1"], key=by_id)
    ['1', '9', '10']
    """
    return len(record_id), record_id


def standard_frame(
    raw: pd.DataFrame, id_column: str, cascade: Cascade, beside: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Standardize one file: one row per record, indexed by its id, with all columns that a key or a
    measure may use. Unknown values are None.

    `raw` has text under the canonical column names; all columns but the id are optional. `beside` is the other file in
    the same form, which shows what NULL and similar words mean as a last name.
    """
    rows = _standard_rows(raw, cascade)
    _drop_surnames_for_nothing(rows, raw, cascade, beside)
    ids = pd.Index([str(found) for found in raw[id_column]], name=id_column, dtype=object)
    # An empty file still needs all columns: take them from an empty record.
    columns = list(_standard_row({}, cascade, forms_found({"birth_date": [], "death_date": []}, {}), {}))
    return pd.DataFrame(rows, index=ids, columns=columns, dtype=object)


def _standard_rows(raw: pd.DataFrame, cascade: Cascade) -> list[Row]:
    forms = forms_found({name: _texts(raw, name) for name in ("birth_date", "death_date")}, {})
    sexes = read_codes("sex", Counter(_texts(raw, "sex"))).meanings
    return [_standard_row(record, cascade, forms, sexes) for record in raw.to_dict("records")]


def _texts(raw: pd.DataFrame, column: str) -> list[str]:
    return [str(text) for text in raw[column].dropna()] if column in raw else []


def _drop_surnames_for_nothing(
    rows: list[Row], raw: pd.DataFrame, cascade: Cascade, beside: pd.DataFrame | None
) -> None:
    """Treat last names such as NULL as not known, unless the record is complete, no other column has the word, and
    either few records have this last name or the other file gives these people the same last name. Where the other
    file gives them other last names, the word is not known."""
    borne = Counter(name for row in rows if (name := row["last_name"]) in NULL_SURNAMES)
    if not borne:
        return
    others = ("first_name", "middle_name", "suffix", "former_last_names", "birth_date", "death_date", "ssn")
    elsewhere = {text.strip().upper() for column in others for text in _texts(raw, column)}
    witness = {} if beside is None else _witness(rows, _standard_rows(beside, cascade))
    few = 1 + len(rows) // 20_000
    never = {name for name in borne if name in elsewhere or witness.get(name, 0) < 0}
    never |= {name for name, number in borne.items() if number > few and witness.get(name, 0) <= 0}
    for row in rows:
        name = row["last_name"]
        if name in borne and (name in never or not row["first_name"] or not row["birth_date"]):
            row |= dict.fromkeys(("full_name", *EITHER_ORDER))
            former = row["last_name_all"][1:] if row["last_name_all"] else []
            row |= name_columns("last_name", None, (), former)


def _witness(rows: list[Row], others: list[Row]) -> Counter[str]:
    """By word, on how many records more the other file has the same last name, of those with an SSN and birth date
    that it knows."""
    known: dict[tuple[str, str], set[str]] = {}
    for other in others:
        if other["ssn"] and other["birth_date"] and other["last_name"]:
            known.setdefault((other["ssn"], other["birth_date"]), set()).add(other["last_name"])
    votes: Counter[str] = Counter()
    for row in rows:
        names = known.get((row["ssn"], row["birth_date"])) if row["last_name"] in NULL_SURNAMES else None
        if names:
            votes[row["last_name"]] += 1 if row["last_name"] in names else -1
    return votes


def _standard_row(
    record: Mapping[Any, Any], cascade: Cascade, forms: Mapping[str, FormFound], sexes: Mapping[str, str]
) -> Row:
    text = {column: None if pd.isna(value) else str(value) for column, value in record.items()}
    fields = cascade.fields
    number = standard_ssn(text.get("ssn"), fields["ssn"].not_known, cascade.ssn)
    return {
        **_names(text, fields),
        "ssn": number.ssn,
        "ssn_last_four": number.last_four,
        "ssn_without_last_four": (number.ssn or "")[:-4] or None,
        **_birth_date(text.get("birth_date"), fields["birth_date"], forms["birth_date"]),
        "death_date_partial": standard_date(
            text.get("death_date"), no_dates("death_date"), forms["death_date"].form
        ).digits,
        "amends": (text.get("amends") or "").strip() or None,
        "sex": sex if (sex := sexes.get(text.get("sex") or "")) in ("M", "F") else None,
    }


def _names(text: Mapping[Any, str | None], fields: Mapping[str, Field]) -> Row:
    first = _name(text.get("first_name"), fields["first_name"], given=True)
    middle = _name(text.get("middle_name"), fields["middle_name"])
    last = _name(text.get("last_name"), fields["last_name"])
    former = former_names(text.get("former_last_names"), fields["last_name"].not_known, fields["last_name"].steps)
    former += last.former
    # An initial after the first name is used if the middle name is not known.
    middle_name = middle.name or first.middle
    middle_parts = middle.parts if middle.name else tuple(filter(None, [first.middle]))
    both = sorted([first.name, last.name]) if first.name and last.name else None
    full_name = f"{first.name}|{middle_name or ''}|{last.name}" if both else None
    return {
        **name_columns("first_name", first.name, first.parts, []),
        **_several_names(first),
        **name_columns("middle_name", middle_name, middle_parts, []),
        **name_columns("last_name", last.name, last.parts, former),
        "suffix": standard_suffix(text.get("suffix")) or last.suffix or first.suffix or middle.suffix,
        "full_name": full_name,
        "names_in_either_order": "|".join(both) if both else None,
        "initials_in_either_order": "".join(name[0] for name in both) if both else None,
    }


def _name(text: str | None, field: Field, *, given: bool = False) -> Name:
    return standard_name(text, field.not_known, field.steps, given=given)


def name_columns(field: str, name: str | None, parts: tuple[str, ...], former: list[str]) -> Row:
    """The columns of one name that a key or a measure may read."""
    return {
        field: name,
        f"{field}_initial": name[0] if name else None,
        f"{field}_parts": list(parts) if name else None,
        f"{field}_formal": formal_names(name, nickname_table()) if name else None,
        f"{field}_first": formal_names(name, nickname_table()) if name else None,
        f"{field}_sound": sound(name) if name else None,
        f"{field}_all": [*([name] if name else []), *former] or None,
    }


def _several_names(first: Name) -> Row:
    """Additional forms of a first name of several words: its first word, and the whole with that word in full form."""
    if first.name is None or len(first.words) < 2:
        return {}
    word, others = first.words[0], "".join(first.words[1:])
    together = [first.name, *nickname_table().get(first.name, ())]
    columns: Row = {"first_name_formal": [*together, *(one + others for one in formal_names(word, nickname_table()))]}
    if len(word) > 1 and word not in PARTICLES:
        columns["first_name_first"] = ["+", *formal_names(word, nickname_table())]
    return columns


def _birth_date(text: str | None, field: Field, found: FormFound) -> Row:
    digits = standard_date(text, no_dates("birth_date").union(field.not_known), found.form).digits
    return {
        "birth_date": complete(digits),
        "birth_date_partial": digits,
        "birth_year": digits[:4] if digits else None,
        "birth_month": digits[4:6] if digits and digits[4:6] != "00" else None,
        "birth_day": digits[6:] if digits and digits[6:] != "00" else None,
    }


def complete(digits: str | None) -> str | None:
    """The date if its month and day are known; otherwise None.

    >>> complete("19500131"), complete("19500100"), complete(None)
    ('19500131', None, None)
    """
    return digits if digits and digits[4:6] != "00" and digits[6:] != "00" else None


def without_shared_numbers(
    patients: pd.DataFrame, deaths: pd.DataFrame, people_at_most: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Treat as not known, on both sides, every SSN that more than `people_at_most` people have in the two files."""
    carriers = {
        (ssn, last_name, birth_date)
        for frame in (patients, deaths)
        for ssn, last_name, birth_date in zip(frame["ssn"], frame["last_name"], frame["birth_date"], strict=True)
        if ssn and last_name and birth_date
    }
    counts = Counter(ssn for ssn, _, _ in carriers)
    shared = {ssn for ssn, people in counts.items() if people > people_at_most}
    return _without(patients, shared), _without(deaths, shared)


def _without(frame: pd.DataFrame, shared: set[str]) -> pd.DataFrame:
    kept = frame.copy()
    kept.loc[kept["ssn"].isin(shared), ["ssn", "ssn_last_four", "ssn_without_last_four"]] = None
    return kept


def people(frame: pd.DataFrame, *, of_deaths: bool) -> dict[str, str]:
    """Map the id of each record to the lowest id of its person.

    Two records belong to one person if they share names and birth date, or SSN, first name and birth
    date, and no other known value within their group contradicts it. Certificates that share only names
    and birth date must also be dated at most a week apart. A certificate that amends another belongs to its person.
    """
    records: dict[str, Row] = {str(record_id): dict(row) for record_id, row in frame.iterrows()}
    for row in records.values():
        row["death_date"] = complete(row["death_date_partial"])
    day_of_death = ("death_date",) if of_deaths else ()
    by_name = _groups(records, ("first_name", "last_name", "birth_date", *day_of_death), ("ssn", "sex", "suffix"))
    by_ssn = _groups(records, ("ssn", "birth_date", "first_name", *day_of_death), ("sex", "suffix"))
    groups = [*by_name, *by_ssn]
    if of_deaths:
        for record_id, row in records.items():
            row["spell"] = None
            if row["amends"] in records:
                groups.append([record_id, row["amends"]])
        _number_spells(records)
        groups += _groups(records, ("first_name", "last_name", "birth_date", "spell"), ("ssn", "sex", "suffix"))
        groups += _groups(records, ("ssn", "birth_date", "first_name"), ("sex", "suffix"))
    return connected(records, groups)


APART_DAYS = 7


def _number_spells(records: Mapping[str, Row]) -> None:
    """Number the certificates of equal names and birth date by date; the number increases after a gap of over a
    week."""
    alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in records.values():
        names = tuple(row[column] for column in ("first_name", "last_name", "birth_date"))
        if all(names) and row["death_date"]:
            alike[names].append(row)
    for rows in alike.values():
        last, spell = None, 0
        for row, day in sorted(((row, day_of(row)) for row in rows), key=lambda found: found[1] or date.min):
            if last is None or day is None or (day - last).days > APART_DAYS:
                spell += 1
            row["spell"], last = spell, day


def day_of(row: Mapping[str, Any]) -> date | None:
    """The date of death of a certificate, if it is complete."""
    digits = complete(row["death_date_partial"])
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if digits else None


def connected(record_ids: Iterable[str], groups: Iterable[list[str]]) -> dict[str, str]:
    """Map each record to the lowest id among the records connected to it by overlapping groups."""
    together = {record_id: {record_id} for record_id in record_ids}
    for group in groups:
        joined = set().union(*(together[record_id] for record_id in group))
        together.update(dict.fromkeys(joined, joined))
    return {record_id: min(joined, key=by_id) for record_id, joined in together.items()}


def _groups(records: Mapping[str, Row], same: tuple[str, ...], at_most_one: tuple[str, ...]) -> list[list[str]]:
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for record_id, row in records.items():
        if all(row[column] for column in same):
            found[tuple(row[column] for column in same)].append(record_id)
    return [
        group
        for group in found.values()
        if len(group) > 1 and all(len({records[one][column] for one in group} - {None}) <= 1 for column in at_most_one)
    ]
