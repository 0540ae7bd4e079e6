"""Release the tables of a run without identifiers and with shifted dates, and check the result.

This is MIMIC-IV's third step (Johnson et al., Sci Data 2023). Shifted dates do not satisfy HIPAA's Safe Harbor: to
share the tables, you need an expert determination, or a limited data set with a data use agreement.
"""

from linkage.release.release import Release, check_release, make_release

__all__ = ["Release", "check_release", "make_release"]
