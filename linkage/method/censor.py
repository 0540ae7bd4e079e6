"""Determining mortality: from links and hospital records to one dated, censored answer per patient.

In the method this follows linkage (Johnson et al., Sci Data 2023, "Out-of-hospital mortality"): the hospital's
plausible date of death takes precedence over the registry's, and a death is released only if it occurred on or before
the same calendar day one year after the patient's last discharge. It is a separate step because it needs no names: a
censoring date can be recomputed from `contact` and `link`.

The statements are in `sql/`, filled in by `censor_sql`; mortality at an index date is in `survival`.
"""

from typing import Any

from linkage.engines import Engine, tallies
from linkage.method import censor_sql as sql
from linkage.method import contact_sql, hospital_death_sql
from linkage.method.statements import statement
from linkage.quoting import quoted
from linkage.rules.policy import MortalityPolicy

RELEASE = sql.RELEASE
"""The SELECT of the table that may be passed on: patient_id and the censored dod, nothing else."""

STATUSES = {
    "died_within_one_year": "Died on or before the censoring date; the only status with a released dod.",
    "died_later": "Died after the censoring date; the date is not released.",
    "died_date_partial": "Died, but the certificate gives only the month or year, which does not settle whether the"
    " death was within the year, or the policy does not complete such dates.",
    "died_date_not_known": "Died, according to the hospital's flag or a link, on an unrecorded day.",
    "alive_at_one_year": "No death found, and the registry covered the whole year after the anchor discharge.",
    "unknown_not_covered": "No death found, but the registry's coverage began after the anchor discharge or ended"
    " before the censoring date.",
    "in_review": "Awaits manual review: tied between certificates, or the only claim to a certificate has impossible "
    "dates, or the hospital's date of death is not plausible, or all dates of the linked person precede "
    "the last contact; and nothing else settles the outcome.",
    "no_anchor": "No encounter of the anchor kind, so there is no year to censor by; nothing is released.",
}
"""Every status that an outcome can have, and its meaning. `check_accounts` refuses any other."""


class AccountingError(AssertionError):
    """A defect of the toolkit or of its tables, never of the data: numbers that must agree do not."""


def build_outcome(engine: Engine, policy: MortalityPolicy) -> None:
    """Make `outcome`, exactly one row per row of `patient`, and check its totals.

    Reads `patient`, `contact`, `doubtful_date`, `link`, `certificate`, `review_patient` and `death`. `STATUSES`
    explains the statuses. Also makes `implausible_date`: the hospital's dates of death that were set aside.

    Raises AccountingError when a number does not add up.
    """
    first, last = policy.coverage_first, policy.coverage_last
    engine.create("outcome", sql.outcome(first, last, policy.partial_death_dates))
    engine.create("implausible_date", statement("implausible_date"))
    check_accounts(engine)


_CLAIMS = (
    "one outcome per patient",
    "no patient twice",
    "every link has its outcome",
    "every status is defined",
    "released deaths are those within one year",
    "no released death after its censoring date",
    "no negative follow-up",
)


def check_accounts(engine: Engine) -> None:
    """Raise AccountingError if `outcome` lacks, repeats or adds a patient, a link or a released date."""
    (numbers,) = engine.rows(statement("accounts", statuses=quoted(tuple(STATUSES))))
    broken = [
        f"{claim}: expected {expected:,}, found {found:,}"
        for claim, expected, found in zip(_CLAIMS, numbers[::2], numbers[1::2], strict=True)
        if expected != found
    ]
    if broken:
        raise AccountingError("The totals of `outcome` do not agree.  " + ";  ".join(broken))


def mortality_counts(engine: Engine) -> dict[str, dict[str, Any]]:
    """The numbers of patients and encounters for the manifest.

    `encounter_repairs` counts encounters by reason (one may have several). `status` and `death_source` count patients
    and add up to all of them; `status_by_source` is their cross table. `hospital_registry_difference` counts patients
    with both dates of death, by bands of the days between the two. `dates_of_death` counts the dates that were
    released, completed, withheld, overruled and so on; `hospital_dates_overruled` counts the hospital's dates that were
    not used, by reason; and `hospital_and_registry_far_apart` those used although the certificate's date is far away.
    """
    by_both = engine.rows(statement("status_counts"))
    found = tallies(engine, sql.TALLIES)
    repairs = map(int, engine.rows(contact_sql.REPAIRS_COUNTED)[0])
    counts = {
        "encounter_repairs": dict(zip(contact_sql.REPAIRS, repairs, strict=True)),
        "status": _tally((status, n) for status, _, n in by_both),
        "death_source": _tally((source, n) for _, source, n in by_both),
        "status_by_source": _tally((f"{status}, {source}", n) for status, source, n in by_both),
        "hospital_registry_difference": found["hospital_registry_difference"],
        "dates_of_death": dict(
            zip(
                sql.DATES,
                map(int, engine.rows(statement("dates_of_death", another_used=hospital_death_sql.ANOTHER_USED))[0]),
                strict=True,
            )
        ),
        "hospital_dates_overruled": found["hospital_dates_overruled"],
        "hospital_and_registry_far_apart": found["hospital_and_registry_far_apart"],
        "hospital_deaths": found["hospital_deaths"],
    }
    patients = found["patients"]["all"]
    for name in ("status", "death_source"):
        total = sum(counts[name].values())
        if total != patients:
            raise AccountingError(f"{name} adds up to {total:,}, and there are {patients:,} patients.")
    return counts


def expected_elsewhere(engine: Engine, share: float) -> dict[str, float]:
    """The expected number of deaths during follow-up that the registry does not hold, because they occurred elsewhere.

    `share` is the stated share of such deaths among all deaths outside the hospital: expected = found / (1 - share) *
    share, where found is the number of deaths known only from the registry.
    """
    ((found,),) = engine.rows(sql.FOUND_BY_REGISTRY)
    return {"share": share, "found_by_registry": int(found), "expected": round(found * share / (1 - share), 1)}


def _tally(rows: Any) -> dict[str, int]:
    tally: dict[str, int] = {}
    for name, number in rows:
        tally[name] = tally.get(name, 0) + int(number)
    return tally
