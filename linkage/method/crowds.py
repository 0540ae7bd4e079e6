"""Crowds: large groups of records of one side that are identical in every value that affects a decision, for example
because of a placeholder name.

A thousand such patients and a thousand such deaths form a million equal pairs. Therefore the two records with the
lowest ids represent the group: pairs are made, weighed, compared and ranked between representatives only. Two
representatives suffice, because every member has the same candidates: they tie, and no pair is unique. Counts are
multiplied by the number of records that each representative represents, and every member gets the result of its
representative.

Records of one person, for whom the lowest id decides, can be grouped under every rule file. Records of several people
cannot be grouped if ties are resolved by the lowest id, because the ids then decide.
"""

from linkage.engines import Engine
from linkage.method.tables import TABLES
from linkage.rules.cascade import Cascade

CROWD = 100
"""The number of identical records, or of ties of one record, from which they are grouped."""
KEPT = 2

EVERYBODY = ("patient", "death")
"""The tables of all patients and all deaths."""
LAST_CONTACT = "contact"
"""The table of last contacts, once it exists."""


def last_stays(cascade: Cascade) -> str:
    """The relation to use before that table exists: records of patients discharged on different days are not
    identical."""
    person = "coalesce(patient_person.person_id, encounter.patient_id)"
    of = person if is_of_persons(cascade, "patient") else "encounter.patient_id"
    return (
        "(SELECT patient_id, max(last_day) OVER (PARTITION BY seen_as) AS last_contact FROM ("
        f"SELECT encounter.patient_id, {of} AS seen_as,"
        " CAST(max(greatest(start_time, discharge_time)) AS DATE) AS last_day"
        " FROM encounter LEFT JOIN patient_person ON encounter.patient_id = patient_person.patient_id"
        f" GROUP BY encounter.patient_id, {of}) AS seen)"
    )


def find_crowds(engine: Engine, cascade: Cascade, contacts: str = "") -> bool:
    """Make `patient_alike` and `death_alike`: each record of a crowd, its representative (`kept_id`, its own id if it
    is one), and whether it counts as a separate person. Returns whether there are any.

    `contacts` is the table or relation of last contacts, if there is one.
    """
    # Without a crowd of patients, the deaths of a crowd have few candidates.
    found = [are_dense(engine, "patient")]
    found.append(found[0] and are_dense(engine, "death"))
    alike = [
        engine.create(f"{side}_alike", _alike(cascade, side, contacts) if is_dense else _nobody(side))
        for side, is_dense in zip(EVERYBODY, found, strict=True)
    ]
    engine.drop("patient_dense", "death_dense")
    return any(alike)


def are_dense(engine: Engine, side: str) -> bool:
    """Whether enough records for a crowd share names and birth date; makes the table of those values."""
    hashes = f"SELECT {_hashed(side)} AS hashed FROM {side}"
    select = f"SELECT hashed FROM ({hashes}) AS hashes GROUP BY hashed HAVING count(*) > {CROWD}"
    return bool(engine.create(f"{side}_dense", select))


def no_crowds(engine: Engine) -> None:
    """Make both tables empty, for callers that decide about every pair."""
    for side in EVERYBODY:
        engine.create(f"{side}_alike", _nobody(side))


def _nobody(side: str) -> str:
    return f"SELECT {side}_id, {side}_id AS kept_id, TRUE AS is_own FROM {side} WHERE FALSE"


def _hashed(side: str) -> str:
    return f"row_hash({side}.first_name, {side}.last_name, {side}.birth_date, 0)"


