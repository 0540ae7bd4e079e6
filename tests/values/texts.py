"""Strategies for anything that a file may have in place of a name, a number or a date."""

from hypothesis import strategies as st

from linkage.rules.file import read_rules

MIMIC = read_rules("mimic_iv")
FIRST, LAST = (MIMIC.fields[name].not_known for name in ("first_name", "last_name"))

LETTERS = st.text(
    "abzABZ e\u00e9\u00c9\u00df\u00f1\u00f8\u0133\u00b5\u0301'\u2019`.,-/()0129|;\t\n\u00a0\u200b\u674e\u041e",
    max_size=14,
)
WORDS = st.lists(
    st.sampled_from(
        ["Dr.", "SMITH", "jr", "Jr.", "III", "o'", "de la", "García", "Baby", "Boy", "DOE", "Q", "x", "XXX", "MD"]
        + [
            "Saint",
            "SAINTJOHN",
            "née",
            "AKA",
            "(Jones)",
            "'Bob'",
            "N/A",
            "NULL",
            "None",
            "UNKNOWN",
            "male",
            "not",
            "ZZ",
        ]
        + ["B/O", "V", "SR", "Test", "TRUE", "NA", "Bill", "ann", "JR"]
    ),
    max_size=4,
).map(" ".join)
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
NAMES = st.one_of(LETTERS, WORDS, ANY)
NUMBERS = st.one_of(
    st.text("0123456789- .xX*=\"'\u2013\u2212\u00a0\uff11", max_size=14),
    st.from_regex(r"[0-9]{3}-?[0-9]{2}-?[0-9]{4}", fullmatch=True),
    st.from_regex(r"""[0-9]{1,9}\.0{0,3}|[1-9]\.[0-9]{7,9}E-?[78]|=?"[0-9]{9}"|'[0-9]{9}""", fullmatch=True),
    ANY,
)
DAYS = st.one_of(
    st.from_regex(r"(18|19|20|21)[0-9]{2}[-/.]?[01][0-9][-/.]?[0-3][0-9]( 07:00)?", fullmatch=True),
    st.from_regex(r"[0-3]?[0-9][-/.][0-3]?[0-9][-/.](19|20)[0-9]{2}", fullmatch=True),
    st.dates().map(str),
    st.text("0129-/. xX", max_size=11),
    ANY,
)
