"""Determining mortality: from links and hospital records to one dated, censored answer per patient.

In the method this follows linkage (Johnson et al., Sci Data 2023, "Out-of-hospital mortality"): the
hospital's date of death takes precedence over the registry's, and a death is released only when it
fell on or before the same calendar day one year after the patient's last discharge. It is a step of
its own because it needs no names: whoever doubts a censoring date can recompute it from `contact`
and `link`. `contact` is built before linking, which uses the last bodily contact as evidence.

The statements are in `contact_sql` and `censor_sql`; mortality at an index date is in `followup`.
"""

from dataclasses import InitVar, dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from linkage.engines import Engine
from linkage.errors import InputError, did_you_mean
from linkage.method import censor_sql as sql
from linkage.method import contact_sql, hospital_death_sql
from linkage.quoting import quoted
from linkage.survival.mortality_at import mortality_at

__all__ = [
    "RELEASE",
    "STATUSES",
    "AccountingError",
    "MortalityPolicy",
    "build_contact",
    "build_outcome",
    "check_accounts",
    "mortality_at",
    "mortality_counts",
]

Anchor = Literal["hospital", "hospital_or_ed"]
PartialDeathDates = Literal["months", "middle", "withhold"]

RELEASE = sql.RELEASE
"""The SELECT of what may leave the house: patient_id and the censored dod, nothing else."""

STATUSES = {
    "died_within_one_year": "Died on or before the censoring date; the only status with a released dod.",
    "died_later": "Died after the censoring date. Itself withheld from release.",
    "died_date_partial": "Died, but the certificate's month or year does not settle whether within the year,"
    " or the policy withholds partial dates.",
    "died_date_not_known": "Died, by the hospital's flag or by a link, on a day that nobody recorded.",
    "alive_at_one_year": "No death found, and the registry covered the whole year after the anchor.",
    "unknown_not_covered": "No death found, but the registry's coverage began after the anchor or ended"
    " before the censoring date.",
    "in_review": "Tied between certificates, and no hospital death settles it: for a person to decide.",
    "no_anchor": "No encounter of the anchor kind, so no year to censor by: nothing is released.",
}
"""Every status an outcome can have, and what it means. A closed set: `check_accounts` sees to it."""


NO_COVERAGE = date.min
"""The coverage of a registry in which no date of death can be read: none at all."""


class AccountingError(AssertionError):
    """A defect of the toolkit or of its tables, never of the data: numbers that must agree do not."""


@dataclass(frozen=True, slots=True)
class MortalityPolicy:
    """The choices that the published method leaves open, each with MIMIC-IV v3's answer as default.

    `anchor` is the discharge from which a year is counted: the last "hospital" discharge (MIMIC-IV
    v2) or the last "hospital_or_ed" discharge (since v3.0; 141,175 of its 364,627 patients have no
    other). `coverage_first` and `coverage_last` are the first and last day of death that the
    registry file is complete for; None leaves that side open. `partial_death_dates` says which registry dates are
    completed with the middle of the days that they can mean: "months" those known to the month, "middle" those known
    to the year as well, "withhold" none.

    >>> MortalityPolicy(anchor="hospital", coverage_last=date(2152, 12, 31)).partial_death_dates
    'months'
    >>> MortalityPolicy(anchor="hospitals")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    linkage.errors.InputError: anchor = 'hospitals' is not a choice.  Allowed: hospital, ...
    """

    anchor: Anchor = "hospital_or_ed"
    coverage_first: date | None = None
    coverage_last: date | None = None
    partial_death_dates: PartialDeathDates = "months"
    partial_death_date: InitVar[None] = None

    def __post_init__(self, partial_death_date: object) -> None:
        if partial_death_date is not None:
            raise InputError("partial_death_date is now called partial_death_dates. Rename it.")
        _check_choice("anchor", self.anchor, get_args(Anchor))
        _check_choice("partial_death_dates", self.partial_death_dates, get_args(PartialDeathDates))
        _check_day("coverage_first", self.coverage_first)
        _check_day("coverage_last", self.coverage_last)
        if self.coverage_first and self.coverage_last and self.coverage_last < self.coverage_first:
            raise InputError(
                f"coverage_last = {self.coverage_last} is before coverage_first = {self.coverage_first}."
                "  Give the first and the last day of death that the registry file is complete for."
            )


