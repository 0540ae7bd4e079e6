"""Compare the estimates without truth with the truth, and count how often their intervals contain it.

Many synthetic registries are linked by a cascade with two loose rules at its end, so that
there are false links to detect. Each registry is evaluated with and without truth; docs/evaluation.md has the
table.

    python -m benchmarks.evaluation_study --seeds 40
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

import linkage
from linkage.evaluation import evaluate
from linkage.rules.cascade import Cascade, Condition, Level, Line, Rule
from synthetic import make_registry

PATIENTS, STRANGERS_PER_PATIENT = 10_000, 6.0
FALSE_LINK_METHODS = ("known_alive", "before_first_contact", "duplicate_method", "decoys")


def loose_cascade() -> Cascade:
    """The shipped cascade with two more rules: names with a similar birth date; and last name, birth date and sex."""
    strict = linkage.read_rules("mimic_iv")
    dates = strict.fields["birth_date"]
    near = replace(dates, levels=(*dates.levels, Level("near", (Line("digits_changed", 3),))))
    names = (Condition("last_name", ("exact",)), Condition("first_name", ("exact",)))
    loose = (
        Rule("near date", (*names, Condition("birth_date", ("near",))), "Loose on purpose."),
        Rule(
            "no first name", (names[0], *(Condition(n, ("exact",)) for n in ("birth_date", "sex"))), "Loose on purpose."
        ),
    )
    return replace(strict, fields={**strict.fields, "birth_date": near}, rules=(*strict.rules, *loose))


def compared(seed: int) -> Iterator[dict[str, object]]:
    """The estimates of one registry, each with the true value."""
    town = make_registry("small", seed=seed, patients=PATIENTS, strangers_per_patient=STRANGERS_PER_PATIENT)
    encounters = [town.admissions, town.edstays]
    with linkage.link(town.patients, town.deaths, loose_cascade(), encounters=encounters) as run:
        found = evaluate(run, town.truth, by=[], methods=["hospital_deaths", "alive_linked", *FALSE_LINK_METHODS])
    truth = found["overall"].iloc[0]
    for row in found["estimates"].to_dict("records"):
        if row["measure"] != "ppv" or row["false_links"] != row["false_links"]:
            ends = (row["estimate_low"], row["estimate_high"])
            yield _row(f"{row['measure']}: {row['method']}", row["estimate"], ends, truth[row["measure"]])
    false = found["by_rule"].query("scope == 'in the cascade'").set_index("rule")["false_matches"]
    for method in FALSE_LINK_METHODS:
        for one in found[method].to_dict("records"):
            true = truth["false_matches"] if one["variable"] == "all" else false[one["group"]]
            ends = (one["false_links_low"], one["false_links_high"])
            yield _row(f"false links, {one['group']}: {method.replace('_', ' ')}", one["false_links"], ends, true)


def _row(name: str, estimate: float, interval: tuple[float, float], truth: float) -> dict[str, object]:
    low, high = interval
    return {"name": name, "estimate": estimate, "truth": truth, "holds": low <= truth <= high}


def summed_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over the registries, the mean distance, and the share of intervals that contain the true value."""
    found = rows.assign(off=(rows["estimate"] - rows["truth"]).abs()).groupby("name", sort=False)
    table = found.agg(
        registries=("truth", "size"),
        truth=("truth", "mean"),
        estimate=("estimate", "mean"),
        off=("off", "mean"),
        holds=("holds", "mean"),
    )
    return table[table["truth"] > 0].reset_index()


def main() -> None:
    """Make, link and evaluate the registries, and print the table as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluation_study", description=__doc__)
    parser.add_argument("--seeds", type=int, default=40, help="how many registries")
    parser.add_argument("--first", type=int, default=1, help="the seed of the first")
    parser.add_argument("--rows", help="a CSV file for all comparisons")
    options = parser.parse_args()
    rows = pd.DataFrame([
        row for seed in range(options.first, options.first + options.seeds) for row in compared(seed)
    ])  # fmt: skip
    if options.rows:
        rows.to_csv(options.rows, index=False)
    print("| estimate | registries | truth, mean | estimate, mean | mean distance | intervals that hold the truth |")
    print("|---|--:|--:|--:|--:|--:|")
    for row in summed_up(rows).itertuples():
        numbers = " | ".join(f"{value:.4g}" for value in (row.truth, row.estimate, row.off))
        print(f"| {row.name} | {row.registries} | {numbers} | {100 * row.holds:.0f} % |")


if __name__ == "__main__":
    main()
