"""Files that nobody meant to write, from Hypothesis here and from atheris in `python -m tests.fuzz`."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import SEEDS

ROOT = Path(__file__).parent.parent.parent


@st.composite
def bent(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed in which some stretches are replaced, repeated or left out."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        stop = draw(st.integers(start, min(start + 30, len(data))))
        piece = draw(st.one_of(st.binary(max_size=8), st.text(max_size=8).map(lambda text: text.encode("utf-8"))))
        data[start:stop] = draw(st.sampled_from([piece, bytes(data[start:stop]) * 2, b""]))
    return bytes(data)


@pytest.mark.parametrize("name", SEEDS)
def test_the_seeds_keep_the_promises(name: str) -> None:
    target, seeds = SEEDS[name]
    for seed in seeds:
        target(seed)


@pytest.mark.parametrize("name", ["rules", "job", "standardise"])
def test_any_bytes_keep_the_promises(name: str) -> None:
    target, seeds = SEEDS[name]

    @given(st.one_of(bent(seeds), st.binary(max_size=60), st.text(max_size=40).map(lambda text: text.encode("utf-8"))))
    def check(data: bytes) -> None:
        target(data)

    check()


@settings(max_examples=40)
@given(bent(SEEDS["reader"][1]))
def test_any_file_is_read_or_refused_without_quoting_a_row(data: bytes) -> None:
    SEEDS["reader"][0](data)


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("name", SEEDS)
def test_the_fuzzer_runs(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", name, "-runs=20", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Done 20 runs" in done.stderr
