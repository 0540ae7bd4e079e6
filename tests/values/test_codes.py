"""A word in a column of codes has a declared meaning, is not known, or the column is refused."""

from pathlib import Path

import pytest

from linkage.errors import InputError
from linkage.sources.reading import Reading
from linkage.values.codes import WORDS, read_codes, standard_sex, word_of

FLAGS = [
    # column, its words and their meanings, reason
    ("void", {"1": "yes", "0": "no"}, "IJE"),
    ("void", {"1.0": "yes", "0.0": "no"}, "pandas where a column has gaps"),
    ("void", {"V": "yes", "VOID": "yes", "X": "yes", "VOIDED": "yes"}, "words for void"),
    ("void", {"A": "no", "C": "no", "D": "yes"}, "add, change and delete of the Death Master File"),
    ("void", {"Yes": "yes", "n": "no", "": "not known", "U": "not known", "NULL": "not known"}, "yes and no"),
    ("void", {"Ja": "yes", "nein": "no", "Sí": "yes", "não": "no"}, "other languages"),
    ("died_in_hospital", {"Expired": "yes", "DIED": "yes", "Home": "no", "ALIVE": "no"}, "words for death"),
    ("died_in_hospital", {"20": "yes", "41": "yes", "01": "no", "1": "no", "9": "no"}, "discharge status"),
    ("died_in_hospital", {"20": "yes"}, "discharge status of the dead alone"),
    ("died_in_hospital", {"1": "yes", "0": "no", "9": "not known"}, "a flag"),
    ("died_in_hospital", {"DEAD/EXPIRED": "yes", "SNF": "no", "HOME HEALTH CARE": "no"}, "MIMIC-III"),
    ("died_in_hospital", {"true": "yes", "False": "no", "\\N": "not known"}, "programs"),
    ("organ_donor", {"Y": "yes", "": "not known", "N": "no"}, "yes and no"),
]


@pytest.mark.parametrize(("column", "meanings", "reason"), FLAGS, ids=[f"{row[0]}: {row[-1]}" for row in FLAGS])
def test_words_of_flags(column: str, meanings: dict[str, str], reason: str) -> None:
    found = read_codes(column, dict.fromkeys(meanings, 1))
    assert (found.meanings, found.unread) == (meanings, ())


UNREAD = [
    ("void", ["maybe", "0"], ["maybe"], "a word that is nowhere"),
    ("void", ["Expired"], ["Expired"], "a word of another column"),
    ("died_in_hospital", ["0", "20"], ["0"], "0 is no discharge status"),
    ("died_in_hospital", ["V"], ["V"], "vivo is alive, and V is void"),
    ("organ_donor", ["?1"], ["?1"], "a doubtful mark"),
]


@pytest.mark.parametrize(("column", "words", "unread", "reason"), UNREAD, ids=[row[-1] for row in UNREAD])
def test_any_other_word_of_a_flag_is_not_understood(
    column: str, words: list[str], unread: list[str], reason: str
) -> None:
    assert list(read_codes(column, dict.fromkeys(words, 1)).unread) == unread


SEXES = [
    # rows by word, meanings, reason
    ({"M": 5, "F": 5, "U": 1, "X": 1}, {"M": "M", "F": "F", "U": "not known"}, "the usual codes"),
    ({"1": 5, "2": 5, "9": 1, "0": 1}, {"1": "M", "2": "F", "9": "not known", "0": "not known"}, "ISO 5218"),
    ({"1.0": 5, "2.0": 5}, {"1.0": "M", "2.0": "F"}, "ISO 5218 with gaps, by pandas"),
    ({"8507": 5, "8532": 5, "8551": 1}, {"8507": "M", "8532": "F", "8551": "not known"}, "OMOP"),
    ({"M": 5, "W": 5}, {"M": "M", "W": "F"}, "German"),
    ({"M": 5, "K": 5}, {"M": "M", "K": "F"}, "Nordic"),
    ({"H": 5, "F": 5}, {"H": "M", "F": "F"}, "French"),
    ({"Hombre": 5, "Mujer": 5}, {"Hombre": "M", "Mujer": "F"}, "Spanish words"),
    ({"male": 5, "Female ": 5}, {"male": "M", "Female ": "F"}, "words"),
    ({"M": 999, "F": 999, "H": 3}, {"M": "M", "F": "F"}, "an H beside M is a slip"),
    ({"MALE": 5, "M": 5, "H": 5, "FEMALE": 9}, {"MALE": "M", "M": "M", "FEMALE": "F"}, "FEMALE settles M as F does"),
    ({"M": 999, "H": 3}, {"M": "M"}, "and so it is where nearly all are M"),
    ({"1": 999, "0": 3}, {"1": "M", "0": "not known"}, "men, and a few of whom it is not known"),
]


