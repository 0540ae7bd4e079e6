"""The phonetic codes of names, for cascades that compare or block by them."""

from collections.abc import Iterable

from linkage.engines import Engine
from linkage.values.names import sound


def add_sounds(engine: Engine, side: str, fields: Iterable[str]) -> None:
    """Add to a side the phonetic code of its names in these fields, computed once per distinct name."""
    fields = list(fields)
    coded = []
    for field in fields:
        names = f"SELECT DISTINCT {field} AS value FROM {side} WHERE {field} IS NOT NULL"
        if engine.look_up(f"{field}_heard", names, lambda name: (sound(name),), ("sound",)):
            coded.append(field)
    if fields:  # all at once, because this rewrites the whole table
        sounds = {field: f"{field}_heard.sound" if field in coded else "CAST(NULL AS STRING)" for field in fields}
        added = "".join(f", {sound} AS {field}_sound" for field, sound in sounds.items())
        joins = "".join(f" LEFT JOIN {field}_heard ON {side}.{field} = {field}_heard.value" for field in coded)
        engine.create(side, f"SELECT {side}.*{added} FROM {side}{joins}")
    engine.drop(*(f"{field}_heard" for field in coded))
