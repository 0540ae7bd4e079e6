"""A file that is damaged, changes while it is read, or is not a regular file is refused, and nothing is written."""

import gzip
import os
import random
import socket
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import linkage
from linkage.cli.main import main
from linkage.engines.duck.engine import DuckDBEngine
from linkage.sources.make_source import source
from linkage.system.intact import DamagedError, hashed

ROWS = b"patient_id,last_name,ssn,birth_date\n" + b"".join(
    b"%d,%s,%09d,1950-02-11\n" % (n, random.Random(n).randbytes(4).hex().encode(), 212000001 + 7 * n)
    for n in range(300)
)
DEATHS = "death_id,last_name,ssn,birth_date\n8,Lee,014526789,1950-02-11\n"


def packed(level: int, content: bytes = ROWS) -> bytes:
    """A gzip stream; at level 0, its blocks are stored uncompressed."""
    return gzip.compress(content, level, mtime=0)


def flipped(content: bytes, bit: int) -> bytes:
    """The bytes with one bit flipped."""
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("level", [0, 1, 9])
def test_no_flipped_bit_of_a_gzip_file_changes_what_is_taken_as_read(tmp_path: Path, level: int) -> None:
    whole, path = packed(level), tmp_path / "p.csv.gz"
    for bit in random.Random(level).sample(range(8 * len(whole)), 400):
        path.write_bytes(flipped(whole, bit))
        try:
            hashed(path)
        except DamagedError:
            continue
        # The header contains a time and a system, and nothing about the content.
        assert bit < 80
        assert gzip.decompress(path.read_bytes()) == ROWS


DAMAGED = [
    (packed(6)[:-1], "the gzip stream ends too soon"),
    (packed(6)[:-9], "the gzip stream ends too soon"),
    (packed(6)[:100], "the gzip stream ends too soon"),
    (packed(6) + b"garbage", "the data after its gzip stream is not gzip"),
    (packed(6) + bytes(512), "the data after its gzip stream is not gzip"),
    (packed(6) + packed(6)[:-1], "the gzip stream ends too soon"),
    (b"", "it contains no gzip stream"),
    (ROWS, "the gzip stream is damaged"),
]


@pytest.mark.parametrize(("content", "message"), DAMAGED, ids=range(len(DAMAGED)))
def test_what_is_not_whole_gzip_members_one_after_the_other_is_damaged(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "p.csv.gz").write_bytes(content)
    with pytest.raises(DamagedError, match=message):
        hashed(tmp_path / "p.csv.gz")


@pytest.mark.parametrize("content", [packed(6), packed(6) + packed(0), packed(6) + packed(6, b"")])
def test_whole_members_are_hashed_as_they_lie_there(tmp_path: Path, content: bytes) -> None:
    import hashlib

    (tmp_path / "p.csv.gz").write_bytes(content)
    assert hashed(tmp_path / "p.csv.gz") == hashlib.sha256(content).hexdigest()


