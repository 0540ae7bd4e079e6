"""The sound of names, for cascades that compare or block by it."""

from collections.abc import Iterable

from linkage.engines import Engine
from linkage.values.names import sound


def add_sounds(engine: Engine, side: str, fields: Iterable[str]) -> None:
    """Add to a side the sound of its names in these fields, each distinct name heard once."""
    fields = list(fields)
    for field in fields:
        names = f"SELECT DISTINCT {field} AS value FROM {side} WHERE {field} IS NOT NULL"
        engine.look_up(f"{field}_heard", names, lambda name: (sound(name),), ("sound",))
    if fields:  # all at once, as it writes the whole table anew
        added = "".join(f", {field}_heard.sound AS {field}_sound" for field in fields)
        joins = "".join(f" LEFT JOIN {field}_heard ON {side}.{field} = {field}_heard.value" for field in fields)
        engine.create(side, f"SELECT {side}.*{added} FROM {side}{joins}")
    engine.drop(*(f"{field}_heard" for field in fields))
