"""What looks wrong in the order of day and month in columns of dates."""

from collections.abc import Iterator, Sequence

from linkage.method.records import Loaded
from linkage.printing import agreeing, counted
from linkage.sources.column_names import shown_name
from linkage.values.date_forms import ASSUMED, DECLARED, NO_CHANCE, ORDERS, FormFound
from linkage.values.mixed_orders import exchanged_beside


def concerns_of_orders(loaded: Sequence[Loaded]) -> list[str]:
    """The concerns about the order of day and month, one kind after the other."""
    return [*_concerns_of_columns(loaded), *_order_not_shown(loaded)]


def _order_not_shown(loaded: Sequence[Loaded]) -> Iterator[str]:
    """Columns in which no date shows its order, although so many dates would, or although others have the day first."""
    shown = [(one.name, found.form.order) for one in loaded for found in one.forms.values() if found.is_shown]
    day_first = next((name for name, order in shown if order == "DMY"), "")
    for one in loaded:
        for ours, found in one.forms.items():
            if found.how != ASSUMED or not (day_first or found.undecided >= NO_CHANCE):
                continue
            although = f", although dates of {day_first} have the day first" if day_first else ""
            coded = " Is the day always 1, because it is not known?" if found.undecided >= NO_CHANCE else ""
            yield (
                f"{one.name}, {shown_name(one.columns[ours])} (read as {ours}): none of its"
                f" {counted(found.undecided, 'different date')} has a number over 12, so nothing shows whether the day"
                f" or the month is first. They are read {ORDERS[found.form.order]}{although}.{coded} Declare the"
                f' correct order: dates = {{ {ours} = "DD/MM/YYYY" }} or "MM/DD/YYYY".'
            )


def _concerns_of_columns(loaded: Sequence[Loaded]) -> list[str]:
    return [
        f"{one.name}, {shown_name(one.columns[ours])} (read as {ours}): {problem}"
        for kind in (
            _both_orders,
            _against_the_order,
            _half_converted,
            _converted_in_part,
            _day_second,
            _day_second_too,
        )
        for one in loaded
        for ours, found in one.forms.items()
        for problem in kind(ours, found, is_one_column=isinstance(one.columns.get(ours), str))
    ]


def _both_orders(ours: str, found: FormFound, *, is_one_column: bool) -> Iterator[str]:
    """Some dates have the month first and others the day."""
    if found.form.either_order:
        yield (
            "some dates have the month first and others the day. Dates valid in both orders are not known. Write all in"
            f' one order, or declare the correct one: dates = {{ {ours} = "MM/DD/YYYY" }}.'
        )


def _against_the_order(ours: str, found: FormFound, *, is_one_column: bool) -> Iterator[str]:
    """A column whose dates are read month first or day first holds dates which only the other order can read."""
    if not found.against:
        return
    number, first = found.against, "month" if found.form.order == "DMY" else "day"
    against = f"{counted(number, 'different date')} {agreeing(number, 'is', 'are')} valid only with the {first} first,"
    if found.how == DECLARED and not found.form.days_since:
        yield (
            f"{against} but the other order is declared. Dates valid in both orders are read as declared. If they are"
            " written in the other order too, day and month are exchanged: write all in one order, or correct the"
            " declaration in dates."
        )
    else:
        yield (
            f"{against} but nearly all others show the other order. They are not known. Dates valid in both orders are"
            f" read {ORDERS[found.form.order]}, so about {exchanged_beside(number):,} more probably have their day and"
            " month exchanged. Write all in one order."
        )


def _half_converted(ours: str, found: FormFound, *, is_one_column: bool) -> Iterator[str]:
    """A spreadsheet seems to have exchanged the day and month of those dates that allow it."""
    if found.swapped:
        yield (
            f"{found.swapped:,} different dates have the year first and none of them a day after the 12th; all others"
            " do. A spreadsheet seems to have read only the dates that are valid in its own order, and so exchanged"
            " their day and month. Export the dates as text again."
        )


def _converted_in_part(ours: str, found: FormFound, *, is_one_column: bool) -> Iterator[str]:
    """A spreadsheet seems to have exchanged the day and month of a part of the dates with the year first."""
    if found.left_as_text:
        yield (
            f"{found.left_as_text:,} different dates have the year last, and none of them is valid in both orders;"
            " the others have the year first. Chance hardly gives so many. A spreadsheet seems to have read the dates"
            " that are valid in its own order, so about"
            f" {exchanged_beside(found.left_as_text):,} different dates with the year first probably have their day and"
            " month exchanged. Export the dates as text again."
        )


def _day_second(ours: str, found: FormFound, *, is_one_column: bool) -> Iterator[str]:
    """Dates are in the order year, day, month: those valid as year, month, day are read wrongly."""
    way = "Write them as 2015-01-31." if is_one_column else "Name the month before the day."
    if found.day_second:
        yield (
            f"{found.day_second:,} different dates have the year first and then a number over 12, and none has a day"
            " after the 12th at its end. Their order seems to be year, day, month, so all dates that were read have"
            f" their day and month exchanged. {way}"
        )


def _day_second_too(ours: str, found: FormFound, *, is_one_column: bool) -> Iterator[str]:
    """A part of the dates is in the order year, day, month: those valid as year, month, day are read wrongly."""
    if found.day_second_too:
        yield (
            f"{found.day_second_too:,} different dates have the year first and then a number over 12; others have a day"
            " after the 12th at their end. The former are not known. Their order seems to be year, day, month, so about"
            f" {exchanged_beside(found.day_second_too):,} more probably have their day and month exchanged. Write all"
            " in the order year, month, day."
        )
