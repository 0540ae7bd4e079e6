"""Apply slips to records, in the order of `slips.SLIPS` and with the probabilities of the profile.

Errors are clustered: each person and each record has a random quality of registration, and traits
such as birth abroad change it; all of these multiply the odds of every slip.
"""

from collections.abc import Mapping

import numpy as np

from synthetic.chance import Bools, Chance, Floats, Ints
from synthetic.names import GROUPS, Texts
from synthetic.people import People
from synthetic.profiles import Profile
from synthetic.slips import SLIPS, Slip
from synthetic.slips.records import Dice, Record

Traits = Mapping[str, Bools]


def traits_of(people: People, age: Floats, **more: Bools) -> dict[str, Bools]:
    """The traits that can change the odds of a slip: group, sex, age, birth abroad, and those in `more`."""
    groups = {name: people.group == number for number, name in enumerate(GROUPS)}
    ages = {"under_40": age < 40, "over_85": age >= 85, "infant": age < 1}
    return {"female": people.female, "foreign_born": people.foreign_born, **groups, **ages, **more}


def record_odds(chance: Chance, profile: Profile, people: People, *, keys: Ints, file: str, traits: Traits) -> Floats:
    """The factor of the odds of every slip, from each record's quality and traits; 1 is average."""
    quality = profile.quality
    person = chance.normal(people.key, "quality") * np.sqrt(quality.shared)
    record = chance.normal(keys, f"{file}/quality") * np.sqrt(1 - quality.shared)
    return _times(np.exp(quality.spread * (person + record)), quality.odds, traits)


def slip_odds(profile: Profile, slip: str, odds: Floats, traits: Traits) -> Floats:
    """The odds factor of one slip: that of the record, with this slip's own factors in place of the usual ones."""
    own = profile.noise[slip].get("odds", {})
    return _times(odds, {name: factor / profile.quality.odds.get(name, 1.0) for name, factor in own.items()}, traits)


def _times(odds: Floats, factors: Mapping[str, float], traits: Traits) -> Floats:
    for trait, factor in factors.items():
        if trait in traits:
            odds = np.where(traits[trait], odds * factor, odds)
    return odds


def slip_chances(base: float, odds: Floats) -> Floats:
    """The probability of a slip for each record, from that of the profile and the record's odds factor.

    >>> import numpy as np
    >>> slip_chances(0.5, np.array([1.0, 3.0])).tolist()
    [0.5, 0.75]
    """
    return base * odds / (1 - base + base * odds)


def apply_slips(
    chance: Chance,
    profile: Profile,
    people: People,
    texts: Mapping[str, Texts],
    *,
    file: str,
    keys: Ints,
    traits: Traits,
) -> tuple[dict[str, Texts], Texts]:
    """The records of a file with slips, and the slips that changed each record, as `slip:field`."""
    written = {field: values.copy() for field, values in texts.items()}
    usual = record_odds(chance, profile, people, keys=keys, file=file, traits=traits)
    happened = {}
    for slip in SLIPS:
        for field, base in profile.noise[slip.name].get(file, {}).items():
            name = f"{file}/{slip.name}/{field}"
            odds = slip_odds(profile, slip.name, usual, traits)
            hit = np.flatnonzero(chance.happens(keys, name, slip_chances(base, odds)))
            rows, changes = _befall(slip, Record(written, people, hit), field, Dice(chance, keys[hit], name))
            changed = np.zeros(len(rows), dtype=bool)
            for which, values in changes.items():
                changed |= written[which][rows] != values
                written[which][rows] = values
            happened[f"{slip.name}:{field}"] = rows[changed]
    return written, _slip_texts(happened, len(keys))


def _befall(slip: Slip, record: Record, field: str, dice: Dice) -> tuple[Ints, dict[str, Texts]]:
    """The rows among those drawn in which the slip is possible, and the values that it writes."""
    possible = np.flatnonzero(slip.possible(record, field)) if len(record.rows) else record.rows
    rows = record.rows[possible]
    if not len(rows):
        return rows, {}
    return rows, slip.act(
        Record(record.texts, record.people, rows), field, Dice(dice.chance, dice.keys[possible], dice.slip)
    )


def _slip_texts(happened: Mapping[str, Ints], length: int) -> Texts:
    """One text per record that lists its slips, from the rows of each slip; there are few distinct combinations."""
    listed = np.full(length, "", dtype=object)
    names = list(happened)
    for start in range(0, len(names), 60):
        marks = np.zeros(length, dtype=np.int64)
        for place, name in enumerate(names[start : start + 60]):
            marks[happened[name]] |= 1 << place
        distinct, where = np.unique(marks, return_inverse=True)
        texts = [
            ";".join(n for place, n in enumerate(names[start : start + 60]) if mark >> place & 1)
            for mark in distinct.tolist()
        ]
        listed = listed + np.array([";" * (start > 0 and text != "") + text for text in texts], dtype=object)[where]
    return listed
