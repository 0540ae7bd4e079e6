"""A rule file is read exactly, and an invalid one is refused with a useful error.

Each error names the file, the place in it, what was found, and what is allowed.
"""

from pathlib import Path

import pytest

import linkage
from linkage.rules.file import read_rules
from linkage.rules.shipped import RETIRED, shipped_rules
from linkage.rules.wording import rule_name, rules_table, sentences

DECISIONS = Path(__file__).parents[2] / "docs" / "decisions"
GOOD = """
format = 1
title = "A small cascade"
closeness = ["ssn"]

[blocking]
keys = [["ssn"]]

[fields.first_name]
agree.similar = [{ measure = "jaro_winkler_similarity", at_least = 0.85 }, { measure = "nickname" }]

[fields.ssn]
not_known = ["111-22-3333"]

[plausibility]
contact_tolerance_days = 30

[[rule]]
id = "R1"
agree = { ssn = "exact", first_name = "similar" }
why = "One row."
"""
RULE = '[[rule]]\nid = "R1"\nagree = { ssn = "exact", first_name = "similar" }\nwhy = "One row."'


def write(folder: Path, text: str) -> Path:
    """A rule file named town.toml."""
    path = folder / "town.toml"
    path.write_text(text, "utf-8")
    return path


WHY = 'why = "One row."'
KEYS = 'keys = [["ssn"]]'
COMPLAINTS = [
    # text to replace, replacement, expected message
    ("format = 1", "format = 2", ["town.toml: format = 2 is not known", "reads format = 1"]),
    ("format = 1", "", ["town.toml: format = None is not known"]),
    ('title = "A small cascade"', "", ["town.toml: title is missing", 'Write title = "..."']),
    ('title = "A small cascade"', "title = 7", ["town.toml: title is missing or not a string"]),
    (
        'title = "A small cascade"',
        'titel = "x"',
        ['"titel" is not a setting', "Allowed: format, title", 'mean "title"'],
    ),
    ('closeness = ["ssn"]', 'closeness = ["snn"]', ["closeness names 'snn'", "Allowed: first_name", 'mean "ssn"']),
    ('closeness = ["ssn"]', 'closeness = ["ssn", "ssn"]', ["closeness names something twice"]),
    ('closeness = ["ssn"]', 'closeness = "ssn"', ["closeness must be a list"]),
    (WHY, "probability = 0.9", ["rule R1: probability must be written probability = { at_least = 0.9 }"]),
    (WHY, "probability = { at_most = 0.9 }", ["rule R1: probability must be written"]),
    (WHY, "probability = { at_least = 90 }", ["rule R1, probability: at_least = 90 is not a share between 0 and 1"]),
    (WHY, "probability = { at_least = true }", ["at_least = True is not a share between 0 and 1"]),
    ("format = 1", "format = 1\nppv = 0.995", ["ppv needs at least one rule with probability"]),
    ('closeness = ["ssn"]', 'ties = "revew"', ["ties = 'revew' is not allowed", "Allowed: review, lowest_id"]),
    ('closeness = ["ssn"]', 'one_sided_names = "tell"', ['now written one_sided_names = "report"']),
    ('closeness = ["ssn"]', 'one_sided_names = "drop"', ["one_sided_names = 'drop'", "Allowed: report, not_known"]),
    ('closeness = ["ssn"]', 'duplicates = "drop"', ["duplicates = 'drop'", "Allowed: report, link_together"]),
    ('keys = [["ssn"]]', "", ["[blocking]: keys must list at least one key"]),
    ('keys = [["ssn"]]', "keys = []", ["[blocking]: keys must list at least one key"]),
    ('keys = [["ssn"]]', 'keys = ["ssn"]', ["[blocking]: keys must list at least one key", 'keys = [["ssn"]]']),
    ('keys = [["ssn"]]', 'keys = [["surname"]]', ["[blocking]: keys names 'surname'", "Allowed: first_name"]),
    ('keys = [["ssn"]]', 'keys = [["first_nam"]]', ['Did you mean "first_name"?']),
    ('keys = [["ssn"]]', 'keys = [["full_name"]]', ["keys names 'full_name'"]),
    ('keys = [["ssn"]]', 'keys = [["ssn"]]\nkey = 1', ['[blocking]: "key" is not a setting', 'mean "keys"']),
    *(
        (KEYS, f"{KEYS}\nkeys_if_few_pairs = {wrong}", ["keys_if_few_pairs must list at least one key"])
        for wrong in ("[]", "[[]]", '"birth_date"', '["birth_date"]', "true")
    ),
    (
        KEYS,
        f'{KEYS}\nkeys_if_few_pairs = [["birth_dat"]]',
        ["keys_if_few_pairs names 'birth_dat'", 'mean "birth_date"'],
    ),
    (KEYS, f'{KEYS}\nkeys_if_few_pairs = [["ssn", 3]]', ["[blocking]: keys_if_few_pairs names 3"]),
    (KEYS, f'{KEYS}\nkeys_if_few_pairs = [["ssn"]]', ["ssn is in keys and in keys_if_few_pairs", "Leave one out"]),
    (KEYS, 'keys = [["ssn"], ["sex"], ["ssn"]]', ["[blocking]: ssn is in keys twice"]),
    (
        KEYS,
        'keys = [["ssn", "sex"], ["sex", "ssn"]]',
        ["sex + ssn is in keys twice (the order of its parts does not matter)"],
    ),
    (
        KEYS,
        'keys = [["ssn", "sex"]]\nkeys_if_few_pairs = [["sex", "ssn"]]',
        ["sex + ssn is in keys and in keys_if_few_pairs"],
    ),
    (
        KEYS,
        f'{KEYS}\nkeys_if_few_pairs = [["sex", "birth_date"], ["birth_date", "sex"]]',
        ["birth_date + sex is in keys_if_few_pairs twice"],
    ),
    (KEYS, 'keys_if_few_pairs = [["birth_date"]]', ["[blocking]: keys must list at least one key"]),
    (KEYS, f'{KEYS}\nkeys_if_few = [["sex"]]', ['"keys_if_few" is not a setting', 'mean "keys_if_few_pairs"']),
    ("[fields.first_name]", "[fields.given_name]", ['[fields]: "given_name" is not a setting', "Allowed: first_name"]),
    ("agree.similar", "agree.exact", ['[fields.first_name] agree.exact: "exact" has a fixed meaning']),
    ("agree.similar", "agree.not_known", ['"not_known" has a fixed meaning; give the level another name']),
    ("agree.similar", 'agree."very similar"', ["the name of a level is a word of lower-case letters"]),
    ("[fields.ssn]", "[fields]\nssn = 1\n[fields.sex]", ["town.toml, [fields.ssn]: must be a table"]),
    ("at_least = 0.85", "at_least = inf", ["at_least = inf is out of range"]),
    ('measure = "nickname"', 'measure = "levenshtein_distance", at_most = inf', ["at_most = inf is out of range"]),
    ("agree.similar = [{", 'agree = "similar" #', ["[fields.first_name]: agree must name levels"]),
    (
        '"jaro_winkler_similarity"',
        '"jaro_winkler"',
        ["measure = 'jaro_winkler' does not compare a name", "Did you mean"],
    ),
    ('"nickname"', '"digits_changed"', ["measure = 'digits_changed' does not compare a name", "Defined for it: jaro"]),
    ('measure = "nickname"', 'mesure = "nickname"', ["measure = None does not compare a name"]),
    ("at_least = 0.85", "at_most = 0.85", ['"at_most" is not a setting', "Allowed: measure, at_least"]),
    (", at_least = 0.85", "", ["jaro_winkler_similarity needs a number: at_least = ..."]),
    ("at_least = 0.85", "at_least = 85", ["at_least = 85 is out of range for jaro_winkler_similarity"]),
    ("at_least = 0.85", "at_least = 0", ["at_least = 0 is out of range"]),
    ("at_least = 0.85", 'at_least = "0.85"', ["jaro_winkler_similarity needs a number"]),
    ("at_least = 0.85", "at_least = true", ["jaro_winkler_similarity needs a number"]),
    ('measure = "nickname"', 'measure = "nickname", at_least = 1', ['"at_least" is not a setting', "Allowed: measure"]),
    ('measure = "nickname"', 'measure = "levenshtein_distance", at_most = -1', ["at_most = -1 is out of range"]),
    ('not_known = ["111-22-3333"]', "not_known = [111223333]", ["[fields.ssn]: not_known must be a list of strings"]),
    ('not_known = ["111-22-3333"]', 'not_known = "111223333"', ["[fields.ssn]: not_known must be a list of strings"]),
    ('not_known = ["111-22-3333"]', "digits = 4", ["[fields.ssn]: digits = 4 is not a whole number of at least 5"]),
    ('not_known = ["111-22-3333"]', "digits = 16", ["[fields.ssn]: digits = 16 is not allowed. Allowed: 5 to 15."]),
    ('not_known = ["111-22-3333"]', "shared_by_at_most = 0", ["shared_by_at_most = 0 is not a whole number"]),
    ('not_known = ["111-22-3333"]', 'taxpayer_numbers = "no"', ["taxpayer_numbers = 'no'", "Allowed: keep, drop"]),
    ("[fields.ssn]", "[fields.sex]", ['[fields.sex]: "not_known" is not a setting', "Allowed: agree"]),
    ("[fields.ssn]", "[fields.birth_date]", ["not_known must be a list of dates, such as [1900-01-01]"]),
    ("contact_tolerance_days = 30", "contact_tolerance_days = -1", ["[plausibility]", "whole number of at least 0"]),
    ("contact_tolerance_days = 30", "contact_tolerance_days = 1.5", ["contact_tolerance_days = 1.5"]),
    ("contact_tolerance_days = 30", "oldest_age = 110", ['"oldest_age" is not a setting', 'mean "oldest_age_years"']),
    (RULE, "", ["town.toml: there is no rule", "Write at least one [[rule]]"]),
    (RULE, RULE + "\n" + RULE, ["rule R1: this id occurs twice"]),
    ('id = "R1"', "", ["rule number 1: id is missing", 'Write id = "..."']),
    ('id = "R1"', "id = 1", ["rule 1: id is missing or not a string"]),
    ('why = "One row."', "why = 7", ["rule R1: why is missing or not a string"]),
    (
        'why = "One row."',
        'because = "x"',
        ['rule R1: "because" is not a setting', "Allowed: id, agree, rare, unique, probability, why"],
    ),
    ('{ ssn = "exact", first_name = "similar" }', "{}", ["rule R1: agree is missing or empty"]),
    ('{ ssn = "exact", first_name = "similar" }', '"exact"', ["rule R1: agree is missing or empty"]),
    (
        'first_name = "similar"',
        'given_name = "similar"',
        ['rule R1: "given_name" is not a field', "Fields: first_name"],
    ),
    ('first_name = "similar"', 'frst_name = "similar"', ['Did you mean "first_name"?']),
    (
        'first_name = "similar"',
        'first_name = "similiar"',
        [
            'rule R1: first_name = "similiar" is not a way of agreeing',
            "Defined for first_name: exact, similar, not_known",
            'Did you mean "similar"?',
        ],
    ),
    ('first_name = "similar"', 'last_name = "similar"', ["Defined for last_name: exact, not_known"]),
    ('first_name = "similar"', "first_name = []", ["first_name = [] accepts nothing"]),
    ('first_name = "similar"', "first_name = 1", ['first_name = "1" is not a way of agreeing']),
    (
        '{ ssn = "exact", first_name = "similar" }',
        '{ ssn = ["exact", "not_known"], first_name = "not_known" }',
        ["rule R1: nothing has to agree: every condition also accepts not_known"],
    ),
    (WHY, 'rare = "last_name"', ["rule R1: rare must name fields with limits", "rare = { last_name = { at_most"]),
    (WHY, "rare = { last_name = 20 }", ["rule R1: rare must name fields with limits"]),
    (WHY, "rare = { ssn = { at_most = 2 } }", ['rule R1, rare: "ssn" is not a setting', "Allowed: first_name"]),
    (WHY, "rare = { last_name = {} }", ["rule R1: rare last_name needs a number", "last_name = { at_most = ... }"]),
    (WHY, "rare = { last_name = { at_least = 2 } }", ['rare last_name: "at_least" is not a setting']),
    (WHY, "rare = { last_name = { at_most = 0 } }", ["rule R1: at_most = 0 is not a whole number of at least 1"]),
    (WHY, 'unique = "yes"', ["rule R1: unique = 'yes' is not allowed", "Allowed: true, false"]),
    ("[blocking]", "[blocking", ["town.toml is not valid TOML", "line"]),
    ("[[rule]]", "[rule]", ["town.toml"]),
    ("[fields.ssn]", "[[fields.ssn]]", ["town.toml, [fields.ssn]"]),
    ("[plausibility]", "[[plausibility]]", ["plausibility must be a table, written [plausibility]"]),
]


