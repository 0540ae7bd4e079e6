"""The same name is standardized in the same way in both files, and placeholders are not known.

The formats are those of real files: see the documentation on how identifiers fail.
"""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linkage.values.affixes import standard_suffix
from linkage.values.given_names import first_of_several, whole_formal_names
from linkage.values.names import former_names, standard_name
from linkage.values.nicknames import nickname_table
from tests.values.texts import FIRST, LAST, NAMES

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
    ("Smith (Jones)", "SMITH", ("SMITH",), None, "another name in brackets"),
    ("Smith V", "SMITH", ("SMITH",), "V", "the fifth"),
    ("Smith VI", "SMITH", ("SMITH",), "VI", "the sixth"),
    ("Smith 1st", "SMITH", ("SMITH",), "I", "the first"),
    ("Smith MD Jr", "SMITH", ("SMITH",), "JR", "a suffix behind a credential"),
    ("Smith Jr., M.D.", "SMITH", ("SMITH",), "JR", "a suffix before a credential"),
    ("Smith PhD, RN, Esq.", "SMITH", ("SMITH",), None, "credentials"),
    ("Jr. Smith", "SMITH", ("SMITH",), "JR", "a leading suffix"),
    ("Smith Jr Lopez", "SMITHLOPEZ", ("SMITH", "LOPEZ"), "JR", "a suffix inside"),
    ("Sr. Garcia", "GARCIA", ("GARCIA",), None, "the Spanish title"),
    ("Garcia Sr.", "GARCIA", ("GARCIA",), "SR", "the suffix of the same letters"),
    ("Smith Jr III", "SMITH", ("SMITH",), None, "two suffixes that differ"),
    ("Smith Jr Junior", "SMITH", ("SMITH",), "JR", "one suffix twice"),
    ("JR", None, (), "JR", "a suffix alone is no last name"),
    ("Saint John", "STJOHN", ("JOHN",), None, "saint in full"),
    ("SAINTJOHN", "STJOHN", ("STJOHN",), None, "the same in one word"),
    ("Sainte-Marie", "STEMARIE", ("MARIE",), None, "a woman saint"),
    ("Saint", "SAINT", ("SAINT",), None, "a surname of its own"),
    ("Saintil", "SAINTIL", ("SAINTIL",), None, "a surname that begins so"),
    ("Maj", "MAJ", ("MAJ",), None, "a surname that looks like a title"),
    ("MRS", None, (), None, "a title alone"),
    ("Nee", "NEE", ("NEE",), None, "a surname that looks like a word between names"),
    ("'Smith'", "SMITH", ("SMITH",), None, "quotes around the whole"),
    ("(Smith)", "SMITH", ("SMITH",), None, "brackets around the whole"),
    ("N/A", None, (), None, "a null of spreadsheets"),
    ("n.a.", None, (), None, "the same with points"),
    ("\\N", None, (), None, "a null of databases"),
    ("#NULL!", None, (), None, "an error of spreadsheets"),
    ("#N/A", None, (), None, "another error of spreadsheets"),
    ("#NAME?", None, (), None, "one more"),
    ("<NA>", None, (), None, "a null of pandas"),
    ("(null)", None, (), None, "a null of Oracle"),
    ("[NULL]", None, (), None, "a null of tools"),
    ("-none-", None, (), None, "a null of forms"),
    ("Not Stated", None, (), None, "a phrase of registries"),
    ("NOTSTATED", None, (), None, "the same in one word"),
    ("Not  Asked", None, (), None, "a phrase that no list has"),
    ("Missing", None, (), None, "a null word"),
    ("Unknown Male", None, (), None, "a stranger"),
    ("UNKNOWN, TRAUMA 12", None, (), None, "a stranger with a number"),
    ("Baby Girl", None, (), None, "a newborn"),
    ("Doe 17", None, (), None, "a stranger with a number behind the name"),
    ("JOHN DOE", None, (), None, "a stranger's whole name"),
    ("Doe, Jane", None, (), None, "the same the other way round"),
    ("Patient, Test", None, (), None, "a test"),
    ("ZZTEST", None, (), None, "a test that sorts last"),
    ("BG Smith", None, (), None, "a newborn girl of a mother of that name"),
    ("FNU", None, (), None, "first name unknown, in the box of the last"),
    ("DO NOT USE", None, (), None, "a record that is not to be used"),
    ("*DO NOT USE*", None, (), None, "the same between stars"),
    ("DONOTUSE", None, (), None, "the same in one word"),
    ("Smith Do Not Use", None, (), None, "the same behind a name"),
    ("DO NOT MERGE", None, (), None, "another warning"),
    ("TO BE MERGED", None, (), None, "a plan"),
    ("MERGED", None, (), None, "a record that is another's"),
    ("MERGED WITH 4711", None, (), None, "with a number"),
    ("Merge into Smith", None, (), None, "with a name"),
    ("SMITH MERGED", None, (), None, "behind a name"),
    ("DUPLICATE RECORD", None, (), None, "a record that stands twice"),
    ("DUPLICATE OF SMITH", None, (), None, "with a name"),
    ("DUP CHART", None, (), None, "the same abridged"),
    ("SEE MRN 123", None, (), None, "a record that points to another"),
    ("SEE 1234567", None, (), None, "the same by its number alone"),
    ("USE OTHER MRN", None, (), None, "another pointer"),
    ("VOID", None, (), None, "a void record"),
    ("VOIDED", None, (), None, "the same"),
    ("Entered in Error", None, (), None, "an error"),
    ("WRONG PATIENT", None, (), None, "another error"),
    ("OLD RECORD", None, (), None, "a record out of date"),
    ("FETAL DEMISE", None, (), None, "a child that was not born alive"),
    ("FETUS SMITH", None, (), None, "the same with its mother's name"),
    ("STILL BORN", None, (), None, "the same in two words"),
    ("Trauma Alpha", None, (), None, "a stranger by a code"),
    ("REDACTED", None, (), None, "withheld from an extract"),
    ("Last Name Masked", None, (), None, "the same in a phrase"),
    ("UNIDENTIFIED REMAINS", None, (), None, "a body that nobody knows"),
    ("Sin nombre", None, (), None, "without a name, in Spanish"),
    ("LASTNAME", None, (), None, "the name of a column"),
    ("Child", "CHILD", ("CHILD",), None, "a surname that looks like a child"),
    ("Temp", "TEMP", ("TEMP",), None, "a surname"),
    ("See", "SEE", ("SEE",), None, "a surname that could point"),
    ("Lee See", "LEESEE", ("LEE", "SEE"), None, "two surnames"),
    ("Use", "USE", ("USE",), None, "a surname"),
    ("Old", "OLD", ("OLD",), None, "a surname"),
    ("Old Bear", "OLDBEAR", ("OLD", "BEAR"), None, "a surname of two words"),
    ("Record", "RECORD", ("RECORD",), None, "a surname"),
    ("Cancel", "CANCEL", ("CANCEL",), None, "a surname"),
    ("Merge", "MERGE", ("MERGE",), None, "a surname"),
    ("Born", "BORN", ("BORN",), None, "a surname"),
    ("Blank", "BLANK", ("BLANK",), None, "a surname"),
    ("To", "TO", ("TO",), None, "a surname"),
    ("Do", "DO", ("DO",), None, "a surname"),
    ("Do Nott", "DONOTT", ("NOTT",), None, "a particle before a surname"),
    ("Demise", "DEMISE", ("DEMISE",), None, "a name"),
    ("Doering", "DOERING", ("DOERING",), None, "a surname that begins so"),
    ("Male", "MALE", ("MALE",), None, "a surname that looks like a sex"),
    ("Blackman", "BLACKMAN", ("BLACKMAN",), None, "a surname of two such words"),
    ("No", "NO", ("NO",), None, "a Korean surname"),
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
    ("2Judysgirl", None, None, "the second girl of a mother"),
    ("Judy's Boy", None, None, "a mother's only boy"),
    ("Boyd", "BOYD", None, "a name that begins like a word for a newborn"),
    ("None", None, None, "nobody's first name"),
    ("Robert 'Bob'", "ROBERT", None, "a nickname in quotes"),
    ("Robert \u201cBob\u201d", "ROBERT", None, "in typographic quotes"),
    ('Robert "Bob"', "ROBERT", None, "in double quotes"),
    ("Robert (Bob)", "ROBERT", None, "in brackets"),
    ("Robert AKA Bob", "ROBERT", None, "another name"),
    ("D'Andre", "DANDRE", None, "an apostrophe is no quote"),
    ("Robert Jr.", "ROBERT", None, "a suffix behind a first name"),
    ("JR", "JR", None, "a first name of two initials"),
    ("Sr. Mary", "MARY", None, "a nun"),
    ("Van V", "VAN", "V", "an initial that could be a suffix"),
    ("Dr.", None, None, "a title alone"),
    ("REV", None, None, "another title alone"),
    ("Mr. Mrs.", None, None, "titles alone"),
    ("Newborn Male", None, None, "a newborn by its sex"),
    ("INFANT GIRL", None, None, "an infant"),
    ("Baby Girl A", None, None, "one of two"),
    ("Baby Girl Smith 2", None, None, "one of two with the mother's name"),
    ("B/O Maria", None, None, "baby of its mother"),
    ("BB Smith", None, None, "baby boy"),
    ("Baby of Anna", None, None, "baby of, in full"),
    ("Girl of Anna", None, None, "girl of"),
    ("S/O Ram", None, None, "son of"),
    ("TwinA", None, None, "a twin in one word"),
    ("Twin B", None, None, "a twin"),
    ("Unknown White Female", None, None, "a stranger as clerks see her"),
    ("Unidentified", None, None, "a stranger"),
    ("Not Given", None, None, "a phrase"),
    ("Name Unknown", None, None, "another phrase"),
    ("No First Name", None, None, "one more"),
    ("Refused", None, None, "a person who refused to answer"),
    ("Desconocido", None, None, "Spanish"),
    ("<None>", None, None, "a program"),
    ("?", None, None, "a question mark"),
    ("Boy", "BOY", None, "a Dutch name"),
    ("Unknown", None, None, "a placeholder"),
    ("LNU", None, None, "last name unknown, in the box of the first"),
    ("Test Maria", None, None, "a test with a name"),
    ("Do Not Use", None, None, "a record that is not to be used"),
    ("See MRN 123", None, None, "a record that points to another"),
    ("Merged", None, None, "a record that is another's"),
    ("Fetal Demise", None, None, "a child that was not born alive"),
    ("Demise", "DEMISE", None, "Denise with a slip"),
    ("Van Do", "VANDO", None, "a Vietnamese name"),
]


