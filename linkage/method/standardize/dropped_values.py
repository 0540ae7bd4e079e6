"""Values that do not identify a person: null words, names that only one file has, and numbers that strangers share."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from linkage.method.columns import SIDES
from linkage.method.linking import Linking
from linkage.method.standardize.null_surnames import WRITTEN_FOR_NOTHING, drop_null_surnames
from linkage.method.standardize.one_sided_names import one_sided_names
from linkage.method.standardize.shared_numbers import drop_shared_numbers
from linkage.values import one_sided


def drop_values(linking: Linking, elsewhere: Mapping[str, Any]) -> None:
    """Drop last names that are null words, SSNs that many people share and, if the cascade says so, names that only one
    file has. Counts them, and the codes that are not known, in `linking.cleaning`."""
    cleaning = linking.cleaning
    nothing = drop_null_surnames(linking.engine, elsewhere)
    for side, table in zip(SIDES, linking.loaded, strict=False):
        for column, reasons in table.codes_not_known.items():
            cleaning[side][column] = Counter(reasons)
        if nothing[side]:
            cleaning[side]["last_name"][WRITTEN_FOR_NOTHING] += nothing[side]
    linking.one_sided = one_sided_names(linking.engine, linking.cascade.one_sided_names)
    if linking.cascade.one_sided_names == one_sided.NOT_KNOWN:
        for side, fields in linking.one_sided.items():
            for name, records in fields.items():
                cleaning[side][name][one_sided.WHY] += records
    for side, dropped in drop_shared_numbers(linking.engine, linking.cascade.ssn.people_at_most).items():
        if dropped:
            cleaning[side]["ssn"]["shared by many people"] += dropped
