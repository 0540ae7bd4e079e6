"""Evaluation: how many deaths a linkage missed, how many living people it buried, and who they are."""

from linkage.evaluation.evaluation import TABLES, Evaluation, evaluate
from linkage.evaluation.without_truth import METHODS

__all__ = ["METHODS", "TABLES", "Evaluation", "evaluate"]
