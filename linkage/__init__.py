"""Mortality linkage: which of our patients have died since they left us, and when?

The public names stand on this page; everything else may change.

>>> import linkage
>>> linkage.read_rules("mimic_iv").title
'Hospital patients to Massachusetts deaths, after MIMIC-IV'
"""

from linkage.cascade import link
from linkage.errors import InputError, JobError, LinkageError, OutputError, RulesError
from linkage.explanation import Explanation
from linkage.followup import mortality_at
from linkage.job import Job, read_job
from linkage.measures import MEASURES
from linkage.mortality import MortalityPolicy
from linkage.result import Linkage
from linkage.rule_file import read_rules, shipped_rules
from linkage.rules import Cascade
from linkage.sources import source
from linkage.version import __version__

__all__ = [
    "MEASURES",
    "Cascade",
    "Explanation",
    "InputError",
    "Job",
    "JobError",
    "Linkage",
    "LinkageError",
    "MortalityPolicy",
    "OutputError",
    "RulesError",
    "__version__",
    "link",
    "mortality_at",
    "read_job",
    "read_rules",
    "shipped_rules",
    "source",
]
