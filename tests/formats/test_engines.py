"""Registries in official formats give the same links and outcomes with every engine.

`tests.spark.test_spark` does the same with Spark.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.run.output import table_names
from linkage.sources.make_source import source
from linkage.sources.source import Source
from tests.formats.test_fhir import certificate
from tests.formats.test_tables import workbook
from tests.formats.writing import dmf, ije, write

NAMES = [("ABEL", "ABELSON"), ("BORIS", "BORISON"), ("CLARA", "CLARASON"), ("DORA", "DORASON"), ("EDITH", "EDSON")]
SSNS = [f"21234567{n}" for n in range(5)]


def of_the_dmf(folder: Path) -> Source:
    """Two files; the second deletes one death and changes the date of another; one line is blank."""
    first = [dmf(ssn, last, name) for ssn, (name, last) in zip(SSNS, NAMES, strict=True)]
    later = [dmf(SSNS[1], "BORISON", "BORIS", TYPE="D"), dmf(SSNS[2], "CLARASON", "CLARA", "07012015", TYPE="C")]
    paths = [write(folder / "1.txt", [*first[:2], "", *first[2:]]), write(folder / "2.txt", later)]
    return source(paths, layout="ssa_dmf")


def of_ije(folder: Path) -> Source:
    """One file without changes."""
    lines = [ije(f"00000{n}", last, name, SSN=SSNS[n]) for n, (name, last) in enumerate(NAMES)]
    return source(write(folder / "a.ije", lines), layout="ije_mortality")


def of_fhir(folder: Path) -> Source:
    """Two certificates; the later one replaces the earlier."""
    ssn = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": SSNS[0]}
    name = [{"use": "official", "family": "Abelson", "given": ["Abel"]}]
    deaths = [{"valueDateTime": "2015-06-12"}, {"valueDateTime": "2015-06-13"}]
    lines = [json.dumps(certificate(died=died, name=name, identifier=[ssn])) for died in deaths]
    (folder / "a.ndjson").write_text("\n".join(lines))
    return source(folder / "a.ndjson")


def of_stata(folder: Path) -> Source:
    """A file whose ids and SSNs are numbers."""
    rows: dict[str, Any] = {
        "death_id": [11.0, 12.0, 13.0, 14.0, 15.0],
        "first_name": [name for name, _ in NAMES],
        "last_name": [last for _, last in NAMES],
        "ssn": [float(ssn) for ssn in SSNS],
        "birth_date": ["1950-02-11"] * 5,
        "death_date": ["2015-06-12"] * 5,
    }
    return source(stata(folder / "deaths.dta", pd.DataFrame(rows)))


def stata(path: Path, rows: pd.DataFrame) -> Path:
    """A file of Stata."""
    pyreadstat = pytest.importorskip("pyreadstat", reason="the extra stat is not installed")
    pyreadstat.write_dta(rows, path)
    return path


def of_excel(folder: Path) -> Source:
    """A workbook."""
    rows = [[str(n), name, last, SSNS[n], "1950-02-11", "2015-06-12"] for n, (name, last) in enumerate(NAMES)]
    header = ["death_id", "first_name", "last_name", "ssn", "birth_date", "death_date"]
    return source(workbook(folder / "deaths.xlsx", Deaths=[header, *rows]))


# The registry, and which patients have links.
REGISTRIES: dict[str, tuple[Callable[[Path], Source], list[str]]] = {
    "ssa_dmf": (of_the_dmf, ["1", "3", "4", "5"]),
    "ije": (of_ije, ["1", "2", "3", "4", "5"]),
    "fhir": (of_fhir, ["1"]),
    "stata": (of_stata, ["1", "2", "3", "4", "5"]),
    "excel": (of_excel, ["1", "2", "3", "4", "5"]),
}


PATIENTS = pd.DataFrame(
    {
        "patient_id": ["1", "2", "3", "4", "5"],
        "first_name": [name for name, _ in NAMES],
        "last_name": [last for _, last in NAMES],
        "ssn": SSNS,
        "birth_date": "1950-02-11",
    }
)
STAYS = pd.DataFrame({"patient_id": PATIENTS["patient_id"], "start": "2015-01-01", "discharge": "2015-01-09"})


def linked(deaths: Source, engine: str) -> linkage.Linkage:
    """A run of five patients."""
    return linkage.link(PATIENTS, deaths, "mimic_iv", encounters=STAYS, engine=engine)


def assert_same(folder: Path, name: str, engine: str) -> None:
    """Every table of a run equals that of DuckDB."""
    make, expected = REGISTRIES[name]
    with linked(make(folder), "duckdb") as fast, linked(make(folder), engine) as other:
        assert fast.links["patient_id"].tolist() == expected
        for table in table_names(fast):
            pd.testing.assert_frame_equal(getattr(other, table), getattr(fast, table))


@pytest.mark.parametrize("name", REGISTRIES)
def test_the_reference_engine_gives_the_same(tmp_path: Path, name: str) -> None:
    assert_same(tmp_path, name, "reference")
