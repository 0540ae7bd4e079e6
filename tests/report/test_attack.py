"""A reader who compares all tables of a report cannot calculate a withheld number.

Every published number becomes an equation over classes of patients, and a linear program finds the least
and the largest value of each withheld one. The sets behind the numbers are computed here from the tables of the run,
not with the report's own code.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, vstack

import linkage
from linkage.evaluation import Evaluation, evaluate
from linkage.evaluation.study import Study
from linkage.evaluation.subgroups import subgroups
from linkage.method.decide import FATES
from linkage.report import make_report
from synthetic import make_registry
from synthetic.registries import Registry

SMALLEST = 11
VALUES = 5  # the number of values that must remain possible, see decision record 10
VARIABLES = ("sex", "age_band", "ssn_known", "compound_surname", "race")

NOT_OF_PATIENTS = {
    "files": "rows of files",
    "dates_not_known": "values of columns, without sums",
    "encounters_mended": "encounters, without sums",
    "estimates": "shares of sets that stand in other tables, and of what no other table counts",
    "implausible": "pairs",
    "thresholds": "links of other cascades",
    "corrected": "estimates from numbers that are shown",
    "checklist": "no numbers",
}


class Published(NamedTuple):
    """A number in a report: the patients counted (also within a group), its place, and its cell."""

    of: Any
    group: tuple[str, str] | None
    where: str
    cell: Any
    whole: Any = None  # the set that a share refers to


class Reader:
    """The numbers known to a reader of report.json, with a mask over all patients for each."""

    def __init__(self, run: linkage.Linkage, evaluation: Evaluation, study: Study, report: Any) -> None:
        self.report = json.loads(report.json)
        outcomes = run.outcomes.set_index("patient_id")
        self.ids = outcomes.index
        self.groups = subgroups(run, VARIABLES).reindex(self.ids).astype(str)
        self.outcomes, self.study, self.run = outcomes, study, run
        self.judged = evaluation.people["judged"].set_index("patient_id").reindex(self.ids)
        self.died = evaluation.people["hospital_deaths"].set_index("patient_id").reindex(self.ids)
        self.review = (outcomes["status"] == "in_review").to_numpy()
        self.asked = self.ids.isin(study.patients["patient_id"])

    def tables(self) -> Iterator[dict[str, Any]]:
        for section in self.report["sections"]:
            yield from (block for block in section["blocks"] if "table" in block)

    def everything(self) -> list[Published]:
        found = list(self.flow())
        for table in self.tables():
            if table["table"] not in NOT_OF_PATIENTS:
                found += getattr(self, table["table"])(table["rows"], table["columns"])
        return found

    def flow(self) -> Iterator[Published]:
        text = next(b for s in self.report["sections"] for b in s["blocks"] if b.get("figure") == "flow")["alternative"]
        cells = re.findall(r"([\d,]+|fewer than \d+) patients?\b|patients \((number withheld)\)", text)
        fates = self.outcomes["fate"]
        here = np.ones(len(self.ids), bool)
        sets = []
        for fate in ("no candidate", "no rule satisfied", "impossible in time", "lost to another patient", "tie"):
            assert fate in FATES
            sets += [here, (fates == fate).to_numpy()]
            here = here & ~sets[-1]
        sets.append(here)
        assert len(cells) == len(sets)
        for (number, withheld), of in zip(cells, sets, strict=True):
            few = "< 11" if number.startswith("fewer") else int(number.replace(",", "")) if number else "withheld"
            yield Published(of, None, "flow", "withheld" if withheld else few)

    def statuses(self, rows: Any, columns: Any) -> Iterator[Published]:
        for name, cell, *_ in rows:
            of = (self.outcomes["status"] == name.replace(" ", "_")).to_numpy() | (name == "all")
            yield Published(of, None, f"status {name}", cell)

    def dates_of_death(self, rows: Any, columns: Any) -> Iterator[Published]:
        dod, known = self.outcomes["dod"].notna(), self.outcomes["death_date_precision"]
        sets = {
            "Date of death released": dod,
            "of these, known": dod & known.isin(["month", "year"]),
            "Known to have died": self.outcomes["status"] == "died_date_partial",
            "In review": self.outcomes["status"] == "in_review",
        }
        for name, cell in rows:
            found = [of for start, of in sets.items() if name.startswith(start)]
            if found:  # the review has these entries only if a date was implausible
                yield Published(found[0].to_numpy(), None, name, cell)

    def links_by_rule(self, rows: Any, columns: Any) -> Iterator[Published]:
        for rule, cell, *_ in rows:
            yield Published(self.rule(rule), None, f"links by {rule}", cell)

    def rule(self, rule: str) -> Any:
        rules = self.outcomes["rule"]
        return rules.notna().to_numpy() if rule == "all rules" else (rules == rule).to_numpy()

    def truth(self, name: str) -> Any:
        return self.judged[name].eq(True).to_numpy()

    def accuracy(self, rows: Any, columns: Any) -> Iterator[Published]:
        match, link, true = (self.truth(name) for name in ("is_match", "is_linked", "is_true_link"))
        known = self.judged["is_match"].notna().to_numpy()
        sets = {
            "Sensitivity": (true, match),
            "PPV": (true, link),
            "Specificity": (known & ~match & ~link, known & ~match),
            "Blocking ceiling": (self.truth("is_met") & match, match),
        }
        for name, number, of, share, _ in rows:
            part, whole = sets[name]
            yield Published(part, None, name, number)
            yield Published(whole, None, f"{name} of", of)
            yield Published(part, None, f"{name} share", share, whole)

    def accuracy_by_rule(self, rows: Any, columns: Any) -> Iterator[Published]:
        match, link, true = (self.truth(name) for name in ("is_match", "is_linked", "is_true_link"))
        before = np.zeros(len(self.ids), bool)
        for rule, links, false, ppv, sensitivity_to, ppv_to in rows:
            own = self.rule(rule) & link
            before = before | own
            yield Published(own, None, f"judged links by {rule}", links)
            yield Published(own & ~true, None, f"false links by {rule}", false)
            yield Published(own & true, None, f"PPV of {rule}", ppv, own)
            yield Published(before & true, None, f"sensitivity to {rule}", sensitivity_to, match)
            yield Published(before & true, None, f"PPV to {rule}", ppv_to, before)

    def missed(self, rows: Any, columns: Any) -> Iterator[Published]:
        match = self.truth("is_match")
        for stage, number, share in rows:
            of = match & (self.judged["stage"] == stage).to_numpy() if stage != "all" else match
            yield Published(of, None, f"stage {stage}", number)
            yield Published(of, None, f"share of stage {stage}", share, match)

    def blocking(self, rows: Any, columns: Any) -> Iterator[Published]:
        match = self.truth("is_match")
        met = np.array([self.truth(f"key_{n}") & match for n in range(len(rows) - 1)])
        for n, (key, share, only) in enumerate(rows):
            of = met[n] if key != "any key" else met.any(axis=0)
            yield Published(of, None, f"reached by {key}", share, match)
            if key != "any key":
                yield Published(of & (met.sum(axis=0) == 1), None, f"only by {key}", only)

    def accuracy_by_subgroup(self, rows: Any, columns: Any) -> Iterator[Published]:
        match, link, true = (self.truth(name) for name in ("is_match", "is_linked", "is_true_link"))
        for variable, name, matches, sensitivity, _, links, ppv in rows:
            group = (variable.replace(" ", "_").lower(), name)
            yield Published(match, group, f"matches {name}", matches)
            yield Published(link, group, f"links {name}", links)
            yield Published(true, group, f"PPV {name}", ppv, link)
            if (isinstance(ppv, dict) and "value" in ppv) or (
                isinstance(sensitivity, dict) and "value" not in sensitivity
            ):
                yield Published(true, group, f"sensitivity {name}", sensitivity, match)  # otherwise derivable

    def hospital_deaths(self, rows: Any, columns: Any) -> Iterator[Published]:
        everybody = self.died["rule"].notna().to_numpy() | self.died["not_found"].eq(True).to_numpy()
        for name, number, share in rows:
            of = everybody if name == "all" else self.died[name.replace(" ", "_")].eq(True).to_numpy()
            yield Published(of, None, f"hospital {name}", number)
            yield Published(of, None, f"share hospital {name}", share, everybody)

    def hospital_deaths_by_subgroup(self, rows: Any, columns: Any) -> Iterator[Published]:
        everybody = self.died["rule"].notna().to_numpy() | self.died["not_found"].eq(True).to_numpy()
        found = self.died["found_within_7_days"].eq(True).to_numpy()
        for variable, name, number, of, share, _ in rows:
            group = (variable.replace(" ", "_").lower(), name)
            yield Published(found, group, f"hospital found {name}", number)
            yield Published(everybody, group, f"hospital deaths {name}", of)
            yield Published(found, group, f"share found {name}", share, everybody)

    def expected_false(self, rows: Any, columns: Any) -> Iterator[Published]:
        for rule, links, *_ in rows:
            yield Published(self.rule(rule), None, f"links by {rule}, expected", links)

    def died_by(self, name: str, horizon: int) -> Any:
        scenario = self.study.scenario(name)
        died = pd.Series(scenario.died & (scenario.days <= horizon), self.study.patients["patient_id"])
        return died.reindex(self.ids, fill_value=False).to_numpy()

    def is_censored(self, group: tuple[str, str] | None = None) -> bool:
        """Whether anyone was followed for less than the longest horizon, so that mortality is not a share of people."""
        main = self.study.main
        short = pd.Series(~main.died & (main.days < max(self.study.horizons)), self.study.patients["patient_id"])
        censored = short.reindex(self.ids, fill_value=False).to_numpy() & ~self.review
        return bool((censored if group is None else censored & self.members(group)).any())

    def members(self, group: tuple[str, str]) -> Any:
        return self.groups[group[0]].isin(group[1].split(" or ")).to_numpy()

    def mortality(self, rows: Any, columns: Any) -> Iterator[Published]:
        followed = self.asked & ~self.review
        for name, people, *cells in rows:
            if name.startswith("in review"):
                yield Published(self.asked & self.review, None, name, people)
                continue
            yield Published(followed, None, f"followed, {name}", people)
            for horizon, deaths, risk in zip(self.study.horizons, cells[::2], cells[1::2], strict=True):
                died = self.died_by(name, horizon)
                yield Published(died, None, f"deaths by {horizon}, {name}", deaths)
                if not self.is_censored():
                    yield Published(died, None, f"mortality by {horizon}, {name}", risk, followed)

    def mortality_by_subgroup(self, rows: Any, columns: Any) -> Iterator[Published]:
        followed = self.asked & ~self.review
        last = max(self.study.horizons)
        died = self.died_by(self.study.main.name, last)
        for row in rows:
            cells = dict(zip(columns, row, strict=True))
            if cells["Variable"] == "all":
                yield Published(self.asked & self.review, None, "in review, subgroups", cells["Patients"])
                continue
            name = cells["Group"]
            group = (cells["Variable"].replace(" ", "_").lower(), name)
            yield Published(followed, group, f"followed {name}", cells["Patients"])
            yield Published(died, group, f"deaths {name}", cells[f"Deaths by day {last}"])
            if not self.is_censored(group):
                yield Published(died, group, f"mortality {name}", cells["Mortality (95 % CI)"], followed)
            if "Linked" in cells:
                linked = followed & self.rule("all rules")
                yield Published(linked, group, f"linked {name}", cells["Linked"])
                yield Published(linked, group, f"share linked {name}", cells["Share linked"], followed)

    def side_by_side(self, rows: Any, columns: Any) -> Iterator[Published]:
        day = self.outcomes["hospital_death_date"]
        covered = (day >= self.outcomes["coverage_first"]) & (day <= self.outcomes["coverage_last"])
        fate = self.outcomes["fate"]
        sides = {"Linked": fate == "linked", "In review": fate == "tie", "Not linked": ~fate.isin(["linked", "tie"])}
        sides["Not linked or in review"] = fate != "linked"
        for row in rows:
            group = None if row[0] == "all" else (row[0].replace(" ", "_").lower(), row[1])
            for column, cell in list(zip(columns, row, strict=True))[2:-1]:
                if column in sides:
                    yield Published((covered & sides[column]).to_numpy(), group, f"{column} {row[1]}", cell)


class Attack:
    """Linear programs over the classes of patients who belong to the same sets, and to the same groups."""

    def __init__(self, reader: Reader) -> None:
        self.published = reader.everything()
        sets = [one.of for one in self.published] + [one.whole for one in self.published if one.whole is not None]
        distinct = np.unique(np.array(sets), axis=0)
        classes, place = np.unique(distinct.T, axis=0, return_inverse=True)
        self.groups, self.place, self.size = reader.groups, place.ravel(), len(classes)
        self.first = np.unique(self.place, return_index=True)[1]
        values = {name: sorted(self.named(reader, name)) for name in VARIABLES}
        self.column = {(v, g): n + 1 for n, (v, g) in enumerate((v, g) for v in VARIABLES for g in values[v])}
        self.width = self.size * (1 + len(self.column))
        eye = csr_array(np.eye(self.size))
        links = []
        for variable in VARIABLES:
            blocks: list[Any] = [csr_array((self.size, self.size))] * (1 + len(self.column))
            blocks[0] = -eye
            for (of, _), n in self.column.items():
                if of == variable:
                    blocks[n] = eye
            links.append(hstack(blocks))
        self.lines: list[Any] = [vstack(links)]
        self.low: list[Any] = [np.zeros(len(VARIABLES) * self.size)]
        self.high: list[Any] = [np.zeros(len(VARIABLES) * self.size)]
        for one in self.published:
            self.learn(one)

    def named(self, reader: Reader, variable: str) -> set[str]:
        """The groups of a variable as the report names them."""
        return {one.group[1] for one in self.published if one.group and one.group[0] == variable}

    def line(self, of: Any, group: tuple[str, str] | None) -> Any:
        line = np.zeros(self.width)
        start = 0 if group is None else self.column[group] * self.size
        line[start : start + self.size] = of[self.first]
        return line

    def constrain(self, line: Any, low: float, high: float) -> None:
        self.lines.append(csr_array(line.reshape(1, -1)))
        self.low.append(np.array([low]))
        self.high.append(np.array([high]))

    def learn(self, one: Published) -> None:
        line = self.line(one.of, one.group)
        if one.whole is None:
            ends = {"< 11": (1, 10), "withheld": (11, np.inf)}
            if one.cell is not None:
                self.constrain(line, *(ends[one.cell] if isinstance(one.cell, str) else (one.cell, one.cell)))
            return
        whole = self.line(one.whole, one.group)
        if isinstance(one.cell, float | int):
            self.constrain(line - (one.cell - 0.00005) * whole, 0, np.inf)
            self.constrain(line - (one.cell + 0.00005) * whole, -np.inf, 0)
        elif isinstance(one.cell, dict) and one.cell.get("value") is not None:
            self.constrain(line - (one.cell["value"] - 0.00005) * whole, -1e-6, np.inf)
            self.constrain(line - (one.cell["value"] + 0.00005) * whole, -np.inf, 1e-6)
        elif isinstance(one.cell, dict) and "at_least" in one.cell:
            self.constrain(line - one.cell["at_least"] * whole, 0, np.inf)
        elif isinstance(one.cell, dict) and "at_most" in one.cell:
            self.constrain(line - one.cell["at_most"] * whole, -np.inf, 0)

    def range(self, line: Any) -> tuple[int, int]:
        """The least and greatest whole number consistent with all published values."""
        constraints = LinearConstraint(vstack(self.lines).tocsr(), np.concatenate(self.low), np.concatenate(self.high))
        ends = []
        for sign in (1, -1):
            found = milp(
                sign * line,
                constraints=constraints,
                bounds=Bounds(0, 20_000),
                integrality=np.ones(self.width),
                options={"time_limit": 20, "mip_rel_gap": 0.0},
            )
            assert found.x is not None, found.message
            ends.append(round(sign * found.fun))
        return ends[0], ends[1]


@pytest.fixture(scope="module")
def town() -> Registry:
    """The registry shipped with the toolkit as `small`."""
    return make_registry("small")


@pytest.fixture(scope="module")
def run(town: Registry) -> Iterator[linkage.Linkage]:
    """The linked registry."""
    with linkage.link(town.patients, town.deaths, encounters=[town.admissions, town.edstays]) as linked:
        yield linked


@pytest.fixture(scope="module")
def reader(town: Registry, run: linkage.Linkage) -> Reader:
    """A reader of the whole report, with and without truth."""
    evaluation = evaluate(run, town.truth, methods=["hospital_deaths"])
    study = linkage.follow(run)
    return Reader(run, evaluation, study, make_report(run, evaluation, study=study))


def test_what_is_published_is_true(reader: Reader) -> None:
    for one in reader.everything():
        members = one.of if one.group is None else one.of & reader.members(one.group)
        if one.whole is None and isinstance(one.cell, int):
            assert members.sum() == one.cell, one.where
            assert not 0 < one.cell < SMALLEST, one.where
        elif one.whole is None and one.cell == "< 11":
            assert 0 < members.sum() < SMALLEST, one.where
        elif one.whole is None and one.cell == "withheld":
            assert members.sum() >= SMALLEST, one.where


def test_every_table_is_part_of_the_system_or_counts_something_else(reader: Reader) -> None:
    names = {table["table"] for table in reader.tables()}
    assert names - set(NOT_OF_PATIENTS) >= {"accuracy_by_subgroup", "mortality_by_subgroup", "statuses"}
    assert all(hasattr(reader, name) for name in names - set(NOT_OF_PATIENTS))


def test_five_values_of_every_withheld_number_of_the_whole_report_remain_possible(reader: Reader) -> None:
    attack = Attack(reader)
    withheld = {}
    for one in attack.published:  # a number that is in three tables is attacked once
        if one.whole is None and isinstance(one.cell, str):
            withheld[one.of.tobytes(), one.group] = one
    assert len(withheld) > 20
    ranges = {one.where: attack.range(attack.line(one.of, one.group)) for one in withheld.values()}
    assert not {where: ends for where, ends in ranges.items() if ends[1] - ends[0] < VALUES - 1}


def test_links_of_all_and_of_those_followed_reveal_nobody(reader: Reader) -> None:
    """Two linked patients have no last discharge; per group, they are the linked patients minus those followed."""
    attack = Attack(reader)
    linked = reader.rule("all rules")
    apart = linked & ~(reader.asked & ~reader.review)
    assert 0 < apart.sum() < SMALLEST
    shown = {one.where for one in attack.published}
    assert "links F" in shown
    assert "linked F" not in shown