def _alike(cascade: Cascade, side: str, contacts: str) -> str:
    """Records that are equal in every column, in their person and in their last contact."""
    own = next(table.required() for table in TABLES if table.name == side)
    columns = [f"{side}.{name}" for name in own if name != f"{side}_id"]
    columns.append(f"{side}_person.person_id")
    joins = f"LEFT JOIN {side}_person ON {side}.{side}_id = {side}_person.{side}_id"
    if side == "patient" and contacts:
        columns.append("contact.last_contact")
        joins += f"\n    LEFT JOIN {contacts} AS contact ON patient.patient_id = contact.patient_id"
    named = {column: f"c{n}" for n, column in enumerate(columns)}
    listed = ", ".join(f"{column} AS {name}" for column, name in named.items())
    equal = f"PARTITION BY {', '.join(named.values())}"
    return f"""
WITH dense AS (
    SELECT {side}.{side}_id, {side}_person.person_id IS NULL AS is_own, {listed}
    FROM {side}
    {joins}
    WHERE {_hashed(side)} IN (SELECT hashed FROM {side}_dense)
),
placed AS (
    SELECT
        *,
        row_number() OVER ({equal} ORDER BY length({side}_id), {side}_id) AS place,
        count(*) OVER ({equal}) AS size
    FROM dense
    WHERE {_may_be_alike(cascade, side)}
)
SELECT
    {side}_id,
    CASE WHEN place <= {KEPT} THEN {side}_id
        ELSE max(CASE WHEN place = {KEPT} THEN {side}_id END) OVER ({equal}) END AS kept_id,
    is_own
FROM placed
WHERE size > {CROWD}
"""


def _may_be_alike(cascade: Cascade, side: str) -> str:
    if cascade.ties != "lowest_id":
        return "TRUE"
    return "NOT is_own" if is_of_persons(cascade, side) else "FALSE"


def is_of_persons(cascade: Cascade, side: str) -> bool:
    """Whether the records of one person are assigned together."""
    return side == "death" or cascade.links_persons


def alike_again(side: str) -> str:
    """The table `{side}_alike` after further records were found to be of one person."""
    return (
        f"SELECT alike.{side}_id, alike.kept_id, person.person_id IS NULL AS is_own FROM {side}_alike AS alike"
        f" LEFT JOIN {side}_person AS person ON alike.{side}_id = person.{side}_id"
    )


def kept(side: str) -> str:
    """The relation of the records between which pairs are made, if there are crowds."""
    return (
        f"(SELECT * FROM {side} WHERE NOT EXISTS (SELECT 1 FROM {side}_alike AS alike"
        f" WHERE alike.{side}_id = {side}.{side}_id AND alike.kept_id <> alike.{side}_id))"
    )


def standing_for(side: str) -> str:
    """A relation with each representative (`kept_id`) of a crowd, and the number of `records` and `persons` that it
    represents: one person if all records are of one."""
    return (
        f"(SELECT kept_id, count(*) AS records, CASE WHEN bool_or(is_own) THEN count(*) ELSE 1 END AS persons"
        f" FROM {side}_alike GROUP BY kept_id)"
    )


def joined(pairs: str) -> str:
    """The joins that `times` needs, for a table of pairs."""
    return "".join(
        f"\nLEFT JOIN {standing_for(side)} AS {side}_crowd ON {pairs}.{side}_id = {side}_crowd.kept_id"
        for side in EVERYBODY
    )


def times(*, of: str = "records", sides: tuple[str, ...] = EVERYBODY) -> str:
    """The number of pairs of records (or persons) that a pair represents; with one side, the number of records."""
    return " * ".join(f"coalesce({side}_crowd.{of}, 1)" for side in sides)


def everyone(side: str, select: str, columns: str) -> str:
    """The rows of a SELECT repeated for each record that the record of a side represents; `columns` are the other
    columns.

    >>> print(everyone("patient", "SELECT patient_id, stage FROM reached", "stage"))
    SELECT coalesce(alike.patient_id, one.patient_id) AS patient_id, one.stage
    FROM (SELECT patient_id, stage FROM reached) AS one
    LEFT JOIN patient_alike AS alike ON one.patient_id = alike.kept_id
    """
    others = "".join(f", one.{name.strip()}" for name in columns.split(",") if name)
    return (
        f"SELECT coalesce(alike.{side}_id, one.{side}_id) AS {side}_id{others}\nFROM ({select}) AS one\n"
        f"LEFT JOIN {side}_alike AS alike ON one.{side}_id = alike.kept_id"
    )
