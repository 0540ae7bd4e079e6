"""Records of one person: certificates of one death, and patients with several record numbers.

Two certificates of one death would tie for the same patient, and two records of one patient for the same death. They
are found before assignment: records with the same name and birth date and nothing known that contradicts it, or with
the same SSN, birth date and first name. Certificates may differ in the date of death, because of amendments. Those that
agree by name are of one person if no gap between their dates exceeds a week; those that agree by SSN, whatever their
dates, even if not known; and those that the file marks as amending each other. `certificates` chooses the date.
"""

from collections.abc import Sequence

from linkage.engines import Engine

_KNOWN_AGAINST = {"name": ("ssn", "sex", "suffix"), "ssn": ("sex", "suffix")}
OF_ONE_PERSON = ("ssn", "suffix")
"""Fields that distinguish namesakes: records that differ in them are not joined by their evidence. A wrong sex is more
frequent than another person."""
APART_DAYS = 7
"""Certificates of one name and birth date with a longer gap between their dates can be of two people."""

_AGREE = {"name": ("first_name", "last_name", "birth_date"), "ssn": ("ssn", "birth_date", "first_name")}


def find_persons(engine: Engine, side: str) -> int:
    """Make the table `{side}_person`: each record of a person with several records, and the person's id, which is the
    lowest id among them. Returns the number of such records."""
    engine.create(f"{side}_double", _doubles(side))
    members = _all_members(side) if engine.create(f"{side}_suspect", _suspects(side)) else []
    members += _AMENDING if side == "death" else ()
    records = _join(engine, side, members)
    engine.drop(f"{side}_suspect", f"{side}_double")
    return records


def join_persons(engine: Engine, side: str, found: str) -> tuple[int, int]:
    """Join persons of `{side}_person` who are one, and others who have one record so far, unless any two of their
    records have different SSNs or suffixes.

    `found` is a SELECT of groups of persons (id, member_of) who are one. Returns the number of records of persons with
    several, and how many persons became part of another.
    """
    if not engine.create("one_person", found):
        return 0, 0
    engine.create(f"{side}_before", f"SELECT * FROM {side}_person")
    known = f"SELECT {side}_id AS id, 'person ' || person_id AS member_of FROM {side}_before"
    members = ["SELECT id, member_of FROM one_person", known]
    records = _join(engine, side, members)
    differ = " OR ".join(f"coalesce(min({side}.{name}) <> max({side}.{name}), FALSE)" for name in OF_ONE_PERSON)
    if engine.create("contradicted", _CONTRADICTED.format(side=side, differ=differ)):
        engine.create("one_person", _NOT_CONTRADICTED.format(side=side))
        records = _join(engine, side, members)
    joined = engine.rows(_PERSONS_JOINED.format(side=side))[0][0]
    engine.drop("one_person", "contradicted", f"{side}_before")
    return records, int(joined)


_CONTRADICTED = """
SELECT person.person_id
FROM {side}_person AS person
JOIN {side} ON person.{side}_id = {side}.{side}_id
JOIN (
    SELECT DISTINCT person.person_id
    FROM {side}_person AS person JOIN one_person ON person.{side}_id = one_person.id
) AS joined ON person.person_id = joined.person_id
GROUP BY person.person_id
HAVING {differ}
"""
_NOT_CONTRADICTED = """
SELECT one_person.id, one_person.member_of
FROM one_person
JOIN {side}_person AS person ON one_person.id = person.{side}_id
WHERE person.person_id NOT IN (SELECT person_id FROM contradicted)
"""
_PERSONS_JOINED = """
SELECT count(DISTINCT coalesce(before.person_id, person.{side}_id)) - count(DISTINCT person.person_id)
FROM {side}_person AS person LEFT JOIN {side}_before AS before ON person.{side}_id = before.{side}_id
"""


def _join(engine: Engine, side: str, members: Sequence[str]) -> int:
    """Make `{side}_person` of groups of records, given as SELECTs of id and member_of."""
    person = f"SELECT {side}_id, {side}_id AS person_id FROM {side} WHERE FALSE"
    if members and engine.create(f"{side}_member", " UNION ALL ".join(members)):
        person = f"SELECT DISTINCT id AS {side}_id, id AS person_id FROM {side}_member"
    records = engine.create(f"{side}_person", person)
    while records and _relabel(engine, side):
        pass
    engine.drop(f"{side}_member")
    return records


def _all_members(side: str) -> list[str]:
    members = [_members(side, way) for way in _AGREE]
    return [*members, _members_by_ssn_alone(), _members_near()] if side == "death" else members


def _hashed(side: str) -> str:
    columns = ", ".join(f"{side}.{name}" for name in _AGREE["name"])
    return f"row_hash({columns}, 0)"


def _known(side: str) -> str:
    return " AND ".join(f"{side}.{name} IS NOT NULL" for name in _AGREE["name"])


def _doubles(side: str) -> str:
    hashed = f"SELECT {_hashed(side)} AS hashed FROM {side} WHERE {_known(side)}"
    return f"SELECT hashed FROM ({hashed}) AS hashes GROUP BY hashed HAVING count(*) > 1"


