"""Imports flow one way, the public page is complete, and a command loads no more than it needs."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import linkage

ROOT = Path(__file__).parent.parent

# From the ground up: a module imports only from rows above its own, or from its own row.
ORDER = [
    {
        "version",
        "errors",
        "locks",
        "quoting",
        "text_pipe",
        "toml_tables",
        "nicknames",
        "measures",
        "extras",
        "standardise.dates",
        "standardise.names",
        "standardise.ssn",
    },
    {"reading"},
    {"rules", "sources", "scratch", "folder", "process"},
    {"databases"},
    {"columns", "column_names", "splits", "rule_file", "engines"},
    {"engines.duckdb_functions", "engines.duckdb_sources", "engines.gzip_pipe"},
    {"agreement_sql", "contact_sql", "mortality_sql", "engines.duckdb", "followup"},
    {"blocking_sql", "measuring_sql"},
    {"deciding_sql"},
    {"standardise.as_read", "standardise.shared_numbers", "standardise.sounds"},
    {"standardise.plain", "standardise.date_forms"},
    {"standardise.odd_values"},
    {"engines.spark_java"},
    {"engines.spark_session", "engines.spark_functions", "engines.spark_rows"},
    {"engines.spark"},
    {"engines.reference", "engines.reference_cascade", "engines.reference_frames"},
    {"forecast"},
    {"progress"},
    {"records"},
    {"encounters", "persons", "blocking", "decisions", "assignment", "mortality"},
    {"coverage"},
    {"engines.reference_run", "explanation", "account", "summary"},
    {"reading_summary"},
    {"wording", "rule_text", "recordlinkage_algorithms"},
    {"rules_diff"},
    {"output", "result"},
    {"comparison", "preparation"},
    {"cascade", "database_output"},
    {"guess_names"},
    {"job", "guess", "repeat", "concerns"},
    {"check", "first_job"},
    {"demo", "__init__"},
    {"evaluation.intervals", "evaluation.printing", "evaluation.relinking", "evaluation.subgroups", "evaluation.truth"},
    {"evaluation.tables"},
    {"evaluation.leaving_out"},
    {"evaluation.decoys", "evaluation.duplicates", "evaluation.hospital_deaths", "evaluation.implausible"},
    {"evaluation.accuracy", "evaluation.timing"},
    {"evaluation.without_truth"},
    {"evaluation.evaluation"},
    {"evaluation"},
    {"survival"},
    {"study"},
    {"report.parts", "report.suppress", "report.drawing", "report.markdown", "report.merging", "report.people"},
    {"report.counted", "report.system", "report.writing"},
    {"report.numbers"},
    {"report.tables", "report.quality"},
    {"report.thresholds", "report.quality_by_group"},
    {"report.estimates", "report.groups", "report.methods", "report.checklist", "report.render"},
    {"report.figures"},
    {"report.sections"},
    {"report"},
    {"tuning.reach", "tuning.mixture"},
    {"tuning.kept", "tuning.merging"},
    {"tuning.judging", "tuning.chart"},
    {"tuning.sweeping"},
    {"tuning.climb", "tuning.training", "tuning.patterns"},
    {"tuning.learning"},
    {"tuning.estimator"},
    {"tuning.splinking"},
    {"tuning.baselines"},
    {"tuning"},
    {"cli_job", "cli_tuning"},
    {"cli"},
    {"__main__"},
]


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of linkage with its syntax tree."""
    for path in sorted((ROOT / "linkage").rglob("*.py")):
        parts = path.relative_to(ROOT / "linkage").with_suffix("").parts
        name = ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text("utf-8"))


def imported(tree: ast.AST, *, when_loaded: bool) -> Iterator[str]:
    """The modules that a tree imports; only those of its top level, if wanted, and none that only types need."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and when_loaded:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imported(node, when_loaded=when_loaded)


def own(names: Iterator[str], known: set[str]) -> set[str]:
    """Those that are modules of linkage, by their short names."""
    short = {name.removeprefix("linkage.") for name in names if name.startswith("linkage.")}
    return short & known


def test_every_module_has_its_place_in_the_order() -> None:
    placed = [name for row in ORDER for name in row]
    assert sorted(placed) == sorted({name for name, _ in modules()} - {"standardise"})


def test_imports_flow_one_way() -> None:
    place = {name: number for number, row in enumerate(ORDER) for name in row}
    wrong = [
        f"{name} imports {other}"
        for name, tree in modules()
        for other in own(imported(tree, when_loaded=True), set(place))
        if place[other] > place.get(name, -1) and name in place
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_imports_itself_by_a_detour() -> None:
    known = {name for name, _ in modules()}
    arrows = {name: own(imported(tree, when_loaded=True), known) for name, tree in modules()}
    TopologicalSorter(arrows).prepare()  # raises on a circle


SYNTHETIC_FROM = {"cli"}
"""Only a verb that makes synthetic data loads what makes it, and only then."""


def test_linkage_does_not_depend_on_synthetic() -> None:
    for name, tree in modules():
        assert not [other for other in imported(tree, when_loaded=True) if other.split(".")[0] == "synthetic"], name
        later = [other for other in imported(tree, when_loaded=False) if other.split(".")[0] == "synthetic"]
        assert not later or name in SYNTHETIC_FROM


PURE = [
    "agreement_sql",
    "blocking_sql",
    "measuring_sql",
    "deciding_sql",
    "contact_sql",
    "mortality_sql",
    "columns",
    "splits",
    "measures",
    "rules",
    "wording",
    "summary",
]


@pytest.mark.parametrize("name", PURE)
def test_what_is_pure_knows_no_engine_and_no_file(name: str) -> None:
    tree = dict(modules())[name]
    found = set(imported(tree, when_loaded=False))
    assert not {other for other in found if other.split(".")[0] in ("duckdb", "pandas", "pathlib", "os", "io")}
    assert not {other for other in found if other.startswith("linkage.engines")}


def test_the_reference_engine_shares_no_sql_with_the_fast_one() -> None:
    trees = dict(modules())
    for name in ("engines.reference", "engines.reference_cascade", "engines.reference_frames"):
        shared = {other for other in imported(trees[name], when_loaded=False) if "sql" in other or "duckdb" in other}
        assert not shared
        assert "linkage.columns" not in set(imported(trees[name], when_loaded=False))


PUBLIC = [
    *(
        "MEASURES",
        "Cascade",
        "Explanation",
        "InputError",
        "Job",
        "JobError",
        "Linkage",
        "LinkageError",
        "MortalityPolicy",
    ),
    *(
        "OutputError",
        "RulesError",
        "__version__",
        "link",
        "mortality_at",
        "read_job",
        "read_rules",
        "shipped_rules",
        "source",
    ),
    *("evaluate", "figures", "follow", "make_report"),
]


def test_the_public_page_is_what_users_were_promised() -> None:
    assert sorted(linkage.__all__) == sorted(PUBLIC)
    assert all(hasattr(linkage, name) for name in linkage.__all__)


def test_every_public_name_says_what_it_is() -> None:
    for name in set(PUBLIC) - {"MEASURES", "__version__"}:
        assert getattr(linkage, name).__doc__, name


SLOW_TO_IMPORT = ("pandas", "recordlinkage", "sklearn", "scipy", "numpy", "pyarrow", "synthetic")


@pytest.mark.parametrize("module", ["linkage.cli", "linkage"])
def test_a_command_loads_no_more_than_it_needs(module: str) -> None:
    told = f"import sys, {module}; print([name for name in {SLOW_TO_IMPORT!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
