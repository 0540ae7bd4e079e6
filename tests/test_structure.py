"""Imports go in one direction, the public names are complete, and a command imports no more than it needs."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import linkage
from tests.small_town.town import DEATHS, ENCOUNTERS, PATIENTS

ROOT = Path(__file__).parent.parent

# From the bottom up. A package imports only from packages listed above it; each comment gives the reason.
ROOMS = [
    "version",
    "known_names",  # decides whether a first line is a header, which errors need before they show it
    "errors",  # everything may fail
    "quoting",
    "printing",
    "extras",
    "system",  # independent of tables, so that any package can use its locks and scratch files
    "values",  # one value or two: pure functions that both implementations of the method share
    "survival",  # works only on finished tables, so that other tools can use it
    "formats",  # reads files, independent of how a job names them
    "sources",  # describes where tables come from, independent of their use
    "rules",  # declarations of the user apply to every engine
    "engines",  # run SQL text, independent of linkage
    "method",  # the steps, independent of output, jobs, and commands
    "reference",  # the second implementation must not depend on the one that it checks
    "concerns",  # judges what the first steps read, and `job` shows it without a run
    "run",
    "job",
    "relink",
    "evaluation",
    "tuning",
    "report",
    "release",  # works on a finished run, as report does
    "export",  # writes the results of finished runs as tables of other data models
    "cli",
    "__main__",
    "",  # the public page
]


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """The syntax tree of every module of linkage."""
    return tuple(_parsed())


def _parsed() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "linkage").rglob("*.py")):
        parts = path.relative_to(ROOT / "linkage").with_suffix("").parts
        name = ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text("utf-8"))


def imported(tree: ast.AST, *, when_loaded: bool) -> Iterator[str]:
    """The modules that a tree imports, optionally only at top level, without imports for type checking."""
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
    """The modules of linkage among these, by their short names."""
    short = {name.removeprefix("linkage.") for name in names if name.startswith("linkage.")}
    return short & known


def room(module: str) -> str:
    """The package of a module: its folder, or the module itself."""
    return module.partition(".")[0] if module != "__init__" else ""


def test_every_module_lies_in_a_room() -> None:
    assert {room(name) for name, _ in modules()} == set(ROOMS)


def test_imports_flow_one_way() -> None:
    place = {name: number for number, name in enumerate(ROOMS)}
    known = {name for name, _ in modules()}
    wrong = [
        f"{name} imports {other}"
        for name, tree in modules()
        for other in own(imported(tree, when_loaded=True), known)
        if place[room(other)] > place[room(name)]
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
        assert not later or room(name) in SYNTHETIC_FROM


PURE = [
    "method.agreement_sql",
    "method.block_sql",
    "method.compare_sql",
    "method.decide_sql",
    "method.contact_sql",
    "method.censor_sql",
    "method.columns",
    "method.splits",
    "values.measures",
    "rules.cascade",
    "rules.wording",
    "run.summary",
]


@pytest.mark.parametrize("name", PURE)
def test_what_is_pure_knows_no_engine_and_no_file(name: str) -> None:
    tree = dict(modules())[name]
    found = set(imported(tree, when_loaded=False))
    assert not {other for other in found if other.split(".")[0] in ("duckdb", "pandas", "pathlib", "os", "io")}
    assert not {other for other in found if other.startswith("linkage.engines")}


def test_the_reference_engine_shares_no_sql_with_the_fast_one() -> None:
    trees = dict(modules())
    for name in ("reference.links", "reference.cascade", "reference.frames"):
        shared = {other for other in imported(trees[name], when_loaded=False) if "sql" in other or "duckdb" in other}
        assert not shared
        assert "linkage.method.columns" not in set(imported(trees[name], when_loaded=False))


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
        "StudyFacts",
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


SLOW_TO_IMPORT = (
    *("pandas", "recordlinkage", "sklearn", "scipy", "numpy", "pyarrow", "duckdb", "jellyfish", "anyascii", "zlib_ng"),
    *("linkage.run.link", "linkage.engines", "linkage.rules.cascade", "linkage.sources", "synthetic.registries"),
)
HELP = "from linkage.cli.main import main\nimport contextlib\nwith contextlib.suppress(SystemExit): main({words!r})"
QUICK = {
    "import linkage": "import linkage",
    "linkage --help": HELP.format(words=["--help"]),
    "linkage run --help": HELP.format(words=["run", "--help"]),
    "linkage synth --help": HELP.format(words=["synth", "--help"]),
}


@pytest.mark.parametrize("command", QUICK)
def test_a_command_loads_no_more_than_it_needs(command: str) -> None:
    script = f"{QUICK[command]}\nimport sys; print([name for name in {SLOW_TO_IMPORT!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_run_of_csv_files_loads_no_pandas(tmp_path: Path) -> None:
    """It takes half a second, and pandas is only needed for data frames."""
    files = ["--patients", str(PATIENTS), "--deaths", str(DEATHS), "--encounters", *map(str, ENCOUNTERS)]
    words = ["run", *files, "--output", str(tmp_path / "out")]
    script = f"from linkage.cli.main import main\nmain({words!r})\nimport sys; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "False"
