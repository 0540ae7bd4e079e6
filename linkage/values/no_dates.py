"""Days that systems write as placeholders for a missing date: 9999-12-31, 1900-01-01 and similar.

A list, not a range: the years of de-identified files such as MIMIC's extend beyond 2200, and a day in them is as valid
as any other. The meaning of a day depends on the column: people were born on 1970-01-01, but a discharge on that day is
the zero of a computer's clock. Default birth dates (1900-01-01) are in `rules/placeholders.toml`, where a rule file can
change them.
"""

from collections.abc import Iterator

NO_YEARS = (0, 1, 1111, 2999, 3000, 3333, 4444, 4712, 5555, 6666, 7777, 8888, 9998, 9999)
"""Years without valid dates in any column: zeros, nines, keys held down, Oracle's last year, codes for "not known"."""

_ANYWHERE = (
    *("15821014", "15821015"),  # the first day of the Gregorian calendar: SPSS
    *("16000101", "16010101"),  # Windows
    "17000101",  # the first year of VistA's FileMan
    "17530101",  # SQL Server
    *("18401231", "18410101"),  # days 0 and 1 of MUMPS, on which Epic and VistA are based
)
# The zero days of spreadsheets, of Delphi and COM, of OpenVMS and of Macintosh.
_PAST = ("18000101", "18500101", "18581117", "18991230", "18991231", "19000101", "19010101", "19040101")
# The zero days of SAS and Stata and of Unix, the latter also as displayed in time zones of the United States. Death
# registries go back that far, hospital systems do not.
_PAST_OF_SYSTEMS = ("19600101", "19691231", "19700101")
BESIDE_ZERO = ("19591231", "19600101", "19600102", "19691231", "19700101", "19700102")
"""The zero days of these systems and the days beside them, which a number of days is if it is read as seconds."""
DAYS_AS_SECONDS = "a number of days read as seconds"
"""The reason for which a time on a zero day is not known, if it is no whole quarter of an hour: zero itself is one, in
every time zone."""
# The last days of Unix time, of SQL Server's smalldatetime and of nanoseconds, and those that OMOP and others write.
_NEVER = (
    *("20380118", "20380119", "20491231", "20790606", "20990101", "20991231"),
    *("22620411", "25000101", "25001231", "39991231", "50000101", "90000101"),
)
_NEVER_OF_ENDS = ("21001231",)  # Cerner's, for events that have not ended
WRITE_DAYS = (
    "They are within a day of 1960 or 1970, from which programs count: numbers of days were stored or read as seconds."
    " Store them with a date format, or write the dates as text."
)
"""What to do about numbers of days that were read as seconds."""

_LISTS = {
    "birth_date": (),
    "death_date": (*_PAST, *_NEVER, *_NEVER_OF_ENDS),
    "start": (*_PAST, *_PAST_OF_SYSTEMS, *_NEVER),
    "discharge": (*_PAST, *_PAST_OF_SYSTEMS, *_NEVER, *_NEVER_OF_ENDS),
    "death_time": (*_PAST, *_PAST_OF_SYSTEMS, *_NEVER, *_NEVER_OF_ENDS),
}


def no_dates(column: str) -> frozenset[str]:
    """The placeholder days of a column, as eight digits, in addition to those of `NO_YEARS`.

    >>> "19000101" in no_dates("discharge"), "19000101" in no_dates("birth_date"), "22000101" in no_dates("discharge")
    (True, False, False)
    """
    return frozenset((*_ANYWHERE, *_LISTS[column]))


def spans_without_dates(column: str) -> Iterator[tuple[str, str]]:
    """The first and last day of every period of the calendar that has no valid date in a column.

    >>> list(spans_without_dates("birth_date"))[0], list(spans_without_dates("birth_date"))[-1]
    (('00000101', '00001231'), ('18410101', '18410101'))
    """
    yield from ((f"{year:04}0101", f"{year:04}1231") for year in NO_YEARS)
    yield from ((day, day) for day in sorted(no_dates(column)))
