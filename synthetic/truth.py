"""The truth: which patient record is which death, and the slips in both records.

One row per patient record. `death_id` is the person's first certificate, `other_death_ids` are amended and
alias certificates, separated by semicolons; void certificates are not listed.
"""

import numpy as np
import pandas as pd

from synthetic.chance import Bools, Ints
from synthetic.hospital_files import Files
from synthetic.names import Texts
from synthetic.registry import FIRST, VOID, Certificates
from synthetic.slips.dates import date_text


def make_truth(
    files: Files, certificates: Certificates, *, person: Ints, death: Ints, dead: Bools, died_in_hospital: Bools
) -> pd.DataFrame:
    """One row per patient record of these people; `certificates` are their certificates, with positions of persons."""
    first = certificates.kind == FIRST
    death_id = np.full(len(person), "", dtype=object)
    death_id[certificates.row[first]] = certificates.deaths["death_id"].to_numpy()[first].astype("U").astype(object)
    slips = np.full(len(person), "", dtype=object)
    slips[certificates.row[first]] = certificates.slips[first]
    others = _others(certificates, len(person))
    when = np.full(len(person), "", dtype=object)
    when[dead] = date_text(death[dead])
    row = files.row
    return pd.DataFrame({
        "subject_id": files.patients["subject_id"].to_numpy(), "person_id": person[row],
        "death_id": death_id[row], "other_death_ids": others[row], "death_date": when[row],
        "in_registry": (death_id[row] != "").astype(np.int64),
        "died_in_hospital": died_in_hospital[row].astype(np.int64),
        "patient_slips": files.slips, "death_slips": slips[row],
    })  # fmt: skip


def _others(certificates: Certificates, length: int) -> Texts:
    """The ids of amended and alias certificates by person. Few people have any, so a loop is fast enough."""
    others = np.full(length, "", dtype=object)
    more = np.flatnonzero((certificates.kind != FIRST) & (certificates.kind != VOID))
    for row, death_id in zip(certificates.row[more], certificates.deaths["death_id"].to_numpy()[more], strict=True):
        others[row] = f"{others[row]};{death_id}".lstrip(";")
    return others
