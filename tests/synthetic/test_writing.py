"""Files have the content of the tables and the same bytes each time, written at once or streamed."""

import argparse
from pathlib import Path

import pandas as pd
import pytest

from synthetic import make_registry
from synthetic.command import add_arguments, run
from synthetic.registries import TABLES, chosen_profile
from synthetic.writing import make_and_write, stream_registry, write_registry


def synth(*words: str) -> int:
    """The exit code of `linkage synth WORDS`."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(words))


def test_csv_and_parquet_hold_the_registry(tmp_path: Path) -> None:
    town = make_registry("small", patients=300)
    for name, file in zip(TABLES, write_registry(town, tmp_path), strict=True):
        read = pd.read_csv(file, dtype=str, keep_default_na=False)
        assert file.name == f"{name}.csv.gz"
        assert list(read) == list(getattr(town, name))
        assert len(read) == len(getattr(town, name))
    write_registry(town, tmp_path, "parquet")
    patients = pd.read_parquet(tmp_path / "patients.parquet")
    pd.testing.assert_frame_equal(patients, town.patients)


def test_a_registry_is_written_with_the_same_bytes_each_time(tmp_path: Path) -> None:
    for format in ("csv", "parquet"):
        for run_ in ("one", "two"):
            assert synth("small", "--patients", "200", "--format", format, "--output", str(tmp_path / run_)) == 0
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_the_command_writes_the_files_of_the_registry_in_one_process_or_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synthetic.registries._BLOCK", 300)
    profile = chosen_profile("small", 900, strangers_per_patient=0.5)
    town = make_registry("small", 900, strangers_per_patient=0.5, seed=3)
    at_once = write_registry(town, tmp_path / "at once")
    for processes in (1, 2):
        files = make_and_write(profile, 3, tmp_path / str(processes), processes=processes)
        assert [file.read_bytes() for file in files] == [file.read_bytes() for file in at_once]


def test_streaming_gives_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthetic.registries._BLOCK", 300)
    stream_registry(chosen_profile("small", 1_000), 5, tmp_path)
    town = make_registry("small", 1_000, seed=5)
    for name, key in [
        ("patients", "subject_id"),
        ("deaths", "death_id"),
        ("admissions", "hadm_id"),
        ("edstays", "stay_id"),
    ]:
        streamed = pd.read_parquet(tmp_path / f"{name}.parquet").sort_values(key, ignore_index=True)
        times = {column: "datetime64[s]" for column in streamed if streamed[column].dtype.kind == "M"}
        streamed = streamed.astype(times)
        pd.testing.assert_frame_equal(
            streamed, getattr(town, name).sort_values(key, ignore_index=True), check_dtype=False
        )


def test_the_command_takes_number_seed_noise_and_parameters(tmp_path: Path) -> None:
    noise = tmp_path / "noise.toml"
    noise.write_text("[noise.ssn_missing]\npatients = { ssn = 1.0 }\n")
    words = ["small", "--patients", "150", "--seed", "9", "--noise", str(noise), "--set", "out_of_state=1"]
    assert synth(*words, "--output", str(tmp_path)) == 0
    patients = pd.read_csv(tmp_path / "patients.csv.gz", dtype=str, keep_default_na=False)
    assert len(patients) == 150
    assert (patients["ssn"] == "").all()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["smal"], 'Did you mean "small"?'),
        (["small", "--patients", "0"], "1 to 4,194,304"),
        (["small", "--set", "twin"], "NAME=VALUE"),
        (["small", "--set", "twin=many"], "not a number"),
        (["national"], "--format parquet"),
    ],
)
def test_a_mistake_ends_with_code_2_and_a_hint(
    words: list[str], hint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert synth(*words, "--output", str(tmp_path)) == 2
    assert hint in capsys.readouterr().err


def test_national_streams_at_reduced_size(tmp_path: Path) -> None:
    """The same profile, a thousandth of its size: thirty-three deaths for each patient, over sixty years."""
    files = stream_registry(chosen_profile("national", 1_000), 1, tmp_path)
    deaths = pd.read_parquet(tmp_path / "deaths.parquet")
    assert [file.stem for file in files] == list(TABLES)
    assert 32_000 < len(deaths) < 35_000
    assert deaths["death_date"].str[:4].min() == "1962"
