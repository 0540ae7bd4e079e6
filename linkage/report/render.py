"""Render a report as one self-contained HTML page, as Markdown and as JSON."""

import json
from collections.abc import Sequence
from importlib.resources import files
from itertools import groupby
from math import isnan
from typing import Any

from linkage.extras import needs
from linkage.report.markdown import escaped
from linkage.report.parts import Bound, Cell, Figure, Interval, Section, Table, written


def html(title: str, lead: str, sections: Sequence[Section], foot: str) -> str:
    """One self-contained page."""
    jinja = needs("jinja2")
    page = (files("linkage.report") / "page.html").read_text("utf-8")
    environment = jinja.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja.StrictUndefined
    )
    environment.filters |= {"written": written, "by_first": _by_first}
    environment.tests |= {
        "table": lambda block: isinstance(block, Table),
        "figure": lambda block: isinstance(block, Figure),
    }
    numbers = _numbered(sections)
    text: str = environment.from_string(page).render(
        title=title, lead=lead, sections=sections, foot=foot, numbers=numbers, safe=needs("markupsafe").Markup
    )
    return text + "\n"


def _by_first(rows: Sequence[Sequence[Cell]]) -> list[tuple[Cell, list[Sequence[Cell]]]]:
    """Group consecutive rows by their first cell."""
    return [(first, list(together)) for first, together in groupby(rows, key=lambda row: row[0])]


def _numbered(sections: Sequence[Section]) -> dict[str, str]:
    """The numbers of tables and figures ("Table 1", "Figure 2") by name."""
    numbers: dict[str, str] = {}
    for kind, word in ((Table, "Table"), (Figure, "Figure")):
        found = [block.name for section in sections for block in section.blocks if isinstance(block, kind)]
        numbers |= {f"{word.lower()}-{name}": f"{word} {place}" for place, name in enumerate(found, start=1)}
    return numbers


def markdown(title: str, lead: str, sections: Sequence[Section], foot: str) -> str:
    """The report in Markdown. A figure is represented by its caption and description; its data are in the tables."""
    numbers = _numbered(sections)
    parts = [f"# {escaped(title)}", escaped(lead)]
    for section in sections:
        parts.append(f"## {escaped(section.title)}")
        parts += [_block(block, numbers) for block in section.blocks]
    return "\n\n".join([*parts, "---", escaped(foot)]) + "\n"


def _block(block: str | list[str] | Table | Figure, numbers: dict[str, str]) -> str:
    if isinstance(block, str):
        return escaped(block)
    if isinstance(block, list):
        return "\n".join(f"- {escaped(item)}" for item in block)
    if isinstance(block, Figure):
        return f"**{numbers[f'figure-{block.name}']}.** {escaped(block.caption)}\n\n> {escaped(block.alternative)}"
    rows = [[escaped(column.name, starts_line=False) for column in block.columns]]
    rows.append(["--:" if column.kind != "text" else "---" for column in block.columns])
    rows += [
        [escaped(written(cell, c.kind), starts_line=False) for cell, c in zip(row, block.columns, strict=True)]
        for row in block.rows
    ]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    note = [f"*{escaped(block.note)}*"] if block.note else []
    return "\n\n".join([f"**{numbers[f'table-{block.name}']}.** {escaped(block.caption)}.", "\n".join(lines), *note])


def as_json(title: str, lead: str, sections: Sequence[Section], about: dict[str, Any]) -> str:
    """The report as JSON: tables with numbers, figures with their descriptions."""
    report = {
        "title": title,
        "lead": lead,
        **about,
        "sections": [
            {"name": section.name, "title": section.title, "blocks": [_plain(block) for block in section.blocks]}
            for section in sections
        ],
    }
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(block: str | list[str] | Table | Figure) -> dict[str, Any]:
    if isinstance(block, str):
        return {"text": block}
    if isinstance(block, list):
        return {"list": block}
    if isinstance(block, Figure):
        return {"figure": block.name, "caption": block.caption, "alternative": block.alternative}
    return {
        "table": block.name,
        "caption": block.caption,
        "columns": [column.name for column in block.columns],
        "rows": [[_value(cell) for cell in row] for row in block.rows],
        "note": block.note,
    }


def _value(cell: Cell) -> Any:
    """A cell as JSON, rounded about as on the page, so that further digits cannot reveal withheld numbers."""
    if isinstance(cell, Interval):
        return {"value": _rounded(cell.value), "low": _rounded(cell.low), "high": _rounded(cell.high)}
    if isinstance(cell, Bound):
        return {"at_least" if cell.is_least else "at_most": _rounded(cell.value)}
    return _rounded(cell) if isinstance(cell, float) else cell


def _rounded(number: float) -> float | None:
    return None if isnan(number) else round(number, 4)
