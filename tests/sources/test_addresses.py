"""The address of a server, which may include a password, is never printed, wherever it was written by mistake."""

from contextlib import suppress
from pathlib import Path

import pytest

import linkage
from linkage.cli.main import main
from linkage.run.database_output import Target
from linkage.sources.make_source import source
from tests.small_town import town

ADDRESS = "postgresql://anna:zqsecret@host/database"
WRONG = ["{a}", "HOSPITAL DATABASE", "HOSPITAL-DATABASE", "9LIVES", "host=x password=zqsecret", "HOSPITAL\n", "É"]


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_name_of_a_variable_is_refused_and_not_printed(name: str) -> None:
    name = name.format(a=ADDRESS)
    for make in (lambda: source(postgres=name, table="people"), lambda: Target(name)):
        with pytest.raises(linkage.InputError, match="postgres must be the name of an environment variable") as refused:
            make()
        assert name not in str(refused.value)


JOBS = [
    f'[patients]\npostgres = "{ADDRESS}"\ntable = "people"',
    f'[patients]\nfile = "{ADDRESS}"',
    f'[patients]\nfile = "{town.PATIENTS}"\n[output]\nfolder = "out"\npostgres = "{ADDRESS}"',
    f'rules = "{ADDRESS}"',
    f'"{ADDRESS}" = 1',
    f'[patients]\nfile = "{town.PATIENTS}"\nencoding = "{ADDRESS}"',
]


@pytest.mark.parametrize("job", JOBS, ids=range(len(JOBS)))
def test_no_error_about_a_job_contains_a_password(tmp_path: Path, job: str, capsys: pytest.CaptureFixture[str]) -> None:
    deaths = "" if "[output]" not in job else f'\n[deaths]\nfile = "{town.DEATHS}"'
    (tmp_path / "job.toml").write_text(f"format = 1\n{job}{deaths}")
    for options in ([], ["--log-json"]):
        assert main(["run", str(tmp_path / "job.toml"), *options]) == 1
        said = capsys.readouterr()
        assert "zqsecret" not in said.out + said.err


def test_no_error_about_an_option_contains_a_password(capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["--set", ADDRESS], ["--set", f"patients.postgres={ADDRESS}"], ["--patients", ADDRESS], [ADDRESS]):
        with suppress(SystemExit):
            assert main(["run", "--deaths", str(town.DEATHS), "--output", "out", *options]) != 0
        assert main(["explain", ADDRESS, "--patient", "1"]) == 1
        said = capsys.readouterr()
        assert "zqsecret" not in said.out + said.err
