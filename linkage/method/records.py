"""The three input tables: their columns, how they are read, and which rows cannot be used.

Each row is used, or listed as rejected with its file, row number and reason; the totals are checked. MIMIC's own column
names need no mapping.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from linkage.engines import Engine
from linkage.errors import HIDDEN, InputError, columns_found, shown_names
from linkage.formats.stream import REASONS
from linkage.known_names import is_header
from linkage.method.censor_sql import OUTCOME_COLUMNS, OUTCOME_PERSON
from linkage.method.displaced import displaced_rows
from linkage.method.flags_and_sex import SAYS_NOT_KNOWN, read_flag, rows_by_word, settle_sexes
from linkage.method.nines import Nines
from linkage.method.rejected import reject, reject_unfit, without_rows
from linkage.method.standardize.as_read import id_of, read_select
from linkage.printing import agreeing, counted
from linkage.quoting import literal, quoted_name
from linkage.sources.column_names import each_name, matched_columns, shown_name
from linkage.sources.source import ROW_NUMBER, ColumnName, Source
from linkage.values.codes import NOT_KNOWN, YES
from linkage.values.date_forms import FormFound

_PERSON = {
    "first_name": ("given_name", "firstname", "first", "fname", "gname"),
    "middle_name": ("middlename", "middle", "mname", "middle_initial"),
    "last_name": ("surname", "lastname", "last", "lname", "family_name"),
    "suffix": ("name_suffix", "suff"),
    "former_last_names": ("former_last_name", "maiden_name", "birth_last_name", "flname"),
    "ssn": ("social_security_number", "soc_sec_id"),
    "birth_date": ("dob", "date_of_birth", "birthdate"),
    "sex": ("gender",),
}
# MIMIC's own `dod` is not included: it also has registry deaths, is censored, and is the column that a run fills.
HOSPITAL_DEATH = {
    "hospital_death_date": (
        *("dod_hosp", "death_date", "date_of_death", "deathdate", "death_dt", "deceased_date", "deceased_datetime"),
        *("deathtime", "death_time", "death_datetime"),
    ),
    "deceased": ("vital_status", "deceased_flag", "is_deceased", "deceased_boolean", "deceased_yn"),
}
"""What the patients file can say about deaths: the hospital's own date of death, and whether the patient is dead."""

PATIENT_COLUMNS: dict[str, tuple[str, ...]] = {"patient_id": ("subject_id",), **_PERSON, **HOSPITAL_DEATH}
DEATH_COLUMNS: dict[str, tuple[str, ...]] = {
    "death_id": ("certificate_id",),
    **_PERSON,
    "death_date": ("dod", "date_of_death", "deathdate"),
    "void": (),
    "amends": ("amended_death_id", "amends_death_id", "replaces", "replaced_death_id"),
}


ROUNDED_ID = "patient_id is a rounded number"
"""The reason for rejecting a row whose id is 1.23457E+11: other patients can have the same rounded number."""


def is_rounded(column: str) -> str:
    """The condition that an id was rounded: no id has this form, which also stands for a number too large for its type.

    >>> is_rounded("death_id")
    "death_id LIKE '%+%' AND full_match(death_id, '[0-9]([.,][0-9]+)?[Ee][+][0-9]+')"
    """
    return f"{column} LIKE '%+%' AND full_match({column}, '[0-9]([.,][0-9]+)?[Ee][+][0-9]+')"


IS_ROUNDED = is_rounded("patient_id")


@dataclass(frozen=True)
class Loaded:
    """What was read from one source.

    `rows` and `rejected` are its numbers of rows. `columns` maps our columns to those of the source, `groups` the
    columns of our table that are carried along to their names in the file, and `unused` are the columns not used.
    `forms` says how each column of dates was read. `times_not_read` (encounters) and `codes_not_known` count values
    that are not known, by column and reason. `void_words` are the words that mark a certificate as void, `forgiven`
    describes a deviation tolerated in every row, and `last_year` is the last plausible year of a date. For a registry
    that is a stream, `actions` counts the effects of its records; `ids_are_ssns` says whether they are identified by
    SSN. `amends_nothing` counts certificates that amend one that the file does not hold. `without_times` are the
    columns of starts or discharges (encounters) in which no row has a time that can be used. `nines` are codes of nines
    among the day numbers of times. `clocks` are the one or two times of day that all values of a column have, if they
    look like midnight in another zone.
    """

    name: str
    rows: int
    rejected: int
    columns: Mapping[str, ColumnName]
    groups: Mapping[str, str] = field(default_factory=dict)
    unused: Sequence[str] = ()
    forms: Mapping[str, FormFound] = field(default_factory=dict)
    times_not_read: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    codes_not_known: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    void_words: tuple[str, ...] = ()
    forgiven: str = ""
    last_year: int | None = None
    actions: Mapping[str, int] = field(default_factory=dict)
    ids_are_ssns: bool = False
    amends_nothing: int = 0
    without_times: tuple[str, ...] = ()
    nines: Mapping[str, Sequence[Nines]] = field(default_factory=dict)
    clocks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def used(self) -> int:
        """The number of rows used."""
        return self.rows - self.rejected


