"""Declared properties of a source: encoding, delimiter, date formats, lost zeros.

Properties that are not declared are detected and reported. Those that cannot be detected (a century, a leading zero
removed by a spreadsheet) are never assumed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, get_type_hints

from linkage.errors import InputError, did_you_mean
from linkage.values.codes import CODED, MEANINGS
from linkage.values.date_forms import DateForm, date_form
from linkage.values.dates import EARLIEST_YEAR

DATE_COLUMNS = ("birth_date", "death_date", "hospital_death_date", "start", "discharge", "death_time")
LOST_ZEROS = ("not known", "restore")
KINDS = ("hospital", "ed")


@dataclass(frozen=True)
class Reading:
    """Declared properties of one source. The default declares nothing.

    `encoding`, `delimiter` (detected if empty), and `quote` (empty: none) are for CSV. `dates` gives the format of date
    columns, by our column names, such as {"birth_date": "DD/MM/YYYY"}; `two_digit_years_up_to` gives the last of the
    hundred years that two-digit years of a column can mean. `ssn_lost_zeros` = "restore" restores leading zeros of SSNs
    that were stored as numbers. `kind` declares that all encounters are "hospital" or "ed". `words` gives the meaning
    of words in coded columns, such as {"void": {"X9": "yes"}, "sex": {"V": "F"}}: yes, no, M, F, or not known.
    `layout` is the layout of a fixed-width file: "ssa_dmf", "ije_mortality", "mortality_roster", or the path of a TOML
    layout.

    Raises InputError for an invalid setting.

    >>> Reading(encoding="cp1252", dates={"birth_date": "DD/MM/YYYY"}).forms["birth_date"].order
    'DMY'
    """

    encoding: str = "utf-8"
    delimiter: str = ""
    quote: str = '"'
    dates: Mapping[str, str] = field(default_factory=dict)
    two_digit_years_up_to: Mapping[str, int] = field(default_factory=dict)
    ssn_lost_zeros: str = "not known"
    kind: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    layout: str = ""

    def __post_init__(self) -> None:
        _check_types(self)
        try:
            "".encode(self.encoding)
        except LookupError:
            raise InputError(
                f"encoding = {self.encoding!r} is unknown. Common encodings: utf-8, cp1252, latin-1, utf-16."
            ) from None
        if len(self.delimiter) > 1 or len(self.quote) > 1 or '"' in self.delimiter:
            raise InputError("delimiter and quote must be one character each, such as delimiter = ';'.")
        if not (self.delimiter + self.quote).isascii():
            raise InputError("delimiter and quote must be ASCII characters, such as ; or a tab.")
        _check_choice("ssn_lost_zeros", self.ssn_lost_zeros, LOST_ZEROS)
        if self.kind:
            _check_choice("kind", self.kind, KINDS)
        for column, meanings in self.words.items():
            _check_choice("words", column, CODED)
            for word, meaning in meanings.items():
                _check_choice(f"words of {column}, {word}", meaning, MEANINGS[column])
        for setting in ("dates", "two_digit_years_up_to"):
            for column in getattr(self, setting):
                _check_choice(setting, column, DATE_COLUMNS)
        for column, year in self.two_digit_years_up_to.items():
            if not EARLIEST_YEAR + 99 <= year <= date.today().year:
                raise InputError(
                    f"two_digit_years_up_to: {column} = {year} is not a year from {EARLIEST_YEAR + 99} to this year. It"
                    " is the last of the hundred years that a two-digit year can mean, such as 2005: births, deaths and"
                    " encounters are not in the future."
                )
        _ = self.forms

    @property
    def forms(self) -> dict[str, DateForm]:
        """The declared date formats by column."""
        return {
            column: date_form(pattern, self.two_digit_years_up_to.get(column)) for column, pattern in self.dates.items()
        }

    @property
    def is_utf8(self) -> bool:
        """Whether the text is UTF-8, so that no conversion is needed."""
        return self.encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig", "ascii")

    def declared(self) -> dict[str, Any]:
        """The settings that differ from the default, as a job file writes them."""
        standard = asdict(Reading())
        return {name: value for name, value in asdict(self).items() if value != standard[name]}


def _check_types(reading: Reading) -> None:
    for name, kind in get_type_hints(Reading).items():
        value = getattr(reading, name)
        if kind is str and not isinstance(value, str):
            raise InputError(f"{name} = {value!r} is not a string. Write it in quotes.")
        if name == "words":
            _check_words(value)
            continue
        inner = int if name == "two_digit_years_up_to" else str
        if kind is not str and not (isinstance(value, Mapping) and all(type(one) is inner for one in value.values())):
            example = "{ birth_date = 2005 }" if inner is int else '{ birth_date = "DD/MM/YYYY" }'
            raise InputError(f"{name} must be a table by column, such as {name} = {example}.")


def _check_words(value: Any) -> None:
    tables = value.values() if isinstance(value, Mapping) else [value]
    if not all(isinstance(one, Mapping) and all(isinstance(text, str) for text in one.values()) for one in tables):
        raise InputError(
            'words must give the meaning of each word of a column, such as words = { void = { X9 = "yes" } }.'
        )


def _check_choice(setting: str, found: str, allowed: tuple[str, ...]) -> None:
    if found not in allowed:
        raise InputError(
            f"{setting}: {found!r} is not one of: {', '.join(allowed)}.{did_you_mean(str(found), allowed)}"
        )