def build_contact(engine: Engine, policy: MortalityPolicy, *, of_persons: bool = False) -> None:
    """Make `contact`, one row per patient with encounters, `doubtful_date` and `encounter_repair` from `encounter`,
    and drop it.

    `contact` has the columns `contact_sql.CONTACT`; `doubtful_date` has the hospital's dates of death that are not
    plausible, and why. Organ-donor encounters move no contact and no anchor (they are accounts of someone already
    dead, often of negative length: MIMIC-IV, table `admissions`, and mimic-code #1346), nor does a row that tells of a
    death alone. With `of_persons`, for records that are linked together, the encounters are those of the person, and
    every record has the person's answer.
    """
    if of_persons:
        engine.create("encounter", contact_sql.of_persons(contact_sql.ENCOUNTER))
    engine.create("seen_later", hospital_death_sql.seen_later())
    engine.create("hospital_death", hospital_death_sql.hospital_death())
    engine.create("after_death", hospital_death_sql.AFTER_DEATH)
    engine.create("contact", contact_sql.contact(policy.anchor))
    engine.create("doubtful_date", hospital_death_sql.DOUBTFUL_DATE)
    if of_persons:
        engine.create("contact", contact_sql.each_record("contact", contact_sql.CONTACT))
        engine.create("doubtful_date", contact_sql.each_record("doubtful_date", ("hospital_date", "doubt")))
    repairs = {"reason": list(contact_sql.REPAIRS), "encounters": engine.rows(contact_sql.repairs())[0]}
    engine.insert("encounter_repair", repairs, {"reason": "STRING", "encounters": "BIGINT"})
    # Encounters are the longest table of a job and have said all that they can.
    engine.drop("encounter", "seen_later", "hospital_death", "after_death")


def build_outcome(engine: Engine, policy: MortalityPolicy) -> None:
    """Make `outcome`, exactly one row per row of `patient`, and check that the accounts close.

    Reads `patient`, `contact`, `doubtful_date`, `link`, `certificate`, `review_patient` and `death`. See `STATUSES` for
    the answers. Also makes `implausible_date`: the hospital's dates of death that were set aside.

    Raises AccountingError when a number does not add up.
    """
    first, last = policy.coverage_first, policy.coverage_last
    engine.create("outcome", sql.outcome(first, last, policy.partial_death_dates))
    engine.create("implausible_date", sql.IMPLAUSIBLE_DATE)
    check_accounts(engine)


def check_accounts(engine: Engine) -> None:
    """Refuse an `outcome` table that loses, doubles or invents a patient, a link or a release."""
    claims = engine.rows(sql.ACCOUNTS.format(statuses=quoted(tuple(STATUSES))))
    broken = [
        f"{claim}: expected {expected:,}, found {found:,}" for claim, expected, found in claims if expected != found
    ]
    if broken:
        raise AccountingError("The accounts of `outcome` do not close.  " + ";  ".join(broken))


def mortality_counts(engine: Engine) -> dict[str, dict[str, Any]]:
    """How many patients and encounters met what, for the manifest.

    `encounter_repairs` counts encounters by reason (one may meet several), `status` and
    `death_source` count patients and add up to all of them, `status_by_source` is their cross table,
    and `hospital_registry_difference` bands the days between the two dates of patients with both.
    `dates_of_death` says how many were released, completed, withheld, overruled and so on, and
    `hospital_dates_overruled` why the hospital's were set aside.
    """
    by_both = engine.rows(sql.STATUS_COUNTS)
    counts = {
        "encounter_repairs": _tally(engine.rows("SELECT reason, encounters FROM encounter_repair")),
        "status": _tally((status, n) for status, _, n in by_both),
        "death_source": _tally((source, n) for _, source, n in by_both),
        "status_by_source": _tally((f"{status}, {source}", n) for status, source, n in by_both),
        "hospital_registry_difference": _tally(engine.rows(sql.DIFFERENCE_COUNTS)),
        "dates_of_death": dict(zip(sql.DATES, map(int, engine.rows(sql.DATES_OF_DEATH)[0]), strict=True)),
        "hospital_dates_overruled": _tally(
            engine.rows("SELECT doubt, COUNT(*) FROM implausible_date GROUP BY doubt ORDER BY doubt")
        ),
        "hospital_deaths": _tally(
            engine.rows(
                "SELECT 'given', COUNT(CASE WHEN died_in_hospital THEN 1 END) FROM contact"
                " UNION ALL SELECT 'given', COUNT(*) FROM implausible_date"
            )
        ),
    }
    patients = engine.rows("SELECT COUNT(*) FROM patient")[0][0]
    for name in ("status", "death_source"):
        found = sum(counts[name].values())
        if found != patients:
            raise AccountingError(f"{name} adds up to {found:,}, and there are {patients:,} patients.")
    return counts


def _tally(rows: Any) -> dict[str, int]:
    tally: dict[str, int] = {}
    for name, number in rows:
        tally[name] = tally.get(name, 0) + int(number)
    return tally


def _check_choice(name: str, found: object, allowed: tuple[str, ...]) -> None:
    if found not in allowed:
        raise InputError(
            f"{name} = {found!r} is not a choice.  Allowed: {', '.join(allowed)}.{did_you_mean(str(found), allowed)}"
        )


def _check_day(name: str, found: object) -> None:
    # A datetime is a date to Python, and would compare as one only by accident.
    if found is not None and (not isinstance(found, date) or isinstance(found, datetime)):
        raise InputError(f"{name} = {found!r} is not a day.  Give datetime.date(2150, 12, 31), or None.")
