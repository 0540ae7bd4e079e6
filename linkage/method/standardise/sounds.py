"""The sound of names, for cascades that compare or block by it."""

from collections.abc import Iterable

from linkage.engines import Engine
from linkage.values.names import sound


def add_sounds(engine: Engine, side: str, fields: Iterable[str]) -> None:
    """Add to a side the sound of its names in these fields, each distinct name heard once."""
    fields = list(fields)
    heard = []
    for field in fields:
        names = f"SELECT DISTINCT {field} AS value FROM {side} WHERE {field} IS NOT NULL"
        if engine.look_up(f"{field}_heard", names, lambda name: (sound(name),), ("sound",)):
            heard.append(field)
    if fields:  # all at once, as it writes the whole table anew
        sounds = {field: f"{field}_heard.sound" if field in heard else "CAST(NULL AS STRING)" for field in fields}
        added = "".join(f", {sound} AS {field}_sound" for field, sound in sounds.items())
        joins = "".join(f" LEFT JOIN {field}_heard ON {side}.{field} = {field}_heard.value" for field in heard)
        engine.create(side, f"SELECT {side}.*{added} FROM {side}{joins}")
    engine.drop(*(f"{field}_heard" for field in heard))
