"""Signs of damaged letters: texts that a program decoded with the wrong encoding, or wrote in one that lacks a letter.

Names are searched in upper case, as they are read, so the signs are those that remain of them in upper case.
"""

TWICE, LOST, MARKS = "encoded twice", "letters lost", "question marks"
"""The kinds of damage: UTF-8 that was read as cp1252 or Latin-1; a letter that was replaced by U+FFFD; and letters that
were probably replaced by question marks, or dashes and quotation marks that UTF-8 read as cp1252 also gives."""

# The first bytes of the letters of western and central Europe in UTF-8, and the second bytes: as Latin-1 shows them
# (to U+00BF, where only a micro sign changes in upper case) and as cp1252 does. No name has a letter before these.
_FIRST = "[\u00c2-\u00c5]"
_SECOND = (
    "\u0080-\u009f\u00a1-\u00bf\u039c\u20ac\u201a\u0191\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152"
    "\u017d\u2018\u201c\u2022\u02dc\u2122\u203a\u0178"
)
_ALSO_PUNCTUATION = "\u00a0\u2019\u201d\u2013\u2014"
_LETTER = "[A-Z\u00c0-\u00d6\u00d8-\u00de]"

PATTERNS = {
    LOST: ".*(\ufffd|\u00cf\u00bf\u00bd).*",
    TWICE: f".*{_FIRST}[{_SECOND}].*",
    MARKS: f".*({_LETTER}[?]+{_LETTER}|{_FIRST}[{_ALSO_PUNCTUATION}]{_LETTER}).*",
}
"""The pattern of a whole name in upper case for each kind; the first that fits applies."""