def _suspects(side: str) -> str:
    """Records that may have a duplicate: their names and birth date, or their SSN, occur more than once.

    Found by hashes, and by the numbers that standardization found repeated; the few that remain are then compared by
    value.
    """
    columns = [f"{side}_id", "first_name", "last_name", "birth_date", "ssn", "sex", "suffix"]
    columns += ["death_date_partial"] if side == "death" else []
    return (
        f"SELECT {', '.join(columns)} FROM {side}"
        f" WHERE {_known(side)} AND {_hashed(side)} IN (SELECT hashed FROM {side}_double)"
        f" OR ssn IN (SELECT ssn FROM {side}_repeated_ssn)"
    )


def _members(side: str, way: str) -> str:
    """Records that agree on the fields of one criterion; certificates also on the whole date of death."""
    columns: list[str] = list(_AGREE[way])
    known: tuple[str, ...] = ()
    if side == "death":
        columns.append("death_date_partial")
        known = FULL_DATE
    return _in_groups(side, way, _named(way, columns), f"{side}_suspect WHERE {_all_known(columns, known)}")


def _members_by_ssn_alone() -> str:
    """Certificates with the same SSN, birth date and first name, whatever their dates of death, or without any."""
    columns = _AGREE["ssn"]
    suspects = f"death_suspect WHERE {_all_known(columns)}"
    return _in_groups("death", "ssn", _named("ssn alone", columns), suspects)


def _members_near() -> str:
    """Certificates with the same name and birth date whose dates of death are close together."""
    columns = _AGREE["name"]
    dated = (
        f"SELECT *, earliest_day(death_date_partial) AS day FROM death_suspect WHERE {_all_known(columns, FULL_DATE)}"
    )
    named = _named("near", [*columns, "CAST(spell AS STRING)"])
    return _in_groups("death", "name", named, f"({spells(dated, columns)}) AS spells")


def spells(dated: str, by: Sequence[str]) -> str:
    """The certificates of a SELECT (death_id, day and others), with the number of their spell: within equal values of
    the columns `by`, a gap of more than `APART_DAYS` begins another."""
    order = f"PARTITION BY {', '.join(by)} ORDER BY day, death_id"
    gaps = (
        f"SELECT *, CASE WHEN days_between(day, lag(day) OVER ({order})) <= {APART_DAYS} THEN 0 ELSE 1 END AS begins"
        f" FROM ({dated}) AS dated"
    )
    return (
        f"SELECT *, sum(begins) OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS spell"
        f" FROM ({gaps}) AS gaps"
    )


FULL_DATE = ("substr(death_date_partial, 5, 2) <> '00'", "substr(death_date_partial, 7, 2) <> '00'")


def _named(way: str, columns: Sequence[str]) -> str:
    return " || '|' || ".join([f"'{way}'", *columns])


def _all_known(columns: Sequence[str], known: Sequence[str] = ()) -> str:
    return " AND ".join([*(f"{name} IS NOT NULL" for name in columns), *known])


def _in_groups(side: str, way: str, member_of: str, rows: str) -> str:
    """The rows in groups of two or more without a contradiction, each with the name of its group."""
    # Not count(DISTINCT), for which Spark copies the rows for each column and shuffles them twice.
    against = " AND ".join(f"coalesce(min({name}) = max({name}), TRUE)" for name in _KNOWN_AGAINST[way])
    suspects = f"SELECT *, {member_of} AS member_of FROM {rows}"
    groups = f"SELECT member_of FROM ({suspects}) AS named GROUP BY member_of HAVING count(*) > 1 AND {against}"
    return f"SELECT {side}_id AS id, member_of FROM ({suspects}) AS named WHERE member_of IN ({groups})"


# A certificate and the one that it amends.
_AMENDING = (
    "SELECT later.death_id AS id, 'amends ' || later.amends AS member_of FROM death AS later"
    " JOIN death AS sooner ON sooner.death_id = later.amends",
    "SELECT sooner.death_id AS id, 'amends ' || sooner.death_id AS member_of FROM death AS sooner"
    " JOIN death AS later ON sooner.death_id = later.amends",
)


def _relabel(engine: Engine, side: str) -> bool:
    """Give every record the lowest person id of the groups it belongs to. Returns whether anything changed."""
    engine.create(
        f"{side}_relabeled",
        "WITH lowest AS (\n"
        "    SELECT member_of, person_id FROM (\n"
        "        SELECT member.member_of, person.person_id, row_number() OVER (\n"
        "            PARTITION BY member.member_of ORDER BY length(person.person_id), person.person_id\n"
        "        ) AS place\n"
        f"        FROM {side}_member AS member JOIN {side}_person AS person ON member.id = person.{side}_id\n"
        "    ) AS ordered WHERE place = 1\n"
        ")\n"
        f"SELECT {side}_id, person_id FROM (\n"
        f"    SELECT member.id AS {side}_id, lowest.person_id, row_number() OVER (\n"
        "        PARTITION BY member.id ORDER BY length(lowest.person_id), lowest.person_id\n"
        "    ) AS place\n"
        f"    FROM {side}_member AS member JOIN lowest ON member.member_of = lowest.member_of\n"
        ") AS ordered WHERE place = 1",
    )
    changed = engine.rows(
        f"SELECT count(*) FROM {side}_relabeled AS later JOIN {side}_person AS sooner"
        f" ON later.{side}_id = sooner.{side}_id WHERE later.person_id <> sooner.person_id"
    )[0][0]
    if changed:
        engine.create(f"{side}_person", f"SELECT * FROM {side}_relabeled")
    engine.drop(f"{side}_relabeled")
    return bool(changed)
