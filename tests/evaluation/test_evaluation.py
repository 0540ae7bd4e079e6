"""The evaluation as a whole: its tables, printed text, and arguments."""

from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.cli.main import main
from linkage.evaluation import METHODS, TABLES, Evaluation, evaluate
from linkage.evaluation.without_truth import BIAS, NEED_ENCOUNTERS
from tests.evaluation.conftest import TRUTH, link_town


def test_every_table_has_a_name_that_is_listed(estimated: Evaluation) -> None:
    assert set(estimated.tables) == set(TABLES) - {"expected_by_subgroup"}  # of runs that weigh their pairs
    assert set(METHODS) < set(TABLES)


def test_estimates_say_in_which_direction_they_err(estimated: Evaluation) -> None:
    assert set(estimated["estimates"]["bias"]) == set(BIAS.values())
    assert {"ppv", "sensitivity", "specificity"} == set(estimated["estimates"]["measure"])


def test_without_truth_all_methods_are_used(town: linkage.Linkage) -> None:
    assert set(evaluate(town).tables) == {"estimates", *METHODS}


def test_with_truth_no_other_method_is_used_unless_asked_for(judged: Evaluation) -> None:
    assert not set(judged.tables) & set(METHODS)


def test_evaluating_leaves_the_run_as_it_was(town: linkage.Linkage) -> None:
    before = town.links, town.outcomes, str(town)
    evaluate(town, TRUTH, methods=list(METHODS))
    pd.testing.assert_frame_equal(town.links, before[0])
    pd.testing.assert_frame_equal(town.outcomes, before[1])
    assert str(town) == before[2]


def test_without_encounters_the_other_methods_remain() -> None:
    person = {"first_name": ["ANN"], "last_name": ["LEE"], "birth_date": ["1950-02-11"]}
    patients, deaths = (pd.DataFrame({f"{side}_id": ["1"], **person}) for side in ("patient", "death"))
    with linkage.link(patients, deaths) as run:
        found = evaluate(run)
        assert set(found.tables) == {"estimates", *METHODS} - set(NEED_ENCOUNTERS)
        assert "no encounters" in found.notes[0]
        with pytest.raises(linkage.InputError, match="known_alive needs encounters"):
            evaluate(run, methods=["known_alive"])


def test_a_method_that_there_is_not_is_refused(town: linkage.Linkage) -> None:
    with pytest.raises(linkage.InputError, match=r"There is no method 'decoy'.*Did you mean .decoys"):
        evaluate(town, methods=["decoy"])


@pytest.mark.parametrize("name", ["by", "methods"])
def test_one_name_is_a_list_of_one(town: linkage.Linkage, name: str) -> None:
    with pytest.raises(linkage.InputError, match=rf"{name} is a string\. Write it as a list: \['sex'\]"):
        evaluate(town, **{name: "sex"})  # intentionally wrong


def test_the_reference_engine_can_be_evaluated(judged: Evaluation) -> None:
    with link_town(engine="reference") as run:
        found = evaluate(run, TRUTH, by=["sex", "race"], methods=["known_alive", "implausible"])
    for name in judged.tables:
        pd.testing.assert_frame_equal(found[name], judged[name])


def test_tables_of_single_patients_are_not_printed(judged: Evaluation) -> None:
    printed = str(judged)
    assert "specificity" in printed
    assert "robbed" not in printed
    assert repr(judged) == printed


def test_the_command_prints_the_tables_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = {}
    with link_town() as run:
        for name, source in zip(("patients", "deaths", "encounters"), run.sources, strict=True):
            paths[name] = tmp_path / f"{name}.csv"
            source.frame.to_csv(paths[name], index=False)
    TRUTH.to_csv(tmp_path / "truth.csv", index=False)
    out = str(tmp_path / "out")
    given = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
    assert main(["run", *given, "--output", out, "--quiet"]) == 0
    assert main(["evaluate", out, "--truth", str(tmp_path / "truth.csv"), "--by", "race", "--all"]) == 0
    printed = capsys.readouterr().out
    assert "patient records       13       10      5" in printed
    assert main(["evaluate", out, "--methods", "decoys", "--by", "sex", "--all"]) == 0
    assert "links of decoys" in capsys.readouterr().out
    assert main(["evaluate", out, "--by", "rice"]) == 1
    assert "there is no column 'rice' for subgroups" in capsys.readouterr().err


PAGE = (Path(__file__).parents[2] / "docs/evaluation.md").read_text("utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_the_page_describes_every_table(name: str) -> None:
    assert f"| `{name}` |" in PAGE or f"| `{name}`, " in PAGE


def test_the_page_describes_every_column_of_what_needs_no_truth(estimated: Evaluation) -> None:
    columns = {column for name in ("estimates", *METHODS) for column in estimated[name].columns}
    documented = {column for column in columns if f"`{column.removesuffix('_low').removesuffix('_high')}`" in PAGE}
    assert documented == columns
