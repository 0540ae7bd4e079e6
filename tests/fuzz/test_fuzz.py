"""Malformed files, from Hypothesis here and from atheris in `python -m tests.fuzz`."""

import re
import subprocess
import sys
import tomllib
from contextlib import suppress
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import linkage
import linkage.rules.file as rule_file
from linkage.errors import JobError
from linkage.job import job
from linkage.method import decide_sql
from linkage.rules.wording import sentences
from tests.fuzz.targets import SEEDS

ROOT = Path(__file__).parent.parent.parent


@st.composite
def bent(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed with some stretches replaced, repeated, or removed."""
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


@pytest.mark.parametrize("name", ["rules", "job", "standardize"])
def test_any_bytes_keep_the_promises(name: str) -> None:
    target, seeds = SEEDS[name]

    @given(st.one_of(bent(seeds), st.binary(max_size=60), st.text(max_size=40).map(lambda text: text.encode("utf-8"))))
    def check(data: bytes) -> None:
        target(data)

    check()


TOML_VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.dates(), st.datetimes()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=5,
)


@st.composite
def misused(draw: st.DrawFn, seeds: list[dict[str, Any]]) -> dict[str, Any]:
    """A parsed file with a few settings changed, missing, or repeated under another name."""
    whole: Any = deepcopy(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 3))):
        inner = whole
        while isinstance(inner, dict | list) and inner:
            key = draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else list(range(len(inner)))))
            if not isinstance(inner[key], dict | list) or not inner[key] or draw(st.integers(0, 3)) == 0:
                inner[key] = draw(TOML_VALUES)
                break
            inner = inner[key]
    return whole if isinstance(whole, dict) else {}


PARSED = {name: [tomllib.loads(seed.decode()) for seed in SEEDS[name][1]] for name in ("rules", "job")}


@settings(max_examples=300)
@given(misused(PARSED["rules"]))
def test_any_settings_of_a_rule_file_are_a_cascade_or_an_error_that_says_where(data: dict[str, Any]) -> None:
    try:
        cascade = rule_file._Reader("ours.toml").cascade("ours", data)
    except linkage.RulesError as problem:
        said = str(problem)
    else:
        said = f"ours.toml: {len(cascade.rules)} rules"
        # Accepted rules can be described in words and in SQL.
        assert sentences(cascade)
        assert decide_sql.compare(cascade, contacts=True)
    assert said.startswith("ours.toml")


@settings(max_examples=300)
@given(misused(PARSED["job"]))
def test_any_settings_of_a_job_file_are_a_job_or_an_error_of_ours(data: dict[str, Any]) -> None:
    with suppress(JobError, linkage.InputError):
        job._Reader("job.toml").job(data)


@settings(max_examples=40)
@given(bent(SEEDS["reader"][1]))
def test_any_file_is_read_or_refused_without_quoting_a_row(data: bytes) -> None:
    SEEDS["reader"][0](data)


def test_a_quote_in_the_header_that_swallows_rows_stays_mended() -> None:
    SEEDS["reader"][0](b'\x01patient_id,las\x03patient_id,firsT,"Z2SECRET,ame,ssn\n1,ZQSECRET,"ZQSECRCRET, J')


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("name", SEEDS)
def test_the_fuzzer_runs(name: str, tmp_path: Path) -> None:
    # The shell stands between because Linux counts the most memory that a process has used before `exec` as memory of
    # the new program: started from here, the fuzzer would reach its limit by the memory of the tests.
    command = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-m", "tests.fuzz", name, "-runs=20"]
    command.append(f"-artifact_prefix={tmp_path}/")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    runs = re.search("Done ([0-9]+) runs", done.stderr)  # the fuzzer can add one
    assert runs
    assert int(runs[1]) >= 20
