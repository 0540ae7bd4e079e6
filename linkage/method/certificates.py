"""Which certificate dates the death of a linked patient, where one person has several.

It is a separate step because a link is to a person, and the certificates of one person may have different dates. A date
that is impossible for this patient is not used. A certificate that another one amends is out of date. Of the remaining
certificates, one with a partial date is ignored if another has a date within that month or year, and the earliest date
is used. If the dates differ, all certificates go to review.
"""

from linkage.engines import Engine
from linkage.method import crowds
from linkage.method.statements import statement
from linkage.rules.cascade import Plausibility

_NEVER_SEEN = "CAST('0001-01-01' AS DATE)"


def choose_certificates(engine: Engine, limits: Plausibility, *, contacts: bool) -> None:
    """From `link` make `certificate`: for each linked patient whose death has several dated certificates, the one whose
    date is used (`dates_the_death`) and, if their dates differ (`differs`), all others.

    With `contacts`, a certificate dated before the patient's last contact is not used. If a person has more than
    `crowds.CROWD` certificates or linked records, the certificates that are not used are listed once, without a
    patient.
    """
    engine.create(
        "certificate",
        statement(
            "certificate",
            last_contact=f"COALESCE(contact.last_contact, {_NEVER_SEEN})" if contacts else _NEVER_SEEN,
            contact="\n  LEFT JOIN contact ON contact.patient_id = link.patient_id" if contacts else "",
            tolerance=limits.contact_tolerance_days,
            crowd=crowds.CROWD,
        ),
    )
