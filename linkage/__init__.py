"""Mortality linkage: which of our patients have died since they left us, and when?

The public names stand on this page; everything else may change.

>>> import linkage
>>> linkage.read_rules("mimic_iv").title
'Hospital patients to Massachusetts deaths, after MIMIC-IV'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from linkage.version import __version__

if TYPE_CHECKING:
    from linkage.cascade import link
    from linkage.errors import InputError, JobError, LinkageError, OutputError, RulesError
    from linkage.evaluation import evaluate
    from linkage.explanation import Explanation
    from linkage.followup import mortality_at
    from linkage.job import Job, read_job
    from linkage.measures import MEASURES
    from linkage.mortality import MortalityPolicy
    from linkage.report import figures, make_report
    from linkage.result import Linkage
    from linkage.rule_file import read_rules, shipped_rules
    from linkage.rules import Cascade
    from linkage.sources import source
    from linkage.study import follow

# A public name loads its module when it is first used, so that importing the package or asking for help is quick.
_HOMES = {
    "MEASURES": "linkage.measures",
    "Cascade": "linkage.rules",
    "Explanation": "linkage.explanation",
    "InputError": "linkage.errors",
    "Job": "linkage.job",
    "JobError": "linkage.errors",
    "Linkage": "linkage.result",
    "LinkageError": "linkage.errors",
    "MortalityPolicy": "linkage.mortality",
    "OutputError": "linkage.errors",
    "RulesError": "linkage.errors",
    "evaluate": "linkage.evaluation",
    "figures": "linkage.report",
    "follow": "linkage.study",
    "link": "linkage.cascade",
    "make_report": "linkage.report",
    "mortality_at": "linkage.followup",
    "read_job": "linkage.job",
    "read_rules": "linkage.rule_file",
    "shipped_rules": "linkage.rule_file",
    "source": "linkage.sources",
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
