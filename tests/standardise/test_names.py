"""The same name is written the same way in both files, and a name that cannot be known is not known.

The forms are those of files that people have sent: see the sections on how identifiers fail.
"""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linkage.values.names import former_names, standard_name, standard_sex, standard_suffix
from tests.standardise.texts import FIRST, LAST, NAMES

LAST_NAMES = [
    # as written, standard form, its parts, its suffix, reason
    ("Smith", "SMITH", ("SMITH",), None, "case"),
    ("  smith ", "SMITH", ("SMITH",), None, "blanks around it"),
    ("O'Brien", "OBRIEN", ("OBRIEN",), None, "an apostrophe"),
    ("O\u2019Brien", "OBRIEN", ("OBRIEN",), None, "a typographic apostrophe"),
    ("O Brien", "OBRIEN", ("BRIEN",), None, "a blank instead of it: the particle is no part"),
    ("Garc\u00eda", "GARCIA", ("GARCIA",), None, "an accent"),
    ("Garci\u0301a", "GARCIA", ("GARCIA",), None, "the same accent as a mark of its own"),
    ("M\u00fcller", "MULLER", ("MULLER",), None, "an umlaut"),
    ("\u0141ukasz", "LUKASZ", ("LUKASZ",), None, "a barred letter"),
    ("\u041f\u0435\u0442\u0440\u043e\u0432", "PETROV", ("PETROV",), None, "another script"),
    ("Garcia-Lopez", "GARCIALOPEZ", ("GARCIA", "LOPEZ"), None, "a compound surname"),
    ("Garcia Lopez", "GARCIALOPEZ", ("GARCIA", "LOPEZ"), None, "the same without a hyphen"),
    ("De la Cruz", "DELACRUZ", ("CRUZ",), None, "particles are kept in the name and are no parts"),
    ("Van Der Berg", "VANDERBERG", ("BERG",), None, "Dutch particles"),
    ("St. John", "STJOHN", ("JOHN",), None, "a dot"),
    ("Smith Jr.", "SMITH", ("SMITH",), "JR", "a suffix inside the name"),
    ("Smith, III", "SMITH", ("SMITH",), "III", "a suffix behind a comma"),
    ("Smith 2nd", "SMITH", ("SMITH",), "II", "a suffix in digits"),
    ("Junior", "JUNIOR", ("JUNIOR",), None, "a name that looks like a suffix is a name"),
    ("Smith MD", "SMITH", ("SMITH",), None, "a title behind the name"),
    ("Smith (Jones)", "SMITH", ("SMITH",), None, "what stands in brackets is a remark"),
    ("Sm1th", "SMTH", ("SMTH",), None, "a digit is no letter"),
    ("True", "TRUE", ("TRUE",), None, "a real surname"),
    ("None", "NONE", ("NONE",), None, "a real surname"),
    ("Null", "NULL", ("NULL",), None, "a real surname"),
    ("Unknown", None, (), None, "a placeholder"),
    ("UNK", None, (), None, "a placeholder"),
    ("DOE", None, (), None, "a placeholder"),
    ("XXX", None, (), None, "a key held down"),
    ("---", None, (), None, "no letter at all"),
    ("12345", None, (), None, "digits alone"),
    ("", None, (), None, "empty"),
    ("   ", None, (), None, "blanks"),
]


@pytest.mark.parametrize(("text", "name", "parts", "suffix", "reason"), LAST_NAMES, ids=[row[-1] for row in LAST_NAMES])
def test_last_names(text: str, name: str | None, parts: tuple[str, ...], suffix: str | None, reason: str) -> None:
    found = standard_name(text, LAST)
    assert (found.name, found.parts, found.suffix) == (name, parts, suffix)


FIRST_NAMES = [
    # as written, standard form, middle name moved out, reason
    ("John Q", "JOHN", "Q", "a middle initial"),
    ("John Q.", "JOHN", "Q", "a middle initial with its dot"),
    ("Mary Ann", "MARYANN", None, "a double name"),
    ("Mary-Ann", "MARYANN", None, "the same with a hyphen"),
    ("J", "J", None, "an initial alone stays"),
    ("J Q", "JQ", None, "two initials are nobody's first name and middle initial"),
    ("Dr. John", "JOHN", None, "a title"),
    ("Mrs Anna", "ANNA", None, "a title without a dot"),
    ("Baby Boy", None, None, "a newborn without a name"),
    ("BABY BOY SMITH", None, None, "a newborn with its mother's name"),
    ("Babyboy", None, None, "the same in one word"),
    ("None", None, None, "nobody's first name"),
    ("Unknown", None, None, "a placeholder"),
]


@pytest.mark.parametrize(("text", "name", "middle", "reason"), FIRST_NAMES, ids=[row[-1] for row in FIRST_NAMES])
def test_first_names(text: str, name: str | None, middle: str | None, reason: str) -> None:
    found = standard_name(text, FIRST, given=True)
    assert (found.name, found.middle) == (name, middle)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Smith", ["SMITH"]),
        ("Smith; O'Hara", ["SMITH", "OHARA"]),
        ("Smith|Jones", ["SMITH", "JONES"]),
        ("Smith, Unknown", ["SMITH"]),
        ("", []),
        (" ; ", []),
    ],
)
def test_former_last_names(text: str, names: list[str]) -> None:
    assert former_names(text, LAST) == names


@pytest.mark.parametrize(
    ("text", "suffix"), [("Jr.", "JR"), ("junior", "JR"), ("3rd", "III"), ("iv", "IV"), ("PhD", None), ("", None)]
)
def test_suffixes(text: str, suffix: str | None) -> None:
    assert standard_suffix(text) == suffix


@pytest.mark.parametrize(
    ("text", "sex"),
    [("M", "M"), (" male ", "M"), ("1", "M"), ("f", "F"), ("2", "F"), ("2.0", "F"), ("U", None), ("", None)],
)
def test_sex(text: str, sex: str | None) -> None:
    assert standard_sex(text) == sex


@settings(max_examples=300)
@given(NAMES, st.booleans())
@example("Dr. De la García-López Jr.", False)
def test_a_standardised_name_stays_as_it_is(text: str, given: bool) -> None:
    once = standard_name(text, FIRST if given else LAST, given=given)
    if once.name is not None:
        assert once.name.isascii()
        assert once.name.isalpha()
        assert once.name.isupper()
        twice = standard_name(once.name, FIRST if given else LAST, given=given)
        assert (twice.name, twice.suffix, twice.middle) == (once.name, None, None)
