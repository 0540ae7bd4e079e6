"""A finished run is repeated from its manifest, or the user hears why it cannot be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import linkage
from linkage.run.repeat import repeat_run
from tests.small_town.town import link_town


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda manifest: manifest["inputs"][0].pop("declared"), "it has no 'declared'"),
        (lambda manifest: manifest["settings"].pop("coverage_how"), "it has no 'coverage_how'"),
        (lambda manifest: manifest["inputs"][0]["declared"].update(later="yes"), "unexpected keyword argument 'later'"),
    ],
    ids=["before declarations", "before guessed coverage", "of a later version"],
)
def test_the_manifest_of_another_version_is_named_and_not_guessed_at(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], told: str
) -> None:
    with link_town() as run:
        run.write(tmp_path / "out")
    path = tmp_path / "out" / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)
    manifest["versions"]["linkage"] = "0.0.7"
    path.write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(linkage.OutputError, match=rf"older or newer toolkit \(0\.0\.7; .*{told}.*Run the job again"):
        repeat_run(tmp_path / "out")
