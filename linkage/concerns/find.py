"""Find all that looks wrong in the input, in words: only shares and counts, no value of an identifier.

Files that are read without an error can still be misinterpreted: two columns are swapped, a code means women in one
file and men in the other, a date is a placeholder.
"""

from collections.abc import Sequence

from linkage.concerns.births import concerns_of_births
from linkage.concerns.bundles import concerns_of_bundles
from linkage.concerns.calendars import concerns_of_calendars
from linkage.concerns.changed_records import concerns_of_changed_records
from linkage.concerns.clocks import concerns_of_clocks
from linkage.concerns.columns import columns_read, concerns_of_columns
from linkage.concerns.counts import count_concerns
from linkage.concerns.coverage import concerns_of_coverage
from linkage.concerns.days import concerns_of_days
from linkage.concerns.death_ids import concerns_of_death_ids
from linkage.concerns.folders import concerns_of_folders
from linkage.concerns.hospital_deaths import concerns_of_hospital_deaths
from linkage.concerns.letters import concerns_of_letters
from linkage.concerns.months import concerns_of_months
from linkage.concerns.nines import concerns_of_nines
from linkage.concerns.orders import concerns_of_orders
from linkage.concerns.people import concerns_of_people
from linkage.concerns.rows import concerns_of_rows
from linkage.concerns.second_dates import concerns_of_second_dates
from linkage.concerns.split_columns import concerns_of_split_columns
from linkage.concerns.stays import concerns_of_stays
from linkage.concerns.unread_columns import (
    concerns_of_lacking_columns,
    concerns_of_marked_rows,
    concerns_of_unread_columns,
)
from linkage.concerns.workbooks import concerns_of_workbooks
from linkage.concerns.zones import concerns_of_instants, concerns_of_zones
from linkage.errors import InputError
from linkage.method.linking import Linking


def what_looks_wrong(concerns: Sequence[str]) -> str:
    """The concerns under their heading; empty if there are none."""
    return "\n".join(["What looks wrong", *(f"  {concern}" for concern in concerns)]) if concerns else ""


def require_nothing_wrong(concerns: Sequence[str]) -> None:
    """Raise InputError with everything that looks wrong, if anything does."""
    if concerns:
        raise InputError(
            f"{what_looks_wrong(concerns)}\nNothing was linked or written, because strict is set. Correct the files or"
            " the job, or run without strict."
        )


def find_concerns(linking: Linking) -> list[str]:
    """What looks wrong in the tables of an engine: patients, deaths and encounters, in the order of the sources."""
    engine, sources, loaded, cleaning = linking.engine, linking.sources, linking.loaded, linking.cleaning
    counts = count_concerns(engine, loaded)
    uncovered = [
        *concerns_of_coverage(loaded[1].name, counts["dates of death"], linking.policy, linking.study),
        *concerns_of_months(loaded[1].name, counts["months of death"], linking.policy, linking.study),
    ]
    zones = [*concerns_of_instants(engine, sources, loaded), *concerns_of_zones(engine, sources, loaded)]
    return [
        *concerns_of_columns(columns_read(engine, loaded, cleaning)),
        *concerns_of_letters(loaded, linking.damaged),
        *concerns_of_unread_columns(loaded),
        *concerns_of_second_dates(engine, sources, loaded),
        *concerns_of_split_columns(engine, sources, loaded),
        *concerns_of_changed_records(engine, sources, loaded),
        *concerns_of_marked_rows(engine, sources, loaded),
        *concerns_of_lacking_columns(engine, sources, loaded),
        *concerns_of_people(counts, loaded, cleaning, linking.one_sided),
        *concerns_of_births(counts, loaded),
        *concerns_of_calendars(counts),
        *concerns_of_days(engine, loaded, counts),
        *concerns_of_nines(engine, loaded),
        *concerns_of_orders(loaded),
        *zones,
        *concerns_of_clocks(loaded, zones),
        *concerns_of_death_ids(counts, loaded),
        *concerns_of_rows(engine, sources, loaded),
        *concerns_of_bundles(sources),
        *concerns_of_workbooks(sources, loaded),
        *concerns_of_folders(sources),
        *concerns_of_stays(counts, loaded[2:]),
        *([*concerns_of_hospital_deaths(counts), *uncovered] if loaded[2:] else []),
    ]
