"""A report is one self-contained page that describes the linkage and names nobody."""

import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import linkage
from linkage.cli.main import main
from linkage.evaluation import Evaluation, evaluate
from linkage.evaluation.accuracy import rates
from linkage.report import Report, make_report
from linkage.report.checklist import ITEMS
from linkage.report.limits import limits
from linkage.report.merging import merged_groups
from linkage.report.numbers import Numbers
from linkage.report.parts import Figure, Table
from linkage.report.people import People
from linkage.report.stated import facts
from linkage.report.system import hidden_keys
from linkage.report.tables import DATES, IN_REVIEW
from linkage.rules.wording import rule_name
from linkage.run.output import claim_output
from synthetic import make_registry
from synthetic.registries import Registry
from tests.report.browser import browser, opened
from tests.small_town.town import link_town


@pytest.fixture(scope="module")
def town() -> Registry:
    """A small registry."""
    return make_registry("small", seed=1, patients=2000)  # 13 matches are missed


@pytest.fixture(scope="module")
def run(town: Registry) -> Iterator[linkage.Linkage]:
    """The linked registry."""
    with linkage.link(town.patients, town.deaths, encounters=[town.admissions, town.edstays]) as linked:
        yield linked


@pytest.fixture(scope="module")
def evaluation(town: Registry, run: linkage.Linkage) -> Evaluation:
    """The run, evaluated with and without truth."""
    methods = ("hospital_deaths", "known_alive", "before_first_contact", "implausible")
    return evaluate(run, town.truth, methods=methods)


@pytest.fixture(scope="module")
def report(run: linkage.Linkage, evaluation: Evaluation) -> Report:
    """The report on the run."""
    return make_report(run, evaluation)


def test_page_markdown_and_json_hold_the_same_tables(report: Report) -> None:
    data = json.loads(report.json)
    tables = [block for section in data["sections"] for block in section["blocks"] if "table" in block]
    captions = [block["caption"] for block in tables]
    assert len(captions) > 12
    assert captions == re.findall(r"\*\*Table \d+\.\*\* (.*)\.", report.markdown)
    assert captions == [found.replace("&#39;", "'") for found in re.findall(r"<b>Table \d+\.</b> (.*)\.<", report.html)]


def test_every_item_of_the_guidelines_is_covered(report: Report) -> None:
    rows = report.table("checklist").rows
    assert [row[:2] for row in rows] == [item[:2] for item in ITEMS]
    assert not [row for row in rows if "not covered" in str(row[2])]


def test_an_item_that_is_not_covered_is_named(run: linkage.Linkage) -> None:
    rows = make_report(run).table("checklist").rows
    assert [row[1] for row in rows if "not covered" in str(row[2])] == ["Evaluation of linkage quality"]


def test_small_numbers_are_withheld_everywhere(report: Report) -> None:
    tables = [block for section in report.sections for block in section.blocks if isinstance(block, Table)]
    for table in tables:
        for row in table.rows:
            for cell, column in zip(row, table.columns, strict=True):
                if column.kind == "count" and isinstance(cell, int):
                    assert cell == 0 or cell >= 11, (table, column)


def test_where_links_are_withheld_no_interval_ends_at_their_number(report: Report) -> None:
    rows = report.table("expected_false").rows
    hidden = [row for row in rows if isinstance(row[1], str)]
    assert hidden
    assert {cell for row in hidden for cell in row[2:]} == {"withheld"}


def test_nothing_is_withheld_on_request(run: linkage.Linkage, evaluation: Evaluation) -> None:
    whole = make_report(run, evaluation, smallest_cell=1)
    assert "withheld" not in whole.markdown.partition("---\n\nNothing is withheld")[0]
    assert [row[1] for row in whole.table("links_by_rule").rows[:-1]] == list(run.counts["links_by_rule"].values())
    with pytest.raises(linkage.InputError, match="smallest_cell = 0 is not a number"):
        make_report(run, smallest_cell=0)


def test_the_report_names_nobody(town: Registry, report: Report) -> None:
    text = report.html + report.markdown + report.json
    for column in ("subject_id", "ssn", "dob"):
        for value in filter(None, town.patients[column].dropna().astype(str).unique()[:500]):
            assert value not in text
    words = set(re.findall(r"[A-Z]{4,}", report.markdown))
    groups = {word for name in town.patients["race"].unique() for word in re.findall(r"[A-Z]+", str(name))}
    assert not (words & set(town.patients["last_name"].dropna())) - groups - {"MIMIC", "GUILD", "RECORD"}


