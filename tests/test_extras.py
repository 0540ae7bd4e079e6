"""The error for a missing library names the extra that installs it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from linkage import LinkageError, link, source, tuning
from linkage.cli.main import main
from linkage.evaluation.intervals import prediction_interval, proportion_interval
from linkage.report.suppress import withhold

PEOPLE = {"last_name": ["Lee"], "birth_date": ["1950-02-11"]}
PATIENTS, DEATHS = pd.DataFrame({"patient_id": ["1"], **PEOPLE}), pd.DataFrame({"death_id": ["40"], **PEOPLE})


class PolarsLike(pd.DataFrame):
    """A frame that can be converted to an Arrow table, like a Polars frame."""

    def to_arrow(self) -> object:
        raise AssertionError("PyArrow is asked for first")


def read_duckdb_file(folder: Path) -> None:
    path = folder / "registry.duckdb"
    path.touch()
    link(PATIENTS, source(path, table="deaths"))


ASKED: dict[str, tuple[str, str, Callable[[Path], object]]] = {
    "an interval of a proportion": ("scipy", "evaluate", lambda _: proportion_interval(1, 2)),
    "a predicted count": ("scipy", "evaluate", lambda _: prediction_interval(1, 2)),
    "small numbers": ("scipy", "evaluate", lambda _: withhold([3, 4, 93, 100], [(3, [0, 1, 2])])),
    "a classifier": ("sklearn", "tune", lambda _: tuning.OneToOneClassifier),
    "the reference engine": ("recordlinkage", "recordlinkage", lambda _: link(PATIENTS, DEATHS, engine="reference")),
    "a Polars frame": ("pyarrow", "arrow", lambda _: link(PolarsLike(PATIENTS), DEATHS)),
    "a DuckDB file": ("pyarrow", "arrow", read_duckdb_file),
    "Spark": ("pyarrow", "spark", lambda _: link(PATIENTS, DEATHS, engine="spark")),
}


@pytest.mark.parametrize("what", ASKED)
def test_a_missing_library_is_named_with_its_extra(what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    library, extra, ask = ASKED[what]
    for name in [name for name in sys.modules if name.split(".")[0] == library or name.startswith("linkage.tuning.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(LinkageError, match=rf'{library} is not installed\..*"mortality-linkage\[{extra}\]"'):
        ask(tmp_path)


@pytest.mark.parametrize("words", [["demo"], ["synth", "small"]])
def test_without_pyarrow_no_registry_is_begun(
    words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main([*words, "--output", str(tmp_path / "out")]) == 1
    assert 'pip install "mortality-linkage[arrow]"' in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