def load_people(engine: Engine, side: str, source: Source, groups: Sequence[str] = ()) -> Loaded:
    """Read patients or deaths into the table `side` ("patient" or "death"), partly standardized.

    `groups` names columns of the source that are carried along for subgroups. Raises InputError if the id column is
    missing, if rows with the same id differ, or if a flag has an unknown word.
    """
    wanted = PATIENT_COLUMNS if side == "patient" else DEATH_COLUMNS
    found = engine.columns(source)
    columns = matched_columns(source, found, wanted, ("patient_id",) if side == "patient" else ())
    if side == "death":
        # If the first line is not a header, using row numbers as ids would only hide that a row is lost.
        if not columns or ("death_id" not in columns and not source.columns and not is_header(found)):
            matched_columns(source, found, wanted, ("death_id",))
        columns.setdefault("death_id", ROW_NUMBER)
    values = {ours: as_text(columns[ours]) if ours in columns else "CAST(NULL AS STRING)" for ours in wanted}
    refuse_nested(engine, source, columns)
    carried = _groups(source, found, groups, columns)
    texts = {column: as_text(group) for column, group in carried.items()}
    select = read_select(side, values, texts, engine.carried, "sex" in source.reading.words)
    rows = engine.load(side, source, select)
    if rows == 0:
        raise without_rows(source)
    void_words, not_known = _void_words(engine, source, columns)
    is_void = f"coalesce(void IN ({', '.join(map(literal, void_words))}), FALSE)" if void_words else "FALSE"
    displaced = [] if source.is_stream else displaced_rows(engine, side, columns, found, rows)
    if "sex" in columns:
        standing = " AND ".join(f"NOT ({condition})" for condition in (is_void, *(each for _, each in displaced)))
        used = f"{side}_id IS NOT NULL AND {standing}"
        not_known = not_known | {"sex": settle_sexes(engine, side, source, shown_name(columns["sex"]), used)}
    amends_nothing = _amends_nothing(engine) if "amends" in columns and not source.is_stream else 0
    rejected = reject(engine, side, [(source, 0)], _people_reasons(engine, side, source, is_void, displaced))
    unfit = reject_unfit(engine, source)
    return Loaded(
        source.name,
        rows + unfit,
        rejected + unfit,
        columns,
        carried,
        not_used(found, columns, carried),
        codes_not_known={column: reasons for column, reasons in not_known.items() if reasons},
        void_words=void_words,
        forgiven=source.forgiven,
        actions=source.actions,
        ids_are_ssns=source.key_is_ssn,
        amends_nothing=amends_nothing,
    )


def refuse_nested(engine: Engine, source: Source, columns: Mapping[str, ColumnName]) -> None:
    """Refuse a column that is read as one of ours and holds no texts, numbers or dates, such as lists.

    Raises InputError.
    """
    nested = engine.nested(source)
    for ours, theirs in columns.items():
        for name in each_name(theirs):
            if name in nested:
                cast = f" in a query, as with CAST({quoted_name(name)} AS text)," if source.server else ""
                raise InputError(
                    f"{source.name}: column {name} (read as {ours}) holds {nested[name]}. It must hold single texts,"
                    f" numbers or dates. Write one per row,{cast} or leave the column out."
                )


def _amends_nothing(engine: Engine) -> int:
    """The number of certificates that amend one that is not in the file, not even as a void one."""
    return engine.count(
        "death WHERE amends IS NOT NULL AND NOT EXISTS (SELECT 1 FROM death AS sooner WHERE sooner.death_id ="
        " death.amends)",
    )


def _void_words(
    engine: Engine, source: Source, columns: Mapping[str, ColumnName]
) -> tuple[tuple[str, ...], dict[str, dict[str, int]]]:
    """The words of a file that mark a certificate as void, and the number of rows whose word means not known."""
    if "void" not in columns:
        return (), {}
    if source.is_stream:
        return tuple(REASONS), {}
    codes = read_flag(engine, "death", "void", source, shown_name(columns["void"]), "void")
    rows = rows_by_word(engine, "death", "void")
    not_known = sum(rows[word] for word in codes.words(NOT_KNOWN))
    return tuple(codes.words(YES)), {"void": {SAYS_NOT_KNOWN: not_known}} if not_known else {}


def not_used(
    found: Sequence[str], columns: Mapping[str, ColumnName], carried: Mapping[str, str] | None = None
) -> list[str]:
    """The columns of a source that are neither read nor carried along, with names that are safe to show in a
    message."""
    taken = {*(name for theirs in columns.values() for name in each_name(theirs)), *(carried or {}).values()}
    unused = [column for column in found if column not in taken]
    # A column that counts as an id was mapped by the user, or has a name that no person has.
    is_read = {"patient_id", "death_id"} & columns.keys() or is_header(found)
    return shown_names(unused) if is_read else [HIDDEN] * len(unused)