def test_the_same_run_gives_the_same_bytes(town: Registry, report: Report) -> None:
    shuffled = [frame.sample(frac=1, random_state=5) for frame in (town.patients, town.deaths)]
    with linkage.link(shuffled[0], shuffled[1], encounters=[town.admissions, town.edstays]) as run:
        methods = ("hospital_deaths", "known_alive", "before_first_contact", "implausible")
        again = make_report(run, evaluate(run, town.truth, methods=methods))
    assert again.html == report.html
    assert again.json == report.json


class Outline(HTMLParser):
    """The tags of a page, with their attributes, and whether every one is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def outline(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """The tags of a page."""
    parser = Outline()
    parser.feed(html)
    return parser.tags


def test_every_figure_has_words_and_every_id_is_unique(report: Report) -> None:
    tags = outline(report.html)
    drawn = [attributes for tag, attributes in tags if tag == "svg"]
    assert len(drawn) == sum(isinstance(block, Figure) for section in report.sections for block in section.blocks) >= 4
    assert all(len(str(attributes["aria-label"])) > 40 for attributes in drawn)
    places = [attributes["id"] for tag, attributes in tags if tag in ("section", "div", "figure")]
    assert len(places) == len(set(places))


def test_the_page_refers_to_nothing_outside_itself(report: Report) -> None:
    asked = [
        value
        for _, attributes in outline(report.html)
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href")
    ]
    assert asked
    assert all(str(value).startswith("#") for value in asked)
    assert not re.findall(r"url\((?!#)", report.html)


@pytest.mark.skipif(
    browser() is None and "CI" not in os.environ, reason="needs a browser: apt-get install chromium, or Google Chrome"
)
@pytest.mark.parametrize("width", [1000, 390])
def test_a_browser_shows_it_without_complaint_or_request(report: Report, tmp_path: Path, width: int) -> None:
    report.write(tmp_path)
    with opened(tmp_path / "report.html", tmp_path / "profile", width) as page:
        assert page.complaints == []
        assert page.requests == [(tmp_path / "report.html").as_uri()]
        assert page.value("document.title") == report.title
        # The page is not wider than its window, and no text extends beyond its figure.
        assert page.value("document.documentElement.scrollWidth") <= width
        assert page.value(TEXT_OUTSIDE) == []


TEXT_OUTSIDE = """
[...document.querySelectorAll('figure svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect()
  return [...svg.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect()
    return box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1
  }).map(text => text.textContent)
})
"""


def test_the_command_writes_into_the_folder_of_the_run(
    town: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name: tmp_path / f"{name}.csv" for name in ("patients", "deaths", "admissions", "truth")}
    for name, path in files.items():
        getattr(town, name).head(1500).to_csv(path, index=False)
    out = tmp_path / "out"
    given = [word for name in ("patients", "deaths") for word in (f"--{name}", str(files[name]))]
    arguments = ["run", *given, "--encounters", str(files["admissions"]), "--output", str(out), "--quiet"]
    assert main(arguments) == 0
    assert main(["report", str(out), "--truth", str(files["truth"]), "--methods", "implausible"]) == 0
    assert "report.html, report.md and report.json" in capsys.readouterr().out
    assert {stat.S_IMODE((out / f"report.{kind}").stat().st_mode) for kind in ("html", "md", "json")} == {0o600}
    assert "This was not stated; it was inferred" in (out / "report.md").read_text()
    assert main(arguments) == 0  # a new run replaces the folder, including the old report
    assert not (out / "report.html").exists()


def test_a_run_without_encounters_has_a_report_too() -> None:
    with link_town(encounters=None) as run:
        report = make_report(run, evaluate(run, methods=["decoys"]))
    assert [section.name for section in report.sections] == [
        *("glance", "methods", "flow", "links", "estimates", "limits", "checklist")
    ]


def test_a_missing_library_is_named(run: linkage.Linkage, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "lifelines", None)
    with pytest.raises(linkage.LinkageError, match=r"lifelines is not installed.*mortality-linkage\[report\]"):
        make_report(run)


def test_a_folder_that_cannot_be_written_is_named(report: Report, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(linkage.OutputError, match="cannot be written"):
        report.write(tmp_path / "file")


def test_no_report_is_written_into_a_folder_that_a_run_holds(
    report: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with link_town() as run:
        run.write(tmp_path / "out")
    with claim_output(tmp_path / "out"):
        with pytest.raises(linkage.OutputError, match=r"Another run or report \(process"):
            report.write(tmp_path / "out")
        assert main(["report", str(tmp_path / "out")]) == 1
    assert "Another run or report (process" in capsys.readouterr().err
    assert not list(tmp_path.glob("out/report*"))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_report_on_a_folder_that_is_not_there_makes_none(tmp_path: Path) -> None:
    assert main(["report", str(tmp_path / "no" / "out"), "--output", str(tmp_path / "new" / "out")]) == 1
    assert not list(tmp_path.iterdir())


def test_a_table_that_is_not_there_is_refused(report: Report) -> None:
    with pytest.raises(linkage.InputError, match="There is no table 'x'"):
        report.table("x")


def test_methods_are_sentences_of_the_rule_file(run: linkage.Linkage, report: Report) -> None:
    methods: Any = next(section for section in report.sections if section.name == "methods")
    rules = next(block for block in methods.blocks if isinstance(block, list) and block[0].startswith("Rule 1 "))
    assert rules[0] == "Rule 1 linked pairs that agreed exactly on last name, date of birth and SSN."
    assert [rule.partition(" linked ")[0] for rule in rules] == [rule_name(rule.id) for rule in run.cascade.rules]
    assert "inferred from the first and last death in the file" in report.markdown


def test_a_sweep_shows_no_small_step(run: linkage.Linkage, town: Registry) -> None:
    from linkage.tuning import sweep

    limit = "first_name__jaro_winkler_similarity"
    swept = sweep(run, town.truth, limits_of=[limit])
    assert swept.loc[swept["is_chosen"], ["gained", "lost"]].to_numpy().tolist() == [[0, 0]]
    assert (swept["links"] == run.counts["patients_linked"] + swept["gained"] - swept["lost"]).all()
    assert (swept["true_matches"] <= swept["judged"]).all()
    thresholds = make_report(run, swept=swept).table("thresholds")
    moved = [cell for row in thresholds.rows for cell in row[3:5] if isinstance(cell, int)]
    assert not [number for number in moved if 0 < number < 11]
    with pytest.raises(linkage.RulesError, match="x is not a limit"):
        sweep(run, limits_of=["x"])


def test_figures_keep_the_digits_of_their_words(run: linkage.Linkage, town: Registry) -> None:
    from linkage.tuning import sweep

    swept = sweep(run, town.truth, limits_of=["first_name__jaro_winkler_similarity"])
    drawn = linkage.figures.thresholds(swept)
    assert "0.95" in drawn.svg
    assert repr(drawn) == f"<figure: {drawn.alternative}>"
    assert drawn._repr_svg_() == drawn.svg


def test_names_of_groups_are_drawn_as_they_stand(run: linkage.Linkage) -> None:
    """Even if a drawing library would read them as a formula or special character."""
    groups = ["$10-$20", r"N\A", "5_{$"]
    counts = {"labeled": 900, "matches": 300, "links": 300, "true_matches": 290, "false_matches": 10}
    counts |= {"missed_matches": 10, "linked_without_match": 5, "ceiling_matches": 295}
    rows = rates(pd.DataFrame([{"variable": "income", "group": group, **counts} for group in groups]))
    drawn = linkage.figures.subgroups(Evaluation({"overall": rows, "by_subgroup": rows}))
    for group in groups:
        assert drawn.svg.count(f"income: {group}") == 1
        assert f"income {group}: " in drawn.svg


def test_who_was_followed_is_withheld_where_it_would_reveal_who_was_not() -> None:
    people = People(1000)
    everybody = np.arange(1000)
    people.add(("patients",), everybody >= 0, is_fixed=True)
    people.add(("followed",), everybody >= 4, cost=8)
    people.add_unseen(("not followed",), everybody < 4)
    assert hidden_keys(people, 11) >= {("followed",)}
    some = People(1000)
    some.add(("patients",), everybody >= 0, is_fixed=True)
    some.add(("followed",), everybody >= 40, cost=8)
    some.add_unseen(("not followed",), everybody < 40)
    assert hidden_keys(some, 11) == {("not followed",)}


def test_tables_of_two_sections_protect_each_other() -> None:
    """Links by sex minus links of followed patients by sex gives two women, whom neither table alone reveals."""
    sex = pd.Series(["F", "M"] * 500)
    linked, followed = np.arange(1000) < 400, np.arange(1000) >= 4
    people = People(1000)
    people.divide_by("sex", sex)
    people.divide("links", linked, cost=2)
    people.divide("linked", linked & followed, cost=1)
    hidden = hidden_keys(people, 11)
    assert {key[0] for key in hidden} == {"linked"}
    assert len(hidden) == 2


def test_one_tiny_group_takes_no_other_with_it() -> None:
    counts = pd.DataFrame({"patients": [800, 3, 90, 60], "matches": [80, 0, 30, 20]}, index=["A", "B", "C", "OTHER"])
    assert merged_groups(counts, 11) == {"A": "A", "B": "B or OTHER", "C": "C", "OTHER": "B or OTHER"}
    # Two groups are kept, because one group would not be a subdivision.
    assert merged_groups(counts.head(2), 11) == {"A": "A", "B": "B"}


def test_numbers_of_groups_that_were_put_together_are_added_up() -> None:
    numbers = Numbers(11, called={"race": {"A": "A", "B": "B or C", "C": "B or C"}})
    table = pd.DataFrame({"variable": "race", "group": ["A", "B", "C"], "matches": [50, 4, 30]})
    assert numbers.regrouped(table)[["group", "matches"]].to_numpy().tolist() == [["A", 50], ["B or C", 34]]


def test_the_limits_say_that_something_looked_wrong_and_no_number_of_it() -> None:
    with link_town() as run:
        lines = limits(replace(run, concerns=["stays.csv: 3 times cannot be read."]), None, None).blocks[0]
        assert not [line for line in limits(replace(run, concerns=()), None, None).blocks[0] if "looked wrong" in line]
    (line,) = [line for line in lines if "looked wrong" in line]
    assert line.startswith("One thing looked wrong in the files that were read, and can have moved dates of death")
    assert "3" not in line


@pytest.fixture(scope="module")
def of_a_study(town: Registry) -> Iterator[Report]:
    """A report on a declared study, for a hospital without recorded deaths."""
    alive = town.admissions.drop(columns=["deathtime", "hospital_expire_flag", "discharge_location"], errors="ignore")
    with linkage.link(town.patients, town.deaths, encounters=[alive]) as run:
        stated = linkage.StudyFacts(
            title="Sepsis survivors <2008-2019>",
            population="Adults discharged alive after sepsis",
            extracted=date(2021, 3, 1),
            registry_lag_days=60,
        )
        object.__setattr__(run, "study", stated)
        yield make_report(run, evaluate(run, methods=["hospital_deaths", "known_alive"]))


def test_the_report_is_about_the_study_and_the_rules_are_a_footnote(of_a_study: Report) -> None:
    assert of_a_study.title == "Sepsis survivors <2008-2019>"
    assert "<title>Sepsis survivors &lt;2008-2019&gt;" in of_a_study.html
    glance: Any = of_a_study.sections[0]
    assert glance.blocks[:2] == (
        "Population: Adults discharged alive after sepsis.",
        "The hospital's data were extracted on 2021-03-01. Deaths were assumed to reach the registry within 60 days."
        " The registry was therefore assumed to be complete until 2020-12-31.",
    )
    rules = of_a_study.table("links_by_rule")
    assert rules.note.startswith("Rules: Hospital patients to Massachusetts deaths, after MIMIC-IV.")
    assert "R1: Published: 77.5 % of links. R2: Published: 17.7 % of links." in rules.note
    assert not [row for row in rules.rows if "Published" in str(row)]
    without = [section for section in of_a_study.sections if section.name != "links"]
    assert not [one for one in without if "Massachusetts" in str(one) or "Published" in str(one)]


def test_nothing_is_stated_where_nothing_was_stored(run: linkage.Linkage) -> None:
    assert facts(SimpleNamespace()) == []  # a run of an older version
    empty = dict.fromkeys(("extracted", "registry_extracted", "registry_lag_days", "registry_years", "complete_until"))
    assert facts(SimpleNamespace(study=SimpleNamespace(title="", population="", **empty))) == []


def test_hospital_deaths_are_mentioned_only_where_some_were_given(of_a_study: Report, report: Report) -> None:
    words = ("hospital's own records", "death in hospital", "deaths in hospital", "in-hospital", "took precedence")
    assert not [word for word in (*words, "hospital alone") if word in of_a_study.markdown.lower()]
    assert "The hospital's date of death took precedence" in report.markdown
    assert not [row for row in of_a_study.table("estimates").rows if str(row[1]).startswith("hospital deaths")]


def test_patients_in_review_and_completed_dates_are_counted_at_a_glance(run: linkage.Linkage) -> None:
    report = make_report(run, smallest_cell=1)
    status = run.outcomes["status"].value_counts()
    counts = {row[0]: row[1] for row in report.table("dates_of_death").rows}
    assert counts[DATES["released"]] == run.outcomes["dod"].notna().sum()
    assert counts[DATES["in_review"]] == status.get("in_review", 0)
    waiting = int(status.get("in_review", 0))
    for name in ("mortality", "mortality_by_subgroup"):
        of_review = [row for row in report.table(name).rows if IN_REVIEW in row]
        assert len(of_review) == bool(waiting)
        assert all(waiting in row for row in of_review)
