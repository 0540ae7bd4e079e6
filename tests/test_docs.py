"""The documentation agrees with the code: examples run, tables are complete, links resolve."""

import doctest
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.cli.demo import febrl_demo
from linkage.cli.main import _parser
from linkage.concerns.likely_names import COLUMNS
from linkage.job.job import SETTINGS, SOURCE_SETTINGS
from linkage.method.censor import STATUSES
from linkage.method.contact_sql import REPAIRS
from linkage.method.decide import FATES
from linkage.method.records import PATIENT_COLUMNS
from linkage.rules.cascade import DUPLICATES, FIELD_KINDS, KEY_COLUMNS, TIES
from linkage.run import output
from linkage.values.date_forms import PATTERNS
from linkage.values.measures import MEASURES, Measure
from linkage.values.names import STEPS
from linkage.values.no_dates import NO_YEARS, no_dates
from synthetic.demo import mimic_demo

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part in ("build", "dist") for part in path.relative_to(ROOT).parts)
)
README = ROOT / "README.md"
RULES, OUTPUTS, JOB, COMMANDS, DEMONSTRATION = (
    ROOT / "docs" / f"{page}.md" for page in ("rules", "outputs", "job", "command_line", "demonstration")
)


def text(path: Path) -> str:
    """The text of a page."""
    return path.read_text(encoding="utf-8")


def blocks(path: Path, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text(path), flags=re.DOTALL | re.MULTILINE)


def name(path: Path) -> str:
    """A page's name in tests."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_python_in_a_page_runs(path: Path) -> None:
    examples = [block for block in blocks(path, "python") if ">>>" in block]
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    for example in examples:
        runner.run(doctest.DocTestParser().get_doctest(example, {}, name(path), name(path), 0), out=said.append)
    assert not runner.failures, "".join(said)


def demonstration(path: Path) -> str:
    """The part of the demonstration's output that a page shows."""
    shown = re.search(r"<!-- demo -->\n```\n(.*?)\n```", text(path), flags=re.DOTALL)
    assert shown is not None
    return shown[1]


@pytest.mark.slow
def test_the_page_on_the_demonstration_shows_what_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert demonstration(DEMONSTRATION) == mimic_demo(Path("demo-out"))


def test_the_readme_shows_the_last_lines_of_the_demonstration() -> None:
    shown = demonstration(README)
    assert len(shown.splitlines()) >= 10
    assert demonstration(DEMONSTRATION).endswith(f"\n\n{shown}")


def test_the_readme_says_how_well_the_public_data_set_is_linked(tmp_path: Path) -> None:
    quoted = re.search(r"finds\s([\d,]+)\sof\s([\d,]+)\strue\smatches,\swith\s(no|[\d,]+)\sfalse\slinks?", text(README))
    assert quoted is not None
    true, matches, false = quoted.groups()
    printed = febrl_demo(tmp_path / "out")
    assert f"({true} of {matches} true matches found)" in printed
    assert f"({false.replace('no', '0')} false links)" in printed


@pytest.mark.parametrize("path", [README, RULES, JOB, COMMANDS], ids=name)
def test_commands_in_a_page_are_commands(path: Path) -> None:
    lines = "\n".join(blocks(path, "")).replace("\\\n", " ").splitlines()
    commands = [line for line in lines if line.startswith("linkage ") and "..." not in line]
    assert commands
    for command in commands:
        words = shlex.split(command, comments=True)[1:]
        _parser(words).parse_args(words)


def test_make_targets_in_the_readme_are_targets() -> None:
    asked = set(re.findall(r"^make ([a-z]+)", text(README), flags=re.MULTILINE))
    assert asked == {"demo", "test"}
    assert asked <= set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), flags=re.MULTILINE))


def row(measure: Measure) -> str:
    """A measure as its row in docs/rules.md."""
    names = {"name": "names", "ssn": "SSN", "date": "birth date", "full_name": "full name"}
    kinds = ", ".join(words for kind, words in names.items() if kind in measure.kinds)
    limit = f"`{measure.limit}`" if measure.limit else ""
    return f"| `{measure.name}` | {kinds} | {limit} | {measure.sentence.format(limit='*n*')} |"


