"""The picture of `docs/synthetic.md`, drawn from a registry: a maintainer's script, not a step of a run.

    python docs/img/draw_synthetic.py

Needs matplotlib, which the toolkit itself does not.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from synthetic.registries import Registry, make_registry

_INK, _OTHER = "#1f4e79", "#c55a11"


def draw_ages(axes: Axes, town: Registry) -> None:
    """How old patients and the dead are."""
    deaths = town.deaths[town.deaths["birth_date"].str.len() == 10]
    age = deaths["death_date"].str[:4].astype(int) - deaths["birth_date"].str[:4].astype(int)
    bins = np.arange(0, 106, 5)
    axes.hist(town.patients["anchor_age"], bins, density=True, alpha=0.7, color=_INK, label="patients, first visit")
    axes.hist(age, bins, density=True, alpha=0.6, color=_OTHER, label="registry, death")
    axes.set(title="Ages", xlabel="years", yticks=[])
    axes.legend(frameon=False, fontsize=8)


def draw_survival(axes: Axes, town: Registry) -> None:
    """When the dead among the patients died, counted from their last visit."""
    truth = town.truth[town.truth["death_date"] != ""].set_index("subject_id")
    own = town.admissions[town.admissions["admission_type"] != "ORGAN DONOR ACCOUNT"]
    last = pd.concat(
        [own.groupby("subject_id")["dischtime"].max(), town.edstays.groupby("subject_id")["outtime"].max()]
    )
    days = (pd.to_datetime(truth["death_date"]) - last.groupby(level=0).max()).dt.days.dropna().clip(lower=0)
    order = np.sort(days.to_numpy()) / 365.25
    axes.plot(order, np.arange(1, len(order) + 1) / len(order), color=_INK)
    axes.axvline(1, color="grey", linewidth=0.8, linestyle=":")
    axes.set(title="Deaths of patients after the last visit", xlabel="years", ylabel="share of deaths", xlim=(0, 10))


def draw_names(axes: Axes, town: Registry) -> None:
    """How common names are: rank against share, which is what makes strangers share a name."""
    for column, color, label in (("last_name", _INK, "last names"), ("first_name", _OTHER, "first names")):
        share = town.deaths[column].str.upper().value_counts(normalize=True).to_numpy()
        axes.loglog(np.arange(1, len(share) + 1), share, color=color, label=label)
    axes.set(title="Names in the registry", xlabel="rank", ylabel="share of people")
    axes.legend(frameon=False, fontsize=8)


def draw_slips(axes: Axes, town: Registry) -> None:
    """How many slips the records have, beside what independent slips would give."""
    harmless = "former_name_unknown|middle_dropped|middle_initial|ssn_dashes|small_letters|accents"
    slips = town.truth["patient_slips"].str.split(";").explode()
    slips = slips[(slips != "") & ~slips.str.contains(harmless)]
    counts = slips.groupby(level=0).size().reindex(town.truth.index, fill_value=0)
    numbers = np.arange(6)
    found = [(counts == number).mean() for number in numbers]
    mean = counts.mean()
    even = np.exp(-mean) * mean**numbers / np.array([1, 1, 2, 6, 24, 120])
    axes.bar(numbers - 0.2, found, 0.4, color=_INK, label="these patients")
    axes.bar(numbers + 0.2, even, 0.4, color=_OTHER, label="if slips did not cluster")
    axes.set(title="Harmful slips per patient record", yscale="log", xlabel="slips", ylabel="share of records")
    axes.legend(frameon=False, fontsize=8)


def main(folder: Path) -> None:
    """Draw one picture of four panels."""
    town = make_registry("mimic_iv", patients=100_000)
    figure, axes = plt.subplots(2, 2, figsize=(9, 6.5), layout="constrained")
    for draw, place in zip((draw_ages, draw_survival, draw_names, draw_slips), axes.flat, strict=True):
        draw(place, town)
        place.spines[["top", "right"]].set_visible(False)
    figure.savefig(folder / "synthetic.png", dpi=80, metadata={"Software": None})


if __name__ == "__main__":
    main(Path(__file__).parent)
