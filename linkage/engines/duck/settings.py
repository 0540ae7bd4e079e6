"""The settings of every database of the engine, and its share of the memory."""

from linkage.system.limits import megabytes

SETTINGS = (
    # Compression costs more than it saves, because tables are soon dropped.
    "SET force_compression = 'uncompressed'",
    # The database is never reopened, so checkpoints, which rewrite whole tables, are useless.
    "SET checkpoint_threshold = '1TB'",
    "PRAGMA disable_checkpoint_on_shutdown",
    "SET fsync_mode = 'NONE'",
    "SET TimeZone = 'UTC'",  # dates must not depend on the time zone of the machine
)

IN_ORDER = "SET disabled_optimizers = 'in_clause'"
"""DuckDB 2.0 joins a long list of constants and then loses the order of rows, from which row numbers follow."""

_SHARE = 0.7
"""DuckDB's share of the memory limit; its own limit does not include Python, Arrow and the allocator's reserves."""


def share_of(memory: str) -> int:
    """DuckDB's share, in megabytes, of a memory limit such as "4GB".

    >>> share_of("4GB")
    2800
    """
    return max(1, int(megabytes(memory) * _SHARE))
