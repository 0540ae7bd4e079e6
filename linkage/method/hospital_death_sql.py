"""Which hospital dates of death are plausible: the deaths that encounters record.

A hospital's date of death takes precedence over a registry's, so each is checked first. An implausible date is not
known: it goes to review, and the registry's date is used. The statements are in `sql/`.
"""

from datetime import date

from linkage.method.statements import statement

LONG_AFTER_DEATH_DAYS = 30
"""An encounter that starts more days than this after a hospital death is counted separately: it indicates a wrong merge
of two patients rather than an organ donor. Published studies tolerate 30, 32 or 60 days between a death and a
contact."""

LONG_AFTER_DISCHARGE_DAYS = 60
"""A recorded death more days than this after the discharge of its stay is not plausible."""

PLACEHOLDERS = (
    *(date(1800, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(1901, 1, 1)),
    *(date(2999, 1, 1), date(2999, 12, 31), date(9999, 1, 1), date(9999, 12, 31)),
)
"""Days that systems write if the true day is not known."""

DOUBTS = {
    "placeholder date": "a day that systems write if the date is not known",
    "before birth": "before the patient was born",
    "before its stay": "before the stay that records it began",
    "long after its discharge": f"more than {LONG_AFTER_DISCHARGE_DAYS} days after the discharge of the stay that"
    " records it",
    "seen alive later": "the patient was seen alive later, by more than one account",
    "long after the certificate": f"outside any stay and more than {LONG_AFTER_DEATH_DAYS} days after the date on the"
    " linked certificate: probably the day on which the hospital learned of the death",
}
"""Why a hospital's date of death is not plausible, and what that means. The last is only known after linking."""
ANOTHER_USED = "another hospital date is used"
"""The reason for not using a plausible date: the hospital's records give several, of which another is used."""


def seen_later() -> str:
    """The SELECT behind `seen_later`: after each recorded death, the spells in which the patient was seen again."""
    return statement("seen_later", dated=statement("dated"), long_after=LONG_AFTER_DEATH_DAYS)


def hospital_death() -> str:
    """The SELECT behind `hospital_death`: the encounters that record a death, and whether its date is plausible."""
    return statement(
        "hospital_death",
        dated=statement("dated"),
        placeholders=", ".join(f"DATE '{day.isoformat()}'" for day in PLACEHOLDERS),
        long_after=LONG_AFTER_DEATH_DAYS,
        long_after_discharge=LONG_AFTER_DISCHARGE_DAYS,
    )
