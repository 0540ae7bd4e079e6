"""Shares and tables as plain text."""

from collections.abc import Sequence


def share(part: int, whole: int) -> str:
    """A percentage with one decimal, or a dash if `whole` is 0.

    >>> share(1, 8), share(0, 0)
    ('12.5 %', '-')
    """
    return f"{100 * part / whole:.1f} %" if whole else "-"


def counted(number: int, one: str, several: str = "") -> str:
    """A number with what it counts, in the singular for one; `several` is `one` with an s, where it is not given.

    >>> counted(1, "patient is", "patients are"), counted(2_000, "row"), counted(0, "row")
    ('1 patient is', '2,000 rows', '0 rows')
    """
    return f"{number:,} {agreeing(number, one, several or f'{one}s')}"


def agreeing(number: int, one: str, several: str) -> str:
    """The singular or plural word for a number that is elsewhere in the sentence.

    >>> agreeing(1, "is", "are"), agreeing(0, "is", "are")
    ('is', 'are')
    """
    return one if number == 1 else several


def table(rows: Sequence[Sequence[str]], right: Sequence[int]) -> str:
    """Rows as aligned text; the first row is the header. `right` lists the columns to align right, such as numbers.

    >>> print(table([["rule", "links"], ["R1", "12"]], right=[1]))
    rule  links
    ----  -----
    R1       12
    """
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if n in right else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
