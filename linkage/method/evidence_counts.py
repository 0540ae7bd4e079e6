"""How frequent the values of the two files are: each value that is compared exactly, and pairs of names together.

The model of evidence needs these counts before any pair is compared. Tables made here: `{field}_common`, the class of
frequency of each value.
"""

from collections import Counter
from typing import TYPE_CHECKING

from linkage.engines import Engine
from linkage.method.columns import SIDES
from linkage.method.evidence_levels import COUNTED, TOGETHER
from linkage.method.evidence_sql import value_counts

if TYPE_CHECKING:
    from linkage.method.evidence_model import Namesakes


def count_values(engine: Engine) -> dict[str, float]:
    """Make the tables of frequent values. Returns the probability that two records of one file share a value."""
    return {name: _count_field(engine, name) for name in COUNTED}


def _count_field(engine: Engine, name: str) -> float:
    from linkage.method.evidence_values import buckets, commonness

    engine.create("value_count", value_counts(name))
    rows = engine.rows("SELECT patients, deaths, count(*) FROM value_count GROUP BY patients, deaths ORDER BY 1, 2")
    both = [(int(patients), int(deaths)) for patients, deaths, _ in rows]
    histograms: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
    for counts, (_, _, values) in zip(both, rows, strict=True):
        for histogram, number in zip(histograms, counts, strict=True):
            histogram[number] += int(values) if number else 0
    known = [sum(number * values for number, values in histogram.items()) for histogram in histograms]
    shares = [commonness(+histogram, max(records, 1)) for histogram, records in zip(histograms, known, strict=True)]
    columns = {
        "patients": [counts[0] for counts in both],
        "deaths": [counts[1] for counts in both],
        "bucket": buckets(both, (shares[0], shares[1]), (known[0], known[1])),
    }
    engine.insert("bucket_of", columns, dict.fromkeys(columns, "BIGINT"))
    engine.create(
        f"{name}_common",
        "SELECT value_count.name, bucket_of.bucket FROM value_count JOIN bucket_of"
        " ON value_count.patients = bucket_of.patients AND value_count.deaths = bucket_of.deaths",
    )
    engine.drop("value_count", "bucket_of")
    equal = sum(number * (number - 1) * values for histogram in histograms for number, values in histogram.items())
    return (equal + 0.5) / (sum(records * (records - 1) for records in known) + 1.0)


def count_namesakes(engine: Engine) -> "Namesakes":
    """By pair of names: the number of pairs of records of one file that share both but not the birth date, and the
    number of all pairs with these values known."""
    shared = engine.rows(" UNION ALL ".join(_shared_names(side, *both) for side in SIDES for both in TOGETHER))
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for first, second, records, of_names, of_date in shared:
        found, pairs = counts.get((str(first), str(second)), (0, 0))
        found, pairs = found + int(of_names - of_date) // 2, pairs + int(records * (records - 1)) // 2
        counts[str(first), str(second)] = found, pairs
    return counts


def _shared_names(side: str, first: str, second: str) -> str:
    """Ordered pairs of records of one file that share two names, and those that share the birth date too."""
    return f"""
SELECT
    '{first}' AS one,
    '{second}' AS other,
    coalesce(sum(records), 0) AS records,
    coalesce(sum(records * (records - 1)), 0) AS of_names,
    coalesce(sum(of_date), 0) AS of_date
FROM (
    SELECT sum(records) AS records, sum(records * (records - 1)) AS of_date
    FROM (
        SELECT {first}, {second}, count(*) AS records
        FROM {side}
        WHERE {first} IS NOT NULL AND {second} IS NOT NULL AND birth_date IS NOT NULL
        GROUP BY {first}, {second}, birth_date
    ) AS dated
    GROUP BY {first}, {second}
) AS named"""
