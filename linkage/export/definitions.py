"""Official definitions of the exported tables: types, required columns, lengths, allowed values, and keys.

Every table is checked against its definition before it is written.
"""

from dataclasses import dataclass

from linkage.engines import Engine
from linkage.errors import InputError, LinkageError

_TYPES = {"integer": "BIGINT", "date": "DATE", "datetime": "TIMESTAMP", "text": "VARCHAR"}


@dataclass(frozen=True)
class Column:
    """A column: its type, whether it is required, the maximum length of a text (0: no limit), and allowed values."""

    name: str
    type: str
    required: bool = False
    longest: int = 0
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table: its columns in order, and its primary key."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def ddl(self) -> str:
        """The columns for CREATE TABLE in PostgreSQL, in lower case like unquoted names.

        >>> Table("death", (Column("PATID", "text", required=True), Column("NOTE", "text", longest=2)), ("PATID",)).ddl
        'patid VARCHAR NOT NULL, note VARCHAR(2), PRIMARY KEY (patid)'
        """
        columns = [
            f"{one.name.lower()} {_TYPES[one.type]}{f'({one.longest})' if one.longest else ''}"
            f"{' NOT NULL' if one.required else ''}"
            for one in self.columns
        ]
        return ", ".join([*columns, f"PRIMARY KEY ({', '.join(self.key).lower()})"])


DEATH_TYPES = {"ehr": 32817, "registry": 32879, "certificate": 32815, "ssa": 32885}
"""OMOP's type concepts for deaths, by source."""

OMOP_DEATH = Table(
    "death",
    (
        Column("person_id", "integer", required=True),
        Column("death_date", "date", required=True),
        Column("death_datetime", "datetime"),
        Column("death_type_concept_id", "integer", allowed=tuple(map(str, DEATH_TYPES.values()))),
        Column("cause_concept_id", "integer"),
        Column("cause_source_value", "text", longest=50),
        Column("cause_source_concept_id", "integer"),
    ),
    ("person_id",),
)
_FLAVORS = ("NI", "UN", "OT")
PCORNET_DEATH = Table(
    "DEATH",
    (
        Column("PATID", "text", required=True),
        Column("DEATH_DATE", "date"),
        Column("DEATH_DATE_IMPUTE", "text", longest=2, allowed=("B", "D", "M", "N", *_FLAVORS)),
        Column("DEATH_SOURCE", "text", required=True, longest=2, allowed=("L", "N", "D", "S", "T", *_FLAVORS)),
        Column("DEATH_MATCH_CONFIDENCE", "text", longest=2, allowed=("E", "F", "P", *_FLAVORS)),
    ),
    ("PATID", "DEATH_SOURCE"),
)
_BORN = ("L", "D", "B", "F")
"""The second letter of i2b2's vital status: birth date not known, or known to the day, month, or year.

The first letter is that of the death: U not known, Y day, M month, X year. Not used here are N living, Z deceased
without a date, and R, T, S for a time to the hour, minute and second. Both alphabets and their order agree with the
model classes of BD2KOnFHIR/i2b2model (`VitalStatusCd`) and, for the deaths, with the transform to PCORnet
(i2p-transform): it takes Y as a date without imputed parts, M as an imputed day, and X as an imputed month and day.
"""
I2B2_PATIENT = Table(
    "patient_dimension",
    (
        Column("PATIENT_NUM", "integer", required=True),
        Column(
            "VITAL_STATUS_CD", "text", longest=50, allowed=tuple(f"{died}{born}" for died in "YMXU" for born in _BORN)
        ),
        Column("BIRTH_DATE", "datetime"),
        Column("DEATH_DATE", "datetime"),
    ),
    ("PATIENT_NUM",),
)


def require_integers(engine: Engine, table: str, column: str, what: str) -> None:
    """Raise InputError if ids are not integers; the message does not quote an id."""
    ((bad,),) = engine.rows(
        f"SELECT count(*) FROM {table} WHERE NOT full_match({column}, '[0-9]{{1,18}}')"
        f" OR (length({column}) > 1 AND {column} LIKE '0%')"
    )
    if bad:
        raise InputError(
            f"{bad:,} patient ids are not whole numbers, which {what} requires. In the job file, map patient_id to a"
            " column with whole numbers."
        )


def require_defined(engine: Engine, table: str, definition: Table) -> None:
    """Raise LinkageError if a table violates its definition, which would be a defect of the toolkit."""
    found = [row[:2] for row in engine.rows(f"DESCRIBE SELECT * FROM {table}")]
    if found != (wanted := [(one.name, _TYPES[one.type]) for one in definition.columns]):
        raise LinkageError(
            f"{definition.name} has the columns {found}; its definition has {wanted}. This is a defect of the toolkit."
        )
    claims = {f"{one.name} is required": f"{one.name} IS NULL" for one in definition.columns if one.required}
    claims |= {
        f"{one.name} is too long": f"length({one.name}) > {one.longest}" for one in definition.columns if one.longest
    }
    claims |= {
        f"{one.name} has a value that is not allowed": f"CAST({one.name} AS VARCHAR) NOT IN"
        f" ({', '.join(f'{value!r}' for value in one.allowed)})"
        for one in definition.columns
        if one.allowed
    }
    for claim, condition in claims.items():
        bad = engine.count(f"{table} WHERE {condition}")
        if bad:
            raise LinkageError(f"{definition.name}: {claim} ({bad:,} rows). This is a defect of the toolkit.")
    key = ", ".join(definition.key)
    ((twice,),) = engine.rows(
        f"SELECT count(*) FROM (SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1) AS repeated"
    )
    if twice:
        raise LinkageError(f"{definition.name}: {twice:,} keys are on several rows. This is a defect of the toolkit.")
