"""Who runs, with which command. Each gets the same folder of CSV files and leaves one file of links."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

THIS_TOOLKIT = "this toolkit"
PEERS = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Contender:
    """One command to measure.

    `needs` is a file that it takes as given; a missing one is made by `prepare`, outside the measured time.
    """

    name: str
    command: tuple[str, ...]
    links: Path
    needs: Path | None = None
    prepare: tuple[str, ...] = ()


def contenders(files: Path, output: Path) -> Iterator[Contender]:
    """List everyone for a folder of files and one of outputs; who trains comes before who only predicts."""
    yield _this_toolkit(files, output / "toolkit")
    links = output / "recordlinkage.csv"
    yield Contender("recordlinkage", _peer("recordlinkage", files, links), links)
    # The model outlives a round, but not the run: it can never be older than the settings it came from.
    links, model = output / "splink.csv", output.parent / "splink_model.json"
    train = _peer("splink", files, links, "--save-model", str(model))
    yield Contender("splink: train, predict", train, links)
    predict = _peer("splink", files, links, "--model", str(model))
    yield Contender("splink: predict only", predict, links, model, train)
    yield Contender("splink: predict only, one-to-one in SQL", (*predict, "--mutual-best"), links, model, train)


def _this_toolkit(files: Path, output: Path) -> Contender:
    """Describe the whole job: encounters, censoring and every output file included."""
    command = (
        sys.executable, "-m", "linkage", "run", "--patients", str(files / "patients.csv"),
        "--deaths", str(files / "deaths.csv"),
        "--encounters", str(files / "admissions.csv"), str(files / "edstays.csv"),
        "--rules", "mimic_iv", "--output", str(output),
    )  # fmt: skip
    return Contender(THIS_TOOLKIT, command, output / "links.csv.gz")


def _peer(name: str, files: Path, links: Path, *options: str) -> tuple[str, ...]:
    return (sys.executable, str(PEERS / f"{name}_pipeline.py"), str(files), str(links), *options)