@pytest.mark.parametrize(("text", "name", "middle", "reason"), FIRST_NAMES, ids=[row[-1] for row in FIRST_NAMES])
def test_first_names(text: str, name: str | None, middle: str | None, reason: str) -> None:
    found = standard_name(text, FIRST, given=True)
    assert (found.name, found.middle) == (name, middle)


OTHER_NAMES = [
    # as written, the last name, former names, reason
    ("Smith née Jones", "SMITH", ("JONES",), "a maiden name"),
    ("SMITH NEE DE LA CRUZ", "SMITH", ("DELACRUZ",), "of several words"),
    ("Smith (née Jones)", "SMITH", ("JONES",), "in brackets"),
    ("Smith (Jones)", "SMITH", ("JONES",), "in brackets without a word"),
    ("Smith AKA Jones", "SMITH", ("JONES",), "an alias"),
    ("Smith A.K.A. Jones", "SMITH", ("JONES",), "with points"),
    ("Smith a/k/a Jones", "SMITH", ("JONES",), "with slashes"),
    ("Smith f/k/a Jones", "SMITH", ("JONES",), "formerly"),
    ("Smith (Deceased)", "SMITH", (), "a remark that is no name"),
    ("Smith (Unknown)", "SMITH", (), "a placeholder"),
    ("Smith (Jr)", "SMITH", (), "a suffix"),
    ("O'Brien", "OBRIEN", (), "an apostrophe is no quote"),
    ("'t Hooft", "THOOFT", (), "nor is it one before a letter"),
]


