"""The tables of a report that need only the run and the study: counts, with small numbers withheld."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from linkage.method.censor import STATUSES
from linkage.method.columns import SIDES
from linkage.method.contact_sql import REPAIR_MEANINGS
from linkage.method.hospital_death_sql import LONG_AFTER_DEATH_DAYS
from linkage.method.records import Loaded
from linkage.method.standardize.as_read import DATES as DATE_COLUMNS
from linkage.method.standardize.odd_values import lost_values
from linkage.printing import agreeing, counted
from linkage.report.counted import dates_of_death, shown_scenarios
from linkage.report.numbers import LEAVING, Numbers
from linkage.report.parts import Cell, Column, Interval, Table, row_of
from linkage.report.suppress import WITHHELD, shown, withhold
from linkage.rules.cascade import Cascade, Rule
from linkage.rules.wording import words
from linkage.run.summary import agreement_in_words
from linkage.sources.column_names import shown_name

if TYPE_CHECKING:
    import pandas

    from linkage.evaluation.study import Study
    from linkage.run.result import Linkage

LEFT = {
    "no candidate": "agreed with no death on any blocking key",
    "no rule satisfied": "no rule accepted any candidate pair",
    "impossible in time": "death impossible in time",
    "lost to another patient": "death linked to another patient",
    "tie": "tied between pairs, held for review",
}
"""Why patients leave at each stage of the flow, by fate."""

_STAYED = (
    "whose records could be used",
    "with at least one candidate pair",
    "with a pair that some rule accepts",
    "with such a pair possible in time",
    "with a death not linked to another patient",
    "linked to one death",
)


class Stage(NamedTuple):
    """A stage of the flow: the patients at this stage and those who left after it, in words with counts."""

    here: str
    left: str


def flow(counts: Mapping[str, Any], numbers: Numbers) -> list[Stage]:
    """The stages of the linkage, each with the patients who left after it.

    >>> fates = {"no candidate": 60, "no rule satisfied": 20, "impossible in time": 0, "lost to another patient": 0,
    ...     "tie": 0, "linked": 20}
    >>> flow({"patients": 100, "patients_by_fate": fates}, Numbers())[1].here
    '40 patients\\nwith at least one candidate pair'
    """
    left = [counts["patients_by_fate"][fate] for fate in LEAVING]
    here = [counts["patients"] - sum(left[:n]) for n in range(len(left) + 1)]
    stages = []
    for n, (number, stayed) in enumerate(zip(here, _STAYED, strict=True)):
        gone = ""
        if n < len(left):
            fate = LEAVING[n]
            gone = f"{_people(numbers.cell(left[n], 'left', fate), numbers)}:\n{LEFT[fate]}"
        stages.append(Stage(f"{_people(numbers.cell(number, 'here', str(n)), numbers)}\n{stayed}", gone))
    return stages


def _people(cell: int | str, numbers: Numbers) -> str:
    if isinstance(cell, int):
        return counted(cell, "patient")
    return "patients (number withheld)" if cell == WITHHELD else f"fewer than {numbers.smallest} patients"


def share_of(count: Cell, whole: int) -> Cell:
    """A count as a share of a whole; withheld if the count is."""
    return count / whole if isinstance(count, int) and whole else None if isinstance(count, int) else count


def links_by_rule(cascade: Cascade, counts: Mapping[str, Any], numbers: Numbers) -> Table:
    """The table of links by rule, as in the MIMIC-IV paper, with the conditions and the provenance of each rule."""
    linked = counts["patients_linked"]
    found = {rule: numbers.cell(links, "rule", rule) for rule, links in counts["links_by_rule"].items()}
    method = words(cascade)
    rows: list[tuple[Cell, ...]] = [
        (rule.id, found[rule.id], share_of(found[rule.id], linked), _demands(rule)) for rule in cascade.rules
    ]
    rows.append(("all rules", linked, share_of(linked, linked), ""))
    columns: tuple[Column, ...] = (
        Column("Rule"),
        Column("Links", "count"),
        Column("Share", "share"),
        Column("Agreement required"),
    )
    of_rules = " ".join(f"{rule}: {why}" for rule, why in method.provenance.items() if why)
    note = f"Rules: {method.source}"
    if of_rules:
        note += f" Provenance of each rule, with figures of its source and not of this linkage: {of_rules}"
    caption = f"Links by rule, of {counted(linked, 'linked patient')}"
    return Table("links_by_rule", caption, columns, tuple(rows), note)


def _demands(rule: Rule) -> str:
    return agreement_in_words(rule).replace("ssn", "SSN")


def rows_of_files(counts: Mapping[str, Any], smallest: int) -> Table:
    """A table of the rows of each file read, rejected and used. Rows are not patients, so this table is protected
    independently of the others."""
    rows = []
    for file in counts["rows"]:
        cells = [file["read"], file["rejected"], file["used"]]
        # The rows used of the patients file are the population, whose number is shown elsewhere too.
        hidden = withhold(cells, [(0, (1, 2))], smallest=smallest, known=[2])
        rows.append((file["file"], *(shown(cell, n in hidden, smallest) for n, cell in enumerate(cells))))
    columns = (Column("File"), *(Column(name, "count") for name in ("Rows read", "Rejected", "Used")))
    return Table("files", "Rows of each file read, rejected and used", columns, tuple(rows))


def dates_not_known(counts: Mapping[str, Any], loaded: Sequence[Loaded], smallest: int) -> Table:
    """A table of the dates and times of each column that could not be used although they were not empty, by reason.

    There are no totals, so only small numbers are withheld.
    """
    rows: list[tuple[Cell, ...]] = []
    for side, one in zip(SIDES, loaded, strict=False):
        for column, ours in DATE_COLUMNS[side].items():
            if ours not in one.columns:
                continue
            lost = lost_values(counts["cleaned"].get(side, {}).get(column, {}))
            rows += _by_reason(one, ours, lost, smallest)
    for one in loaded[2:]:
        for ours, reasons in one.times_not_read.items():
            rows += _by_reason(one, ours, reasons, smallest)
    columns = (Column("File"), Column("Column"), Column("Not known because"), Column("Values", "count"))
    return Table("dates_not_known", "Dates and times that are not known, by reason", columns, tuple(rows))


def encounters_mended(counts: Mapping[str, Any], smallest: int) -> Table:
    """A table of encounters that were not used exactly as recorded, by reason.

    An encounter may have several reasons, and the table has no totals, so only small numbers are withheld.
    """
    found = counts.get("mortality", {}).get("encounter_repairs", {})
    rows = tuple(
        (REPAIR_MEANINGS[reason], shown(number, number < smallest, smallest))
        for reason, number in found.items()
        if number
    )
    columns = (Column("Not used exactly as recorded because"), Column("Encounters", "count"))
    return Table("encounters_mended", "Encounters not used exactly as recorded, by reason", columns, rows)


def _by_reason(one: Loaded, ours: str, reasons: Mapping[str, int], smallest: int) -> list[tuple[Cell, ...]]:
    column = shown_name(one.columns[ours])
    return [(one.name, column, reason, shown(n, 0 < n < smallest, smallest)) for reason, n in sorted(reasons.items())]


def statuses(counts: Mapping[str, Any], numbers: Numbers) -> Table:
    """A table of all patients by status."""
    patients = counts["patients"]
    found = {name: numbers.cell(number, "status", name) for name, number in counts["mortality"]["status"].items()}
    rows: list[tuple[Cell, ...]] = [
        (name.replace("_", " "), found[name], share_of(found[name], patients), STATUSES[name].partition(".")[0] + ".")
        for name in counts["mortality"]["status"]
    ]
    rows.append(("all", patients, share_of(patients, patients), ""))
    columns = (Column("Status"), Column("Patients", "count"), Column("Share", "share"), Column("Meaning"))
    return Table(
        "statuses",
        f"Outcomes of {agreeing(patients, 'the one patient', f'all {patients:,} patients')}",
        columns,
        tuple(rows),
    )


DATES = {
    "released": "Date of death released",
    "completed": "of these, known only to the month or year and completed",
    "withheld": "Known to have died, but the date was too imprecise to be released",
    "overruled": "The hospital's date of death was implausible; the registry's was used if there was one",
    "hospital_dates_differ": "The hospital's own records give different dates of death",
    "far_apart": f"The hospital's date of death is more than {LONG_AFTER_DEATH_DAYS} days from the certificate's, and"
    f" was used",
    "certificates_differ": "Certificates give different dates of death",
    "in_review": "In review: outcome unknown until a person decides",
}
"""The rows of the table of dates of death, by their names in the account."""


def dates_table(run: "Linkage", numbers: Numbers) -> Table:
    """A table of how many dates of death were released, completed, withheld, overruled or are in review."""
    rows = [
        (DATES[name], numbers.cell(int(patients.sum()), "date", name)) for name, patients in dates_of_death(run).items()
    ]
    columns = (Column("Date of death"), Column("Patients", "count"))
    return Table("dates_of_death", "Dates of death", columns, tuple(rows))


def shown_mortality(study: "Study", numbers: Numbers) -> "pandas.DataFrame":
    """The mortality of every scenario that can be shown (see `shown_scenarios`), at the horizons that can be shown."""
    table = study.mortality
    names = {each.name for each in shown_scenarios(study, numbers.smallest)}
    can = [
        name in names and not numbers.hides("deaths", name, str(days))
        for name, days in zip(table["scenario"], table["horizon_days"], strict=True)
    ]
    return table[can].reset_index(drop=True)


def distinct_scenarios(study: "Study", numbers: Numbers) -> list[str]:
    """At most five scenarios for a figure: no links, all rules, and the cumulative ones that add most deaths."""
    names = [
        each.name
        for each in shown_scenarios(study, numbers.smallest)
        if each.kind in ("hospital", "cumulative")
        and not any(numbers.hides("deaths", each.name, str(days)) for days in study.horizons)
    ]
    if len(names) <= 5:
        return names
    deaths = {name: int(study.scenario(name).died.sum()) for name in names}
    steps = sorted(range(1, len(names) - 1), key=lambda n: deaths[names[n - 1]] - deaths[names[n]])
    return [name for n, name in enumerate(names) if n in (0, len(names) - 1, *steps[:3])]


def coarse(curve: "pandas.DataFrame", smallest: int) -> "pandas.DataFrame":
    """Thin out a Kaplan-Meier curve so that each step has at least `smallest` deaths.

    >>> import pandas
    >>> coarse(pandas.DataFrame({"day": [0, 3, 9, 12], "deaths": [10, 4, 9, 2]}), 11)["day"].tolist()
    [3, 12]
    """
    rows, since = [], 0
    deaths = curve["deaths"].tolist()
    for place, died in enumerate(deaths):
        since += died
        if since >= smallest and (sum(deaths[place + 1 :]) >= smallest or not sum(deaths[place + 1 :])):
            rows.append(place)
            since = 0
    return curve.iloc[rows].reset_index(drop=True)


def followed(study: "Study", numbers: Numbers) -> int | str:
    """How many patients were followed; withheld if it would reveal a small number of patients who were not."""
    return numbers.cell(len(study.patients), "followed")


IN_REVIEW = "in review (not followed)"


def mortality_table(study: "Study", review: int, numbers: Numbers) -> Table:
    """A table of deaths and mortality at each horizon under each scenario that can be shown, and of patients in
    review."""
    found = study.mortality.set_index(["scenario", "horizon_days"])
    people = followed(study, numbers)
    rows = []
    for scenario in shown_scenarios(study, numbers.smallest):
        cells: list[Cell] = [scenario.name, people]
        for days in study.horizons:
            row: Any = found.loc[(scenario.name, days)]
            deaths = numbers.cell(int(row["deaths"]), "deaths", scenario.name, str(days))
            risk = Interval(row["risk"], row["risk_low"], row["risk_high"])
            cells += [deaths, risk if isinstance(deaths, int) else WITHHELD]
        rows.append(row_of(cells))
    if review:
        rows.append((IN_REVIEW, numbers.cell(review, "followed in review"), *[None] * (2 * len(study.horizons))))
    columns = [Column("Links used"), Column("Patients", "count")]
    for days in study.horizons:
        columns += [Column(f"Deaths by day {days}", "count"), Column("Mortality (95 % CI)", "share")]
    caption = f"Deaths and mortality of the same patients within {', '.join(map(str, study.horizons))} days"
    return Table("mortality", caption, tuple(columns), tuple(rows))
