"""The parameters and slip probabilities of a registry: defaults, overridden by the profile and by the user.

All assumptions are in TOML, with their source or the word "assumed", so that users can change them without changing
the code.
"""

import copy
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

TABLES = ("patients", "admissions", "edstays", "deaths", "truth")
FORMATS = ("csv", "parquet")
FOLDER = Path(__file__).parent / "profiles"
FIELDS = ["first_name", "middle_name", "last_name", "suffix", "former_last_names", "ssn", "birth_date", "sex"]
FIELDS += ["death_date"]
SECTIONS = ("size", "people", "hospital", "mortality", "families", "registry", "quality")


class ProfileError(ValueError):
    """A profile, a noise file or a parameter cannot be used; the message says what to do.

    >>> load_profile("smal")
    Traceback (most recent call last):
    synthetic.profiles.ProfileError: There is no profile "smal". ... Did you mean "small"?
    """


@dataclass(frozen=True)
class Profile:
    """The settings of a registry: a section of parameters for each step, and the slips.

    `noise` maps each slip, file (patients or deaths) and field to the probability of the slip.

    >>> profile = load_profile("small", noise={"nickname": {"patients": {"first_name": 0.2}}})
    >>> profile.noise["nickname"]["patients"]["first_name"]
    0.2
    """

    name: str
    title: str
    size: SimpleNamespace
    people: SimpleNamespace
    hospital: SimpleNamespace
    mortality: SimpleNamespace
    families: SimpleNamespace
    registry: SimpleNamespace
    quality: SimpleNamespace
    noise: Mapping[str, Mapping[str, Mapping[str, float]]]


def profile_names() -> list[str]:
    """The names of the profiles that come with the toolkit.

    >>> "small" in profile_names()
    True
    """
    return sorted(path.stem for path in FOLDER.glob("*.toml") if path.stem != "default")


def load_profile(
    name: str = "small", *, noise: Path | str | Mapping[str, Any] | None = None, **parameters: Any
) -> Profile:
    """A shipped profile, with its slips and parameters overridden by those given.

    `noise` has slips (`{"nickname": {"patients": {"first_name": 0.2}}}`), as a mapping or as a TOML file
    with `[noise.SLIP]` tables like those of `profiles/default.toml`; such a file may also override any
    other section. Raises ProfileError for an unknown name or an invalid value.

    >>> load_profile("small", out_of_state=0.5).registry.out_of_state
    0.5
    """
    if name not in profile_names():
        raise ProfileError(
            f'There is no profile "{name}". Defined: {", ".join(profile_names())}.{_hint(name, profile_names())}'
        )
    values = _read(FOLDER / "default.toml")
    _lay_over(values, _read(FOLDER / f"{name}.toml"), f"profile {name}")
    if noise is not None:
        over = {"noise": noise} if isinstance(noise, Mapping) else _read(Path(noise))
        _lay_over(values, over, str(noise) if not isinstance(noise, Mapping) else "noise")
    for key, value in parameters.items():
        _set_parameter(values, key, value)
    sections = {section: SimpleNamespace(**values[section]) for section in SECTIONS}
    return Profile(name=name, title=values["title"], noise=values["noise"], **sections)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read ({error.strerror}).") from error
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{path}: not a TOML file: {error}.") from error


def _hint(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f'  Did you mean "{close[0]}"?' if close else ""


def _lay_over(values: dict[str, Any], over: Mapping[str, Any], where: str) -> None:
    """Replace the values named in `over`. Raises ProfileError for a name that the defaults do not have."""
    for key, value in over.items():
        _must_be_known(key, list(values), where)
        if key == "noise":
            _lay_over_noise(values["noise"], value, f"{where}, noise")
        elif isinstance(value, Mapping) and key in SECTIONS:
            for name in value:
                _must_be_known(name, list(values[key]), f"{where}, {key}")
            values[key].update(copy.deepcopy(dict(value)))
        else:
            values[key] = value


def _lay_over_noise(values: dict[str, Any], over: Mapping[str, Any], where: str) -> None:
    for slip, table in over.items():
        _must_be_known(slip, list(values), where)
        for part, numbers in table.items():
            _must_be_known(part, ["patients", "deaths", "odds"], f"{where}.{slip}")
            _check_numbers(part, numbers, f"{where}.{slip}.{part}")
            values[slip][part] = {**values[slip].get(part, {}), **numbers}


def _check_numbers(part: str, numbers: Mapping[str, Any], where: str) -> None:
    for name, number in numbers.items():
        if part != "odds":
            _must_be_known(name, FIELDS, where)
        most = float("inf") if part == "odds" else 1
        if not isinstance(number, int | float) or not 0 <= number <= most:
            allowed = "0 or more" if part == "odds" else "between 0 and 1"
            raise ProfileError(f"{where}: {name} = {number!r} must be {allowed}.")


def _must_be_known(key: str, known: list[str], where: str) -> None:
    if key not in known:
        raise ProfileError(f'{where}: "{key}" is not defined. Defined here: {", ".join(known)}.{_hint(key, known)}')


def _set_parameter(values: dict[str, Any], key: str, value: Any) -> None:
    """Set a parameter by its name (`out_of_state`), or with its section (`registry_out_of_state`) if the name is not
    unique."""
    full = {f"{section}_{name}": (section, name) for section in SECTIONS for name in values[section]}
    found = [full[key]] if key in full else [place for place in full.values() if place[1] == key]
    if len(found) > 1:
        ways = " or ".join(f"{section}_{name}" for section, name in found)
        raise ProfileError(f'"{key}" is a parameter of several sections: write {ways}.')
    _must_be_known(key, [name for _, name in full.values()], "parameters") if not found else None
    section, name = found[0]
    values[section][name] = value