@pytest.mark.parametrize(("old", "new", "words"), COMPLAINTS, ids=[f"{row[1]!r}"[:60] for row in COMPLAINTS])
def test_a_bad_rule_file_is_refused_with_words_that_help(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(linkage.RulesError) as refused:
        read_rules(path)
    message = str(refused.value)
    assert message.startswith("town.toml")
    for word in words:
        assert word in message


def test_a_good_rule_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    cascade = read_rules(write(tmp_path, GOOD))
    assert (cascade.name, cascade.title, cascade.closeness) == ("town", "A small cascade", ("ssn",))
    assert cascade.keys == (("ssn",),)
    assert [(c.field, c.levels) for c in cascade.rules[0].agree] == [("ssn", ("exact",)), ("first_name", ("similar",))]
    (level,) = cascade.fields["first_name"].levels
    assert [(line.measure, line.limit) for line in level.lines] == [
        ("jaro_winkler_similarity", 0.85),
        ("nickname", None),
    ]
    assert "111223333" in cascade.fields["ssn"].not_known
    assert "123456789" in cascade.fields["ssn"].not_known  # the list shipped with the toolkit is kept
    assert (cascade.ties, cascade.duplicates) == ("review", "report")


def test_keys_that_are_used_only_if_few_pairs_agree_are_read_separately(tmp_path: Path) -> None:
    few = 'keys_if_few_pairs = [["birth_date"], ["last_name_sound", "first_name_initial"]]'
    cascade = read_rules(write(tmp_path, GOOD.replace(KEYS, f"{KEYS}\n{few}")))
    assert cascade.keys == cascade.fixed_keys == (("ssn",),)
    assert cascade.keys_if_few_pairs == (("birth_date",), ("last_name_sound", "first_name_initial"))
    assert read_rules(write(tmp_path, GOOD)).keys_if_few_pairs == ()


def test_an_entry_can_be_taken_off_the_shipped_lists(tmp_path: Path) -> None:
    text = GOOD.replace(
        "[plausibility]", '[fields.last_name]\nknown = ["Doe"]\nnot_known = ["Nomen Nescio"]\n[plausibility]'
    )
    not_known = read_rules(write(tmp_path, text)).fields["last_name"].not_known
    assert "DOE" not in not_known
    assert {"UNKNOWN", "NOMEN NESCIO"} <= set(not_known)


def test_a_rule_file_that_is_not_utf_8_or_not_there_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.write_bytes(b'title = "Caf\xe9"')
    with pytest.raises(linkage.RulesError, match=r"town\.toml is not valid TOML"):
        read_rules(path)
    with pytest.raises(linkage.RulesError, match=r"mimic_vi: no such rule file.*one of: evidence, exact, .*mimic_iv"):
        read_rules("mimic_vi")
    with pytest.raises(linkage.RulesError, match='Did you mean "mimic_iv"'):
        read_rules("mimic_vi")


@pytest.mark.parametrize("name", RETIRED)
def test_a_retired_cascade_is_refused_with_its_replacement(name: str, tmp_path: Path) -> None:
    replacement, record = RETIRED[name]
    assert replacement in shipped_rules()
    assert (DECISIONS / f"{record}.md").is_file()
    refused = rf"^{name} is no longer shipped\. Use {replacement},.*take rules/{name}\.toml from .*{record}\.md"
    with pytest.raises(linkage.RulesError, match=refused):
        read_rules(name)
    assert read_rules(write(tmp_path, GOOD).rename(tmp_path / f"{name}.toml")).name == name


def test_a_folder_is_no_rule_file(tmp_path: Path) -> None:
    with pytest.raises(linkage.RulesError, match="no such rule file"):
        read_rules(tmp_path)


@pytest.mark.parametrize("name", sorted(shipped_rules()))
def test_every_shipped_cascade_reads_and_says_why(name: str) -> None:
    cascade = read_rules(name)
    assert cascade.name == name
    assert cascade.title
    assert cascade.source
    assert len(cascade.digest) == 64
    assert all(rule.why for rule in cascade.rules)


def test_the_published_rules_are_the_first_two_and_all_others_are_marked_as_ours() -> None:
    cascade = read_rules("mimic_iv")
    assert [rule.why.startswith("Published") for rule in cascade.rules] == [True, True] + [False] * 8
    assert all(rule.why.startswith("Ours") for rule in cascade.rules[2:])
    assert set(cascade.keys) == {("first_name", "last_name"), ("ssn",), ("last_name", "birth_date")}


def test_a_cascade_prints_as_the_table_of_a_paper() -> None:
    table = rules_table(read_rules("exact")).splitlines()
    assert table[0].split() == ["rule", "first", "name", "last", "name", "ssn", "birth", "date"]
    assert [line.split()[0] for line in table[2:]] == ["E1", "E2", "E3"]
    assert table[4].split() == ["E3", "exact", "exact", "not", "known", "exact"]


def test_a_cascade_reads_as_the_sentences_of_a_paper() -> None:
    text = sentences(read_rules("mimic_iv"))
    for sentence in (
        "agreed exactly on at least one of these blocking keys: first name and last name; SSN; last name and date of"
        " birth.",
        "if their Jaro-Winkler similarity was at least 0.85",
        "Two SSNs were considered similar if they were equal or if their Levenshtein distance was at most 2.",
        "if day and month were swapped",
        "Rule 1 linked pairs that agreed exactly on last name, date of birth and SSN.",
        "Rule 2 linked pairs that agreed exactly on last name and date of birth, and were similar in first name.",
        "Rule 4 linked pairs that agreed exactly on SSN, and were similar in last name and first name, provided that"
        " each of sex and suffix agreed exactly or was not known on at least one side.",
        "Rule 8 linked pairs that agreed exactly on last name and date of birth, and were similar in full name,"
        " provided that SSN was similar or was not known on at least one side, and that sex agreed exactly or was not"
        " known on at least one side.",
        "Pairs that were still tied were held for clerical review.",
        "preceded the patient's last hospital contact by more than 30 days",
        "implied an age of more than 115 years",
        "Rule 1: Published: 77.5 % of links.",
    ):
        assert sentence in text


def test_every_rule_stands_in_the_sentences() -> None:
    for name in shipped_rules():
        cascade = read_rules(name)
        paragraphs = sentences(cascade).split("\n\n")
        found = [p.partition(" linked pairs ")[0] for p in paragraphs if " linked pairs " in p]
        assert found == [rule_name(rule.id) for rule in cascade.rules]


def test_a_list_of_anything_else_is_no_rule(tmp_path: Path) -> None:
    with pytest.raises(linkage.RulesError, match="there is no rule"):
        read_rules(write(tmp_path, GOOD.replace(RULE, "").replace("format = 1", "format = 1\nrule = [1]")))
