"""Families: relatives who share names, birth dates and numbers.

Relatives cause most false links: twins share a last name and a birth date, father and son a full
name, spouses a last name and sometimes, by a clerical error, a number.
"""

from dataclasses import replace

import numpy as np

from synthetic.chance import Bools, Chance, Floats, Ints
from synthetic.names import Texts, draw_first_names
from synthetic.people import YEAR_DAYS, People, year_of
from synthetic.ssn import neighbor

ALONE, SPOUSE, CHILD, JUNIOR, SIBLING, TWIN, PARENT, SENIOR = range(8)
_INITIAL_TRIES = 4  # names drawn until one starts like the twin's: about three in ten twins share an initial


def relative_birth(chance: Chance, key: Ints, relation: Ints, head_birth: Ints) -> Ints:
    """Days of birth of relatives of people born on `head_birth`."""
    near: Floats = chance.normal(key, "family/age_gap") * YEAR_DAYS
    generation = (29 * YEAR_DAYS + 6 * near).clip(16 * YEAR_DAYS, 48 * YEAR_DAYS)
    sibling = np.where(near < 0, -1, 1) * (400 + 2.5 * np.abs(near))
    gap = np.select(
        [
            relation == SPOUSE,
            np.isin(relation, [CHILD, JUNIOR]),
            relation == SIBLING,
            np.isin(relation, [PARENT, SENIOR]),
        ],
        [4 * near, generation, sibling, -generation],
        0.0,
    )
    return np.asarray(head_birth + gap.astype(np.int64))


def relative_sex(chance: Chance, key: Ints, relation: Ints, head_female: Bools, own_female: Bools) -> Bools:
    """The sex of relatives: spouses usually differ, twins usually agree, namesakes are men."""
    same = chance.happens(key, "family/same_sex", np.where(relation == SPOUSE, 0.02, 0.66))
    paired = np.isin(relation, [SPOUSE, TWIN])
    namesake = np.isin(relation, [JUNIOR, SENIOR])
    return np.where(namesake, False, np.where(paired, head_female == same, own_female))


def adopt(chance: Chance, member: People, head: People, relation: Ints) -> People:
    """The members of households with the names and numbers that they share with the head of the household."""
    born = _birth_name(member, head, relation)
    kept = member.last == member.birth_last
    last = np.where(kept, born, member.last)
    wife = (relation == SPOUSE) & member.female & chance.happens(member.key, "family/wife_takes_name", 0.85)
    husband = (relation == SPOUSE) & ~member.female
    last = np.where(wife | husband, np.where(husband, born, head.last), last)
    namesake = np.isin(relation, [JUNIOR, SENIOR])
    written = np.where(relation == JUNIOR, "JR", np.where(head.suffix == "JR", "SR", ""))
    shown = chance.happens(member.key, "family/suffix_used", 0.75)
    # The name of a decision is part of the seed: with another name, every registry would be another one.
    twin_number = (relation == TWIN) & (member.key % 4 == 1) & chance.happens(member.key, "family/neighbours", 0.25)
    return replace(
        member,
        first=np.where(namesake, head.first, _twin_first_names(chance, member, head, relation)),
        middle=np.where(namesake, head.middle, member.middle),
        birth_last=born,
        last=last,
        suffix=np.where(namesake, np.where(shown, written, ""), member.suffix),
        ssn=np.where(twin_number & (member.ssn != 0), neighbor(head.ssn), member.ssn),
        relative_ssn=np.where(head.ssn != 0, head.ssn, member.relative_ssn),
    )


def _birth_name(member: People, head: People, relation: Ints) -> Texts:
    """The birth names of relatives: children have the name of the household, siblings the birth name of its head."""
    household = np.isin(relation, [CHILD, JUNIOR]) | (np.isin(relation, [PARENT, SENIOR]) & ~member.female)
    from_head = np.where(np.isin(relation, [PARENT, SENIOR]), head.birth_last, head.last)
    his = (relation == SPOUSE) & ~member.female & (head.last != head.birth_last)
    born = np.where(
        household, from_head, np.where(np.isin(relation, [SIBLING, TWIN]), head.birth_last, member.birth_last)
    )
    return np.where(his, head.last, born)


def _twin_first_names(chance: Chance, member: People, head: People, relation: Ints) -> Texts:
    """First names of twins: they often share an initial, but never the whole name."""
    first = member.first.copy()
    rows = np.flatnonzero(relation == TWIN)
    initials = head.first[rows].astype("U1")
    for attempt in range(_INITIAL_TRIES):
        twins = member.at(rows)
        other = draw_first_names(
            chance, twins.key, f"family/twin_name/{attempt}",
            female=twins.female, birth_year=year_of(twins.birth), group=twins.group,
        )  # fmt: skip
        unfit = (first[rows] == head.first[rows]) | (first[rows].astype("U1") != initials)
        first[rows] = np.where(unfit & (other != head.first[rows]), other, first[rows])
    return first
