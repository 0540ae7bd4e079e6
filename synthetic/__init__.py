"""Registries of people who never existed: a hospital, a state's deaths, and the truth about both.

    from synthetic import make_registry
    town = make_registry("small", seed=7, noise={"nickname": {"patients": {"first_name": 0.3}}})
    town.patients, town.admissions, town.edstays, town.deaths, town.truth

Nobody may share real patients, so linkage is developed, taught and tested on these. `docs/synthetic.md` says
what was assumed and how the result compares with published figures.
"""

from typing import TYPE_CHECKING, Any

from synthetic.profiles import Profile, ProfileError, load_profile, profile_names

if TYPE_CHECKING:
    from synthetic.registries import Registry, make_registry

__all__ = ["Profile", "ProfileError", "Registry", "load_profile", "make_registry", "profile_names"]


def __getattr__(name: str) -> Any:
    """Load what makes registries, with pandas, only when it is used: help and the list of profiles need none of it."""
    if name not in ("Registry", "make_registry"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from synthetic import registries

    return getattr(registries, name)