def test_a_run_with_a_damaged_file_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = packed(0)
    at = stored.index(b"212000008")  # a different digit is a different person
    (tmp_path / "p.csv.gz").write_bytes(flipped(stored, 8 * at))
    (tmp_path / "d.csv").write_text(DEATHS)
    files = ["--patients", str(tmp_path / "p.csv.gz"), "--deaths", str(tmp_path / "d.csv")]
    assert main(["run", *files, "--output", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    # The first reader of the file reports it: the scan of its rows, or the hash of its bytes.
    assert "p.csv.gz cannot be read as csv: the gzip stream is damaged" in said
    assert {path.name for path in tmp_path.iterdir()} == {"p.csv.gz", "d.csv"}


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_flipped_bit_in_a_page_of_parquet_that_has_a_sum_is_damage(
    tmp_path: Path, compression: str, version: str
) -> None:
    path = tmp_path / "p.parquet"
    table = pa.table({"patient_id": [str(n) for n in range(500)], "last_name": [f"NAME{n % 7}" for n in range(500)]})
    pq.write_table(table, path, compression=compression, data_page_version=version, write_page_checksum=True)
    hashed(path)
    whole = path.read_bytes()
    column = pq.read_metadata(path).row_group(0).column(0)
    end = column.data_page_offset + 20
    for bit in random.Random(1).sample(range(8 * (end + 30), 8 * (end + 500)), 20):
        path.write_bytes(flipped(whole, bit))
        with pytest.raises(DamagedError, match="a page is damaged"):
            hashed(path)


def test_parquet_without_sums_is_hashed_and_no_more(tmp_path: Path) -> None:
    pq.write_table(pa.table({"patient_id": ["1"]}), tmp_path / "p.parquet")
    pq.write_table(pa.table({"patient_id": pa.array([], "string")}), tmp_path / "none.parquet")
    assert len(hashed(tmp_path / "p.parquet")) == len(hashed(tmp_path / "none.parquet")) == 64


def rewritten(path: Path) -> None:
    """Overwrite the file in place with the same number of other bytes, as an editor does."""
    path.write_bytes(ROWS.replace(b"212000008", b"212000018"))


def replaced(path: Path) -> None:
    """Another file of that name."""
    (path.parent / "new").write_bytes(ROWS)
    (path.parent / "new").replace(path)


def longer(path: Path) -> None:
    """More rows, as an export that is still running writes them."""
    before = path.stat()
    with path.open("ab") as file:
        file.write(b"999,Lee,,\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [rewritten, replaced, longer, Path.unlink])
def test_a_file_that_changes_during_a_run_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], change: Any
) -> None:
    (tmp_path / "p.csv").write_bytes(ROWS)
    (tmp_path / "d.csv").write_text(DEATHS)
    create = DuckDBEngine.create

    def meanwhile(engine: DuckDBEngine, name: str, select: str) -> int:
        if name == "fate":  # long after the file was read, and mostly after it was hashed
            change(tmp_path / "p.csv")
        return create(engine, name, select)

    monkeypatch.setattr(DuckDBEngine, "create", meanwhile)
    files = ["--patients", str(tmp_path / "p.csv"), "--deaths", str(tmp_path / "d.csv")]
    assert main(["run", *files, "--output", str(tmp_path / "out")]) == 1
    assert "p.csv changed while it was read (p.csv). Nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_file_more_or_less_in_a_folder_is_a_change(tmp_path: Path) -> None:
    for name in ("a", "b"):
        pq.write_table(pa.table({"patient_id": ["1"]}), tmp_path / f"{name}.parquet")
    seen = source(tmp_path).as_seen()
    seen.require_unchanged()
    (tmp_path / "b.parquet").rename(tmp_path / "c.parquet")
    with pytest.raises(linkage.InputError, match=r"changed while it was read \(b\.parquet\)"):
        seen.digest()


def test_what_is_no_file_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "d.csv").write_text(DEATHS)
    reading, writing = os.pipe()
    listening = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(tmp_path)
    listening.bind("socket.csv")
    for path, kind in (
        (tmp_path / "pipe.csv", "a pipe"),
        (f"/dev/fd/{reading}", "a pipe"),
        ("/dev/zero", "a device"),
        (tmp_path / "socket.csv", "a socket"),
    ):
        with pytest.raises(linkage.InputError, match=f"is {kind}, not a file"):
            source(path)
        assert main(["init", str(path), "--job", str(tmp_path / "job.toml")]) == 1
        assert f"is {kind}, not a file" in capsys.readouterr().err
    os.mkdir(tmp_path / "folder")
    os.mkfifo(tmp_path / "folder" / "a.parquet")
    with pytest.raises(linkage.InputError, match=r"a\.parquet is a pipe"):
        source(tmp_path / "folder")
    listening.close()
    for descriptor in (reading, writing):
        os.close(descriptor)
