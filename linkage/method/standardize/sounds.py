"""The phonetic codes of names, for cascades that compare or block by them."""

from collections.abc import Sequence

from linkage.engines import Engine
from linkage.rules.cascade import Cascade
from linkage.values.names import sound


def add_sounds(engine: Engine, sides: Sequence[str], fields: Sequence[str]) -> None:
    """Add to the tables of both sides a column FIELD_sound for each of these name fields: its Metaphone code.

    The code is computed once per distinct name of both files.
    """
    sounded = []
    for field in fields:
        names = " UNION ".join(f"SELECT {field} AS value FROM {side} WHERE {field} IS NOT NULL" for side in sides)
        if engine.look_up(f"{field}_sounds", names, lambda name: (sound(name),), ("sound",)):
            sounded.append(field)
    sounds = {field: f"{field}_sounds.sound" if field in sounded else "CAST(NULL AS STRING)" for field in fields}
    added = "".join(f", {sound} AS {field}_sound" for field, sound in sounds.items())
    for side in sides if fields else ():  # all fields in one statement, because each rewrites the whole table
        joins = "".join(f" LEFT JOIN {field}_sounds ON {side}.{field} = {field}_sounds.value" for field in sounded)
        engine.create(side, f"SELECT {side}.*{added} FROM {side}{joins}")
    engine.drop(*(f"{field}_sounds" for field in sounded))


def sounding(cascade: Cascade) -> list[str]:
    """The name fields whose phonetic code some blocking key or measure uses.

    >>> from linkage.rules.file import read_rules
    >>> sounding(read_rules("evidence")), sounding(read_rules("exact"))
    (['first_name', 'last_name'], [])
    """
    keys = (*cascade.keys, *cascade.keys_if_few_pairs)
    asked = {name.removesuffix("_sound") for key in keys for name in key if name.endswith("_sound")}
    asked |= {field.name for field in cascade.compared for line in field.lines if line.measure == "sounds_alike"}
    return sorted(asked)