def test_the_rules_page_lists_every_measure_and_no_other() -> None:
    table = text(RULES).partition("## Measures")[2]
    assert re.findall(r"^\| `.*$", table, flags=re.MULTILINE) == [row(measure) for measure in MEASURES.values()]


@pytest.mark.parametrize("word", sorted({*FIELD_KINDS, *KEY_COLUMNS}))
def test_the_rules_page_names_every_column(word: str) -> None:
    assert f"`{word}`" in text(RULES)


@pytest.mark.parametrize("word", [*STEPS, *TIES, *DUPLICATES])
def test_the_rules_page_names_every_choice(word: str) -> None:
    assert f'`"{word}"`' in text(RULES)


def test_the_rule_file_in_the_rules_page_can_be_read(tmp_path: Path) -> None:
    (example,) = blocks(RULES, "toml")
    (tmp_path / "example.toml").write_text(example, encoding="utf-8")
    assert [rule.id for rule in linkage.read_rules(tmp_path / "example.toml").rules] == ["A", "B", "C"]


def test_the_job_file_in_the_job_page_says_every_setting_and_can_be_read(tmp_path: Path) -> None:
    (example,) = blocks(JOB, "toml")
    (tmp_path / "job.toml").write_text(example, encoding="utf-8")
    for file in re.findall('^file = "(.*?)"', example, flags=re.MULTILINE):
        (tmp_path / file).touch()
    job = linkage.read_job(tmp_path / "job.toml")
    assert (job.deaths.table, job.encounters[1].variable) == ("state.deaths", "HOSPITAL_DATABASE")
    assert (job.patients.reading.encoding, job.threads) == ("cp1252", 2)
    for setting in (*SETTINGS, *SOURCE_SETTINGS):
        assert re.search(rf"^(\[+|# )?{setting}\b", example, flags=re.MULTILINE), setting


FORMATS = sorted((ROOT / "docs" / "formats").glob("*.md"))


@pytest.mark.parametrize("path", FORMATS, ids=name)
def test_the_page_of_each_format_has_a_short_job_file_that_can_be_read(path: Path, tmp_path: Path) -> None:
    example, *layouts = blocks(path, "toml")
    assert len(example.splitlines()) <= 12
    (tmp_path / "job.toml").write_text(example, encoding="utf-8")
    (tmp_path / "my_state.toml").write_text("".join(layouts), encoding="utf-8")
    for file in re.findall('"([^"]*[.](?!toml)[a-z0-9]+)"', example):
        if not file.startswith(("SELECT", "public")):
            (tmp_path / file).touch()
    if path.stem == "fhir":
        (tmp_path / "messages").mkdir()
        (tmp_path / "messages" / "1.json").touch()
    job = linkage.read_job(tmp_path / "job.toml")
    assert job.folder == tmp_path / "out"
    for command in re.findall("^linkage .*$", text(path), flags=re.MULTILINE):
        words = shlex.split(command, comments=True)[1:]
        _parser(words).parse_args(words)


def test_the_page_of_formats_links_each_of_them() -> None:
    linked = set(re.findall(r"\(formats/([a-z0-9_]+)[.]md\)", text(ROOT / "docs" / "formats.md")))
    assert linked == {path.stem for path in FORMATS}


@pytest.mark.parametrize("table", ["patients", "deaths", "encounters"])
def test_the_job_page_names_every_column(table: str) -> None:
    (row,) = re.findall(rf"^\| `{table}` \|(.*)$", text(JOB), flags=re.MULTILINE)
    person = set(PATIENT_COLUMNS) - {"patient_id"} if table == "deaths" else set()
    assert set(re.findall("`(.*?)`", row)) == set(COLUMNS[table]) - person


def test_the_job_page_names_every_form_of_dates_that_needs_a_declaration() -> None:
    for pattern in set(PATTERNS) - {"YYYY-MM-DD", "DDMONYYYY"}:
        assert f'"{pattern}"' in text(JOB), pattern


def test_the_job_page_names_every_day_that_stands_for_no_date() -> None:
    listed = text(JOB).partition("**Days that stand for no date**")[2].partition("Years before 1800")[0]
    columns = ("birth_date", "death_date", "start", "discharge", "death_time")
    days = {f"{day[:4]}-{day[4:6]}-{day[6:]}" for column in columns for day in no_dates(column)}
    of_births = {
        f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in linkage.read_rules("mimic_iv").fields["birth_date"].not_known
    }
    assert set(re.findall("[0-9]{4}-[0-9]{2}-[0-9]{2}", listed)) == days | of_births
    for year in NO_YEARS:
        assert f"{year:04}" in listed


