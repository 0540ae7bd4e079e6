"""Names with damaged letters look wrong, so that a file in a mistaken encoding is not linked silently."""

from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.sources.make_source import source
from tests.concerns.test_silent_faults import DEATHS, PATIENTS, concerns

TWICE, LOST, MARKS = "letters such as Ã± for ñ", "(U+FFFD)", "a question mark between two letters"


def twice(name: str, encoding: str = "cp1252") -> str:
    """A name in UTF-8 that was read in another encoding."""
    return name.encode().decode(encoding)


DAMAGED = [
    ([twice("Muñoz"), "ROE", "LEE", "KIM"], TWICE),
    ([twice("MUÑOZ"), "ROE", "LEE", "KIM"], TWICE),
    ([twice("LÓPEZ"), "ROE", "LEE", "KIM"], TWICE),
    ([twice("García"), "ROE", "LEE", "KIM"], TWICE),
    ([twice("Jesús"), "ROE", "LEE", "KIM"], TWICE),
    ([twice("Müller"), "ROE", "LEE", "KIM"], TWICE),
    ([twice("Große"), "ROE", "LEE", "KIM"], TWICE),
    ([twice("Kovačić", "latin-1"), "ROE", "LEE", "KIM"], TWICE),
    ([twice("Núñez", "latin-1"), "ROE", "LEE", "KIM"], TWICE),
    ([twice("ÁLVAREZ", "latin-1"), "ROE", "LEE", "KIM"], TWICE),
    ([twice("O\u2019Neill"), "ROE", "LEE", "KIM"], TWICE),
    (["Mu\ufffdoz", "ROE", "LEE", "KIM"], LOST),
    ([twice("Mu\ufffdoz"), "ROE", "LEE", "KIM"], LOST),
    (["Pe?a", "MU?OZ", "N??ez", "LEE"], MARKS),
    (["Pe?a", "PE?A", "Pe?a", "LEE"], MARKS),
    ([twice("SCHRÖDER"), twice("KÖHLER"), twice("MÖLLER"), "LEE"], MARKS),
]


@pytest.mark.parametrize("table", ["patients", "deaths"])
@pytest.mark.parametrize(("names", "said"), DAMAGED)
def test_damaged_letters_in_one_file_are_told(tmp_path: Path, table: str, names: list[str], said: str) -> None:
    frames = {"patients": PATIENTS, "deaths": DEATHS}
    found = concerns(tmp_path, **{table: frames[table].assign(last_name=names)})
    number = sum(name not in ("ROE", "LEE", "KIM") for name in names)
    lines = [line for line in found.splitlines() if said in line]
    assert [line.partition(": ")[0] for line in lines] == [f"{table}.csv, last_name (read as last_name)"]
    assert f": {number} name{'' if number == 1 else 's'} ha" in lines[0]
    assert not any(name in found for name in names if name.isascii())


@pytest.mark.parametrize(
    ("column", "ours"), [("first_name", "first_name"), ("middle_name", "middle_name"), ("maiden_name", "former_last_")]
)
def test_every_column_of_names_is_searched(tmp_path: Path, column: str, ours: str) -> None:
    found = concerns(tmp_path, PATIENTS.assign(**{column: [twice("Iñigo"), "ANN", "BO", "CY"]}))
    assert f"patients.csv, {column} (read as {ours}" in found
    assert "1 name has letters such as" in found


REAL = [
    ["São", "João", "Conceição", "Magalhães"],
    ["SÃO", "JOÃO", "CONCEIÇÃO", "MAGALHÃES"],
    ["Lã", "Ângela", "Câmara", "RÂUL"],
    ["Lã Nguyễn", "Ana Mª", "Åse", "Ärlig"],
    ["D\u2019Ângelo", "GUIMARÃES\u2013LEÃO", "Ñúñez", "O'Brien"],
    ["Smith?", "?", "???", "Pe?a"],
    ["Lee (?)", "Roe ?", "Pe?a", "PE?A"],
]


@pytest.mark.parametrize("names", REAL)
def test_real_letters_and_single_question_marks_are_no_concern(tmp_path: Path, names: list[str]) -> None:
    found = concerns(tmp_path, PATIENTS.assign(last_name=names), DEATHS.assign(last_name=names))
    assert not any(sign in found for sign in (TWICE, LOST, MARKS))


def test_a_file_in_a_declared_encoding_has_its_letters(tmp_path: Path) -> None:
    names = ["Muñoz", "São", "Conceição", "Peña"]
    PATIENTS.assign(last_name=names).to_csv(tmp_path / "patients.csv", index=False, encoding="cp1252")
    DEATHS.assign(last_name=names).to_csv(tmp_path / "deaths.csv", index=False, encoding="utf-8")
    cp1252 = source(tmp_path / "patients.csv", encoding="cp1252")
    with linkage.link(cp1252, tmp_path / "deaths.csv") as run:
        assert len(run.links) == 4
        assert not run.concerns
    mistaken = source(tmp_path / "deaths.csv", encoding="cp1252")
    with linkage.link(cp1252, mistaken) as run:
        assert "deaths.csv, last_name (read as last_name): 4 names have letters such as" in "\n".join(run.concerns)


def test_names_are_counted_by_rows() -> None:
    patients = pd.concat([PATIENTS.assign(patient_id=[f"{n}{place}" for place in range(4)]) for n in range(5)])
    with linkage.link(patients.assign(last_name=twice("Peña")), DEATHS) as run:
        assert "20 names have letters" in "\n".join(run.concerns)
