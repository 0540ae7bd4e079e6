"""SSNs that many people share: dummies that are on no list."""

from linkage.engines import Engine
from linkage.method.columns import SIDES


def drop_shared_numbers(engine: Engine, people_at_most: int) -> dict[str, int]:
    """Treat as not known every SSN that too many different people have. Returns the number of records, by side.

    A person is a last name with a birth date; both files are counted together, so that a dummy is removed from both.
    Leaves `{side}_repeated_ssn`: the SSNs on several rows of a side.
    """
    repeated = {
        side: engine.create(
            f"{side}_repeated_ssn", f"SELECT ssn FROM {side} WHERE ssn IS NOT NULL GROUP BY ssn HAVING count(*) > 1"
        )
        for side in SIDES
    }
    if people_at_most >= 2 and not any(repeated.values()):
        return dict.fromkeys(SIDES, 0)
    if not engine.create("shared_ssn", _shared(people_at_most)):
        return dict.fromkeys(SIDES, 0)
    shared = "ssn IN (SELECT ssn FROM shared_ssn)"
    dropped = {side: engine.count(f"{side} WHERE {shared}") for side in SIDES}
    for side in SIDES:
        engine.blank(side, "ssn", shared)
    return dropped


def _shared(people_at_most: int) -> str:
    # An SSN can only have more than two people if it is repeated on a side: one row on each side is at most two.
    tables = [f"{side}_repeated_ssn" if people_at_most >= 2 else side for side in SIDES]
    suspects = " UNION ".join(f"SELECT ssn FROM {table}" for table in tables)
    carried = " UNION ALL ".join(
        f"SELECT ssn, last_name, birth_date FROM {side} WHERE ssn IN (SELECT ssn FROM suspect)" for side in SIDES
    )
    return (
        f"WITH suspect AS ({suspects}),\nperson AS (\n    SELECT DISTINCT ssn, last_name, birth_date\n"
        f"    FROM ({carried}) AS carried\n    WHERE last_name IS NOT NULL AND birth_date IS NOT NULL\n)\n"
        f"SELECT ssn FROM person GROUP BY ssn HAVING count(*) > {people_at_most}"
    )
