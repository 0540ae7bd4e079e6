"""The demonstration: generate and link a synthetic hospital of MIMIC-IV's size.

The shipped cascade links the `mimic_iv` profile. The result is compared with the table of the paper,
and its sensitivity and PPV are computed, which the paper could not report.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import linkage
from linkage.printing import table
from synthetic.profiles import load_profile
from synthetic.writing import make_and_write

# Johnson et al., Sci Data 2023, section "Out-of-hospital mortality".
PAPER = {
    "individuals": 590_325,
    "candidate links": 717_092,
    "individuals with a candidate": 150_832,
    "individuals linked": 65_805,
    "by R1 (exact last name, birth date, SSN)": 51_022,
    "by R2 (exact last name, birth date; similar first name)": 11_634,
    "by the other rules": 3_147,
}


def mimic_demo(folder: Path, seed: int = 1) -> str:
    """Make the registry in `folder`/registry and link it into `folder`/linked. Returns a summary with sensitivity and
    PPV."""
    registry = folder / "registry"
    patients, admissions, edstays, deaths, truth = make_and_write(load_profile("mimic_iv"), seed, registry, processes=2)
    with linkage.link(patients, deaths, "mimic_iv", encounters=[admissions, edstays]) as run:
        run.write(folder / "linked")
        links = run.links[["patient_id", "death_id"]]
        return (
            f"A synthetic registry of MIMIC-IV's size, without real people.\n\n{run}\n\n"
            f"{beside_the_paper(run.counts)}\n\n{quality(links, pd.read_csv(truth, dtype=str))}\n"
            f"Written to {folder}: registry (the files, with the truth) and linked (the output)."
        )


def beside_the_paper(counts: Mapping[str, Any]) -> str:
    """The paper's table with this run's numbers and the relative difference.

    >>> counts = {"patients": 590_325, "candidate_links": 717_092, "patients_with_candidate": 150_832,
    ...     "patients_linked": 65_803, "links_by_rule": {"R1": 51_022, "R2": 11_634, "R3": 3_147}}
    >>> beside_the_paper(counts).splitlines()[3].split()
    ['candidate', 'links', '717,092', '717,092', '+0.0', '%']
    """
    by_rule = counts["links_by_rule"]
    linked = counts["patients_linked"]
    found = [counts[name] for name in ("patients", "candidate_links", "patients_with_candidate")]
    found += [linked, by_rule["R1"], by_rule["R2"], linked - by_rule["R1"] - by_rule["R2"]]
    rows = [["", "paper", "this run", "difference"]]
    for (name, published), number in zip(PAPER.items(), found, strict=True):
        rows.append([name, f"{published:,}", f"{number:,}", f"{100 * (number / published - 1):+.1f} %"])
    return table(rows, right=[1, 2, 3])


def quality(links: pd.DataFrame, truth: pd.DataFrame) -> str:
    """Sensitivity and PPV against the truth, in a sentence.

    `links` has patient_id and death_id; `truth` is the table of that name. A match is a patient
    whose death is in the registry; any certificate of that death is correct.
    """
    certificates = truth["death_id"].fillna("") + ";" + truth["other_death_ids"].fillna("")
    right = dict(zip(truth["subject_id"], certificates.str.split(";"), strict=True))
    pairs = zip(links["patient_id"], links["death_id"], strict=True)
    true = sum(death in right[patient] for patient, death in pairs)
    matches = int(truth["death_id"].notna().sum())
    return (
        f"Compared with the truth: sensitivity {100 * true / matches:.2f} % ({true:,} of {matches:,} deaths in the"
        f" registry found), PPV {100 * true / len(links):.2f} % ({len(links) - true:,} false links)."
    )
