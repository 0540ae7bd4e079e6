"""Slips in personal names: nicknames, maiden names, names in the wrong field, two-part names, suffixes."""

from functools import lru_cache

import numpy as np
import pandas as pd

from synthetic.chance import Bools, Ints
from synthetic.names import DATA, Texts, draw_last_names
from synthetic.slips.records import Dice, Record

_HISPANIC = 2
# Particles that Census lists join with the rest of the name.
_PARTICLES = (("MC", "MC "), ("MAC", "MAC "), ("DELA", "DE LA "), ("DEL", "DEL "), ("VAN", "VAN "), ("ST", "ST "))
_IRISH = pd.Index([
    "OBRIEN", "OBYRNE", "OCALLAGHAN", "OCONNELL", "OCONNOR", "ODELL", "ODONNELL", "OGRADY", "OHARA", "OHARE",
    "OKEEFE", "OLEARY", "OMALLEY", "OMEARA", "ONEAL", "ONEIL", "ONEILL", "OREILLY", "OROURKE", "OSHEA",
    "OSULLIVAN", "OTOOLE",
])  # fmt: skip
_CONSONANTS = tuple("BCDFGHJKLMNPRTVW")


def married_since(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """She married after her last visit, so the certificate has a name unknown to the hospital."""
    return {field: draw_last_names(dice.chance, dice.keys, f"{dice.slip}/husband", record.person("group"))}


def maiden_name(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The birth name, if the hospital does not know the married name yet, or after a divorce."""
    return {field: record.person("birth_last")}


def changed_name(record: Record, field: str) -> Bools:
    """People whose last name differs from their birth name."""
    return np.asarray(record.person("last") != record.person("birth_last"))


def women(record: Record, field: str) -> Bools:
    """Women."""
    return record.person("female")


def middle_as_first(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The middle name is used as the first name."""
    return {"first_name": record.text("middle_name"), "middle_name": record.text("first_name")}


def has_middle_name(record: Record, field: str) -> Bools:
    """People with a middle name on the record."""
    return np.asarray(np.char.str_len(record.text("middle_name").astype("U")) > 1)


def emptied(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The field is left empty."""
    return {field: np.full(len(dice.keys), "", dtype=object)}


def initial_only(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """Only the first letter."""
    return {field: record.text(field).astype("U1").astype(object)}


@lru_cache(maxsize=1)
def _nicknames() -> tuple["pd.Index[str]", Texts, Ints, Ints]:
    """Formal names, all nicknames in order, and the start and number of each name's nicknames."""
    table = pd.read_csv(DATA / "nicknames.csv").sort_values("name", kind="stable")
    names, counts = np.unique(table["name"].to_numpy(dtype=object), return_counts=True)
    return pd.Index(names), table["nickname"].to_numpy(dtype=object), np.cumsum(counts) - counts, counts


def nickname(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """A nickname, such as BILL for WILLIAM; first names without a nickname are not changed."""
    names, nicknames, starts, counts = _nicknames()
    known = names.get_indexer(pd.Index(record.text(field)))
    among = np.maximum(known, 0)
    drawn = nicknames[starts[among] + dice.whole("which", counts[among])]
    return {field: np.where(known >= 0, drawn, record.text(field))}


def has_nickname(record: Record, field: str) -> Bools:
    """First names that have a nickname."""
    return np.asarray(_nicknames()[0].get_indexer(pd.Index(record.text(field))) >= 0)


def _parts(texts: Texts) -> tuple[Texts, Texts, Texts]:
    split = np.char.partition(np.char.replace(texts.astype("U"), "-", " "), " ")
    between = np.where(np.char.find(texts.astype("U"), "-") >= 0, "-", " ")
    return split[:, 0].astype(object), between.astype(object), split[:, 2].astype(object)


def two_part(record: Record, field: str) -> Bools:
    """Last names of two parts."""
    texts = record.text(field).astype("U")
    return (np.char.find(texts, "-") > 0) | (np.char.find(texts, " ") > 0)


def part_dropped(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """One part of a two-part name is lost."""
    first, _, second = _parts(record.text(field))
    return {field: np.where(dice.uniform("which") < 0.5, first, second)}


def parts_reversed(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The parts of a two-part name are swapped."""
    first, between, second = _parts(record.text(field))
    return {field: second + between + first}


def _is_irish(names: Texts) -> Bools:
    return np.asarray(_IRISH.get_indexer(pd.Index(names)) >= 0)


def has_particle(record: Record, field: str) -> Bools:
    """Last names that start with a particle: MCDONALD, OBRIEN, DELACRUZ, VANDYKE, STPIERRE."""
    names = record.text(field)
    starts = names.astype("U6")
    found = _is_irish(names)
    for joined, _ in _PARTICLES:
        rows = np.flatnonzero(np.char.startswith(starts, joined))
        found[rows] |= np.isin(_letter(starts[rows], len(joined)), _CONSONANTS)
    return np.asarray(found & (np.char.str_len(starts) > 5))


def _letter(
    texts: "np.ndarray[tuple[int], np.dtype[np.str_]]", place: int
) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    width = place + 1
    return texts.astype(f"U{width}").view("U1").reshape(len(texts), width)[:, place]


def particle(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The particle is written separately, with an apostrophe, as SAINT, or (in one of ten cases) omitted."""
    texts = record.text(field).astype("U")
    result, fate, done = record.text(field).copy(), dice.uniform("fate"), np.zeros(len(texts), dtype=bool)
    for joined, apart in (*_PARTICLES, ("O", "O'")):
        starts = _is_irish(record.text(field)) if joined == "O" else np.isin(_letter(texts, len(joined)), _CONSONANTS)
        rows = np.flatnonzero(starts & np.char.startswith(texts, joined) & ~done)
        done[rows] = True
        rest = np.array([text[len(joined) :] for text in texts[rows].tolist()], dtype=object)
        full = np.where((fate[rows] < 0.3) & (joined == "ST"), "SAINT ", apart).astype(object)
        result[rows] = np.where(fate[rows] > 0.9, rest, full + rest)
    return {field: result}


def names_swapped(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """First and last name are swapped."""
    return {"first_name": record.text("last_name"), "last_name": record.text("first_name")}


def has_suffix(record: Record, field: str) -> Bools:
    """People with a suffix on the record."""
    return np.asarray(record.text("suffix") != "")


def suffix_in_last_name(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """The suffix is part of the last name (SMITH JR), and the suffix field is empty."""
    return {
        "last_name": record.text("last_name") + " " + record.text("suffix"),
        "suffix": emptied(record, field, dice)[field],
    }


def title(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """MR, MRS or DR before the first name."""
    polite = np.where(record.person("female"), "MRS ", "MR ").astype(object)
    return {field: np.where(dice.uniform("doctor") < 0.15, "DR ", polite) + record.text(field)}


def spanish(record: Record, field: str) -> Bools:
    """Hispanic people, whose names may have accents."""
    return np.asarray(record.person("group") == _HISPANIC)


def name_placeholder(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """A placeholder for a name that is not known: UNKNOWN, or DOE as a last name."""
    doe = (dice.uniform("which") < 0.5) & (field == "last_name")
    return {field: np.where(doe, "DOE", "UNKNOWN").astype(object)}


def unnamed_infant(record: Record, field: str, dice: Dice) -> dict[str, Texts]:
    """BABY BOY or BABY GIRL, for infants without a name when the record was created."""
    return {field: np.where(record.person("female"), "BABY GIRL", "BABY BOY").astype(object)}
