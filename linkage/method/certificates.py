"""Which certificate dates the death of a linked patient, where one person has several.

It is a step of its own because a link is to a person, and the certificates of one person may give different dates. A
date that time makes impossible for this patient never counts. The file may say which certificate amends which: one that
another amends is out of date. Among those that are left, one whose partial date holds another's date says nothing of
its own, and the earliest date stands. Where the dates differ, all certificates go to review.
"""

from linkage.engines import Engine
from linkage.method import crowds
from linkage.method.statements import statement
from linkage.rules.cascade import Plausibility

_NEVER_SEEN = "CAST('0001-01-01' AS DATE)"


def choose_certificates(engine: Engine, limits: Plausibility, *, contacts: bool) -> None:
    """From `link` make `certificate`: the certificate that dates the death (`dates_the_death`) of each linked patient
    whose death has several with a date, and where their dates differ (`differs`), all others.

    With `contacts`, a certificate from before the patient's last contact dates no death. Of a person with more than
    `crowds.CROWD` certificates or linked records, the others stand once, without a patient.
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
