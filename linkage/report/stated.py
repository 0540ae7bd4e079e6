"""The facts that the user stated about the study and the registry, as sentences of a report."""

from typing import TYPE_CHECKING

from linkage.rules.registry_years import in_words

if TYPE_CHECKING:
    from linkage.run.result import Linkage


def facts(run: "Linkage") -> list[str]:
    """The user's statements about the study: its population, and when the data were extracted."""
    stated = getattr(run, "study", None)
    if stated is None:
        return []
    sentences = [f"Population: {stated.population.rstrip('.')}."] if stated.population else []
    dates = []
    if stated.extracted:
        dates.append(f"The hospital's data were extracted on {stated.extracted}.")
    if stated.registry_extracted:
        dates.append(f"The registry's data were extracted on {stated.registry_extracted}.")
    if stated.registry_lag_days is not None:
        days = f"{stated.registry_lag_days:,} day{'' if stated.registry_lag_days == 1 else 's'}"
        dates.append(f"Deaths were assumed to reach the registry within {days}.")
    if stated.registry_years:
        dates.append(f"As stated, the years of the registry were: {in_words(stated.years)}.")
    if stated.complete_until:
        dates.append(f"The registry was therefore assumed to be complete until {stated.complete_until}.")
    return [*sentences, *([" ".join(dates)] if dates else [])]


def limits_of_the_registry(run: "Linkage") -> list[str]:
    """The stated limits of the registry."""
    stated = getattr(run, "study", None)
    if stated is None or not run.has_mortality:
        return []
    sentences = []
    if any(one.status == "preliminary" for one in stated.years):
        sentences.append(
            "Some years of the registry are preliminary. Deaths in them can still be added, changed or removed: run the"
            " linkage again with the final file."
        )
    if stated.deaths_elsewhere is not None:
        sentences.append(
            "The share of deaths that the registry does not hold because they occurred elsewhere"
            f" ({100 * stated.deaths_elsewhere:g} %) was stated and not estimated. Outcomes of individual patients are"
            " not corrected for it."
        )
    return sentences
