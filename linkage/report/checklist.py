"""The items of the reporting guidelines RECORD and GUILD, with the sections of the report that cover them."""

from collections.abc import Sequence

from linkage.report.parts import Column, Section, Table

# RECORD: Benchimol et al., PLoS Med 2015; 12: e1001885. GUILD: Gilbert et al., J Public Health 2018; 40: 191-198.
# The guideline, the item in our words, and the names of the sections that cover it.
ITEMS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("RECORD 1.3", "Linkage between databases is stated", ("glance", "methods")),
    ("RECORD 6.3", "Flow of individuals through the linkage, with numbers at each stage", ("flow",)),
    ("RECORD 12.1", "Access to the source population: files, and rows read and used", ("methods",)),
    ("RECORD 12.2", "Data cleaning", ("methods",)),
    ("RECORD 12.3", "Level and method of linkage", ("methods",)),
    ("RECORD 12.3", "Evaluation of linkage quality", ("truth", "estimates")),
    (
        "RECORD 13.1",
        "Selection of persons, with filtering by quality and availability of data and by linkage",
        ("flow",),
    ),
    ("RECORD 19.1", "Implications of misclassification and of linkage error", ("effect", "groups", "limits")),
    ("RECORD 22.1", "Access to the rules and the programming code", ("methods",)),
    ("GUILD", "Population of each source, and how identifiers were cleaned", ("methods",)),
    ("GUILD", "Linkage methods and error rates", ("methods", "truth", "estimates")),
    ("GUILD", "Characteristics of linked and unlinked records", ("groups",)),
    ("GUILD", "How linkage error was handled, and its likely effect on results", ("effect", "limits")),
)


def checklist(sections: Sequence[Section]) -> Section:
    """A section that lists each item with the titles of the sections that cover it."""
    titles = {section.name: section.title for section in sections}
    rows = tuple(
        (guide, item, "; ".join(titles[name] for name in where if name in titles) or "not covered by this report")
        for guide, item, where in ITEMS
    )
    columns = (Column("Guideline"), Column("Item"), Column("Where"))
    table = Table("checklist", "Items of RECORD and GUILD", columns, rows)
    note = (
        "Items that concern the study itself (its question, codes and confounders) are left to its authors. RECORD:"
        " Benchimol"
        " et al., PLoS Med 2015. GUILD: Gilbert et al., J Public Health 2018."
    )
    return Section("checklist", "Reporting guidelines", (note, table))
