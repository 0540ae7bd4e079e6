"""Synthetic registries: a hospital, the deaths of a state, and the true links between them.

    from synthetic import make_registry
    town = make_registry("small", seed=7, noise={"nickname": {"patients": {"first_name": 0.3}}})
    town.patients, town.admissions, town.edstays, town.deaths, town.truth

Real patients' data cannot be shared, so these registries serve for development, teaching and tests.
`docs/synthetic.md` states the assumptions and compares the result with published figures.
"""

from typing import TYPE_CHECKING, Any

from synthetic.profiles import Profile, ProfileError, load_profile, profile_names

if TYPE_CHECKING:
    from synthetic.registries import Registry, make_registry

__all__ = ["Profile", "ProfileError", "Registry", "load_profile", "make_registry", "profile_names"]


def __getattr__(name: str) -> Any:
    """Import pandas and the generator on first use: --help and the list of profiles do not need them."""
    if name not in ("Registry", "make_registry"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from synthetic import registries

    return getattr(registries, name)
