"""The simplest linkage: one SQL join on exact agreement of four identifiers, lowest ids first.

All four must be known on both sides, so records without an SSN are not linked. DuckDB reads the CSV files itself.
"""

import argparse
from pathlib import Path

import duckdb

SELECT = """
WITH pair AS (
    SELECT patient.subject_id, death.death_id
    FROM read_csv('{patients}', all_varchar = TRUE) AS patient
    JOIN read_csv('{deaths}', all_varchar = TRUE) AS death
        ON patient.ssn = death.ssn AND patient.last_name = death.last_name
        AND patient.first_name = death.first_name AND patient.dob = death.birth_date
)
SELECT subject_id, min(death_id) AS death_id FROM pair
GROUP BY subject_id
QUALIFY row_number() OVER (PARTITION BY min(death_id) ORDER BY subject_id) = 1
"""


def main() -> None:
    """Link the two files of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with patients.csv and deaths.csv")
    parser.add_argument("links", type=Path, help="the CSV file to write: subject_id, death_id")
    arguments = parser.parse_args()
    query = SELECT.format(**{name: arguments.folder / f"{name}.csv" for name in ("patients", "deaths")})
    duckdb.connect().execute(f"COPY ({query}) TO '{arguments.links}' (HEADER)")


if __name__ == "__main__":
    main()
