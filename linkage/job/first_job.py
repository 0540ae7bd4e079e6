"""Write a first job file from an inspection of the files, with a reason beside every guess."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from linkage.errors import InputError, JobError, without_cause
from linkage.job.guess import FileGuess, guess_file

_HEAD = """\
# A first job file, guessed from the files. Check every line before you use it.
# Then: linkage check {name}    says what it would do and what looks wrong
#       linkage run {name}      links the files

format = 1
rules = "mimic_iv"                     # or the path of a rule file: see linkage rules list
anchor = "hospital_or_ed"              # the discharge at which the year of follow-up starts; or "hospital"
# coverage = [2008-01-01, 2021-12-31]  # first and last day of death that the registry is complete for. State it:
                                       # otherwise it is inferred from the dates of death
"""
_TAIL = """\
[output]
folder = "out"
"""


@without_cause
def write_first_job(files: Sequence[str | Path], job: str | Path) -> list[FileGuess]:
    """Write a job file for these files, and say what was guessed.

    Raises JobError if the job file already exists, and InputError if a file cannot be read.
    """
    job = Path(job)
    if job.exists():
        raise JobError(f"{job} already exists and is not overwritten. Choose another name with --job.")
    for path in map(Path, files):
        if not path.exists():
            raise InputError(f"{path}: no such file.")
    guesses = _one_of_each([guess_file(Path(path)) for path in files])
    text = "\n".join([_HEAD.format(name=job.name), *(_table(guess, job) for guess in guesses), _TAIL])
    try:
        job.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise JobError(f"{job} cannot be written: {problem.strerror}.") from None
    return guesses


def _one_of_each(guesses: list[FileGuess]) -> list[FileGuess]:
    """Patients, deaths, then encounters; only encounters can be several."""
    for role in ("patients", "deaths"):
        several = [guess for guess in guesses if guess.role == role]
        for guess in several[1:]:
            guess.remarks.insert(
                0, f"This looks like {role} too. One file holds all {role}: join them, or drop this one."
            )
    return sorted(guesses, key=lambda guess: ("patients", "deaths", "encounters").index(guess.role))


def _table(guess: FileGuess, job: Path) -> str:
    title = "[[encounters]]" if guess.role == "encounters" else f"[{guess.role}]"
    lines = [f"{title}  # because {guess.why}"]
    lines.append(f"file = {_toml(os.path.relpath(guess.path, job.absolute().parent))}")
    for key, value, why in guess.settings:
        lines.append(f"{key} = {_toml(value)}  # {why}")
    for remark in guess.remarks:
        lines += [f"# {line}" for line in remark.splitlines()]
    text = "\n".join(lines)
    if guess.remarks and guess.remarks[0].startswith("This looks like"):
        text = "\n".join(f"# {line}" for line in lines)
    return f"{text}\n"


def _toml(value: object) -> str:
    """A text, or a list or table of texts, in TOML syntax.

    >>> print(_toml({"patient_id": 'the "id"'}))
    { patient_id = "the \\"id\\"" }
    """
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return (
        '"' + "".join(f"\\u{ord(sign):04x}" if ord(sign) < 32 or ord(sign) == 127 else sign for sign in escaped) + '"'
    )
