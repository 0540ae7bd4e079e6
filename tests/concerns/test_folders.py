"""Files of a folder that are not read, and those of subfolders, which are, look wrong."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.concerns.test_silent_faults import DEATHS, PATIENTS, STAYS
from tests.stages import prepared


def said(folder: Path) -> list[str]:
    """The concerns about a folder of deaths."""
    with prepared(PATIENTS, folder, encounters=STAYS) as ready:
        return [line for line in ready.concerns if line.startswith("deaths: ")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the deaths in two files."""
    (tmp_path / "deaths").mkdir()
    for name, rows in (("a", DEATHS[:2]), ("b", DEATHS[2:])):
        pd.DataFrame(rows).to_parquet(tmp_path / "deaths" / f"{name}.parquet")
    return tmp_path / "deaths"


def test_files_of_programs_are_no_concern(folder: Path) -> None:
    (folder / "_SUCCESS").write_text("")
    (folder / ".a.parquet.crc").write_text("")
    assert said(folder) == []


@pytest.mark.parametrize("name", ["c.pq", "c.PARQUET", "c.csv", "c.parquet.gz"])
def test_a_file_of_another_ending_is_told(folder: Path, name: str) -> None:
    shutil.copy(folder / "b.parquet", folder / name)
    (line,) = said(folder)
    assert (
        f"1 file in this folder is not read, because only names that end in .parquet are ({Path(name).suffix})" in line
    )


def test_a_file_in_a_subfolder_is_told_unless_it_is_a_part(folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "b.parquet").rename(folder / "old" / "b.parquet")
    (line,) = said(folder)
    assert "1 file of 2 is in a subfolder, and read like the others." in line
    (folder / "old").rename(folder / "part=2")
    assert said(folder) == []
