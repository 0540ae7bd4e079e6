"""Write a registry as `.csv.gz` (RFC 4180) or Parquet, with the same bytes for the same registry.

Compressed files have no time stamp. Two files are written at a time, because compression takes most of the time.
"""

import gzip
import io
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from synthetic.profiles import FORMATS, TABLES, Profile, ProfileError
from synthetic.registries import Registry, Task, block_tasks, in_order, make_block, sort_columns

_LEVEL = 1  # files are a third larger than with level 6, and written five times as fast
_ROWS = 65_536


def write_registry(registry: Registry, output: "Path | str", format: str = "csv") -> list[Path]:
    """Write the five tables of a registry into a folder, which is created if necessary. Returns the paths.

    >>> import tempfile
    >>> from synthetic import make_registry
    >>> [path.name for path in write_registry(make_registry(patients=20), tempfile.mkdtemp())]
    ['patients.csv.gz', 'admissions.csv.gz', 'edstays.csv.gz', 'deaths.csv.gz', 'truth.csv.gz']
    """
    return _write_tables({name: to_arrow(getattr(registry, name)) for name in TABLES}, _folder(output, format), format)


def make_and_write(
    profile: Profile, seed: int, output: "Path | str", format: str = "csv", *, processes: int = 1
) -> list[Path]:
    """Make a registry and write the same files as `write_registry`, without creating pandas data frames.

    See `stream_registry` for `processes`.
    """
    folder = _folder(output, format)
    parts: dict[str, list[pa.Table]] = {name: [] for name in TABLES}
    for block in _arrow_blocks(profile, seed, processes):
        for name, table in block.items():
            parts[name].append(table)
    tables = {name: pa.concat_tables(parts[name]).combine_chunks() for name in TABLES}
    keys = {name: [(column, "ascending") for column in sort_columns(name)] for name in TABLES}
    return _write_tables({name: table.sort_by(keys[name]) for name, table in tables.items()}, folder, format)


def _write_tables(tables: Mapping[str, pa.Table], folder: Path, format: str) -> list[Path]:
    def write(name: str) -> Path:
        path = folder / f"{name}.{'csv.gz' if format == 'csv' else 'parquet'}"
        if format == "parquet":
            pyarrow.parquet.write_table(tables[name], path, compression="zstd")
        else:
            with open(path, "wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed:
                _write_csv(tables[name], packed)
        return path

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(write, TABLES))


def stream_registry(profile: Profile, seed: int, output: "Path | str", *, processes: int = 1) -> list[Path]:
    """Write a registry of any size as Parquet, block by block, with the memory of a few blocks.

    Rows are sorted only within a block. More processes give the same bytes faster; with more than one, the calling
    script needs a `__main__` guard.
    """
    folder = _folder(output, "parquet")
    writers: dict[str, pyarrow.parquet.ParquetWriter] = {}
    try:
        for block in _arrow_blocks(profile, seed, processes):
            for name, table in block.items():
                if name not in writers:
                    writers[name] = pyarrow.parquet.ParquetWriter(
                        folder / f"{name}.parquet", table.schema, compression="zstd"
                    )
                writers[name].write_table(table)
    finally:
        for writer in writers.values():
            writer.close()
    return [folder / f"{name}.parquet" for name in TABLES]


def _arrow_blocks(profile: Profile, seed: int, processes: int) -> Iterator[dict[str, pa.Table]]:
    """Yield the blocks in order, with at most two per process waiting to be written."""
    work = partial(_arrow_block, profile, seed)
    tasks = block_tasks(profile, seed)
    if processes == 1 or len(tasks) < 4:
        yield from map(work, tasks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[dict[str, pa.Table]]] = deque()
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _arrow_block(profile: Profile, seed: int, task: Task) -> dict[str, pa.Table]:
    return {name: to_arrow(in_order(name, frame)) for name, frame in make_block(profile, seed, task).items()}


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """An Arrow table with the types that the files have."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        columns[name] = (
            pa.array(column, from_pandas=True) if column.dtype != object else pa.array(column.to_numpy(), pa.string())
        )
    return pa.table(columns)


def _write_csv(table: pa.Table, stream: "gzip.GzipFile") -> None:
    stream.write((",".join(table.column_names) + "\n").encode())
    # No field contains a comma, quote or line break; Arrow would raise an error.
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    for start in range(0, table.num_rows, _ROWS):
        buffer = io.BytesIO()
        pyarrow.csv.write_csv(table.slice(start, _ROWS), buffer, options)
        stream.write(buffer.getbuffer())


def _folder(output: "Path | str", format: str) -> Path:
    if format not in FORMATS:
        raise ProfileError(f'"{format}" is not a format. Defined: {", ".join(FORMATS)}.')
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
