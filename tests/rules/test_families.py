"""A known sex or suffix that differs counts against a pair, because relatives share everything else."""

import pandas as pd
import pytest

import linkage

COLUMNS = ["first_name", "middle_name", "last_name", "suffix", "ssn", "birth_date", "sex"]
# The patient and the death, the rule of `mimic_iv` that links them, and why.
FAMILIES = [
    (
        ("ANN", None, "LEE", None, "212345678", "1950-02-11", "F"),
        ("ALAN", None, "LEE", None, "212345679", "1950-02-11", "M"),
        None,
        "twins of unlike sex with neighboring numbers",
    ),
    (
        ("CARA", None, "DUNN", None, "312345678", "1951-02-11", "F"),
        ("XENIA", None, "DUNN", None, "312345679", "1951-02-11", None),
        "R7",
        "the same with a sex that is not known",
    ),
    (
        ("JOHN", None, "ROE", "JR", "412345678", "1975-06-07", "M"),
        ("JOHN", None, "ROE", "SR", "412345678", "1948-12-01", "M"),
        None,
        "father and son of one number",
    ),
    (
        ("PAUL", None, "POE", "JR", "512345678", "1976-06-07", "M"),
        ("PAUL", None, "POE", None, "512345678", "1949-12-01", "M"),
        "R4",
        "the same with a suffix that is not known: as before",
    ),
    (
        ("KARL", None, "MOE", "II", "612345678", "1977-06-07", "M"),
        ("KARL", None, "MOE", "III", "612345687", "1947-12-01", "M"),
        None,
        "father and son with neighboring numbers",
    ),
    (
        ("ADAM", "BRYCE", "VOE", "JR", None, "1978-06-07", "M"),
        ("ADAM", "BRYCE", "VOE", "SR", None, "1968-06-07", "M"),
        None,
        "namesakes ten years apart without numbers",
    ),
    (
        ("LEO", None, "OTTO", None, "712345678", "1960-06-07", "M"),
        ("OTTO", None, "LEO", None, "712345678", "1931-02-01", "F"),
        None,
        "names in each other's box, another sex and another date",
    ),
    (
        ("EVA BEATRIZ", None, "SOLER", None, None, "1961-06-07", "F"),
        ("EVA SOLANGE", None, "SOLER", None, None, "1961-06-07", "F"),
        None,
        "twins who share the first of two given names",
    ),
]


@pytest.mark.parametrize("engine", ["duckdb", "reference"])
def test_relatives_are_not_linked_where_what_is_known_of_them_differs(engine: str) -> None:
    patients, deaths = (
        pd.DataFrame([dict(zip(COLUMNS, row[side], strict=True)) for row in FAMILIES]).assign(
            **{id_column: [f"{base + n}" for n in range(len(FAMILIES))]}
        )
        for side, id_column, base in ((0, "patient_id", 10), (1, "death_id", 50))
    )
    with linkage.link(patients, deaths, "mimic_iv", engine=engine, threads=1) as run:
        found = {row.patient_id: (row.death_id, row.rule) for row in run.links.itertuples()}
    expected = {str(10 + n): (str(50 + n), row[2]) for n, row in enumerate(FAMILIES) if row[2]}
    assert found == expected, {str(10 + n): row[3] for n, row in enumerate(FAMILIES)}
