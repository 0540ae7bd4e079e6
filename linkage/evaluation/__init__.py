"""Evaluation: how many deaths a linkage missed, how many living patients were wrongly linked to a death, and in which
subgroups."""

from linkage.evaluation.evaluation import TABLES, Evaluation, evaluate
from linkage.evaluation.without_truth import METHODS

__all__ = ["METHODS", "TABLES", "Evaluation", "evaluate"]
