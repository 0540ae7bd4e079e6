"""Evaluation: how many deaths a linkage missed, how many living people it buried, and who they are."""

from linkage.evaluation.evaluation import TABLES, Evaluation, evaluate

__all__ = ["TABLES", "Evaluation", "evaluate"]
