"""The SQL of a run is accepted by both DuckDB and Spark; see docs/decisions/0012-spark.md.

tests/spark runs Spark itself. These tests search the SQL for words that only one engine has, or that Spark would
evaluate on one machine, so that authors of SQL get an answer within seconds.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from linkage.engines.duck.engine import DuckDBEngine
from linkage.rules.shipped import shipped_rules
from tests.rules import MANY_FEATURES, rules_id
from tests.small_town.town import link_town

NOT_PORTABLE = {
    r"\bVARCHAR\b": "Spark wants a length. Write STRING.",
    r"\bNOT IN \(SELECT": "Spark compares all with all. Write NOT EXISTS.",
    r"\\": "Spark reads it as an escape. Write [.] in a pattern, chr(92) elsewhere.",
    r"\bLIMIT (?!1\b|3\b)": "the rows would all go to one machine of a cluster.",
    r"\b(EXCLUDE|REPLACE \(|BY NAME|DISTINCT ON|QUALIFY|ORDER BY ALL|USING SAMPLE|ASOF|POSITIONAL)": "DuckDB's alone.",
    r"::": "DuckDB's alone. Write CAST.",
    r"\b(list_\w+|strftime|strptime|date_diff|hamming|regexp_full_match|string_split)\(": "Make it a house function.",
    r"\bjaro_winkler_similarity\(": "Spark has another measure of that name. Write jaro_winkler.",
    r"(row_number|rank|dense_rank)\(\) OVER \(\s*ORDER BY (?!rule_position)": "one machine would sort all.",
}


def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that runs send to DuckDB."""
    statements: list[str] = []
    for name, places in {"create": [1], "rows": [0], "look_up": [1], "replace_rows": [1, 2], "load": [2]}.items():
        kept = getattr(DuckDBEngine, name)

        def recorded(engine: DuckDBEngine, *given: Any, kept: Any = kept, places: Any = places, **named: Any) -> Any:
            statements.extend(str(given[place]) for place in places)
            return kept(engine, *given, **named)

        monkeypatch.setattr(DuckDBEngine, name, recorded)
    return statements


def faults(statements: list[str]) -> Iterator[str]:
    for pattern, advice in NOT_PORTABLE.items():
        for statement in dict.fromkeys(statements):
            if found := re.search(pattern, statement):
                yield f"{found[0]}: {advice}\n    {' '.join(statement.split())[:300]}"


@pytest.mark.parametrize("rules", [*shipped_rules(), MANY_FEATURES], ids=rules_id)
def test_every_statement_of_a_run_is_of_both_dialects(rules: str, monkeypatch: pytest.MonkeyPatch) -> None:
    statements = asked(monkeypatch)
    with link_town(rules=rules) as run:
        # Statements that DuckDB runs internally at start and while reading are not checked.
        internal = "(SET [^;]*; )?(CREATE|INSERT)|.*(current_setting|duckdb_tables)"
        said = [one for one in statements if not re.match(internal, one)]
        assert run.counts["patients"] == 52
    assert len(said) > 100
    assert not list(faults(said)), "\n".join(faults(said))


def test_the_words_that_only_one_engine_knows_are_seen() -> None:
    foreign = "SELECT a::VARCHAR FROM t WHERE b NOT IN (SELECT b FROM u) ORDER BY hamming(a, 'x\\y') LIMIT 7"
    assert len(list(faults([foreign]))) == 6
    assert not list(faults(["SELECT CAST(a AS STRING) FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.b = t.b) LIMIT 1"]))
