"""Mortality linkage: which of our patients have died since they left us, and when?

The public names stand on this page; everything else may change.

>>> import linkage
>>> linkage.read_rules("mimic_iv").title
'Hospital patients to Massachusetts deaths, after MIMIC-IV'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
from linkage.study_facts import StudyFacts
from linkage.version import __version__

if TYPE_CHECKING:
    from linkage.evaluation import evaluate
    from linkage.report import figures, make_report
    from linkage.study import follow

# Only who asks about quality loads what answers, which takes a while.
_LATER = {
    "evaluate": "linkage.evaluation",
    "figures": "linkage.report",
    "follow": "linkage.study",
    "make_report": "linkage.report",
}

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
    "StudyFacts",
    "__version__",
    "evaluate",
    "figures",
    "follow",
    "link",
    "make_report",
    "mortality_at",
    "read_job",
    "read_rules",
    "shipped_rules",
    "source",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
