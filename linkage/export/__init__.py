"""What a run has found, in the tables that other tools ask for: OMOP, PCORnet, i2b2, and a submission to the NDI."""

from linkage.export.exporting import TARGETS, export

__all__ = ["TARGETS", "export"]