@pytest.mark.parametrize(("text", "name", "former", "reason"), OTHER_NAMES, ids=[row[-1] for row in OTHER_NAMES])
def test_another_last_name_of_the_same_person_is_kept(
    text: str, name: str, former: tuple[str, ...], reason: str
) -> None:
    found = standard_name(text, LAST)
    assert (found.name, found.former) == (name, former)


SEVERAL = [
    # as written, names that the whole can mean, names that the first one can mean
    ("Ann Elizabeth", ["ANNELIZABETH"], ["+", "ANN"]),
    ("Bill James", ["BILLJAMES", "WILLIAMJAMES"], ["+", "BILL", "WILLIAM"]),
    ("Bill J", [], []),
    ("Maria de los Angeles", ["MARIADELOSANGELES"], ["+", "MARIA"]),
    ("De Andre", ["DEANDRE"], []),
    ("J Robert", ["JROBERT"], []),
    ("Bill", [], []),
]


@pytest.mark.parametrize(("text", "whole", "first"), SEVERAL, ids=[row[0] for row in SEVERAL])
def test_several_given_names_in_one_box(text: str, whole: list[str], first: list[str]) -> None:
    name = standard_name(text, FIRST, given=True)
    assert whole_formal_names(name, {"BILL": ("WILLIAM",)}) == whole
    assert first_of_several(name, {"BILL": ("WILLIAM",)}) == first


