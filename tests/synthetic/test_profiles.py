"""Profiles override defaults, and errors say what is allowed."""

from pathlib import Path

import pytest

from synthetic import ProfileError, load_profile, profile_names


def test_the_profiles_of_the_issue_ship() -> None:
    assert profile_names() == ["hard", "mimic_iv", "national", "no_ssn", "small", "twins_and_families"]


def test_layers_lie_over_each_other_default_profile_user(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("[registry]\nout_of_state = 0.2\n\n[noise.nickname]\ndeaths = { first_name = 0.5 }\n")
    profile = load_profile("hard", noise=mine, twin=0.1)
    assert profile.noise["nickname"] == {"patients": {"first_name": 0.15}, "deaths": {"first_name": 0.5}}
    assert profile.registry.out_of_state == 0.2
    assert profile.families.twin == 0.1
    assert load_profile("small").registry.out_of_state == 0.08, "the default is not touched"


def test_a_parameter_of_two_sections_is_named_with_its_section() -> None:
    assert load_profile("small", registry_female_share=0.4).registry.female_share == 0.4
    with pytest.raises(ProfileError, match="hospital_female_share or registry_female_share"):
        load_profile("small", female_share=0.4)


MISTAKES = [
    ({"name": "smal"}, 'Did you mean "small"?'),
    ({"noise": {"nickame": {}}}, 'Did you mean "nickname"?'),
    ({"noise": {"nickname": {"patient": {}}}}, 'Did you mean "patients"?'),
    ({"noise": {"nickname": {"patients": {"frist_name": 0.1}}}}, 'Did you mean "first_name"?'),
    ({"noise": {"nickname": {"patients": {"first_name": 1.5}}}}, "between 0 and 1"),
    ({"noise": "no_such_file.toml"}, "cannot be read"),
    ({"out_of_sate": 0.1}, 'Did you mean "out_of_state"?'),
]


@pytest.mark.parametrize(("arguments", "hint"), MISTAKES)
def test_a_mistake_is_answered_with_what_is_defined(arguments: dict[str, object], hint: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile(**arguments)  # intentionally wrong
    assert hint in str(caught.value)


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[noise")
    with pytest.raises(ProfileError, match="not a TOML file"):
        load_profile("small", noise=broken)