@pytest.mark.parametrize(("rows", "meanings", "reason"), SEXES, ids=[row[-1] for row in SEXES])
def test_words_of_the_sex(rows: dict[str, int], meanings: dict[str, str], reason: str) -> None:
    found = read_codes("sex", rows)
    assert (found.meanings, found.why) == (meanings, "")


@pytest.mark.parametrize("rows", [{"H": 5, "M": 5}, {"V": 5, "M": 5}, {"0": 5, "1": 5}])
def test_a_code_that_means_a_man_here_and_a_woman_there_is_not_guessed_at(rows: dict[str, int]) -> None:
    assert read_codes("sex", rows).why


def test_words_of_ones_own_come_first() -> None:
    assert read_codes("sex", {"H": 5, "M": 5}, {"h": "M", "m": "F"}).meanings == {"H": "M", "M": "F"}
    assert read_codes("sex", {"0": 5, "1": 5}, {"0": "F", "1": "M"}).meanings == {"0": "F", "1": "M"}
    assert read_codes("void", {"X9": 5, "V": 1}, {"X9": "yes", "V": "no"}).meanings == {"X9": "yes", "V": "no"}
    assert read_codes("died_in_hospital", {"55": 1, "1": 1}, {"55": "no"}).meanings == {"55": "no", "1": "yes"}


def test_no_word_of_the_vocabulary_means_two_things_and_each_is_written_as_texts_are_compared() -> None:
    for column, meanings in WORDS.items():
        words = [word for its in meanings.values() for word in its]
        assert len(words) == len(set(words)), column
        assert words == [word_of(word) for word in words], column


def test_the_vocabulary_is_the_one_that_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "job.md").read_text("utf-8")
    for column, meanings in WORDS.items():
        for meaning, words in meanings.items():
            listed = ", ".join(f"`{word}`" for word in sorted(words))
            assert f"| `{column}` | {meaning} | {listed} |" in page


def test_a_sex_of_one_value() -> None:
    assert [standard_sex(text) for text in ("f", "2.0", " male ", "U", "", None)] == ["F", "F", "M", None, None, None]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"viod": {"X": "yes"}}, "words: 'viod' is not one of: void, died_in_hospital, organ_donor, sex."),
        ({"void": {"X": "maybe"}}, "words of void, X: 'maybe' is not one of: yes, no, not known"),
        ({"sex": {"V": "yes"}}, "words of sex, V: 'yes' is not one of: M, F, not known"),
        ({"void": "X"}, "words must give the meaning of each word of a column, such as words = { void = { X9 ="),
    ],
)
def test_a_declared_word_has_a_column_and_a_meaning(words: dict[str, dict[str, str]], message: str) -> None:
    with pytest.raises(InputError) as refused:
        Reading(words=words)
    assert message in str(refused.value)


STATUSES = [
    # column name, word, meaning (None: refused), reason
    ("vital_status", "Alive", "no", "a word"),
    ("VITAL_STATUS", "A", "no", "the letter of registries"),
    ("PAT_STATUS", "D", "yes", "the letter of registries"),
    ("vital_status", "1", None, "alive for cancer registries, dead for others"),
    ("vital_status", "0", None, "dead for cancer registries"),
    ("PAT_STATUS", "Y", None, "an answer to a question that the name does not ask"),
    ("alive", "Y", None, "the opposite question"),
    ("discharge_status", "1", None, "home, by UB-04"),
    ("discharge_status", "D", None, "no letter of a discharge"),
    ("discharge_status", "20", "yes", "UB-04"),
    ("DISCH_DISPOSITION", "EXPIRED", "yes", "a word"),
    ("deceased", "1", "yes", "a flag"),
    ("death_status", "1", "yes", "a flag, although it is called a status"),
    ("hospital_expire_flag", "0", "no", "a flag"),
]


@pytest.mark.parametrize(("called", "word", "meaning", "why"), STATUSES)
def test_in_a_column_of_a_status_a_yes_does_not_say_who_died(
    called: str, word: str, meaning: str | None, why: str
) -> None:
    codes = read_codes("died_in_hospital", {word: 3}, called=called)
    assert codes.meanings.get(word) == meaning, why
    assert bool(codes.unread) == (meaning is None), why
    assert read_codes("died_in_hospital", {word: 3}, {word: "no"}, called).meanings == {word: "no"}
