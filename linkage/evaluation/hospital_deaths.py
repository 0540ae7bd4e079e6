"""The positive control: deaths in hospital, which the registry should record on the same day.

The hospital's date is not used to find the link (encounters are withheld, see `timing`), so agreement with the
registry's date shows whether the link is correct (Newman & Brown, JAMIA 1997; Zingmond 2004).
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from linkage.evaluation.intervals import proportion_interval
from linkage.evaluation.tables import Cohort, joined, shares

if TYPE_CHECKING:
    from linkage.engines.duck.engine import DuckDBEngine

FOUND = ("found_on_the_day", "found_within_1_day", "found_within_7_days")
MEASURES = (*FOUND, "on_another_date", "date_not_known", "not_found")
_FEWEST = 30
"""The least number of deaths in hospital in a cell of the reweighting; smaller cells are merged."""


def hospital_deaths(
    engine: "DuckDBEngine", withheld: pd.DataFrame, first: date | None, last: date | None
) -> pd.DataFrame:
    """One row per patient whose death in hospital is within the registry's coverage, with flags that compare the date
    of the linked death with the hospital's.

    A registry date known only to the month or year agrees if it includes the hospital's day.
    """
    died: pd.DataFrame = engine.frame(
        "SELECT patient_id, hospital_death_date FROM contact WHERE hospital_death_date IS NOT NULL"
        " ORDER BY length(patient_id), patient_id"
    )
    day = died["hospital_death_date"]
    covered = (day >= pd.Timestamp(first or date(1, 1, 1))) & (day <= pd.Timestamp(last or date(2200, 1, 1)))
    found = died[covered].merge(withheld, on="patient_id", how="left")
    before = (found["death_from"] - found["hospital_death_date"]).dt.days
    after = (found["hospital_death_date"] - found["death_until"]).dt.days
    apart = pd.concat([before, after], axis=1).max(axis=1).clip(lower=0)
    linked = found["rule"].notna()
    return found[["patient_id", "death_id", "rule"]].assign(
        found_on_the_day=apart == 0, found_within_1_day=apart <= 1, found_within_7_days=apart <= 7,
        on_another_date=apart > 7, date_not_known=linked & apart.isna(), not_found=~linked,
    )  # fmt: skip


def hospital_table(died: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Shares of deaths in hospital by `MEASURES`: overall and by subgroup, and by rule among those that it linked."""
    own = [name for name in cohort.variables if name != "rule"]
    linked = died[died["rule"].notna()]
    by_rule = shares(linked, [*FOUND, "on_another_date", "date_not_known"], cohort, ["rule"])
    return pd.concat([shares(died, MEASURES, cohort, own), by_rule], ignore_index=True)


def reweighted_sensitivity(died: pd.DataFrame, links: pd.DataFrame, strata: pd.DataFrame) -> tuple[float, float, float]:
    """Sensitivity among all patients who died, reweighted from deaths in hospital, with its 95 % interval.

    Each linked patient has the weight 1 / s, where s is the share found among deaths in hospital with the same
    values in `strata` (indexed by patient_id, the most important column first); cells with few deaths are merged.
    The interval is that of Korn & Graubard (Survey Methodology 1998) with the effective sample size.
    """
    cells = _cells(died.set_index("patient_id").join(strata), strata.loc[links["patient_id"]], list(strata.columns))
    died_too = (cells["links"] / cells["share"]).sum()
    estimate = cells["links"].sum() / died_too
    # Add half a death to either side, so that a cell in which all were found has a variance above 0.
    likely = (cells["sum"] + 0.5) / (cells["size"] + 1)
    spread = likely * (1 - likely) / cells["size"]
    # Delta method: estimate / died_too * links / share**2 is the derivative by the share of a cell.
    variance = ((estimate / died_too * cells["links"] / cells["share"] ** 2) ** 2 * spread).sum()
    near = (estimate * len(died) + 0.5) / (len(died) + 1)
    effective = min(near * (1 - near) / variance, len(died))
    low, high = proportion_interval(effective * estimate, effective)
    return float(estimate), float(low), float(high)


def _cells(died: pd.DataFrame, links: pd.DataFrame, strata: Sequence[str]) -> pd.DataFrame:
    """Disjoint cells, as fine as the number of deaths in hospital allows: links, share found, and deaths."""
    done = []
    for depth in range(len(strata), -1, -1):
        died_cell, links_cell = (joined(frame[list(strata[:depth])]) for frame in (died, links))
        found = died["found_within_7_days"].groupby(died_cell).agg(["sum", "size"])
        large = found[found["size"] >= (_FEWEST if depth else 1)]
        done.append(large.assign(links=links_cell.value_counts().reindex(large.index, fill_value=0)))
        died, links = died[~died_cell.isin(large.index)], links[~links_cell.isin(large.index)]
    cells = pd.concat([*done, pd.DataFrame({"sum": [0], "size": [0], "links": [len(links)]})], ignore_index=True)
    # A cell in which no death in hospital was found takes the share of all cells.
    cells.loc[cells["sum"] == 0, ["sum", "size"]] = cells[["sum", "size"]].sum().to_numpy()
    return cells.assign(share=cells["sum"] / cells["size"])