def as_text(column: ColumnName) -> str:
    """A column of a source as SQL text, whatever its type there; the parts of a date with bars between them."""
    if isinstance(column, str):
        return f"text_of({quoted_name(column)})"
    parts = " || '|' || ".join(f"coalesce(trim({as_text(name)}), '')" for name in column)
    return f"nullif({parts}, '{'|' * (len(column) - 1)}')"


def trimmed(column: ColumnName) -> str:
    """The same without surrounding blanks; NULL if nothing is left."""
    return f"nullif(trim({as_text(column)}), '')"


def _groups(
    source: Source, found: Sequence[str], groups: Sequence[str], columns: Mapping[str, ColumnName]
) -> dict[str, str]:
    if isinstance(groups, str):
        raise InputError(f"groups must be a list of columns, not a string. Write [{groups!r}].")
    identifiers = {name for ours, theirs in columns.items() if ours != "sex" for name in each_name(theirs)}
    for group in groups:
        if group not in found:
            raise InputError(
                f"{source.name}: there is no column {group!r} to carry along."
                f" {columns_found(found, group, [name for theirs in columns.values() for name in each_name(theirs)])}"
            )
        if group in identifiers:
            raise InputError(f"{source.name}: {group} is an identifier and is not carried along.")
        if group.lower() in (*OUTCOME_COLUMNS, OUTCOME_PERSON):
            raise InputError(
                f"{source.name}: {group} cannot be carried along, because outcomes has a column of that name. Rename it"
                " in the file."
            )
    # New names, so that a column of the file cannot collide with one of the toolkit's.
    return {f"group_{n}": group for n, group in enumerate(groups)}


def _people_reasons(
    engine: Engine, side: str, source: Source, is_void: str, displaced: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    id_column = f"{side}_id"
    reasons = [*displaced, (f"no {id_column}", f"{id_column} IS NULL")]
    if side == "patient":
        reasons.append((ROUNDED_ID, IS_ROUNDED))
    if source.is_stream:
        reasons += [(reason, f"void = '{word}'") for word, reason in REASONS.items()]
    elif side == "death":
        reasons.append(("void certificate", is_void))
    # A void certificate often has the same number as its replacement.
    standing = f"NOT {is_void}"
    total, distinct = engine.rows(
        f"SELECT count({id_column}), count(DISTINCT {id_column}) FROM {side} WHERE {standing}"
    )[0]
    if total > distinct:
        if side == "death":
            engine.blank("death", "void", standing)  # the certificate is valid, whichever word says so
        _refuse_conflicts(engine, side, source, standing)
        number, sooner = engine.row_numbers(side), engine.row_numbers("earlier")
        reasons.append((
            "repeats an earlier row",
            f"EXISTS (SELECT 1 FROM {side} AS earlier WHERE {standing.replace('void', 'earlier.void', 1)}"
            f" AND earlier.{id_column} = {side}.{id_column} AND {sooner} < {number})",
        ))  # fmt: skip
    return reasons


def _refuse_conflicts(engine: Engine, side: str, source: Source, standing: str) -> None:
    """Raise InputError if rows with the same id differ: only the user can say which one is right."""
    id_column = f"{side}_id"
    distinct = f"SELECT DISTINCT * FROM {side} WHERE {standing} AND {id_column} IS NOT NULL"
    repeated = f"SELECT {id_column} FROM ({distinct}) AS seen GROUP BY {id_column} HAVING count(*) > 1"
    conflicts = engine.count(f"({repeated}) AS conflicting")
    if conflicts:
        number = engine.row_numbers(side)
        first = engine.rows(f"SELECT min({number}) FROM {side} WHERE {id_column} IN ({repeated})")[0][0]
        line = source.row_number(first)
        raise InputError(
            f"{source.name}: {counted(conflicts, 'value')} of {id_column} {agreeing(conflicts, 'has', 'have')}"
            f" several rows that differ, first in row {line:,}. Each {id_column} must identify one {side}: correct"
            " these rows or keep one of them."
        )


def raw_people(side: str, loaded: Loaded) -> str:
    """The SELECT of one side's used rows as they are in the file, under our column names.

    Call `load_people` first: a row is used if its id is in the table of its side.
    """
    texts = ", ".join(
        f"{id_of(as_text(theirs)) if ours == f'{side}_id' else trimmed(theirs)} AS {ours}"
        for ours, theirs in loaded.columns.items()
    )
    words = ", ".join(map(literal, loaded.void_words))
    void = f" AND NOT coalesce(upper(void) IN ({words}), FALSE)" if words else ""
    # Rows with one id differ only in what standardization removes; otherwise the file is refused.
    return (
        f"SELECT DISTINCT ON ({side}_id) * FROM (SELECT {texts} FROM source) AS read"
        f" WHERE {side}_id IN (SELECT {side}_id FROM {side}){void} ORDER BY ALL"
    )
