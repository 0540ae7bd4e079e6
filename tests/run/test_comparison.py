"""Two runs are compared patient by patient, and two rule files setting by setting."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import linkage
from linkage.cli.main import main
from linkage.rules.cascade import Cascade, Condition, Level, Line, Rarity, Rule
from linkage.rules.diff import rules_diff
from linkage.rules.file import read_rules
from linkage.rules.text import rule_text
from linkage.run.comparison import compare
from linkage.values.ssn import SsnPolicy
from tests.small_town.town import link_town

MIMIC = read_rules("mimic_iv")
STRICT = replace(MIMIC, name="strict", rules=MIMIC.rules[:1])


def test_links_are_gained_and_lost_with_the_fate_in_the_other_run() -> None:
    with link_town(rules=STRICT) as strict, link_town() as usual:
        gained, lost, same = compare(strict, usual), compare(usual, strict), compare(usual, usual)
        new = set(usual.links["patient_id"]) - set(strict.links["patient_id"])
    assert set(gained.changes["patient_id"]) == new == set(lost.changes["patient_id"])
    assert set(gained.changes["change"]) == {"gained"}
    assert set(lost.changes["change"]) == {"lost"}
    assert all(
        gained.changes["reason"].str.startswith(
            "before: no rule accepts it: the closest rule is R1, which also requires"
        )
    )
    assert gained.changes["reason"].str.removeprefix("before").tolist() == (
        lost.changes["reason"].str.removeprefix("after").tolist()
    )
    assert gained.changes["lost_to"].isna().all()
    assert lost.changes["rule_before"].tolist() == gained.changes["rule_after"].tolist()
    assert same.changes.empty
    assert str(same) == (
        f"From mimic_iv to mimic_iv: {same.same} links are the same, by the same rule;"
        " 0 gained, 0 lost, 0 moved, 0 same death, other rule."
    )
    assert gained.by_rule["patients"].sum() == len(new)


def person(**changed: str) -> dict[str, str]:
    return {"first_name": "ANN", "last_name": "LEE", "birth_date": "1950-02-11", "ssn": "212345678", **changed}


def test_a_link_that_moves_and_one_that_only_changes_its_rule_are_told_apart() -> None:
    patients = pd.DataFrame([{"patient_id": "1", **person()}, {"patient_id": "2", **person(ssn="", first_name="BEA")}])
    deaths = pd.DataFrame([
        {"death_id": "7", **person(birth_date="1950-02-12")},
        {"death_id": "8", **person(ssn="313345678", first_name="ANNE")},
        {"death_id": "9", **person(ssn="", first_name="BEA")},
    ])  # fmt: skip
    number = Rule("number", (Condition("ssn", ("exact",)),), "")
    names = Rule("names", tuple(Condition(name, ("similar",)) for name in ("first_name", "last_name")), "")
    exact = tuple(Condition(name, ("exact",)) for name in ("last_name", "birth_date"))
    dates = Rule("dates", (*exact, Condition("first_name", ("similar",))), "")
    before, after = replace(MIMIC, rules=(number, names)), replace(MIMIC, rules=(dates,))
    with linkage.link(patients, deaths, before) as first, linkage.link(patients, deaths, after) as second:
        found = compare(first, second).changes.set_index("patient_id")
    assert found["change"].to_dict() == {"1": "moved", "2": "same death, other rule"}
    assert found.loc["1", ["death_before", "death_after"]].tolist() == ["7", "8"]
    assert found["reason"].to_dict() == {
        "1": "the first, after: no rule accepts it: the closest rule is dates, which also requires birth date exact"
        " (it is similar); the second, before: names accepts it, but number links the patient to another death",
        "2": "after: there is no names",
    }


def test_who_has_the_death_instead_is_named() -> None:
    patients = pd.DataFrame([{"patient_id": "1", **person()}, {"patient_id": "2", **person(ssn="")}])
    deaths = pd.DataFrame([{"death_id": "7", **person()}])
    exact = tuple(Condition(name, ("exact",)) for name in ("last_name", "birth_date"))
    strict = Rule("strict", (*exact, Condition("ssn", ("not_known",))), "")
    loose = Rule("loose", exact, "")
    before, after = replace(MIMIC, rules=(strict,)), replace(MIMIC, rules=(*MIMIC.rules[:1], loose))
    with linkage.link(patients, deaths, before) as first, linkage.link(patients, deaths, after) as second:
        found = compare(first, second).changes.set_index("patient_id")
    assert found["change"].to_dict() == {"1": "gained", "2": "lost"}
    assert found.loc["2", ["reason", "lost_to"]].tolist() == [
        "after: loose accepts it, but R1 links the death to another patient",
        "1",
    ]
    assert found.loc["1", "reason"] == (
        "before: no rule accepts it: the closest rule is strict, which also requires ssn not known (it is exact)"
    )


EXACT = tuple(Condition(name, ("exact",)) for name in ("last_name", "birth_date"))
FIRST = Rule("first", EXACT, "")
SECOND = Rule("second", (*EXACT, Condition("first_name", ("exact",))), "")
RARE = replace(FIRST, rare=(Rarity("last_name", 1),))
OTHERS = [
    # rules of two runs, a link of the first run, and why the second run links by another rule
    ((FIRST, SECOND), (SECOND, FIRST), "second comes before first"),
    ((FIRST,), (SECOND, FIRST), "before: there is no second"),
    ((FIRST,), (SECOND,), "after: there is no first"),
    ((SECOND, FIRST), (replace(SECOND, agree=(*SECOND.agree, Condition("sex", ("exact",)))), FIRST),
     "after: second also requires sex exact (it is not known)"),
    ((replace(SECOND, agree=(*SECOND.agree, Condition("sex", ("exact",)))), FIRST), (SECOND, FIRST),
     "before: second also requires sex exact (it is not known)"),
    ((FIRST, SECOND), (RARE, SECOND), "after: first requires a rarer name, or a pair that is unique"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "reason"), OTHERS, ids=[row[2] for row in OTHERS])
def test_another_rule_for_the_same_death_has_a_reason(
    before: tuple[Rule, ...], after: tuple[Rule, ...], reason: str
) -> None:
    files = pd.DataFrame([{"patient_id": "1", **person()}]), pd.DataFrame([{"death_id": "7", **person()}])
    first, second = (replace(MIMIC, rules=rules, closeness=("sex",)) for rules in (before, after))
    with linkage.link(*files, first) as one, linkage.link(*files, second) as other:
        found = compare(one, other).changes
    assert found[["change", "reason"]].to_numpy().tolist() == [["same death, other rule", reason]]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"death_date": "1940-01-01"}, "after: R1 accepts it, but it is impossible in time (death before birth)"),
        ({"ssn": "", "last_name": "SOTO", "birth_date": ""}, "after: no blocking key is met"),
        ({"death_id": "9"}, "after: the pair is not in the files"),
    ],
    ids=["time", "blocking", "another file"],
)
def test_a_link_lost_to_other_data_has_a_reason(changed: dict[str, str], reason: str) -> None:
    patients, death = pd.DataFrame([{"patient_id": "1", **person()}]), {"death_id": "7", "death_date": "2012-01-01"}
    # A second death that is not changed, because a file without usable keys is refused.
    other = {
        "death_id": "8",
        "death_date": "2012-01-01",
        **person(last_name="KIM", ssn="598761234", birth_date="1961-01-01"),
    }
    files = [pd.DataFrame([row, other]) for row in ({**death, **person()}, {**death, **person(), **changed})]
    if changed == {"death_id": "9"}:
        files[1] = files[1][1:]
    with linkage.link(patients, files[0]) as first, linkage.link(patients, files[1]) as second:
        assert compare(first, second).changes[["change", "reason"]].to_numpy().tolist() == [["lost", reason]]


def test_a_link_lost_in_a_tie_says_so() -> None:
    patients = pd.DataFrame([{"patient_id": "1", **person()}])
    deaths = pd.DataFrame(
        [{"death_id": "7", **person()}, {"death_id": "8", **person(first_name="BEA", ssn="598761234")}]
    )
    tied = replace(MIMIC, rules=(FIRST,), closeness=("birth_date",))
    with linkage.link(patients, deaths[:1], tied) as first, linkage.link(patients, deaths, tied) as second:
        found = compare(first, second).changes
    assert found["reason"].tolist() == ["after: first accepts it, but it is held in a tie"]


SIMILAR = Level("similar", (Line("jaro_winkler_similarity", 0.95),))
DIFFERENCES: list[tuple[Cascade, str]] = [
    (replace(MIMIC, keys=MIMIC.keys[1:]), "first name + last name is no longer a blocking key."),
    (replace(MIMIC, rules=MIMIC.rules[1:]), "Rule R1 is left out."),
    (
        replace(MIMIC, rules=(*MIMIC.rules, Rule("R11", MIMIC.rules[0].agree, ""))),
        "Rule R11 is new: Rule 11 linked pairs that agreed exactly on",
    ),
    (replace(MIMIC, rules=MIMIC.rules[::-1]), "The order of the rules is R10, R9, R8, R7"),
    (
        replace(MIMIC, rules=(replace(MIMIC.rules[0], unique=True), *MIMIC.rules[1:])),
        "Rule R1 is changed: Rule 1 linked pairs that",
    ),
    (replace(MIMIC, ties="lowest_id"), "ties is lowest_id; it was review."),
    (replace(MIMIC, ssn=SsnPolicy(people_at_most=9)), "people at most 9; it was"),
    (
        replace(MIMIC, fields={**MIMIC.fields, "last_name": replace(MIMIC.fields["last_name"], levels=(SIMILAR,))}),
        "last names were considered similar if they were equal or if their Jaro-Winkler similarity was at least 0.95.",
    ),
    (
        replace(MIMIC, fields={**MIMIC.fields, "ssn": replace(MIMIC.fields["ssn"], levels=())}),
        "Two SSNs agreed only if they were equal. Before: ",
    ),
    (
        replace(MIMIC, fields={**MIMIC.fields, "sex": replace(MIMIC.fields["sex"], not_known=("X",))}),
        "Not known now: 1 value of sex.",
    ),
    (
        replace(MIMIC, fields={**MIMIC.fields, "last_name": replace(MIMIC.fields["last_name"], steps=("upper case",))}),
        "last name is standardized by: upper case; it was: ",
    ),
]


@pytest.mark.parametrize(("after", "words"), DIFFERENCES, ids=[words[:30] for _, words in DIFFERENCES])
def test_every_difference_of_two_cascades_is_listed(after: Cascade, words: str) -> None:
    differences = rules_diff(MIMIC, after)
    assert len(differences) == 1
    assert words in differences[0]


def test_words_alone_are_no_difference() -> None:
    renamed = replace(MIMIC, title="Other", rules=tuple(replace(rule, why="") for rule in MIMIC.rules))
    assert rules_diff(MIMIC, renamed) == []


def test_runs_and_rule_files_are_compared_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strict = tmp_path / "strict.toml"
    strict.write_text(rule_text(STRICT), "utf-8")
    for name, rules in (("a", strict), ("b", "mimic_iv")):
        with link_town(rules=rules) as run:
            run.write(tmp_path / name)
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert "From strict to mimic_iv: " in capsys.readouterr().out
    assert main(["rules", "diff", str(strict), "mimic_iv"]) == 0
    assert "Rule R2 is new: Rule 2 linked pairs" in capsys.readouterr().out
    assert main(["rules", "diff", "mimic_iv", "mimic_iv"]) == 0
    assert capsys.readouterr().out == "No difference.\n"
