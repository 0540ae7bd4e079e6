"""A report is written as one unit, and text from users is escaped."""

import os
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import OutputError
from linkage.report import writing
from linkage.report.markdown import escaped
from linkage.report.parts import Column, Figure, Section, Table
from linkage.report.render import markdown
from linkage.report.writing import READY, WRITING, put_files
from linkage.run.output import REPORT_FILES

OLD, NEW = ({name: f"{age} {name}" for name in REPORT_FILES} for age in ("old", "new"))
STEPS = ("mkdir", "open", "fsync", "rename", "unlink")


class Killed(BaseException):
    """An exception that no handler catches, like a kill signal."""


def reports(folder: Path) -> set[str]:
    """The reports that have files."""
    return {(folder / name).read_text().split()[0] for name in REPORT_FILES if (folder / name).exists()}


@pytest.mark.parametrize("step", range(20))
def test_a_killed_report_leaves_no_file_beside_those_of_another(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before each call that changes the disk; the next report is complete."""
    put_files(tmp_path, OLD)
    left = [step]

    def counting(call: Any) -> Any:
        def counted(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return call(*given, **named)

        return counted

    with monkeypatch.context() as patch:
        for name in ("rename", "unlink", "mkdir"):
            patch.setattr(Path, name, counting(getattr(Path, name)))
        patch.setattr(os, "open", counting(os.open))
        patch.setattr(os, "fsync", counting(os.fsync))
        with suppress(Killed):
            put_files(tmp_path, NEW)
    assert len(reports(tmp_path)) <= 1
    put_files(tmp_path, NEW)
    assert reports(tmp_path) == {"new"}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(REPORT_FILES)


def test_a_complete_report_that_was_not_put_in_place_is_finished(tmp_path: Path) -> None:
    put_files(tmp_path, OLD)
    (tmp_path / READY).mkdir()
    (tmp_path / READY / "report.md").write_text("new report.md")
    (tmp_path / "report.html").write_text("new report.html")
    (tmp_path / READY / "report.json").write_text("new report.json")
    writing.finish(tmp_path)
    assert reports(tmp_path) == {"new"}


def test_files_of_others_are_not_removed(tmp_path: Path) -> None:
    (tmp_path / WRITING).mkdir()
    (tmp_path / WRITING / "thesis.tex").write_text("")
    with pytest.raises(OutputError, match=r"thesis\.tex, which no report has written"):
        put_files(tmp_path, NEW)
    assert (tmp_path / WRITING / "thesis.tex").exists()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>"),
        ("![x](https://a.org/x.png)", "!\\[x\\](https&#58;//a.org/x.png)"),
        ("[click](javascript:alert(1))", "\\[click\\](javascript&#58;alert(1))"),
        ("www.example.org", "www&#46;example.org"),
        ("A | B", "A \\| B"),
        ("R_1 _em_ *x* `y`", "R_1 \\_em\\_ \\*x\\* \\`y\\`"),
        ("- item", "\\- item"),
        ("1. item", "&#49;. item"),
        ("two\n\n# lines", "two # lines"),
        ("# heading", "\\# heading"),
        ("> quoted", "\\> quoted"),
        ("< 11", "< 11"),
        ("AT&T &lt;", "AT&T &amp;lt;"),
        ("a@b.org", "a&#64;b.org"),
        ("95.8 % (95 % CI)", "95.8 % (95 % CI)"),
    ],
)
def test_what_others_wrote_is_text_in_markdown(text: str, shown: str) -> None:
    assert escaped(text) == shown


class Tags(HTMLParser):
    """Whether there is any HTML."""

    found = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found = True


@given(st.text(alphabet="<>ab/!-[]()&;\"'=|\\` \n", max_size=40))
def test_no_text_becomes_html_or_parts_a_table(text: str) -> None:
    table = Table("t", text, (Column(text), Column("n")), ((text, text),), text)
    written = markdown(text, text, [Section("s", text, (text, [text], table, Figure("f", text, text, str)))], text)
    tags = Tags()
    tags.feed(written)
    assert not tags.found
    lines = [line for line in written.split("\n") if line.startswith("| ")]
    assert len(lines) == 3
    assert len({line.replace("\\\\", "").replace("\\|", "").count("|") for line in lines}) == 1
