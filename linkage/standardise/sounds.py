"""The sound of names, for cascades that compare or block by it."""

from collections.abc import Iterable

from linkage.engines import Engine
from linkage.standardise.names import sound


def add_sounds(engine: Engine, side: str, fields: Iterable[str]) -> None:
    """Add to a side the sound of its names in these fields, each distinct name heard once."""
    for field in fields:
        names = f"SELECT DISTINCT {field} AS value FROM {side} WHERE {field} IS NOT NULL"
        engine.look_up("sound_lookup", names, lambda name: (sound(name),), ("sound",))
        engine.create(
            side,
            f"SELECT {side}.*, sound_lookup.sound AS {field}_sound"
            f" FROM {side} LEFT JOIN sound_lookup ON {side}.{field} = sound_lookup.value",
        )
        engine.drop("sound_lookup")
