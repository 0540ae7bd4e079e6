"""The formal names for which the given names in a column can be short.

Separate from reading a name, because it needs a table of nicknames, which reading does not.
"""

from collections.abc import Mapping

from linkage.values.name_words import PARTICLES
from linkage.values.names import Name


def formal_names(name: str, nicknames: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The name itself and the formal names that it can be short for. BILL is WILLIAM, not the reverse.

    >>> formal_names("BILL", {"BILL": ("WILLIAM",)})
    ['BILL', 'WILLIAM']
    """
    return [name, *nicknames.get(name, ())]


def whole_formal_names(name: Name, nicknames: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The formal names of several given names in one column, taken together; empty for a single name.

    >>> from linkage.values.names import standard_name
    >>> whole_formal_names(standard_name("Bill James", given=True), {"BILL": ("WILLIAM",)})
    ['BILLJAMES', 'WILLIAMJAMES']
    """
    if name.name is None or len(name.words) < 2:
        return []
    others = "".join(name.words[1:])
    formal = [f"{one}{others}" for one in formal_names(name.words[0], nicknames)]
    return list(dict.fromkeys([name.name, *nicknames.get(name.name, ()), *formal]))


def first_of_several(name: Name, nicknames: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The formal names of the first of several given names in one column, after a plus; empty for a single name.

    >>> from linkage.values.names import standard_name
    >>> first_of_several(standard_name("Bill James", given=True), {"BILL": ("WILLIAM",)})
    ['+', 'BILL', 'WILLIAM']
    >>> first_of_several(standard_name("De Andre", given=True), {})
    []
    """
    if name.name is None or len(name.words) < 2 or len(name.words[0]) < 2 or name.words[0] in PARTICLES:
        return []
    return ["+", *formal_names(name.words[0], nicknames)]
