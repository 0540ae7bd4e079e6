"""The state's death registry: certificates of patients and of strangers.

A death may have no certificate here (if it happened in another state, or is registered late), one, or several
(amended, under an alias, or void and reissued). Each certificate has its own slips.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from synthetic.chance import Bools, Chance, Ints, shuffled
from synthetic.hospital_files import personal_texts
from synthetic.names import Texts
from synthetic.noise import apply_slips, traits_of
from synthetic.patients import MOST_PATIENTS, days_since_1970
from synthetic.people import STRANGERS, YEAR_DAYS, People
from synthetic.profiles import Profile
from synthetic.slips.dates import date_text

_DEATH_BITS = 29  # four certificates for each of 134 million people
FIRST, AMENDED, ALIAS, VOID = range(4)


@dataclass(frozen=True)
class Certificates:
    """The rows of the registry, and for each the position of its person, its kind and its slips."""

    deaths: pd.DataFrame
    row: Ints
    kind: Ints
    slips: Texts


def in_registry(chance: Chance, profile: Profile, people: People, death: Ints, died_in_hospital: Bools) -> Bools:
    """Deaths with a certificate in the file: within its years, in the state, registered in time."""
    registry = profile.registry
    start = days_since_1970(f"{registry.first_year}-01-01")
    end = days_since_1970(f"{registry.last_year + 1}-01-01")
    elsewhere = chance.happens(people.key, "out_of_state", registry.out_of_state) & ~died_in_hospital
    late = chance.happens(people.key, "registered_late", registry.registered_late)
    return (death >= start) & (death < end) & ~elsewhere & ~late


def make_certificates(chance: Chance, profile: Profile, people: People, death: Ints) -> Certificates:
    """The certificates of these people, who died on these days and are in the registry."""
    row, kind = _kinds(chance, profile, people.key)
    people, death = people.at(row), death[row]
    texts = {**personal_texts(people), "death_date": date_text(death)}
    alias = kind == ALIAS
    texts["last_name"] = np.where(alias, people.birth_last, texts["last_name"])
    texts["first_name"] = np.where(alias & (people.middle != ""), people.middle, texts["first_name"])
    age = (death - people.birth) / YEAR_DAYS
    keys = people.key * 4 + kind
    written, slips = apply_slips(
        chance, profile, people, texts, file="deaths", keys=keys, traits=traits_of(people, age)
    )
    names = (
        "first_name",
        "middle_name",
        "last_name",
        "suffix",
        "former_last_names",
        "ssn",
        "birth_date",
        "death_date",
        "sex",
    )
    table = pd.DataFrame({
        "death_id": _death_ids(chance, keys), **{name: written[name] for name in names},
        "void": (kind == VOID).astype(np.int64),
    })  # fmt: skip
    return Certificates(table, row, kind, slips)


def _kinds(chance: Chance, profile: Profile, key: Ints) -> tuple[Ints, Ints]:
    """Positions of persons and kinds of all certificates: first one for each death, then the others."""
    registry = profile.registry
    rows, kinds = [np.arange(len(key))], [np.full(len(key), FIRST)]
    for kind, name in ((AMENDED, "amended"), (ALIAS, "alias"), (VOID, "void")):
        more = np.flatnonzero(chance.happens(key, f"certificate/{name}", getattr(registry, name)))
        rows.append(more)
        kinds.append(np.full(len(more), kind))
    return np.concatenate(rows), np.concatenate(kinds)


def _death_ids(chance: Chance, certificate: Ints) -> Ints:
    """Ids of nine digits that do not depend on the number of deaths."""
    index = certificate // 4
    packed = np.where(index >= STRANGERS, index - STRANGERS + MOST_PATIENTS, index) * 4 + certificate % 4
    return 100_000_000 + shuffled(packed, _DEATH_BITS, salt=chance.seed)
