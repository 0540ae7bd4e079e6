"""The sections of a report, in the order of a paper: methods, results, accuracy, and effect on the study."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import linkage.report.estimates as estimates
import linkage.report.figures as figures
import linkage.report.groups as groups
import linkage.report.quality as quality
import linkage.report.small_errors as small_errors
import linkage.report.tables as tables
import linkage.report.thresholds as thresholds
from linkage.evaluation.study import Study
from linkage.evaluation.subgroups import default_variables, subgroups
from linkage.printing import agreeing, counted, share
from linkage.report.checklist import checklist
from linkage.report.correction import correction
from linkage.report.counted import decided, hospital_deaths_given, shown_scenarios
from linkage.report.limits import limits
from linkage.report.methods import methods
from linkage.report.numbers import Numbers
from linkage.report.parts import Cell, Figure, Section, Table
from linkage.report.quality_by_group import by_subgroup
from linkage.report.released import released
from linkage.report.stated import facts
from linkage.report.withholding import numbers_of

if TYPE_CHECKING:
    import pandas

    from linkage.report.drawing import Drawing
    from linkage.run.result import Linkage

Block = str | list[str] | Table | Figure


def all_sections(
    run: "Linkage",
    evaluation: Any,
    study: Study | None,
    swept: "pandas.DataFrame | None",
    smallest: int,
    release: Path | None = None,
) -> list[Section]:
    """Every section with content."""
    by = default_variables(run) if evaluation is None else _variables(run, evaluation)
    divided = subgroups(run, by)
    hides_truth = small_errors.reveals_errors(evaluation, smallest)
    if hides_truth:
        evaluation, swept = small_errors.without_truth(evaluation), None
    review: Sequence[str] = ()
    if study is not None:
        study, waiting = decided(study, run)
        review = waiting.tolist()
    numbers = numbers_of(run, evaluation, study, groups=divided, review=review, smallest=smallest)
    made = [
        at_a_glance(run, evaluation, study, numbers),
        methods(run, smallest),
        flow(run, numbers),
        links(run, numbers),
    ]
    if evaluation is not None and "overall" in evaluation.tables:
        made.append(against_the_truth(evaluation, numbers))
    if hides_truth:
        made.append(small_errors.not_shown(smallest))
    if evaluation is not None and "estimates" in evaluation.tables:
        made.append(without_truth(evaluation, numbers))
    if swept is not None and len(swept):
        made.append(sweeping(swept, numbers))
    stated = getattr(run, "study", None)
    if study is not None:
        made.append(effect(study, evaluation, len(review), numbers, getattr(stated, "deaths_elsewhere", None)))
        made.append(unequal(run, study, evaluation, divided, len(review), numbers))
    if release is not None:
        made.append(released(release, smallest))
    made.append(limits(run, evaluation, study))
    return [*made, checklist(made)]


def _variables(run: "Linkage", evaluation: Any) -> Sequence[str]:
    found = evaluation.tables.get("by_subgroup")
    if found is None or not len(found):
        return default_variables(run)
    return list(dict.fromkeys(found["variable"]))


def figure(name: str, caption: str, drawing: "Drawing") -> Figure:
    """A drawing as part of a report."""
    return Figure(name, caption, drawing.alternative, lambda: drawing.svg)


def _count(cell: Cell) -> int:
    assert isinstance(cell, int)
    return cell


def at_a_glance(run: "Linkage", evaluation: Any, study: Study | None, numbers: Numbers) -> Section:
    """The main results in a few sentences, for readers who read no further."""
    counts = run.counts
    patients, linked = counts["patients"], counts["patients_linked"]
    blocks: list[Block] = [
        *facts(run),
        f"{linked:,} of {counted(patients, 'patient')} ({share(linked, patients)}) {agreeing(linked, 'was', 'were')}"
        f" linked to one of {counted(counts['deaths'], 'registered death')} by {len(run.cascade.rules)} ordered rules"
        f" (rule file {run.cascade.name}).",
    ]
    if evaluation is not None and "overall" in evaluation.tables:
        rows = {row[0]: row for row in quality.overall(evaluation, numbers).rows}
        blocks.append(
            "Against the truth, "
            + " and ".join(
                f"{what} was {quality.in_words(rows[name][3])} of {counted(_count(rows[name][2]), one, several)}"
                for what, name, one, several in (
                    ("sensitivity", "Sensitivity", "death in the registry", "deaths in the registry"),
                    ("PPV", "PPV", "link", "links"),
                )
            )
            + "."
        )
    if study is not None:
        blocks += _mortality_in_words(study, numbers)
    if run.has_mortality:
        blocks.append(tables.dates_table(run, numbers))
    return Section("glance", "At a glance", tuple(blocks))


def _mortality_in_words(study: Study, numbers: Numbers) -> list[str]:
    """Mortality at the longest horizon, if it can be shown."""
    last, people = max(study.horizons), tables.followed(study, numbers)
    shown = [each for each in shown_scenarios(study, numbers.smallest) if each.kind in ("hospital", "cumulative")]
    visible = {each.name for each in shown if not numbers.hides("deaths", each.name, str(last))}
    if study.main.name not in visible:
        return []
    main = study.risk(study.main.name, last)
    of = f"{counted(people, 'patient')} followed" if isinstance(people, int) else "patients followed"
    sentence = (
        f"Among {of} from the index date, mortality within {last} days was {100 * main.risk:.1f} %"
        f" (95 % CI {100 * main.risk_low:.1f} to {100 * main.risk_high:.1f}) with the linked deaths"
    )
    if "hospital alone" in visible:
        sentence += f", and {100 * study.risk('hospital alone', last).risk:.1f} % by the hospital's own records alone"
    return [f"{sentence}."]


def flow(run: "Linkage", numbers: Numbers) -> Section:
    """The flow of patients, and the outcome of each."""
    patients, deaths = run.counts["patients"], run.counts["deaths"]
    blocks: list[Block] = [
        figure(
            "flow",
            f"Flow of {counted(patients, 'patient')}, who {agreeing(patients, 'was', 'were')} compared with"
            f" {counted(deaths, 'registered death')}.",
            figures.flow(run, numbers=numbers),
        )
    ]
    if run.has_mortality:
        blocks.append(tables.statuses(run.counts, numbers))
    return Section("flow", "Flow of patients", tuple(blocks))


def links(run: "Linkage", numbers: Numbers) -> Section:
    """Links by rule."""
    counts = run.counts
    with_any = counts["patients_with_candidate"]
    # Together with the number of pairs, it would reveal how many patients had one.
    is_shown = with_any and not numbers.hides("here", "1")
    per = f" ({counts['candidate_links'] / with_any:.2f} per patient with any)" if is_shown else ""
    return Section(
        "links",
        "Links by rule",
        (
            f"{counted(counts['candidate_links'], 'candidate pair')}{per}"
            f" {agreeing(counts['candidate_links'], 'was', 'were')} found. Each rule was applied to the patients and"
            " deaths that earlier rules had not linked.",
            figure("rules", f"Links by rule, of {counts['patients_linked']:,}.", figures.rules(run, numbers=numbers)),
            tables.links_by_rule(run.cascade, counts, numbers),
        ),
    )


def against_the_truth(evaluation: Any, numbers: Numbers) -> Section:
    """Sensitivity and PPV against the truth."""
    blocks: list[Block] = list(quality.notes(evaluation, numbers))
    blocks += [quality.overall(evaluation, numbers), quality.by_rule(evaluation, numbers)]
    blocks += [quality.missed(evaluation, numbers), quality.blocking(evaluation, numbers)]
    if len(evaluation.tables.get("by_subgroup", ())):
        blocks.append(
            figure(
                "subgroups",
                "Sensitivity by subgroup with 95 % intervals; the dashed line is the sensitivity of all patients.",
                figures.subgroups(evaluation, numbers=numbers),
            )
        )
        blocks.append(by_subgroup(evaluation, numbers))
    return Section("truth", "Accuracy of the links against the truth", tuple(blocks))


def if_informative(table: Table) -> Block:
    """A table, or a sentence if nearly all of its numbers are withheld."""
    cells = [
        cell for row in table.rows for cell, column in zip(row, table.columns, strict=True) if column.kind != "text"
    ]
    visible = [cell for cell in cells if not isinstance(cell, str)]
    return table if len(visible) > len(cells) / 3 else f"{table.caption}: the numbers are too small to be shown."


def without_truth(evaluation: Any, numbers: Numbers) -> Section:
    """The accuracy that can be estimated without truth."""
    blocks: list[Block] = []
    if any(figures.estimated(evaluation, numbers).values()):
        caption = "Sensitivity and PPV as each method estimates them, with 95 % intervals (dotted: a bound)"
        caption += ", and against the truth." if "overall" in evaluation.tables else "."
        blocks.append(figure("estimates", caption, figures.estimates(evaluation, numbers=numbers)))
    blocks.append(estimates.summary(evaluation, numbers))
    if "hospital_deaths" in evaluation.tables and evaluation["hospital_deaths"]["of"].max() > 0:
        blocks.append(estimates.hospital_deaths(evaluation, numbers))
        blocks.append(if_informative(estimates.hospital_deaths_by_group(evaluation, numbers)))
    if any(name in evaluation.tables for name in estimates.EXPECTED):
        blocks.append(estimates.expected_by_rule(evaluation, numbers))
    if "implausible" in evaluation.tables:
        blocks.append(estimates.implausible(evaluation, numbers))
    return Section("estimates", "Accuracy of the links estimated without truth", tuple(blocks))


def sweeping(swept: "pandas.DataFrame", numbers: Numbers) -> Section:
    """The results that other limits would have given."""
    blocks: list[Block] = ["One limit at a time was changed, and all pairs were decided again."]
    if "sensitivity" in swept and thresholds.drawn(swept, numbers.smallest):
        caption = "Sensitivity against PPV as one limit moves; the star is the run."
        blocks.append(figure("thresholds", caption, figures.thresholds(swept, smallest_cell=numbers.smallest)))
    return Section("thresholds", "Other thresholds", (*blocks, thresholds.table(swept, numbers)))


def effect(study: Study, evaluation: Any, review: int, numbers: Numbers, share: float | None = None) -> Section:
    """Mortality under each set of rules; `share` of the deaths outside the hospital occurred elsewhere, if stated."""
    title = "Effect on the study: mortality"
    if not tables.distinct_scenarios(study, numbers):
        return Section("effect", title, ("Too few patients died for mortality to be shown.",))
    alone = any(each.kind == "hospital" for each in shown_scenarios(study, numbers.smallest))
    blocks: list[Block] = [
        "The same patients were followed from the same index date under each set of links."
        + (" A death in hospital counted under each of them." if alone else "")
        + (f" Steps with fewer than {numbers.smallest} deaths were combined." if numbers.smallest > 1 else ""),
        figure(
            "survival",
            "Cumulative mortality (Kaplan-Meier) with 95 % bands, by the links used.",
            figures.survival(study, numbers=numbers),
        ),
        tables.mortality_table(study, review, numbers),
        figure(
            "mortality",
            "Mortality with 95 % intervals, by the links used: none, the first rules, all but one rule.",
            figures.mortality(study, numbers=numbers),
        ),
    ]
    blocks += correction(study, evaluation, numbers, share, with_hospital=alone)
    return Section("effect", title, tuple(blocks))


def unequal(
    run: "Linkage", study: Study, evaluation: Any, divided: "pandas.DataFrame", review: int, numbers: Numbers
) -> Section:
    """Whether the linkage treats groups of patients unequally."""
    known = evaluation is not None and "by_subgroup" in evaluation.tables
    is_of_all = known and evaluation["overall"]["labeled"].iloc[0] == run.counts["patients"]
    blocks: list[Block] = [groups.mortality_by_group(study, review, divided, numbers, with_links=not is_of_all)]
    if hospital_deaths_given(run):
        blocks.append(groups.side_by_side(run, divided, numbers))
    return Section("groups", "Effect on the study: subgroups", tuple(blocks))
