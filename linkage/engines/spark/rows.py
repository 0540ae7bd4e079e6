"""Read rows into Spark, process them in Python on its workers, and stream results out of it."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

import pyarrow
from pyarrow.parquet import read_metadata, read_schema

from linkage.engines import LookUp
from linkage.engines.duck.engine import DuckDBEngine
from linkage.sources.source import ROW_NUMBER, Source

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession


def read_rows(session: "SparkSession", source: Source, folder: Path) -> "tuple[DataFrame, int]":
    """The rows of a source with `rowid`, the position of each from 0, and `ROW_NUMBER`; and the row count.

    Parquet files are read in place. A Spark data frame is first written into the folder, because it may return its
    rows in another order the next time. All other sources are read by DuckDB on the driver, as without Spark, and
    written into the folder.
    """
    files = source.files if source.format == "parquet" else _written(source, folder)
    rows, number = _numbered(session, files)
    if ROW_NUMBER not in rows.columns:
        rows = rows.selectExpr("*", f"rowid + 2 AS {ROW_NUMBER}")
    return rows, number


def _written(source: Source, folder: Path) -> list[Path]:
    if source.is_of_spark:
        source.frame.write.parquet(folder.as_uri())
        return sorted(folder.glob("*.parquet"))
    folder.mkdir()
    with closing(DuckDBEngine(sources=[source])) as database:
        shifted = source.format == "csv" and source.csv_rows.positions
        select = f"SELECT *, {ROW_NUMBER} FROM source" if shifted else "SELECT * FROM source"
        database.write(select, "", folder / "rows.parquet", "parquet", source)
    return [folder / "rows.parquet"]


def _numbered(session: "SparkSession", files: Sequence[Path]) -> "tuple[DataFrame, int]":
    from pyspark.sql import functions as f

    rows = session.read.option("mergeSchema", len(files) > 1).parquet(*(path.absolute().as_uri() for path in files))
    kinds = {field.name: field.dataType.typeName() for field in rows.schema} | _in_nanoseconds(files[0])
    texts = [_as_text(name, kind).alias(name) for name, kind in kinds.items()]
    if len(files) == 1:  # the usual case for small tables, for which every Spark job matters
        return rows.select(*texts, f.col("_metadata.row_index").alias("rowid")), read_metadata(files[0]).num_rows
    named = rows.select("_metadata.file_path").groupBy("file_path").count().collect()
    order = {path.absolute(): place for place, path in enumerate(files)}
    begins, total = [], 0
    for file, count in sorted(((row[0], row[1]) for row in named), key=lambda one: order[_path(one[0])]):
        begins.append((file, total))
        total += count
    starts = session.createDataFrame(
        pyarrow.table({"file_path": [file for file, _ in begins], "begins": [begin for _, begin in begins]}),
        "file_path STRING, begins BIGINT",
    )
    placed = rows.select(*texts, "_metadata.file_path", "_metadata.row_index").join(f.broadcast(starts), "file_path")
    numbered = placed.withColumn("rowid", f.col("begins") + f.col("row_index"))
    return numbered.drop("file_path", "begins", "row_index"), total


def _path(uri: str) -> Path:
    return Path(unquote(urlparse(uri).path))


def _in_nanoseconds(file: Path) -> dict[str, str]:
    """The columns of times in nanoseconds, as pandas writes them; Spark reads them as integers."""
    fields = read_schema(file)
    return {
        field.name: f"nanoseconds {'timestamp' if field.type.tz else 'timestamp_ntz'}"
        for field in fields
        if pyarrow.types.is_timestamp(field.type) and field.type.unit == "ns"
    }


def _as_text(name: str, kind: str) -> "Column":
    """A column unchanged, except: floating-point and decimal numbers become text, with integers without a fraction
    because they may be ids; bytes become text; nanoseconds become timestamps."""
    from pyspark.sql import functions as f

    quoted = "`" + name.replace("`", "``") + "`"
    value = f.col(quoted)
    if kind.startswith("nanoseconds "):
        return f.expr(f"timestamp_micros({quoted} div 1000)").cast(kind.removeprefix("nanoseconds "))
    if kind == "decimal":
        return f.when(value == f.floor(value), value.cast("decimal(38,0)").cast("string")).otherwise(
            value.cast("string")
        )
    if kind == "binary":  # text without a string type
        return f.decode(value, "UTF-8")
    if kind not in ("double", "float"):
        return value
    whole = (value == f.floor(value)) & (f.abs(value) < 1e18)
    return (
        f.when(f.isnan(value), None)
        .when(whole, value.cast("decimal(20,0)").cast("string"))
        .otherwise(value.cast("string"))
    )


def looked_up(values: "DataFrame", function: LookUp, columns: Sequence[str]) -> "DataFrame":
    """Texts with the results of a Python function for each, computed on the workers."""
    schema = ", ".join(f"{column} STRING" for column in columns)
    return values.mapInArrow(partial(_look_up, function, list(columns)), schema)


def _look_up(
    function: LookUp, columns: list[str], batches: Iterator[pyarrow.RecordBatch]
) -> Iterator[pyarrow.RecordBatch]:
    texts = pyarrow.schema([(column, pyarrow.string()) for column in columns])
    for batch in batches:
        found = [(value, *function(value)) for value in batch.column(0).to_pylist()]
        if found:
            yield pyarrow.record_batch([list(column) for column in zip(*found, strict=True)], schema=texts)


def streamed(frame: "DataFrame") -> pyarrow.RecordBatchReader:
    """The rows of a data frame in order; the driver holds one partition at a time."""
    from pyspark.sql.pandas.types import to_arrow_schema

    schema = to_arrow_schema(frame.schema)
    sent = frame.mapInArrow(_as_bytes, "batch BINARY")

    def batches() -> Iterator[pyarrow.RecordBatch]:
        for (content,) in sent.toLocalIterator(prefetchPartitions=True):
            for batch in pyarrow.ipc.open_stream(content):
                yield batch.cast(schema)

    return pyarrow.RecordBatchReader.from_batches(schema, batches())


def _as_bytes(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    for batch in batches:
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
        yield pyarrow.record_batch([[sink.getvalue().to_pybytes()]], names=["batch"])
