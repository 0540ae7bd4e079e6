"""A rule file that tests use beside the shipped ones."""

from pathlib import Path

MANY_FEATURES = str(Path(__file__).parent / "many_features.toml")
"""Has features of the language that no shipped cascade uses, such as rare names and unique pairs."""


def rules_id(rules: str) -> str:
    """The id of a test of a shipped cascade or a rule file.

    >>> rules_id("exact"), rules_id(MANY_FEATURES)
    ('exact', 'many_features')
    """
    return Path(rules).stem
