"""The report of a linkage: what was done, what came of it, how good it is, and what it does to a study.

>>> from linkage.report import make_report
>>> make_report.__doc__.partition(".")[0]
'The report of a run, with its evaluation where there is one'
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import linkage.report.figures as figures
import linkage.report.render as render
from linkage.errors import InputError
from linkage.evaluation.study import Study, follow
from linkage.report.parts import Section, Table
from linkage.report.sections import all_sections
from linkage.report.suppress import SMALLEST
from linkage.report.writing import put_files
from linkage.run.output import REPORT_FILES, hold_output
from linkage.version import __version__

if TYPE_CHECKING:
    import pandas

    from linkage.run.result import Linkage

__all__ = ["Report", "figures", "make_report"]


@dataclass(frozen=True)
class Report:
    """Sections of text, tables and figures, to be written as a page, as Markdown and as JSON."""

    title: str
    lead: str
    sections: Sequence[Section]
    foot: str
    smallest_cell: int

    @property
    def html(self) -> str:
        """One self-contained page."""
        return render.html(self.title, self.lead, self.sections, self.foot)

    @property
    def markdown(self) -> str:
        """The same as Markdown."""
        return render.markdown(self.title, self.lead, self.sections, self.foot)

    @property
    def json(self) -> str:
        """The same as data."""
        about = {"toolkit": f"mortality-linkage {__version__}", "smallest_cell": self.smallest_cell}
        return render.as_json(self.title, self.lead, self.sections, about)

    def table(self, name: str) -> Table:
        """A table by its name. Raises InputError when there is none of that name."""
        found = [block for section in self.sections for block in section.blocks if isinstance(block, Table)]
        for table in found:
            if table.name == name:
                return table
        raise InputError(f"There is no table {name!r}. There are: {', '.join(table.name for table in found)}.")

    def write(self, folder: str | Path) -> None:
        """Write report.html, report.md and report.json into a folder, readable by their owner alone.

        Raises OutputError when the folder cannot be written, or a run is writing to it.
        """
        with hold_output(Path(folder)):
            self.put(folder)

    def put(self, folder: str | Path) -> None:
        """The same for a folder that is held already, see `output.hold_output`."""
        put_files(Path(folder), dict(zip(REPORT_FILES, (self.html, self.markdown, self.json), strict=True)))


def make_report(
    run: "Linkage",
    evaluation: Any = None,
    *,
    study: Study | None = None,
    swept: "pandas.DataFrame | None" = None,
    smallest_cell: int = SMALLEST,
) -> Report:
    """The report of a run, with its evaluation where there is one.

    `evaluation` is what `evaluate` gives, with truth or without; `study` what `follow` gives, by default with every
    patient followed from the last discharge, `swept` what `tuning.sweep` gives.
    Numbers of fewer than `smallest_cell` people are withheld, with what would give them away; 1 withholds nothing, and
    the page is then internal.

    Raises LinkageError when a library of the extra `report` is missing.
    """
    if smallest_cell < 1:
        raise InputError(f"smallest_cell = {smallest_cell} is not a number of people. Give 1 to withhold nothing.")
    if study is None and run.has_mortality:
        study = follow(run)
    sections = all_sections(run, evaluation, study, swept, smallest_cell)
    counts = run.counts
    lead = (
        f"A report on the linkage of {counts['patients']:,} patients to {counts['deaths']:,} registered deaths,"
        f" written by mortality-linkage {__version__} from the run and its rule file."
    )
    return Report(f"Linkage report. {run.cascade.title}", lead, sections, _foot(smallest_cell), smallest_cell)


def _foot(smallest: int) -> str:
    if smallest == 1:
        return "Nothing is withheld: this report shows small numbers of people and may not leave the house."
    return (
        f"Numbers of 1 to {smallest - 1} people are not shown, and stand as “< {smallest}”. Other numbers of the same"
        " table are “withheld” where totals would give such a number away: of each at least"
        f" {(smallest - 1) // 2} values remain possible. Shares are then given as bounds or withheld. Sections that"
        " count the same people in different ways were not checked against one another: let somebody read this before"
        " it is published."
    )
