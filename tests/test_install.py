"""The package can be installed offline from a folder of wheels, as docs/install.md says, and works."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "install.md"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

PATIENTS = "patient_id,first_name,last_name,birth_date\n1,BILL,LEE,1950-02-11\n"
DEATHS = "death_id,first_name,last_name,birth_date,death_date\n40,WILLIAM,LEE,1950-02-11,2015-06-01\n"


def commands(mark: str) -> list[str]:
    """The lines after a comment in a code block of the page."""
    block = re.search(rf"<!-- {mark} -->\n```\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
    assert block
    return block[1].splitlines()


def shell(line: str, folder: Path, **variables: str) -> str:
    """The output of a command of the page, with this Python as `python3`."""
    line = re.sub(r"^python3\b", sys.executable, line)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
    done = subprocess.run(
        line, shell=True, cwd=folder, env={**inherited, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.slow
def test_the_package_installs_without_internet_access_and_links(tmp_path: Path) -> None:
    for line in commands("here"):
        shell(line.replace("--wheel-dir wheels", f"--wheel-dir {tmp_path / 'wheels'}"), ROOT)
    for line in commands("there"):
        said = shell(
            line, tmp_path, PIP_CONFIG_FILE=os.devnull, PIP_INDEX_URL="http://127.0.0.1:9/", PIP_NO_CACHE_DIR="1"
        )
    assert said.startswith("usage: linkage")
    installed = {path.name.partition("-")[0] for path in (tmp_path / "wheels").glob("*.whl")}
    assert not installed & {"pyarrow", "scipy", "scikit_learn", "recordlinkage", "pyspark"}
    (tmp_path / "patients.csv").write_text(PATIENTS)
    (tmp_path / "deaths.csv").write_text(DEATHS)
    said = shell("linkage-env/bin/linkage run --patients patients.csv --deaths deaths.csv --output out", tmp_path)
    assert "1 individual linked" in said
    assert (tmp_path / "out" / "links.csv.gz").exists()


def test_the_page_describes_every_extra() -> None:
    described = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]+)\|", PAGE.read_text("utf-8"), re.MULTILINE))))
    assert described == set(PROJECT["optional-dependencies"]) - {"fuzz"}


def test_pandas_3_is_locked_out_only_for_users_of_recordlinkage() -> None:
    pinned = {
        extra: [one for one in needed if one.startswith("pandas<")]
        for extra, needed in {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items()
    }
    assert {extra for extra, pins in pinned.items() if pins} == {"recordlinkage"}
