"""The tables of a report that need only the run and the study: counts with what is small withheld."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from linkage.method.censor import STATUSES
from linkage.report.parts import Cell, Column, Interval, Table, row_of
from linkage.report.suppress import Sum, merged, shown, withhold
from linkage.rules.cascade import Cascade, Rule
from linkage.run.summary import agreement_in_words

if TYPE_CHECKING:
    import pandas

    from linkage.evaluation.study import Scenario, Study

LEFT = {
    "no candidate": "agreed with no death on any blocking key",
    "no rule satisfied": "no rule accepted any candidate pair",
    "impossible in time": "death impossible in time",
    "lost to another patient": "death linked to another patient",
    "tie": "tied between pairs, held for review",
}
"""Why patients leave at each stage, by fate."""

_STAYED = (
    "whose records could be used",
    "with at least one candidate pair",
    "with a pair that some rule accepts",
    "with such a pair possible in time",
    "with a claim to a death",
    "linked to one death",
)


class Stage(NamedTuple):
    """A stage of the flow: who is still here, and who left before the next, in words with counts."""

    here: str
    left: str


def flow(counts: Mapping[str, Any], smallest: int) -> list[Stage]:
    """The stages of the linkage, each with who left at it.

    >>> fates = {"no candidate": 60, "no rule satisfied": 20, "impossible in time": 0, "lost to another patient": 0,
    ...     "tie": 0, "linked": 20}
    >>> flow({"patients": 100, "patients_by_fate": fates}, 11)[1].here
    '40 patients\\nwith at least one candidate pair'
    """
    left = [counts["patients_by_fate"][fate] for fate in LEFT]
    here = [counts["patients"] - sum(left[:n]) for n in range(len(left) + 1)]
    size = len(here)
    sums: list[Sum] = [(n, (n + 1, size + n)) for n in range(len(left))]
    hidden = withhold([*here, *left], sums, smallest=smallest, known=(0, size - 1))
    people = [_people(number, n in hidden, smallest) for n, number in enumerate([*here, *left])]
    return [
        Stage(f"{people[n]}\n{_STAYED[n]}", f"{people[size + n]}:\n{reason}" if reason else "")
        for n, reason in enumerate([*LEFT.values(), ""])
    ]


def _people(number: int, hidden: bool, smallest: int) -> str:
    if hidden:
        return f"fewer than {smallest} patients" if number < smallest else "patients (number withheld)"
    return f"{number:,} patient{'' if number == 1 else 's'}"


def parted(parts: Mapping[str, int], smallest: int, *, known: Sequence[int] = ()) -> dict[str, Cell]:
    """Counts that add up to a total shown elsewhere, with the small ones withheld; those at the places `known` can be
    told from elsewhere, and so protect no other.

    >>> parted({"a": 5, "b": 40, "c": 100}, 11)
    {'a': '< 11', 'b': 'withheld', 'c': 100}
    """
    cells = [*parts.values(), sum(parts.values())]
    elsewhere = [len(parts), *(n for n in known if cells[n] >= smallest)]
    hidden = withhold(cells, [(len(parts), range(len(parts)))], smallest=smallest, known=elsewhere)
    return {name: shown(count, n in hidden, smallest) for n, (name, count) in enumerate(parts.items())}


def share_of(count: Cell, whole: int) -> Cell:
    """A count as a share of a whole, withheld where the count is."""
    return count / whole if isinstance(count, int) and whole else None if isinstance(count, int) else count


def links_by_rule(cascade: Cascade, counts: Mapping[str, Any], smallest: int) -> Table:
    """The paper's table: links by rule, with what each rule demands."""
    linked = counts["patients_linked"]
    found = parted(counts["links_by_rule"], smallest)
    rows: list[tuple[Cell, ...]] = [
        (rule.id, found[rule.id], share_of(found[rule.id], linked), _demands(rule)) for rule in cascade.rules
    ]
    rows.append(("all rules", linked, share_of(linked, linked), ""))
    columns = (Column("Rule"), Column("Links", "count"), Column("Share", "share"), Column("Agreement demanded"))
    caption = f"Links by rule, of {linked:,} linked patients"
    return Table("links_by_rule", caption, columns, tuple(rows))


def _demands(rule: Rule) -> str:
    return agreement_in_words(rule).replace("ssn", "SSN")


def rows_of_files(counts: Mapping[str, Any], smallest: int) -> Table:
    """Rows of each file read, rejected and used."""
    rows = []
    for file in counts["rows"]:
        cells = [file["read"], file["rejected"], file["used"]]
        # Of the patients' file the rows used are the population, which stands everywhere.
        hidden = withhold(cells, [(0, (1, 2))], smallest=smallest, known=[2])
        rows.append((file["file"], *(shown(cell, n in hidden, smallest) for n, cell in enumerate(cells))))
    columns = (Column("File"), *(Column(name, "count") for name in ("Rows read", "Rejected", "Used")))
    return Table("files", "Rows of each file read, rejected and used", columns, tuple(rows))


