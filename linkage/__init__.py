"""Mortality linkage: link hospital patients to a death registry, to find who has died after discharge, and when.

The names in `__all__` are public; everything else may change.

>>> import linkage
>>> linkage.read_rules("mimic_iv").title
'Hospital patients to Massachusetts deaths, after MIMIC-IV'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from linkage.version import __version__

if TYPE_CHECKING:
    from linkage.errors import InputError, JobError, LinkageError, OutputError, RulesError
    from linkage.evaluation import evaluate
    from linkage.evaluation.study import follow
    from linkage.job.job import Job, read_job
    from linkage.report import figures, make_report
    from linkage.rules.cascade import Cascade
    from linkage.rules.file import read_rules
    from linkage.rules.policy import MortalityPolicy
    from linkage.rules.shipped import shipped_rules
    from linkage.rules.study_facts import StudyFacts
    from linkage.run.explanation import Explanation
    from linkage.run.link import link
    from linkage.run.result import Linkage
    from linkage.sources.make_source import source
    from linkage.survival.mortality_at import mortality_at
    from linkage.values.measures import MEASURES

# The module of a public name is imported on first use, so that importing the package and --help are fast.
_HOMES = {
    "MEASURES": "linkage.values.measures",
    "Cascade": "linkage.rules.cascade",
    "Explanation": "linkage.run.explanation",
    "InputError": "linkage.errors",
    "Job": "linkage.job.job",
    "JobError": "linkage.errors",
    "Linkage": "linkage.run.result",
    "LinkageError": "linkage.errors",
    "MortalityPolicy": "linkage.rules.policy",
    "OutputError": "linkage.errors",
    "RulesError": "linkage.errors",
    "StudyFacts": "linkage.rules.study_facts",
    "evaluate": "linkage.evaluation",
    "figures": "linkage.report",
    "follow": "linkage.evaluation.study",
    "link": "linkage.run.link",
    "make_report": "linkage.report",
    "mortality_at": "linkage.survival.mortality_at",
    "read_job": "linkage.job.job",
    "read_rules": "linkage.rules.file",
    "shipped_rules": "linkage.rules.shipped",
    "source": "linkage.sources.make_source",
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
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