@pytest.mark.parametrize(
    ("short", "formal"),
    [("PACO", "FRANCISCO"), ("PEPE", "JOSE"), ("LUPE", "GUADALUPE"), ("CHUY", "JESUS"), ("TONO", "ANTONIO")]
    + [
        ("SASHA", "ALEKSANDR"),
        ("SASHA", "ALEXANDER"),
        ("KOLYA", "NIKOLAI"),
        ("MISHA", "MIKHAIL"),
        ("KASIA", "KATARZYNA"),
    ],
)
def test_nicknames_of_several_languages(short: str, formal: str) -> None:
    assert formal in nickname_table()[short]
    assert short not in nickname_table().get(formal, ())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Smith", ["SMITH"]),
        ("None", []),
        ("NULL; Smith", ["SMITH"]),
        ("née Jones; aka Smith", ["JONES", "SMITH"]),
        ("Nee", ["NEE"]),
        ("N/A", []),
        ("Smith (Jones)", ["SMITH", "JONES"]),
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
    ("text", "suffix"),
    [("Jr.", "JR"), ("junior", "JR"), ("3rd", "III"), ("iv", "IV"), ("PhD", None), ("", None)]
    + [("V", "V"), ("vi", "VI"), ("1ST", "I"), ("MD JR", "JR"), ("JR MD", "JR"), ("Jr., Ph.D.", "JR"), ("N/A", None)],
)
def test_suffixes(text: str, suffix: str | None) -> None:
    assert standard_suffix(text) == suffix


@settings(max_examples=300)
@given(NAMES, st.booleans())
@example("Dr. De la García-López Jr.", False)
def test_a_standardized_name_stays_as_it_is(text: str, given: bool) -> None:
    once = standard_name(text, FIRST if given else LAST, given=given)
    if once.name is not None:
        assert once.name.isascii()
        assert once.name.isalpha()
        assert once.name.isupper()
        twice = standard_name(once.name, FIRST if given else LAST, given=given)
        assert (twice.name, twice.suffix, twice.middle) == (once.name, None, None)
