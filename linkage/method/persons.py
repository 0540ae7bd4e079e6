"""Records of one person: certificates of one death, and patients with several record numbers.

Two certificates of one death would tie for the same patient, and two records of one patient for
the same death. They are found before assignment: the same name and birth date (and day of death)
with nothing known against it, or the same SSN, birth date and first name.
"""

from linkage.engines import Engine, count_rows

_KNOWN_AGAINST = {"name": ("ssn", "sex", "suffix"), "ssn": ("sex", "suffix")}
_AGREE = {"name": ("first_name", "last_name", "birth_date"), "ssn": ("ssn", "birth_date", "first_name")}


def find_persons(engine: Engine, side: str) -> int:
    """Make the table `{side}_person`: each record of a person with several, and the person's id, which
    is the lowest id among them. Returns the number of such records.
    """
    engine.create(f"{side}_double", _doubles(side))
    engine.create(f"{side}_suspect", _suspects(side))
    engine.create(f"{side}_member", " UNION ALL ".join(_members(side, way) for way in _AGREE))
    engine.create(f"{side}_person", f"SELECT DISTINCT id AS {side}_id, id AS person_id FROM {side}_member")
    while _relabel(engine, side):
        pass
    engine.drop(f"{side}_member", f"{side}_suspect", f"{side}_double")
    return count_rows(engine, f"{side}_person")


def _hashed(side: str) -> str:
    columns = ", ".join(f"{side}.{name}" for name in _AGREE["name"])
    died = f"{side}.death_date_partial" if side == "death" else "0"
    return f"row_hash({columns}, {died})"


def _known(side: str) -> str:
    return " AND ".join(f"{side}.{name} IS NOT NULL" for name in _AGREE["name"])


def _doubles(side: str) -> str:
    hashed = f"SELECT {_hashed(side)} AS hashed FROM {side} WHERE {_known(side)}"
    return f"SELECT hashed FROM ({hashed}) AS hashes GROUP BY hashed HAVING count(*) > 1"


def _suspects(side: str) -> str:
    """Records that may have a double: their names and birth date, or their SSN, stand there again.

    Found by hashes and by the numbers that standardising saw twice; the few that remain are then
    compared by value.
    """
    columns = [f"{side}_id", "first_name", "last_name", "birth_date", "ssn", "sex", "suffix"]
    columns += ["death_date_partial"] if side == "death" else []
    return (
        f"SELECT {', '.join(columns)} FROM {side}"
        f" WHERE {_known(side)} AND {_hashed(side)} IN (SELECT hashed FROM {side}_double)"
        f" OR ssn IN (SELECT ssn FROM {side}_repeated_ssn)"
    )


def _members(side: str, way: str) -> str:
    """Suspects in groups of two or more with nothing known against it, each with its group's name."""
    columns = list(_AGREE[way])
    known = [f"{name} IS NOT NULL" for name in columns]
    if side == "death":
        columns.append("death_date_partial")
        known += ["substr(death_date_partial, 5, 2) <> '00'", "substr(death_date_partial, 7, 2) <> '00'"]
    named = " || '|' || ".join(columns)
    against = " AND ".join(f"count(DISTINCT {name}) <= 1" for name in _KNOWN_AGAINST[way])
    suspects = f"SELECT *, '{way} ' || {named} AS member_of FROM {side}_suspect WHERE {' AND '.join(known)}"
    groups = f"SELECT member_of FROM ({suspects}) AS named GROUP BY member_of HAVING count(*) > 1 AND {against}"
    return f"SELECT {side}_id AS id, member_of FROM ({suspects}) AS named WHERE member_of IN ({groups})"


def _relabel(engine: Engine, side: str) -> bool:
    """Give every record the lowest person id of the groups it belongs to; whether anything changed."""
    engine.create(
        f"{side}_relabelled",
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
        f"SELECT count(*) FROM {side}_relabelled AS later JOIN {side}_person AS sooner"
        f" ON later.{side}_id = sooner.{side}_id WHERE later.person_id <> sooner.person_id"
    )[0][0]
    engine.create(f"{side}_person", f"SELECT * FROM {side}_relabelled")
    engine.drop(f"{side}_relabelled")
    return bool(changed)
