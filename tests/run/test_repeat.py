"""A finished run is repeated from its manifest, or an error says why it cannot be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import linkage
from linkage.cli.main import main
from linkage.engines.duck.engine import DuckDBEngine
from linkage.evaluation import evaluate
from linkage.run.repeat import repeat_run
from linkage.sources.source import Source
from tests.small_town import town
from tests.small_town.town import link_town


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest["inputs"][0].pop("declared"), "it has no 'declared'"),
        (lambda manifest: manifest["settings"].pop("coverage_how"), "it has no 'coverage_how'"),
        (lambda manifest: manifest["inputs"][0]["declared"].update(later="yes"), "unexpected keyword argument 'later'"),
    ],
    ids=["before declarations", "before guessed coverage", "of a later version"],
)
def test_the_manifest_of_another_version_is_named_and_not_guessed_at(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    with link_town() as run:
        run.write(tmp_path / "out")
    path = tmp_path / "out" / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)
    manifest["versions"]["linkage"] = "0.0.7"
    path.write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(
        linkage.OutputError, match=rf"older or newer version of the toolkit \(0\.0\.7; .*{message}.*Run the job again"
    ):
        repeat_run(tmp_path / "out")


TRUTH = pd.DataFrame({"patient_id": ["1", "21", "14"], "death_id": ["101", "121", None]})


@pytest.fixture(scope="module")
def from_frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town linked from frames that are no longer in memory, written with a snapshot."""
    out = tmp_path_factory.mktemp("frames") / "out"
    frames = {name: pd.read_csv(path, dtype=str) for name, path in (("p", town.PATIENTS), ("d", town.DEATHS))}
    stays = [pd.read_csv(path, dtype=str) for path in town.ENCOUNTERS]
    with linkage.link(frames["p"], frames["d"], encounters=stays, policy=town.POLICY, groups=["gender"]) as run:
        run.write(out, snapshot=True)
        (out.parent / "explained.txt").write_text(str(run.explain_many([*TRUTH["patient_id"]])))
        (out.parent / "judged.txt").write_text(str(evaluate(run, TRUTH)))
        (out.parent / "alone.txt").write_text(str(evaluate(run, methods=["duplicate_method", "implausible"])))
        run.write(out.parent / "plain")
    return out


def test_a_run_over_frames_is_asked_from_its_snapshot(from_frames: Path) -> None:
    with repeat_run(from_frames) as run:
        assert "block" not in run.seconds  # nothing is linked again
        assert str(run.explain_many([*TRUTH["patient_id"]])) == (from_frames.parent / "explained.txt").read_text()
        assert str(evaluate(run, TRUTH)) == (from_frames.parent / "judged.txt").read_text()
        alone = str(evaluate(run, methods=["duplicate_method", "implausible"]))
        assert alone == (from_frames.parent / "alone.txt").read_text()
        assert len(run.outcomes) == 52
        assert run.outcomes["gender"].notna().any()


def test_every_verb_takes_a_run_with_a_snapshot(
    from_frames: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    TRUTH.to_csv(tmp_path / "truth.csv", index=False)
    truth = ["--truth", str(tmp_path / "truth.csv")]
    out = str(from_frames)
    assert main(["evaluate", out, *truth]) == 0
    assert main(["compare", out, out]) == 0
    assert "0 gained, 0 lost, 0 moved" in capsys.readouterr().out
    assert main(["tune", out, *truth, "--output", str(tmp_path / "mine.toml"), "--at-most", "2"]) == 0


def test_a_snapshot_is_private_named_in_the_manifest_and_whole(from_frames: Path) -> None:
    folder = from_frames / "snapshot"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    snapshot = json.loads((from_frames / "manifest.json").read_text())["snapshot"]
    assert "all identifiers" in snapshot["holds"]
    assert sorted(snapshot["files"]) == sorted(path.name for path in folder.iterdir())
    content = (folder / "patient.parquet").read_bytes()
    try:
        (folder / "patient.parquet").write_bytes(content[:-9] + bytes(9))
        with pytest.raises(linkage.OutputError, match="is not the snapshot that the run wrote"):
            repeat_run(from_frames)
    finally:
        (folder / "patient.parquet").write_bytes(content)


def test_without_a_snapshot_a_run_over_frames_says_how_to_keep_one(from_frames: Path) -> None:
    assert not (from_frames.parent / "plain" / "snapshot").exists()
    with pytest.raises(linkage.OutputError, match=r"patients was not a file.*run\.write\('plain', snapshot=True\)"):
        repeat_run(from_frames.parent / "plain")


def test_a_job_keeps_a_snapshot_and_is_asked_after_its_files_are_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, path in (("p.csv", town.PATIENTS), ("d.csv", town.DEATHS)):
        (tmp_path / name).write_bytes(path.read_bytes())
    files = ["--patients", str(tmp_path / "p.csv"), "--deaths", str(tmp_path / "d.csv")]
    assert main(["run", *files, "--output", str(tmp_path / "out"), "--snapshot", "--quiet"]) == 0
    (tmp_path / "p.csv").unlink()
    assert main(["explain", str(tmp_path / "out"), "--patient", "1"]) == 0
    assert "linked to death 101 by R1" in capsys.readouterr().out
    spark = ["--engine", "spark", "--snapshot", "--output", str(tmp_path / "other")]
    assert main(["run", "--patients", str(town.PATIENTS), "--deaths", str(town.DEATHS), *spark]) == 1
    assert "a run with Spark cannot keep a snapshot" in capsys.readouterr().err


def test_the_digest_of_rows_depends_on_every_value_and_not_on_their_order() -> None:
    frame = pd.DataFrame({"id": ["1", "2", "2"], "name": ["A", None, None]})
    engine = DuckDBEngine(threads=1)
    digest = [
        engine.content_digest(Source("changed", frame=changed))
        for changed in (
            frame, frame.iloc[::-1], frame.assign(name=["A", "", None]), frame.head(2),
            frame.rename(columns={"id": "ID"}), frame.assign(id=["1", "1", "2"]),
        )
    ]  # fmt: skip
    engine.close()
    assert digest[0] == digest[1]
    assert len(set(digest)) == 5
