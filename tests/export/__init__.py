"""Export of finished runs to other data models."""