def section(title: str) -> str:
    """A section of the page on outputs."""
    return text(OUTPUTS).partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.fixture(scope="module")
def run() -> Iterator[linkage.Linkage]:
    """A small run with every table."""
    person = {"first_name": ["Ann"], "last_name": ["Lee"], "birth_date": ["1950-02-11"]}
    with linkage.link(
        pd.DataFrame({"subject_id": ["1"], **person}),
        pd.DataFrame({"death_id": ["2"], **person, "dod": ["2015-06-01"]}),
        encounters=pd.DataFrame({"subject_id": ["1"], "admittime": ["2015-01-01"], "dischtime": ["2015-01-03"]}),
    ) as linked:
        yield linked


@pytest.mark.parametrize("table", ["links", "outcomes", "release", "review", "rejected"])
def test_the_outputs_page_describes_every_column(run: linkage.Linkage, table: str) -> None:
    described = section(table)
    for column in getattr(run, table).columns:
        field = next((found for found in FIELD_KINDS if column.startswith(f"{found}_")), "")
        rest = column.removeprefix(f"{field}_")
        kind = {"agreement": "FIELD_agreement", **dict.fromkeys(MEASURES, "FIELD_MEASURE")}.get(rest) if field else None
        assert f"`{kind or column}`" in described, column


def test_the_outputs_page_describes_every_file_and_part(run: linkage.Linkage, tmp_path: Path) -> None:
    run.write(tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        assert f"\n## {path.name.removesuffix('.csv.gz')}\n" in text(OUTPUTS)
        assert f"| `{path.name.removesuffix('.csv.gz')}` |" in text(README)
    for part in json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8")):
        assert f"| `{part}` |" in section("manifest.json")


def test_the_outputs_page_explains_every_status_fate_and_repair() -> None:
    for status in STATUSES:
        assert f"| `{status}` |" in section("outcomes")
    for fate in FATES:
        assert f"| {fate} |" in section("outcomes")
    for reason in REPAIRS:
        assert f"| `{reason}` |" in section("manifest.json")


def anchors(path: Path) -> set[str]:
    """The headings of a page as link anchors."""
    titles = re.findall(r"^#+ (.*)$", text(path), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_between_pages_resolve(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(path)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def test_decision_records_are_numbered_without_a_gap() -> None:
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [path.name[:4] for path in records] == [f"{n:04}" for n in range(1, len(records) + 1)]
    for path in records:
        assert text(path).startswith(f"# {int(path.name[:4])}. ")


MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|work|tmp|opt)/|index-url|trusted-host")


@pytest.mark.parametrize(
    "path",
    [
        *PAGES,
        *sorted((ROOT / "notebooks").glob("*.ipynb")),
        *(ROOT / part for part in ("Makefile", "constraints.txt", "pyproject.toml", ".ci/run")),
    ],
    ids=name,
)
def test_nothing_speaks_of_the_machine_it_was_written_on(path: Path) -> None:
    assert MACHINE.findall(text(path)) == []


def test_the_readme_warns_before_it_sells() -> None:
    titles = re.findall(r"^## (.*)$", text(README), flags=re.MULTILINE)
    assert titles[0] == "Before you use it"


def test_the_outputs_page_says_of_every_file_what_it_reveals() -> None:
    page = text(OUTPUTS)
    titles = re.findall(r"^## (.*)$", page, flags=re.MULTILINE)
    named = {word for title in titles for word in re.split(r", | and ", title)}
    written = {name.removesuffix(".writing").removesuffix(".csv.gz").removesuffix(".parquet") for name in output._OURS}
    # A file name that begins with a dot exists only briefly, while files are written or a report is replaced.
    passing = {name for name in output._OURS if name.startswith(".")}
    assert {name for name in written if not name.startswith(".")} <= named
    assert not [name for name in passing if f"`{name}`" not in page]
    for title in titles:
        assert "**Reveals**" in page.partition(f"## {title}\n")[2].partition("\n## ")[0], title
