"""The programs to compare and their commands. Each reads the same folder of CSV files and writes one file of links."""

import math
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

THIS_TOOLKIT = "this toolkit"
PEERS = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Contender:
    """One command to measure.

    `needs` is a file that it requires; if missing, it is made by `prepare`, which is not measured.
    Above the scale `until` it does not finish in reasonable time, for the reason `why`. `lacks` names
    a required package that is not installed.
    """

    name: str
    command: tuple[str, ...]
    links: Path
    needs: Path | None = None
    prepare: tuple[str, ...] = ()
    until: float = math.inf
    why: str = ""
    lacks: str = ""
    environment: dict[str, str] = field(default_factory=dict)


def contenders(files: Path, output: Path) -> Iterator[Contender]:
    """List all contenders for a folder of files and one of outputs; those that train come before those that predict."""
    yield _this_toolkit(files, output / "toolkit")
    yield _this_toolkit(
        files, output / "spark", "spark", lacks="" if find_spec("pyspark") and shutil.which("java") else "PySpark, Java"
    )
    yield _this_toolkit(files, output / "reference", "reference", until=0.1, why="it goes row by row in Python")
    links = output / "recordlinkage.csv"
    yield Contender(
        "recordlinkage", _peer("recordlinkage", files, links), links, until=1, why="its pairs do not fit in memory"
    )
    # The model is kept between rounds, but not between runs, so it always has the current settings.
    links, model = output / "splink.csv", output.parent / "splink_model.json"
    train = _peer("splink", files, links, "--save-model", str(model))
    yield Contender("splink: train, predict", train, links)
    predict = _peer("splink", files, links, "--model", str(model))
    yield Contender("splink: predict only", predict, links, model, train)
    yield Contender("splink: predict only, one-to-one in SQL", (*predict, "--mutual-best"), links, model, train)
    links = output / "exact.csv"
    yield Contender("exact join", _peer("exact_join", files, links), links)


def _this_toolkit(
    files: Path, output: Path, engine: str = "duckdb", until: float = math.inf, why: str = "", lacks: str = ""
) -> Contender:
    """The contender for the whole job, including encounters (if there are any), censoring and all output files."""
    encounters = [str(files / f"{name}.csv") for name in ("admissions", "edstays")]
    rules = files / "rules.toml"
    command = (
        sys.executable, "-m", "linkage", "run", "--patients", str(files / "patients.csv"),
        "--deaths", str(files / "deaths.csv"),
        *(["--encounters", *encounters] if Path(encounters[0]).exists() else []),
        "--rules", str(rules) if rules.exists() else "mimic_iv", "--engine", engine, "--output", str(output),
    )  # fmt: skip
    name = THIS_TOOLKIT if engine == "duckdb" else f"{THIS_TOOLKIT}, {engine} engine"
    # Spark's workers start their own Python, which must be this one.
    environment = {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return Contender(name, command, output / "links.csv.gz", until=until, why=why, lacks=lacks, environment=environment)


def _peer(name: str, files: Path, links: Path, *options: str) -> tuple[str, ...]:
    return (sys.executable, str(PEERS / f"{name}_pipeline.py"), str(files), str(links), *options)
