"""Every notebook runs from top to bottom and reproduces its stored output."""

from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def outputs(notebook: Any) -> list[str]:
    """The output of each code cell as text; printed output may arrive in pieces."""
    return [
        "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # warnings of Jupyter itself
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_shows_what_it_shows_when_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat", reason="notebooks need nbformat: make install")
    nbclient = pytest.importorskip("nbclient", reason="notebooks need nbclient: make install")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    kept = nbformat.read(path, as_version=4)
    run = nbclient.NotebookClient(
        nbformat.read(path, as_version=4),
        timeout=900,  # per cell, on a slow and busy machine
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT)}},
    ).execute()
    assert outputs(run) == outputs(kept)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_uses_public_names_only(path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="notebooks need nbformat: make install")
    code = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert not [source for source in code if "from linkage." in source or "import linkage." in source]
