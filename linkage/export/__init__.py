"""Export the results of a run to OMOP, PCORnet, i2b2, Stata, and SAS, and write a submission file for the NDI."""

from linkage.export.exporting import TARGETS, export

__all__ = ["TARGETS", "export"]