def statuses(counts: Mapping[str, Any], smallest: int) -> Table:
    """What the outcome table says of every patient."""
    patients = counts["patients"]
    # How many were followed stands beside every mortality, and so tells who has no anchor.
    told = [n for n, name in enumerate(counts["mortality"]["status"]) if name == "no_anchor"]
    found = parted(counts["mortality"]["status"], smallest, known=told)
    rows: list[tuple[Cell, ...]] = [
        (name.replace("_", " "), found[name], share_of(found[name], patients), STATUSES[name].partition(".")[0] + ".")
        for name in counts["mortality"]["status"]
    ]
    rows.append(("all", patients, share_of(patients, patients), ""))
    columns = (Column("Status"), Column("Patients", "count"), Column("Share", "share"), Column("Meaning"))
    return Table("statuses", f"Outcomes of all {patients:,} patients", columns, tuple(rows))


def shown_mortality(study: "Study", smallest: int) -> "pandas.DataFrame":
    """The mortality of every scenario that can be shown without revealing a small number of deaths.

    Of the cumulative ones those that end a step of at least `smallest` deaths, or none, between any two horizons; of
    the others those that differ from the run by as much.
    """
    table = study.mortality
    names = set(_cumulative_shown(study, smallest))
    names |= {
        each.name for each in study.scenarios if each.kind in ("without", "other") and _apart(study, each, smallest)
    }
    return table[table["scenario"].isin(names)].reset_index(drop=True)


def _between_horizons(scenario: "Scenario", horizons: Sequence[int]) -> list[int]:
    """Deaths from one horizon to the next."""
    by_then = [int((scenario.died & (scenario.days <= horizon)).sum()) for horizon in horizons]
    return [now - before for now, before in zip(by_then, [0, *by_then], strict=False)]


def _cumulative_shown(study: "Study", smallest: int) -> list[str]:
    nested = [each for each in study.scenarios if each.kind in ("hospital", "cumulative")]
    deaths = [_between_horizons(each, study.horizons) for each in nested]
    before = [[0] * len(study.horizons), *deaths]
    steps = [[now - then for now, then in zip(*pair, strict=True)] for pair in zip(deaths, before, strict=False)]
    return [nested[group.stop - 1].name for group in merged(steps, smallest=smallest)]


def _apart(study: "Study", scenario: "Scenario", smallest: int) -> bool:
    """Whether a scenario differs from the run, or from what a left-out rule adds, by no small number of deaths."""
    main, here = (_between_horizons(each, study.horizons) for each in (study.main, scenario))
    differences = [abs(a - b) for a, b in zip(main, here, strict=True)]
    if scenario.kind == "without":
        own = _own_step(study, scenario, smallest)
        if own is None:
            return smallest <= 1
        differences += [abs(a - b) for a, b in zip(own, differences, strict=True)]
    return all(number == 0 or number >= smallest for number in differences)


def _own_step(study: "Study", scenario: "Scenario", smallest: int) -> list[int] | None:
    """What the left-out rule adds to the cascade, where that step is shown by itself."""
    nested = [each for each in study.scenarios if each.kind in ("hospital", "cumulative")]
    names = _cumulative_shown(study, smallest)
    place = [f"without {rule}" for rule in study.rules].index(scenario.name) + 1
    if not {nested[place].name, nested[place - 1].name} <= set(names):
        return None
    now, before = (_between_horizons(each, study.horizons) for each in (nested[place], nested[place - 1]))
    return [a - b for a, b in zip(now, before, strict=True)]


def distinct_scenarios(study: "Study", smallest: int) -> list[str]:
    """At most five scenarios for a figure: no links, and the first rules in the steps that matter most."""
    names = _cumulative_shown(study, smallest)
    if len(names) <= 5:
        return names
    deaths = {name: int(study.scenario(name).died.sum()) for name in names}
    steps = sorted(range(1, len(names) - 1), key=lambda n: deaths[names[n - 1]] - deaths[names[n]])
    return [name for n, name in enumerate(names) if n in (0, len(names) - 1, *steps[:3])]


def coarse(curve: "pandas.DataFrame", smallest: int) -> "pandas.DataFrame":
    """A Kaplan-Meier curve that moves only when so many more have died, so that no step is of a few people.

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


def followed(study: "Study", smallest: int) -> int | str:
    """How many patients were followed; withheld where it would tell that a few were not."""
    return shown(len(study.patients), 0 < study.not_followed < smallest, smallest)


def mortality_table(study: "Study", smallest: int) -> Table:
    """Deaths and mortality at each horizon under each scenario that can be shown."""
    found = shown_mortality(study, smallest)
    rows = []
    for name, at in found.groupby("scenario", sort=False):
        cells: list[Cell] = [str(name), followed(study, smallest)]
        each_horizon: Any = at.itertuples()
        for row in each_horizon:
            cells += [int(row.deaths), Interval(row.risk, row.risk_low, row.risk_high)]
        rows.append(row_of(cells))
    columns = [Column("Links that count"), Column("Patients", "count")]
    for days in study.horizons:
        columns += [Column(f"Deaths by day {days}", "count"), Column("Mortality (95 % CI)", "share")]
    caption = f"Deaths and mortality within {', '.join(map(str, study.horizons))} days, of the same patients"
    return Table("mortality", caption, tuple(columns), tuple(rows))
