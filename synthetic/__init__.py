"""Registries of people who never existed: a hospital, a state's deaths, and the truth about both.

    from synthetic import make_registry
    town = make_registry("small", seed=7, noise={"nickname": {"patients": {"first_name": 0.3}}})
    town.patients, town.admissions, town.edstays, town.deaths, town.truth

Nobody may share real patients, so linkage is developed, taught and tested on these. `docs/synthetic.md` says
what was assumed and how the result compares with published figures.
"""

from synthetic.profiles import Profile, ProfileError, load_profile, profile_names
from synthetic.registries import Registry, make_registry

__all__ = ["Profile", "ProfileError", "Registry", "load_profile", "make_registry", "profile_names"]
