"""A release: the tables of a run without identifiers, with shifted dates, and checks that hold it to that.

MIMIC-IV's third step (Johnson et al., Sci Data 2023). Shifted dates are not HIPAA's Safe Harbor: whoever shares the
tables needs an expert's determination, or a limited data set with a data use agreement.
"""

from linkage.release.release import Release, check_release, make_release

__all__ = ["Release", "check_release", "make_release"]
